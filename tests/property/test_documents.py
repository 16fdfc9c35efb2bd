"""Documents: a view verifies when it opens the public fields and changes none."""

import json
from typing import Any

from hypothesis import assume, given
from hypothesis import strategies as st
from view_steps import first_fault

from tracer.domain.document_views import parse_view
from tracer.domain.documents import (
    FIXED_FIELDS,
    PUBLIC_FIELDS,
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

ISSUER = Gln.parse("9520010001039")
SCOPE = Scope(31337, bytes(range(20)), bytes(range(32)))
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
NAMES = TEXT.filter(lambda name: name and name not in FIXED_FIELDS)
NUMBERS = st.integers(-(2**53) + 1, 2**53 - 1) | st.floats(allow_nan=False, allow_infinity=False)
VALUES = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=6,
)


@st.composite
def built(draw: st.DrawFn) -> Document:
    fields = draw(st.dictionaries(NAMES, VALUES, max_size=8))
    hidden = draw(st.sets(st.sampled_from(sorted(fields)))) if fields else set()
    paper = Paper(
        draw(st.sampled_from(DocType)),
        draw(TEXT),
        ISSUER,
        "2026-02-24T16:00:00+13:00",
        {name: value for name, value in fields.items() if name not in hidden},
        {name: value for name, value in fields.items() if name in hidden},
        draw(st.none() | st.binary(min_size=32, max_size=32)),
    )
    count = salts_needed(paper)
    salts = draw(
        st.lists(st.binary(min_size=16, max_size=16), min_size=count, max_size=count, unique=True)
    )
    document_salt = draw(st.binary(min_size=32, max_size=32))
    return build_document(paper, SCOPE, DocumentSalts(document_salt, tuple(salts)))


@given(built(), st.data())
def test_any_view_of_a_document_verifies(document: Document, data: st.DataObject) -> None:
    more = data.draw(st.sets(st.sampled_from([field.name for field in document.fields])))
    names = document.open_names | more
    assert first_fault(document.view(names), document.commitment, SCOPE, ISSUER) == ""
    shown = parse_view(document.view(names)).fields
    everything = parse_view(document.full_view()).fields
    assert shown == {name: value for name, value in everything.items() if name in names}


@given(built(), st.data())
def test_a_public_field_cannot_be_hidden(document: Document, data: st.DataObject) -> None:
    names = {field.name for field in document.fields}
    hidden = data.draw(st.sets(st.sampled_from(sorted(document.open_names)), min_size=1))
    view = document.view(names - hidden)
    assert first_fault(view, document.commitment, SCOPE, ISSUER) == "open"
    named = PUBLIC_FIELDS if PUBLIC_FIELDS in hidden else min(hidden)
    assert parse_view(view).withheld == named


@given(built())
def test_hidden_values_leave_no_trace(document: Document) -> None:
    view = json.loads(document.public_view())
    assert {entry["name"] for entry in view["fields"] if "name" in entry} == document.open_names
    assert all(set(entry) in ({"leaf"}, {"name", "value", "salt"}) for entry in view["fields"])


@given(built(), st.data())
def test_a_changed_field_is_noticed(document: Document, data: st.DataObject) -> None:
    view: dict[str, Any] = json.loads(document.full_view())
    entry = data.draw(st.sampled_from(view["fields"]))
    value = json.dumps(data.draw(VALUES))
    assume(value != entry["value"])
    entry["value"] = value
    fault = first_fault(json.dumps(view), document.commitment, SCOPE, ISSUER)
    assert fault in {"parse", "commitment"}


@given(
    TEXT
    | st.binary(max_size=60).map(lambda data: data.decode("utf-8", "replace"))
    | VALUES.map(json.dumps)
)
def test_any_text_is_a_view_or_an_input_error(text: str) -> None:
    try:
        parse_view(text)
    except InputError:
        return
    raise AssertionError(text)
