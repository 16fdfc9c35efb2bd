"""Papers made at random, in either language and in every form: all is read, and nothing else."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tracer.domain.documents import DocType
from tracer.gate.field_words import fields_of, kind_of, labels_of
from tracer.gate.reading import read_fields, read_paper

TYPES = st.sampled_from(sorted(DocType))
CODES = st.from_regex(r"[A-Z]{2}[0-9]{4,9}", fullmatch=True)
BY_KIND: dict[str, st.SearchStrategy[tuple[str, Any]]] = {
    "code": CODES.map(lambda text: (text, text)),
    "lot": CODES.map(lambda text: (text, text)),
    "digits": st.from_regex(r"[0-9]{4,12}", fullmatch=True).map(lambda text: (text, text)),
    "count": st.integers(0, 10**6).map(lambda number: (f"{number:,}", number)),
    "kg": st.integers(0, 10**7).map(lambda number: (f"{number:,} kg", number)),
    "date": st.dates().map(lambda day: (day.isoformat(), day.isoformat())),
    "text": st.from_regex(r"[A-Z][a-z]{2,9} (?:Ltd|BV|Co)", fullmatch=True).map(
        lambda text: (text, text)
    ),
}


@st.composite
def papers(draw: st.DrawFn) -> tuple[DocType, str, dict[str, Any]]:
    doc_type = draw(TYPES)
    specs = {name: spec for name, spec in fields_of(doc_type).items() if kind_of(spec) in BY_KIND}
    language = draw(st.integers(0, 1))
    colon = draw(st.sampled_from([": ", "\uff1a", "  ", "\t", " | "]))
    lines, truth = [draw(st.sampled_from(["", "Page 1 of 2", "To whom it may concern"]))], {}
    taken: set[str] = set()
    for name in draw(st.permutations(sorted(specs)))[:8]:
        label = draw(st.sampled_from(labels_of(specs[name])[language]))
        if label in taken or _means_another(doc_type, label, name):
            continue
        taken.add(label)
        text, value = draw(BY_KIND[kind_of(specs[name])])
        lines += [f"{label}{colon}{text}", ""]
        truth[name] = value
    return doc_type, "\n".join(lines), truth


def _means_another(doc_type: DocType, label: str, name: str) -> bool:
    """Whether two fields of one paper are called the same; then neither may be expected."""
    return any(
        label in labels
        for other, spec in fields_of(doc_type).items()
        if other != name
        for labels in labels_of(spec)
    )


@given(papers())
def test_all_is_read_and_nothing_else(paper: tuple[DocType, str, dict[str, Any]]) -> None:
    doc_type, text, truth = paper
    assert {field.name: field.value for field in read_fields(doc_type, [text])} == truth


@given(TYPES, st.lists(st.text(), max_size=3))
def test_no_text_breaks_it(doc_type: DocType, pages: list[str]) -> None:
    read_paper(doc_type, pages)


@given(papers(), st.randoms(use_true_random=False))
def test_in_whatever_order_nothing_wrong_is_read(
    paper: tuple[DocType, str, dict[str, Any]], draw: Any
) -> None:
    doc_type, text, truth = paper
    lines = text.split("\n")
    draw.shuffle(lines)
    read = {field.name: field.value for field in read_fields(doc_type, ["\n".join(lines)])}
    assert read.items() <= truth.items()
