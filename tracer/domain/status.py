"""Statuses of a batch, derived from its records and papers; never stored, never opinions."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from tracer.domain.bundle import ChainFacts, RecordRow
from tracer.domain.cross_checks import conflicting, cross_check
from tracer.domain.documents import DocType
from tracer.domain.evidence import DOCUMENT_KINDS, Event, Evidence, Paper
from tracer.domain.kinds import Kind, Role
from tracer.domain.paper_numbers import CITATIONS
from tracer.domain.times import day_unix, read_day

CLEARANCE_TARGET_HOURS = 48
OBJECTION = "ClearanceObjection"
"""Type of the statement in a CORRECTION record by which customs object to a claim."""

_HOUR_S, _DAY_S = 3600, 86_400
_COMMITMENT = re.compile(r"[0-9a-f]{64}", re.ASCII)


class ClearanceState(StrEnum):
    """How far customs clearance is proven."""

    CLEARED = "CLEARED"  # customs repeated the broker's commitment
    CLAIMED = "CLAIMED"  # only the broker says so
    CONFLICT = "CONFLICT"  # customs object, or a paper of the clearance contradicts another
    NONE = "NONE"


@dataclass(frozen=True, slots=True)
class Clearance:
    """Customs clearance of a batch.

    Attributes:
        state: CLEARED needs two records with one digest: the broker's and customs'.
        declared_at_unix: first IMPORT_DECLARATION event, else the broker's first claim, or None.
        released_at_unix: first CUSTOMS_RELEASE event after it, else customs' first confirmation,
            or None.
        arrived_at_unix: last ARRIVAL event before the release, or None.
        objections: commitment of a claim -> customs' objection to it, and why, as they say.
        conflicts: papers of the clearance that a cross check found in conflict.
        withheld: recorded papers that are not at hand. What is not shown is compared with nothing,
            so that a confirmed claim counts as no more than a claim.
    """

    state: ClearanceState
    declared_at_unix: int | None
    released_at_unix: int | None
    arrived_at_unix: int | None
    objections: Mapping[bytes, tuple[str, str]] = field(default_factory=dict)
    conflicts: tuple[str, ...] = ()
    withheld: int = 0

    @property
    def hours(self) -> float | None:
        """Hours from declaration to release; what the target of 48 h is about."""
        return _hours(self.declared_at_unix, self.released_at_unix)

    @property
    def hours_from_arrival(self) -> float | None:
        """Hours from arrival in port to release."""
        return _hours(self.arrived_at_unix, self.released_at_unix)


def _hours(start: int | None, end: int | None) -> float | None:
    return None if start is None or end is None else (end - start) / _HOUR_S


@dataclass(frozen=True, slots=True)
class BatchStatus:
    """What a batch's records and papers amount to at one moment.

    Attributes:
        recalled: by the records, or by the ledger where it was asked.
        recall: the RECALL record, None when it is not among the records.
        holds: parties that hold it now.
        held_since_unix: time of the first present hold, or None.
        hold_lifted: it was held before, and released.
        best_before: ISO date, "" when no genuine paper states one.
        expired: the best-before date has passed.
        clearance: how far customs clearance is proven.
    """

    recalled: bool
    recall: RecordRow | None
    holds: int
    held_since_unix: int | None
    hold_lifted: bool
    best_before: str
    expired: bool
    clearance: Clearance


def derive_status(
    evidence: Evidence, facts: ChainFacts | None = None, *, as_of_unix: int
) -> BatchStatus:
    """Derive a batch's statuses.

    Args:
        evidence: the bundle, opened.
        facts: what a node says, if it was asked: a recall or hold on the ledger counts even
            when the bundle withholds it.
        as_of_unix: the moment that decides on expiry.
    """
    state = evidence.state
    holds = len(state.holds)
    best_before = find_best_before(evidence)
    return BatchStatus(
        recalled=state.recalled or (facts is not None and facts.batch.recalled),
        recall=state.recall,
        holds=max(holds, facts.batch.holds if facts else 0),
        held_since_unix=min((row.occurred_at_unix for row in state.holds.values()), default=None),
        hold_lifted=state.lifted,
        best_before=best_before,
        expired=is_past(best_before, as_of_unix),
        clearance=find_clearance(evidence, conflicting(cross_check(evidence, facts=facts))),
    )


def find_best_before(evidence: Evidence) -> str:
    """The date that genuine papers state, the product's own data first; "" if none does."""
    papers = sorted(
        evidence.genuine_papers(), key=lambda paper: paper.doc_type is not DocType.PRODUCT
    )
    return next((text for paper in papers if (text := paper.plain("bestBefore"))), "")


