"""One report, three markets: each verdict by its own limits, and the Chinese one decides."""

import copy
import json
from pathlib import Path
from typing import Any

import pytest

import tracer
from tracer.domain.lab import Judgement, Product, judge_markets, judge_report
from tracer.rules import load_limits

SAMPLES = Path(tracer.__file__).parent / "samples"
LIMITS = load_limits()
MADE_ON = {"nz": "2026-02-11", "nl": "2026-03-18", "ie": "2025-10-20"}
STAGE = {"nz": 1, "nl": 2, "ie": 1}


def reports(name: str) -> list[dict[str, Any]]:
    papers = json.loads((SAMPLES / f"{name}.json").read_text("utf-8"))["documents"]
    return [copy.deepcopy(p["public"]) for p in papers if p["docType"] == "LAB_REPORT"]


def product(name: str, **claims: frozenset[str]) -> Product:
    return Product(STAGE[name], MADE_ON[name], **claims)


def result_of(public: dict[str, Any], code: str) -> dict[str, Any]:
    return next(row for row in public["results"] if row["code"] == code)


class TestSamples:
    """The stories of the three batches, as the Chinese market sees them."""

    def test_new_zealand_passes(self) -> None:
        (report,) = reports("nz")
        verdict = judge_report(report, LIMITS, product("nz"))
        assert (verdict.judgement, verdict.differs) == (Judgement.PASS, False)

    def test_the_netherlands_are_not_judged_and_pass_their_retest(self) -> None:
        release, retest = reports("nl")
        assert judge_report(release, LIMITS, product("nl")).judgement is Judgement.NOT_JUDGED
        verdict = judge_report(retest, LIMITS, product("nl"))
        assert not verdict.differs

    def test_ireland_fails_by_a_limit_that_china_does_not_have(self) -> None:
        release, retest = reports("ie")
        assert judge_report(release, LIMITS, product("ie")).judgement is Judgement.PASS
        verdict = judge_report(retest, LIMITS, product("ie"))
        assert verdict.judgement is Judgement.NOT_JUDGED
        assert verdict.mismatch is not None
        assert verdict.mismatch.key == "note.lab-fail-unjudged"
        europe, codex = judge_markets(retest, LIMITS, product("ie"))
        assert europe.judgement is Judgement.FAIL
        assert [row.code for row in europe.rows] == ["cereulide_rtu"]
        assert codex.judgement is Judgement.NOT_JUDGED


class TestBeside:
    def test_every_verdict_names_its_market_and_its_standard(self) -> None:
        (report,) = reports("nz")
        found = [(v.market, v.limit_set) for v in judge_markets(report, LIMITS, product("nz"))]
        assert found == [("EU", "EU.IF"), ("CODEX", "CODEX.IF")]

    def test_what_europe_would_refuse_does_not_change_the_verdict_here(self) -> None:
        (report,) = reports("nz")
        result_of(report, "vitamin_d").update(value=1.0)
        assert judge_report(report, LIMITS, product("nz")).judgement is Judgement.PASS
        europe, codex = judge_markets(report, LIMITS, product("nz"))
        failed = {row.code for row in europe.rows if row.judgement is Judgement.FAIL}
        assert "vitamin_d" in failed
        assert codex.judgement is Judgement.FAIL

    @pytest.mark.parametrize(
        ("stage", "markets"), [(1, ["EU", "CODEX"]), (2, ["EU"]), (3, []), (None, [])]
    )
    def test_a_market_without_a_table_for_the_stage_says_nothing(
        self, stage: int | None, markets: list[str]
    ) -> None:
        (report,) = reports("nz")
        found = judge_markets(report, LIMITS, Product(stage, "2026-02-11"))
        assert [verdict.market for verdict in found] == markets

    def test_each_market_has_its_own_plans(self) -> None:
        (report,) = reports("nz")
        europe, codex = judge_markets(report, LIMITS, product("nz"))
        for verdict in (europe, codex):
            assert {row.jurisdiction for row in verdict.rows} <= {"", verdict.market}
        missing = {r.code for r in europe.rows if r.message.key == "lab-row.missing"}
        assert "bacillus_cereus" in missing

    def test_a_germ_of_a_foreign_plan_counts_only_if_china_looks_for_it(self) -> None:
        (report,) = reports("nz")
        plan = {"code": "bacillus_cereus", "jurisdiction": "EU", "values": [900] * 5}
        report["samplingResults"].append(plan)
        assert judge_report(report, LIMITS, product("nz")).judgement is Judgement.PASS
        plan = {"code": "salmonella", "jurisdiction": "CODEX", "values": [0, 1]}
        report["samplingResults"].append(plan)
        assert judge_report(report, LIMITS, product("nz")).judgement is Judgement.FAIL

    def test_a_guidance_level_fails_nothing(self) -> None:
        (report,) = reports("nz")
        result_of(report, "vitamin_c").update(value=16.95)
        _, codex = judge_markets(report, LIMITS, product("nz"))
        result_of(report, "vitamin_c").update(value=17.6)
        _, beyond = judge_markets(report, LIMITS, product("nz"))
        for verdict, key in ((codex, "lab-row.within"), (beyond, "lab-row.above-guidance")):
            row = next(row for row in verdict.rows if row.code == "vitamin_c")
            assert (row.judgement, row.message.key) == (Judgement.PASS, key)


