"""A laboratory's verdict is recomputed from its values, with the limits' own rules."""

import copy
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

import tracer
from tracer.domain.lab import (
    Judgement,
    Measured,
    Product,
    judge_report,
    judge_samples,
    judge_value,
    read_measured,
    round_like,
)
from tracer.rules import Limit, load_limits

SAMPLES = Path(tracer.__file__).parent / "samples"
LIMITS = load_limits()


def report(name: str) -> dict[str, Any]:
    papers = json.loads((SAMPLES / f"{name}.json").read_text("utf-8"))["documents"]
    return copy.deepcopy(next(p["public"] for p in papers if p["docType"] == "LAB_REPORT"))


def result_of(public: dict[str, Any], code: str) -> dict[str, Any]:
    return next(row for row in public["results"] if row["code"] == code)


def samples_of(public: dict[str, Any], code: str, place: str) -> dict[str, Any]:
    rows = public["samplingResults"]
    return next(row for row in rows if (row["code"], row["jurisdiction"]) == (code, place))


def limit(low: str | None, high: str | None, confidence: str = "high") -> Limit:
    ends = (None if end is None else Decimal(end) for end in (low, high))
    return Limit(*ends, "a standard", confidence, "text")


class TestJudgeReport:
    @pytest.mark.parametrize(("name", "stage"), [("nz", 1), ("ie", 1)])
    def test_clean_stage_1_batches_pass(self, name: str, stage: int) -> None:
        verdict = judge_report(report(name), LIMITS, Product(stage))
        assert verdict.judgement is Judgement.PASS
        assert not verdict.differs
        assert verdict.standard == "GB 10765-2021"
        assert verdict.count(Judgement.PASS) == 53

    def test_stage_2_is_not_judged_because_its_table_was_not_read(self) -> None:
        verdict = judge_report(report("nl"), LIMITS, Product(2))
        assert verdict.judgement is Judgement.NOT_JUDGED
        row = next(row for row in verdict.rows if row.code == "protein")
        assert row.judgement is Judgement.NOT_JUDGED
        assert row.message.key == "lab-row.no-table"
        assert row.message.params == {"standard": "GB 10766-2021"}

    def test_a_report_of_which_nothing_could_be_judged_does_not_pass(self) -> None:
        """The Irish retest, failed for cereulide, was shown as "the values say PASS"."""
        papers = json.loads((SAMPLES / "ie.json").read_text("utf-8"))["documents"]
        retest = next(p["public"] for p in papers if p["public"].get("purpose") == "retest")
        verdict = judge_report(retest, LIMITS, Product(1))
        assert verdict.stated == "fail"
        assert verdict.judgement is Judgement.NOT_JUDGED
        assert verdict.mismatch is not None
        assert verdict.mismatch.key == "note.lab-fail-unjudged"

    def test_contaminants_are_judged_in_every_stage(self) -> None:
        public = report("nl")
        result_of(public, "lead").update(qualifier="=", value=0.09)
        assert judge_report(public, LIMITS, Product(2)).judgement is Judgement.FAIL

    def test_lead_above_its_limit_fails_and_contradicts_the_report(self) -> None:
        public = report("nz")
        result_of(public, "lead").update(qualifier="=", value=0.09)
        verdict = judge_report(public, LIMITS, Product(1))
        assert verdict.judgement is Judgement.FAIL
        assert verdict.differs
        row = next(row for row in verdict.rows if row.judgement is Judgement.FAIL)
        assert (row.code, row.maximum, row.message.key) == ("lead", "0.08", "lab-row.above")

    def test_two_of_three_cronobacter_samples_are_incomplete(self) -> None:
        public = report("nz")
        samples_of(public, "cronobacter", "CN")["values"] = [0, 0]
        verdict = judge_report(public, LIMITS, Product(1))
        assert verdict.judgement is Judgement.INCOMPLETE
        assert verdict.differs

    def test_a_missing_mandatory_value_is_incomplete(self) -> None:
        public = report("nz")
        public["results"].remove(result_of(public, "vitamin_d"))
        verdict = judge_report(public, LIMITS, Product(1))
        assert verdict.judgement is Judgement.INCOMPLETE
        assert [r.code for r in verdict.rows if r.message.key == "lab-row.missing"] == ["vitamin_d"]

    def test_an_optional_ingredient_may_be_missing(self) -> None:
        public = report("nz")
        public["results"].remove(result_of(public, "dha"))
        public["results"].remove(result_of(public, "ara"))
        assert judge_report(public, LIMITS, Product(1)).judgement is Judgement.PASS

    def test_a_missing_sampling_plan_is_incomplete(self) -> None:
        public = report("nz")
        public["samplingResults"].remove(samples_of(public, "salmonella", "CN"))
        assert judge_report(public, LIMITS, Product(1)).judgement is Judgement.INCOMPLETE

    def test_cronobacter_is_asked_for_in_stage_1_only(self) -> None:
        public = report("nl")
        public["samplingResults"].remove(samples_of(public, "cronobacter", "CN"))
        codes = [
            row.code for row in judge_report(public, LIMITS, Product(2)).rows if row.jurisdiction
        ]
        assert "cronobacter" not in [
            row.code
            for row in judge_report(public, LIMITS, Product(2)).rows
            if row.jurisdiction == "CN"
        ]
        assert "salmonella" in codes

    def test_a_germ_found_by_another_market_s_plan_fails_too(self) -> None:
        public = report("nz")
        samples_of(public, "cronobacter", "EU")["values"][7] = 1
        assert judge_report(public, LIMITS, Product(1)).judgement is Judgement.FAIL

    def test_too_few_samples_of_another_market_are_no_gap(self) -> None:
        public = report("nz")
        samples_of(public, "salmonella", "EU")["values"] = [0]
        assert judge_report(public, LIMITS, Product(1)).judgement is Judgement.PASS

    def test_another_unit_is_not_compared(self) -> None:
        public = report("nz")
        result_of(public, "protein")["basis"] = "per_100g_powder"
        verdict = judge_report(public, LIMITS, Product(1))
        row = next(row for row in verdict.rows if row.code == "protein")
        assert (row.judgement, row.message.key) == (Judgement.INCOMPLETE, "lab-row.unit")

    def test_a_limit_nobody_read_judges_nothing(self) -> None:
        public = report("nz")
        result_of(public, "copper")["value"] = 900
        verdict = judge_report(public, LIMITS, Product(1))
        row = next(row for row in verdict.rows if row.code == "copper")
        assert (row.judgement, row.message.key) == (Judgement.NOT_JUDGED, "lab-row.unread")
        assert verdict.judgement is Judgement.PASS

    def test_calcium_without_its_phosphorus_ratio_fails(self) -> None:
        public = report("nz")
        result_of(public, "calcium")["value"] = 34
        result_of(public, "phosphorus")["value"] = 7
        verdict = judge_report(public, LIMITS, Product(1))
        failed = [row.code for row in verdict.rows if row.judgement is Judgement.FAIL]
        assert failed == ["calcium_phosphorus"]

    def test_a_retest_need_not_be_complete_and_unknown_values_are_shown(self) -> None:
        public = {
            "purpose": "retest",
            "verdict": "pass",
            "results": [
                {"code": "moisture", "unit": "g", "basis": "per_100g_powder", "value": 2.94},
                {"code": "peroxide_value", "unit": "meq/kg", "basis": "per_kg_fat", "value": 0.9},
            ],
        }
        verdict = judge_report(public, LIMITS, Product(1))
        assert verdict.judgement is Judgement.PASS
        assert verdict.rows[1].name_en == "peroxide value"
        assert verdict.rows[1].judgement is Judgement.NOT_JUDGED

    def test_a_stated_failure_is_never_smoothed_over(self) -> None:
        public = {
            "purpose": "retest",
            "verdict": "fail",
            "results": [
                {"code": "cereulide_rtu", "unit": "ug/L", "basis": "per_L_ready", "value": 0.11}
            ],
        }
        assert judge_report(public, LIMITS, Product(1)).differs

    @pytest.mark.parametrize(
        "public",
        [{}, {"results": 5}, {"results": [1, None], "samplingResults": {"a": 1}}, {"verdict": 3}],
    )
    def test_nonsense_is_never_a_pass(self, public: dict[str, Any]) -> None:
        assert judge_report(public, LIMITS, Product(1)).judgement is Judgement.INCOMPLETE
        assert judge_report(public, LIMITS, Product(None)).judgement is Judgement.NOT_JUDGED


