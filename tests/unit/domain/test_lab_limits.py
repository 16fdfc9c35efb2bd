"""Every row of the limits' table: a value at the limit passes, the next one beyond it does not.

The rows are read from the file itself, so that a row that is added is tested, and one that no
report can reach is noticed.
"""

import json
from decimal import Decimal
from importlib.resources import files
from typing import Any, NamedTuple

import pytest

from tracer.domain.lab import Judgement, Product, judge_report
from tracer.rules import load_limits

TABLE = json.loads(files("tracer.rules").joinpath("limits.json").read_text("utf-8"),
                   parse_float=Decimal)  # fmt: skip
LIMITS = load_limits()
STAGE_OF = {
    set_name: (market, 1 if stage == "all" else int(stage))
    for market, sets in TABLE["markets"].items()
    for stage, set_name in sets.items()
}
LATEST = "2026-06-01"


class Row(NamedTuple):
    """One row of the table and how to reach it."""

    code: str
    set_name: str
    low: Decimal | None
    high: Decimal | None
    is_read: bool
    is_guidance: bool
    made_on: str
    valid_from: str


def table_rows() -> list[Row]:
    found = []
    for parameter in TABLE["parameters"]:
        for set_name, entry in parameter["limits"].items():
            versions = entry if isinstance(entry, list) else [entry]
            for place, version in enumerate(versions):
                start = version.get("validFrom", TABLE["validFrom"][version["source"]])
                is_last = place == len(versions) - 1
                ends = (None if version[e] is None else Decimal(version[e]) for e in ("min", "max"))
                found.append(
                    Row(
                        parameter["code"],
                        set_name,
                        *ends,
                        version["confidence"] != "low",
                        bool(version.get("maxIsGuidance")),
                        LATEST if is_last else start,
                        start,
                    )
                )
    return found


ROWS = table_rows()
IDS = [f"{row.code}-{row.set_name}-{row.made_on}" for row in ROWS]
READ = [row for row in ROWS if row.is_read]
READ_IDS = [f"{row.code}-{row.set_name}-{row.made_on}" for row in READ]


def step(limit: Decimal) -> Decimal:
    """The smallest change that the limit's own decimals show."""
    return Decimal(1).scaleb(min(int(limit.as_tuple().exponent), 0))


def judged(row: Row, value: Decimal, *, made_on: str = "", qualifier: str = "=") -> Any:
    """The line of a report that states one value."""
    parameter = LIMITS.parameters[row.code]
    market, stage = STAGE_OF[row.set_name]
    result = {"code": row.code, "unit": parameter.unit, "basis": parameter.basis,
              "qualifier": qualifier, "value": str(value)}  # fmt: skip
    product = Product(stage, made_on or row.made_on)
    verdict = judge_report({"purpose": "retest", "results": [result]}, LIMITS, product, market)
    (line,) = [line for line in verdict.rows if line.code == row.code]
    return line


@pytest.mark.parametrize("row", ROWS, ids=IDS)
def test_every_row_is_reached_and_says_where_it_stands(row: Row) -> None:
    line = judged(row, row.high if row.high is not None else row.low or Decimal(0))
    assert line.minimum == ("" if row.low is None else str(row.low))
    assert line.maximum == ("" if row.high is None else str(row.high))
    assert line.source
    assert line.confidence in {"high", "medium", "low"}
    assert line.valid_from == row.valid_from
    if row.is_read:
        assert line.judgement is Judgement.PASS
    else:
        assert (line.judgement, line.message.key) == (Judgement.NOT_JUDGED, "lab-row.unread")


@pytest.mark.parametrize("row", READ, ids=READ_IDS)
def test_at_just_below_and_just_above_each_limit(row: Row) -> None:
    beyond = Judgement.PASS if row.is_guidance else Judgement.FAIL
    if row.high is not None:
        assert judged(row, row.high).judgement is Judgement.PASS
        if row.low is None or row.high - step(row.high) >= row.low:
            assert judged(row, row.high - step(row.high)).judgement is Judgement.PASS
        above = judged(row, row.high + step(row.high))
        assert above.judgement is beyond
        assert above.message.key == (
            "lab-row.above-guidance" if row.is_guidance else "lab-row.above"
        )
        # What rounds to the limit is the limit (GB/T 8170), and no more.
        assert judged(row, row.high + step(row.high) * Decimal("0.4")).judgement is Judgement.PASS
        assert judged(row, row.high + step(row.high) * Decimal("0.6")).judgement is beyond
    if row.low is not None:
        assert judged(row, row.low).judgement is Judgement.PASS
        below = judged(row, row.low - step(row.low))
        assert (below.judgement, below.message.key) == (Judgement.FAIL, "lab-row.below")
        assert judged(row, row.low - step(row.low) * Decimal("0.4")).judgement is Judgement.PASS
        assert judged(row, row.low - step(row.low) * Decimal("0.6")).judgement is Judgement.FAIL


@pytest.mark.parametrize("row", READ, ids=READ_IDS)
def test_below_detection_is_nothing_against_a_maximum_and_fails_a_minimum(row: Row) -> None:
    limit = row.high if row.high is not None else row.low or Decimal(0)
    line = judged(row, limit, qualifier="<")
    assert line.judgement is (Judgement.PASS if row.low is None else Judgement.FAIL)
    if row.low is None and row.high is not None:
        blind = judged(row, row.high * 2, qualifier="<")
        assert (blind.judgement, blind.message.key) == (
            Judgement.INCOMPLETE,
            "lab-row.insensitive",
        )


