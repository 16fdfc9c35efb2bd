"""What appends make of batches: heads folded, holds replayed. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final, NoReturn

from tracer.chain.decode import LedgerLog
from tracer.chain.events import BatchRegistered
from tracer.chain.logbook import AppendColumns, LogBook
from tracer.domain.identifiers import Gtin, Lot
from tracer.domain.kinds import Kind
from tracer.domain.records import RECORD_BYTES, build_batch_id, fold, genesis_head
from tracer.errors import InvalidIdentifierError, MirrorGapError
from tracer.index.audit import ASK_ANOTHER

Row = tuple[Any, ...]
_STATUS_KINDS: Final = frozenset({Kind.HOLD, Kind.RELEASE, Kind.HOLD_OVERRIDE, Kind.RECALL})


@dataclass(slots=True)
class BatchState:
    """What a batch's records amount to.

    Attributes:
        head: fold of all its appends.
        holders: parties that hold it now.
        hold_round: rounds of holds that an authority lifted.
        recalled: final.
    """

    head: bytes
    holders: set[int] = field(default_factory=set)
    hold_round: int = 0
    recalled: bool = False

    def apply(self, gln: int, kind: int) -> None:
        """Take in one record; as `BatchLedger._changeStatus` does."""
        if kind == Kind.HOLD:
            self.holders.add(gln)
        elif kind == Kind.RELEASE:
            self.holders.discard(gln)
        elif kind == Kind.HOLD_OVERRIDE:
            self.holders.clear()
            self.hold_round += 1
        elif kind == Kind.RECALL:
            self.recalled = True


@dataclass(frozen=True, slots=True)
class BatchChanges:
    """What a range of logs makes of batches.

    Attributes:
        batches: rows of new batches, by id: the columns before `head`.
        states: every batch that was touched, as it is afterwards.
        records: how many records the range holds.
    """

    batches: dict[bytes, Row]
    states: dict[bytes, BatchState]
    records: int


@dataclass(frozen=True, slots=True)
class Ledger:
    """Which ledger's heads are folded: chain id, and address of 20 bytes."""

    chain_id: int
    contract: bytes


def touched_batches(logs: LogBook) -> set[bytes]:
    """Ids of all batches that these logs write to."""
    registered = {event.batch_id for _, event in _registrations(logs)}
    return registered | set(logs.appends.batch_id)


def project_batches(ledger: Ledger, states: dict[bytes, BatchState], logs: LogBook) -> BatchChanges:
    """Apply logs, in order, to the states of the batches they touch.

    Args:
        ledger: chain and contract, which every head commits to.
        states: batches that exist already; changed in place.
        logs: any logs of the ledger; those of parties are passed over.

    Raises:
        MirrorGapError: a head is not the fold of the records, or a batch is not known.
    """
    batches: dict[bytes, Row] = {}
    done = 0
    for log, event in _registrations(logs):
        before = _count_before(logs.appends, event.sequence, done)
        _fold_appends(logs.appends, states, done, before)
        done = before
        batches[event.batch_id] = _register(ledger, states, log, event)
    _fold_appends(logs.appends, states, done, len(logs.appends.sequence))
    return BatchChanges(batches, states, _replay_status(logs.appends, states))


def _registrations(logs: LogBook) -> Iterable[tuple[LedgerLog, BatchRegistered]]:
    return ((log, log.event) for log in logs.others if isinstance(log.event, BatchRegistered))


def _count_before(appends: AppendColumns, sequence: int, at: int) -> int:
    """How many appends stand before a sequence; the first `at` do."""
    while at < len(appends.sequence) and appends.sequence[at] < sequence:
        at += 1
    return at


def _register(
    ledger: Ledger, states: dict[bytes, BatchState], log: LedgerLog, event: BatchRegistered
) -> Row:
    try:
        gtin, lot = Gtin.parse(event.gtin.decode("ascii")), Lot.parse(event.lot)
    except (InvalidIdentifierError, UnicodeDecodeError) as error:
        raise MirrorGapError(f"{log} registers no batch: {error}", hint=ASK_ANOTHER) from error
    head = genesis_head(ledger.chain_id, ledger.contract, event.batch_id)
    if event.batch_id != build_batch_id(gtin, lot) or event.head != head:
        raise MirrorGapError(
            f"{log} registers lot {lot} under another name or head", hint=ASK_ANOTHER
        )
    if event.batch_id in states:
        raise MirrorGapError(f"{log} registers lot {lot} again", hint=ASK_ANOTHER)
    states[event.batch_id] = BatchState(head)
    return (
        event.batch_id,
        event.sequence,
        log.block_number,
        log.log_index,
        log.transaction_hash,
        gtin.value,
        lot.value,
        event.gln,
    )


def _fold_appends(
    appends: AppendColumns, states: dict[bytes, BatchState], start: int, end: int
) -> None:
    """Fold each append's records into its batch's head, and compare with what the contract said."""
    for at in range(start, end):
        state, records = states.get(appends.batch_id[at]), appends.records[at]
        if state is None:
            _fail(appends, at, "writes to a batch that was not registered")
        if not records or len(records) % RECORD_BYTES:
            _fail(appends, at, "holds a part of a record")
        state.head = fold(state.head, appends.gln[at], appends.block_time_unix[at], records)
        if state.head != appends.head[at]:
            _fail(appends, at, "has records that do not fold to its head")


def _fail(appends: AppendColumns, at: int, reason: str) -> NoReturn:
    place = f"log {appends.log_index[at]} of block {appends.block_number[at]}"
    raise MirrorGapError(f"{place} (sequence {appends.sequence[at]}) {reason}", hint=ASK_ANOTHER)


def _replay_status(appends: AppendColumns, states: dict[bytes, BatchState]) -> int:
    """Apply records that change a batch's status; returns how many records there are."""
    count = 0
    for batch_id, gln, records in zip(appends.batch_id, appends.gln, appends.records, strict=True):
        kinds = records[::RECORD_BYTES]  # the first byte of each
        count += len(kinds)
        if not _STATUS_KINDS.isdisjoint(kinds):
            for kind in kinds:
                states[batch_id].apply(gln, kind)
    return count
