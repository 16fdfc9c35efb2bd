"""Opens a PDF that has passed the byte checks: strictly, once for its objects, once for its text.

Runs in the child only.
"""

import io
import re
from dataclasses import dataclass
from typing import BinaryIO

import pikepdf
import pypdf

from tracer.gate.limits import (
    MAX_CONTENT_BYTES,
    MAX_PAGE_CHARS,
    MAX_TEXT_CHARS,
    MAX_TEXT_PAGES,
    MAX_TEXT_STEPS,
)
from tracer.gate.pdf_bytes import Outside
from tracer.gate.pdf_objects import check_objects
from tracer.gate.reasons import Reason, RefusedError

_SHOWN = re.compile(rb"T[jJ]|['\"]")  # operators that show text; may count too many
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
        contents = _look_at_contents(pdf)
        if contents.is_hidden:
            notes.append(Reason("invisible-text"))
        # Complaints come while objects are read, so they are asked for at the end.
        if complaints := pdf.get_warnings():
            raise RefusedError("damaged", detail=_shown(complaints[0]))
    if outside.has_signature:
        notes.append(Reason("signed"))
    file.seek(0)
    texts, more = _read_text(file, pages, contents.readable)
    return pages, notes + more, texts


@dataclass(frozen=True, slots=True)
class _Contents:
    """What the pages' content shows before anybody interprets it.

    Attributes:
        readable: how many pages may be read for their text.
        is_hidden: whether text is not painted.
    """

    readable: int
    is_hidden: bool


def _look_at_contents(pdf: pikepdf.Pdf) -> _Contents:
    """Count what reading the text would cost, page by page, until it is too much."""
    size, steps, hidden = 0, 0, False
    for index, page in enumerate(pdf.pages):
        if index >= MAX_TEXT_PAGES:
            return _Contents(index, hidden)
        data = b"\n".join(_streams(page.obj.get("/Contents")))
        size += len(data)
        steps += len(_SHOWN.findall(data))
        if size > MAX_CONTENT_BYTES or steps > MAX_TEXT_STEPS:
            return _Contents(index, hidden)
        hidden = hidden or _NOT_PAINTED.search(data) is not None
    return _Contents(len(pdf.pages), hidden)


def _streams(contents: pikepdf.Object | None) -> list[bytes]:
    parts = list(contents) if isinstance(contents, pikepdf.Array) else [contents]
    return [part.read_bytes() for part in parts if isinstance(part, pikepdf.Stream)]


def _read_text(file: BinaryIO, pages: int, readable: int) -> tuple[list[str], list[Reason]]:
    reader = pypdf.PdfReader(file, strict=False)
    if len(reader.pages) != pages:
        raise RefusedError("readers-disagree")
    texts: list[str] = []
    notes: list[Reason] = []
    left = MAX_TEXT_CHARS
    for index in range(readable):
        text = reader.pages[index].extract_text()
        kept = printable(text[: min(MAX_PAGE_CHARS, left)])
        if len(text) > len(kept) and not notes:
            notes.append(Reason("text-long"))
        left -= len(kept)
        texts.append(kept)
    if readable < pages:
        notes.append(Reason("text-cut", {"pages": readable}))
    elif not any(text.strip() for text in texts):
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
