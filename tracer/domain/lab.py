"""Recompute a laboratory's verdict from its measured values; never copy it.

A value is judged against the limits of the market, the stage and the parameter. What no text was
read for is NOT JUDGED, and says so; it never counts as a pass. Rules: `tracer/rules/limits.json`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation
from enum import StrEnum
from typing import Any

from tracer.domain.messages import Message
from tracer.rules import NOT_READ, Limit, Limits, Parameter, Ratio, SamplingPlan

MARKET = "CN"  # the market of the first product; other markets' plans are judged beside it
RELEASE = "release"  # purpose of a report that must be complete; a retest tests what is in doubt


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
        value: as reported, with "<" where it is below detection; "" when missing.
        unit: of value and limits.
        basis: what the amount is per.
        minimum: limit as text, "" = none.
        maximum: limit as text, "" = none.
        judgement: how it ended.
        message: why.
        source: where the limit stands, "" = no limit.
        jurisdiction: of a sampling plan, "" for a parameter.
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
    jurisdiction: str = ""


@dataclass(frozen=True, slots=True)
class LabVerdict:
    """What a report's values amount to.

    Attributes:
        judgement: over all rows.
        stated: the laboratory's own verdict, lower case, "" when it states none.
        limit_set: e.g. "CN.stage1".
        standard: the standard of the limit set, "" when unknown.
        rows: parameters in the report's order, then ratios, plans, and what is missing.
    """

    judgement: Judgement
    stated: str
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


@dataclass(frozen=True, slots=True)
class Measured:
    """A measured value.

    Attributes:
        qualifier: "=", "<" (below detection) or ">".
        value: the number.
    """

    qualifier: str
    value: Decimal

    @property
    def text(self) -> str:
        """As people read it."""
        return f"{'' if self.qualifier == '=' else self.qualifier}{self.value}"


def read_measured(result: Mapping[str, Any]) -> Measured | None:
    """The value of a result; None when it is unusable."""
    qualifier, number = result.get("qualifier", "="), result.get("value")
    if qualifier not in {"=", "<", ">"} or isinstance(number, bool):
        return None
    try:
        value = Decimal(str(number))
    except InvalidOperation:
        return None
    return Measured(qualifier, value) if value.is_finite() and value >= 0 else None


def round_like(value: Decimal, limit: Decimal) -> Decimal:
    """Round half-even to the limit's decimals before comparing (GB/T 8170)."""
    decimals = min(int(limit.as_tuple().exponent), 0)
    return value.quantize(Decimal(1).scaleb(decimals), ROUND_HALF_EVEN)


def _text(end: Decimal | None) -> str:
    return "" if end is None else str(end)


def judge_value(measured: Measured, limit: Limit) -> tuple[Judgement, Message]:
    """Compare one value with one limit.

    "<x" counts as 0 against a maximum, unless x itself is above it: then the method cannot see
    the limit. Against a minimum it fails.
    """
    low, high, value = limit.minimum, limit.maximum, measured.value
    if measured.qualifier == "<":
        if low is not None:
            return Judgement.FAIL, Message("lab-row.below")
        if high is not None and round_like(value, high) > high:
            return Judgement.INCOMPLETE, Message("lab-row.insensitive")
        return Judgement.PASS, Message("lab-row.within")
    if high is not None and (measured.qualifier == ">" or round_like(value, high) > high):
        return Judgement.FAIL, Message("lab-row.above")
    if low is not None and round_like(value, low) < low:
        return Judgement.FAIL, Message("lab-row.below")
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


class _Judge:
    """Judges one report for one stage."""

    def __init__(self, limits: Limits, stage: int | None) -> None:
        self.limits = limits
        self.stage = stage
        self.limit_set = f"{MARKET}.stage{stage}" if stage else f"{MARKET}.all"
        self.standard = limits.standards.get(self.limit_set, "")
        self.has_table = stage is not None and any(
            self.limit_set in parameter.limits for parameter in limits.parameters.values()
        )

    def limit(self, limits: Mapping[str, Limit]) -> Limit | None:
        """The limit of this market and stage, or the one of all stages."""
        return limits.get(self.limit_set) or limits.get(f"{MARKET}.all")

    def without_limit(self, limits: Mapping[str, Limit]) -> Message:
        """Why there is no limit: the standard was not read, or the market has none."""
        of_other_stage = any(name.startswith(f"{MARKET}.stage") for name in limits)
        if of_other_stage and not self.has_table:
            return Message("lab-row.no-table", {"standard": self.standard or self.limit_set})
        return Message("lab-row.no-limit")

    def judge_against(
        self, measured: Measured | None, limits: Mapping[str, Limit]
    ) -> tuple[Judgement, Message]:
        limit = self.limit(limits)
        if limit is None:
            return Judgement.NOT_JUDGED, self.without_limit(limits)
        if limit.confidence == NOT_READ:
            return Judgement.NOT_JUDGED, Message("lab-row.unread")
        if measured is None:
            return Judgement.INCOMPLETE, Message("lab-row.missing")
        return judge_value(measured, limit)

    def row(self, code: str, result: Mapping[str, Any]) -> LabRow:
        """A row of the report; a code without a rule is shown, not judged."""
        parameter = self.limits.parameters.get(code)
        if parameter is None:
            name = code.replace("_", " ")
            parameter = Parameter(code, name, name, "", "", optional=True, limits={})
        return self.parameter_row(parameter, result)

    def parameter_row(self, parameter: Parameter, result: Mapping[str, Any] | None) -> LabRow:
        """A row of the report; without a result, the row of what is missing."""
        measured = read_measured(result) if result else None
        limit = self.limit(parameter.limits)
        judgement, message = self.judge_against(measured, parameter.limits)
        same_unit = result is None or (
            (result.get("unit"), result.get("basis")) == (parameter.unit, parameter.basis)
        )
        if not same_unit and judgement is not Judgement.NOT_JUDGED:
            judgement, message = Judgement.INCOMPLETE, Message("lab-row.unit")
        return LabRow(
            parameter.code,
            parameter.name_en,
            parameter.name_zh,
            measured.text if measured else "",
            str((result or {}).get("unit", parameter.unit)),
            str((result or {}).get("basis", parameter.basis)),
            _text(limit.minimum if limit else None),
            _text(limit.maximum if limit else None),
            judgement,
            message,
            limit.source if limit else "",
        )

    def ratio_row(self, ratio: Ratio, values: Mapping[str, Measured]) -> LabRow | None:
        """The row of a ratio, if both values were measured and the stage limits it."""
        upper, lower = values.get(ratio.of), values.get(ratio.to)
        limit = self.limit(ratio.limits)
        if not (upper and lower and lower.value and limit):
            return None
        if {upper.qualifier, lower.qualifier} != {"="}:
            return None
        value = Measured("=", (upper.value / lower.value).quantize(Decimal("0.01")))
        judgement, message = self.judge_against(value, ratio.limits)
        return LabRow(
            ratio.code,
            ratio.name_en,
            ratio.name_zh,
            value.text,
            "",
            "ratio",
            _text(limit.minimum),
            _text(limit.maximum),
            judgement,
            message,
            limit.source,
        )

    def plans(self) -> dict[tuple[str, str], SamplingPlan]:
        """(organism, jurisdiction) -> plan that applies to the stage."""
        return {
            (plan.code, plan.jurisdiction): plan
            for plan in self.limits.plans
            if not plan.stages or self.stage in plan.stages
        }


