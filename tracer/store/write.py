"""Every statement the mirror is written with. Callers own the transaction; nothing here commits."""

from collections.abc import Sequence
from itertools import chain, islice, repeat
from struct import Struct
from typing import Any, Final

from sqlalchemy import Connection, delete, insert, select, update

from tracer.domain.blocks import BlockRef
from tracer.domain.records import RECORD_BYTES
from tracer.store.copy import copy_columns, copy_records
from tracer.store.tables import (
    REGISTRY_MODELS,
    Append,
    Batch,
    Block,
    Cursor,
    MirrorModel,
    Partner,
    Party,
    PartyKey,
    Record,
    RegistryLog,
    table_of,
)

_CURSOR: Final = table_of(Cursor)
_BLOCK: Final = table_of(Block)
_APPEND: Final = table_of(Append)
_RECORD: Final = table_of(Record)
_BATCH: Final = table_of(Batch)
_REGISTRY_LOG: Final = table_of(RegistryLog)
_PARTY: Final = table_of(Party)
_PARTY_KEY: Final = table_of(PartyKey)
_PARTNER: Final = table_of(Partner)

_ROWS_PER_STATEMENT: Final = 100
"""SQLite hands the interpreter over after every statement, which a thread that fetches the next
range makes slow; and it takes 32,766 parameters at most."""

_LAYOUT: Final = Struct(">B5s6s32s")  # kind, occurredAt u40, location u48, digest

Columns = Sequence[Sequence[Any]]
"""Rows turned by a quarter: one sequence per column, all of the same length."""


def insert_rows(
    connection: Connection, model: type[MirrorModel], rows: Sequence[tuple[Any, ...]]
) -> None:
    """Insert rows, each with the model's columns in order.

    A row that is already there is an error: the mirror never writes a log twice.
    """
    if rows:
        insert_columns(connection, model, tuple(zip(*rows, strict=True)))


def insert_columns(connection: Connection, model: type[MirrorModel], columns: Columns) -> None:
    """Insert many rows, given as the model's columns in order, the fastest way there is."""
    if not columns[0]:
        return
    table = table_of(model)
    name = connection.dialect.identifier_preparer.format_table(table)
    if connection.dialect.name == "postgresql":
        copy_columns(connection, table, columns)
        return
    cells = chain.from_iterable(zip(*columns, strict=True))
    one = f"({', '.join('?' * len(table.columns))})"
    left = len(columns[0])
    while left:
        count = min(left, _ROWS_PER_STATEMENT)
        # Straight to the driver: naming every parameter costs more than SQLite takes for the row.
        statement = f"INSERT INTO {name} VALUES {', '.join([one] * count)}"  # noqa: S608
        connection.exec_driver_sql(statement, (*islice(cells, count * len(columns)),))
        left -= count


