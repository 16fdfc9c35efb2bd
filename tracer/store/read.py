"""Load a batch with all that belongs to it, as a bundle that a verifier checks.

Rows travel as they are stored, damaged or not: a verifier names the damage, so nothing here may
hide it, repair it or fail on it.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Final

from sqlalchemy import ColumnElement, and_, or_, select
from sqlmodel import Session

from tracer.domain.bundle import (
    AppendRow,
    BatchRow,
    Bundle,
    ChainRow,
    MirrorRow,
    PartyRow,
    RecordRow,
    TinRow,
)
from tracer.domain.columns import gln_text
from tracer.domain.evidence import SUPPLY_KINDS, suppliers_of
from tracer.domain.identifiers import Gtin, Lot, Serial
from tracer.domain.kinds import Kind
from tracer.domain.records import RECORD_BYTES, build_batch_id
from tracer.errors import NotFoundError
from tracer.store.contents import ContentStore
from tracer.store.others import load_bans, load_others
from tracer.store.state import load_cursor
from tracer.store.tables import (
    Append,
    Batch,
    Block,
    Party,
    Record,
    table_of,
)

_BLOCK: Final = table_of(Block)
_APPEND: Final = table_of(Append)
_RECORD: Final = table_of(Record)
_BATCH: Final = table_of(Batch)
_PARTY: Final = table_of(Party)

_NO_HASH: Final = bytes(32)  # stands for a block's hash that the mirror lacks; no block has it
_ROOTS: Final = frozenset({Kind.SERIALS, Kind.TELEMETRY})
"""Kinds whose digest may be a Merkle root: there is no text to carry."""


def load_bundle(
    session: Session, contents: ContentStore, gtin: Gtin, lot: Lot, serial: Serial | None = None
) -> Bundle:
    """Everything about one batch, and perhaps one tin of it, that a verifier needs.

    Raises:
        NotFoundError: the mirror has no such batch; or it has read nothing yet.
    """
    cursor = load_cursor(session)
    batch_id = build_batch_id(gtin, lot)
    row = None if cursor is None else _find_batch(session, batch_id, gtin, lot)
    if cursor is None or row is None:
        raise NotFoundError(
            f"no batch {lot} of GTIN {gtin} has been recorded",
            hint="Is the mirror up to date? `tracer index status` tells.",
        )
    appends = _load_appends(session, batch_id)
    records = _load_records(session, batch_id, appends)
    texts, views, warnings = _load_texts(contents, records)
    glns = {row.owner} | {append.gln for append in appends}
    glns |= _find_suppliers(session, records, texts)
    parties, unknown = _load_parties(session, contents, glns)
    return Bundle(
        ChainRow(cursor.chain_id, cursor.contract, cursor.genesis_hash, cursor.deploy_block),
        MirrorRow(cursor.block.number, cursor.block.block_hash, cursor.block.time_unix),
        row,
        tuple(appends),
        tuple(records),
        texts,
        views,
        parties,
        _prove_tin(contents, records, serial),
        load_others(session, contents, batch_id, views.values()),
        load_bans(session, contents, parties),
        tuple(warnings + unknown),
    )


def _find_batch(session: Session, batch_id: bytes, gtin: Gtin, lot: Lot) -> BatchRow | None:
    """The batch's row; found by its id or by its names, so that damage to either still shows."""
    columns = _BATCH.c
    by_id: ColumnElement[bool] = columns.batch_id == batch_id
    by_names = and_(columns.gtin == gtin.value, columns.lot == lot.value)
    wanted = (
        select(_BATCH, _BLOCK.c.hash)
        .outerjoin(_BLOCK, _BLOCK.c.number == columns.block_number)
        .where(or_(by_id, by_names))
        .order_by(by_id.desc())
        .limit(1)
    )
    row = session.execute(wanted).one_or_none()
    if row is None:
        return None
    return BatchRow(
        batch_id=row.batch_id,
        gtin=row.gtin,
        lot=row.lot,
        owner=row.owner,
        head=row.head,
        holds=row.holds,
        hold_round=row.hold_round,
        recalled=row.recalled,
        sequence=row.sequence,
        block_number=row.block_number,
        block_hash=row.hash or _NO_HASH,
        transaction_hash=row.transaction_hash,
        log_index=row.log_index,
    )


