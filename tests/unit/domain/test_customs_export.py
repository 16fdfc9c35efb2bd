"""The declaration's form: field order, both languages, nothing missing in silence."""

import csv
import io
import json
import os
from pathlib import Path
from typing import Any

import pytest

import tracer.samples
from tracer.domain.declaration_export import (
    CSV_COLUMNS,
    SourcePaper,
    State,
    build_export,
    write_csv,
    write_json,
)
from tracer.domain.declaration_fields import HEADER_FIELDS, LINE_FIELDS
from tracer.domain.documents import DocType
from tracer.domain.paper_types import paper_type

GOLDEN = Path(__file__).with_name("declaration_nz.csv")
SAMPLES = Path(tracer.samples.__file__).parent


def paper(doc_type: DocType, *, whole: bool = True, **fields: Any) -> SourcePaper:
    return SourcePaper(doc_type, str(fields.get("number", "1")), fields, is_whole=whole)


def sample_papers(name: str, *, with_confidential: bool) -> list[SourcePaper]:
    batch = json.loads((SAMPLES / f"{name}.json").read_text("utf-8"))
    return [
        SourcePaper(
            DocType[it["docType"]],
            it["number"],
            {
                "number": it["number"],
                "issuer": it["issuer"],
                "issuedAt": it["issuedAt"],
                **it["public"],
                **(it["confidential"] if with_confidential else {}),
            },
            is_whole=with_confidential or not it["confidential"],
        )
        for it in batch["documents"]
    ]


def declaration_of(papers: list[SourcePaper]) -> SourcePaper:
    return next(it for it in papers if it.doc_type is DocType.CUSTOMS_DECLARATION)


def test_the_sample_from_new_zealand_is_exported_as_the_golden_file() -> None:
    papers = sample_papers("nz", with_confidential=True)
    text = write_csv(build_export(declaration_of(papers), papers))
    if os.environ.get("GOLDEN") == "write":
        GOLDEN.write_text(text, "utf-8", newline="")
    with GOLDEN.open(encoding="utf-8", newline="") as file:
        assert text == file.read(), "GOLDEN=write writes it anew; read the difference"


@pytest.mark.parametrize("name", ["nz", "nl", "ie"])
def test_of_every_sample_only_what_is_not_open_is_withheld(name: str) -> None:
    whole = sample_papers(name, with_confidential=True)
    opened = build_export(declaration_of(whole), whole)
    public = sample_papers(name, with_confidential=False)
    shown = build_export(declaration_of(public), public)
    assert {it.state for it in opened.fields} == {State.STATED, State.MISSING}
    for more, less in zip(opened.fields, shown.fields, strict=True):
        if more.state is State.STATED and less.state is not State.STATED:
            assert less.state is State.WITHHELD
        assert less.value is None or less.value == more.value


def test_fields_stand_in_the_order_of_the_form() -> None:
    export = build_export(paper(DocType.CUSTOMS_DECLARATION), [])
    assert [it.form for it in export.header] == list(HEADER_FIELDS)
    assert [it.form for it in export.lines[0]] == list(LINE_FIELDS)
    names = [it.name for it in (*HEADER_FIELDS, *LINE_FIELDS)]
    assert len(set(names)) == len(names)
    assert names[:4] == ["office", "declarationNo", "entryNo", "portOfEntry"]
    assert names[-2:] == ["productionDate", "lot"]


def test_what_the_declarations_own_form_asks_for_is_exported() -> None:
    """Every field of the paper type has its place; the cited papers are the attached documents."""
    cited = {"coNo", "healthCertNo", "seal", "bestBefore", "pallets", "label", "status"}
    exported = {
        name
        for field in (*HEADER_FIELDS, *LINE_FIELDS)
        for doc_type, name in field.sources
        if doc_type is DocType.CUSTOMS_DECLARATION
    }
    known = {field.name for field in paper_type(DocType.CUSTOMS_DECLARATION).fields}
    assert known - exported == cited & known


def test_every_heading_is_in_both_languages() -> None:
    for field in (*HEADER_FIELDS, *LINE_FIELDS):
        assert field.label_en.isascii()
        assert field.label_zh


