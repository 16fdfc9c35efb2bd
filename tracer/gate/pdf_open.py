"""Opens a PDF that has passed the byte checks: strictly, once for its objects, once for its text.

Runs in the child only.
"""

import io
import re
from typing import BinaryIO

import pikepdf
import pypdf

from tracer.gate.limits import (
    MAX_CONTENT_BYTES,
    MAX_PAGE_CHARS,
    MAX_TEXT_CHARS,
    MAX_TEXT_PAGES,
)
from tracer.gate.pdf_bytes import Outside
from tracer.gate.pdf_objects import check_objects
from tracer.gate.reasons import Reason, RefusedError

_NOT_PAINTED = re.compile(rb"\b3\s{1,4}Tr\b")  # text rendering mode 3


def open_pdf(file: BinaryIO, outside: Outside) -> tuple[int, list[Reason], list[str]]:
    """Check a PDF's objects and read its text.

    Args:
        file: the whole file, readable and seekable.
        outside: what its bytes showed.

    Returns:
        Pages, notes, and the text of the first pages.

    Raises:
        RefusedError: a reader complains, or something is not allowed.
    """
    with pikepdf.open(file, suppress_warnings=True, attempt_recovery=False) as pdf:
        notes = check_objects(pdf)
        if outside.is_linearized:
            if not pdf.is_linearized or not pdf.check_linearization(io.StringIO()):
                raise RefusedError("pdf-revisions")
            notes.append(Reason("linearized"))
        pages = len(pdf.pages)
        notes += _check_contents(pdf)
        # Complaints come while objects are read, so they are asked for at the end.
        if complaints := pdf.get_warnings():
            raise RefusedError("damaged", detail=_shown(complaints[0]))
    if outside.has_signature:
        notes.append(Reason("signed"))
    file.seek(0)
    texts, more = _read_text(file, pages)
    return pages, notes + more, texts


def _check_contents(pdf: pikepdf.Pdf) -> list[Reason]:
    """Refuse page content that takes too long to read; note text that nobody sees."""
    total, hidden = 0, False
    for index, page in enumerate(pdf.pages):
        if index >= MAX_TEXT_PAGES:
            break
        contents = page.obj.get("/Contents")
        if contents is None:
            continue
        parts = list(contents) if isinstance(contents, pikepdf.Array) else [contents]
        for part in parts:
            if not isinstance(part, pikepdf.Stream):
                continue
            data = part.read_bytes()
            total += len(data)
            hidden = hidden or _NOT_PAINTED.search(data) is not None
            if total > MAX_CONTENT_BYTES:
                raise RefusedError("limit-cpu")
    return [Reason("invisible-text")] if hidden else []


def _read_text(file: BinaryIO, pages: int) -> tuple[list[str], list[Reason]]:
    reader = pypdf.PdfReader(file, strict=False)
    if len(reader.pages) != pages:
        raise RefusedError("readers-disagree")
    texts: list[str] = []
    notes: list[Reason] = []
    left = MAX_TEXT_CHARS
    for index in range(min(pages, MAX_TEXT_PAGES)):
        text = reader.pages[index].extract_text()
        kept = printable(text[: min(MAX_PAGE_CHARS, left)])
        if len(text) > len(kept) and not notes:
            notes.append(Reason("text-long"))
        left -= len(kept)
        texts.append(kept)
    if pages > MAX_TEXT_PAGES:
        notes.append(Reason("text-cut", {"pages": MAX_TEXT_PAGES}))
    if not any(text.strip() for text in texts):
        notes.append(Reason("no-text"))
    return texts, notes


def printable(text: str) -> str:
    """Text without control characters, marks of direction and lone surrogates."""
    return "".join(map(_printable, text))


def _printable(char: str) -> str:
    if char in "\r\n\f\v":
        return "\n"
    if char.isspace():
        return " " if char != "\t" else char
    return char if char.isprintable() else "\ufffd"


def _shown(complaint: object) -> str:
    return re.sub(r"[^\x20-\x7e]", "?", str(complaint))[-80:]
