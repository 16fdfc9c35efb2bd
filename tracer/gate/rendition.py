"""Rebuilds a paper that anyone may see as a PDF, from the fields that its public view opens.

Nothing of the original file goes into it, so nothing can be left in it: no covered text, no earlier
revision, no metadata. What the view hides is counted and named by its leaf hash, not blacked out.
The same view always gives the same bytes.
"""

import io
import re
import unicodedata
from collections.abc import Iterator, Sequence
from typing import Any, Final

from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfdoc, pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas

from tracer.domain.canonical import canonical_text
from tracer.domain.document_views import View, parse_view
from tracer.domain.documents import PUBLIC_FIELDS
from tracer.domain.paper_types import paper_type
from tracer.gate.field_words import fields_of

CJK_FONT: Final = "STSong-Light"  # every PDF reader brings one of its kind: nothing is embedded
LATIN_FONT, LATIN_BOLD = "Helvetica", "Helvetica-Bold"

_WIDTH, _HEIGHT = A4
_MARGIN = 18 * mm
_VALUE_X = 78 * mm
_SIZE, _SMALL, _LARGE = 9.0, 7.0, 15.0
_LEADING = 1.42  # line height in sizes
_LEAF_CHARS = 16  # of a leaf hash; enough to find it in the view
_MAX_ROWS = 400  # rows of one nested value; a report of 52 parameters has 52
_NOT_LATIN = re.compile(r"[^\x20-\x7e\xa1-\xff]+")
_BREAKS = re.compile(r"[^\s\u2e80-\uffef]+|[\u2e80-\uffef]|\s+")
_OTHER = re.compile(
    r"[^\x20-\x7e\xa1-\xff\u2e80-\u9fff\uff00-\uffef\u3000-\u303f\u2010-\u2027\u2030-\u203b\u2103]"
)
_RESULT = {"code", "qualifier", "value", "unit"}  # what makes an entry a measured value
_WORDS = {
    "type": ("Type", "类型"),
    "publicFields": ("Fields that are always public", "始终公开的字段"),
    "file": ("SHA-256 of the original file", "原始文件摘要"),
}
_TITLE = ("Public rendition", "公开版本")
_REBUILT = (
    "Rebuilt from the public fields of the recorded paper; it is not the original.",
    "根据已上链单证的公开字段重新生成,并非原件。",
)
_HIDDEN = (
    "{count} fields are not shown. Their leaf hashes begin with:",
    "{count} 个字段未显示。其叶子哈希开头为:",
)
_NONE_HIDDEN = ("Every field is shown.", "所有字段均已显示。")


class _NoInfo(pdfdoc.PDFInfo):
    """The dictionary of metadata, left empty."""

    def format(self, document: Any) -> Any:  # noqa: ANN401
        return pdfdoc.PDFDictionary({}).format(document)


def build_rendition(view_text: str) -> bytes:
    """The PDF of a public view.

    Args:
        view_text: a document view; what it opens is printed, so pass the public one.

    Raises:
        InputError: it is no view; see `parse_view`.
    """
    return _Sheet(parse_view(view_text)).build()


