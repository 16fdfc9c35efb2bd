"""Lists and counts for people: batches, the mirror's position.

Nothing here is verified: a list helps to find a batch, its bundle says what is true of it.
"""

from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Row, func, select
from sqlmodel import Session

from tracer.domain.records import RECORD_BYTES
from tracer.store.state import MirrorCursor, load_cursor
from tracer.store.tables import Append, Batch, Block, Party, Record, table_of

_BLOCK: Final = table_of(Block)
_APPEND: Final = table_of(Append)
_RECORD: Final = table_of(Record)
_BATCH: Final = table_of(Batch)
_PARTY: Final = table_of(Party)


@dataclass(frozen=True, slots=True)
class BatchSummary:
    """One line of a list of batches; columns as in `tables.Batch`.

    Attributes:
        registered_at_unix: time of the block that registered it.
        recorded_at_unix: time of the block with its newest append; None without one.
        appends: number of its appends.
    """

    batch_id: bytes
    gtin: str
    lot: str
    owner: int
    head: bytes
    holds: int
    hold_round: int
    recalled: bool
    sequence: int
    registered_at_unix: int
    recorded_at_unix: int | None
    appends: int
    records: int


def load_batches(session: Session, *, limit: int = 100, offset: int = 0) -> list[BatchSummary]:
    """Batches, newest first."""
    page = select(_BATCH).order_by(_BATCH.c.sequence.desc()).limit(limit).offset(offset).subquery()
    newest, registered = _BLOCK.alias(), _BLOCK.alias()
    work = (
        select(
            _APPEND.c.batch_id,
            func.count(_APPEND.c.sequence).label("appends"),
            func.sum(func.length(_APPEND.c.records)).label("record_bytes"),
            func.max(_APPEND.c.block_number).label("block_number"),
        )
        .where(_APPEND.c.batch_id.in_(select(page.c.batch_id)))
        .group_by(_APPEND.c.batch_id)
        .subquery()
    )
    wanted = (
        select(
            page,
            registered.c.timestamp_unix.label("registered_at_unix"),
            newest.c.timestamp_unix.label("recorded_at_unix"),
            work.c.appends,
            work.c.record_bytes,
        )
        .outerjoin(work, work.c.batch_id == page.c.batch_id)
        .outerjoin(registered, registered.c.number == page.c.block_number)
        .outerjoin(newest, newest.c.number == work.c.block_number)
        .order_by(page.c.sequence.desc())
    )
    return [_summary(row) for row in session.execute(wanted)]


def _summary(row: Row[Any]) -> BatchSummary:
    return BatchSummary(
        batch_id=row.batch_id,
        gtin=row.gtin,
        lot=row.lot,
        owner=row.owner,
        head=row.head,
        holds=row.holds,
        hold_round=row.hold_round,
        recalled=row.recalled,
        sequence=row.sequence,
        registered_at_unix=row.registered_at_unix or 0,
        recorded_at_unix=row.recorded_at_unix,
        appends=row.appends or 0,
        records=int(row.record_bytes or 0) // RECORD_BYTES,
    )


@dataclass(frozen=True, slots=True)
class MirrorStatus:
    """How far the mirror has read and what it holds; `cursor` is None before the first range."""

    cursor: MirrorCursor | None
    batches: int
    appends: int
    records: int
    parties: int


def load_status(session: Session) -> MirrorStatus:
    """Position and sizes of the mirror."""
    counts = [
        session.execute(select(func.count()).select_from(table)).scalar_one()
        for table in (_BATCH, _APPEND, _RECORD, _PARTY)
    ]
    return MirrorStatus(load_cursor(session), *counts)
