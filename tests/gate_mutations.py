"""Files to be judged, made from good ones by damage that is drawn from a seed."""

import io
import random
import struct
import sys
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path

from gate_bench.bombs import chunk
from gate_bench.pdf_writer import deflated, one_page, write_pdf
from PIL import Image

from tracer.gate.gate import inspect_file
from tracer.gate.reasons import REASONS
from tracer.samples import SAMPLE_NAMES, sample_path

PARSERS = ("pikepdf", "pypdf", "pyhanko")
WORDS = (
    *(b"/JS", b"/OpenAction", b"/Launch", b"/EmbeddedFile", b"/Encrypt", b"/XFA", b"/URI", b"/AA"),
    *(b"stream\n", b"endstream", b"endobj", b"obj", b"xref", b"trailer", b"startxref", b"%%EOF"),
    *(
        b"/Prev 0",
        b"/Parent 2 0 R",
        b"/Kids[2 0 R]",
        b"/Count -1",
        b"/Length 99999999",
        b"<<",
        b">>",
    ),
    *(b"/Filter/FlateDecode", b"/Filter/LZWDecode", b"/Size 2147483648", b"[" * 300, b"(" * 300),
    *(
        b"\x00",
        b"\xff",
        b"\xff\xd9",
        b"IEND",
        b"PK\x05\x06" + bytes(18),
        b"<!DOCTYPE a>",
        b"\\u0000",
    ),
    *(b"999999999999999999999", b"-1", b"1e999", b"\x78\x9c", b"~>", b'"', b"{" * 60, b"&a;"),
)


def good_files() -> list[bytes]:
    """One of every kind that is let in, and all sample papers."""
    files = [write_pdf(one_page()), b'{"coNo":"NZCN-1","netKg":[1,2.5,{"a":null}]}']
    files.append(b'<?xml version="1.0" encoding="UTF-8"?><a b="c"><d>e</d></a>')
    for kind in ("PNG", "JPEG"):
        made = io.BytesIO()
        Image.linear_gradient("L").resize((40, 30)).convert("RGB").save(made, kind)
        files.append(made.getvalue())
    for name in SAMPLE_NAMES:
        folder = sample_path(name).parent / "documents" / name
        files += [path.read_bytes() for path in sorted(folder.glob("*.pdf"))]
    return files


def damaged(draw: random.Random, files: Sequence[bytes]) -> bytes:
    """A file with one to five kinds of damage, in half of all cases within a sound container."""
    match draw.randrange(6):
        case 0 | 1:
            objects = {number: bytearray(body) for number, body in PARTS.items()}
            for _ in range(draw.randint(1, 3)):
                draw.choice(DAMAGES)(draw, objects[draw.choice(sorted(objects))], files)
            return write_pdf({number: bytes(body) for number, body in objects.items()})
        case 2:
            return _sound_png(draw, files)
        case 3:
            data = bytearray(draw.choice(files[:5]))
        case _:
            data = bytearray(draw.choice(files))
    for _ in range(draw.randint(1, 5)):
        draw.choice(DAMAGES)(draw, data, files)
    return bytes(data)


PARTS = one_page(
    extra={
        6: b"<</Type/XObject/Subtype/Form/BBox[0 0 9 9]/Length 0>>\nstream\n\nendstream",
        7: deflated(b"BT /F1 9 Tf 1 0 0 1 20 50 Tm [(Net)-20(weight: 10)] TJ ET"),
        8: b"[1 2.5 -3 (text) <6162> /Name true null [[]] <</A<</B 9 0 R>>>>]",
    },
    page=b"/Annots[<</Subtype/Link/Rect[0 0 9 9]/A<</S/GoTo/D[3 0 R/Fit]>>>>]",
)


def _sound_png(draw: random.Random, files: Sequence[bytes]) -> bytes:
    """A PNG whose checksums are right and whose pixels or header are not."""
    header = bytearray(struct.pack(">2I5B", 40, 30, 8, 2, 0, 0, 0))
    pixels = bytearray(bytes(30 * 121))
    packed = bytearray(zlib.compress(bytes(pixels)))
    draw.choice(DAMAGES)(draw, draw.choice([header, packed]), files)
    extra = bytearray(b"text")
    draw.choice(DAMAGES)(draw, extra, files)
    kind = draw.choice([b"tEXt", b"iCCP", b"eXIf", b"tRNS", b"PLTE", b"zTXt", b"acTL", b"gAMA"])
    chunks = [chunk(b"IHDR", header), chunk(kind, extra), chunk(b"IDAT", packed)]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks) + chunk(b"IEND", b"")


def _place(draw: random.Random, data: bytearray) -> slice:
    at = draw.randrange(len(data) + 1)
    return slice(at, at + draw.choice([1, 1, 4, 40, 400]))


def _flip(draw: random.Random, data: bytearray, _files: Sequence[bytes]) -> None:
    for _ in range(draw.choice([1, 3, 30]) if data else 0):
        data[draw.randrange(len(data))] = draw.randrange(256)


def _cut(draw: random.Random, data: bytearray, _files: Sequence[bytes]) -> None:
    del data[_place(draw, data)]


def _end(draw: random.Random, data: bytearray, _files: Sequence[bytes]) -> None:
    del data[draw.randrange(len(data) + 1) :]


def _noise(draw: random.Random, data: bytearray, _files: Sequence[bytes]) -> None:
    at = _place(draw, data)
    data[at.start : at.start] = draw.randbytes(at.stop - at.start)


def _word(draw: random.Random, data: bytearray, _files: Sequence[bytes]) -> None:
    word, at = draw.choice(WORDS), _place(draw, data).start
    data[at : at + draw.choice([0, len(word)])] = word


def _splice(draw: random.Random, data: bytearray, files: Sequence[bytes]) -> None:
    other = draw.choice(files)
    at = _place(draw, data).start
    data[at:at] = other[_place(draw, bytearray(other))]


def _repeat(draw: random.Random, data: bytearray, _files: Sequence[bytes]) -> None:
    at = _place(draw, data)
    data[at] = data[at] * draw.randint(2, 5)


DAMAGES = (_flip, _cut, _end, _noise, _word, _splice, _repeat)


def judge_damaged(seed: int, count: int, folder: Path) -> dict[str, int]:
    """Judge so many damaged files; how often each verdict fell.

    Raises:
        AssertionError: a verdict makes no sense, or a parser was imported here.
    """
    draw, files = random.Random(seed), good_files()
    before = {name for name in PARSERS if name in sys.modules}
    verdicts: dict[str, int] = {}
    for path, data in _written(draw, files, count, folder):
        report = inspect_file(path)  # whatever is in it, this raises nothing
        assert report.reason.code in REASONS
        assert report.reason.text
        assert report.reason.text.isprintable(), report.reason.text
        assert report.accepted == (report.reason.code == "ok")
        assert path.read_bytes() == data
        verdicts[report.reason.code] = verdicts.get(report.reason.code, 0) + 1
    assert {name for name in PARSERS if name in sys.modules} == before
    return verdicts


def _written(
    draw: random.Random, files: Sequence[bytes], count: int, folder: Path
) -> Iterator[tuple[Path, bytes]]:
    for _ in range(count):
        data = damaged(draw, files)
        path = folder / "damaged"
        path.write_bytes(data)
        yield path, data
