"""Statuses of a batch, derived from its records and papers; never stored, never opinions."""

from dataclasses import dataclass

from tracer.domain.bundle import ChainFacts, RecordRow
from tracer.domain.clearance import (
    CLEARANCE_TARGET_HOURS,
    Clearance,
    ClearanceState,
    find_clearance,
)
from tracer.domain.cross_checks import conflicting, cross_check
from tracer.domain.documents import DocType
from tracer.domain.evidence import Evidence
from tracer.domain.times import day_unix, read_day

__all__ = [
    "CLEARANCE_TARGET_HOURS",
    "BatchStatus",
    "Clearance",
    "ClearanceState",
    "derive_status",
    "find_best_before",
    "is_past",
]

_DAY_S = 86_400


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
