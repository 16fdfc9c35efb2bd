"""Rows as PostgreSQL's binary COPY takes them: several times as fast as INSERT.

The format (PostgreSQL documentation, COPY, "Binary Format"): a signature; per row the number of
its columns, and per column its length, -1 for NULL, and its bytes, big-endian.
"""

import struct
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from itertools import chain, repeat
from typing import Any, Final, cast

import psycopg
from sqlalchemy import BigInteger, Boolean, Column, Connection, Integer, LargeBinary, Table

from tracer.store.session import driver_errors

_SIGNATURE: Final = b"PGCOPY\n\xff\r\n\x00" + bytes(8)
_TRAILER: Final = b"\xff\xff"
_NULL: Final = b"\xff\xff\xff\xff"
_ROWS_AT_ONCE: Final = 2_048
_NUMBERS: Final = ((BigInteger, "q", 8), (Integer, "i", 4), (Boolean, "?", 1))
"""A column's type, the first that fits -> how it is packed, and its size."""

_RECORD: Final = struct.Struct(">c5s6s32s")  # kind, occurredAt u40, location u48, digest
_RECORD_BYTES: Final = _RECORD.size

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

    A record's numbers are big-endian there and here, so its bytes are only spread out.

    Args:
        connection: inside a transaction.
        table: of records.
        sequences: of the appends.
        records: n x 44 bytes of each.
    """
    start = b"\x00\x06" + _length(8)
    middle, end = _length(8) + bytes(3), _length(32)
    with _copying(connection, table) as write:
        for at in range(0, len(sequences), _ROWS_AT_ONCE):
            packed = records[at : at + _ROWS_AT_ONCE]
            counts = [len(part) // _RECORD_BYTES for part in packed]
            ordinals = [
                _length(4) + ordinal.to_bytes(4) + _length(4) + bytes(3)
                for ordinal in range(max(counts, default=0))
            ]
            heads = [start + sequence.to_bytes(8) for sequence in sequences[at:][: len(packed)]]
            kinds, times, places, digests = zip(*_RECORD.iter_unpack(b"".join(packed)), strict=True)
            located = {
                place: _length(8) + bytes(2) + place if any(place) else _NULL for place in {*places}
            }
            rows = zip(
                chain.from_iterable(map(repeat, heads, counts)),
                chain.from_iterable([ordinals[:count] for count in counts]),
                kinds,
                repeat(middle),
                times,
                map(located.__getitem__, places),
                repeat(end),
                digests,
                strict=False,
            )
            write(b"".join(chain.from_iterable(rows)))


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


_length = struct.Struct("!i").pack


def _encode_bytes(cell: bytes) -> bytes:
    return _length(len(cell)) + cell


def _encode_text(cell: str) -> bytes:
    return _encode_bytes(cell.encode())
