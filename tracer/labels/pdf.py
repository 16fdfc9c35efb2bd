"""Sheets of labels as PDF, many thousands of labels a second.

A page is a content stream of its own (ISO 32000-1 §8.9.7 inline images): each symbol an image of
one bit a module, which printers scale exactly, and its text in Helvetica. Pages are written as
they come, so a run of any length needs the memory of one page.
"""

import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import IO, Final

from tracer.labels.cells import (
    GREY,
    LABELS_PER_PAGE,
    LINE_MM,
    PAGE_HEIGHT_MM,
    PAGE_WIDTH_MM,
    SYMBOL_MM,
    TEXT_X_MM,
    Cell,
    cutting_marks,
    first_line_mm,
    is_wide,
    type_mm,
)
from tracer.labels.qr import TinLabel
from tracer.labels.run import LabelRun
from tracer.labels.symbol import QUIET_MODULES

_POINTS_PER_MM: Final = 72 / 25.4
_LEVEL: Final = 1  # pages are hexadecimal digits; higher levels cost twice the time for 4 %
_LINE_WIDTH: Final = 0.25  # points
_CATALOG, _PAGES, _FONT, _MARKS, _INFO = 1, 2, 3, 4, 5


def _pt(length_mm: float) -> str:
    return f"{length_mm * _POINTS_PER_MM:.3f}"


@dataclass(frozen=True, slots=True)
class _Frame:
    """What all labels in one place of the page have in common.

    Attributes:
        image: before the symbol's digits.
        text: after them, before the serial.
        end: after it.
    """

    image: bytes
    text: bytes
    end: bytes


def write_sheets(file: IO[bytes], run: LabelRun, serials: Sequence[str], *, title: str) -> int:
    """Write labels, row by row on as many pages as needed; the same labels give the same bytes.

    Args:
        file: to write to, from its beginning.
        run: what the tins have in common.
        serials: in the order of printing.
        title: of the document.

    Returns:
        How many pages.

    Raises:
        LimitExceededError: a link is longer than a label's symbol can hold.
    """
    document = _Document(file, title)
    labels = _draw_labels(run, serials)
    page: list[bytes] = []
    for drawn in labels:
        page.append(drawn)
        if len(page) == LABELS_PER_PAGE:
            document.add_page(page)
            page = []
    if page:
        document.add_page(page)
    return document.close()


def _draw_labels(run: LabelRun, serials: Sequence[str]) -> Iterator[bytes]:
    frames: dict[tuple[int, int, int, bool], _Frame] = {}
    place = 0
    for names, tables, symbols in run.symbols(serials):
        digits = symbols.reshape(len(names), -1).tobytes().hex().encode("ascii")
        step = 2 * tables.size * tables.row_bytes
        for at, serial in zip(range(0, len(digits), step), names, strict=True):
            key = place, tables.size, len(serial), is_wide(serial)
            frame = frames.get(key)
            if frame is None:
                frame = frames[key] = _frame(place, tables.size, run.label(serial))
            text = serial.encode("ascii") if serial.isalnum() else _escape(serial)
            yield frame.image + digits[at : at + step] + frame.text + text + frame.end
            place = (place + 1) % LABELS_PER_PAGE


