"""Carry out a plan: what of it is missing on the chain, in which steps, signed by whom.

(1) The ledger is asked what it holds of the batch, and the plan is compared with that.
(2) The writers are checked: admitted, active, with the roles, partners of the owner.
(3) What is missing becomes steps: one transaction each, all records of one party in a row.
(4) All steps are simulated, one on top of the other; a refusal ends it with nothing written.
(5) Contents are stored durably.
(6) The steps are written in order, each through the outbox.

Doing it again, after a crash or at the same time, starts at (1) and writes what is missing.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from tracer.chain.ledger import BatchState
from tracer.domain.identifiers import Gln
from tracer.domain.kinds import Role
from tracer.errors import ConflictError, KeyUnavailableError, NotFoundError, TransientError
from tracer.operations.cost import PlannedCall, estimate_cost
from tracer.operations.delivery import SigningKey
from tracer.operations.ledger_records import (
    Comparison,
    PreparedRecord,
    check_unique,
    compare_with_chain,
    describe_record,
)
from tracer.operations.outbox import Presence, Written
from tracer.operations.papers import PaperDesk
from tracer.operations.parties import plan_inspection
from tracer.operations.plan import BatchPlan, PlannedDocument, PlannedInspection
from tracer.operations.preparation import Preparation, prepare_items, store_contents
from tracer.operations.station import Station
from tracer.operations.steps import Step, StepBuilder, fetch_written
from tracer.operations.writers import (
    KeyRing,
    check_writers,
    find_prefix_digits,
    roles_needed,
)

MAX_ROUNDS: Final = 5  # how often the chain may change under us before we give up for now
Progress = Callable[[int, int], None]
"""Called with (steps done, steps in all)."""


@dataclass(frozen=True)
class Work:
    """What of a plan is still to be done.

    Attributes:
        batch_id: 32 bytes.
        preparation: the plan's records.
        comparison: the plan beside the chain.
        signed: steps in order, with the key that signs.
        left: steps that this installation has no key for, or that come after such a step.
        missing_parties: parties whose key is not here.
    """

    batch_id: bytes
    preparation: Preparation
    comparison: Comparison
    signed: Sequence[tuple[Step, SigningKey]]
    left: Sequence[Step]
    missing_parties: Sequence[Gln]

    @property
    def already(self) -> int:
        """Records of the plan that the chain held before."""
        return len(self.preparation.records) - len(self.comparison.missing)


@dataclass(frozen=True)
class Outcome:
    """What was done.

    Attributes:
        work: what was still to be done.
        written: the steps, and how each got onto the chain.
    """

    work: Work
    written: Sequence[tuple[Step, Written]]


@dataclass(frozen=True)
class BatchWriter:
    """Writes one plan.

    Attributes:
        station: the ledger.
        plan: what it shall hold.
        registers: the plan is the whole batch: register it if the ledger does not know it, and
            refuse if the ledger holds something that the plan does not. Otherwise the plan adds
            to a batch that exists.
        skip_missing: go on after records whose writer's key is not here.
    """

    station: Station
    plan: BatchPlan
    registers: bool
    skip_missing: bool = False

    def survey(self, *, keep: bool = False) -> Work:
        """(1) to (4): find out what is to be done; nothing is sent.

        Args:
            keep: settle the salts of new papers for good; a dry run does not.

        Raises:
            ConflictError: the ledger holds something else.
            NotFoundError: the batch, or a party, is not on the ledger.
            NotPermittedError: a party may not write this.
            KeyUnavailableError: the batch is new and the owner's key is not here.
        """
        builder = StepBuilder(self.station, self.plan)
        desk = PaperDesk(self.station, builder.batch_id)
        state = self.station.ledger.batch(builder.batch_id)
        self._check_batch(state)
        ring = KeyRing.ask(self.station)
        preparation, comparison = self._compare(desk, state)
        ours = [it for it in comparison.missing if self._is_ours(ring, preparation.records[it])]
        preparation = preparation.complete(desk, ours, comparison.found, keep=keep)
        check_unique(preparation.records)
        missing = [preparation.records[position] for position in comparison.missing]
        digits = None if state else self._prefix_digits()
        steps = builder.build(missing, self._missing_inspections(), digits)
        self._check_writers(steps)
        work = self._assign(ring, builder.batch_id, preparation, comparison, steps)
        if state is None and any(step is steps[0] for step in work.left):
            raise KeyUnavailableError(
                f"the key of the batch's owner {self.plan.owner} is not here",
                hint="Only the owner registers a batch; run this where its key is.",
            )
        calls = [PlannedCall(s.intent.what, k.address, s.intent.call) for s, k in work.signed]
        estimate_cost(self.station.base.sender, calls)
        return work

    def write(self, progress: Progress) -> Outcome:
        """(1) to (6).

        Raises:
            TracerError: see `survey` and `Outbox.perform`; doing it again continues.
        """
        batch_id = StepBuilder(self.station, self.plan).batch_id
        written: list[tuple[Step, Written]] = []
        with self.station.base.outbox.locked(f"batch {batch_id.hex()}"):
            for _ in range(MAX_ROUNDS):
                work = self.survey(keep=True)
                desk = PaperDesk(self.station, batch_id)
                store_contents(self.station.contents, desk, self.plan, work.preparation)
                if self._carry_out(work, written, progress):
                    return Outcome(work, written)
        raise TransientError(
            "the ledger keeps changing while this is written", hint="Run the same command again."
        )

    def _carry_out(
        self, work: Work, written: list[tuple[Step, Written]], progress: Progress
    ) -> bool:
        """Write the steps; False when somebody else wrote a part of one."""
        for done, (step, key) in enumerate(work.signed):
            progress(done, len(work.signed))
            result = self.station.base.outbox.perform(step.intent, key)
            if result is None:
                return False
            written.append((step, result))
        progress(len(work.signed), len(work.signed))
        return True

    def _check_batch(self, state: BatchState | None) -> None:
        if state is None and not self.registers:
            raise NotFoundError(
                f"the ledger has no batch {self.plan.gtin}/{self.plan.lot}",
                hint="Register it first: tracer batch register FILE.",
            )
        if state is not None and self.registers and state.owner != self.plan.owner.number:
            raise ConflictError(
                f"batch {self.plan.gtin}/{self.plan.lot} is already registered by party"
                f" {state.owner:013d}, not {self.plan.owner}",
                hint="A batch is registered once.",
            )

    def _is_ours(self, ring: KeyRing, prepared: PreparedRecord) -> bool:
        """Whether a key here may write the record; salts of a paper are drawn by who records it."""
        return ring.find(prepared.recorder, roles_needed([prepared.record.kind])) is not None

    def _compare(self, desk: PaperDesk, state: BatchState | None) -> tuple[Preparation, Comparison]:
        written = fetch_written(self.station, desk.batch_id) if state else []
        preparation = prepare_items(desk, self.plan.items)
        comparison = compare_with_chain(
            preparation.records, written, lambda at, digest: self._may_be(desk, at, digest)
        )
        if self.registers and comparison.extra and comparison.missing:
            first = preparation.records[comparison.missing[0]].what
            raise ConflictError(
                f"batch {self.plan.gtin}/{self.plan.lot} is already registered with different"
                f" content: the ledger holds {describe_record(comparison.extra[0])}, which the"
                f" file does not, and lacks {first}",
                hint="To add to the batch, use tracer event record or tracer document add.",
            )
        return preparation, comparison

    def _may_be(self, desk: PaperDesk, position: int, digest: bytes) -> bool:
        """A whole batch file that meets a paper like its own has met it; a single paper is new."""
        item = self.plan.items[position]
        told = desk.may_be(item, digest) if isinstance(item, PlannedDocument) else None
        return self.registers if told is None else told

    def _prefix_digits(self) -> int:
        plan = self.plan
        return find_prefix_digits(self.station.ledger, plan.owner, plan.gtin, plan.prefix_digits)

    def _missing_inspections(self) -> list[PlannedInspection]:
        return [
            inspection
            for inspection in self.plan.inspections
            if plan_inspection(self.station, inspection).presence() is Presence.ABSENT
        ]

    def _check_writers(self, steps: Sequence[Step]) -> None:
        """Inspectors are no writers of the batch: the ledger checks them when it is simulated."""
        writers: dict[Gln, list[Role]] = {}
        for step in steps:
            if step.is_of_batch:
                writers.setdefault(step.party, []).extend(step.needs)
        if writers:
            check_writers(self.station.ledger, self.plan.owner, writers)

    def _assign(
        self,
        ring: KeyRing,
        batch_id: bytes,
        preparation: Preparation,
        comparison: Comparison,
        steps: Sequence[Step],
    ) -> Work:
        signed: list[tuple[Step, SigningKey]] = []
        left: list[Step] = []
        absent: list[Gln] = []
        blocked = False
        for step in steps:
            key = ring.find(step.party, step.needs)
            if key is None and step.party not in absent:
                absent.append(step.party)
            # Records stay in order of time; an inspection is about a party and holds nobody up.
            held_up = key is None or not step.is_ready
            blocked |= held_up and step.is_of_batch and not self.skip_missing
            if key is None or held_up or (blocked and step.is_of_batch):
                left.append(step)
            else:
                signed.append((step, key))
        return Work(batch_id, preparation, comparison, signed, left, absent)
