"""The one answer at the top of a passport, from checks and derived statuses."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tracer.domain.cards import ConditionCard, LabCard, PartyCard, Verdict, VerdictCode
from tracer.domain.checks import Check, CheckStatus
from tracer.domain.condition import Severity
from tracer.domain.lab import RELEASE, Judgement, LabRow
from tracer.domain.messages import Message, Params
from tracer.domain.status import CLEARANCE_TARGET_HOURS, BatchStatus, ClearanceState
from tracer.domain.times import utc_text
from tracer.domain.verify import CLEARANCE, HOLD, RECALL
from tracer.domain.verify_chain import HEAD
from tracer.domain.verify_contents import CONTENTS, DOCUMENTS
from tracer.domain.verify_history import OPENED, SCANS, USE_STEPS
from tracer.domain.verify_ledger import TIN

ACTIONS = {
    VerdictCode.OK: Message("action.use"),
    VerdictCode.OK_WITH_NOTE: Message("action.read-note"),
    VerdictCode.ON_HOLD: Message("action.wait"),
    VerdictCode.RECALLED: Message("action.return"),
    VerdictCode.EXPIRED: Message("action.discard"),
    VerdictCode.NOT_ISSUED: Message("action.ask-seller"),
    VerdictCode.NOT_VERIFIED: Message("action.ask-seller"),
    VerdictCode.COULD_NOT_CHECK: Message("action.try-again"),
    VerdictCode.SEEN_ELSEWHERE: Message("action.check-tin"),
    VerdictCode.OPENED_BEFORE: Message("action.check-seal"),
}


@dataclass(frozen=True, slots=True)
class Findings:
    """Everything that the verdict is drawn from.

    Attributes:
        checks: of `verify_bundle`.
        status: of the batch.
        records: how many the batch has.
        serial: of the scanned tin, or "".
        labs: genuine laboratory reports.
        conditions: genuine temperature logs.
        parties: writers and owner.
        carbon_differs: a stated footprint does not follow from its lines.
    """

    checks: Sequence[Check]
    status: BatchStatus
    records: int
    serial: str
    labs: Sequence[LabCard]
    conditions: Sequence[ConditionCard]
    parties: Sequence[PartyCard]
    carbon_differs: bool

    def failed(self, name: str, key: str = "") -> Check | None:
        """The first check of a name, or of one outcome of it, that does not hold."""
        return next(
            (
                check
                for check in self.checks
                if check.status is CheckStatus.INVALID
                and check.name == name
                and check.key == (key or check.key)
            ),
            None,
        )

    def first(self, status: CheckStatus) -> Check | None:
        """The first check outside the steps on use that ended so."""
        return next(
            (c for c in self.checks if c.status is status and c.step not in USE_STEPS), None
        )


def decide(findings: Findings) -> Verdict:
    """Draw the verdict: what harms comes first, then what is not genuine, then what is not known.

    A recall stands above everything: even where other checks fail, nobody should use the tin.
    """
    notes = tuple(_notes(findings))
    best = VerdictCode.OK_WITH_NOTE if notes else VerdictCode.OK
    good = best, Message("reason.ok", {"count": findings.records})
    confirmed, reason = next(_judgements(findings), good)
    code = confirmed
    unasked = findings.first(CheckStatus.ERROR)
    if unasked and confirmed is best:
        code = VerdictCode.COULD_NOT_CHECK
        reason = Message("reason.could-not-check", {"reason": unasked.reason})
    return Verdict(code, reason, ACTIONS[code], notes, confirmed)


def _judgements(findings: Findings) -> Iterator[tuple[VerdictCode, Message]]:
    """Whatever speaks against the tin, the worst first."""
    status = findings.status
    if findings.failed(RECALL.name):
        date = utc_text(status.recall.occurred_at_unix)[:10] if status.recall else ""
        yield VerdictCode.RECALLED, Message("reason.recalled", {"date": date})
    if not_issued := _not_issued(findings):
        yield VerdictCode.NOT_ISSUED, not_issued
    if forged := findings.first(CheckStatus.INVALID):
        params = {"subject": forged.subject or forged.name, "reason": forged.reason}
        yield VerdictCode.NOT_VERIFIED, Message("reason.not-verified", params)
    yield from _lab_judgements(findings.labs)
    if objected := findings.failed(CLEARANCE.name):
        yield VerdictCode.NOT_VERIFIED, Message("reason.clearance", {"reason": objected.reason})
    if findings.failed(HOLD.name):
        since = status.held_since_unix
        date = utc_text(since)[:10] if since else ""
        yield VerdictCode.ON_HOLD, Message("reason.held", {"date": date})
    if status.expired:
        yield VerdictCode.EXPIRED, Message("reason.expired", {"date": status.best_before})
    if scanned := findings.failed(SCANS.name):
        was_opened = scanned.key == OPENED
        code = VerdictCode.OPENED_BEFORE if was_opened else VerdictCode.SEEN_ELSEWHERE
        yield code, Message("reason.history", {"reason": scanned.reason})


def _not_issued(findings: Findings) -> Message | None:
    """The batch is unknown to the ledger, or the serial is not among its serials."""
    if findings.failed(HEAD.name, "head-on-chain.unregistered"):
        return Message("reason.not-registered")
    absent = findings.failed(TIN.name, "tin-issued.absent")
    others = [
        check
        for check in findings.checks
        if check.status is CheckStatus.INVALID and check.step not in USE_STEPS and check != absent
    ]
    if absent and not others:
        return Message("reason.not-issued", {"serial": str(absent.params["serial"])})
    return None


UNUSABLE = frozenset({"lab-row.too-few", "lab-row.insensitive", "lab-row.unit"})
"""Why a value that was measured shows nothing: too few samples, a blind method, another unit."""


def _lab_judgements(labs: Sequence[LabCard]) -> Iterator[tuple[VerdictCode, Message]]:
    """Values beyond their limits; and values called passed that could not have shown a failure."""
    for key, is_bad in (("reason.lab-fail", _fails), ("reason.lab-unusable", _is_unusable)):
        for lab in labs:
            for row in lab.verdict.rows:
                if is_bad(lab, row):
                    params = {"name": row.name_en, "nameZh": row.name_zh, "report": lab.number}
                    yield VerdictCode.NOT_VERIFIED, Message(key, params)


def _fails(_: LabCard, row: LabRow) -> bool:
    return row.judgement is Judgement.FAIL


def _is_unusable(lab: LabCard, row: LabRow) -> bool:
    says_pass = lab.verdict.stated == "pass"
    return says_pass and row.judgement is Judgement.INCOMPLETE and row.message.key in UNUSABLE


def _notes(findings: Findings) -> Iterator[Message]:
    """What is worth knowing about a tin that is otherwise good."""
    for condition in findings.conditions:
        yield from _condition_notes(condition)
    yield from _lab_notes(findings.labs)
    yield from _clearance_notes(findings.status)
    if findings.status.hold_lifted:
        yield Message("note.hold-lifted")
    yield from _party_notes(findings.parties)
    kinds = {f"{CONTENTS.name}.missing", f"{DOCUMENTS.name}.missing"}
    if missing := sum(check.key in kinds for check in findings.checks):
        yield Message("note.missing", {"count": missing})
    if findings.carbon_differs:
        yield Message("note.carbon-differs")


def _clearance_notes(status: BatchStatus) -> Iterator[Message]:
    clearance = status.clearance
    if clearance.state is ClearanceState.CLAIMED and clearance.doubts:
        yield Message("note.clearance-doubted", {"reason": clearance.doubts[0].english})
    elif clearance.state is ClearanceState.CLAIMED:
        yield Message("note.clearance-claimed")
    hours = clearance.hours
    if clearance.state is not ClearanceState.CONFLICT and hours and hours > CLEARANCE_TARGET_HOURS:
        params: Params = {"hours": f"{hours:.1f}", "target": CLEARANCE_TARGET_HOURS}
        yield Message("note.clearance-slow", params)


def _party_notes(parties: Sequence[PartyCard]) -> Iterator[Message]:
    for party in parties:
        if party.status == "SUSPENDED":
            name = party.name_en or party.gln
            yield Message("note.suspended", {"name": name, "nameZh": party.name_zh or name})


def _condition_notes(card: ConditionCard) -> Iterator[Message]:
    summary = card.summary
    hours = f"{summary.minutes_over_max / 60:g}"
    peak, limit, hard = (
        "" if value is None else f"{value:g}"
        for value in (summary.max_c, card.max_c, card.hard_max_c)
    )
    match summary.severity:
        case Severity.MINOR:
            yield Message("note.condition-minor", {"max": limit, "peak": peak})
        case Severity.MAJOR:
            yield Message("note.condition-major", {"max": limit, "hours": hours, "peak": peak})
        case Severity.CRITICAL:
            yield Message("note.condition-critical", {"hard": hard, "peak": peak})
        case Severity.DATA_GAP | Severity.UNKNOWN:
            yield Message("note.condition-gap")


def _lab_notes(labs: Sequence[LabCard]) -> Iterator[Message]:
    if not labs:
        yield Message("note.lab-none")
    for lab in labs:
        verdict = lab.verdict
        is_release = lab.purpose in {"", RELEASE}  # a retest is not expected to be complete
        if is_release and verdict.judgement is Judgement.NOT_JUDGED:
            yield Message("note.lab-NOT_JUDGED", {"standard": verdict.standard})
        elif is_release and verdict.judgement is Judgement.INCOMPLETE:
            yield Message("note.lab-INCOMPLETE")
        if lab.alert:
            yield lab.alert
        yield from lab.identity.conflicts
