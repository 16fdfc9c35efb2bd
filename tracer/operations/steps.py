"""The missing part of a plan as transactions, in the order in which they have to be written."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby, islice, takewhile
from typing import Final

from tracer.chain.events import Appended
from tracer.domain.identifiers import Gln
from tracer.domain.kinds import Role
from tracer.domain.records import build_batch_id
from tracer.operations.ledger_records import PreparedRecord, WrittenRecord, split_records
from tracer.operations.outbox import Intent, Presence
from tracer.operations.parties import plan_inspection
from tracer.operations.plan import BatchPlan, PlannedInspection
from tracer.operations.station import Station
from tracer.operations.writers import roles_needed

MAX_RECORDS_PER_STEP: Final = 500  # about 1.2 million gas; a block holds 30 million


@dataclass(frozen=True)
class Step:
    """One transaction.

    Attributes:
        party: who has to sign.
        needs: sets of roles; the key has at least one of each.
        record_count: records it writes; 0 for a registration without records or an inspection.
        intent: what is to be written.
        is_of_batch: it writes to the batch; an inspection is about a party.
        is_ready: all its digests are known; those of papers that another installation has to
            prepare are not.
    """

    party: Gln
    needs: tuple[Role, ...]
    record_count: int
    intent: Intent
    is_of_batch: bool = True
    is_ready: bool = True


@dataclass(frozen=True)
class StepBuilder:
    """Makes the steps of one batch.

    Attributes:
        station: the ledger.
        plan: whose batch it is.
    """

    station: Station
    plan: BatchPlan

    @property
    def batch_id(self) -> bytes:
        """32 bytes."""
        return build_batch_id(self.plan.gtin, self.plan.lot)

    def build(
        self,
        missing: Sequence[PreparedRecord],
        inspections: Sequence[PlannedInspection],
        prefix_digits: int | None,
    ) -> list[Step]:
        """All steps.

        Args:
            missing: records that the chain lacks, by time.
            inspections: of parties, by time.
            prefix_digits: register the batch, claiming a prefix of this length; None = it is
                registered.
        """
        steps = self._append_steps(missing, inspections)
        if prefix_digits is None:
            return steps
        first = _leading(missing, self.plan.owner)
        rest = self._append_steps(missing[len(first) :], inspections)
        return [self._registration(first, prefix_digits), *rest]

    def _append_steps(
        self, missing: Sequence[PreparedRecord], inspections: Sequence[PlannedInspection]
    ) -> list[Step]:
        entries: list[PreparedRecord | PlannedInspection] = [*missing, *inspections]
        entries.sort(key=_time_of)  # stable: of equal times, records come first and keep order
        steps: list[Step] = []
        for writer, run in groupby(entries, key=_writer_of):
            if writer is None:
                steps += [self._inspection(it) for it in run if isinstance(it, PlannedInspection)]
                continue
            records = [it for it in run if isinstance(it, PreparedRecord)]
            for start in range(0, len(records), MAX_RECORDS_PER_STEP):
                steps.append(self._append(writer, records[start : start + MAX_RECORDS_PER_STEP]))
        return steps

    def _append(self, writer: Gln, records: Sequence[PreparedRecord]) -> Step:
        data = b"".join(it.record.pack() for it in records)
        call = self.station.call("append", self.batch_id, data)
        intent = self.station.intent(
            _describe(records, writer),
            call,
            actor=str(writer),
            presence=lambda: self._presence([it.written for it in records]),
        )
        is_ready = all(it.is_known for it in records)
        return Step(writer, _needs(records), len(records), intent, is_ready=is_ready)

    def _registration(self, records: Sequence[PreparedRecord], prefix_digits: int) -> Step:
        owner, data = self.plan.owner, b"".join(it.record.pack() for it in records)
        gtin = self.plan.gtin.value.encode("ascii")
        call = self.station.call("registerBatch", gtin, self.plan.lot.value, prefix_digits, data)

        def presence() -> Presence:
            if self.station.ledger.batch(self.batch_id) is None:
                return Presence.ABSENT
            found = self._presence([it.written for it in records])
            # Somebody else registered it: with the same records, or the plan has to be made anew.
            return Presence.PRESENT if found is Presence.PRESENT else Presence.PARTLY

        what = f"register batch {self.plan.gtin}/{self.plan.lot}"
        if records:
            what += f" with {_describe(records, owner)}"
        intent = self.station.intent(what, call, actor=str(owner), presence=presence)
        needs = (Role.MANUFACTURER, *_needs(records))
        is_ready = all(it.is_known for it in records)
        return Step(owner, needs, len(records), intent, is_ready=is_ready)

    def _inspection(self, inspection: PlannedInspection) -> Step:
        intent = plan_inspection(self.station, inspection)
        return Step(inspection.inspector, (Role.INSPECTOR,), 0, intent, is_of_batch=False)

    def _presence(self, wanted: Sequence[WrittenRecord]) -> Presence:
        there = set(fetch_written(self.station, self.batch_id))
        hits = sum(record in there for record in wanted)
        if hits == len(wanted):
            return Presence.PRESENT
        return Presence.PARTLY if hits else Presence.ABSENT


def fetch_written(station: Station, batch_id: bytes) -> list[WrittenRecord]:
    """The records that the chain holds of a batch, in order."""
    events = [log.event for log in station.ledger.batch_logs(batch_id)]
    return split_records((it.gln, it.records) for it in events if isinstance(it, Appended))


def _leading(missing: Sequence[PreparedRecord], owner: Gln) -> list[PreparedRecord]:
    """The owner's records before anybody else's: they go with the registration."""
    run = takewhile(lambda it: it.recorder == owner, missing)
    return list(islice(run, MAX_RECORDS_PER_STEP))


def _needs(records: Iterable[PreparedRecord]) -> tuple[Role, ...]:
    return roles_needed(it.record.kind for it in records)


def _describe(records: Sequence[PreparedRecord], writer: Gln) -> str:
    names = [it.what for it in records]
    shown = names[0] if len(names) == 1 else f"{len(names)} records, {names[0]} to {names[-1]},"
    return f"{shown} by {writer}"


def _writer_of(entry: PreparedRecord | PlannedInspection) -> Gln | None:
    return entry.recorder if isinstance(entry, PreparedRecord) else None


def _time_of(entry: PreparedRecord | PlannedInspection) -> int:
    if isinstance(entry, PreparedRecord):
        return entry.record.occurred_at_unix
    return entry.inspected_at_unix
