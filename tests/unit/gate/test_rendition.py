"""Nothing that a view hides is in its rendition, in whatever way one looks."""

import io
import json
import random
import re
import zlib
from pathlib import Path
from typing import Any

import pytest
from pdfminer.high_level import extract_text

from tracer.domain.canonical import canonical_text
from tracer.domain.documents import (
    DocType,
    Document,
    DocumentSalts,
    Paper,
    Scope,
    build_document,
    salts_needed,
)
from tracer.domain.identifiers import Gln
from tracer.errors import InputError
from tracer.gate.rendition import build_rendition

SAMPLES = Path(__file__).resolve().parents[3] / "tracer" / "samples"
SEED = 20260702
PAPERS = [
    pytest.param(paper, id=f"{name}-{paper['docType']}-{paper['number']}")
    for name in ("nz", "nl", "ie")
    for paper in json.loads((SAMPLES / f"{name}.json").read_text())["documents"]
]


def issued(paper: dict[str, Any]) -> Document:
    made = Paper(
        DocType[paper["docType"]],
        paper["number"],
        Gln.parse(paper["issuer"]),
        paper["issuedAt"],
        paper["public"],
        paper["confidential"],
    )
    draw = random.Random(SEED)
    salts = tuple(draw.randbytes(16) for _ in range(salts_needed(made)))
    scope = Scope(31337, bytes(20), bytes(32))
    return build_document(made, scope, DocumentSalts(draw.randbytes(32), salts))


def haystack(pdf: bytes) -> str:
    """The file in every way that one may look at it."""
    looks = [pdf.decode("latin-1"), extract_text(io.BytesIO(pdf))]
    for body in re.findall(rb"stream\r?\n(.*?)endstream", pdf, re.DOTALL):
        try:
            looks.append(zlib.decompress(body).decode("latin-1"))
        except zlib.error:
            looks.append(body.decode("latin-1"))
    strings = re.findall(rb"\(((?:[^()\\]|\\.)*)\)", pdf, re.DOTALL)
    plain = [re.sub(rb"\\([0-7]{3}|.)", _unescaped, text, flags=re.DOTALL) for text in strings]
    looks += [text.decode("utf-16-be", "replace") for text in plain]
    looks.append("".join(text.decode("utf-16-be", "replace") for text in plain))
    looks.append("".join(text.decode("latin-1") for text in plain))
    return re.sub(r"\s", "", "\n".join(looks))


def _unescaped(match: re.Match[bytes]) -> bytes:
    code = match[1]
    if len(code) > 1:
        return bytes([int(code, 8)])
    return {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}.get(code, code)


def spellings(value: Any) -> set[str]:
    text = value if isinstance(value, str) else canonical_text(value)
    numbers = {f"{value:,}", f"{value:.2f}"} if isinstance(value, int | float) else set()
    return {re.sub(r"\s", "", one) for one in {text, *numbers}}


@pytest.mark.parametrize("paper", PAPERS)
def test_nothing_hidden_is_in_it(paper: dict[str, Any]) -> None:
    document = issued(paper)
    pdf = build_rendition(document.public_view())
    found = haystack(pdf)
    for name, value in paper["confidential"].items():
        shown = [
            v for key, v in paper["public"].items() if canonical_text(v) == canonical_text(value)
        ]
        for spelling in spellings(value):
            assert (spelling not in found) or shown, name
    for name, value in paper["public"].items():
        if isinstance(value, str) and value.isascii():
            assert re.sub(r"\s", "", value) in found, name
    hidden = len(paper["confidential"])
    assert (f"{hidden}fieldsarenotshown" in found) == (hidden > 0)
    assert ("Everyfieldisshown" in found) == (hidden == 0)


def test_the_search_would_find_what_is_there() -> None:
    (paper,) = (one.values[0] for one in PAPERS if "nz-CUSTOMS_DECLARATION" in str(one.id))
    found = haystack(build_rendition(issued(paper).full_view()))
    for value in paper["confidential"].values():
        assert spellings(value) & {one for one in spellings(value) if one in found}
    buyer = next(one.values[0] for one in PAPERS if "nz-COMMERCIAL_INVOICE" in str(one.id))
    found = haystack(build_rendition(issued(buyer).full_view()))
    assert buyer["confidential"]["buyer"] in found


@pytest.mark.parametrize("paper", PAPERS[:12])
def test_it_has_one_revision_no_metadata_and_the_same_bytes(paper: dict[str, Any]) -> None:
    view = issued(paper).public_view()
    pdf = build_rendition(view)
    assert pdf == build_rendition(view)
    assert (pdf.count(b"%%EOF"), pdf.count(b"startxref")) == (1, 1)
    assert pdf.startswith(b"%PDF-1.")
    assert pdf.endswith(b"%%EOF\n")
    for word in (b"/Producer", b"/Author", b"/CreationDate", b"/ModDate", b"/Title", b"/Metadata"):
        assert word not in pdf
    for word in (b"/EmbeddedFile", b"/Prev", b"/Annots", b"/AcroForm", b"/FontFile"):
        assert word not in pdf


def test_long_and_odd_values_fill_pages() -> None:
    paper = {
        "docType": "CSR_REPORT",
        "number": "X-1",
        "issuer": "9520010001008",
        "issuedAt": "2026-01-01T00:00:00Z",
        "public": {
            "scopeEn": "x" * 3_000,
            "scopeZh": "海" * 3_000,
            "highlightsEn": "Kōwhai \u202e \U0001f37c \x07 Ærø",
            "metrics": [{"code": str(n)} for n in range(500)],
        },
        "confidential": {},
    }
    pdf = build_rendition(issued(paper).public_view())
    text = extract_text(io.BytesIO(pdf))
    assert "Kowhai ? ? ? Ærø" in text
    assert "... 100 more" in text
    assert pdf.count(b"/Type /Page\n") > 5 or pdf.count(b"/Type /Page ") > 5


def test_what_is_no_view_is_refused() -> None:
    for text in ("", "{}", "[]", '{"docType":1}'):
        with pytest.raises(InputError):
            build_rendition(text)
