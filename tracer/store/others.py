"""What a bundle holds besides its batch: other batches' papers with its numbers, and bans."""

import json
from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import Final

from sqlalchemy import select
from sqlmodel import Session

from tracer.domain.document_views import parse_view
from tracer.domain.event_values import parse_timestamp
from tracer.domain.records import RECORD_BYTES
from tracer.domain.rows import OtherRow, PartyRow
from tracer.errors import InputError
from tracer.store.contents import ContentStore, number_keys
from tracer.store.tables import Append, Batch, Block, Inspection, RegistryLog, table_of

_APPEND: Final = table_of(Append)
_BATCH: Final = table_of(Batch)
_BLOCK: Final = table_of(Block)
_INSPECTION: Final = table_of(Inspection)
_LOG: Final = table_of(RegistryLog)

MAX_SERVED: Final = 64  # a number used on so many batches is in conflict by any of them
DIGEST_AT: Final = 12  # kind 1, time 5, place 6, then the digest
BANNED: Final = 3  # IPartyRegistry.Status
FAILURES_TO_BAN: Final = 3  # in a row and by two inspectors: PartyRegistry._nextStanding


def load_others(
    session: Session, contents: ContentStore, batch_id: bytes, views: Iterable[str]
) -> dict[bytes, OtherRow]:
    """Papers of other batches, recorded by the ledger, that share a number with this batch.

    Args:
        session: of the mirror.
        contents: where views are kept.
        batch_id: of this batch.
        views: texts of this batch's documents.

    Returns:
        Commitment -> row, at most `MAX_SERVED`, the smallest commitments first.
    """
    keys = {key for text in views for key in number_keys(text)}
    users = sorted({user for key in keys for user in contents.users_of(key)})
    found: dict[bytes, OtherRow] = {}
    for commitment in users:
        row = _load_other(session, contents, batch_id, commitment)
        if row is not None:
            found[commitment] = row
        if len(found) == MAX_SERVED:
            break
    return found


def _load_other(
    session: Session, contents: ContentStore, batch_id: bytes, commitment: bytes
) -> OtherRow | None:
    text = (contents.get_document(commitment) or b"").decode("utf-8", errors="replace")
    try:
        theirs = parse_view(text).batch_id
    except InputError:
        return None
    if theirs == batch_id:
        return None
    batch = session.execute(select(_BATCH).where(_BATCH.c.batch_id == theirs)).one_or_none()
    appends = session.execute(select(_APPEND.c.records).where(_APPEND.c.batch_id == theirs))
    if batch is None or not any(_holds(row.records, commitment) for row in appends):
        return None
    return OtherRow(batch.gtin, batch.lot, text)


def _holds(records: bytes, digest: bytes) -> bool:
    return any(
        records[start + DIGEST_AT : start + RECORD_BYTES] == digest
        for start in range(0, len(records), RECORD_BYTES)
    )


def load_bans(
    session: Session, contents: ContentStore, parties: Mapping[int, PartyRow]
) -> dict[int, int]:
    """Since when parties are banned, Unix seconds.

    That is when the inspection failed that banned them: as its report says, where that is at hand,
    else when the ledger heard of it.

    Args:
        session: of the mirror.
        contents: where reports are kept.
        parties: rows by GLN; those that are not banned are left out.
    """
    banned = sorted(gln for gln, row in parties.items() if row.status == BANNED)
    wanted = (
        select(_INSPECTION, _BLOCK.c.timestamp_unix)
        .join(_LOG, _LOG.c.sequence == _INSPECTION.c.sequence)
        .join(_BLOCK, _BLOCK.c.number == _LOG.c.block_number)
        .where(_INSPECTION.c.gln.in_(banned))
        .order_by(_INSPECTION.c.sequence)
    )
    found: dict[int, int] = {}
    failed_by: dict[int, set[int]] = {}
    for row in session.execute(wanted):
        if row.consecutive_failures <= 1:
            failed_by[row.gln] = set()
        failed_by.setdefault(row.gln, set()).add(row.inspector)
        is_independent = len(failed_by[row.gln]) > 1
        if row.consecutive_failures >= FAILURES_TO_BAN and is_independent and row.gln not in found:
            heard = row.timestamp_unix
            found[row.gln] = min(heard, _inspected_at(contents, row.digest, heard))
    return found


def _inspected_at(contents: ContentStore, digest: bytes, otherwise: int) -> int:
    """When a report says that an inspection was, Unix seconds."""
    with suppress(ValueError, RecursionError, InputError):
        report = json.loads(contents.get(digest) or b"")
        said = report if isinstance(report, dict) else {}
        if isinstance(unix := said.get("inspectedAtUnix"), int) and unix >= 0:
            return unix
        if isinstance(text := said.get("inspectedAt"), str):
            return max(0, int(parse_timestamp(text).timestamp()))
    return otherwise
