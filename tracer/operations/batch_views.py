"""Look at batches on the ledger; nothing is written."""

from collections.abc import Sequence
from dataclasses import dataclass

from tracer.chain.decode import LedgerLog
from tracer.chain.events import Appended, BatchRegistered
from tracer.chain.ledger import BatchState
from tracer.domain.identifiers import Gln, Gtin, Lot
from tracer.domain.kinds import Kind
from tracer.domain.records import build_batch_id
from tracer.domain.replay import LedgerState, kind_name, unpack_rows
from tracer.domain.rows import AppendRow
from tracer.errors import NotFoundError
from tracer.operations.station import Station

NO_TIME_UNIX = 2**40 - 1  # for nodes that do not send the time with a log
_ROOTS = frozenset({Kind.SERIALS, Kind.TELEMETRY})


@dataclass(frozen=True, slots=True)
class ListedBatch:
    """A batch in a list."""

    gtin: str
    lot: str
    owner: Gln
    block_number: int
    state: BatchState


@dataclass(frozen=True, slots=True)
class ShownRecord:
    """A record as the ledger holds it.

    Attributes:
        occurred_at_unix: when it happened, by the writer, Unix seconds.
        kind: name of its kind.
        gln: the writer.
        location: GLN as 13 digits, or "".
        digest: 32 bytes.
        is_here: whether the content that it pins is on file here.
        transaction_hash: 32 bytes.
    """

    occurred_at_unix: int
    kind: str
    gln: Gln
    location: str
    digest: bytes
    is_here: bool
    transaction_hash: bytes


@dataclass(frozen=True)
class ShownBatch:
    """A batch with its records.

    Attributes:
        batch_id: 32 bytes.
        state: head, owner, holds, recall.
        holders: parties that hold it now.
        appends: how many transactions wrote to it.
        records: in order.
        unfinished: what this installation began to write to the ledger and did not finish.
    """

    batch_id: bytes
    state: BatchState
    holders: Sequence[Gln]
    appends: int
    records: Sequence[ShownRecord]
    unfinished: Sequence[str]


def condition_of(state: BatchState) -> str:
    """REGISTERED, ON HOLD or RECALLED."""
    if state.recalled:
        return "RECALLED"
    return "ON HOLD" if state.holds else "REGISTERED"


def list_batches(station: Station) -> list[ListedBatch]:
    """All batches, oldest first."""
    logs = station.ledger.logs(BatchRegistered)
    found = [(log.event, log.block_number) for log in logs]
    registered = [(it, block) for it, block in found if isinstance(it, BatchRegistered)]
    states = station.ledger.batches([event.batch_id for event, _ in registered])
    return [
        ListedBatch(event.gtin.decode("ascii"), event.lot, Gln.from_number(event.gln), block, state)
        for (event, block), state in zip(registered, states, strict=True)
    ]


def show_batch(station: Station, gtin: Gtin, lot: Lot) -> ShownBatch:
    """One batch with all its records.

    Raises:
        NotFoundError: the ledger has no such batch.
    """
    batch_id = build_batch_id(gtin, lot)
    state = station.ledger.batch(batch_id)
    if state is None:
        raise NotFoundError(
            f"the ledger has no batch {gtin}/{lot}",
            hint="tracer batch list shows those that it has.",
        )
    appends = _fetch_appends(station, batch_id)
    replayed, records = LedgerState(state.owner), []
    by_sequence = {append.sequence: append for append in appends}
    for row in unpack_rows(appends):
        replayed.apply(row)
        records.append(
            ShownRecord(
                row.occurred_at_unix,
                kind_name(row.kind),
                Gln.from_number(row.gln),
                f"{row.location:013d}" if row.location else "",
                row.digest,
                _is_here(station, row.kind, row.digest),
                by_sequence[row.sequence].transaction_hash,
            )
        )
    return ShownBatch(
        batch_id,
        state,
        [Gln.from_number(number) for number in sorted(replayed.holds)],
        len(appends),
        records,
        station.base.outbox.unfinished(),
    )


def _fetch_appends(station: Station, batch_id: bytes) -> list[AppendRow]:
    return [
        build_append_row(log, log.event)
        for log in station.ledger.batch_logs(batch_id)
        if isinstance(log.event, Appended)
    ]


def build_append_row(log: LedgerLog, event: Appended) -> AppendRow:
    """The row that a mirror would keep of an append.

    Args:
        log: where it stands; a node may leave its time out.
        event: what it holds.
    """
    return AppendRow(
        event.sequence,
        event.gln,
        log.block_time_unix or NO_TIME_UNIX,
        event.head,
        event.records,
        log.block_number,
        log.block_hash,
        log.transaction_hash,
        log.log_index,
    )


def _is_here(station: Station, kind: int, digest: bytes) -> bool:
    contents = station.contents
    if kind in _ROOTS and contents.get_serials(digest) is not None:
        return True
    return contents.get(digest) is not None or contents.get_document(digest) is not None