def is_past(iso_date: str, as_of_unix: int) -> bool:
    """Whether a date's last moment in UTC has passed; an unreadable date never has."""
    day = read_day(iso_date)
    return day is not None and as_of_unix >= day_unix(day) + _DAY_S


def find_clearance(evidence: Evidence, in_conflict: frozenset[str] = frozenset()) -> Clearance:
    """How far customs clearance is proven, and how long it took.

    A conflict wins over a confirmation: customs confirm what a broker declared, not that no other
    paper says otherwise. Of what customs say about one claim the last word counts.

    Args:
        evidence: the bundle, opened.
        in_conflict: what cross checks found in conflict.
    """
    claims = {
        row.digest for row in evidence.records if row.kind == Kind.CLEARANCE_CLAIM
    } - evidence.superseded
    confirmed = {row.digest for row in evidence.records if row.kind == Kind.CLEARANCE_CONFIRMATION}
    objections = _objections(evidence, claims)
    withheld = len(
        {row.digest for row in evidence.records if row.kind in DOCUMENT_KINDS}
        - evidence.bundle.documents.keys()
    )
    conflicts = tuple(
        dict.fromkeys(
            paper.subject for paper in _papers(evidence, claims) if paper.subject in in_conflict
        )
    )
    if objections or conflicts:
        state = ClearanceState.CONFLICT
    elif claims & confirmed and not withheld:
        state = ClearanceState.CLEARED
    else:
        state = ClearanceState.CLAIMED if claims else ClearanceState.NONE
    declared = _first(evidence, Kind.IMPORT_DECLARATION, Kind.CLEARANCE_CLAIM, 0)
    released = _first(evidence, Kind.CUSTOMS_RELEASE, Kind.CLEARANCE_CONFIRMATION, declared or 0)
    arrivals = [
        time for time in _times(evidence, Kind.ARRIVAL) if released is None or time <= released
    ]
    return Clearance(
        state, declared, released, max(arrivals, default=None), objections, conflicts, withheld
    )


def _objections(evidence: Evidence, claims: set[bytes]) -> dict[bytes, tuple[str, str]]:
    """Claims about which customs' last word is an objection: its record, and why."""
    found: dict[bytes, tuple[str, str]] = {}
    statements = {event.record.position: event for event in evidence.events}
    for record in evidence.records:
        if record.kind == Kind.CLEARANCE_CONFIRMATION:
            found.pop(record.digest, None)
        event = statements.get(record.position)
        commitment = _objected(event) if event else None
        if event and commitment in claims and _is_customs(evidence, record.gln):
            found[commitment] = event.subject, _reasons(event)
    return found


def _objected(event: Event) -> bytes | None:
    """The commitment that a statement objects to; None for any other statement."""
    body = event.body
    text = body.get("commitment")
    if event.record.kind != Kind.CORRECTION or body.get("type") != OBJECTION:
        return None
    if not isinstance(text, str) or not _COMMITMENT.fullmatch(text):
        return None
    return bytes.fromhex(text)


def _is_customs(evidence: Evidence, gln: int) -> bool:
    row = evidence.bundle.parties.get(gln)
    roles = evidence.profile(gln).get("roles")
    return bool(row and row.roles & Role.CUSTOMS) or (
        isinstance(roles, list) and Role.CUSTOMS.name in roles
    )


def _reasons(event: Event) -> str:
    """Reasons as "CODE: text; CODE: text"; those that are no text are left out."""
    rows = event.body.get("reasons")
    found = []
    for row in rows if isinstance(rows, list) else ():
        code, text = (row.get("code"), row.get("text")) if isinstance(row, dict) else (None, None)
        if isinstance(code, str) and isinstance(text, str):
            found.append(f"{code}: {text}")
    return "; ".join(found)


def _papers(evidence: Evidence, claims: set[bytes]) -> Iterator[Paper]:
    """The claimed declarations, and the papers whose numbers they cite."""
    for declaration in evidence.genuine_papers(DocType.CUSTOMS_DECLARATION):
        if declaration.commitment in claims:
            yield declaration
            for name, citing, cited in CITATIONS:
                if citing is DocType.CUSTOMS_DECLARATION and name in declaration.texts:
                    for paper in evidence.genuine_papers(cited):
                        if paper.plain("number") == declaration.plain(name):
                            yield paper


def _first(evidence: Evidence, kind: Kind, instead: Kind, from_unix: int) -> int | None:
    """The earliest event of a kind since a moment, else the earliest record of another kind."""
    for each in (kind, instead):
        if times := [time for time in _times(evidence, each) if time >= from_unix]:
            return min(times)
    return None


def _times(evidence: Evidence, kind: Kind) -> list[int]:
    return [row.occurred_at_unix for row in evidence.records if row.kind == kind]
