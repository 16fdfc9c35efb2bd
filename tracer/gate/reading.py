"""Reads the fields of a paper from its text. What is not certain is left out, and said.

Forms that are understood, in English and Chinese:

    Seal: NZ884213          a label, a colon, a value       (also with a full-width colon)
    Seal  NZ884213          cells of a row, apart by two spaces, a tab or a bar
    Seal  Tins              a row of labels over a row of values
    Seal 封号               a label on a line of its own over its value, as on our own papers
    NZ884213

A person confirms every field before it is stated (`read_fields` only saves typing), so a field
that is missing costs a minute and a wrong one a shipment: when in doubt, leave it out.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tracer.domain.canonical import canonical_text
from tracer.domain.documents import DocType
from tracer.domain.paper_types import FieldSpec
from tracer.errors import TracerError
from tracer.gate.field_words import fields_of, kind_of
from tracer.gate.printed import Found, find_values
from tracer.gate.values import read_value

MAX_QUOTE = 200  # characters of a quotation

NOTES = {
    "ambiguous": ("{name} is there with different values", "{name} 出现多个不同的值"),
    "unreadable": ("{name} is there, but its value is not certain", "{name} 的值无法确定"),
    "goes-on": ("{name} may go on in the next line", "{name} 可能延续到下一行"),
}
"""Code -> sentence in English and Chinese."""


@dataclass(frozen=True, slots=True)
class ReadField:
    """A field as it was read.

    Attributes:
        name: its key.
        value: JSON.
        page: the first is 1.
        quote: label and value as printed.
    """

    name: str
    value: Any
    page: int
    quote: str


@dataclass(frozen=True, slots=True)
class ReadNote:
    """A field that was seen and left out.

    Attributes:
        name: its key.
        code: of `NOTES`.
        page: where it was seen first.
        quotes: everything that was seen, as printed.
    """

    name: str
    code: str
    page: int
    quotes: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """What a client is told."""
        en, zh = (text.format(name=self.name) for text in NOTES[self.code])
        return {
            "name": self.name,
            "code": self.code,
            "text": en,
            "textZh": zh,
            "page": self.page,
            "quotes": list(self.quotes),
        }


@dataclass(frozen=True, slots=True)
class Reading:
    """Everything that was read of a paper.

    Attributes:
        fields: in the order of the type's fields, each once.
        notes: fields that were seen and left out.
    """

    fields: tuple[ReadField, ...]
    notes: tuple[ReadNote, ...]


def read_fields(doc_type: DocType, pages: Sequence[str]) -> list[ReadField]:
    """The fields that a paper's text says with certainty.

    Args:
        doc_type: what the paper is.
        pages: text of each page, as the gate gives it.
    """
    return list(read_paper(doc_type, pages).fields)


def read_paper(doc_type: DocType, pages: Sequence[str]) -> Reading:
    """The same, with what was seen and left out.

    Args:
        doc_type: what the paper is.
        pages: text of each page; a JSON file is one page.
    """
    if len(pages) == 1 and pages[0].startswith("{"):
        return Reading(tuple(_read_json(doc_type, pages[0])), ())
    seen: dict[str, list[Found]] = {}
    for found in find_values(doc_type, pages):
        seen.setdefault(found.name, []).append(found)
    settled = [
        _settle(doc_type, spec, seen[name])
        for name, spec in fields_of(doc_type).items()
        if name in seen
    ]
    fields = tuple(one for one in settled if isinstance(one, ReadField))
    return Reading(fields, tuple(one for one in settled if isinstance(one, ReadNote)))


def _settle(doc_type: DocType, spec: FieldSpec, seen: Sequence[Found]) -> ReadField | ReadNote:
    """One value, or why there is none."""
    name = spec.name
    values = [read_value(spec, doc_type, found.value) for found in seen]
    quotes = tuple(found.quote[:MAX_QUOTE] for found in seen)
    first = seen[0].page
    if any(found.may_go_on for found in seen) and kind_of(spec) in {"text", "list"}:
        return ReadNote(name, "goes-on", first, quotes)
    if any(value is None for value in values):
        return ReadNote(name, "unreadable", first, quotes)
    if len({canonical_text(value) for value in values}) > 1:
        return ReadNote(name, "ambiguous", first, quotes)
    return ReadField(name, values[0], first, quotes[0])


def _read_json(doc_type: DocType, text: str) -> list[ReadField]:
    """Members of a JSON object that are named as fields are; anything else is not looked at."""
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        return []
    if not isinstance(data, dict):
        return []
    fields = []
    for name, spec in fields_of(doc_type).items():
        value = data.get(name)
        if isinstance(value, str):
            value = read_value(spec, doc_type, value)
        if value is None or (isinstance(value, dict) and not value):
            continue
        try:
            quote = canonical_text({name: value})
        except TracerError:
            continue
        fields.append(ReadField(name, value, 1, quote[:MAX_QUOTE]))
    return fields
