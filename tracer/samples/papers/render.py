"""One paper, one A4 page, the same bytes for the same input."""

import io
from collections.abc import Mapping
from typing import Any

from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Frame, KeepInFrame

from tracer.rules import load_words
from tracer.samples.papers.body import build_body
from tracer.samples.papers.style import (
    BAND_HEIGHT,
    BODY_WIDTH,
    FOOT_HEIGHT,
    MARGIN,
    PAGE_HEIGHT,
    PAGE_WIDTH,
    Title,
    draw_frame,
    draw_seal,
)
from tracer.samples.papers.words import Words

_DAY = 10  # characters of the date in an ISO timestamp


def render_paper(bundle: Mapping[str, Any], document: Mapping[str, Any], log_csv: str) -> bytes:
    """Print one document of a batch file as PDF.

    Args:
        bundle: the batch file.
        document: one of its documents.
        log_csv: the batch's logger file.
    """
    named = load_words().documents[document["docType"]]
    title = Title(Words(named["en"], named["zh"]), document["number"], document["issuedAt"][:_DAY])
    buffer = io.BytesIO()
    # Not compressed: zlib's output differs between its builds, and the bytes are hashed.
    canvas = Canvas(buffer, pagesize=A4, invariant=1, pageCompression=0)
    canvas.setTitle(f"{title.words.en} {title.number} (sample, invented)")
    canvas.setAuthor("Tracer samples (invented data)")
    draw_frame(canvas, title)
    height = PAGE_HEIGHT - BAND_HEIGHT - FOOT_HEIGHT - 6 * mm
    frame = Frame(MARGIN, FOOT_HEIGHT + 1 * mm, BODY_WIDTH, height, 0, 0, 0, 0)
    body = KeepInFrame(BODY_WIDTH, height, build_body(bundle, document, log_csv), mode="shrink")
    frame.addFromList([body], canvas)
    draw_seal(canvas, PAGE_WIDTH - MARGIN - 15 * mm, FOOT_HEIGHT + 15 * mm)
    canvas.showPage()
    canvas.save()
    return buffer.getvalue()
