"""Step (7): contents agree with their records, and papers with each other (checks C1 to C12).

Pure functions over genuine contents and papers. A check gathers *claims*, who says what, and ends
CONFIRMED when at least two claims agree, CONFLICT when two differ or one breaks a rule, and
UNVERIFIED when there are too few to compare. What one paper says alone confirms nothing.
"""

from collections.abc import Iterable

from tracer.domain.bundle import ChainFacts
from tracer.domain.cross_claims import Claims, china_day, moments
from tracer.domain.cross_comparison import Agreement, Compared, CrossCheck
from tracer.domain.cross_dates import check_order, check_shelf_life, declarations
from tracer.domain.cross_goods import check_balance, check_places
from tracer.domain.cross_papers import (
    check_citations,
    check_container,
    check_formula,
    check_lots,
    check_manufacturer,
    check_weights,
)
from tracer.domain.cross_parties import check_issuers, check_suppliers
from tracer.domain.evidence import Evidence
from tracer.rules.paper_rules import PaperRules, load_paper_rules

__all__ = ["Agreement", "Compared", "CrossCheck", "choose_rules", "conflicting", "cross_check"]


def choose_rules(evidence: Evidence) -> PaperRules:
    """The rules that were in force when the goods were declared; the newest if they were not."""
    days = [china_day(moment) for moment in moments(declarations(Claims(evidence)))]
    return load_paper_rules(min(days, default=""))


def cross_check(
    evidence: Evidence, rules: PaperRules | None = None, facts: ChainFacts | None = None
) -> list[CrossCheck]:
    """C1 to C12 over all genuine papers and events of a batch.

    Args:
        evidence: the bundle, opened.
        rules: by default those of the day of declaration.
        facts: what a node says, if it was asked: which keys signed.
    """
    claims, rules = Claims(evidence), rules or choose_rules(evidence)
    return [
        *check_lots(claims),
        *check_weights(claims, rules),
        *check_container(claims),
        *check_citations(claims, rules),
        *check_manufacturer(claims, rules),
        *check_formula(claims, rules),
        *check_order(claims, rules),
        *check_shelf_life(claims, rules),
        *check_issuers(claims, rules, facts),
        *check_balance(claims, rules),
        *check_suppliers(claims),
        *check_places(claims, rules),
    ]


def conflicting(checks: Iterable[CrossCheck]) -> frozenset[str]:
    """Everything that a check found in conflict, by the names that checks use."""
    return frozenset(
        subject
        for check in checks
        if check.agreement is Agreement.CONFLICT
        for subject in check.subjects
    )
