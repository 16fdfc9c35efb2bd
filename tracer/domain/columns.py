"""Rows that travel as JSON: each column names its Python type and its JSON form once.

A row is a frozen dataclass whose fields are annotated with the codecs below. The JSON name is the
field's name in camelCase without its `_unix` unit: `block_time_unix` travels as `blockTime`.
"""

from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Annotated, Any, Self, get_type_hints

from tracer.domain.json_form import Form

MAX_NAME_CHARS = 64  # a GTIN, lot or serial has at most 20; damaged ones may be longer
MAX_TEXT_CHARS = 4 * 2**20  # one event or document view; the largest lab report has 0.02 of it
MAX_RECORD_BYTES = 44 * 100_000  # records of one batch; replay and page stay under a second
MAX_PROOF = 64  # a tree deeper than 2**64 leaves cannot exist


def gln_text(number: int) -> str:
    """The 13 digits of a GLN held as a number."""
    return f"{number:013d}"


@dataclass(frozen=True, slots=True)
class Codec:
    """How a column travels: `read` raises `InvalidFileError` on any other form."""

    read: Callable[[Form], Any]
    write: Callable[[Any], object] = lambda value: value


def _optional(codec: Codec) -> Codec:
    return Codec(
        lambda form: None if form.value is None else codec.read(form),
        lambda value: None if value is None else codec.write(value),
    )


def _hex(size: int) -> Codec:
    return Codec(lambda form: form.hex(size), bytes.hex)


def _whole(bits: int) -> Codec:
    return Codec(lambda form: form.whole(2**bits - 1))


_GLN = Codec(Form.gln, gln_text)
_WHOLE = Codec(Form.whole)
_HASHES = Codec(
    lambda form: tuple(node.hex(32) for node in form.array(MAX_PROOF)),
    lambda nodes: [node.hex() for node in nodes],
)
_RECORDS = Codec(lambda form: form.hex_up_to(MAX_RECORD_BYTES), bytes.hex)

Whole = Annotated[int, _WHOLE]
OptionalWhole = Annotated[int | None, _optional(_WHOLE)]
Unix = Annotated[int, _whole(40)]
OptionalUnix = Annotated[int | None, _optional(_whole(40))]
Byte = Annotated[int, _whole(8)]
U16 = Annotated[int, _whole(16)]
GlnNumber = Annotated[int, _GLN]
OptionalGlnNumber = Annotated[int | None, _optional(_GLN)]
Address = Annotated[bytes, _hex(20)]
Hash = Annotated[bytes, _hex(32)]
OptionalHash = Annotated[bytes | None, _optional(_hex(32))]
Hashes = Annotated[tuple[bytes, ...], _HASHES]
Records = Annotated[bytes, _RECORDS]
Flag = Annotated[bool, Codec(Form.flag)]
Name = Annotated[str, Codec(lambda form: form.text(MAX_NAME_CHARS))]
Text = Annotated[str, Codec(lambda form: form.text(MAX_TEXT_CHARS))]


def json_name(name: str) -> str:
    """The JSON name of a column: camelCase, without the unit `_unix`."""
    first, *rest = name.removesuffix("_unix").split("_")
    return first + "".join(map(str.capitalize, rest))


_COLUMNS: dict[str, dict[str, Codec]] = {}  # reading type hints once is enough


def _columns(row: type["Row"]) -> dict[str, Codec]:
    if row.__qualname__ not in _COLUMNS:
        hints = get_type_hints(row, include_extras=True)
        _COLUMNS[row.__qualname__] = {
            field.name: hints[field.name].__metadata__[0] for field in fields(row)
        }
    return _COLUMNS[row.__qualname__]


@dataclass(frozen=True, slots=True)
class Row:
    """Base of all rows."""

    @classmethod
    def read(cls, form: Form) -> Self:
        """Read a row from JSON.

        Raises:
            InvalidFileError: a column is missing, unknown or of another form.
            LimitExceededError: a column is larger than a limit of this module.
        """
        columns = _columns(cls)
        members = form.fields(" ".join(map(json_name, columns)))
        return cls(
            **{
                name: codec.read(member)
                for (name, codec), member in zip(columns.items(), members, strict=True)
            }
        )

    def to_json(self) -> dict[str, object]:
        """The JSON form; `read` reads it back unchanged."""
        return {
            json_name(name): codec.write(getattr(self, name))
            for name, codec in _columns(type(self)).items()
        }


def differing_columns(one: Row, other: Row) -> str:
    """JSON names of the columns that both rows have and that differ, comma-separated."""
    shared = [name for name in _columns(type(one)) if name in _columns(type(other))]
    return ", ".join(
        json_name(name) for name in shared if getattr(one, name) != getattr(other, name)
    )
