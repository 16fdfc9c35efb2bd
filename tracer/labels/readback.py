"""Labels read from files that were written, by programs that did not write them.

QR codes are read by zxing-cpp, PDF pages are taken apart by qpdf, pictures by pillow. What is read
are the modules as they stand in the file; how paper and ink treat them no program can say.
"""

import csv
import io
import re
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import Final
from xml.etree import ElementTree as ET

import pikepdf
import zxingcpp
from PIL import Image, ImageDraw

from tracer.labels.archive import member_name
from tracer.labels.cells import LABELS_PER_PAGE
from tracer.labels.lines import CSV_COLUMNS
from tracer.labels.parts import Form, Part
from tracer.labels.symbol import QUIET_MODULES

_MODULE_PX: Final = 4  # of symbols that are drawn from a module a pixel
_MODULES_ACROSS: Final = re.compile(rb"/W (\d+)")
_DIGITS: Final = re.compile(rb"ID\s([0-9a-fA-F\s]+)>")
_RECTANGLE: Final = re.compile(r"M(\d+) (\d+)h(\d+)v1h-\d+z")
_PATH: Final = "{http://www.w3.org/2000/svg}path"
_QR: Final = zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode)

Reader = Callable[[Path, Part, Sequence[tuple[int, str]]], Iterator[str]]


def read_labels(
    path: Path, form: Form, part: Part, wanted: Sequence[tuple[int, str]]
) -> Iterator[str]:
    """What some labels of a part say.

    Args:
        path: the part's file.
        form: its form.
        part: which it is.
        wanted: 0-based numbers in the part, ascending, and the serials that stand there.

    Yields:
        The link of each, in order; "" where there is nothing to read, or where the text beside a
        PDF's symbol names another serial.

    Raises:
        OSError: the file cannot be read.
        ValueError: it is damaged.
    """
    try:
        yield from _READERS[form](path, part, wanted)
    except (pikepdf.PdfError, zipfile.BadZipFile, ET.ParseError, csv.Error, LookupError) as error:
        raise ValueError(f"{path.name} is damaged: {error}") from error


def _read_csv(path: Path, _part: Part, wanted: Sequence[tuple[int, str]]) -> Iterator[str]:
    with path.open(encoding="utf-8", newline="") as file:
        rows = csv.DictReader(file, CSV_COLUMNS)
        next(rows, None)
        at = -1
        for number, serial in wanted:
            row: Mapping[str, str] = {}
            while at < number:
                row, at = next(rows, {}), at + 1
            yield row["uri"] if row.get("serial") == serial else ""


def _read_pdf(path: Path, _part: Part, wanted: Sequence[tuple[int, str]]) -> Iterator[str]:
    with pikepdf.open(path) as document:
        for page, places in groupby(wanted, lambda pair: pair[0] // LABELS_PER_PAGE):
            labels = _page_labels(document.pages[page])
            for number, serial in places:
                place = number % LABELS_PER_PAGE
                modules, lines = labels[place] if place < len(labels) else (None, [])
                printed = modules is not None and f"(21) {serial}" in lines
                yield _read_symbol(modules) if printed and modules else ""


def _page_labels(page: pikepdf.Page) -> list[tuple[Image.Image, list[str]]]:
    """Symbols of a page, a pixel a module, and the text that follows each."""
    labels: list[tuple[Image.Image, list[str]]] = []
    for step in pikepdf.parse_content_stream(page):
        if isinstance(step, pikepdf.ContentStreamInlineImage):
            labels.append((_inline_image(step.iimage.unparse()), []))
        elif str(step.operator) == "'" and labels:
            labels[-1][1].append(str(step.operands[0]))
    return labels


def _inline_image(source: bytes) -> Image.Image:
    across, digits = _MODULES_ACROSS.search(source), _DIGITS.search(source)
    if not across or not digits:
        raise ValueError("a page holds an image that is no symbol of ours")
    side = int(across[1])
    return Image.frombytes(
        "1", (side, side), bytes.fromhex(digits[1].decode("ascii")), "raw", "1;I"
    )


def _read_pictures(
    draw: Callable[[bytes], Image.Image],
    suffix: str,
    path: Path,
    part: Part,
    wanted: Sequence[tuple[int, str]],
) -> Iterator[str]:
    with zipfile.ZipFile(path) as archive:
        for number, serial in wanted:
            name = member_name(part.first + number + 1, serial, suffix)
            yield _decode(draw(archive.read(name)))


def _open_png(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data)).convert("L")


def _draw_svg(data: bytes) -> Image.Image:
    """The rectangles that our pictures are made of; every other path would be left out."""
    root = ET.fromstring(data)  # noqa: S314 - written here a moment ago, and checked by its hash
    side = int(root.attrib["viewBox"].split()[2])
    modules = Image.new("1", (side, side), 1)
    draw = ImageDraw.Draw(modules)
    for path in root.iter(_PATH):
        for x, y, width in _RECTANGLE.findall(path.attrib["d"]):
            draw.line((int(x), int(y), int(x) + int(width) - 1, int(y)), fill=0)
    return modules.resize((side * _MODULE_PX, side * _MODULE_PX), Image.Resampling.NEAREST)


def _read_symbol(modules: Image.Image) -> str:
    """A symbol without its quiet zone."""
    side = modules.width + 2 * QUIET_MODULES
    whole = Image.new("1", (side, side), 1)
    whole.paste(modules, (QUIET_MODULES, QUIET_MODULES))
    return _decode(whole.resize((side * _MODULE_PX, side * _MODULE_PX), Image.Resampling.NEAREST))


def _decode(picture: Image.Image) -> str:
    found = zxingcpp.read_barcodes(picture.convert("L"), formats=_QR)
    return found[0].text if len(found) == 1 else ""


_READERS: Final[Mapping[Form, Reader]] = {
    Form.CSV: _read_csv,
    Form.PDF: _read_pdf,
    Form.PNG: partial(_read_pictures, _open_png, "png"),
    Form.SVG: partial(_read_pictures, _draw_svg, "svg"),
}
