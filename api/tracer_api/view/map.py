"""The journey on a map: coastlines of our own, no tiles, no third party."""

import json
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Final

from tracer.domain.cards import JourneyStep, Place
from tracer_api.view.model import JourneyMap, MapLabel
from tracer_api.view.texts import Texts

MARGIN_SHARE: Final = 0.16  # room around the places, as a share of the longer side
MIN_SIDE: Final = 24.0  # half degrees; a journey inside one country still shows its coast
MIN_SHAPE: Final = 0.55  # height by width, so that the map is neither a stripe
MAX_SHAPE: Final = 0.95  # nor a tower
SPECK_SHARE: Final = 0.015  # of the width; smaller islands are not drawn
MIN_LABEL_GAP: Final = 0.12  # of the height, between two labels on the same side

Point = tuple[float, float]
Box = tuple[float, float, float, float]


@lru_cache(maxsize=1)
def load_land() -> tuple[tuple[Point, ...], ...]:
    """Rings of coast in half degrees, made by scripts/build_land.py."""
    text = Path(__file__).with_name("land.json").read_text(encoding="utf-8")
    return tuple(tuple((x, y) for x, y in ring) for ring in json.loads(text))


def _point(place: Place) -> Point | None:
    if place.lat is None or place.lon is None:
        return None
    if not (-90 <= place.lat <= 90 and -180 <= place.lon <= 180):  # noqa: PLR2004 - degrees
        return None
    return (place.lon + 180) * 2, (90 - place.lat) * 2


def _box(points: Sequence[Point]) -> Box:
    xs, ys = [x for x, _ in points], [y for _, y in points]
    width, height = max(xs) - min(xs), max(ys) - min(ys)
    margin = MARGIN_SHARE * max(width, height, MIN_SIDE)
    width, height = width + 2 * margin, height + 2 * margin
    wide, high = max(width, height / MAX_SHAPE), max(height, width * MIN_SHAPE)
    left = (min(xs) + max(xs) - wide) / 2
    top = (min(ys) + max(ys) - high) / 2
    return round(left), round(top), round(wide), round(high)


def _coast(box: Box) -> str:
    """The land inside the box, as one path; islands too small to see are left out."""
    left, top, width, height = box
    speck = SPECK_SHARE * width
    path = []
    for ring in load_land():
        for axis, edge, keep_below in (
            (0, left, False),
            (0, left + width, True),
            (1, top, False),
            (1, top + height, True),
        ):
            ring = tuple(_clip(ring, axis, edge, keep_below=keep_below))  # noqa: PLW2901
        if ring and max(_extent(ring, 0), _extent(ring, 1)) >= speck:
            path.append(_ring(ring))
    return "".join(path)


def _extent(ring: Sequence[Point], axis: int) -> float:
    values = [point[axis] for point in ring]
    return max(values) - min(values)


def _clip(ring: Sequence[Point], axis: int, edge: float, *, keep_below: bool) -> Iterator[Point]:
    """The part of a ring on one side of a line (Sutherland and Hodgman's method)."""

    def is_inside(point: Point) -> bool:
        return point[axis] <= edge if keep_below else point[axis] >= edge

    for before, point in pairwise((*ring[-1:], *ring)):
        if is_inside(before) != is_inside(point):
            share = (edge - before[axis]) / (point[axis] - before[axis])
            other = before[1 - axis] + share * (point[1 - axis] - before[1 - axis])
            crossing = (edge, round(other)) if axis == 0 else (round(other), edge)
            yield crossing
        if is_inside(point):
            yield point


def _ring(ring: Sequence[Point]) -> str:
    """A closed ring in steps from point to point, which are short to write."""
    (x, y), steps = ring[0], []
    for (ax, ay), (bx, by) in pairwise(ring):
        steps.append(f"{bx - ax:g} {by - ay:g}")
    return f"M{x:g} {y:g}l{' '.join(steps)}z"


def _labels(t: Texts, stops: Iterable[tuple[Place, Point]], box: Box) -> tuple[MapLabel, ...]:
    """The name of each country where it is first reached, unless it would cover another."""
    left, _, width, height = box
    labels: list[MapLabel] = []
    for place, (x, y) in stops:
        text = t.code("country", place.country)
        taken = any(abs(one.y - y) < MIN_LABEL_GAP * height for one in labels)
        if not place.country or taken or any(one.text == text for one in labels):
            continue
        is_right = x > left + width / 2
        labels.append(MapLabel(text, round(x, 1), round(y, 1), ends=is_right))
    return tuple(labels)


def build_map(t: Texts, journey: Sequence[JourneyStep]) -> JourneyMap | None:
    """The places of a journey in order of time; None with fewer than two."""
    ordered = sorted(journey, key=lambda step: (step.occurred_at_unix, step.position))
    visited = [
        (step.place, point)
        for step in ordered
        if step.place is not None and (point := _point(step.place)) is not None
    ]
    # Each place once, where it is first reached: coming back there draws no second line.
    points = list(dict.fromkeys(point for _, point in visited))
    if len(points) < 2:  # noqa: PLR2004 - a line needs two ends
        return None
    box = _box(points)
    return JourneyMap(
        view_box=" ".join(f"{side:g}" for side in box),
        unit=round(box[2] / 100, 2),
        coast=_coast(box),
        line=" ".join(f"{x:.1f},{y:.1f}" for x, y in points),
        stops=tuple((f"{x:.1f}", f"{y:.1f}") for x, y in points),
        labels=_labels(t, visited, box),
    )
