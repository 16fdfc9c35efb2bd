"""Replay a batch's records as the ledger did: holds, rounds, recall, and what it would refuse.

Mirrors `BatchLedger._append`. The party table is not needed here: which roles a writer had is
step (6) of the verification protocol. Nothing is trusted: a record that the ledger would have
refused cannot be genuine, and is listed with the rule it breaks.
"""

import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from tracer.domain.bundle import AppendRow, RecordRow
from tracer.domain.kinds import CLASSES_WHILE_HELD, INDEPENDENT_CLASSES, Kind
from tracer.domain.records import RECORD_BYTES

MAX_CLOCK_DRIFT_S = 120  # BatchLedger.MAX_CLOCK_DRIFT
_LAYOUT = struct.Struct(">B5s6s32s")


def kind_name(kind: int) -> str:
    """Name of a kind, or its byte in hexadecimal when it is unknown."""
    try:
        return Kind(kind).name
    except ValueError:
        return f"0x{kind:02x}"


def unpack_rows(appends: Iterable[AppendRow]) -> Iterator[RecordRow]:
    """Derive the record rows from the appends' bytes; a trailing part of a record is left out.

    Unlike `records.unpack_records` this accepts whatever the ledger accepts: a location is any
    48-bit number there.
    """
    position = 0
    for append in appends:
        whole = len(append.records) // RECORD_BYTES * RECORD_BYTES
        for kind, occurred_at, location, digest in _LAYOUT.iter_unpack(append.records[:whole]):
            yield RecordRow(
                position,
                append.sequence,
                kind,
                int.from_bytes(occurred_at, "big"),
                int.from_bytes(location, "big") or None,
                digest,
                append.gln,
                append.recorded_at_unix,
            )
            position += 1


@dataclass(slots=True)
class LedgerState:
    """What the records of a batch amount to.

    Attributes:
        owner: GLN of the party that registered the batch.
        hold_round: rounds of holds that an authority lifted.
        recalled: final.
        holds: holder -> its HOLD record, of the present round.
        recall: the first RECALL record.
        lifted: whether any hold was released or lifted.
        refused: records that the ledger would have refused, each with the rule it breaks.
    """

    owner: int
    hold_round: int = 0
    recalled: bool = False
    holds: dict[int, RecordRow] = field(default_factory=dict)
    recall: RecordRow | None = None
    lifted: bool = False
    refused: list[tuple[RecordRow, str]] = field(default_factory=list)

    def _broken_rule(self, record: RecordRow) -> str:
        """The ledger's error that a record would have met, or nothing."""
        try:
            kind = Kind(record.kind)
        except ValueError:
            return "UnknownKind"
        stands = kind.kind_class not in CLASSES_WHILE_HELD and (self.recalled or bool(self.holds))
        broken = {
            "OccurredInFuture": record.occurred_at_unix
            > record.recorded_at_unix + MAX_CLOCK_DRIFT_S,
            "OwnerNotIndependent": kind.kind_class in INDEPENDENT_CLASSES
            and record.gln == self.owner,
            "BatchRecalled": stands and self.recalled,
            "BatchOnHold": stands,
            "AlreadyHolder": kind is Kind.HOLD and record.gln in self.holds,
            "NotHolder": kind is Kind.RELEASE and record.gln not in self.holds,
        }
        return next((rule for rule, is_broken in broken.items() if is_broken), "")

    def apply(self, record: RecordRow) -> None:
        """Take one record in."""
        if rule := self._broken_rule(record):
            self.refused.append((record, rule))
        elif record.kind == Kind.HOLD:
            self.holds[record.gln] = record
        elif record.kind == Kind.RELEASE:
            del self.holds[record.gln]
            self.lifted = True
        elif record.kind == Kind.HOLD_OVERRIDE:
            self.lifted = self.lifted or bool(self.holds)
            self.holds.clear()
            self.hold_round += 1
        elif record.kind == Kind.RECALL:
            self.recalled = True
            self.recall = self.recall or record


def replay(owner: int, records: Iterable[RecordRow]) -> LedgerState:
    """What the records amount to, in order."""
    state = LedgerState(owner)
    for record in records:
        state.apply(record)
    return state
