"""Files made to exhaust whoever opens them. Each is small; none is taken from anywhere."""

import base64
import json
import struct
import zlib
from collections.abc import Callable, Mapping

from gate_bench.pdf_writer import FREE, deflated, one_page, stream, write_packed_pdf, write_pdf

MIB, GIB = 2**20, 2**30
_BLOCK = 16 * MIB
_ADLER = 65_521  # the modulus of zlib's checksum
DEEP = 400_000
PDF, PNG, JPEG = "application/pdf", "image/png", "image/jpeg"
JSON, XML = "application/json", "application/xml"


def zeros(size: int) -> bytes:
    """So many zero bytes, compressed; repeated blocks make it quick."""
    block = zlib.compressobj(9)
    whole = block.compress(bytes(_BLOCK)) + block.flush(zlib.Z_FULL_FLUSH)
    again = zlib.compressobj(9, zlib.DEFLATED, -15)
    repeated = again.compress(bytes(_BLOCK)) + again.flush(zlib.Z_FULL_FLUSH)
    last = zlib.compressobj(9, zlib.DEFLATED, -15).flush(zlib.Z_FINISH)
    checksum = (size % _ADLER << 16) | 1
    return whole + repeated * (size // _BLOCK - 1) + last + checksum.to_bytes(4, "big")


def deflate_bomb() -> bytes:
    """A page's content of 1 GiB."""
    objects = one_page() | {FREE: stream(zeros(GIB), b"/Filter/FlateDecode")}
    return write_pdf(objects)


def chained_bomb() -> bytes:
    """The same, compressed twice."""
    twice = zlib.compress(zeros(GIB))
    return write_pdf(one_page() | {FREE: stream(twice, b"/Filter[/FlateDecode/FlateDecode]")})


def printable_bomb() -> bytes:
    """The same, in a printable coding."""
    text = base64.a85encode(zeros(GIB)) + b"~>"
    return write_pdf(one_page() | {FREE: stream(text, b"/Filter[/ASCII85Decode/FlateDecode]")})


def object_stream_bomb() -> bytes:
    """An object stream of 1 GiB, which a reader opens before it knows a single object."""
    entries = b"/N 1/First 4/Filter/FlateDecode"
    return write_packed_pdf(one_page(), zeros(GIB), entries=entries)


def printable_object_stream_bomb() -> bytes:
    """The same, in a printable coding."""
    text = base64.a85encode(zeros(GIB)) + b"~>"
    entries = b"/N 1/First 4/Filter[/ASCII85Decode/FlateDecode]"
    return write_packed_pdf(one_page(), text, entries=entries)


def run_length_bomb() -> bytes:
    """An object stream of 600 MiB in another coding."""
    entries = b"/N 1/First 4/Filter[/RunLengthDecode/RunLengthDecode]"
    inner = (b"\x81\0" * 64) * 1
    return write_packed_pdf(one_page(), (b"\x7f" + inner) * 70_000 + b"\x80", entries=entries)


def deep_array() -> bytes:
    """400,000 arrays in each other."""
    return write_pdf(one_page(catalog=b"/Deep 6 0 R", extra={6: b"[" * DEEP + b"]" * DEEP}))


def page_loop() -> bytes:
    """A tree of pages that holds itself."""
    objects = one_page() | {2: b"<</Type/Pages/Kids[3 0 R 2 0 R]/Count 2/Parent 2 0 R>>"}
    return write_pdf(objects)


def table_loop() -> bytes:
    """A table of contents that names itself as the one before."""
    plain = write_pdf(one_page())
    at = plain.index(b"xref\n")
    return write_pdf(one_page(), trailer=b"/Prev %d" % at)


def endless_table() -> bytes:
    """A table of contents that claims two thousand million objects."""
    plain = write_pdf(one_page())
    return plain.replace(b"/Size 6", b"/Size 2000000000").replace(b"0 6\n", b"0 2000000000\n")


def many_objects() -> bytes:
    """100,000 objects that nobody needs."""
    return write_pdf(one_page(extra=dict.fromkeys(range(6, 100_000), b"0")))


def wide_predictor() -> bytes:
    """A stream whose rows have two thousand million columns."""
    params = b"/Filter/FlateDecode/DecodeParms<</Predictor 12/Columns 2000000000>>"
    return write_pdf(one_page() | {FREE: stream(zlib.compress(b"x"), params)})


def drawing_tree() -> bytes:
    """Drawings that show ten others each, ten levels deep."""
    shown = b" ".join(b"/X%d Do" % index for index in range(10))
    extra = {}
    for level in range(10):
        names = b"".join(b"/X%d %d 0 R" % (index, 7 + level) for index in range(10))
        form = b"/Type/XObject/Subtype/Form/BBox[0 0 9 9]/Resources<</XObject<<" + names + b">>>>"
        extra[6 + level] = stream(shown, form)
    extra[16] = stream(b"BT /F1 9 Tf (x) Tj ET", b"/Type/XObject/Subtype/Form/BBox[0 0 9 9]")
    objects = one_page(b"/X0 Do", extra=extra)
    objects[3] = objects[3].replace(b"/Font", b"/XObject<</X0 6 0 R>>/Font")
    return write_pdf(objects)


def endless_text() -> bytes:
    """4 MB of text to be shown."""
    return write_pdf(one_page() | {FREE: deflated(b"BT /F1 9 Tf " + b"(x) Tj " * 590_000 + b"ET")})


def hidden_text() -> bytes:
    """The same in a drawing, where its length is not seen before it is shown."""
    form = b"/Type/XObject/Subtype/Form/BBox[0 0 9 9]/Resources<</Font<</F1 5 0 R>>>>"
    text = b"BT /F1 9 Tf " + b"(x) Tj " * 590_000 + b"ET"
    objects = one_page(b"/X Do", extra={6: deflated(text, form)})
    objects[3] = objects[3].replace(b"/Font", b"/XObject<</X 6 0 R>>/Font", 1)
    return write_pdf(objects)


def endless_letters() -> bytes:
    """A font that maps four thousand million letters."""
    ranges = b"1 beginbfrange\n<00000000> <FFFFFFFF> <0000>\nendbfrange\n" * 50
    cmap = b"begincmap\n1 begincodespacerange <00000000> <FFFFFFFF> endcodespacerange\n" + ranges
    objects = one_page(extra={6: stream(cmap + b"endcmap\n")})
    objects[5] = objects[5].replace(b">>", b"/ToUnicode 6 0 R>>")
    return write_pdf(objects)


def reread_streams() -> bytes:
    """Thousands of streams that all begin one after the other and never end."""
    opening = b"stream\n\x78\x01"
    size = len(opening).to_bytes(2, "little")
    inverse = (len(opening) ^ 0xFFFF).to_bytes(2, "little")
    nested = (b"\0" + size + inverse + opening + b"\0\0\0\xff\xff" * 400) * 5_000
    return write_pdf(one_page() | {FREE: stream(b"\x78\x01" + nested, b"/Filter/FlateDecode")})


def chunk(kind: bytes, body: bytes) -> bytes:
    """A chunk of a PNG with its checksum."""
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png(width: int, height: int, *, colour: int = 2, pixels: bytes | None = None) -> bytes:
    """A PNG of zeros; colour 2 is RGB, 6 RGBA, 0 grey."""
    samples = {0: 1, 2: 3, 6: 4}[colour]
    size = height * (1 + width * samples)
    header = struct.pack(">2I5B", width, height, 8, colour, 0, 0, 0)
    if pixels is None:
        pixels = zlib.compress(bytes(size)) if size < _BLOCK else zeros(-(-size // _BLOCK) * _BLOCK)
    start = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header)
    return start + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


def pixel_flood_png() -> bytes:
    """900 million pixels in 3 MB."""
    return png(30_000, 30_000, pixels=zeros(GIB))


def largest_png() -> bytes:
    """As many pixels in colour as the gate decodes."""
    return png(4_570, 4_580)


def largest_clear_png() -> bytes:
    """As many pixels with transparency as the gate decodes."""
    return png(3_200, 3_260, colour=6)


def largest_grey_png() -> bytes:
    """As many grey pixels as the gate decodes."""
    return png(6_300, 6_300, colour=0)


def pixel_flood_jpeg() -> bytes:
    """A JPEG whose header claims 4,290 million pixels."""
    frame = b"\xff\xc0" + struct.pack(">HBHHB", 17, 8, 65_500, 65_500, 3)
    frame += b"\x01\x22\0\x02\x11\x01\x03\x11\x01"
    scan = b"\xff\xda" + struct.pack(">HB", 12, 3) + b"\x01\0\x02\x11\x03\x11\0\x3f\0"
    return b"\xff\xd8" + frame + scan + b"\0" * 100 + b"\xff\xd9"


def deep_json() -> bytes:
    """400,000 lists in each other."""
    return b"[" * DEEP + b"]" * DEEP


def wide_json() -> bytes:
    """As many empty lists as fit."""
    return b"[" + b"[]," * 1_390_000 + b"[]]"


def long_number_json() -> bytes:
    """One number with four million digits."""
    return b"[" + b"9" * 4_000_000 + b"]"


def many_keys_json() -> bytes:
    """One object with hundreds of thousands of keys."""
    return json.dumps(dict.fromkeys(map(str, range(260_000)))).encode()


def entity_bomb() -> bytes:
    """Ten entities, each ten times the one before."""
    entities = b'<!ENTITY e0 "ha">'
    for level in range(1, 11):
        entities += b'<!ENTITY e%d "%s">' % (level, b"&e%d;" % (level - 1) * 10)
    return b'<?xml version="1.0"?><!DOCTYPE d [' + entities + b"]><d>&e10;</d>"


def deep_xml() -> bytes:
    """400,000 elements in each other."""
    return b'<?xml version="1.0"?>' + b"<a>" * DEEP + b"</a>" * DEEP


def many_attributes_xml() -> bytes:
    """One element with hundreds of thousands of attributes."""
    attributes = b" ".join(b'a%d=""' % index for index in range(300_000))
    return b'<?xml version="1.0"?><a ' + attributes + b"/>"


BOMBS: Mapping[str, tuple[Callable[[], bytes], str]] = {
    "deflate": (deflate_bomb, PDF),
    "deflate-chain": (chained_bomb, PDF),
    "deflate-printable": (printable_bomb, PDF),
    "object-stream": (object_stream_bomb, PDF),
    "object-stream-printable": (printable_object_stream_bomb, PDF),
    "object-stream-run-length": (run_length_bomb, PDF),
    "deep-array": (deep_array, PDF),
    "page-loop": (page_loop, PDF),
    "xref-loop": (table_loop, PDF),
    "xref-endless": (endless_table, PDF),
    "objects": (many_objects, PDF),
    "predictor": (wide_predictor, PDF),
    "drawing-tree": (drawing_tree, PDF),
    "text-in-drawing": (hidden_text, PDF),
    "letters": (endless_letters, PDF),
    "reread": (reread_streams, PDF),
    "png-flood": (pixel_flood_png, PNG),
    "jpeg-flood": (pixel_flood_jpeg, JPEG),
    "json-deep": (deep_json, JSON),
    "json-number": (long_number_json, JSON),
    "xml-entities": (entity_bomb, XML),
    "xml-deep": (deep_xml, XML),
}
"""Name -> what makes it, and what it claims to be. All of them are refused."""

HEAVY: Mapping[str, tuple[Callable[[], bytes], str]] = {
    "text": (endless_text, PDF),
    "png-largest": (largest_png, PNG),
    "png-largest-clear": (largest_clear_png, PNG),
    "png-largest-grey": (largest_grey_png, PNG),
    "json-wide": (wide_json, JSON),
    "json-keys": (many_keys_json, JSON),
    "xml-attributes": (many_attributes_xml, XML),
}
"""The most that is let in, or nearly: within the same bounds, whatever the verdict."""