def judge_report(public: Mapping[str, Any], limits: Limits, stage: int | None) -> LabVerdict:
    """Recompute a report's verdict.

    Args:
        public: the open fields of a LAB_REPORT: results, samplingResults, verdict.
        limits: the rule table.
        stage: 1, 2 or 3; None when the product's data do not say.
    """
    judge = _Judge(limits, stage)
    results = {str(result.get("code")): result for result in _objects(public.get("results"))}
    values = {code: found for code, row in results.items() if (found := read_measured(row))}
    rows = [judge.row(code, result) for code, result in results.items()]
    rows += filter(None, (judge.ratio_row(ratio, values) for ratio in limits.ratios))
    rows += _plan_rows(judge, public)
    if public.get("purpose", RELEASE) == RELEASE:
        rows += _missing_rows(judge, public, results)
    stated = public.get("verdict")
    return LabVerdict(
        _overall(judge, rows),
        stated.lower() if isinstance(stated, str) else "",
        judge.limit_set,
        judge.standard,
        tuple(rows),
    )


def _objects(value: object) -> Iterable[Mapping[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _plan_rows(judge: _Judge, public: Mapping[str, Any]) -> list[LabRow]:
    """Rows of the sampling plans that were tested."""
    plans, rows = judge.plans(), []
    for result in _objects(public.get("samplingResults")):
        place = str(result.get("code")), str(result.get("jurisdiction"))
        samples = result.get("values")
        known = next((plan for plan in judge.limits.plans if plan.code == place[0]), None)
        if known is None or not isinstance(samples, list):
            continue
        values = [found.value for value in samples if (found := read_measured({"value": value}))]
        if place in plans:
            judgement, message = judge_samples(values, plans[place])
            rows.append(_plan_row(plans[place], values, judgement, message))
        else:
            row = _plan_row(known, values, Judgement.NOT_JUDGED, Message("lab-row.no-plan"))
            rows.append(row)
    return rows


def _plan_row(
    plan: SamplingPlan, values: Sequence[Decimal], judgement: Judgement, message: Message
) -> LabRow:
    return LabRow(
        plan.code,
        plan.name_en,
        plan.name_zh,
        str(max(values)) if values else "",
        plan.unit,
        f"n={plan.n} c={plan.c} {plan.sample_size}".rstrip(),
        "",
        str(plan.upper_m if plan.upper_m is not None else plan.m),
        judgement,
        message,
        plan.source,
        plan.jurisdiction,
    )


def _missing_rows(
    judge: _Judge, public: Mapping[str, Any], results: Mapping[str, Any]
) -> list[LabRow]:
    """Rows of the mandatory parameters and plans that a release report does not have."""
    rows = [
        judge.parameter_row(parameter, None)
        for code, parameter in judge.limits.parameters.items()
        if code not in results
        and not parameter.optional
        and judge.limit_set in parameter.limits
        and parameter.limits[judge.limit_set].confidence != NOT_READ
    ]
    tested = {
        str(result.get("code"))
        for result in _objects(public.get("samplingResults"))
        if result.get("jurisdiction") == MARKET
    }
    rows += [
        _plan_row(plan, [], Judgement.INCOMPLETE, Message("lab-row.missing"))
        for (code, place), plan in judge.plans().items()
        if place == MARKET and code not in tested
    ]
    return rows


def _overall(judge: _Judge, rows: Sequence[LabRow]) -> Judgement:
    """A fail is a fail wherever it was found; only the market's own gaps are gaps."""
    of_market = {row.judgement for row in rows if row.jurisdiction in {"", MARKET}}
    if any(row.judgement is Judgement.FAIL for row in rows):
        return Judgement.FAIL
    if not judge.has_table or of_market <= {Judgement.NOT_JUDGED}:
        return Judgement.NOT_JUDGED  # nothing was compared with anything, so nothing passed
    return Judgement.INCOMPLETE if Judgement.INCOMPLETE in of_market else Judgement.PASS
