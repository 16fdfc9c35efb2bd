"""An opened declaration beside everything else that is said about its batch, field by field.

An officer compares and decides; this only puts next to each field who else says it. What the rules
make of all papers together are the cross checks (`tracer.domain.cross_checks`).
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Final

from tracer.domain.canonical import canonical_text
from tracer.domain.document_views import View
from tracer.domain.documents import FIXED_FIELDS, PUBLIC_FIELDS, DocType, Field
from tracer.domain.evidence import Evidence, Paper
from tracer.domain.kinds import Kind

OTHER_NAMES: Final[Mapping[str, tuple[tuple[DocType, str], ...]]] = {
    "number": ((DocType.CIQ_CERTIFICATE, "declaration"),),
    "coNo": ((DocType.CERTIFICATE_OF_ORIGIN, "number"),),
    "healthCertNo": ((DocType.HEALTH_CERTIFICATE, "number"),),
    "bl": ((DocType.BILL_OF_LADING, "number"),),
    "manufacturer519": (
        (DocType.HEALTH_CERTIFICATE, "establishmentNo"),
        (DocType.MANUFACTURER_REGISTRATION, "number"),
    ),
    "formulaNo": (
        (DocType.PRODUCT, "formulaRegistrationNo"),
        (DocType.FORMULA_REGISTRATION, "number"),
    ),
    "valueUsd": ((DocType.COMMERCIAL_INVOICE, "total"),),
}
"""Field of a declaration -> what other papers call the same thing."""

OWN_FIELDS: Final = frozenset({*FIXED_FIELDS, "status", "label"})
"""Fields that every paper has for itself: equal names there mean nothing."""

EVENT_NAMES: Final[Mapping[str, tuple[Kind, tuple[str, ...], str]]] = {
    "container": (Kind.CONTAINER_LOADING, ("parentID",), "urn:epc:id:bic:"),
    "seal": (Kind.CONTAINER_LOADING, ("tracer:seal",), ""),
    "lot": (Kind.CANNING, ("ilmd", "cbvmda:lotNumber"), ""),
    "productionDate": (Kind.CANNING, ("ilmd", "tracer:productionDate"), ""),
    "bestBefore": (Kind.CANNING, ("ilmd", "cbvmda:itemExpirationDate"), ""),
    "tins": (Kind.CANNING, ("ilmd", "tracer:serialCount"), ""),
}
"""Field of a declaration -> events that say it: kind, where in them, what stands before it."""

BATCH_FIELDS: Final = ("gtin", "lot")


class Agreement(StrEnum):
    """What others make of a field."""

    SAME = "SAME"
    DIFFERS = "DIFFERS"
    ALONE = "ALONE"  # nobody else says it: nothing is confirmed


@dataclass(frozen=True, slots=True)
class OtherWord:
    """What somebody else says.

    Attributes:
        subject: the paper or row that says it.
        text: what it says.
    """

    subject: str
    text: str


@dataclass(frozen=True, slots=True)
class ComparedField:
    """A field of the declaration.

    Attributes:
        name: its name.
        text: its value, as people read it.
        is_public: everybody sees it; else only whom the broker granted the paper.
        others: who else says it.
    """

    name: str
    text: str
    is_public: bool
    others: tuple[OtherWord, ...]

    @property
    def agreement(self) -> Agreement:
        """DIFFERS as soon as one differs."""
        if not self.others:
            return Agreement.ALONE
        same = all(_is_same(self.text, other.text) for other in self.others)
        return Agreement.SAME if same else Agreement.DIFFERS


def spell_view(view: View) -> str:
    """The text of a view; `parse_view` reads it back."""
    return canonical_text(
        {
            "docType": int(view.doc_type),
            "issuer": view.issuer.value,
            "batchId": view.batch_id.hex(),
            "salt": view.salt.hex(),
            "fields": [
                {"name": it.name, "value": it.value_text, "salt": it.salt.hex()}
                if isinstance(it, Field)
                else {"leaf": it.hex()}
                for it in view.entries
            ],
        }
    )


def with_paper(evidence: Evidence, commitment: bytes, view: View) -> Evidence:
    """The same batch with more of one paper open: a view has one commitment however open it is."""
    documents = {**evidence.bundle.documents, commitment: spell_view(view)}
    return Evidence(replace(evidence.bundle, documents=documents))


def compare_fields(evidence: Evidence, commitment: bytes) -> list[ComparedField]:
    """The open fields of a declaration beside what others say; empty when it is not genuine.

    Args:
        evidence: the batch, see `with_paper`.
        commitment: of the declaration.
    """
    papers = list(evidence.genuine_papers())
    declaration = next((paper for paper in papers if paper.commitment == commitment), None)
    if declaration is None:
        return []
    others = [paper for paper in papers if paper is not declaration]
    public = declaration.value(PUBLIC_FIELDS)
    return [
        ComparedField(
            name,
            declaration.plain(name),
            name in public if isinstance(public, list) else False,
            (
                *_batch_words(evidence, name),
                *_event_words(evidence, name),
                *_other_words(others, name),
            ),
        )
        for name in declaration.texts
        if name != PUBLIC_FIELDS
    ]


def list_fields(view: View) -> list[ComparedField]:
    """The open fields of a view; nobody else is heard."""
    public = view.fields.get(PUBLIC_FIELDS)
    names = public if isinstance(public, list) else []
    return [
        ComparedField(it.name, plain_text(it.value_text), it.name in names, ())
        for it in view.entries
        if isinstance(it, Field) and it.name != PUBLIC_FIELDS
    ]


def plain_text(value_text: str) -> str:
    """The text of a value as people read it: strings without quotes."""
    value = json.loads(value_text)
    return value if isinstance(value, str) else value_text


def _batch_words(evidence: Evidence, name: str) -> Iterator[OtherWord]:
    if name in BATCH_FIELDS:
        yield OtherWord("batch on the ledger", str(getattr(evidence.bundle.batch, name)))


def _event_words(evidence: Evidence, name: str) -> Iterator[OtherWord]:
    if name not in EVENT_NAMES:
        return
    kind, path, prefix = EVENT_NAMES[name]
    for event in evidence.events:
        value: object = event.body if event.record.kind == kind else None
        for step in path:
            value = value.get(step) if isinstance(value, dict) else None
        if isinstance(value, str | int) and str(value).startswith(prefix):
            yield OtherWord(event.subject, str(value).removeprefix(prefix))


def _other_words(papers: list[Paper], name: str) -> Iterator[OtherWord]:
    for paper in papers:
        names = [other for kind, other in OTHER_NAMES.get(name, ()) if kind is paper.doc_type]
        if name not in OWN_FIELDS:
            names.append(name)
        for other in names:
            if other in paper.texts:
                yield OtherWord(paper.subject.removeprefix("document "), paper.plain(other))


def _is_same(one: str, other: str) -> bool:
    """The same text, or the same number: 10368 is 10368.0."""
    if one == other:
        return True
    try:
        return Decimal(one) == Decimal(other)
    except InvalidOperation:
        return False
