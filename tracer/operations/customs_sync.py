"""Take in what a customs system stated: confirm what it released, object to what it refused.

One round, under a lock, in this order:

(1) Statements taken in earlier and not finished are finished, whatever became of their files.
(2) What waits is fetched and read; what nobody pinned signed is refused.
(3) By the time they state: each is compared with claim, paper and what was stated before. A
    refused one changes nothing. One that cannot be compared yet waits.
(4) A statement that holds is written to the log, then acted upon, then taken off the list, then
    finished in the log.

A crash between any two of these is repaired by the next round: the outbox writes each record once,
and settling is safe to repeat.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Final

from tracer.domain.checks import Check, CheckStatus
from tracer.domain.customs_belief import STEP, ClaimFacts, KnownClaim, check_statement, read_signed
from tracer.domain.customs_statement import Ruling, Statement
from tracer.domain.identifiers import Gln
from tracer.errors import (
    FatalError,
    NotPermittedError,
    TracerError,
    TransientError,
    VerificationError,
)
from tracer.operations.customs_adapter import ClearanceRequest, CustomsAdapter, Settlement
from tracer.operations.customs_answer import (
    check_claim,
    plan_confirmation,
    plan_objection,
    write_confirmation,
    write_objection,
)
from tracer.operations.customs_claims import (
    HOUR_S,
    Answer,
    Claim,
    fetch_batch,
    fetch_batches,
    fetch_claims,
    final_block,
)
from tracer.operations.customs_keys import CustomsKeys
from tracer.operations.customs_log import Entry, StatementLog
from tracer.operations.outbox import Intent, Written
from tracer.operations.station import Station

LOCK: Final = "statements of customs"
MAX_FAILURES: Final = 3  # files in one round that cannot be fetched: then nothing can


class Result(StrEnum):
    """What became of a statement."""

    CONFIRMED = "confirmed"
    OBJECTED = "objected"
    NOTED = "noted"  # customs still look at it
    REJECTED = "rejected"
    WAITING = "waiting"  # it could not be compared or written now; the next round tries again


@dataclass(frozen=True, slots=True)
class Handled:
    """A statement, and what became of it.

    Attributes:
        name: under which it waited.
        statement: None when it cannot be read.
        result: what became of it.
        checks: what it was compared with.
        claim: the broker's claim, when it has one.
        written: the record, when one was needed.
        error: what went wrong while it was fetched, written or settled.
        is_final: no reorganisation takes the record back; else later rounds look again.
    """

    name: str
    statement: Statement | None
    result: Result
    checks: Sequence[Check] = ()
    claim: Claim | None = None
    written: Written | None = None
    error: TracerError | None = None
    is_final: bool = True

    @property
    def hours_from_arrival(self) -> float | None:
        """Hours from the goods' arrival to customs' ruling; None when no arrival is recorded."""
        if self.claim is None or self.statement is None or self.claim.arrived_at_unix is None:
            return None
        return (self.statement.stated_at_unix - self.claim.arrived_at_unix) / HOUR_S

    @property
    def reason(self) -> str:
        """Why it was rejected or waits; "" otherwise."""
        if self.error is not None:
            return str(self.error)
        bad = (CheckStatus.INVALID, CheckStatus.ERROR)
        return "; ".join(check.reason for check in self.checks if check.status in bad)


@dataclass
class StatementDesk:
    """Takes in statements for one customs party.

    Attributes:
        station: the ledger.
        customs: the party that answers.
        adapter: the way to the customs system.
        now: Unix seconds.
    """

    station: Station
    customs: Gln
    adapter: CustomsAdapter
    now: Callable[[], int] = field(default=lambda: int(time.time()))

    @property
    def log(self) -> StatementLog:
        """The statements that this installation has taken in."""
        return open_log(self.station)

    def sync(self) -> Iterator[Handled]:
        """One round; each statement is told as soon as it is dealt with.

        Raises:
            TransientError: the customs system or the node cannot be asked, or another round runs.
            FatalError: going on would do harm.
        """
        with self.station.base.outbox.locked(LOCK):
            self.log.sweep()
            begun = self.log.unfinished()
            for entry in begun:
                yield self._act(entry, ())
            known = {(entry.name, entry.text.encode()) for entry in begun}
            waiting: list[tuple[str, bytes]] = []
            yield from self._fetch(waiting)
            yield from self._take_in([it for it in waiting if it not in known])

    def _fetch(self, waiting: list[tuple[str, bytes]]) -> Iterator[Handled]:
        """(2) Fetch what waits; a file that cannot be had does not hold up the others."""
        failures = 0
        for name in self.adapter.waiting():
            try:
                data = self.adapter.fetch(name)
            except TransientError as error:
                failures += 1
                if failures >= MAX_FAILURES:
                    raise
                yield Handled(name, None, Result.WAITING, error=error)
            else:
                if data is not None:
                    waiting.append((name, data))

    def request(self) -> list[ClearanceRequest]:
        """Ask the customs system to rule on every claim that waits; safe to repeat.

        Raises:
            TransientError: the customs system or the node cannot be asked.
        """
        claims = fetch_claims(self.station, fetch_batches(self.station))
        requests = [
            _build_request(self.station, claim, claim.number)
            for claim in claims
            if claim.answer is Answer.WAITING and claim.number is not None
        ]
        for request in requests:
            self.adapter.request(request)
        return requests

    def _take_in(self, waiting: Sequence[tuple[str, bytes]]) -> Iterator[Handled]:
        keys = CustomsKeys(self.station.home / "customs").pinned()
        signed: list[tuple[Statement, str, bytes, Check]] = []
        for name, data in waiting:
            statement, check = read_signed(data, keys)
            if statement is None or check.status is not CheckStatus.VALID:
                yield self._reject(Handled(name, statement, Result.REJECTED, [check]), data)
            else:
                signed.append((statement, name, data, check))
        for statement, name, data, check in sorted(
            signed, key=lambda it: (it[0].stated_at_unix, it[1])
        ):
            yield self._judge(statement, name, data, check)

    def _judge(self, statement: Statement, name: str, data: bytes, signature: Check) -> Handled:
        claim, facts = self._look_up(statement)
        checks = [signature, *check_statement(statement, facts)]
        statuses = {check.status for check in checks}
        if claim is not None and CheckStatus.INVALID not in statuses:
            checks += self._check_answer(statement, claim)
            statuses = {check.status for check in checks}
        if CheckStatus.INVALID in statuses:
            rejected = Handled(name, statement, Result.REJECTED, checks, claim)
            return self._reject(rejected, data)
        if CheckStatus.ERROR in statuses:
            return Handled(name, statement, Result.WAITING, checks, claim)
        entry = Entry.build(name, data)
        self.log.begin(entry)
        return self._act(entry, checks)

    def _look_up(self, statement: Statement) -> tuple[Claim | None, ClaimFacts]:
        batch = fetch_batch(self.station, statement.batch_id)
        claims = fetch_claims(self.station, [] if batch is None else [batch])
        claim = next((it for it in claims if it.commitment == statement.commitment), None)
        known = None if claim is None else KnownClaim(claim.number, claim.claimed_at_unix)
        before = self.log.about(statement.batch_id, statement.commitment)
        facts = ClaimFacts(
            chain_id=self.station.base.chain_id,
            contract=self.station.ledger.contract,
            is_batch=batch is not None,
            claim=known,
            newest_unix=before[-1].stated_at_unix if before else None,
            taken=frozenset(it.identity for it in before),
            now_unix=self.now(),
        )
        return claim, facts

    def _check_answer(self, statement: Statement, claim: Claim) -> Iterator[Check]:
        """What customs may not answer, whoever asks them to."""
        try:
            if statement.ruling is Ruling.RELEASED:
                if claim.paper is not None:
                    check_claim(claim, statement.declaration)
                plan_confirmation(self.station, claim, self.customs, statement.stated_at_unix)
            elif statement.ruling is Ruling.REFUSED:
                self._plan_objection(statement, claim)
        except (VerificationError, NotPermittedError) as error:
            yield Check.invalid(STEP, "statement-answer", str(error))

    def _act(self, entry: Entry, checks: Sequence[Check]) -> Handled:
        """(4) Write what follows from a statement; finish it once no reorganisation undoes it."""
        statement, name = entry.statement, entry.name
        claim: Claim | None = None
        try:
            claim, _ = self._look_up(statement)
            result, written = self._write(statement, claim)
            self.adapter.settle(name, entry.text.encode(), Settlement.ACCEPTED, "")
            is_final = result is Result.NOTED or self._is_final(statement)
            if is_final:
                self.log.finish(entry)
        except FatalError:
            raise
        except TracerError as error:
            return Handled(name, statement, Result.WAITING, checks, claim, error=error)
        return Handled(name, statement, result, checks, claim, written, is_final=is_final)

    def _is_final(self, statement: Statement) -> bool:
        claim, _ = self._look_up(statement)
        block = None if claim is None else claim.answer_block
        return block is not None and block <= final_block(self.station)

    def _write(self, statement: Statement, claim: Claim | None) -> tuple[Result, Written | None]:
        if statement.ruling is Ruling.PENDING:
            return Result.NOTED, None
        if claim is None:  # a reorganisation took it back
            raise VerificationError("the claim is on the chain no more")
        if statement.ruling is Ruling.RELEASED:
            intent = plan_confirmation(self.station, claim, self.customs, statement.stated_at_unix)
            return Result.CONFIRMED, write_confirmation(self.station, intent, self.customs)
        intent, text = self._plan_objection(statement, claim)
        return Result.OBJECTED, write_objection(self.station, intent, text, self.customs)

    def _plan_objection(self, statement: Statement, claim: Claim) -> tuple[Intent, str]:
        return plan_objection(
            self.station, claim, self.customs, statement.reasons, statement.stated_at_unix
        )

    def _reject(self, handled: Handled, data: bytes) -> Handled:
        try:
            self.adapter.settle(handled.name, data, Settlement.REJECTED, handled.reason)
        except TransientError as error:
            return replace(handled, result=Result.WAITING, error=error)
        return handled


def open_log(station: Station) -> StatementLog:
    """The statements that an installation has taken in for one ledger."""
    ledger = f"{station.base.chain_id}-{station.ledger.contract.hex()}"
    return StatementLog(station.home / "customs" / "statements" / ledger)


def _build_request(station: Station, claim: Claim, number: str) -> ClearanceRequest:
    return ClearanceRequest(
        station.base.chain_id,
        station.ledger.contract,
        claim.batch_id,
        claim.gtin,
        claim.lot,
        number,
        claim.commitment,
        claim.claimed_at_unix,
        claim.arrived_at_unix,
    )
