"""Lists and counts for people: batches, parties, the mirror's position.

Nothing here is verified: a list helps to find a batch, its bundle says what is true of it.
"""

from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Row, func, select
from sqlmodel import Session

from tracer.domain.records import RECORD_BYTES
from tracer.store.state import MirrorCursor, load_cursor
from tracer.store.tables import (
    Append,
    Batch,
    Block,
    Inspection,
    Party,
    PartyKey,
    Prefix,
    Record,
    table_of,
)

_BLOCK: Final = table_of(Block)
_APPEND: Final = table_of(Append)
_RECORD: Final = table_of(Record)
_BATCH: Final = table_of(Batch)
_PARTY: Final = table_of(Party)
_PARTY_KEY: Final = table_of(PartyKey)
_PREFIX: Final = table_of(Prefix)
_INSPECTION: Final = table_of(Inspection)


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
class KeySummary:
    """A party's key; columns as in `tables.PartyKey`."""

    address: bytes
    roles: int
    valid_from_unix: int
    valid_until_unix: int
    revoked_at_unix: int
    distrust_from_unix: int


@dataclass(frozen=True, slots=True)
class PartySummary:
    """A party with its keys and prefixes; columns as in `tables.Party`.

    Attributes:
        prefixes: GS1 company prefixes as digits.
        consecutive_failures: failed inspections since the last pass.
    """

    gln: int
    roles: int
    status: int
    admin: bytes
    distrust_from_unix: int
    profile_digest: bytes
    keys: tuple[KeySummary, ...]
    prefixes: tuple[str, ...]
    consecutive_failures: int


def load_parties(session: Session) -> list[PartySummary]:
    """All parties by GLN."""
    return [
        PartySummary(
            gln=row.gln,
            roles=row.roles,
            status=row.status,
            admin=row.admin,
            distrust_from_unix=row.distrust_from_unix,
            profile_digest=row.profile_digest,
            keys=_load_keys(session, row.gln),
            prefixes=_load_prefixes(session, row.gln),
            consecutive_failures=_load_failures(session, row.gln),
        )
        for row in session.execute(select(_PARTY).order_by(_PARTY.c.gln)).all()
    ]


def _load_keys(session: Session, gln: int) -> tuple[KeySummary, ...]:
    columns = _PARTY_KEY.c
    wanted = select(_PARTY_KEY).where(columns.gln == gln).order_by(columns.address)
    return tuple(
        KeySummary(
            row.address,
            row.roles,
            row.valid_from_unix,
            row.valid_until_unix,
            row.revoked_at_unix,
            row.distrust_from_unix,
        )
        for row in session.execute(wanted)
    )


def _load_prefixes(session: Session, gln: int) -> tuple[str, ...]:
    columns = _PREFIX.c
    wanted = select(columns.digits, columns.prefix).where(columns.gln == gln)
    return tuple(sorted(f"{row.prefix:0{row.digits}d}" for row in session.execute(wanted)))


def _load_failures(session: Session, gln: int) -> int:
    columns = _INSPECTION.c
    wanted = (
        select(columns.consecutive_failures)
        .where(columns.gln == gln)
        .order_by(columns.sequence.desc())
        .limit(1)
    )
    return session.execute(wanted).scalar() or 0


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