def _frame(place: int, size: int, label: TinLabel) -> _Frame:
    cell, lines = Cell.at(place), label.text_lines
    module_mm = SYMBOL_MM / (size + 2 * QUIET_MODULES)
    left_mm = cell.symbol_left_mm + QUIET_MODULES * module_mm
    bottom_mm = PAGE_HEIGHT_MM - cell.symbol_top_mm - (QUIET_MODULES + size) * module_mm
    side = _pt(size * module_mm)
    image = (
        f"q {side} 0 0 {side} {_pt(left_mm)} {_pt(bottom_mm)} cm BI /W {size} /H {size} "
        "/IM true /D [1 0] /F /AHx ID "
    )
    base_mm = PAGE_HEIGHT_MM - first_line_mm(cell, lines) + LINE_MM
    text = (
        f"> EI Q BT /F {_pt(type_mm(lines))} Tf {_pt(LINE_MM)} TL "
        f"{_pt(cell.left_mm + TEXT_X_MM)} {_pt(base_mm)} Td "
    )
    serial = str(label.link.serial)
    at = next(number for number, line in enumerate(lines) if line == f"(21) {serial}")
    before = b"".join([b"(%b)' " % _escape(line) for line in lines[:at]])
    after = b"".join([b"(%b)' " % _escape(line) for line in lines[at + 1 :]])
    ai = _escape("(21) ")
    return _Frame(image.encode(), text.encode() + before + b"(" + ai, b")' " + after + b"ET\n")


def _escape(line: str) -> bytes:
    """A line as a literal string; identifiers are ASCII."""
    text = line.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")
    return text.encode("ascii")


def _marks() -> bytes:
    lines = [
        f"{_pt(x1)} {_pt(PAGE_HEIGHT_MM - y1)} m {_pt(x2)} {_pt(PAGE_HEIGHT_MM - y2)} l S"
        for x1, y1, x2, y2 in cutting_marks()
    ]
    return f"{GREY} G {_LINE_WIDTH} w\n".encode() + "\n".join(lines).encode()


class _Document:
    """A PDF that grows page by page."""

    def __init__(self, file: IO[bytes], title: str) -> None:
        self._file = file
        self._places: dict[int, int] = {}
        self._pages: list[int] = []
        self._at = 0
        self._write(b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n")
        self._object(
            _FONT,
            b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>",
        )
        self._stream(_MARKS, _marks())
        hexadecimal = title.encode("utf-16-be").hex()
        self._object(_INFO, f"<</Title<feff{hexadecimal}>>>".encode())

    def add_page(self, labels: Sequence[bytes]) -> None:
        """Add a page of drawn labels."""
        content = len(self._places) + 3  # the catalogue and the list of pages come last
        self._stream(content, b"0 g\n" + b"".join(labels))
        self._object(
            content + 1,
            f"<</Type/Page/Parent {_PAGES} 0 R/MediaBox[0 0 {_pt(PAGE_WIDTH_MM)} "
            f"{_pt(PAGE_HEIGHT_MM)}]/Resources<</Font<</F {_FONT} 0 R>>>>"
            f"/Contents[{_MARKS} 0 R {content} 0 R]>>".encode(),
        )
        self._pages.append(content + 1)

    def close(self) -> int:
        """Write what a reader begins with; how many pages there are."""
        kids = " ".join(f"{number} 0 R" for number in self._pages)
        self._object(_PAGES, f"<</Type/Pages/Count {len(self._pages)}/Kids[{kids}]>>".encode())
        self._object(_CATALOG, f"<</Type/Catalog/Pages {_PAGES} 0 R>>".encode())
        start, count = self._at, len(self._places) + 1
        rows = "".join(f"{self._places[number]:010d} 00000 n \n" for number in range(1, count))
        self._write(
            f"xref\n0 {count}\n0000000000 65535 f \n{rows}trailer\n"
            f"<</Size {count}/Root {_CATALOG} 0 R/Info {_INFO} 0 R>>\n"
            f"startxref\n{start}\n%%EOF\n".encode()
        )
        return len(self._pages)

    def _stream(self, number: int, data: bytes) -> None:
        packed = zlib.compress(data, _LEVEL)
        head = f"<</Length {len(packed)}/Filter/FlateDecode>>stream\n".encode()
        self._object(number, head + packed + b"\nendstream")

    def _object(self, number: int, body: bytes) -> None:
        self._places[number] = self._at
        self._write(b"%d 0 obj\n%b\nendobj\n" % (number, body))

    def _write(self, data: bytes) -> None:
        self._file.write(data)
        self._at += len(data)
