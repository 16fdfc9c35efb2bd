"""Labels and sheets, read back by a decoder that shares no code with the encoder."""

import io
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from xml.etree import ElementTree as ET

import pypdfium2
import pytest
import zxingcpp
from PIL import Image, ImageDraw

from tracer.domain.identifiers import DigitalLink, Gtin, Lot, Serial
from tracer.errors import LimitExceededError
from tracer.labels.cells import LABELS_PER_PAGE
from tracer.labels.pdf import write_sheets
from tracer.labels.qr import MODULE_MM, TinLabel, render_png, render_svg
from tracer.labels.run import LabelRun
from tracer.labels.sheet import build_sheet_png
from tracer.labels.symbol import FAST_MASK, QUIET_MODULES
from tracer.labels.terminal import terminal_qr
from tracer.operations.batch_file import load_batch_plan
from tracer.operations.plan import PlannedSerials
from tracer.samples import SAMPLE_NAMES, sample_path

ORIGIN = "https://id.example.org"
TODAY_UNIX = int(datetime(2026, 11, 22, tzinfo=UTC).timestamp())
SHEETS = 3  # of each sample: 216 labels in all


def label(serial: str = "KBB7F21FC", lot: str = "A26B11K1", **more: str) -> TinLabel:
    link = DigitalLink(
        Gtin.parse("09520010001015"), Lot.parse(lot), Serial.parse(serial), more.get("expiry")
    )
    return TinLabel(link, more.get("origin", ORIGIN))


def sample_labels(name: str, count: int) -> list[TinLabel]:
    """Labels of tins spread over the whole batch."""
    plan = load_batch_plan(sample_path(name), now_unix=TODAY_UNIX)
    (item,) = [item for item in plan.items if isinstance(item, PlannedSerials)]
    step = len(item.serials) // count
    return [
        TinLabel(DigitalLink(plan.gtin, plan.lot, serial), ORIGIN, mask=FAST_MASK)
        for serial in item.serials[: step * count : step]
    ]


def build_sheet_pdf(labels: list[TinLabel]) -> bytes:
    """The labels' tins in one run."""
    link = labels[0].link
    assert link.lot
    run = LabelRun(link.gtin, link.lot, link.expiry, labels[0].origin)
    stream = io.BytesIO()
    write_sheets(stream, run, [str(one.link.serial) for one in labels], title="Labels (1)")
    return stream.getvalue()


def read(image: Image.Image) -> list[str]:
    return sorted(code.text for code in zxingcpp.read_barcodes(image))


def uris(labels: list[TinLabel]) -> list[str]:
    return sorted(one.uri for one in labels)


def pages(pdf: bytes) -> Iterator[Image.Image]:
    document = pypdfium2.PdfDocument(pdf)
    for page in document:
        yield page.render(scale=300 / 72).to_pil()
    document.close()


class TestLabel:
    def test_text_is_that_of_the_symbol(self) -> None:
        printed = label(expiry="280210")
        assert printed.text_lines == (
            "(01) 09520010001015", "(10) A26B11K1", "(21) KBB7F21FC", "(17) 280210",
        )  # fmt: skip
        assert DigitalLink.parse(printed.uri) == printed.link

    def test_host_is_lower_case(self) -> None:
        assert label(origin="HTTPS://ID.Example.ORG").uri.startswith("https://id.example.org/01/")

    def test_png_is_read(self) -> None:
        image = Image.open(io.BytesIO(render_png(label(expiry="280210"))))
        assert read(image) == [f"{ORIGIN}/01/09520010001015/10/A26B11K1/21/KBB7F21FC?17=280210"]
        assert image.info["dpi"][0] == pytest.approx(10 / MODULE_MM * 25.4, abs=0.1)

    def test_png_has_a_quiet_zone_of_four_modules(self) -> None:
        image = Image.open(io.BytesIO(render_png(label(), module_px=5)))
        width = QUIET_MODULES * 5
        for box in (
            (0, 0, image.width, width),
            (0, 0, width, image.width),
            (image.width - width, 0, image.width, image.width),
            (0, image.width - width, image.width, image.width),
        ):
            assert image.crop(box).getextrema() == (255, 255)

    @pytest.mark.parametrize("lot", ["A", "A26B11K1", "ABCDEFGHIJ0123456789", 'a/b%"&<>'])
    def test_text_stays_on_the_label(self, lot: str) -> None:
        printed = label(lot=lot)
        image = Image.open(io.BytesIO(render_png(printed)))
        assert image.crop((image.width - 30, 0, image.width, image.height)).getextrema()[0] == 255
        assert image.crop((0, image.height - 5, image.width, image.height)).getextrema()[0] == 255
        assert read(image) == [printed.uri]
        texts = ET.fromstring(render_svg(printed)).iter("{http://www.w3.org/2000/svg}text")
        assert [text.text for text in texts] == list(printed.text_lines)

    def test_svg_is_read(self) -> None:
        printed = label(expiry="280210")
        svg = ET.fromstring(render_svg(printed))
        side = int(svg.attrib["viewBox"].split()[2])
        path = svg.find("{http://www.w3.org/2000/svg}path")
        assert path is not None
        image = Image.new("L", (side * 6, side * 6), 255)
        draw = ImageDraw.Draw(image)
        for x, y, width in re.findall(r"M(\d+) (\d+)h(\d+)v1h-\d+z", path.attrib["d"]):
            left, top = int(x) * 6, int(y) * 6
            draw.rectangle((left, top, left + int(width) * 6 - 1, top + 5), fill=0)
        assert read(image) == [printed.uri]
        assert svg.attrib["width"] == f"{side * MODULE_MM:.3f}mm"

    def test_same_label_gives_the_same_bytes(self) -> None:
        assert render_png(label()) == render_png(label())
        assert render_svg(label()) == render_svg(label())


