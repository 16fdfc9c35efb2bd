"""The data of an import declaration, in the order of the declaration's form.

Values come from the declaration itself; what it does not say is taken from the papers it rests on,
and each value names its source. Nothing is left out silently: a field that no paper states is
MISSING, and WITHHELD when a paper that may state it is not fully open here. Nothing is computed,
rounded or guessed.
"""

import csv
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from tracer.domain.canonical import canonical_text
from tracer.domain.declaration_fields import HEADER_FIELDS, LINE_FIELDS, FormField
from tracer.domain.documents import DocType

EXPORT_FORMAT: Final = "tracer-declaration/1"
LINES: Final = "lines"
"""The declaration's field that holds several lines of goods; without it, it is one line itself."""

MAX_LINES: Final = 50  # of a declaration form in China
CSV_COLUMNS: Final = (
    ("line", "项号"),
    ("field", "字段"),
    ("heading", "英文名称"),
    ("heading (zh)", "中文名称"),
    ("value", "值"),
    ("state", "状态"),
    ("source", "来源"),
)
_FORMULA_STARTS: Final = ("=", "+", "-", "@", "\t", "\r")


class State(StrEnum):
    """Whether a field has a value."""

    STATED = "STATED"
    MISSING = "MISSING"  # no paper states it
    WITHHELD = "WITHHELD"  # none that is open here does; another field may


@dataclass(frozen=True, slots=True)
class SourcePaper:
    """A paper that may state something.

    Attributes:
        doc_type: what it is.
        number: the number printed on it.
        fields: its open fields.
        is_whole: every field is open.
    """

    doc_type: DocType
    number: str
    fields: Mapping[str, Any]
    is_whole: bool

    @property
    def name(self) -> str:
        """Type and number, as people name it."""
        return f"{self.doc_type.name} {self.number}".rstrip()


@dataclass(frozen=True, slots=True)
class ExportedField:
    """One field of the form.

    Attributes:
        form: which one.
        line: number of the line of goods, from 1; None for the header.
        value: as the paper has it; None unless it is stated.
        state: whether it is.
        source: the paper that states it, and by which field; "" unless it is stated.
    """

    form: FormField
    line: int | None
    value: Any
    state: State
    source: str


@dataclass(frozen=True, slots=True)
class DeclarationExport:
    """The form, filled as far as papers fill it.

    Attributes:
        number: the declaration's.
        header: fields of the header, in the form's order.
        lines: for each line of goods its fields, in the form's order.
    """

    number: str
    header: tuple[ExportedField, ...]
    lines: tuple[tuple[ExportedField, ...], ...]

    @property
    def fields(self) -> Iterator[ExportedField]:
        """All of them, in order."""
        yield from self.header
        for line in self.lines:
            yield from line


def build_export(declaration: SourcePaper, papers: Sequence[SourcePaper]) -> DeclarationExport:
    """Fill the form.

    Args:
        declaration: the declaration.
        papers: the batch's other papers; of several of a type the first that states it counts.
    """
    sources = [declaration, *(paper for paper in papers if paper is not declaration)]
    header = tuple(_fill(field, sources, None) for field in HEADER_FIELDS)
    lines = tuple(
        tuple(_fill(field, _line_sources(line, sources), number) for field in LINE_FIELDS)
        for number, line in enumerate(_lines_of(declaration), 1)
    )
    return DeclarationExport(declaration.number, header, lines)


def write_csv(export: DeclarationExport) -> str:
    """CSV (RFC 4180), one row for each field, headings in both languages.

    A text that a spreadsheet would take for a formula gets an apostrophe in front.
    """
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(f"{english} {chinese}" for english, chinese in CSV_COLUMNS)
    for field in export.fields:
        writer.writerow(
            [
                "" if field.line is None else field.line,
                field.form.name,
                field.form.label_en,
                field.form.label_zh,
                _cell(field.value),
                field.state.value,
                _cell(field.source),
            ]
        )
    return out.getvalue()


def write_json(export: DeclarationExport) -> str:
    """JSON, in the form's order; a field that is not stated is there with the value null."""
    value = {
        "format": EXPORT_FORMAT,
        "declaration": export.number,
        "header": [_field_json(field) for field in export.header],
        "lines": [[_field_json(field) for field in line] for line in export.lines],
    }
    return json.dumps(value, ensure_ascii=False, indent=1) + "\n"


def _lines_of(declaration: SourcePaper) -> list[Mapping[str, Any]]:
    lines = declaration.fields.get(LINES)
    found = [it for it in lines if isinstance(it, dict)] if isinstance(lines, list) else []
    return list(found[:MAX_LINES]) or [{}]


def _line_sources(line: Mapping[str, Any], sources: Sequence[SourcePaper]) -> list[SourcePaper]:
    """The line itself comes first, then the declaration and its papers."""
    if not line:
        return list(sources)
    declaration = sources[0]
    own = SourcePaper(declaration.doc_type, declaration.number, line, declaration.is_whole)
    return [own, *sources]


def _fill(field: FormField, sources: Sequence[SourcePaper], line: int | None) -> ExportedField:
    hidden = False
    for doc_type, name in field.sources:
        for paper in sources:
            if paper.doc_type is doc_type:
                if (value := _value(paper, name)) is not None:
                    source = f"{paper.name}: {name}"
                    return ExportedField(field, line, value, State.STATED, source)
                hidden = hidden or not paper.is_whole
    if field.lists_papers:
        return _list_papers(field, sources)
    state = State.WITHHELD if hidden else State.MISSING
    return ExportedField(field, line, None, state, "")


def _list_papers(field: FormField, sources: Sequence[SourcePaper]) -> ExportedField:
    """The attached documents: every other paper, by type and number."""
    attached = sorted({paper.name for paper in sources[1:]})
    if not attached:
        return ExportedField(field, None, None, State.MISSING, "")
    return ExportedField(field, None, attached, State.STATED, "the batch's papers")


def _value(paper: SourcePaper, name: str) -> Any:  # noqa: ANN401 - whatever JSON can hold
    """What a paper states; blank text states nothing."""
    value = paper.number if name == "number" else paper.fields.get(name)
    return None if isinstance(value, str) and not value.strip() else value


def _field_json(field: ExportedField) -> dict[str, Any]:
    return {
        "name": field.form.name,
        "en": field.form.label_en,
        "zh": field.form.label_zh,
        "value": field.value,
        "state": field.state.value,
        "source": field.source or None,
    }


def _cell(value: Any) -> str:  # noqa: ANN401 - whatever JSON can hold
    if value is None:
        return ""
    if isinstance(value, list) and all(isinstance(it, str) for it in value):
        value = "; ".join(value)
    if not isinstance(value, str):
        return canonical_text(value)
    return f"'{value}" if value.startswith(_FORMULA_STARTS) else value
