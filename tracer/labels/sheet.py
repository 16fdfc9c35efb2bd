"""A sheet of labels on A4 for an office printer: 3 columns of 8, 70 x 37 mm each.

Small runs only: a filling line takes data, not pictures.
"""

import io
from collections.abc import Sequence
from dataclasses import dataclass

from PIL import Image, ImageDraw, ImageFont
from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas

from tracer.errors import LimitExceededError
from tracer.labels.qr import TinLabel, dark_runs
from tracer.labels.symbol import QUIET_MODULES

COLUMNS, ROWS = 3, 8
LABELS_PER_PAGE = COLUMNS * ROWS
MAX_PAGES = 50  # 1,200 labels: some seconds; more is a job for a line printer
LABEL_WIDTH_MM, LABEL_HEIGHT_MM = 70.0, 37.125  # the common self-adhesive sheet: 3 x 8 fill A4
PAGE_WIDTH_MM, PAGE_HEIGHT_MM = 210.0, 297.0
SYMBOL_MM = 28.0  # with its quiet zone
_MARGIN_MM = 4.5
_TEXT_X_MM = _MARGIN_MM + SYMBOL_MM + 1.5
_TYPE_MM = 2.75
_LINE_MM = 4.6
_GLYPH_WIDTH = 0.56  # of the type size, Helvetica digits and capitals on average
_CUT_MM = 2.0  # length of the cutting marks
_GREY = 0.72
DPI = 300
_MM_PER_INCH = 25.4


@dataclass(frozen=True, slots=True)
class _Cell:
    """One label's place on the page.

    Attributes:
        left_mm: from the page's left edge.
        top_mm: from the page's top edge.
    """

    left_mm: float
    top_mm: float

    @classmethod
    def at(cls, index: int) -> "_Cell":
        row, column = divmod(index % LABELS_PER_PAGE, COLUMNS)
        return cls(column * LABEL_WIDTH_MM, row * LABEL_HEIGHT_MM)

    @property
    def symbol_top_mm(self) -> float:
        return self.top_mm + (LABEL_HEIGHT_MM - SYMBOL_MM) / 2


def _type_mm(label: TinLabel) -> float:
    room_mm = LABEL_WIDTH_MM - _TEXT_X_MM - 2
    longest = max(map(len, label.text_lines))
    return min(_TYPE_MM, room_mm / (longest * _GLYPH_WIDTH))


def _first_line_mm(cell: _Cell, label: TinLabel) -> float:
    """Base line of the first text line, so that the block stands in the middle of the label."""
    block_mm = (len(label.text_lines) - 1) * _LINE_MM + _TYPE_MM
    return cell.top_mm + (LABEL_HEIGHT_MM - block_mm) / 2 + _TYPE_MM


def build_sheet_pdf(labels: Sequence[TinLabel], *, title: str = "Labels") -> bytes:
    """A PDF of as many pages as needed; the same labels give the same bytes.

    Args:
        labels: 1 to 1,200, in the order of printing, row by row.
        title: of the document.

    Raises:
        LimitExceededError: none, or more than fit 50 pages.
    """
    _check_count(labels, MAX_PAGES)
    buffer = io.BytesIO()
    canvas = Canvas(buffer, pagesize=A4, invariant=1)
    canvas.setTitle(title)
    for index, label in enumerate(labels):
        if index and index % LABELS_PER_PAGE == 0:
            canvas.showPage()
        if index % LABELS_PER_PAGE == 0:
            _draw_cutting_marks(canvas)
        _draw_label(canvas, label, _Cell.at(index))
    canvas.showPage()
    canvas.save()
    return buffer.getvalue()


