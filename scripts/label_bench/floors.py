"""What others' programs need for the same labels, and ours, each as one function of serials."""

import io
from collections import deque
from collections.abc import Callable, Sequence

import numpy as np
import zxingcpp
from PIL import Image
from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas

from tracer.labels.cells import (
    LABELS_PER_PAGE,
    LINE_MM,
    SYMBOL_MM,
    TEXT_X_MM,
    Cell,
    first_line_mm,
    type_mm,
)
from tracer.labels.pdf import write_sheets
from tracer.labels.png import MODULE_PX, symbol_pngs
from tracer.labels.run import LabelRun
from tracer.labels.svg import symbol_svgs
from tracer.labels.symbol import QUIET_MODULES

Work = Callable[[LabelRun, Sequence[str]], None]
_QR = zxingcpp.BarcodeFormat.QRCode


def _encode(uri: str) -> zxingcpp.Barcode:
    """One symbol, of the same error correction as ours."""
    return zxingcpp.create_barcode(uri, _QR, ec_level="M")


def zxing_symbols(run: LabelRun, serials: Sequence[str]) -> None:
    """Bare matrices."""
    for serial in serials:
        np.asarray(_encode(run.uri(serial)).to_image(scale=1))


def zxing_pngs(run: LabelRun, serials: Sequence[str]) -> None:
    """Matrices by zxing-cpp, files by pillow."""
    for serial in serials:
        pixels = np.asarray(_encode(run.uri(serial)).to_image(scale=MODULE_PX))
        Image.fromarray(pixels).save(io.BytesIO(), "PNG")


def zxing_svgs(run: LabelRun, serials: Sequence[str]) -> None:
    """Its own SVG."""
    for serial in serials:
        _encode(run.uri(serial)).to_svg()


def our_symbols(run: LabelRun, serials: Sequence[str]) -> None:
    """Packed symbols."""
    deque(run.symbols(serials), maxlen=0)


def our_pngs(run: LabelRun, serials: Sequence[str]) -> None:
    """Whole files in memory."""
    for _, tables, symbols in run.symbols(serials):
        deque(symbol_pngs(tables, symbols), maxlen=0)


def our_svgs(run: LabelRun, serials: Sequence[str]) -> None:
    """Whole files in memory."""
    for _, tables, symbols in run.symbols(serials):
        deque(symbol_svgs(tables, symbols), maxlen=0)


def our_sheets(run: LabelRun, serials: Sequence[str]) -> None:
    """A document in memory."""
    write_sheets(io.BytesIO(), run, serials, title="Labels")


def reportlab_sheets(run: LabelRun, serials: Sequence[str]) -> None:
    """The same sheets, with symbols from our tables: only the document is reportlab's."""
    canvas, place = Canvas(io.BytesIO(), A4, pageCompression=1), 0
    gtin, lot, _, expiry = lines = run.label(serials[0]).text_lines
    type_pt, leading_pt = type_mm(lines) * mm, LINE_MM * mm
    cells = [Cell.at(number) for number in range(LABELS_PER_PAGE)]
    bases_pt = [A4[1] - first_line_mm(cell, lines) * mm for cell in cells]
    for names, tables, symbols in run.symbols(serials):
        side = (tables.size, tables.size)
        for serial, symbol in zip(names, symbols, strict=True):
            image = Image.frombytes("1", side, symbol.tobytes(), "raw", "1;I")
            cell, base_pt = cells[place], bases_pt[place]
            _draw_symbol(canvas, cell, image)
            text = canvas.beginText((cell.left_mm + TEXT_X_MM) * mm, base_pt)
            text.setFont("Helvetica", type_pt, leading_pt)
            for line in (gtin, lot, f"(21) {serial}", expiry):
                text.textLine(line)
            canvas.drawText(text)
            place = (place + 1) % LABELS_PER_PAGE
            if place == 0:
                canvas.showPage()
    canvas.save()


def _draw_symbol(canvas: Canvas, cell: Cell, image: Image.Image) -> None:
    module_mm = SYMBOL_MM / (image.width + 2 * QUIET_MODULES)
    side_pt = image.width * module_mm * mm
    left_mm = cell.symbol_left_mm + QUIET_MODULES * module_mm
    top_mm = cell.symbol_top_mm + QUIET_MODULES * module_mm
    bottom_pt = A4[1] - top_mm * mm - side_pt
    canvas.drawInlineImage(image, left_mm * mm, bottom_pt, side_pt, side_pt)
