"""Rows as PostgreSQL's binary COPY takes them: several times as fast as INSERT.

The format (PostgreSQL documentation, COPY, "Binary Format"): a signature; per row the number of
its columns, and per column its length, -1 for NULL, and its bytes, big-endian.
"""

import struct
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial, reduce
from itertools import chain, compress, islice, repeat
from operator import not_, or_
from typing import Any, Final, cast

import psycopg
from sqlalchemy import BigInteger, Boolean, Column, Connection, Integer, LargeBinary, Table

from tracer.domain.records import RECORD_BYTES
from tracer.store.session import driver_errors

_SIGNATURE: Final = b"PGCOPY\n\xff\r\n\x00" + bytes(8)
_TRAILER: Final = b"\xff\xff"
_NULL: Final = b"\xff\xff\xff\xff"
_ROWS_AT_ONCE: Final = 2_048
_NUMBERS: Final = ((BigInteger, "q", 8), (Integer, "i", 4), (Boolean, "?", 1))
"""A column's type, the first that fits -> how it is packed, and its size."""

_length = struct.Struct("!i").pack
_PLACE: Final = slice(18, 24)  # after sequence u64, ordinal u32, kind u8 and occurredAt u40
_PLACED: Final = (
    b"\x00\x06" + _length(8),  # sequence
    _length(4),  # ordinal
    _length(4) + bytes(3),  # kind, as an integer of 4 bytes
    _length(8) + bytes(3),  # occurredAt
    _length(8) + bytes(2),  # location
    _length(32),  # digest
)
"""What stands before each part of a record's row."""

_PART_BYTES: Final = (8, 4, 1, 5, 6, 32)
_PLACELESS: Final = (*_PLACED[:4], _NULL + _PLACED[5])
_PLACELESS_BYTES: Final = (*_PART_BYTES[:4], _PART_BYTES[5])

Columns = Sequence[Sequence[Any]]


def copy_columns(connection: Connection, table: Table, columns: Columns) -> None:
    """Insert rows given as columns, in the table's order.

    Raises:
        DatabaseUnavailableError: full or gone.
        FatalError: a row is there already.
    """
    with _copying(connection, table) as write:
        for at in range(0, len(columns[0]), _ROWS_AT_ONCE):
            part = [column[at : at + _ROWS_AT_ONCE] for column in columns]
            write(_pack_alike(table, part) or _pack_cells(table, part))


def copy_records(
    connection: Connection, table: Table, sequences: Sequence[int], records: Sequence[bytes]
) -> None:
    """Insert the records of appends, given as the ledger packs them.

    A record's numbers are big-endian there and here, so its bytes are only spread out: all first
    bytes of a chunk's records at once, then all second ones.

    Args:
        connection: inside a transaction.
        table: of records.
        sequences: of the appends.
        records: n x 44 bytes of each.
    """
    with _copying(connection, table) as write:
        for at in range(0, len(sequences), _ROWS_AT_ONCE):
            write(_spread_records(sequences[at : at + _ROWS_AT_ONCE], records[at:][:_ROWS_AT_ONCE]))


def _spread_records(sequences: Sequence[int], records: Sequence[bytes]) -> bytes:
    """Rows of records; those with a location first."""
    counts = [len(packed) // RECORD_BYTES for packed in records]
    numbers = b"".join([ordinal.to_bytes(4) for ordinal in range(max(counts))])
    parts = (
        (8, b"".join([key.to_bytes(8) * n for key, n in zip(sequences, counts, strict=True)])),
        (4, b"".join([numbers[: 4 * n] for n in counts])),
        (RECORD_BYTES, b"".join(records)),
    )
    columns = [part[at::size] for size, part in parts for at in range(size)]
    count = sum(counts)
    # Not zero where any byte of a location is not: whole columns are or-ed as one large number.
    has_place = reduce(or_, map(int.from_bytes, columns[_PLACE])).to_bytes(count)
    if all(has_place):
        return _lay_out(_PLACED, _PART_BYTES, columns)
    without = columns[: _PLACE.start] + columns[_PLACE.stop :]
    if not any(has_place):
        return _lay_out(_PLACELESS, _PLACELESS_BYTES, without)
    lacks_place = bytes(map(not_, has_place))
    return b"".join(
        (
            _lay_out(_PLACED, _PART_BYTES, [_pick(one, has_place) for one in columns]),
            _lay_out(_PLACELESS, _PLACELESS_BYTES, [_pick(one, lacks_place) for one in without]),
        )
    )


def _pick(column: bytes, chosen: bytes) -> bytes:
    return bytes(compress(column, chosen))


def _lay_out(before: Sequence[bytes], sizes: Sequence[int], columns: Sequence[bytes]) -> bytes:
    """Rows of one shape: constant bytes, and after each so many bytes, every one a column."""
    row = b"".join([constant + bytes(size) for constant, size in zip(before, sizes, strict=True)])
    rows = bytearray(row * len(columns[0]))
    place, left = 0, iter(columns)
    for constant, size in zip(before, sizes, strict=True):
        place += len(constant)
        for column in islice(left, size):
            rows[place :: len(row)] = column
            place += 1
    return bytes(rows)


@contextmanager
def _copying(connection: Connection, table: Table) -> Iterator[Callable[[bytes], None]]:
    name = connection.dialect.identifier_preparer.format_table(table)
    driver = cast("psycopg.Connection", connection.connection.driver_connection)
    statement = f"COPY {name} FROM STDIN (FORMAT BINARY)"
    with driver_errors(), driver.cursor() as cursor, cursor.copy(statement) as copy:
        copy.write(_SIGNATURE)
        yield copy.write
        copy.write(_TRAILER)


def _pack_alike(table: Table, columns: Columns) -> bytes | None:
    """Rows in which every column has one size; None when one has not."""
    layout = ["!h"]
    cells: list[Iterable[Any]] = [repeat(len(columns))]
    for column, values in zip(table.columns, columns, strict=True):
        number = _number_type(column)
        if number is None and isinstance(column.type, LargeBinary):
            sizes = {*map(len, values)}
            number = (f"{min(sizes)}s", min(sizes)) if len(sizes) == 1 else None
        if number is None or column.nullable:
            return None
        layout.append(f"i{number[0]}")
        cells += [repeat(number[1]), values]
    return b"".join(map(struct.Struct("".join(layout)).pack, *cells))


def _pack_cells(table: Table, columns: Columns) -> bytes:
    """Any rows, cell by cell."""
    cells = [
        map(_encoder(column), values) for column, values in zip(table.columns, columns, strict=True)
    ]
    rows = zip(repeat(struct.pack("!h", len(cells))), *cells, strict=False)
    return b"".join(chain.from_iterable(rows))


def _number_type(column: Column[Any]) -> tuple[str, int] | None:
    return next(
        ((layout, size) for kind, layout, size in _NUMBERS if isinstance(column.type, kind)), None
    )


def _encoder(column: Column[Any]) -> Callable[[Any], bytes]:
    number = _number_type(column)
    encode: Callable[[Any], bytes]
    if number is not None:
        encode = partial(struct.Struct(f"!i{number[0]}").pack, number[1])
    else:
        encode = _encode_bytes if isinstance(column.type, LargeBinary) else _encode_text
    if not column.nullable:
        return encode
    return lambda cell: _NULL if cell is None else encode(cell)


def _encode_bytes(cell: bytes) -> bytes:
    return _length(len(cell)) + cell


def _encode_text(cell: str) -> bytes:
    return _encode_bytes(cell.encode())
