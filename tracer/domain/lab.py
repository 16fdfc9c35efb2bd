"""Recompute a laboratory's verdict from its measured values; never copy it.

A value is judged against the limits of a market, the stage, the day of production and the
parameter. What no text was read for is NOT JUDGED, and says so; it never counts as a pass. The
verdict of the market where the tin is sold decides; those of other markets stand beside it.
Rules: `tracer/rules/limits.json`.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any, Final

from tracer.domain.lab_judge import Judge, Product
from tracer.domain.lab_rows import (
    Judgement,
    LabRow,
    LabVerdict,
    judge_samples,
    judge_value,
    round_like,
)
from tracer.domain.lab_units import Measured, read_measured, read_results
from tracer.domain.messages import Message
from tracer.rules import Limits, SamplingPlan

__all__ = [
    "MARKET",
    "RELEASE",
    "Judgement",
    "LabRow",
    "LabVerdict",
    "Measured",
    "Product",
    "judge_markets",
    "judge_report",
    "judge_samples",
    "judge_value",
    "read_measured",
    "round_like",
]

MARKET: Final = "CN"  # the market of the first product; other markets are judged beside it
OTHER_MARKETS: Final = ("EU", "CODEX")
RELEASE: Final = "release"  # purpose of a report that must be complete; a retest need not be


def judge_markets(
    public: Mapping[str, Any], limits: Limits, product: Product
) -> tuple[LabVerdict, ...]:
    """The verdicts of the other markets that have a table for the stage, each by it alone."""
    stage = str(product.stage)
    return tuple(
        judge_report(public, limits, product, market)
        for market in OTHER_MARKETS
        if stage in limits.markets[market]
    )


def judge_report(
    public: Mapping[str, Any], limits: Limits, product: Product, market: str = MARKET
) -> LabVerdict:
    """Recompute a report's verdict.

    Args:
        public: the open fields of a LAB_REPORT: results, samplingResults, verdict, claims.
        limits: the rule table.
        product: what was tested.
        market: CN, EU or CODEX.
    """
    results = read_results(public.get("results"))
    judge = Judge(limits, _with_claims(product, public.get("claims")), market, results)
    rows = [judge.row(str(result.get("code")), result) for result in results]
    rows += filter(None, (judge.ratio_row(ratio) for ratio in limits.ratios))
    rows += _plan_rows(judge, public)
    if public.get("purpose", RELEASE) == RELEASE:
        rows += _missing_rows(judge, public)
    stated = public.get("verdict")
    return LabVerdict(
        _overall(judge, rows),
        stated.lower() if isinstance(stated, str) else "",
        market,
        judge.limit_set,
        judge.standard,
        tuple(rows),
    )


def _with_claims(product: Product, stated: object) -> Product:
    """The product with the claims of the report, where the product's own data state none."""
    if product.claims is not None or not isinstance(stated, list):
        return product
    return Product(product.stage, product.made_on, frozenset(map(str, stated)))


def _plan_rows(judge: Judge, public: Mapping[str, Any]) -> list[LabRow]:
    """Rows of the sampling plans that were tested; the market's own alone, except in ours."""
    plans, rows = judge.plans(), []
    for result in read_results(public.get("samplingResults")):
        place = str(result.get("code")), str(result.get("jurisdiction"))
        samples = result.get("values")
        known = _known_plan(judge, *place)
        if known is None or not isinstance(samples, list) or not _is_shown(judge, place[1]):
            continue
        values = [found.value for value in samples if (found := read_measured({"value": value}))]
        if place in plans:
            judgement, message = judge.judge_plan(values, plans[place])
            rows.append(_plan_row(plans[place], values, judgement, message))
        else:
            row = _plan_row(known, values, Judgement.NOT_JUDGED, Message("lab-row.no-plan"))
            rows.append(row)
    return rows


def _known_plan(judge: Judge, code: str, jurisdiction: str) -> SamplingPlan | None:
    """The plan of a jurisdiction; without one, that of another, for its words."""
    plans = [plan for plan in judge.limits.plans if plan.code == code]
    own = [plan for plan in plans if plan.jurisdiction == jurisdiction]
    return replace((own or plans)[0], jurisdiction=jurisdiction) if plans else None


def _is_shown(judge: Judge, jurisdiction: str) -> bool:
    return judge.market in (MARKET, jurisdiction)


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
        plan.confidence,
        plan.valid_from,
        plan.jurisdiction,
    )


def _missing_rows(judge: Judge, public: Mapping[str, Any]) -> list[LabRow]:
    """Rows of the mandatory parameters and plans that a release report does not have."""
    absent = [
        judge.parameter_row(parameter, None)
        for code, parameter in judge.limits.parameters.items()
        if code not in judge.measured_codes
        and judge.limit_set in parameter.limits
        and judge.is_claimed(parameter)
    ]
    rows = [row for row in absent if row.judgement is Judgement.INCOMPLETE]
    tested = {
        str(result.get("code"))
        for result in read_results(public.get("samplingResults"))
        if result.get("jurisdiction") == judge.market
    }
    rows += [
        _plan_row(plan, [], Judgement.INCOMPLETE, Message("lab-row.missing"))
        for (code, place), plan in judge.plans().items()
        if place == judge.market and code not in tested and judge.is_old_enough(plan.valid_from)
    ]
    return rows


def _overall(judge: Judge, rows: Iterable[LabRow]) -> Judgement:
    """A fail is a fail; only the market's own gaps are gaps."""
    germs = {code for code, place in judge.plans() if place == judge.market}
    counted = [row for row in rows if _counts(judge, row, germs)]
    if any(row.judgement is Judgement.FAIL for row in counted):
        return Judgement.FAIL
    of_market = {row.judgement for row in counted if row.jurisdiction in {"", judge.market}}
    if not judge.has_table or of_market <= {Judgement.NOT_JUDGED}:
        return Judgement.NOT_JUDGED  # nothing was compared with anything, so nothing passed
    return Judgement.INCOMPLETE if Judgement.INCOMPLETE in of_market else Judgement.PASS


def _counts(judge: Judge, row: LabRow, germs: Collection[str]) -> bool:
    """A germ that this market looks for was found, whoever asked; other plans are others'."""
    return row.jurisdiction in {"", judge.market} or row.code in germs
