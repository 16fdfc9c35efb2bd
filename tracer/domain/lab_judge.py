"""Judges the values of one report for one product in one market."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from tracer.domain.lab_rows import Judgement, LabRow, judge_samples, judge_value
from tracer.domain.lab_units import Converter, Measured, read_measured
from tracer.domain.messages import Message
from tracer.rules import Limit, Limited, Limits, Parameter, Ratio, SamplingPlan

_ALL_STAGES: Final = "all"
_RATIO_STEP: Final = Decimal("0.01")
_SHOWN_DIGITS: Final = 2  # decimals that a converted value shows beyond its limit's


@dataclass(frozen=True, slots=True)
class Product:
    """What the limits depend on.

    Attributes:
        stage: 1, 2 or 3; None when the product's data do not say.
        made_on: day of production, ISO; "" when nobody says it: then the newest limits judge.
        claims: optional ingredients that the label claims; None when no paper states any, and
            then what was measured counts as claimed.
    """

    stage: int | None
    made_on: str = ""
    claims: frozenset[str] | None = None


class Judge:
    """Judges one report for one product in one market."""

    def __init__(
        self,
        limits: Limits,
        product: Product,
        market: str,
        results: Sequence[Mapping[str, Any]],
    ) -> None:
        sets = limits.markets.get(market, {})
        self.limits = limits
        self.product = product
        self.market = market
        self.common = sets.get(_ALL_STAGES, "")
        self.limit_set = sets.get(str(product.stage), self.common)
        self.standard = limits.standards.get(self.limit_set, "")
        self.results = results
        self.measured_codes = {str(result.get("code")) for result in results}
        self.converter = Converter(results, limits)
        self.has_table = self.limit_set != self.common and any(
            self.limit_set in parameter.limits for parameter in limits.parameters.values()
        )

    def is_old_enough(self, valid_from: str) -> bool:
        """Whether a rule was in force on the day of production."""
        return not self.product.made_on or valid_from <= self.product.made_on

    def limit(self, limits: Limited) -> Limit | None:
        """The limit of this market, stage and day, or the one of all stages."""
        versions = limits.get(self.limit_set) or limits.get(self.common) or ()
        in_force = [limit for limit in versions if self.is_old_enough(limit.valid_from)]
        candidates = in_force or list(versions)
        return candidates[-1] if candidates else None

    def is_claimed(self, parameter: Parameter) -> bool:
        """Whether an optional ingredient counts as added; what is not optional always does."""
        if self.market not in parameter.optional_in:
            return True
        claims = self.product.claims
        return parameter.code in (self.measured_codes if claims is None else claims)

    def judge_against(
        self, measured: Measured | None, limits: Limited
    ) -> tuple[Judgement, Message]:
        """A value against its limit; why not, where there is none that may judge."""
        limit = self.limit(limits)
        if limit is None:
            return Judgement.NOT_JUDGED, self._without_limit(limits)
        if not limit.is_read:
            return Judgement.NOT_JUDGED, Message("lab-row.unread")
        if not self.is_old_enough(limit.valid_from):
            return Judgement.NOT_JUDGED, Message("lab-row.not-in-force", {"date": limit.valid_from})
        if measured is None:
            return Judgement.INCOMPLETE, Message("lab-row.missing")
        return judge_value(measured, limit)

    def _without_limit(self, limits: Limited) -> Message:
        """Why there is no limit: the standard was not read, or the market has none."""
        stages = set(self.limits.markets.get(self.market, {}).values()) - {self.common}
        if not self.has_table and stages & set(limits):
            return Message("lab-row.no-table", {"standard": self.standard or self.market})
        return Message("lab-row.no-limit")

    def row(self, code: str, result: Mapping[str, Any]) -> LabRow:
        """A row of the report; a code without a rule is shown, not judged."""
        parameter = self.limits.parameters.get(code)
        if parameter is not None:
            return self.parameter_row(parameter, result)
        name = code.replace("_", " ")
        measured = read_measured(result)
        return LabRow(
            code,
            name,
            name,
            measured.text if measured else "",
            str(result.get("unit", "")),
            str(result.get("basis", "")),
            "",
            "",
            Judgement.NOT_JUDGED,
            Message("lab-row.no-limit"),
        )

    def parameter_row(self, parameter: Parameter, result: Mapping[str, Any] | None) -> LabRow:
        """A row of the report; without a result, the row of what is missing."""
        measured = read_measured(result) if result else None
        in_unit = (
            self.converter.convert(measured, result, parameter) if measured and result else None
        )
        limit = self.limit(parameter.limits)
        judgement, message = self.judge_against(in_unit, parameter.limits)
        if judgement is not Judgement.NOT_JUDGED and not self.is_claimed(parameter):
            judgement, message = Judgement.NOT_JUDGED, Message("lab-row.not-claimed")
        elif measured and in_unit is None and judgement is not Judgement.NOT_JUDGED:
            judgement, message = self._in_another_unit(parameter, result or {})
        shown = in_unit or measured
        unit, basis = (
            (parameter.unit, parameter.basis)
            if in_unit or not result
            else (str(result.get("unit")), str(result.get("basis")))
        )
        is_converted = in_unit is not None and measured != in_unit
        return LabRow(
            parameter.code,
            parameter.name_en,
            parameter.name_zh,
            _shown(shown, limit, is_converted=is_converted),
            unit,
            basis,
            _text(limit.minimum if limit else None),
            _text(limit.maximum if limit else None),
            judgement,
            message,
            limit.source if limit else "",
            limit.confidence if limit else "",
            limit.valid_from if limit else "",
            reported=_reported(measured, result) if is_converted else "",
        )

    def _in_another_unit(
        self, parameter: Parameter, result: Mapping[str, Any]
    ) -> tuple[Judgement, Message]:
        """A value that cannot be compared; no gap if the same was reported comparably too."""
        for other in self.results:
            found = read_measured(other) if other is not result else None
            same = found and other.get("code") == parameter.code
            if found and same and self.converter.convert(found, other, parameter):
                return Judgement.NOT_JUDGED, Message("lab-row.unit")
        return Judgement.INCOMPLETE, Message("lab-row.unit")

    def value_of(self, code: str) -> Measured | None:
        """What was measured of a parameter, in its unit."""
        parameter = self.limits.parameters[code]
        for result in self.results:
            measured = read_measured(result) if result.get("code") == code else None
            if measured and (found := self.converter.convert(measured, result, parameter)):
                return found
        return None

    def ratio_row(self, ratio: Ratio) -> LabRow | None:
        """The row of a ratio, if both values were measured and the stage limits it."""
        upper, lower = self.value_of(ratio.of), self.value_of(ratio.to)
        limit = self.limit(ratio.limits)
        if not (upper and lower and lower.value and limit):
            return None
        if {upper.qualifier, lower.qualifier} != {"="}:
            return None
        value = Measured("=", (upper.value / lower.value).quantize(_RATIO_STEP))
        judgement, message = self.judge_against(value, ratio.limits)
        if not all(self.is_claimed(self.limits.parameters[c]) for c in (ratio.of, ratio.to)):
            judgement, message = Judgement.NOT_JUDGED, Message("lab-row.not-claimed")
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
            limit.confidence,
            limit.valid_from,
        )

    def plans(self) -> dict[tuple[str, str], SamplingPlan]:
        """(organism, jurisdiction) -> plan that applies to the stage."""
        return {
            (plan.code, plan.jurisdiction): plan
            for plan in self.limits.plans
            if not plan.stages or self.product.stage in plan.stages
        }

    def judge_plan(
        self, values: Sequence[Decimal], plan: SamplingPlan
    ) -> tuple[Judgement, Message]:
        """Samples against a plan that applies."""
        if not self.is_old_enough(plan.valid_from):
            message = Message("lab-row.not-in-force", {"date": plan.valid_from})
            return Judgement.NOT_JUDGED, message
        return judge_samples(values, plan)


def _text(end: Decimal | None) -> str:
    return "" if end is None else str(end)


def _shown(measured: Measured | None, limit: Limit | None, *, is_converted: bool) -> str:
    """A value as text; a converted one with no more digits than mean something."""
    if measured is None:
        return ""
    if not is_converted:
        return measured.text
    end = limit and (limit.maximum if limit.maximum is not None else limit.minimum)
    decimals = -int(end.as_tuple().exponent) if end else 0
    step = Decimal(1).scaleb(-max(decimals, 0) - _SHOWN_DIGITS)
    return Measured(measured.qualifier, measured.value.quantize(step)).text


def _reported(measured: Measured | None, result: Mapping[str, Any] | None) -> str:
    if measured is None or result is None:
        return ""
    return f"{measured.text} {result.get('unit')} {result.get('basis')}"
