"""Verify a scan: the numbered protocol, in one place.

     (1) the code parses, and it names this batch
     (2) the tin's serial is under the batch's serial root
     (3) the records refold to the head
     (4) the head equals the ledger's, at a final block of a node that the verifier chose
     (5) each content and paper hashes to its record
     (6) each signer's party had its role and is not since banned; revoked keys are named
     (7) papers agree with each other and with the events
     (8) status: recall, hold, expiry, clearance
     (9) the history of this code's scans
    (10) freshness: how old the mirror's head is

Steps (1) to (7) and (10) say whether what is shown is genuine and complete; steps (8) and (9) say
whether the tin is good to use. `scanner_app/verify.js` is the same protocol in the browser; the
bundles in `tests/vectors/bundles` hold the two together.
"""

from collections.abc import Sequence

from tracer.domain.bundle import Bundle, ChainFacts
from tracer.domain.checks import Check, CheckStatus, overall
from tracer.domain.clones import Assessment
from tracer.domain.evidence import Evidence
from tracer.domain.identifiers import DigitalLink
from tracer.domain.status import BatchStatus, Clearance, ClearanceState, derive_status
from tracer.domain.steps import Step
from tracer.domain.verify_agreement import verify_agreement
from tracer.domain.verify_chain import verify_freshness, verify_on_chain
from tracer.domain.verify_contents import verify_contents
from tracer.domain.verify_history import USE_STEPS, verify_history
from tracer.domain.verify_ledger import verify_fold, verify_link, verify_tin
from tracer.domain.verify_parties import verify_parties
from tracer.domain.verify_use import EXPIRY, HOLD, RECALL, STATUS_STEP, verify_use

__all__ = [
    "CLEARANCE",
    "EXPIRY",
    "HOLD",
    "NOT_ASKED",
    "RECALL",
    "STATUS_STEP",
    "authenticity",
    "verify_bundle",
    "verify_status",
]

NOT_ASKED = "no node was asked"

CLEARANCE = Step(STATUS_STEP, "clearance")


def verify_bundle(
    bundle: Bundle,
    facts: ChainFacts | None,
    *,
    node_error: str = "",
    as_of_unix: int,
    link: DigitalLink | None = None,
    history: Assessment | None = None,
) -> list[Check]:
    """Check everything a bundle says, in the order of the protocol.

    Args:
        bundle: what a mirror serves; nothing in it is trusted.
        facts: what the verifier read from a node it chose; None when it could not, and then
            whatever needs a node ends in ERROR, neither green nor "forged".
        node_error: why there are no facts, one sentence.
        as_of_unix: the moment that decides on expiry, Unix seconds.
        link: the scanned code, if there was one.
        history: what the code's scans say; None when nobody was asked.
    """
    evidence = Evidence(bundle)
    error = node_error or NOT_ASKED
    return [
        *verify_link(bundle, link),  # (1)
        *verify_tin(evidence, link),  # (2)
        *verify_fold(evidence),  # (3)
        *verify_on_chain(bundle, facts, error),  # (4)
        *verify_contents(evidence),  # (5)
        *verify_parties(evidence, facts, error),  # (6)
        *verify_agreement(evidence, facts),  # (7)
        *verify_status(derive_status(evidence, facts, as_of_unix=as_of_unix)),  # (8)
        verify_history(history),  # (9)
        *verify_freshness(bundle, facts, error),  # (10)
    ]


def verify_status(status: BatchStatus) -> list[Check]:
    """(8) Recall, hold, expiry and clearance; INVALID means "do not use", not "forged"."""
    use = verify_use(
        status.best_before, recalled=status.recalled, holds=status.holds, expired=status.expired
    )
    return [*use, _check_clearance(status.clearance)]


def _check_clearance(clearance: Clearance) -> Check:
    match clearance.state:
        case ClearanceState.CONFLICT if clearance.objections:
            one, _ = next(iter(clearance.objections.values()))
            reasons = "; ".join(why for _, why in clearance.objections.values() if why)
            return CLEARANCE.invalid("objection", one, one=one, reasons=reasons)
        case ClearanceState.CONFLICT:
            return CLEARANCE.invalid("conflict", clearance.conflicts[0])
        case ClearanceState.CLEARED:
            return CLEARANCE.valid("cleared")
        case ClearanceState.CLAIMED if clearance.doubts:
            doubt = clearance.doubts[0]
            return CLEARANCE.check(CheckStatus.SKIPPED, doubt.key, "", doubt.params)
        case ClearanceState.CLAIMED:
            return CLEARANCE.skipped("claimed")
    return CLEARANCE.skipped("none")


def authenticity(checks: Sequence[Check]) -> CheckStatus:
    """Whether what is shown is genuine and complete, apart from whether it is good to use."""
    return overall([check for check in checks if check.step not in USE_STEPS])
