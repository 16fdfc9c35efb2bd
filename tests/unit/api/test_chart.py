"""Temperatures over time, from the reports on the ledger."""

import re
from dataclasses import replace

import pytest
from tracer_api.assets import load_assets
from tracer_api.view.chart import FIELD, WIDTH, build_chart
from tracer_api.view.texts import Texts

from tracer.domain.cards import ConditionCard, ContentState, JourneyStep
from tracer.domain.condition import ConditionSummary, Severity

EN = Texts("en", load_assets().catalogues["en"])
SUMMARY = ConditionSummary("POWDER_AMBIENT", 9, 10, 33, 20, 21, 22, 0, 0, Severity.IN_RANGE)
CARD = ConditionCard("LOG-1", SUMMARY, max_c=30.0, hard_max_c=40.0)
DAY_S = 86_400


def report(day: int, low: float, high: float, kind: str = "TRANSPORT_CONDITION") -> JourneyStep:
    return JourneyStep(
        position=day,
        kind=kind,
        occurred_at_unix=1_770_000_000 + day * DAY_S,
        utc_offset_s=0,
        recorded_at_unix=0,
        place=None,
        signer="9520010001060",
        content=ContentState.VALID,
        digest="",
        biz_step="",
        disposition="",
        min_c=low,
        max_c=high,
        quantity_kg=None,
        reason_en="",
        reason_zh="",
        sequence=0,
        block_number=0,
        transaction_hash="",
    )


def bars(path: str) -> list[tuple[int, int, int]]:
    """Position, upper and lower end of each bar."""
    return [(int(x), int(y), int(end)) for x, y, end in re.findall(r"M(\d+) (\d+)V(\d+)", path)]


class TestChart:
    def test_has_a_bar_for_each_report_in_order_of_time(self) -> None:
        chart = build_chart(EN, CARD, [report(5, 20, 25), report(0, 10, 15), report(10, 12, 28)])
        assert chart is not None
        drawn = bars(chart.bars)
        assert [x for x, _, _ in drawn] == [6, 100, 194]
        assert all(FIELD[0] <= top < end <= FIELD[1] for _, top, end in drawn)
        assert all(top >= chart.top for _, top, _ in drawn)
        assert chart.over == ""
        assert [text.text for text in chart.texts] == ["30 °C", "2 Feb", "12 Feb"]

    def test_shows_what_was_too_warm_apart(self) -> None:
        chart = build_chart(EN, CARD, [report(0, 20, 25), report(1, 28, 33)])
        assert chart is not None
        ((x, top, end),) = bars(chart.over)
        assert x == WIDTH - 6
        assert top < end == chart.top
        assert len(bars(chart.bars)) == 2

    def test_a_steady_temperature_is_still_visible(self) -> None:
        chart = build_chart(EN, CARD, [report(0, 20, 20), report(1, 21, 21)])
        assert chart is not None
        assert all(end > top for _, top, end in bars(chart.bars))

    def test_frost_is_inside_the_drawing(self) -> None:
        chart = build_chart(EN, CARD, [report(0, -18, 2), report(1, 0, 5)])
        assert chart is not None
        assert max(end for _, _, end in bars(chart.bars)) <= FIELD[1]

    @pytest.mark.parametrize(
        "journey",
        [[], [report(0, 10, 12)], [report(0, 4, 5, "MILK_COLLECTION"), report(1, 10, 12)]],
        ids=["nothing", "one report", "raw milk"],
    )
    def test_draws_nothing_out_of_too_little(self, journey: list[JourneyStep]) -> None:
        assert build_chart(EN, CARD, journey) is None

    def test_needs_a_limit(self) -> None:
        journey = [report(0, 20, 25), report(1, 28, 33)]
        assert build_chart(EN, replace(CARD, max_c=None), journey) is None
