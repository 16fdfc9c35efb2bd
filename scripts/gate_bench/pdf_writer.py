"""Writes small PDFs object by object, so that each can be wrong in exactly one way."""

import zlib
from collections.abc import Mapping

CATALOG, PAGES, PAGE = 1, 2, 3
FREE = 4
"""The first number that a one-page PDF leaves free."""

_UNUSED = b"0000000000 65535 f \n"
_PAGE = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 200]/Resources<</Font<</F1 5 0 R>>>>"


def stream(body: bytes, entries: bytes = b"") -> bytes:
    """A stream object."""
    head = b"<<" + entries + b"/Length %d>>" % len(body)
    return head + b"\nstream\n" + body + b"\nendstream"


def deflated(body: bytes, entries: bytes = b"") -> bytes:
    """A compressed stream object."""
    return stream(zlib.compress(body), b"/Filter/FlateDecode" + entries)


def one_page(
    content: bytes = b"BT /F1 12 Tf 20 100 Td (Seal: NZ884213) Tj ET",
    *,
    catalog: bytes = b"",
    page: bytes = b"",
    extra: Mapping[int, bytes] | None = None,
) -> dict[int, bytes]:
    """The objects of a one-page PDF.

    Args:
        content: what is drawn.
        catalog: entries added to the catalogue.
        page: entries added to the page.
        extra: more objects, from number 6 on.
    """
    return {
        CATALOG: b"<</Type/Catalog/Pages 2 0 R" + catalog + b">>",
        PAGES: b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        PAGE: _PAGE + b"/Contents 4 0 R" + page + b">>",
        FREE: stream(content),
        5: b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
        **(extra or {}),
    }


def write_pdf(
    objects: Mapping[int, bytes], *, trailer: bytes = b"", version: bytes = b"1.7"
) -> bytes:
    """The file, with a table of contents that is right."""
    data = bytearray(b"%PDF-" + version + b"\n%\xe2\xe3\xcf\xd3\n")
    offsets = {}
    for number, body in sorted(objects.items()):
        offsets[number] = len(data)
        data += b"%d 0 obj\n" % number + body + b"\nendobj\n"
    table = len(data)
    size = max(objects) + 1
    data += b"xref\n0 %d\n" % size + _UNUSED
    for number in range(1, size):
        used = number in offsets
        data += b"%010d %05d %s \n" % (
            offsets.get(number, 0),
            0 if used else 65535,
            b"n" if used else b"f",
        )
    data += b"trailer\n<</Size %d/Root 1 0 R" % size + trailer + b">>\n"
    return bytes(data + b"startxref\n%d\n%%%%EOF\n" % table)


def write_packed_pdf(objects: Mapping[int, bytes], packed: bytes, *, entries: bytes = b"") -> bytes:
    """A file whose table of contents is a stream, with one object stream.

    Args:
        objects: those outside the object stream.
        packed: the object stream's body as it stands in the file.
        entries: its filter and counts.
    """
    data = bytearray(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")
    offsets = {}
    holder = max(objects) + 1
    for number, body in [
        *sorted(objects.items()),
        (holder, stream(packed, b"/Type/ObjStm" + entries)),
    ]:
        offsets[number] = len(data)
        data += b"%d 0 obj\n" % number + body + b"\nendobj\n"
    table, inside = len(data), holder + 2
    rows = b"\0\0\0\0\0\0\xff"
    for number in range(1, inside + 1):
        at = table if number == holder + 1 else offsets.get(number, 0)
        row = (2, holder, 0) if number == inside else (1, at, 0)
        rows += row[0].to_bytes(1, "big") + row[1].to_bytes(5, "big") + row[2].to_bytes(1, "big")
    kind = b"/Type/XRef/W[1 5 1]/Root 1 0 R/Size %d" % (inside + 1)
    data += b"%d 0 obj\n" % (holder + 1) + deflated(rows, kind) + b"\nendobj\n"
    return bytes(data + b"startxref\n%d\n%%%%EOF\n" % table)
