"""The lines of a judged report, and the rules that judge one value or one set of samples."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal
from enum import StrEnum

from tracer.domain.lab_units import Measured
from tracer.domain.messages import Message
from tracer.rules import Limit, SamplingPlan


class Judgement(StrEnum):
    """How one value, or a whole report, ended."""

    PASS = "PASS"  # noqa: S105 - a verdict, no password
    FAIL = "FAIL"
    INCOMPLETE = "INCOMPLETE"  # a result that the standard asks for is missing or unusable
    NOT_JUDGED = "NOT_JUDGED"  # no limit, or none that anybody read


@dataclass(frozen=True, slots=True)
class LabRow:
    """One line of a report, or one that a report should have.

    Attributes:
        code: parameter or organism.
        name_en: English.
        name_zh: Chinese.
        value: in the limits' unit, with "<" where it is below detection; "" when missing.
        unit: of value and limits.
        basis: what the amount is per.
        minimum: limit as text, "" = none.
        maximum: limit as text, "" = none.
        judgement: how it ended.
        message: why.
        source: where the limit stands, "" = no limit.
        confidence: in the limit: high, medium or low; "" = no limit.
        valid_from: first production day that the limit judges, "" = no limit or always.
        jurisdiction: of a sampling plan, "" for a parameter.
        reported: value, unit and basis of the report where they were converted, else "".
    """

    code: str
    name_en: str
    name_zh: str
    value: str
    unit: str
    basis: str
    minimum: str
    maximum: str
    judgement: Judgement
    message: Message
    source: str = ""
    confidence: str = ""
    valid_from: str = ""
    jurisdiction: str = ""
    reported: str = ""


@dataclass(frozen=True, slots=True)
class LabVerdict:
    """What a report's values amount to in one market.

    Attributes:
        judgement: over all rows.
        stated: the laboratory's own verdict, lower case, "" when it states none.
        market: CN, EU or CODEX.
        limit_set: e.g. "CN.stage1"; "" when the market has none for the stage.
        standard: the standard of the limit set, "" when unknown.
        rows: parameters in the report's order, then ratios, plans, and what is missing.
    """

    judgement: Judgement
    stated: str
    market: str
    limit_set: str
    standard: str
    rows: tuple[LabRow, ...]

    @property
    def differs(self) -> bool:
        """The laboratory states pass or fail, and its values say otherwise."""
        says = {"pass": Judgement.PASS, "fail": Judgement.FAIL}.get(self.stated)
        # What is not judged cannot contradict a pass; a stated fail stands against anything.
        if says is None or (says is Judgement.PASS and self.judgement is Judgement.NOT_JUDGED):
            return False
        return says is not self.judgement

    @property
    def mismatch(self) -> Message | None:
        """What to tell a reader when `differs`."""
        if not self.differs:
            return None
        if self.judgement is Judgement.NOT_JUDGED:
            return Message("note.lab-fail-unjudged")
        return Message(
            "note.lab-differs", {"stated": self.stated, "computed": self.judgement.value}
        )

    def count(self, judgement: Judgement) -> int:
        """How many rows ended so."""
        return sum(row.judgement is judgement for row in self.rows)


def round_like(value: Decimal, limit: Decimal) -> Decimal:
    """Round half-even to the limit's decimals before comparing (GB/T 8170)."""
    decimals = min(int(limit.as_tuple().exponent), 0)
    return value.quantize(Decimal(1).scaleb(decimals), ROUND_HALF_EVEN)


def judge_value(measured: Measured, limit: Limit) -> tuple[Judgement, Message]:
    """Compare one value with one limit.

    "<x" counts as 0 against a maximum, unless x itself is above it: then the method cannot see
    the limit. Against a minimum it fails. A maximum that is guidance fails nothing.
    """
    if measured.qualifier == "<":
        return _judge_undetected(measured.value, limit)
    low, high, value = limit.minimum, limit.maximum, measured.value
    is_open = measured.qualifier == ">"
    if high is not None and (is_open or round_like(value, high) > high):
        if limit.is_guidance:
            return Judgement.PASS, Message("lab-row.above-guidance", {"limit": str(high)})
        return Judgement.FAIL, Message("lab-row.above")
    if low is not None and round_like(value, low) < low:
        if is_open:  # it may lie above all the same
            return Judgement.INCOMPLETE, Message("lab-row.insensitive")
        return Judgement.FAIL, Message("lab-row.below")
    return Judgement.PASS, Message("lab-row.within")


def _judge_undetected(bound: Decimal, limit: Limit) -> tuple[Judgement, Message]:
    high = limit.maximum
    if limit.minimum is not None:
        return Judgement.FAIL, Message("lab-row.below")
    if high is not None and round_like(bound, high) > high and not limit.is_guidance:
        return Judgement.INCOMPLETE, Message("lab-row.insensitive")
    return Judgement.PASS, Message("lab-row.within")


def judge_samples(values: Sequence[Decimal], plan: SamplingPlan) -> tuple[Judgement, Message]:
    """Compare samples with a plan; fewer than n are INCOMPLETE unless they already fail."""
    above = sum(value > plan.m for value in values)
    beyond = sum(plan.upper_m is not None and value > plan.upper_m for value in values)
    if above > plan.c or beyond:
        params = {"count": max(above, beyond), "n": len(values), "c": plan.c}
        return Judgement.FAIL, Message("lab-row.detected", params)
    if len(values) < plan.n:
        return Judgement.INCOMPLETE, Message("lab-row.too-few", {"count": len(values), "n": plan.n})
    return Judgement.PASS, Message("lab-row.clear", {"n": len(values)})
