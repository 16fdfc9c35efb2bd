"""The journey on a map: coastlines of our own, no tiles, no third party."""

import json
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import pairwise
from math import hypot
from pathlib import Path
from typing import Final

from tracer.domain.cards import JourneyStep, Place
from tracer_api.view.model import DrawnText, JourneyMap
from tracer_api.view.texts import Texts

WIDTH: Final = 200
"""Units across the drawing: one is two pixels of a phone, so whole numbers are exact enough."""

MARGIN_SHARE: Final = 0.16  # room around the places, as a share of the longer side
MIN_SIDE: Final = 24.0  # half degrees; a journey inside one country still shows its coast
MIN_SHAPE: Final = 0.55  # height by width, so that the map is neither a stripe
MAX_SHAPE: Final = 0.8  # nor a tower
SPECK: Final = 8.0  # units; smaller islands are not drawn
SMOOTH: Final = 2.0  # units; a bend of the coast smaller than this is left out
NEAR: Final = 2.0  # units; places nearer than this share a dot
BEND: Final = 0.12  # of a long leg: how far its line swings out
LONG_LEG: Final = 30.0  # units; shorter legs are drawn straight
MIN_LABEL_GAP: Final = 0.12  # of the height, between two labels

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
    return left, top, wide, high


def _onto(point: Point, box: Box) -> Point:
    """A point in half degrees as one of the drawing."""
    left, top, wide, _ = box
    return (point[0] - left) * WIDTH / wide, (point[1] - top) * WIDTH / wide


@lru_cache(maxsize=64)  # a batch's places do not move, and clipping the world takes milliseconds
def _coast(box: Box) -> str:
    """The land inside the box, as one path; islands too small to see are left out."""
    left, top, width, height = box
    path = []
    for ring in load_land():
        for axis, edge, keep_below in (
            (0, left, False),
            (0, left + width, True),
            (1, top, False),
            (1, top + height, True),
        ):
            ring = tuple(_clip(ring, axis, edge, keep_below=keep_below))  # noqa: PLW2901
        drawn = [_onto(point, box) for point in ring]
        if drawn and max(_extent(drawn, 0), _extent(drawn, 1)) >= SPECK:
            path.append(_ring(_simplify(drawn)))
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
            yield (edge, other) if axis == 0 else (other, edge)
        if is_inside(point):
            yield point


def _simplify(points: Sequence[Point]) -> list[Point]:
    """The points that a line needs to stay within SMOOTH (Douglas and Peucker's method)."""
    if len(points) < 3:  # noqa: PLR2004 - two points are a line
        return list(points)
    (ax, ay), (bx, by) = points[0], points[-1]
    length = hypot(bx - ax, by - ay)

    def off(point: Point) -> float:
        if not length:
            return hypot(point[0] - ax, point[1] - ay)
        return abs((bx - ax) * (point[1] - ay) - (by - ay) * (point[0] - ax)) / length

    far = max(range(1, len(points) - 1), key=lambda index: off(points[index]))
    if off(points[far]) <= SMOOTH:
        return [points[0], points[-1]]
    return _simplify(points[: far + 1])[:-1] + _simplify(points[far:])


def _pairs(numbers: Iterable[int]) -> str:
    """Numbers of a path; a minus sign parts them as well as a space does."""
    return " ".join(map(str, numbers)).replace(" -", "-")


def _ring(ring: Sequence[Point]) -> str:
    """A closed ring in steps from point to point, which are short to write."""
    whole = [(round(x), round(y)) for x, y in ring]
    steps = [step for (ax, ay), (bx, by) in pairwise(whole) if any(step := (bx - ax, by - ay))]
    return f"M{_pairs(whole[0])}l{_pairs(n for step in steps for n in step)}z"


def _way(points: Sequence[Point]) -> str:
    """A line through the places; a long leg swings out a little, as on a globe."""
    path = f"M{_pairs(map(round, points[0]))}"
    for (ax, ay), (bx, by) in pairwise(points):
        if hypot(bx - ax, by - ay) < LONG_LEG:
            path += f"L{_pairs((round(bx), round(by)))}"
            continue
        side = BEND if bx < ax else -BEND  # always towards the east or the north
        x, y = (ax + bx) / 2 - side * (by - ay), (ay + by) / 2 + side * (bx - ax)
        path += f"Q{_pairs(map(round, (x, y, bx, by)))}"
    return path


def _apart(points: Iterable[Point]) -> list[Point]:
    """Each place once, where it is first reached; coming back there draws no second line."""
    kept: list[Point] = []
    for point in points:
        if all(hypot(point[0] - x, point[1] - y) >= NEAR for x, y in kept):
            kept.append(point)
    return kept


def _labels(t: Texts, stops: Iterable[tuple[Place, Point]], height: float) -> tuple[DrawnText, ...]:
    """The name of each country where it is first reached, unless it would cover another."""
    labels: list[DrawnText] = []
    for place, (x, y) in stops:
        text = t.code("country", place.country)
        taken = any(abs(one.y - y) < MIN_LABEL_GAP * height for one in labels)
        if not place.country or taken or any(one.text == text for one in labels):
            continue
        ends = x > WIDTH / 2
        labels.append(
            DrawnText(
                text, round(x) + (-5 if ends else 5), round(y) + (10 if ends else -3), ends=ends
            )
        )
    return tuple(labels)


def build_map(t: Texts, journey: Sequence[JourneyStep]) -> JourneyMap | None:
    """The places of a journey in order of time; None with fewer than two."""
    ordered = sorted(journey, key=lambda step: (step.occurred_at_unix, step.position))
    visited = [
        (step.place, point)
        for step in ordered
        if step.place is not None and (point := _point(step.place)) is not None
    ]
    if len({point for _, point in visited}) < 2:  # noqa: PLR2004 - a line needs two ends
        return None
    box = _box([point for _, point in visited])
    drawn = [(place, _onto(point, box)) for place, point in visited]
    points = _apart(point for _, point in drawn)
    height = round(box[3] * WIDTH / box[2])
    return JourneyMap(
        height=height,
        coast=_coast(box),
        line=_way(points),
        stops="".join(f"M{_pairs(map(round, point))}h0" for point in points),
        labels=_labels(t, drawn, height),
    )
