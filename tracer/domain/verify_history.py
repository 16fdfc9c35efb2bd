"""Step (9): what the history of a code's scans adds to the verdict."""

from typing import Final

from tracer.domain.checks import Check
from tracer.domain.clones import Assessment, CloneState
from tracer.domain.steps import Step

HISTORY_STEP: Final = 9
USE_STEPS: Final = frozenset({8, HISTORY_STEP})
"""Steps that say whether the tin is good to use, not whether what is shown is genuine."""

SCANS: Final = Step(HISTORY_STEP, "scan-history")
OPENED: Final = f"{SCANS.name}.opened"


def verify_history(history: Assessment | None) -> Check:
    """Check what the code's scans say; INVALID means "be careful", not "forged".

    Args:
        history: None when nobody was asked: a saved bundle knows of no scans.
    """
    if history is None:
        return SCANS.skipped("none")
    match history.state:
        case CloneState.UNKNOWN:
            return SCANS.skipped("unknown")
        case CloneState.SEEN_ELSEWHERE:
            return SCANS.invalid("elsewhere")
        case CloneState.OPENED_BEFORE:
            return SCANS.invalid("opened")
        case CloneState.FIRST:
            return SCANS.valid("first", count=history.earlier)
    return SCANS.valid("here", count=history.earlier)
