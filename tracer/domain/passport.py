"""Everything that one scan shows, assembled from a bundle and the checks it went through.

Only genuine contents and papers are shown as facts. Where none says something, the passport is
empty there, so that a page needs no logic and a reader sees no guess.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from tracer.domain.bundle import Bundle
from tracer.domain.cards import (
    CarbonCard,
    ClearanceCard,
    ConditionCard,
    CsrCard,
    JourneyStep,
    LabCard,
    PaperCard,
    PartyCard,
    ProductCard,
    Technical,
    Verdict,
)
from tracer.domain.checks import Check, CheckStatus
from tracer.domain.cross_checks import choose_rules
from tracer.domain.evidence import Evidence
from tracer.domain.journey import build_journey
from tracer.domain.messages import Message
from tracer.domain.paper_cards import (
    build_carbon,
    build_conditions,
    build_csr,
    build_labs,
    build_papers,
    build_product,
)
from tracer.domain.party_cards import build_parties
from tracer.domain.plain import to_plain
from tracer.domain.status import (
    CLEARANCE_TARGET_HOURS,
    BatchStatus,
    Clearance,
    ClearanceState,
    derive_status,
)
from tracer.domain.verdict import Findings, decide
from tracer.domain.verify import CLEARANCE, authenticity
from tracer.rules import load_factors, load_limits


@dataclass(frozen=True, slots=True)
class Passport:
    """What a page prints.

    Attributes:
        as_of_unix: the moment it was made for.
        verdict: the one answer.
        authentic: whether what is shown is genuine and complete.
        product: what the tin is.
        journey: every record in order.
        labs: laboratory reports, the latest first.
        conditions: temperature logs.
        clearance: customs clearance against its target.
        papers: every document, in the order of its record.
        carbon: footprint of one tin, or None.
        csr: social responsibility reports.
        parties: owner and writers.
        checks: what was checked, in the order of the protocol.
        technical: for experts.
    """

    as_of_unix: int
    verdict: Verdict
    authentic: CheckStatus
    product: ProductCard
    journey: tuple[JourneyStep, ...]
    labs: tuple[LabCard, ...]
    conditions: tuple[ConditionCard, ...]
    clearance: ClearanceCard
    papers: tuple[PaperCard, ...]
    carbon: CarbonCard | None
    csr: tuple[CsrCard, ...]
    parties: tuple[PartyCard, ...]
    checks: tuple[Check, ...]
    technical: Technical

    def to_json(self) -> object:
        """JSON form, names in camelCase."""
        return to_plain(self)


def build_passport(bundle: Bundle, checks: Sequence[Check], as_of_unix: int) -> Passport:
    """Assemble a passport.

    Args:
        bundle: what the mirror serves.
        checks: what `verify_bundle` said about it.
        as_of_unix: the moment that decides on expiry, Unix seconds.
    """
    evidence = Evidence(bundle)
    status = _with_checks(derive_status(evidence, as_of_unix=as_of_unix), checks)
    product = build_product(evidence)
    labs = build_labs(evidence, product)
    conditions = build_conditions(evidence)
    parties = build_parties(evidence)
    carbon = build_carbon(evidence, product)
    verdict = decide(
        Findings(
            checks,
            status,
            len(evidence.records),
            product.serial,
            labs,
            conditions,
            parties,
            carbon is not None and carbon.footprint.differs,
        )
    )
    return Passport(
        as_of_unix,
        verdict,
        authenticity(checks),
        product,
        build_journey(evidence),
        labs,
        conditions,
        _clearance_card(status.clearance, checks),
        build_papers(evidence, checks, status.clearance),
        carbon,
        build_csr(evidence),
        parties,
        tuple(checks),
        _technical(evidence),
    )


def _with_checks(status: BatchStatus, checks: Sequence[Check]) -> BatchStatus:
    """The status, where a check that asked a node knows of a conflict that the bundle does not."""
    if any(it.name == CLEARANCE.name and it.status is CheckStatus.INVALID for it in checks):
        return replace(status, clearance=replace(status.clearance, state=ClearanceState.CONFLICT))
    return status


def _clearance_card(clearance: Clearance, checks: Sequence[Check]) -> ClearanceCard:
    message = Message(f"clearance.{clearance.state}")
    doubts = clearance.doubts if clearance.state is ClearanceState.CLAIMED else ()
    if doubts:
        message = Message("clearance.doubted")
    reasons = tuple(
        Message(check.key, check.params)
        for check in checks
        if check.status is CheckStatus.INVALID
        and (check.name == CLEARANCE.name or set(check.params.values()) & set(clearance.conflicts))
    )
    return ClearanceCard(
        clearance.state,
        message,
        clearance.hours,
        clearance.hours_from_arrival,
        (*reasons, *doubts),
        CLEARANCE_TARGET_HOURS,
        clearance.declared_at_unix,
        clearance.released_at_unix,
    )


def _technical(evidence: Evidence) -> Technical:
    bundle = evidence.bundle
    return Technical(
        bundle.chain.chain_id,
        bundle.chain.contract.hex(),
        bundle.chain.genesis_hash.hex(),
        bundle.batch.batch_id.hex(),
        bundle.batch.head.hex(),
        len(evidence.records),
        len(bundle.appends),
        bundle.mirror.block_number,
        bundle.mirror.block_time_unix,
        bundle.warnings,
        {
            "limits": load_limits().version,
            "factors": load_factors().version,
            "papers": choose_rules(evidence).pack.code,
        },
    )
