"""What appends make of batches: heads folded, records taken apart, holds replayed. Pure."""

import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from tracer.chain.decode import LedgerLog
from tracer.chain.events import Appended, BatchRegistered
from tracer.domain.identifiers import Gtin, Lot
from tracer.domain.kinds import Kind
from tracer.domain.records import RECORD_BYTES, build_batch_id, fold, genesis_head
from tracer.errors import InvalidIdentifierError, MirrorGapError
from tracer.index.audit import ASK_ANOTHER

Row = tuple[Any, ...]

_RECORD: Final = struct.Struct(">BBIHI32s")  # u40 and u48 as a high and a low part
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


@dataclass(slots=True)
class BatchChanges:
    """Rows that a range of logs adds, in the order of the tables' columns.

    Attributes:
        batches: new batches, by id: the columns before `head`.
        appends: rows of `append`.
        records: rows of `record`.
        states: every batch that was touched, as it is afterwards.
    """

    batches: dict[bytes, Row] = field(default_factory=dict)
    appends: list[Row] = field(default_factory=list)
    records: list[Row] = field(default_factory=list)
    states: dict[bytes, BatchState] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Ledger:
    """Which ledger's heads are folded: chain id, and address of 20 bytes."""

    chain_id: int
    contract: bytes


def touched_batches(logs: Iterable[LedgerLog]) -> set[bytes]:
    """Ids of all batches that these logs write to."""
    return {log.event.batch_id for log in logs if isinstance(log.event, Appended | BatchRegistered)}


def project_batches(
    ledger: Ledger, states: dict[bytes, BatchState], logs: Sequence[LedgerLog]
) -> BatchChanges:
    """Apply logs, in order, to the states of the batches they touch.

    Args:
        ledger: chain and contract, which every head commits to.
        states: batches that exist already; changed in place.
        logs: any logs of the ledger; those of parties are passed over.

    Raises:
        MirrorGapError: a head is not the fold of the records, or a batch is not known.
    """
    changes = BatchChanges(states=states)
    for log in logs:
        if isinstance(log.event, Appended):
            _append(changes, log, log.event)
        elif isinstance(log.event, BatchRegistered):
            _register(ledger, changes, log, log.event)
    return changes


def _register(
    ledger: Ledger, changes: BatchChanges, log: LedgerLog, event: BatchRegistered
) -> None:
    try:
        gtin, lot = Gtin.parse(event.gtin.decode("ascii")), Lot.parse(event.lot)
    except (InvalidIdentifierError, UnicodeDecodeError) as error:
        raise MirrorGapError(f"{log} registers no batch: {error}", hint=ASK_ANOTHER) from error
    head = genesis_head(ledger.chain_id, ledger.contract, event.batch_id)
    if event.batch_id != build_batch_id(gtin, lot) or event.head != head:
        raise MirrorGapError(
            f"{log} registers lot {lot} under another name or head", hint=ASK_ANOTHER
        )
    if event.batch_id in changes.states:
        raise MirrorGapError(f"{log} registers lot {lot} again", hint=ASK_ANOTHER)
    changes.states[event.batch_id] = BatchState(head)
    changes.batches[event.batch_id] = (
        event.batch_id,
        event.sequence,
        log.block_number,
        log.log_index,
        log.transaction_hash,
        gtin.value,
        lot.value,
        event.gln,
    )


def _append(changes: BatchChanges, log: LedgerLog, event: Appended) -> None:
    state = changes.states.get(event.batch_id)
    if state is None:
        raise MirrorGapError(f"{log} writes to a batch that was not registered", hint=ASK_ANOTHER)
    if not event.records or len(event.records) % RECORD_BYTES:
        raise MirrorGapError(f"{log} holds a part of a record", hint=ASK_ANOTHER)
    head = fold(state.head, event.gln, log.block_time_unix, event.records)
    if head != event.head:
        raise MirrorGapError(
            f"{log} (sequence {event.sequence}) has records that do not fold to its head",
            hint=ASK_ANOTHER,
        )
    state.head = head
    changes.appends.append(
        (
            event.sequence,
            log.block_number,
            log.log_index,
            log.transaction_hash,
            event.batch_id,
            event.gln,
            head,
            event.records,
        )
    )
    for ordinal, part in enumerate(_RECORD.iter_unpack(event.records)):
        kind, time_high, time_low, place_high, place_low, digest = part
        if kind in _STATUS_KINDS:
            state.apply(event.gln, kind)
        location = place_high << 32 | place_low
        changes.records.append(
            (event.sequence, ordinal, kind, time_high << 32 | time_low, location or None, digest)
        )
