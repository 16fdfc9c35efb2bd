"""One tin's label as PNG and SVG: the symbol, and under it the same in digits and letters."""

import io
from dataclasses import dataclass
from functools import cached_property
from xml.sax.saxutils import escape, quoteattr

from PIL import Image, ImageDraw, ImageFont

from tracer.domain.identifiers import DigitalLink
from tracer.labels.symbol import QUIET_MODULES, Level, Symbol, build_symbol

MODULE_MM = 0.5  # GS1 General Specifications: 0.396 to 0.990 mm on retail items
_MM_PER_INCH = 25.4
_LINE_HEIGHT = 1.25  # of the type size
_GLYPH_WIDTH = 0.62  # of the type size: the widest digits and capitals of common sans serifs
_TEXT_GAP = 0.5  # modules between the quiet zone and the first line
MAX_TYPE_MODULES = 2.4  # larger type than this looks clumsy beside the symbol
_DARK, _LIGHT = 0, 255


@dataclass(frozen=True)
class TinLabel:
    """What is printed on one tin.

    Attributes:
        link: GTIN, lot, serial and expiry.
        origin: scheme and host that answer scans, such as `https://id.example.org`.
        level: error correction.
        mask: of the symbol; None lets the encoder choose.
    """

    link: DigitalLink
    origin: str
    level: Level = "M"
    mask: int | None = None

    @property
    def uri(self) -> str:
        """What the symbol says; scheme and host in lower case."""
        return self.link.uri(self.origin.lower())

    @cached_property
    def symbol(self) -> Symbol:
        """The symbol, without quiet zone."""
        return build_symbol(self.uri, level=self.level, mask=self.mask)

    @property
    def text_lines(self) -> tuple[str, ...]:
        """Human readable interpretation: application identifiers in parentheses, then the data."""
        link = self.link
        pairs = (("01", link.gtin), ("10", link.lot), ("21", link.serial), ("17", link.expiry))
        return tuple(f"({ai}) {value}" for ai, value in pairs if value)


@dataclass(frozen=True, slots=True)
class _Layout:
    """Where things stand, in modules from the top left corner."""

    side: int
    type_size: float
    first_line: float
    height: float

    @classmethod
    def of(cls, label: TinLabel) -> "_Layout":
        size = label.symbol.size
        longest = max(map(len, label.text_lines))
        type_size = min(MAX_TYPE_MODULES, size / (longest * _GLYPH_WIDTH))
        first_line = size + 2 * QUIET_MODULES + _TEXT_GAP
        text = len(label.text_lines) * type_size * _LINE_HEIGHT
        return cls(size + 2 * QUIET_MODULES, type_size, first_line, first_line + text + 2)


def render_png(label: TinLabel, *, module_px: int = 10) -> bytes:
    """The label as a PNG of one byte a pixel, with its printing resolution.

    Args:
        label: what to print.
        module_px: pixels per module; the file says that a module is 0.5 mm wide.
    """
    layout = _Layout.of(label)
    size = (layout.side * module_px, round(layout.height * module_px))
    image = Image.new("L", size, _LIGHT)
    image.paste(_symbol_image(label.symbol, module_px), (QUIET_MODULES * module_px,) * 2)
    draw = ImageDraw.Draw(image)
    font = ImageFont.load_default(size=layout.type_size * module_px)
    for index, line in enumerate(label.text_lines):
        y = (layout.first_line + index * layout.type_size * _LINE_HEIGHT) * module_px
        draw.text((QUIET_MODULES * module_px, y), line, fill=_DARK, font=font)
    dpi = module_px / MODULE_MM * _MM_PER_INCH
    buffer = io.BytesIO()
    image.save(buffer, "PNG", dpi=(dpi, dpi), optimize=True)
    return buffer.getvalue()


def _symbol_image(symbol: Symbol, module_px: int) -> Image.Image:
    """Only the symbol, one grey value a pixel."""
    pixels = bytes(_DARK if dark else _LIGHT for row in symbol.rows for dark in row)
    image = Image.frombytes("L", (symbol.size, symbol.size), pixels)
    side = symbol.size * module_px
    return image.resize((side, side), Image.Resampling.NEAREST)


def render_svg(label: TinLabel) -> str:
    """The label as SVG: one path, real text, sized in millimetres."""
    layout = _Layout.of(label)
    width, height = layout.side * MODULE_MM, layout.height * MODULE_MM
    lines = [
        f'<text x="{QUIET_MODULES}" '
        f'y="{layout.first_line + (index + 0.8) * layout.type_size * _LINE_HEIGHT:.3f}">'
        f"{escape(line)}</text>"
        for index, line in enumerate(label.text_lines)
    ]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.3f}mm" height="{height:.3f}mm" '
        f'viewBox="0 0 {layout.side} {layout.height:.3f}" role="img" '
        f"aria-label={quoteattr(label.uri)}>\n"
        f'<rect width="100%" height="100%" fill="#fff"/>\n'
        f'<path fill="#000" shape-rendering="crispEdges" d="{svg_path(label.symbol)}"/>\n'
        f'<g fill="#000" font-family="Helvetica, Arial, sans-serif" '
        f'font-size="{layout.type_size:.3f}">\n' + "\n".join(lines) + "\n</g>\n</svg>\n"
    )


def svg_path(symbol: Symbol) -> str:
    """The dark modules as SVG path data: one rectangle per horizontal run, quiet zone left out."""
    parts = []
    for y, x, length in dark_runs(symbol):
        parts.append(f"M{x + QUIET_MODULES} {y + QUIET_MODULES}h{length}v1h-{length}z")
    return "".join(parts)


def dark_runs(symbol: Symbol) -> list[tuple[int, int, int]]:
    """Horizontal runs of dark modules: row, first column, length."""
    runs = []
    for y, row in enumerate(symbol.rows):
        x = 0
        while x < symbol.size:
            end = x
            while end < symbol.size and row[end]:
                end += 1
            if end > x:
                runs.append((y, x, end - x))
            x = end + 1
    return runs
