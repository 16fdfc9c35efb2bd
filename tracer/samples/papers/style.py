"""Colours, fonts and the frame of a paper: band, watermark, seal and foot."""

import re
import unicodedata
from dataclasses import dataclass
from xml.sax.saxutils import escape

from reportlab.lib.colors import HexColor
from reportlab.lib.enums import TA_RIGHT
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Paragraph

from tracer.samples.papers.words import NOTICE, STAMP, WATERMARK, Words

CJK_FONT = "STSong-Light"  # every PDF reader brings one of its kind: nothing is embedded
LATIN_FONT, LATIN_BOLD = "Helvetica", "Helvetica-Bold"
INK, GREEN, GOLD, RED = (HexColor(code) for code in ("#1f2a2e", "#17453b", "#c8963e", "#a33327"))
MUTED, RULE, TINT, PALE = (HexColor(code) for code in ("#66757a", "#d5dcda", "#eef3f1", "#ecefee"))

PAGE_WIDTH, PAGE_HEIGHT = A4
MARGIN = 16 * mm
BAND_HEIGHT = 27 * mm
FOOT_HEIGHT = 17 * mm
BODY_WIDTH = PAGE_WIDTH - 2 * MARGIN
_NOT_LATIN = re.compile(r"[^\x00-\xff]+")
_MARKED_LATIN = frozenset(map(chr, range(0x100, 0x180)))  # Latin Extended-A
_MOSTLY_CJK = 0.3  # share of characters from which a line may break anywhere

pdfmetrics.registerFont(UnicodeCIDFont(CJK_FONT))


@dataclass(frozen=True, slots=True)
class Title:
    """What stands in the band.

    Attributes:
        words: the paper's name.
        number: as printed.
        date: day of issue, ISO 8601.
    """

    words: Words
    number: str
    date: str


def text(content: str, size: float = 8, *, bold: bool = False, **style: object) -> Paragraph:
    """A paragraph whose Chinese is set in the Chinese font and whose Latin is not."""
    content = printable(content)
    marked = _NOT_LATIN.sub(lambda run: f'<font name="{CJK_FONT}">{run[0]}</font>', escape(content))
    cjk = sum(map(len, _NOT_LATIN.findall(content)))
    look = ParagraphStyle(
        "text",
        fontName=LATIN_BOLD if bold else LATIN_FONT,
        fontSize=size,
        leading=size * 1.32,
        textColor=INK,
        wordWrap="CJK" if cjk > _MOSTLY_CJK * len(content) else None,
    )
    for name, value in style.items():
        setattr(look, name, value)
    return Paragraph(marked, look)


def printable(content: str) -> str:
    """Text without the marks that neither font has: Kōwhai prints as Kowhai."""
    return "".join(
        unicodedata.normalize("NFD", char)[0] if char in _MARKED_LATIN else char for char in content
    )


def right(content: str, size: float = 8, *, bold: bool = False) -> Paragraph:
    """The same, set flush right, for numbers."""
    return text(content, size, bold=bold, alignment=TA_RIGHT)


def label(words: Words, size: float = 7) -> Paragraph:
    """A field's name: English, then Chinese in the same line."""
    return text(f"{words.en}  {words.zh}".strip(), size, textColor=MUTED, wordWrap=None)


def draw_mixed(
    canvas: Canvas, at: tuple[float, float], content: str, size: float, font: str = LATIN_FONT
) -> float:
    """Draw one line in two fonts; returns where it ends."""
    (x, y), start = at, 0
    for run in [*_NOT_LATIN.finditer(content), None]:
        for part, face in (
            (content[start : run.start() if run else None], font),
            (run[0] if run else "", CJK_FONT),
        ):
            if part:
                canvas.setFont(face, size)
                canvas.drawString(x, y, part)
                x += pdfmetrics.stringWidth(part, face, size)
        start = run.end() if run else start
    return x


def draw_frame(canvas: Canvas, title: Title) -> None:
    """Draw everything that all papers share."""
    _draw_watermark(canvas)
    _draw_band(canvas, title)
    _draw_foot(canvas)


def _draw_watermark(canvas: Canvas) -> None:
    canvas.saveState()
    canvas.translate(PAGE_WIDTH / 2, PAGE_HEIGHT / 2 - 12 * mm)
    canvas.rotate(38)
    canvas.setFillColor(PALE)
    canvas.setFont(LATIN_BOLD, 42)
    canvas.drawCentredString(0, 6 * mm, WATERMARK.en)
    canvas.setFont(CJK_FONT, 46)
    canvas.drawCentredString(0, -14 * mm, WATERMARK.zh)
    canvas.restoreState()


def _draw_band(canvas: Canvas, title: Title) -> None:
    base = PAGE_HEIGHT - BAND_HEIGHT
    canvas.setFillColor(GREEN)
    canvas.rect(0, base, PAGE_WIDTH, BAND_HEIGHT, stroke=0, fill=1)
    canvas.setFillColor(GOLD)
    canvas.rect(0, base - 1.1 * mm, PAGE_WIDTH, 1.1 * mm, stroke=0, fill=1)
    canvas.setFillColor(HexColor("#ffffff"))
    draw_mixed(canvas, (MARGIN, base + 14.5 * mm), title.words.en, 17, LATIN_BOLD)
    draw_mixed(canvas, (MARGIN, base + 6.5 * mm), title.words.zh, 14)
    edge = PAGE_WIDTH - MARGIN
    canvas.setFont(LATIN_BOLD, 10)
    canvas.drawRightString(edge, base + 15 * mm, title.number)
    canvas.setFont(LATIN_FONT, 9)
    canvas.drawRightString(edge, base + 8.5 * mm, title.date)


def _draw_foot(canvas: Canvas) -> None:
    canvas.setStrokeColor(RULE)
    canvas.setLineWidth(0.6)
    canvas.line(MARGIN, FOOT_HEIGHT, PAGE_WIDTH - MARGIN, FOOT_HEIGHT)
    canvas.setFillColor(MUTED)
    draw_mixed(canvas, (MARGIN, FOOT_HEIGHT - 4.5 * mm), NOTICE.en, 7)
    draw_mixed(canvas, (MARGIN, FOOT_HEIGHT - 8.5 * mm), NOTICE.zh, 7)
    canvas.setFont(LATIN_FONT, 7)
    canvas.drawRightString(PAGE_WIDTH - MARGIN, FOOT_HEIGHT - 4.5 * mm, "1 / 1")


def draw_seal(canvas: Canvas, x: float, y: float) -> None:
    """A round seal that says that it is none."""
    canvas.saveState()
    canvas.translate(x, y)
    canvas.rotate(-14)
    canvas.setStrokeColor(RED)
    canvas.setFillColor(RED)
    canvas.setLineWidth(1.4)
    canvas.circle(0, 0, 12 * mm)
    canvas.setLineWidth(0.5)
    canvas.circle(0, 0, 10.8 * mm)
    canvas.setFont(CJK_FONT, 17)
    canvas.drawCentredString(0, -0.5 * mm, STAMP.zh)
    canvas.setFont(LATIN_BOLD, 8)
    canvas.drawCentredString(0, -5.6 * mm, STAMP.en)
    canvas.restoreState()