def _load_appends(session: Session, batch_id: bytes) -> list[AppendRow]:
    columns = _APPEND.c
    wanted = (
        select(_APPEND, _BLOCK.c.hash, _BLOCK.c.timestamp_unix)
        .outerjoin(_BLOCK, _BLOCK.c.number == columns.block_number)
        .where(columns.batch_id == batch_id)
        .order_by(columns.sequence)
    )
    return [
        AppendRow(
            sequence=row.sequence,
            gln=row.gln,
            recorded_at_unix=row.timestamp_unix or 0,
            head=row.head,
            records=row.records,
            block_number=row.block_number,
            block_hash=row.hash or _NO_HASH,
            transaction_hash=row.transaction_hash,
            log_index=row.log_index,
        )
        for row in session.execute(wanted)
    ]


def _load_records(
    session: Session, batch_id: bytes, appends: Sequence[AppendRow]
) -> list[RecordRow]:
    """The batch's record rows; a record's position counts all records before its append."""
    first_of, position = {}, 0
    for append in appends:
        first_of[append.sequence] = (position, append)
        position += len(append.records) // RECORD_BYTES
    columns = _RECORD.c
    wanted = (
        select(_RECORD)
        .join(_APPEND, _APPEND.c.sequence == columns.sequence)
        .where(_APPEND.c.batch_id == batch_id)
        .order_by(columns.sequence, columns.ordinal)
    )
    rows = []
    for row in session.execute(wanted):
        first, append = first_of[row.sequence]
        rows.append(
            RecordRow(
                position=first + row.ordinal,
                sequence=row.sequence,
                kind=row.kind,
                occurred_at_unix=row.occurred_at_unix,
                location=row.location,
                digest=row.digest,
                gln=append.gln,
                recorded_at_unix=append.recorded_at_unix,
            )
        )
    return rows


def _load_texts(
    contents: ContentStore, records: Iterable[RecordRow]
) -> tuple[dict[bytes, str], dict[bytes, str], list[str]]:
    """Event texts and document views that the records pin, and what of them is missing."""
    texts: dict[bytes, str] = {}
    views: dict[bytes, str] = {}
    warnings = []
    for record in records:
        if (text := contents.get(record.digest)) is not None:
            texts[record.digest] = _decode(text)
        elif (view := contents.get_document(record.digest)) is not None:
            views[record.digest] = _decode(view)
        elif record.kind not in _ROOTS:
            warnings.append(f"content {record.digest.hex()} of record {record.position} is missing")
    return texts, views, warnings


def _find_suppliers(
    session: Session, records: Iterable[RecordRow], texts: Mapping[bytes, str]
) -> set[int]:
    """Parties of the ledger that receipts name as supplier."""
    named: set[int] = set()
    for record in records:
        if record.kind in SUPPLY_KINDS and (text := texts.get(record.digest)):
            with suppress(ValueError, RecursionError):
                body = json.loads(text)
                named |= set(suppliers_of(record, body)) if isinstance(body, dict) else set()
    known = session.execute(select(_PARTY.c.gln).where(_PARTY.c.gln.in_(sorted(named))))
    return {row.gln for row in known}


def _decode(data: bytes) -> str:
    """Damaged bytes travel as far as text can carry them; their digest gives them away."""
    return data.decode("utf-8", errors="replace")


def _load_parties(
    session: Session, contents: ContentStore, glns: Iterable[int]
) -> tuple[dict[int, PartyRow], list[str]]:
    parties: dict[int, PartyRow] = {}
    warnings = []
    for gln in sorted(glns):
        row = session.execute(select(_PARTY).where(_PARTY.c.gln == gln)).one_or_none()
        if row is None:
            warnings.append(f"party {gln_text(gln)} is missing")
            continue
        profile = contents.get(row.profile_digest)
        if profile is None:
            warnings.append(f"profile of party {gln_text(gln)} is missing")
        parties[gln] = PartyRow(
            profile=_decode(profile or b""),
            profile_digest=row.profile_digest,
            roles=row.roles,
            status=row.status,
            admin=row.admin,
            distrust_from_unix=row.distrust_from_unix,
        )
    return parties, warnings


def _prove_tin(
    contents: ContentStore, records: Sequence[RecordRow], serial: Serial | None
) -> TinRow | None:
    """Proof under the newest serial list that has the serial."""
    if serial is None:
        return None
    for record in reversed(records):
        if record.kind == Kind.SERIALS and (
            tin := contents.prove_serial(record.digest, str(serial))
        ):
            return tin
    return None