@pytest.mark.parametrize("row", [row for row in READ if row.valid_from], ids=str)
def test_a_limit_judges_nothing_that_was_made_before_its_day(row: Row) -> None:
    value = (row.high or row.low or Decimal(0)) * 3
    line = judged(row, value, made_on="1999-12-31")
    assert line.judgement is Judgement.NOT_JUDGED
    assert line.message.key in {"lab-row.not-in-force", "lab-row.unread"}


def test_an_action_level_judges_whenever_the_powder_was_made() -> None:
    row = next(r for r in ROWS if (r.code, r.set_name) == ("cereulide_rtu", "EU.IF"))
    assert judged(row, Decimal("0.11"), made_on="2025-10-20").judgement is Judgement.FAIL


def test_the_day_of_production_chooses_between_two_versions() -> None:
    (old, new) = [r for r in ROWS if (r.code, r.set_name) == ("sum_3mcpd", "EU.IF")]
    assert judged(new, Decimal(100), made_on="2025-01-01").judgement is Judgement.FAIL
    line = judged(old, Decimal(100), made_on="2024-12-31")
    assert (line.maximum, line.message.key) == ("125", "lab-row.unread")


class TestPlans:
    @staticmethod
    def line(plan: dict[str, Any], values: list[float], made_on: str = LATEST) -> Any:
        market = plan["jurisdiction"] if plan["jurisdiction"] in TABLE["markets"] else "CN"
        stage = plan.get("stages", [1])[0]
        result = {"code": plan["code"], "jurisdiction": plan["jurisdiction"], "values": values}
        public = {"purpose": "retest", "results": [], "samplingResults": [result]}
        (row,) = judge_report(public, LIMITS, Product(stage, made_on), market).rows
        return row

    @pytest.mark.parametrize(
        "plan", TABLE["samplingPlans"], ids=lambda p: f"{p['jurisdiction']}-{p['code']}"
    )
    def test_every_plan_at_its_edges(self, plan: dict[str, Any]) -> None:
        n, c, low, high = plan["n"], plan["c"], plan["m"], plan["M"]
        assert self.line(plan, [low] * n).judgement is Judgement.PASS
        marginal = [low + 1] * c + [low] * (n - c)
        assert self.line(plan, marginal).judgement is Judgement.PASS
        assert self.line(plan, [low + 1] * (c + 1) + [low] * (n - c - 1)).judgement is (
            Judgement.FAIL
        )
        assert self.line(plan, [low] * (n - 1)).judgement is Judgement.INCOMPLETE
        assert self.line(plan, [low + 1] * (c + 1)).judgement is Judgement.FAIL
        row = self.line(plan, [])
        assert row.judgement is Judgement.INCOMPLETE
        assert row.source
        assert row.confidence
        if high is not None:
            assert self.line(plan, [high] + [low] * (n - 1)).judgement is (
                Judgement.PASS if c else Judgement.FAIL
            )
            assert self.line(plan, [high + 1] + [low] * (n - 1)).judgement is Judgement.FAIL

    @pytest.mark.parametrize(
        "plan", TABLE["samplingPlans"], ids=lambda p: f"{p['jurisdiction']}-{p['code']}"
    )
    def test_a_plan_judges_nothing_that_was_made_before_its_day(self, plan: dict[str, Any]) -> None:
        row = self.line(plan, [plan["m"] + 1] * plan["n"], made_on="1999-12-31")
        assert (row.judgement, row.message.key) == (Judgement.NOT_JUDGED, "lab-row.not-in-force")

    def test_a_stage_without_a_plan_is_not_judged_by_it(self) -> None:
        result = {"code": "cronobacter", "jurisdiction": "EU", "values": [0] * 30}
        public = {"purpose": "retest", "samplingResults": [result]}
        (row,) = judge_report(public, LIMITS, Product(2), "EU").rows
        assert (row.judgement, row.message.key) == (Judgement.NOT_JUDGED, "lab-row.no-plan")
        assert row.jurisdiction == "EU"


class TestRatios:
    @pytest.mark.parametrize("ratio", TABLE["ratios"], ids=lambda r: r["code"])
    @pytest.mark.parametrize(
        ("value", "judgement"),
        [("0.99", "FAIL"), ("0.995", "PASS"), ("1", "PASS"), ("2", "PASS"), ("2.01", "FAIL")],
    )  # fmt: skip
    def test_every_ratio_at_its_edges(
        self, ratio: dict[str, Any], value: str, judgement: str
    ) -> None:
        upper, lower = (LIMITS.parameters[ratio[end]] for end in ("of", "to"))
        results = [
            {"code": upper.code, "unit": upper.unit, "basis": upper.basis,
             "value": str(10 * Decimal(value))},
            {"code": lower.code, "unit": lower.unit, "basis": lower.basis, "value": "10"},
        ]  # fmt: skip
        public = {"purpose": "retest", "results": results}
        verdict = judge_report(public, LIMITS, Product(1, LATEST))
        (row,) = [row for row in verdict.rows if row.code == ratio["code"]]
        assert row.judgement == judgement
        assert row.source
        assert row.confidence


def test_the_unread_standards_have_no_row() -> None:
    assert not {"CN.stage2", "CN.stage3"} & {row.set_name for row in ROWS}
