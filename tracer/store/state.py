"""What the mirror reads before it writes: where it stands, and what logs so far have made.

Queries for people are in `tracer.store.read`.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection, func, select
from sqlmodel import Session

from tracer.domain.blocks import BlockRef
from tracer.domain.kinds import Kind
from tracer.store.tables import (
    Append,
    Batch,
    Block,
    Cursor,
    Party,
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

STATUS_KINDS: Final = (Kind.HOLD, Kind.RELEASE, Kind.HOLD_OVERRIDE, Kind.RECALL)
"""Kinds that change whether a batch may move."""
_MAX_IN = 500  # values in one IN list; SQLite takes 32,766, planners prefer fewer

Source = Connection | Session


@dataclass(frozen=True, slots=True)
class MirrorCursor:
    """How far the mirror has read, and of which chain; columns as in `tables.Cursor`."""

    chain_id: int
    genesis_hash: bytes
    contract: bytes
    code_hash: bytes
    deploy_block: int
    block: BlockRef
    next_sequence: int
    final_number: int
    final_hash: bytes


def load_cursor(source: Source) -> MirrorCursor | None:
    """Where the mirror stands; None when nothing has been read yet."""
    row = source.execute(select(_CURSOR)).one_or_none()
    if row is None:
        return None
    return MirrorCursor(
        row.chain_id,
        row.genesis_hash,
        row.contract,
        row.code_hash,
        row.deploy_block,
        BlockRef(row.block_number, row.block_hash, row.block_time_unix),
        row.next_sequence,
        row.final_number,
        row.final_hash,
    )


def _chunks(values: Iterable[Any]) -> Iterator[list[Any]]:
    rest = list(values)
    for start in range(0, len(rest), _MAX_IN):
        yield rest[start : start + _MAX_IN]


def load_batch_states(
    source: Source, batch_ids: Iterable[bytes]
) -> dict[bytes, tuple[bytes, int, int, bool]]:
    """Head, holds, hold round and recalled of those batches that exist."""
    columns = _BATCH.c
    wanted = select(
        columns.batch_id, columns.head, columns.holds, columns.hold_round, columns.recalled
    )
    return {
        row[0]: (row[1], row[2], row[3], row[4])
        for chunk in _chunks(batch_ids)
        for row in source.execute(wanted.where(columns.batch_id.in_(chunk)))
    }


def load_status_records(
    source: Source, batch_ids: Iterable[bytes]
) -> Iterator[tuple[bytes, int, int]]:
    """Batch, writer's GLN and kind of every hold, release, override and recall, in order."""
    wanted = (
        select(_APPEND.c.batch_id, _APPEND.c.gln, _RECORD.c.kind)
        .join(_RECORD, _RECORD.c.sequence == _APPEND.c.sequence)
        .where(_RECORD.c.kind.in_(STATUS_KINDS))
        .order_by(_RECORD.c.sequence, _RECORD.c.ordinal)
    )
    for chunk in _chunks(batch_ids):
        for row in source.execute(wanted.where(_APPEND.c.batch_id.in_(chunk))):
            yield row[0], row[1], row[2]


def load_last_heads(source: Source, batch_ids: Iterable[bytes]) -> dict[bytes, bytes]:
    """Head of the newest append of those batches that have one."""
    heads: dict[bytes, bytes] = {}
    for chunk in _chunks(batch_ids):
        newest = (
            select(func.max(_APPEND.c.sequence))
            .where(_APPEND.c.batch_id.in_(chunk))
            .group_by(_APPEND.c.batch_id)
        )
        wanted = select(_APPEND.c.batch_id, _APPEND.c.head).where(_APPEND.c.sequence.in_(newest))
        heads |= {row[0]: row[1] for row in source.execute(wanted)}
    return heads


def load_batches_since(source: Source, sequence: int) -> list[bytes]:
    """Batches with an append of this sequence or later."""
    wanted = select(_APPEND.c.batch_id).where(_APPEND.c.sequence >= sequence).distinct()
    return list(source.execute(wanted).scalars())


def load_next_sequence(source: Source, block_number: int) -> int:
    """The sequence that the first log after a block has."""
    last = 0
    for table in (_APPEND, _BATCH, _REGISTRY_LOG):
        # Sequence and block rise together: the search ends at the first row that is old enough.
        wanted = (
            select(table.c.sequence)
            .where(table.c.block_number <= block_number)
            .order_by(table.c.sequence.desc())
            .limit(1)
        )
        last = max(last, source.execute(wanted).scalar() or 0)
    return last + 1


class RegistryRow(NamedTuple):
    """A log of parties, with the number and time of its block."""

    topics: bytes
    data: bytes
    block_number: int
    block_time_unix: int


def load_registry_logs(source: Source) -> Iterator[RegistryRow]:
    """Every log of parties, in order."""
    columns = _REGISTRY_LOG.c
    wanted = (
        select(columns.topics, columns.data, columns.block_number, _BLOCK.c.timestamp_unix)
        .join(_BLOCK, _BLOCK.c.number == _REGISTRY_LOG.c.block_number)
        .order_by(_REGISTRY_LOG.c.sequence)
    )
    for row in source.execute(wanted):
        yield RegistryRow(*row)


def has_registry_logs_since(source: Source, sequence: int) -> bool:
    """Whether any log of parties has this sequence or a later one."""
    wanted = select(_REGISTRY_LOG.c.sequence).where(_REGISTRY_LOG.c.sequence >= sequence).limit(1)
    return source.execute(wanted).first() is not None


def load_blocks_before(source: Source, number: int, count: int) -> list[BlockRef]:
    """The newest blocks with logs that stand before a number, newest first."""
    wanted = (
        select(_BLOCK.c.number, _BLOCK.c.hash, _BLOCK.c.timestamp_unix)
        .where(_BLOCK.c.number < number)
        .order_by(_BLOCK.c.number.desc())
        .limit(count)
    )
    return [BlockRef(row[0], row[1], row[2]) for row in source.execute(wanted)]


def load_distrust(source: Source, gln: int) -> int | None:
    """Since when a party's keys may be forged, Unix seconds, 0 = never; None: no such party."""
    found: int | None = source.execute(
        select(_PARTY.c.distrust_from_unix).where(_PARTY.c.gln == gln)
    ).scalar()
    return found
