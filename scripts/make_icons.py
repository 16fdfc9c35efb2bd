#!/usr/bin/env python3
"""Draw the icons of the installed scan page from our mark: scanner_app/icons.

The PNGs are drawn eight times larger and made smaller, so that edges are smooth; they have eight
colours, since a phone fetches them. Their middle four fifths hold the mark, so that a phone may
cut them round (a "maskable" icon).
"""

from pathlib import Path
from typing import Final

from PIL import Image, ImageDraw

FOLDER: Final = Path(__file__).resolve().parents[1] / "scanner_app" / "icons"
GROUND, INK = "#3d4b58", "#ffffff"
SIZES: Final = (192, 512)
LARGER: Final = 8
COLOURS: Final = 8
SQUARE: Final = 24  # the mark's own units
MARK_SHARE: Final = 0.6  # of the icon's side
STROKE: Final = 2.0

SHIELD: Final = "M12 2 4 5v6c0 5 3.4 9.3 8 11 4.6-1.7 8-6 8-11V5z"
TICK: Final = ((8.5, 12.0), (11.0, 14.5), (15.5, 9.5))
CURVES: Final = (
    ((4.0, 11.0), (4.0, 16.0), (7.4, 20.3), (12.0, 22.0)),
    ((12.0, 22.0), (16.6, 20.3), (20.0, 16.0), (20.0, 11.0)),
)
POINTS_PER_CURVE: Final = 64
Point = tuple[float, float]


def curve(a: Point, b: Point, c: Point, d: Point) -> list[Point]:
    """Points of a cubic Bézier curve."""
    steps = [step / POINTS_PER_CURVE for step in range(POINTS_PER_CURVE + 1)]
    weights = [((1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t * t * (1 - t), t**3) for t in steps]
    return [
        tuple(sum(w * p[axis] for w, p in zip(ws, (a, b, c, d), strict=True)) for axis in (0, 1))
        for ws in weights
    ]  # type: ignore[misc]  # two axes make a point


def shield() -> list[Point]:
    """The outline of `SHIELD`, closed."""
    return [(12, 2), (4, 5), *curve(*CURVES[0]), *curve(*CURVES[1]), (20, 5), (12, 2)]


def draw(size: int) -> Image.Image:
    """The icon with so many pixels on a side."""
    side = size * LARGER
    image = Image.new("RGB", (side, side), GROUND)
    pen = ImageDraw.Draw(image)
    scale = side * MARK_SHARE / SQUARE
    margin = side * (1 - MARK_SHARE) / 2
    for line in (shield(), list(TICK)):
        points = [(margin + x * scale, margin + y * scale) for x, y in line]
        width = round(STROKE * scale)
        pen.line(points, fill=INK, width=width, joint="curve")
        for x, y in points:  # round ends and corners
            pen.ellipse([x - width / 2, y - width / 2, x + width / 2, y + width / 2], fill=INK)
    return image.resize((size, size), Image.Resampling.LANCZOS).quantize(COLOURS)


def main() -> None:
    """Write all icons."""
    FOLDER.mkdir(exist_ok=True)
    for size in SIZES:
        draw(size).save(FOLDER / f"{size}.png", optimize=True)
    tick = "m8.5 12 2.5 2.5 4.5-5"
    (FOLDER / "brand.svg").write_text(
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="-8 -8 40 40">'
        f'<path fill="{GROUND}" d="M-8-8h40v40H-8z"/>'
        f'<path fill="none" stroke="{INK}" stroke-width="2" stroke-linecap="round"'
        f' stroke-linejoin="round" d="{SHIELD}{tick}"/></svg>\n'
    )


if __name__ == "__main__":
    main()
