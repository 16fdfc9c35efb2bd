#!/usr/bin/env python3
"""Make the coastlines of the journey map: api/tracer_api/view/land.json.

Reads `land-110m.json` of the npm package world-atlas 2.0.2 (Natural Earth, public domain; packed
by M. Bostock under the ISC licence), leaves out what a map on a phone cannot show, and writes
rings of points in half degrees: x east of 180 W, y south of 90 N.

    npm pack world-atlas@2.0.2 && tar xzf world-atlas-2.0.2.tgz
    python3 scripts/build_land.py package/land-110m.json
"""

import json
import sys
from itertools import pairwise
from pathlib import Path

OUT = Path(__file__).resolve().parents[1] / "api/tracer_api/view/land.json"
SOUTHERNMOST = 290  # half degrees from the north pole: 55 S; nobody ships milk to Antarctica
MIN_AREA = 12  # square half degrees; smaller islands are specks
WORLD = 720.0  # half degrees around the globe
TOLERANCE = 0.9  # half degrees that a coast may be off

Point = tuple[float, float]


def decode(topology: dict) -> list[list[Point]]:
    """The outer rings of all polygons, in half degrees."""
    (sx, sy), (tx, ty) = topology["transform"]["scale"], topology["transform"]["translate"]
    arcs = []
    for deltas in topology["arcs"]:
        x = y = 0
        arc = []
        for dx, dy in deltas:
            x, y = x + dx, y + dy
            arc.append(((x * sx + tx + 180) * 2, (90 - y * sy - ty) * 2))
        arcs.append(arc)
    rings = []
    for polygon in topology["objects"]["land"]["geometries"][0]["arcs"]:
        ring: list[Point] = []
        for index in polygon[0]:
            arc = arcs[index] if index >= 0 else arcs[~index][::-1]
            ring += arc[1:] if ring else arc
        rings.append(ring)
    return rings


def unwrap(ring: list[Point]) -> list[Point]:
    """A ring that crosses 180 degrees goes on beyond it, instead of jumping around the world."""
    turn, joined = 0.0, ring[:1]
    for (ax, _), (bx, y) in pairwise(ring):
        turn += WORLD * ((ax - bx > WORLD / 2) - (bx - ax > WORLD / 2))
        joined.append((bx + turn, y))
    middle = sum(x for x, _ in joined) / len(joined)
    return [(x - middle // WORLD * WORLD, y) for x, y in joined]


def area(ring: list[Point]) -> float:
    """Area by the shoelace formula."""
    return abs(sum(ax * by - bx * ay for (ax, ay), (bx, by) in pairwise([*ring, ring[0]]))) / 2


def simplify(points: list[Point]) -> list[Point]:
    """Douglas and Peucker's method."""
    (ax, ay), (bx, by) = points[0], points[-1]
    length = ((bx - ax) ** 2 + (by - ay) ** 2) ** 0.5

    def off(point: Point) -> float:
        x, y = point
        if not length:
            return ((x - ax) ** 2 + (y - ay) ** 2) ** 0.5
        return abs((by - ay) * x - (bx - ax) * y + bx * ay - by * ax) / length

    if len(points) < 3:  # noqa: PLR2004 - a line
        return points
    far = max(range(1, len(points) - 1), key=lambda index: off(points[index]))
    if off(points[far]) <= TOLERANCE:
        return [points[0], points[-1]]
    return simplify(points[: far + 1])[:-1] + simplify(points[far:])


def main(source: str) -> None:
    """Write the rings."""
    rings = []
    for ring in map(unwrap, decode(json.loads(Path(source).read_text(encoding="utf-8")))):
        if area(ring) < MIN_AREA or min(y for _, y in ring) > SOUTHERNMOST:
            continue
        whole = [[round(x), round(y)] for x, y in simplify(ring)]
        rings.append([p for i, p in enumerate(whole) if i == 0 or p != whole[i - 1]])
    rings.sort(key=len, reverse=True)
    lines = ",\n".join(json.dumps(ring, separators=(",", ":")) for ring in rings)
    OUT.write_text(f"[\n{lines}\n]\n", encoding="utf-8")
    print(f"{len(rings)} rings, {sum(map(len, rings))} points, {OUT.stat().st_size} bytes")


if __name__ == "__main__":
    main(sys.argv[1])
