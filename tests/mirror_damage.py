"""Damage a mirror as a disk, or somebody with access to the database, would."""

import random
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import BigInteger, Column, Connection, create_engine, text


@contextmanager
def damaging(url: str) -> Iterator[Connection]:
    """A way past the foreign keys, as damage goes."""
    engine = create_engine(url)
    try:
        with engine.begin() as connection:
            if engine.dialect.name == "postgresql":
                connection.execute(text("SET LOCAL session_replication_role = replica"))
            yield connection
    finally:
        engine.dispose()


def other_value(value: Any, column: Column[Any], chance: random.Random) -> Any:
    """One bit flipped; a digit or letter where it is text."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, bytes):
        place = chance.randrange(len(value))
        return value[:place] + bytes([value[place] ^ 1 << chance.randrange(8)]) + value[place + 1 :]
    if isinstance(value, str):
        place = chance.randrange(len(value))
        return value[:place] + chr(ord(value[place]) ^ 1) + value[place + 1 :]
    bits = 62 if isinstance(column.type, BigInteger) else 30
    return (value or 0) ^ 1 << chance.randrange(bits)
