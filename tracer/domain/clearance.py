"""Customs clearance: claimed by the broker, confirmed by customs, or contradicted."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from tracer.domain.columns import gln_text
from tracer.domain.documents import DocType
from tracer.domain.evidence import DOCUMENT_KINDS, Event, Evidence, Paper, record_subject
from tracer.domain.kinds import Kind, Role
from tracer.domain.messages import Message
from tracer.domain.paper_numbers import CITATIONS

CLEARANCE_TARGET_HOURS = 48
OBJECTION = "ClearanceObjection"
"""Type of the statement in a CORRECTION record by which customs object to a claim."""

_HOUR_S = 3600
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
        doubts: why a claim that customs confirmed counts as no more than a claim: what is not at
            hand is compared with nothing.
    """

    state: ClearanceState
    declared_at_unix: int | None
    released_at_unix: int | None
    arrived_at_unix: int | None
    objections: Mapping[bytes, tuple[str, str]] = field(default_factory=dict)
    conflicts: tuple[str, ...] = ()
    doubts: tuple[Message, ...] = ()

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
    conflicts = tuple(
        dict.fromkeys(
            paper.subject for paper in _papers(evidence, claims) if paper.subject in in_conflict
        )
    )
    doubts = tuple(_doubts(evidence, claims)) if claims & confirmed else ()
    if objections or conflicts:
        state = ClearanceState.CONFLICT
    elif claims & confirmed and not doubts:
        state = ClearanceState.CLEARED
    else:
        state = ClearanceState.CLAIMED if claims else ClearanceState.NONE
    declared = _first(evidence, Kind.IMPORT_DECLARATION, Kind.CLEARANCE_CLAIM, 0)
    released = _first(evidence, Kind.CUSTOMS_RELEASE, Kind.CLEARANCE_CONFIRMATION, declared or 0)
    arrivals = [
        time for time in _times(evidence, Kind.ARRIVAL) if released is None or time <= released
    ]
    return Clearance(
        state, declared, released, max(arrivals, default=None), objections, conflicts, doubts
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


def _doubts(evidence: Evidence, claims: set[bytes]) -> Iterator[Message]:
    """What speaks against taking a confirmed claim for a clearance, and contradicts nothing."""
    recorded = {row.digest for row in evidence.records if row.kind in DOCUMENT_KINDS}
    if missing := len(recorded - evidence.bundle.documents.keys()):
        yield Message("clearance.withheld", {"count": missing})
    for declaration in evidence.genuine_papers(DocType.CUSTOMS_DECLARATION):
        if declaration.commitment not in claims:
            continue
        for name, citing, cited in CITATIONS:
            number = declaration.plain(name) if citing is DocType.CUSTOMS_DECLARATION else ""
            if number and not any(evidence.genuine_papers(cited)):
                params = {"one": declaration.subject, "type": cited.name, "number": number}
                yield Message("clearance.cited", params)
    yield from _offices(evidence, claims)


def _offices(evidence: Evidence, claims: set[bytes]) -> Iterator[Message]:
    """Where an office inspected the goods, another one's word alone does not clear them."""
    inspected = [
        row
        for paper in evidence.genuine_papers(DocType.CIQ_CERTIFICATE)
        for row in paper.records[:1]
    ]
    confirmed = [
        row
        for row in evidence.records
        if row.kind == Kind.CLEARANCE_CONFIRMATION and row.digest in claims
    ]
    offices = {row.gln for row in inspected}
    if inspected and not any(row.gln in offices for row in confirmed):
        params = {
            "one": record_subject(confirmed[0]),
            "gln": gln_text(confirmed[0].gln),
            "other": record_subject(inspected[0]),
        }
        yield Message("clearance.offices", params)


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
