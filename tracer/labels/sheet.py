"""One sheet of labels as a picture, for a look at it or an office printer without PDF."""

import io
from collections.abc import Sequence
from typing import Final

from PIL import Image, ImageDraw, ImageFont

from tracer.errors import LimitExceededError
from tracer.labels.cells import (
    LABELS_PER_PAGE,
    LINE_MM,
    PAGE_HEIGHT_MM,
    PAGE_WIDTH_MM,
    SYMBOL_MM,
    TEXT_X_MM,
    Cell,
    first_line_mm,
    type_mm,
)
from tracer.labels.qr import TinLabel, dark_runs
from tracer.labels.symbol import QUIET_MODULES

DPI: Final = 300
_MM_PER_INCH: Final = 25.4


def build_sheet_png(labels: Sequence[TinLabel]) -> bytes:
    """One page as a black and white PNG at 300 dpi.

    Args:
        labels: 1 to 24, in the order of printing, row by row.

    Raises:
        LimitExceededError: none, or more than fit one page.
    """
    if not 1 <= len(labels) <= LABELS_PER_PAGE:
        raise LimitExceededError(
            f"{len(labels)} labels were asked for; a sheet holds 1 to {LABELS_PER_PAGE}",
            hint="Write a .pdf: it may have any number of sheets.",
        )
    page = Image.new("L", (_px(PAGE_WIDTH_MM), _px(PAGE_HEIGHT_MM)), 255)
    draw = ImageDraw.Draw(page)
    for index, label in enumerate(labels):
        _paint_label(draw, label, Cell.at(index))
    buffer = io.BytesIO()
    page.convert("1", dither=Image.Dither.NONE).save(buffer, "PNG", dpi=(DPI, DPI), optimize=True)
    return buffer.getvalue()


def _paint_label(draw: ImageDraw.ImageDraw, label: TinLabel, cell: Cell) -> None:
    """Whole pixels per module: a symbol with modules of unequal width reads badly."""
    modules = label.symbol.size + 2 * QUIET_MODULES
    module_px = _px(SYMBOL_MM) // modules
    left = _px(cell.symbol_left_mm) + (_px(SYMBOL_MM) - modules * module_px) // 2
    top = _px(cell.symbol_top_mm) + (_px(SYMBOL_MM) - modules * module_px) // 2
    for y, x, length in dark_runs(label.symbol):
        x_px, y_px = left + (x + QUIET_MODULES) * module_px, top + (y + QUIET_MODULES) * module_px
        corner = (x_px + length * module_px - 1, y_px + module_px - 1)
        draw.rectangle(((x_px, y_px), corner), fill=0)
    font = ImageFont.load_default(size=type_mm(label.text_lines) * DPI / _MM_PER_INCH)
    for number, line in enumerate(label.text_lines):
        base = _px(first_line_mm(cell, label.text_lines) + number * LINE_MM)
        draw.text((_px(cell.left_mm + TEXT_X_MM), base), line, fill=0, font=font, anchor="ls")


def _px(length_mm: float) -> int:
    return round(length_mm * DPI / _MM_PER_INCH)