def insert_records(
    connection: Connection, sequences: Sequence[int], records: Sequence[bytes]
) -> None:
    """Insert the records of appends, taken apart.

    Args:
        connection: inside a transaction.
        sequences: of the appends.
        records: n x 44 bytes of each, n at least 1.
    """
    if not sequences:
        return
    if connection.dialect.name == "postgresql":
        copy_records(connection, _RECORD, sequences, records)
        return
    counts = [len(packed) // RECORD_BYTES for packed in records]
    kinds, times, places, digests = zip(*_LAYOUT.iter_unpack(b"".join(records)), strict=True)
    locations = {place: int.from_bytes(place) or None for place in {*places}}
    columns = (
        [*chain.from_iterable(map(repeat, sequences, counts))],
        [*chain.from_iterable(map(range, counts))],
        kinds,
        [*map(int.from_bytes, times)],
        [*map(locations.__getitem__, places)],
        digests,
    )
    insert_columns(connection, Record, columns)


def insert_row(connection: Connection, model: type[MirrorModel], **columns: object) -> None:
    """Insert one row by the names of its columns."""
    connection.execute(insert(table_of(model)).values(**columns))


# --- cursor -----------------------------------------------------------------------------------


def lock_cursor(connection: Connection) -> tuple[BlockRef, int] | None:
    """The committed block and next sequence, locked until this transaction ends; None: no mirror.

    Two mirrors may share a database: whoever finds another cursor than the one it planned from
    must plan anew.
    """
    columns = _CURSOR.c
    row = connection.execute(
        select(
            columns.block_number, columns.block_hash, columns.block_time_unix, columns.next_sequence
        ).with_for_update()
    ).one_or_none()
    return None if row is None else (BlockRef(row[0], row[1], row[2]), row[3])


def move_cursor(connection: Connection, block: BlockRef, next_sequence: int) -> None:
    """Say that the mirror equals the chain up to `block`."""
    connection.execute(
        update(_CURSOR).values(
            block_number=block.number,
            block_hash=block.block_hash,
            block_time_unix=block.time_unix,
            next_sequence=next_sequence,
        )
    )


def raise_final(connection: Connection, block: BlockRef) -> None:
    """Say that `block` is never rewound. An older one than on file changes nothing."""
    connection.execute(
        update(_CURSOR)
        .where(_CURSOR.c.final_number < block.number)
        .values(final_number=block.number, final_hash=block.block_hash)
    )


# --- batches ----------------------------------------------------------------------------------


def update_batches(connection: Connection, rows: Sequence[tuple[Any, ...]]) -> None:
    """Set what records made of batches: batch_id, head, holds, hold_round, recalled of each."""
    one = _BATCH_VALUES[connection.dialect.name]
    for start in range(0, len(rows), _ROWS_PER_STATEMENT):
        part = rows[start : start + _ROWS_PER_STATEMENT]
        statement = _UPDATE_BATCHES.format(", ".join([one] * len(part)))
        connection.exec_driver_sql(statement, (*chain.from_iterable(part),))


_UPDATE_BATCHES: Final = (
    "WITH new (batch_id, head, holds, hold_round, recalled) AS (VALUES {}) UPDATE batch"
    " SET head = new.head, holds = new.holds, hold_round = new.hold_round, recalled = new.recalled"
    " FROM new WHERE batch.batch_id = new.batch_id"
)
_BATCH_VALUES: Final = {
    "sqlite": "(?, ?, ?, ?, ?)",
    "postgresql": "(%s::bytea, %s::bytea, %s::integer, %s::integer, %s::boolean)",
}


# --- parties ----------------------------------------------------------------------------------


def update_party(connection: Connection, gln: int, **columns: object) -> bool:
    """Change a party; False when it is not there."""
    result = connection.execute(update(_PARTY).where(_PARTY.c.gln == gln).values(**columns))
    return result.rowcount == 1


def update_key(connection: Connection, address: bytes, **columns: object) -> bool:
    """Change a key; False when it is not there."""
    result = connection.execute(
        update(_PARTY_KEY).where(_PARTY_KEY.c.address == address).values(**columns)
    )
    return result.rowcount == 1


def set_partner(connection: Connection, gln: int, partner: int, *, trusted: bool) -> None:
    """Name or un-name a trading partner; saying the same twice changes nothing."""
    connection.execute(delete(_PARTNER).where(_PARTNER.c.gln == gln, _PARTNER.c.partner == partner))
    if trusted:
        insert_row(connection, Partner, gln=gln, partner=partner)


# --- rewinding --------------------------------------------------------------------------------


def forget_logs(connection: Connection, first_sequence: int, last_block: int) -> None:
    """Delete all logs from a sequence on, their records, and all blocks after `last_block`."""
    for table in (_RECORD, _APPEND, _BATCH, _REGISTRY_LOG):
        connection.execute(delete(table).where(table.c.sequence >= first_sequence))
    connection.execute(delete(_BLOCK).where(_BLOCK.c.number > last_block))


def clear_registry(connection: Connection) -> None:
    """Delete every projection of `registry_log`, those that refer to a party first."""
    for model in reversed(REGISTRY_MODELS):
        connection.execute(delete(table_of(model)))
