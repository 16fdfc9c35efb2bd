"""What a file is by its own first bytes, and whether it is something else as well.

These few checks run where the file arrived: they compare bytes and parse nothing.
"""

import re
import struct

from tracer.gate.reasons import RefusedError

PDF, JPEG, PNG = "application/pdf", "image/jpeg", "image/png"
JSON, XML = "application/json", "application/xml"

_SIGNATURES = (
    (b"%PDF-", PDF),
    (b"\xff\xd8\xff", JPEG),
    (b"\x89PNG\r\n\x1a\n", PNG),
    (b"<?xml", XML),
    (b"{", JSON),
    (b"[", JSON),
)
_SAME = {"text/xml": XML, "text/json": JSON, "image/jpg": JPEG, "application/x-pdf": PDF}

HEAD_BYTES = 1024  # as far as browsers and PDF readers look for another beginning
TAIL_BYTES = 22 + 65_535  # a ZIP archive's end record and its longest comment
_MARKUP = re.compile(rb"<(?:!doctype\s+html|html|script|svg|body|iframe)[\s>]", re.IGNORECASE)
_ZIP_END = b"PK\x05\x06"
_ZIP_END_RECORD = struct.Struct("<4x4H2IH")


def sniff_type(head: bytes) -> str:
    """The media type that the first bytes say.

    Raises:
        RefusedError: none of the five types, or no bytes at all.
    """
    if not head:
        raise RefusedError("empty")
    for signature, media_type in _SIGNATURES:
        if head.startswith(signature):
            return media_type
    raise RefusedError("unknown-type")


def check_declared(declared: str | None, found: str) -> None:
    """Refuse a file that is not what it was declared as.

    Args:
        declared: a media type, perhaps with parameters; None was not declared.
        found: the type its bytes say.

    Raises:
        RefusedError: they differ.
    """
    if declared is None:
        return
    bare = declared.partition(";")[0].strip().lower()
    if _SAME.get(bare, bare) != found:
        shown = re.sub(r"[^\x20-\x7e]", "?", declared)[:60]
        raise RefusedError("type-disagrees", declared=shown, found=found)


def check_polyglot(head: bytes, tail: bytes, size: int, found: str) -> None:
    """Refuse a file that another program would take for another type.

    Args:
        head: the first `HEAD_BYTES`.
        tail: the last `TAIL_BYTES`.
        size: bytes of the whole file.
        found: its type by `sniff_type`.

    Raises:
        RefusedError: it is HTML, PDF or ZIP as well.
    """
    head = head[:HEAD_BYTES]
    if found != XML and _MARKUP.search(head):
        raise RefusedError("polyglot", other="HTML")
    if found != PDF and b"%PDF-" in head:
        raise RefusedError("polyglot", other="PDF")
    at = tail.find(_ZIP_END)
    while at >= 0:
        if _is_zip_end(tail[at : at + 22], size):
            raise RefusedError("polyglot", other="ZIP")
        at = tail.find(_ZIP_END, at + 1)


def _is_zip_end(record: bytes, size: int) -> bool:
    """Whether an end record points into the file; four equal bytes alone happen by chance."""
    if len(record) < _ZIP_END_RECORD.size:
        return False
    *_disks, directory_size, directory_at, _comment = _ZIP_END_RECORD.unpack(record)
    return max(int(directory_size), int(directory_at)) <= size