class _Sheet:
    """Pages in the making.

    Args:
        view: what is printed.
    """

    def __init__(self, view: View) -> None:
        self._view = view
        self._buffer = io.BytesIO()
        pdfmetrics.registerFont(UnicodeCIDFont(CJK_FONT))
        # Not compressed: zlib's output differs between its builds, and the bytes are committed to.
        self._canvas = Canvas(self._buffer, pagesize=A4, invariant=1, pageCompression=0)
        vars(self._canvas)["_doc"].info = _NoInfo()  # reportlab has no other way
        self._y = _HEIGHT - _MARGIN

    def build(self) -> bytes:
        """Print everything."""
        view, fields = self._view, self._view.fields
        specs = fields_of(view.doc_type)
        kind = paper_type(view.doc_type)
        for name, title in zip((kind.name_en, kind.name_zh), _TITLE, strict=True):
            self._line(f"{name} - {title}", _LARGE, bold=True)
        self._y -= 2 * mm
        for line in _REBUILT:
            self._line(line, _SMALL)
        self._y -= 4 * mm
        names = [name for name in specs if name in fields]
        for name in [*names, *sorted(set(fields) - set(names))]:
            spec = specs.get(name)
            words = (spec.label_en, spec.label_zh) if spec else _WORDS.get(name, (name, ""))
            self._field(" ".join(words).strip(), name, fields[name])
        self._hidden()
        self._canvas.showPage()
        self._canvas.save()
        return self._buffer.getvalue()

    def _hidden(self) -> None:
        leaves = [entry.hex() for entry in self._view.entries if isinstance(entry, bytes)]
        self._y -= 4 * mm
        if not leaves:
            for line in _NONE_HIDDEN:
                self._line(line, _SIZE)
            return
        for line in _HIDDEN:
            self._line(line.format(count=len(leaves)), _SIZE)
        self._line("  ".join(leaf[:_LEAF_CHARS] for leaf in leaves), _SMALL)

    def _field(self, label: str, name: str, value: Any) -> None:  # noqa: ANN401 - JSON
        """A label, and right of it the value's lines."""
        lines = [
            line
            for row in _rows(name, value)
            for line in _wrapped(row, _SIZE, _WIDTH - _MARGIN - _VALUE_X)
        ]
        labels = list(_wrapped(label, _SIZE, _VALUE_X - _MARGIN - 4 * mm))
        for index in range(max(len(lines), len(labels))):
            self._turn(_SIZE)
            if index < len(labels):
                self._draw(_MARGIN, labels[index], _SIZE, LATIN_BOLD)
            if index < len(lines):
                self._draw(_VALUE_X, lines[index], _SIZE, LATIN_FONT)
        self._y -= 1.2 * mm

    def _line(self, text: str, size: float, *, bold: bool = False) -> None:
        for line in _wrapped(text, size, _WIDTH - 2 * _MARGIN):
            self._turn(size)
            self._draw(_MARGIN, line, size, LATIN_BOLD if bold else LATIN_FONT)

    def _turn(self, size: float) -> None:
        """Move down a line, to the next page when this one is full."""
        self._y -= size * _LEADING
        if self._y < _MARGIN:
            self._canvas.showPage()
            self._y = _HEIGHT - _MARGIN - size * _LEADING

    def _draw(self, x: float, text: str, size: float, font: str) -> None:
        for part, face in _faces(text, font):
            self._canvas.setFont(face, size)
            self._canvas.drawString(x, self._y, part)
            x += pdfmetrics.stringWidth(part, face, size)


def _rows(name: str, value: Any) -> Iterator[str]:  # noqa: ANN401 - JSON
    """A value as lines: a list has one for each entry."""
    if isinstance(value, list) and value and name != PUBLIC_FIELDS:
        for entry in value[:_MAX_ROWS]:
            yield _spelled(entry)
        if len(value) > _MAX_ROWS:
            yield f"... {len(value) - _MAX_ROWS} more"
    elif isinstance(value, dict):
        for key, entry in sorted(value.items()):
            yield f"{key}: {_spelled(entry)}"
    elif isinstance(value, list):
        yield ", ".join(map(_spelled, value))
    else:
        yield _spelled(value)


def _spelled(value: Any) -> str:  # noqa: ANN401 - JSON
    if isinstance(value, dict):
        if set(value) >= _RESULT:
            rest = [key for key in sorted(value) if key not in _RESULT]
            sign = "" if value["qualifier"] == "=" else f"{value['qualifier']} "
            said = f"{value['code']}  {sign}{_spelled(value['value'])} {value['unit']}"
            return "; ".join([said, *(f"{key}: {_spelled(value[key])}" for key in rest)])
        return "; ".join(f"{key}: {_spelled(entry)}" for key, entry in sorted(value.items()))
    return value if isinstance(value, str) else canonical_text(value)


def _wrapped(text: str, size: float, width: float) -> Iterator[str]:
    """Lines no wider than so many points; a word that is wider itself is cut."""
    line = ""
    for piece in _BREAKS.findall(_printable(text)):
        for part in _cut(piece, size, width):
            if line and _measure(line + part, size) > width:
                yield line.rstrip()
                line = ""
            line += part if line or not part.isspace() else ""
    yield line.rstrip()


def _cut(piece: str, size: float, width: float) -> Sequence[str]:
    if _measure(piece, size) <= width:
        return [piece]
    most = max(int(width // size), 1)  # no character is wider than it is high
    return [piece[at : at + most] for at in range(0, len(piece), most)]


def _measure(text: str, size: float) -> float:
    return sum(pdfmetrics.stringWidth(part, face, size) for part, face in _faces(text, LATIN_BOLD))


def _faces(text: str, latin: str) -> Iterator[tuple[str, str]]:
    """Runs of text, each with the font that has it."""
    start = 0
    for run in _NOT_LATIN.finditer(text):
        if run.start() > start:
            yield text[start : run.start()], latin
        yield run[0], CJK_FONT
        start = run.end()
    if start < len(text):
        yield text[start:], latin


def _printable(text: str) -> str:
    """Text without what neither font has: Kōwhai prints as Kowhai, the rest as a question mark."""
    plain = "".join(
        unicodedata.normalize("NFD", char)[0] if "\u0100" <= char < "\u0250" else char
        for char in text
    )
    return _OTHER.sub("?", re.sub(r"\s", " ", plain))