class TestJudgeValue:
    @pytest.mark.parametrize(
        ("text", "low", "high", "judgement"),
        [
            ("0.084", None, "0.08", Judgement.PASS),  # rounds to 0.08
            ("0.085", None, "0.08", Judgement.PASS),  # half to even: 0.08
            ("0.0851", None, "0.08", Judgement.FAIL),
            ("0.075", None, "0.07", Judgement.FAIL),  # half to even: 0.08
            ("59.5", "60", None, Judgement.PASS),
            ("59.4", "60", None, Judgement.FAIL),
            ("0.09", "0.10", None, Judgement.FAIL),
            ("1.204", "0.48", "1.20", Judgement.PASS),
            ("1.24", "0.48", "1.20", Judgement.FAIL),
            ("0", "0.43", "0.72", Judgement.FAIL),
        ],
    )
    def test_rounds_to_the_limit_s_decimals(
        self, text: str, low: str | None, high: str | None, judgement: Judgement
    ) -> None:
        assert judge_value(Measured("=", Decimal(text)), limit(low, high))[0] is judgement

    @pytest.mark.parametrize(
        ("qualifier", "text", "low", "high", "judgement"),
        [
            ("<", "0.01", None, "0.08", Judgement.PASS),
            ("<", "0.10", None, "0.08", Judgement.INCOMPLETE),
            ("<", "0.01", "0.43", None, Judgement.FAIL),
            (">", "0.01", None, "0.08", Judgement.FAIL),
            (">", "0.5", "0.43", None, Judgement.PASS),
        ],
    )
    def test_below_and_above_detection(
        self, qualifier: str, text: str, low: str | None, high: str | None, judgement: Judgement
    ) -> None:
        assert judge_value(Measured(qualifier, Decimal(text)), limit(low, high))[0] is judgement

    def test_rounding_keeps_whole_numbers_whole(self) -> None:
        assert round_like(Decimal("295.4"), Decimal(295)) == 295
        assert round_like(Decimal("2.5"), Decimal(2)) == 2
        assert round_like(Decimal("3.5"), Decimal(2)) == 4


