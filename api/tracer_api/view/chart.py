"""The temperatures of the way over time, as far as they are public.

The readings of a logger stay with the carrier; what the ledger pins are reports, each with the
lowest and the highest reading since the one before. So the chart draws an upright bar for each
report and no line between them: nobody has said what lies there.
"""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Final

from tracer.domain.cards import ConditionCard, JourneyStep
from tracer_api.view.model import Chart, DrawnText
from tracer_api.view.texts import Texts, local_time, number

WIDTH: Final = 200
FIELD: Final = (4, 54)  # upper and lower edge of the drawing; days stand below it
DAYS_AT: Final = 64  # base line of the days
SIDE: Final = 6  # room for half a bar at either end
HEADROOM_C: Final = 5.0  # above and below the warmest and the coldest thing to show

_KINDS: Final = frozenset({"TRANSPORT_CONDITION", "TELEMETRY"})
"""Reports on the finished tins; raw milk is kept by other limits."""

Report = tuple[int, float, float]


def _reports(journey: Iterable[JourneyStep]) -> list[Report]:
    """Moment, lowest and highest temperature of each report, in order of time."""
    return sorted(
        (step.occurred_at_unix, step.min_c, step.max_c)
        for step in journey
        if step.kind in _KINDS and step.min_c is not None and step.max_c is not None
    )


def _bars(reports: Sequence[Report], xs: Sequence[int], edges: tuple[int, int]) -> str:
    """The part of each bar between two heights."""
    top, bottom = edges
    parts = []
    for x, (_, low, high) in zip(xs, reports, strict=True):
        y, end = max(round(high), top), min(round(low), bottom)
        if y <= end:
            parts.append(f"M{x} {y}V{max(end, y + 1)}")
    return "".join(parts)


def _day(journey: Sequence[JourneyStep], unix: int) -> date:
    offset = next(step.utc_offset_s for step in journey if step.occurred_at_unix == unix)
    return local_time(unix, offset).date()


def build_chart(t: Texts, card: ConditionCard, journey: Sequence[JourneyStep]) -> Chart | None:
    """The reports against the limit; None with fewer than two, or without a limit."""
    reports = _reports(journey)
    if len(reports) < 2 or card.max_c is None:  # noqa: PLR2004 - one bar is no course
        return None
    warmest = max(card.max_c, *(high for _, _, high in reports)) + HEADROOM_C
    coldest = min(0.0, min(low for _, low, _ in reports) - HEADROOM_C)
    first, last = reports[0][0], reports[-1][0]

    def height(celsius: float) -> float:
        share = (warmest - celsius) / (warmest - coldest)
        return FIELD[0] + share * (FIELD[1] - FIELD[0])

    xs = [
        round(SIDE + (unix - first) / (last - first or 1) * (WIDTH - 2 * SIDE))
        for unix, *_ in reports
    ]
    drawn = [(unix, height(low), height(high)) for unix, low, high in reports]
    top = round(height(card.max_c))
    is_over = any(high > card.max_c for _, _, high in reports)
    start, end = (t.short(_day(journey, unix)) for unix in (first, last))
    limit = number(card.max_c)
    return Chart(
        label=t("condition.chart", start=start, end=end, limit=limit),
        top=top,
        bottom=FIELD[1],
        bars=_bars(drawn, xs, (top if is_over else 0, FIELD[1])),
        over=_bars(drawn, xs, (0, top)) if is_over else "",
        texts=(
            DrawnText(t("journey.fact.temperature", c=limit), 1, top - 2),
            DrawnText(start, 1, DAYS_AT),
            DrawnText(end, WIDTH - 1, DAYS_AT, ends=True),
        ),
    )