def _draw_cutting_marks(canvas: Canvas) -> None:
    canvas.setStrokeGray(_GREY)
    canvas.setLineWidth(0.25)
    for column in range(1, COLUMNS):
        for row in range(ROWS + 1):
            x, y = column * LABEL_WIDTH_MM, PAGE_HEIGHT_MM - row * LABEL_HEIGHT_MM
            canvas.line((x - _CUT_MM) * mm, y * mm, (x + _CUT_MM) * mm, y * mm)
            canvas.line(x * mm, (y - _CUT_MM) * mm, x * mm, (y + _CUT_MM) * mm)


def _draw_label(canvas: Canvas, label: TinLabel, cell: _Cell) -> None:
    module_mm = SYMBOL_MM / (label.symbol.size + 2 * QUIET_MODULES)
    left_mm = cell.left_mm + _MARGIN_MM
    path = canvas.beginPath()
    for y, x, length in dark_runs(label.symbol):
        x_mm = left_mm + (x + QUIET_MODULES) * module_mm
        bottom_mm = PAGE_HEIGHT_MM - cell.symbol_top_mm - (y + 1 + QUIET_MODULES) * module_mm
        path.rect(x_mm * mm, bottom_mm * mm, length * module_mm * mm, module_mm * mm)
    canvas.setFillGray(0)
    canvas.drawPath(path, stroke=0, fill=1)
    canvas.setFont("Helvetica", _type_mm(label) * mm)
    for number, line in enumerate(label.text_lines):
        y_mm = PAGE_HEIGHT_MM - _first_line_mm(cell, label) - number * _LINE_MM
        canvas.drawString((cell.left_mm + _TEXT_X_MM) * mm, y_mm * mm, line)


def build_sheet_png(labels: Sequence[TinLabel]) -> bytes:
    """One page as a black and white PNG at 300 dpi.

    Args:
        labels: 1 to 24, in the order of printing, row by row.

    Raises:
        LimitExceededError: none, or more than fit one page.
    """
    _check_count(labels, 1)
    page = Image.new("L", (_px(PAGE_WIDTH_MM), _px(PAGE_HEIGHT_MM)), 255)
    draw = ImageDraw.Draw(page)
    for index, label in enumerate(labels):
        _paint_label(draw, label, _Cell.at(index))
    buffer = io.BytesIO()
    page.convert("1", dither=Image.Dither.NONE).save(buffer, "PNG", dpi=(DPI, DPI), optimize=True)
    return buffer.getvalue()


def _paint_label(draw: ImageDraw.ImageDraw, label: TinLabel, cell: _Cell) -> None:
    """Whole pixels per module: a symbol with modules of unequal width reads badly."""
    modules = label.symbol.size + 2 * QUIET_MODULES
    module_px = _px(SYMBOL_MM) // modules
    left = _px(cell.left_mm + _MARGIN_MM) + (_px(SYMBOL_MM) - modules * module_px) // 2
    top = _px(cell.symbol_top_mm) + (_px(SYMBOL_MM) - modules * module_px) // 2
    for y, x, length in dark_runs(label.symbol):
        x_px, y_px = left + (x + QUIET_MODULES) * module_px, top + (y + QUIET_MODULES) * module_px
        corner = (x_px + length * module_px - 1, y_px + module_px - 1)
        draw.rectangle(((x_px, y_px), corner), fill=0)
    font = ImageFont.load_default(size=_type_mm(label) * DPI / _MM_PER_INCH)
    for number, line in enumerate(label.text_lines):
        base = _px(_first_line_mm(cell, label) + number * _LINE_MM)
        draw.text((_px(cell.left_mm + _TEXT_X_MM), base), line, fill=0, font=font, anchor="ls")


def _px(length_mm: float) -> int:
    return round(length_mm * DPI / _MM_PER_INCH)


def _check_count(labels: Sequence[TinLabel], pages: int) -> None:
    most = pages * LABELS_PER_PAGE
    if not 1 <= len(labels) <= most:
        raise LimitExceededError(
            f"{len(labels)} labels were asked for; 1 to {most:,} can be printed at once",
            hint="Ask for a part of the batch.",
        )
