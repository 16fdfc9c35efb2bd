"""What a bundle's records pin, read: events and papers, and how checks name them."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tracer.domain.bundle import AppendRow, OtherRow, RecordRow
from tracer.domain.columns import gln_text
from tracer.domain.document_views import View
from tracer.domain.documents import DocType
from tracer.domain.kinds import Kind
from tracer.domain.paper_numbers import NUMBER_FIELDS, PaperNumber, numbers_of
from tracer.domain.replay import kind_name

DOCUMENT_KINDS = frozenset(
    {
        Kind.LAB_REPORT,
        Kind.CERTIFICATE,
        Kind.CUSTOMS_DOCUMENT,
        Kind.CLEARANCE_CLAIM,
        Kind.CLEARANCE_CONFIRMATION,
        Kind.DOCUMENT,
    }
)
"""Kinds whose digest is a document's commitment."""

DIGEST_ONLY_KINDS = frozenset({Kind.SERIALS, Kind.TELEMETRY, Kind.INSPECTION})
"""Kinds whose digest pins something that no bundle carries: a tree, a raw log, a report."""

SUPERSEDE = "Supersede"
"""Type of the statement in a SUPERSEDE record by which an issuer replaces a paper."""

REPLACEABLE_TYPES = frozenset(
    {
        DocType.CUSTOMS_DECLARATION,
        DocType.CERTIFICATE_OF_ORIGIN,
        DocType.HEALTH_CERTIFICATE,
        DocType.BILL_OF_LADING,
        DocType.PACKING_LIST,
        DocType.COMMERCIAL_INVOICE,
    }
)
"""Papers of a consignment, which are issued again after a slip. A laboratory's report never is:
what was measured was measured."""

_COMMITMENT = re.compile(r"[0-9a-f]{64}", re.ASCII)
_SUPPLIER = re.compile(r"/414/(\d{13})", re.ASCII)

SUBJECT_HEX = 16  # digits of a digest that still tell two things apart by eye


def record_subject(record: RecordRow) -> str:
    """How checks name a record."""
    return f"record {record.position} ({kind_name(record.kind)})"


def append_subject(append: AppendRow) -> str:
    """How checks name an append."""
    return f"append {append.sequence}"


def party_subject(gln: int) -> str:
    """How checks name a party."""
    return f"party {gln_text(gln)}"


@dataclass(frozen=True, slots=True)
class Event:
    """A genuine content that is an EPCIS event.

    Attributes:
        record: the first record that pins it.
        body: the event's JSON object.
    """

    record: RecordRow
    body: Mapping[str, Any]

    @property
    def subject(self) -> str:
        """How checks name it."""
        return record_subject(self.record)


@dataclass(frozen=True, slots=True)
class Paper:
    """A document of the bundle.

    Attributes:
        commitment: what the record carries.
        view: what it says; None when it cannot be read.
        records: the records that carry the commitment, in order.
        recorded: whether it hashes to the commitment and its issuer recorded it.
        withheld: the public field that its view hides; None when it hides none.
        texts: open field -> RFC 8785 text of its value.
    """

    commitment: bytes
    view: View | None
    records: tuple[RecordRow, ...]
    recorded: bool
    withheld: str | None
    texts: Mapping[str, str]

    @property
    def genuine(self) -> bool:
        """Whether it is what was recorded, with all that its issuer made public."""
        return self.recorded and self.withheld is None

    @property
    def subject(self) -> str:
        """How checks name it."""
        title = self.view.title if self.view else self.commitment.hex()[:SUBJECT_HEX]
        return f"document {title}"

    @property
    def doc_type(self) -> DocType | None:
        """What it is, if it can be read."""
        return self.view.doc_type if self.view else None

    def value(self, name: str) -> Any:  # noqa: ANN401 - whatever JSON can hold
        """Value of an open field, None when it has none."""
        text = self.texts.get(name)
        return None if text is None else json.loads(text)

    def plain(self, name: str) -> str:
        """Text of an open field as people read it: strings without quotes; "" when absent."""
        value = self.value(name)
        return value if isinstance(value, str) else self.texts.get(name, "")

    @property
    def issuer(self) -> int:
        """GLN of the issuer, 0 when it cannot be read."""
        return self.view.issuer.number if self.view else 0

    @property
    def numbers(self) -> frozenset[PaperNumber]:
        """Every number that it uses."""
        if self.view is None:
            return frozenset()
        plain = {name: self.plain(name) for name in NUMBER_FIELDS if name in self.texts}
        return frozenset(numbers_of(self.view.doc_type, plain))


@dataclass(frozen=True, slots=True)
class OtherPaper:
    """A paper of another batch.

    Attributes:
        paper: what its view says; `records` are empty, since this bundle has none of them.
        row: as served.
        batch: "GTIN lot", as people name a batch.
    """

    paper: Paper
    row: OtherRow
    batch: str


def commitment_in(body: Mapping[str, Any], name: str) -> bytes:
    """A commitment that a statement names; nothing where it names none."""
    text = body.get(name)
    is_key = isinstance(text, str) and _COMMITMENT.fullmatch(text)
    return bytes.fromhex(str(text)) if is_key else b""


def plain_text(value: object) -> str:
    """Text or a whole number as people read it; "" for nothing and "?" for anything else."""
    if isinstance(value, str) or (isinstance(value, int) and not isinstance(value, bool)):
        return str(value)
    return "" if value is None else "?"


SUPPLY_KINDS = frozenset({Kind.MILK_COLLECTION, Kind.MILK_RECEIPT, Kind.MATERIAL_RECEIPT})
"""Kinds of events in which somebody hands materials over."""


def suppliers_of(record: RecordRow, body: Mapping[str, Any]) -> Iterator[int]:
    """GLNs of those from whom an event takes materials over: its sources, and the farm."""
    if record.kind not in SUPPLY_KINDS:
        return
    if record.kind == Kind.MILK_COLLECTION and record.location is not None:
        yield record.location
    sources = body.get("sourceList")
    for source in sources if isinstance(sources, list) else ():
        text = source.get("source") if isinstance(source, dict) else None
        match = _SUPPLIER.search(text) if isinstance(text, str) else None
        if match:
            yield int(match[1])