class TestJudgeSamples:
    @pytest.mark.parametrize(
        ("code", "values", "judgement"),
        [
            ("salmonella", [0, 0, 0, 0, 0], Judgement.PASS),
            ("salmonella", [0, 0, 0, 0, 1], Judgement.FAIL),
            ("salmonella", [1], Judgement.FAIL),
            ("salmonella", [0, 0, 0, 0], Judgement.INCOMPLETE),
            ("plate_count", [2000, 2000, 10, 10, 10], Judgement.PASS),
            ("plate_count", [2000, 2000, 2000, 10, 10], Judgement.FAIL),
            ("plate_count", [10001, 10, 10, 10, 10], Judgement.FAIL),
            ("plate_count", [10000, 10, 10, 10, 10], Judgement.PASS),
        ],
    )
    def test_two_and_three_class_plans(
        self, code: str, values: list[int], judgement: Judgement
    ) -> None:
        plan = next(p for p in LIMITS.plans if (p.code, p.jurisdiction) == (code, "CN"))
        assert judge_samples([Decimal(value) for value in values], plan)[0] is judgement


class TestReadMeasured:
    @pytest.mark.parametrize(
        "result",
        [
            {},
            {"value": None},
            {"value": True},
            {"value": "much"},
            {"value": -1},
            {"value": float("inf")},
            {"qualifier": "~", "value": 1},
        ],
    )
    def test_unusable_values_are_none(self, result: dict[str, Any]) -> None:
        assert read_measured(result) is None

    def test_reads_below_detection(self) -> None:
        found = read_measured({"qualifier": "<", "value": 0.0096})
        assert found is not None
        assert found.text == "<0.0096"


class TestRules:
    def test_every_limit_says_where_it_stands_and_how_it_was_read(self) -> None:
        for parameter in LIMITS.parameters.values():
            for each in (limit for versions in parameter.limits.values() for limit in versions):
                assert each.source
                assert each.confidence in {"high", "medium", "low"}
                assert each.read in {"text", "copy", "memory"}
                assert each.minimum is not None or each.maximum is not None

    def test_no_limit_of_an_unread_standard_was_made_up(self) -> None:
        sets = {name for p in LIMITS.parameters.values() for name in p.limits}
        assert "CN.stage1" in sets
        assert not sets & {"CN.stage2", "CN.stage3"}
