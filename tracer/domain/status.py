"""Statuses of a batch, derived from its records and papers; never stored, never opinions."""

from dataclasses import dataclass
from enum import StrEnum

from tracer.domain.bundle import ChainFacts, RecordRow
from tracer.domain.documents import DocType
from tracer.domain.evidence import Evidence
from tracer.domain.kinds import Kind
from tracer.domain.times import day_unix, read_day

CLEARANCE_TARGET_HOURS = 48
_HOUR_S, _DAY_S = 3600, 86_400


class ClearanceState(StrEnum):
    """How far customs clearance is proven."""

    CLEARED = "CLEARED"  # customs repeated the broker's commitment
    CLAIMED = "CLAIMED"  # only the broker says so
    NONE = "NONE"


@dataclass(frozen=True, slots=True)
class Clearance:
    """Customs clearance of a batch.

    Attributes:
        state: CLEARED needs two records with one digest: the broker's and customs'.
        declared_at_unix: first IMPORT_DECLARATION event, or None.
        released_at_unix: first CUSTOMS_RELEASE event after it, or None.
        arrived_at_unix: last ARRIVAL event before the release, or None.
    """

    state: ClearanceState
    declared_at_unix: int | None
    released_at_unix: int | None
    arrived_at_unix: int | None

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
        clearance=find_clearance(evidence),
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


def find_clearance(evidence: Evidence) -> Clearance:
    """How far customs clearance is proven, and how long it took."""
    claims = {row.digest for row in evidence.records if row.kind == Kind.CLEARANCE_CLAIM}
    confirmed = {row.digest for row in evidence.records if row.kind == Kind.CLEARANCE_CONFIRMATION}
    if claims & confirmed:
        state = ClearanceState.CLEARED
    else:
        state = ClearanceState.CLAIMED if claims else ClearanceState.NONE
    declared = min(_times(evidence, Kind.IMPORT_DECLARATION), default=None)
    releases = [
        time
        for time in _times(evidence, Kind.CUSTOMS_RELEASE)
        if declared is None or time >= declared
    ]
    released = min(releases, default=None)
    arrivals = [
        time for time in _times(evidence, Kind.ARRIVAL) if released is None or time <= released
    ]
    return Clearance(state, declared, released, max(arrivals, default=None))


def _times(evidence: Evidence, kind: Kind) -> list[int]:
    return [row.occurred_at_unix for row in evidence.records if row.kind == kind]
