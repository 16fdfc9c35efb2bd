"""The child's job: everything about a file that takes more than comparing its first bytes."""

import io
import logging
from collections.abc import Mapping
from typing import Any

from tracer.gate.child import Json, answer
from tracer.gate.data_files import check_json, check_xml
from tracer.gate.image_copy import copy_image
from tracer.gate.images import check_jpeg, check_png
from tracer.gate.limits import MAX_TEXT_CHARS
from tracer.gate.pdf_bytes import check_bytes
from tracer.gate.pdf_open import open_pdf, printable
from tracer.gate.reasons import Reason
from tracer.gate.sniff import JPEG, JSON, PDF, PNG

logging.disable(logging.CRITICAL)  # pypdf reports what it repairs; nobody reads it here


def run(file: int, channel: int) -> None:
    """Answer for one file."""
    answer(file, channel, _work)


def _work(data: bytes, question: Mapping[str, Any]) -> tuple[Json, bytes]:
    media_type = question["mediaType"]
    if media_type == PDF:
        return _pdf(data), b""
    if media_type in {JPEG, PNG}:
        (check_jpeg if media_type == JPEG else check_png)(data)
        return _said(None, [], []), copy_image(io.BytesIO(data), media_type)
    text = check_json(data) if media_type == JSON else check_xml(data)
    notes = [Reason("text-long")] if len(text) > MAX_TEXT_CHARS else []
    return _said(None, notes, [printable(text[:MAX_TEXT_CHARS])]), b""


def _pdf(data: bytes) -> Json:
    outside = check_bytes(data)
    pages, notes, texts = open_pdf(io.BytesIO(data), outside)
    return _said(pages, notes, texts) | {"revisions": outside.revisions}


def _said(pages: int | None, notes: list[Reason], texts: list[str]) -> Json:
    spoken = [{"code": note.code, "params": dict(note.params)} for note in notes]
    return {"pages": pages, "notes": spoken, "text": texts, "revisions": 1}