class TestBuildExport:
    def test_the_declaration_itself_comes_first(self) -> None:
        declaration = paper(DocType.CUSTOMS_DECLARATION, netKg=10)
        packing = paper(DocType.PACKING_LIST, netKg=11)
        export = build_export(declaration, [packing])
        (field,) = [it for it in export.header if it.form.name == "netKg"]
        assert (field.value, field.source) == (10, "CUSTOMS_DECLARATION 1: netKg")

    def test_what_it_does_not_say_is_taken_from_its_papers_and_the_source_named(self) -> None:
        packing = paper(DocType.PACKING_LIST, number="PL-7", netKg=11)
        export = build_export(paper(DocType.CUSTOMS_DECLARATION, netKg=" "), [packing])
        (field,) = [it for it in export.header if it.form.name == "netKg"]
        assert (field.value, field.source) == (11, "PACKING_LIST PL-7: netKg")

    @pytest.mark.parametrize(("whole", "state"), [(True, State.MISSING), (False, State.WITHHELD)])
    def test_what_nobody_says_is_told(self, whole: bool, state: State) -> None:
        export = build_export(paper(DocType.CUSTOMS_DECLARATION, whole=whole), [])
        assert {it.state for it in export.lines[0]} == {state}
        assert all(it.value is None for it in export.lines[0])

    def test_zero_and_false_are_values(self) -> None:
        export = build_export(paper(DocType.CUSTOMS_DECLARATION, freight=0), [])
        (field,) = [it for it in export.header if it.form.name == "freight"]
        assert (field.value, field.state) == (0, State.STATED)

    def test_several_lines_each_take_what_they_do_not_say_from_the_declaration(self) -> None:
        declaration = paper(
            DocType.CUSTOMS_DECLARATION,
            originCountry="NZ",
            lines=[{"hs": "1901101090", "lot": "A"}, {"hs": "1901101010", "lot": "B"}, "noise"],
        )
        export = build_export(declaration, [])
        said = [{it.form.name: it.value for it in line} for line in export.lines]
        assert [(it["hs"], it["lot"], it["originCountry"]) for it in said] == [
            ("1901101090", "A", "NZ"),
            ("1901101010", "B", "NZ"),
        ]
        assert [it.line for line in export.lines for it in line[:1]] == [1, 2]

    def test_attached_documents_are_the_other_papers(self) -> None:
        papers = [paper(DocType.BILL_OF_LADING, number="B"), paper(DocType.HALAL, number="H")]
        export = build_export(paper(DocType.CUSTOMS_DECLARATION), papers)
        attached = export.header[-1]
        assert attached.value == ["BILL_OF_LADING B", "HALAL H"]


class TestWriteCsv:
    def test_it_is_read_back_whole(self) -> None:
        value = 'a "quoted",\nsecond line; 中文'
        export = build_export(paper(DocType.CUSTOMS_DECLARATION, office=value), [])
        rows = list(csv.reader(io.StringIO(write_csv(export), newline="")))
        assert rows[0] == [f"{english} {chinese}" for english, chinese in CSV_COLUMNS]
        assert rows[1][4] == value
        assert len(rows) == 1 + len(HEADER_FIELDS) + len(LINE_FIELDS)

    @pytest.mark.parametrize("value", ["=1+1", "+1", "-1", "@x", "\tx", '=HYPERLINK("x")'])
    def test_a_text_that_a_spreadsheet_would_run_is_disarmed(self, value: str) -> None:
        export = build_export(paper(DocType.CUSTOMS_DECLARATION, office=value), [])
        rows = list(csv.reader(io.StringIO(write_csv(export), newline="")))
        assert rows[1][4] == f"'{value}"

    def test_numbers_stay_numbers(self) -> None:
        export = build_export(paper(DocType.CUSTOMS_DECLARATION, netKg=-1.5, grossKg=10368.0), [])
        cells = {row[1]: row[4] for row in csv.reader(io.StringIO(write_csv(export)))}
        assert (cells["netKg"], cells["grossKg"]) == ("-1.5", "10368")


def test_json_has_every_field_with_its_state() -> None:
    export = build_export(paper(DocType.CUSTOMS_DECLARATION, office="2248"), [])
    value = json.loads(write_json(export))
    assert value["format"] == "tracer-declaration/1"
    assert value["header"][0] == {
        "name": "office",
        "en": "Customs office",
        "zh": "申报地海关",
        "value": "2248",
        "state": "STATED",
        "source": "CUSTOMS_DECLARATION 1: office",
    }
    assert len(value["lines"][0]) == len(LINE_FIELDS)
