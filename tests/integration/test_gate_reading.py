"""What is read of the samples' PDFs is what the samples say: some fields are not, none wrongly."""

import json
import unicodedata
from pathlib import Path
from typing import Any

import pytest

from tracer.domain.canonical import canonical_text
from tracer.domain.documents import DocType
from tracer.gate.gate import inspect_file
from tracer.gate.reading import read_paper

pytestmark = pytest.mark.integration

SAMPLES = Path(__file__).resolve().parents[2] / "tracer" / "samples"
NOT_READ = {
    "activities",  # tables: the printed form leaves out what the structured values have
    "frameworks",  # names with commas in a list with commas
    "metrics",
    "pactV3",
    "places",
    "results",
    "samplingResults",
    "stageTotalsKgCO2e",
}
PAPERS = [
    pytest.param(paper, id=f"{name}-{paper['docType']}-{paper['number']}")
    for name in ("nz", "nl", "ie")
    for paper in json.loads((SAMPLES / f"{name}.json").read_text())["documents"]
]


def printed(value: Any) -> str:
    """A value as the samples' fonts can print it: without the marks of Latin Extended-A."""
    text = canonical_text(value)
    return "".join(
        unicodedata.normalize("NFD", char)[0] if "\u0100" <= char < "\u0180" else char
        for char in text
    )


@pytest.mark.parametrize("paper", PAPERS)
def test_every_field_that_is_read_is_right(paper: dict[str, Any]) -> None:
    report = inspect_file(SAMPLES / paper["file"])
    reading = read_paper(DocType[paper["docType"]], report.text)
    truth = {"number": paper["number"], "issuer": paper["issuer"]}
    truth |= {"issuedAt": paper["issuedAt"][:10], **paper["public"], **paper["confidential"]}
    read = {field.name: field for field in reading.fields}
    assert set(read) == set(truth) - NOT_READ
    for name, field in read.items():
        assert printed(field.value) == printed(truth[name]), name
        assert field.page == 1
        assert field.quote
    assert {note.name for note in reading.notes} <= NOT_READ


def test_almost_all_fields_are_read() -> None:
    papers = [one.values[0] for one in PAPERS]
    names = [name for one in papers for name in {**one["public"], **one["confidential"]}]
    unread = sum(name in NOT_READ for name in names)
    total = len(names) + 3 * len(papers)  # number, issuer and day are on every paper
    print(f"{total - unread} of {total} fields")
    assert unread < 0.06 * total
