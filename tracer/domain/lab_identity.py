"""Who tested, whether they may, and whether the sample is of this batch.

A finding is CONFIRMED, UNVERIFIED or CONFLICT. What a report does not say is UNVERIFIED with the
reason, never assumed; only a contradiction is a CONFLICT. No accreditation body is asked: the
findings follow from the report, the ledger's parties and the form of the numbers.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from tracer.domain.cross_comparison import Agreement
from tracer.domain.event_values import parse_timestamp
from tracer.domain.kinds import Role
from tracer.domain.lab_units import read_results
from tracer.domain.messages import Message
from tracer.domain.paper_fields import accreditation_scheme, plain_text
from tracer.domain.times import day_unix, read_day
from tracer.errors import InvalidEventError

FIRST_ZONE_S: Final = 14 * 3600  # a day begins first at UTC+14
_STEPS: Final = ("sampledAt", "receivedAt", "testedFrom", "testedTo")
_UNNAMED_METHODS: Final = frozenset({"", "per report"})
_MAX_NAMED: Final = 5  # methods that a sentence names


@dataclass(frozen=True, slots=True)
class LabFinding:
    """One thing that was looked at.

    Attributes:
        state: how it ended.
        message: what was found.
    """

    state: Agreement
    message: Message


@dataclass(frozen=True, slots=True)
class LabIdentity:
    """What is known about the laboratory of a report.

    Attributes:
        state: CONFLICT if anything is, else UNVERIFIED if anything is, else CONFIRMED.
        scheme: that accredits it, by the form of its number, "" = none that is known.
        findings: all of them.
    """

    state: Agreement
    scheme: str
    findings: tuple[LabFinding, ...]

    @property
    def conflicts(self) -> tuple[Message, ...]:
        """What speaks against the report."""
        return tuple(f.message for f in self.findings if f.state is Agreement.CONFLICT)


@dataclass(frozen=True, slots=True)
class LabParty:
    """The issuer of a report, as the ledger holds it.

    Attributes:
        gln: 13 digits.
        roles: None when the ledger's row is not at hand.
        is_owner: it registered the batch.
        is_maker: it issued the product's data, or filled the tins.
    """

    gln: str
    roles: Role | None
    is_owner: bool
    is_maker: bool


def judge_identity(said: Mapping[str, Any], issuer: LabParty, lot: str) -> LabIdentity:
    """Look at who tested what, and when.

    Args:
        said: the open fields of a LAB_REPORT.
        issuer: whose record carries the report.
        lot: of the batch.
    """
    findings = (
        *_independence(issuer),
        *_sample(said, lot),
        *_dates(said),
        *_accreditation(said),
    )
    states = {finding.state for finding in findings}
    worst = (Agreement.CONFLICT, Agreement.UNVERIFIED, Agreement.CONFIRMED)
    state = next(each for each in worst if each in states)
    return LabIdentity(state, accreditation_scheme(_text(said, "accreditation")), findings)


def _text(said: Mapping[str, Any], name: str) -> str:
    value = said.get(name)
    return value if isinstance(value, str) else ""


def _finding(state: Agreement, outcome: str, **params: str | int) -> LabFinding:
    return LabFinding(state, Message(f"lab-id.{outcome}", params))


def _independence(issuer: LabParty) -> Iterator[LabFinding]:
    if issuer.is_owner:
        yield _finding(Agreement.CONFLICT, "owner")
    elif issuer.is_maker or (issuer.roles or Role(0)) & Role.MANUFACTURER:
        yield _finding(Agreement.CONFLICT, "maker")
    elif not (issuer.roles or Role(0)) & Role.LABORATORY:
        yield _finding(Agreement.UNVERIFIED, "no-role")
    else:
        yield _finding(Agreement.CONFIRMED, "independent")


def _sample(said: Mapping[str, Any], lot: str) -> Iterator[LabFinding]:
    stated = _text(said, "lot")
    if not stated:
        yield _finding(Agreement.UNVERIFIED, "no-lot")
    elif stated != lot:
        yield _finding(Agreement.CONFLICT, "other-lot", stated=stated, lot=lot)
    else:
        yield _finding(Agreement.CONFIRMED, "same-lot")


def _dates(said: Mapping[str, Any]) -> Iterator[LabFinding]:
    days = [read_day(_text(said, name)) for name in _STEPS]
    issued = _issued_unix(_text(said, "issuedAt"))
    wrong = [
        outcome
        for outcome, earlier, later in zip(
            ("received", "tested", "ended"), days, days[1:], strict=False
        )
        if earlier and later and later < earlier
    ]
    if issued is not None and days[-1] and day_unix(days[-1]) - FIRST_ZONE_S > issued:
        wrong.append("issued")
    for outcome in wrong:
        yield _finding(Agreement.CONFLICT, outcome)
    if not wrong:
        whole = all(days) and issued is not None
        yield (
            _finding(Agreement.CONFIRMED, "dates")
            if whole
            else _finding(Agreement.UNVERIFIED, "no-dates")
        )


def _issued_unix(text: str) -> float | None:
    try:
        return parse_timestamp(text).timestamp()
    except InvalidEventError:
        return None


def _accreditation(said: Mapping[str, Any]) -> Iterator[LabFinding]:
    number = plain_text(_text(said, "accreditation"))
    if not number:
        yield _finding(Agreement.UNVERIFIED, "no-number")
        return
    if not accreditation_scheme(number):
        yield _finding(Agreement.UNVERIFIED, "no-scheme", number=number)
        return
    yield _finding(Agreement.CONFIRMED, "scheme", number=number)
    yield _validity(said)
    yield _scope(said)


def _validity(said: Mapping[str, Any]) -> LabFinding:
    start, end = (read_day(_text(said, f"accredited{side}")) for side in ("From", "Until"))
    tested = [day for name in _STEPS[2:] if (day := read_day(_text(said, name)))]
    if not tested or end is None:
        return _finding(Agreement.UNVERIFIED, "no-validity")
    if max(tested) > end or min(tested) < (start or date.min):
        return _finding(Agreement.CONFLICT, "lapsed", until=end.isoformat())
    if start is None:
        return _finding(Agreement.UNVERIFIED, "no-start", until=end.isoformat())
    return _finding(Agreement.CONFIRMED, "in-force", until=end.isoformat())


def _scope(said: Mapping[str, Any]) -> LabFinding:
    listed = said.get("accreditedMethods")
    if not isinstance(listed, list):
        return _finding(Agreement.UNVERIFIED, "no-scope")
    used = {str(row.get("method", "")) for row in read_results(said.get("results"))}
    if used & _UNNAMED_METHODS or not used:
        return _finding(Agreement.UNVERIFIED, "unnamed-method")
    if beyond := sorted(used - set(map(str, listed))):
        return _finding(Agreement.UNVERIFIED, "scope", methods=", ".join(beyond[:_MAX_NAMED]))
    return _finding(Agreement.CONFIRMED, "in-scope")
