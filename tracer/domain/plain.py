"""Values of the domain as plain JSON values."""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from decimal import Decimal
from functools import singledispatch

from tracer.domain.columns import json_name
from tracer.domain.messages import Message


@singledispatch
def to_plain(value: object) -> object:
    """Dataclasses become objects with camelCase names, enums their values, bytes hexadecimal.

    Raises:
        TypeError: a value that has no JSON form.
    """
    if not is_dataclass(value) or isinstance(value, type):
        msg = f"{type(value).__name__} has no JSON form"
        raise TypeError(msg)
    return {json_name(field.name): to_plain(getattr(value, field.name)) for field in fields(value)}


@to_plain.register(type(None))
@to_plain.register(bool)
@to_plain.register(int)
@to_plain.register(float)
def _(value: object) -> object:
    return value


@to_plain.register(str)
@to_plain.register(Decimal)
def _(value: object) -> object:
    return str(value)


@to_plain.register
def _(value: bytes) -> object:
    return value.hex()


@to_plain.register
def _(value: Message) -> object:
    return value.to_json()


@to_plain.register
def _(value: Mapping) -> object:  # type: ignore[type-arg]  # dispatch takes bare classes only
    return {str(name): to_plain(member) for name, member in value.items()}


@to_plain.register(list)
@to_plain.register(tuple)
@to_plain.register(set)
@to_plain.register(frozenset)
def _(value: list[object] | tuple[object, ...]) -> object:
    return [to_plain(member) for member in value]
