"""Step (8) without the papers: whether the batch is recalled, on hold, or past its date."""

from tracer.domain.checks import Check
from tracer.domain.steps import Step
from tracer.domain.verify_chain import BATCH_ROW

STATUS_STEP = 8

RECALL = Step(STATUS_STEP, "recall")
HOLD = Step(STATUS_STEP, "hold")
EXPIRY = Step(STATUS_STEP, "expiry")


def verify_use(best_before: str, *, recalled: bool, holds: int, expired: bool) -> list[Check]:
    """(8) Recall, hold and expiry; INVALID means "do not use", not "forged".

    Args:
        best_before: ISO date, "" when none is known.
        recalled: by the records or by the ledger.
        holds: parties that hold the batch now.
        expired: the date has passed.
    """
    recall = RECALL.invalid("recalled", BATCH_ROW) if recalled else RECALL.valid()
    hold = HOLD.invalid("held", BATCH_ROW, count=holds) if holds else HOLD.valid()
    if not best_before:
        expiry = EXPIRY.skipped("unknown")
    elif expired:
        expiry = EXPIRY.invalid("expired", BATCH_ROW, date=best_before)
    else:
        expiry = EXPIRY.valid(date=best_before)
    return [recall, hold, expiry]