class TestSheet:
    @pytest.mark.parametrize("name", SAMPLE_NAMES)
    def test_every_label_of_a_pdf_is_read(self, name: str) -> None:
        labels = sample_labels(name, SHEETS * LABELS_PER_PAGE)
        found = [text for page in pages(build_sheet_pdf(labels)) for text in read(page)]
        assert sorted(found) == uris(labels)

    @pytest.mark.parametrize("name", SAMPLE_NAMES)
    def test_every_label_of_a_png_is_read(self, name: str) -> None:
        labels = sample_labels(name, LABELS_PER_PAGE)
        image = Image.open(io.BytesIO(build_sheet_png(labels)))
        assert image.size == (2480, 3508)
        assert read(image.convert("L")) == uris(labels)

    def test_last_page_may_be_short(self) -> None:
        labels = [label(f"K{number}") for number in range(LABELS_PER_PAGE + 1)]
        assert [len(read(page)) for page in pages(build_sheet_pdf(labels))] == [LABELS_PER_PAGE, 1]

    def test_every_line_of_text_is_printed(self) -> None:
        printed = label("K1", lot="A(1)", expiry="280210")
        (page,) = pypdfium2.PdfDocument(build_sheet_pdf([printed, label("K2", expiry="280210")]))
        lines = page.get_textpage().get_text_bounded().split("\r\n")
        assert lines == [
            *printed.text_lines,
            "(01) 09520010001015",
            "(10) A(1)",
            "(21) K2",
            "(17) 280210",
        ]

    @pytest.mark.parametrize("serial", ["W" * 20, "0" * 20, "6WYWKISKLC3ZTHNMVYVZ"])
    def test_nothing_stands_where_printers_leave_a_margin(self, serial: str) -> None:
        (page,) = pages(build_sheet_pdf([label(serial, lot="A")] * 3))
        margin_px, marks_px = (round(mm / 25.4 * 300) for mm in (4.2, 2.2))
        for left in (0, page.width - margin_px):
            box = (left, marks_px, left + margin_px, 400)
            assert page.crop(box).convert("L").getextrema() == (255, 255)

    def test_long_lots_fit(self) -> None:
        labels = [
            label(f"{number:020d}", "ABCDEFGHIJ0123456789", expiry="280210") for number in range(3)
        ]
        (page,) = pages(build_sheet_pdf(labels))
        assert read(page) == uris(labels)
        assert (
            page.crop((page.width - 20, 0, page.width, page.height)).convert("L").getextrema()[0]
            > 0
        )

    def test_same_labels_give_the_same_bytes(self) -> None:
        labels = [label("K1"), label("K2")]
        assert build_sheet_pdf(labels) == build_sheet_pdf(labels)
        assert build_sheet_png(labels) == build_sheet_png(labels)

    def test_counts_are_bounded(self) -> None:
        with pytest.raises(LimitExceededError, match="1 to 24"):
            build_sheet_png([label()] * 25)


class TestTerminal:
    def picture(self, text: str, *, dark_blocks: bool) -> Image.Image:
        """What a terminal shows, four pixels a module."""
        halves = {" ": (0, 0), "▀": (1, 0), "▄": (0, 1), "█": (1, 1)}
        lines = re.sub(r"\x1b\[[0-9;]*m", "", text).splitlines()
        image = Image.new("L", (len(lines[0]), 2 * len(lines)), 255)
        for y, line in enumerate(lines):
            for x, char in enumerate(line):
                for part, block in enumerate(halves[char]):
                    if bool(block) == dark_blocks:
                        image.putpixel((x, 2 * y + part), 0)
        size = (image.width * 4, image.height * 4)
        return image.resize(size, Image.Resampling.NEAREST)

    @pytest.mark.parametrize("colour", [True, False])
    def test_is_read(self, colour: bool) -> None:
        uri = label().uri
        assert read(self.picture(terminal_qr(uri, colour=colour), dark_blocks=colour)) == [uri]

    def test_fits_a_terminal(self) -> None:
        lines = terminal_qr("http://127.0.0.1:8000/01/09520010001015/10/A26B11K1/21/KBB7F21FC")
        assert len(lines.splitlines()) <= 20

    def test_sets_black_on_white(self) -> None:
        for line in terminal_qr(label().uri).splitlines():
            assert line.startswith("\x1b[38;5;16;48;5;231m")
            assert line.endswith("\x1b[0m")