class TestClaims:
    def test_what_is_not_claimed_is_not_judged(self) -> None:
        (report,) = reports("nz")
        result_of(report, "dha").update(value=50)
        assert judge_report(report, LIMITS, product("nz")).judgement is Judgement.FAIL
        verdict = judge_report(report, LIMITS, product("nz", claims=frozenset()))
        assert verdict.judgement is Judgement.PASS
        unjudged = {r.code for r in verdict.rows if r.message.key == "lab-row.not-claimed"}
        assert unjudged == {"dha", "ara", "ara_dha"}

    def test_what_is_claimed_must_be_in_the_report(self) -> None:
        (report,) = reports("nz")
        report["results"].remove(result_of(report, "dha"))
        claimed = product("nz", claims=frozenset({"dha"}))
        verdict = judge_report(report, LIMITS, claimed)
        assert verdict.judgement is Judgement.INCOMPLETE
        assert [r.code for r in verdict.rows if r.message.key == "lab-row.missing"] == ["dha"]

    def test_the_product_s_own_claims_stand_above_the_report_s(self) -> None:
        (report,) = reports("nz")
        result_of(report, "dha").update(value=50)
        report["claims"] = []
        assert judge_report(report, LIMITS, product("nz")).judgement is Judgement.PASS
        claimed = product("nz", claims=frozenset({"dha", "ara"}))
        assert judge_report(report, LIMITS, claimed).judgement is Judgement.FAIL

    def test_europe_asks_for_dha_whatever_is_claimed(self) -> None:
        (report,) = reports("nz")
        report["results"].remove(result_of(report, "dha"))
        europe, _ = judge_markets(report, LIMITS, product("nz", claims=frozenset()))
        assert "dha" in {r.code for r in europe.rows if r.message.key == "lab-row.missing"}


@pytest.mark.parametrize("code", [row["code"] for row in reports("nz")[0]["results"]])
def test_one_value_falsified_to_pass_is_no_help_to_the_others(code: str) -> None:
    """A laboratory that writes pass over a value beyond its limit is contradicted by it."""
    (report,) = reports("nz")
    row = next(row for row in judge_report(report, LIMITS, product("nz")).rows if row.code == code)
    if row.judgement is not Judgement.PASS:
        assert row.message.key in {"lab-row.no-limit", "lab-row.unread"}
        return
    beyond = float(row.maximum) * 2 + 1 if row.maximum else float(row.minimum) / 2
    result_of(report, code).update(qualifier="=", value=beyond)
    verdict = judge_report(report, LIMITS, product("nz"))
    assert (verdict.stated, verdict.judgement) == ("pass", Judgement.FAIL)
    assert verdict.mismatch is not None
    assert verdict.mismatch.params == {"stated": "pass", "computed": "FAIL"}
