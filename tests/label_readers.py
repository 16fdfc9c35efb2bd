"""Two decoders that share no code with each other or with what draws labels."""

import json
import re
import shutil
import struct
import subprocess
from collections.abc import Sequence
from pathlib import Path
from xml.etree import ElementTree as ET

import pypdfium2
import zxingcpp
from PIL import Image, ImageDraw

from tracer.labels.cells import LABEL_HEIGHT_MM, LABEL_WIDTH_MM, LABELS_PER_PAGE, Cell

NODE = shutil.which("node") or ""
SCRIPT = Path(__file__).parent / "read_symbols.js"
DPI = 300
PX_PER_MM = DPI / 25.4
SVG_PX = 6


def read_zxing(pictures: Sequence[Image.Image]) -> list[str]:
    """What pictures with one symbol each say; "" where there is none, or more."""
    found = [zxingcpp.read_barcodes(picture.convert("L")) for picture in pictures]
    return [codes[0].text if len(codes) == 1 else "" for codes in found]


def read_node(pictures: Sequence[Image.Image]) -> list[str]:
    """The same by the decoder that the page uses, in Node."""
    grey = [picture.convert("L") for picture in pictures]
    data = b"".join(struct.pack("<2I", *one.size) + one.tobytes() for one in grey)
    done = subprocess.run([NODE, SCRIPT], input=data, capture_output=True, check=True)
    return list(json.loads(done.stdout))


def cut_pages(pdf: Path, pages: Sequence[int]) -> list[Image.Image]:
    """Labels of some pages, as a printer of 300 dpi would see them."""
    document = pypdfium2.PdfDocument(pdf)
    labels = []
    for number in pages:
        page = document[number].render(scale=DPI / 72).to_pil()
        for cell in map(Cell.at, range(LABELS_PER_PAGE)):
            box = (cell.left_mm, cell.top_mm, cell.left_mm + LABEL_WIDTH_MM,
                   cell.top_mm + LABEL_HEIGHT_MM)  # fmt: skip
            labels.append(page.crop(tuple(round(mm * PX_PER_MM) for mm in box)))
    document.close()
    return labels


def draw_svg(text: bytes) -> Image.Image:
    """A picture of a symbol that is one path of rectangles."""
    root = ET.fromstring(text)
    side = int(root.attrib["viewBox"].split()[2]) * SVG_PX
    image = Image.new("L", (side, side), 255)
    draw = ImageDraw.Draw(image)
    path = list(root.iter("{http://www.w3.org/2000/svg}path"))[-1].attrib["d"]
    for x, y, width in re.findall(r"M(\d+) (\d+)h(\d+)v1h-\d+z", path):
        left, top = int(x) * SVG_PX, int(y) * SVG_PX
        draw.rectangle((left, top, left + int(width) * SVG_PX - 1, top + SVG_PX - 1), fill=0)
    return image
