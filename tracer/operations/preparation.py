"""From the items of a plan to ledger records, and from a plan to stored contents."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from tracer.domain.documents import DocType, Document
from tracer.domain.merkle import MerkleTree
from tracer.domain.records import Record
from tracer.errors import InputError
from tracer.operations.ledger_records import NO_DIGEST, PreparedRecord
from tracer.operations.papers import PaperDesk
from tracer.operations.plan import (
    BatchPlan,
    PlannedConfirmation,
    PlannedDocument,
    PlannedEvent,
    PlannedItem,
    PlannedSerials,
)
from tracer.store.contents import ContentStore


@dataclass(frozen=True)
class Preparation:
    """The items of a plan as records.

    Attributes:
        items: the plan's items.
        records: one for each item.
        documents: position of a paper -> the paper with its salts, where they are here.
    """

    items: Sequence[PlannedItem]
    records: Sequence[PreparedRecord]
    documents: Mapping[int, Document]

    def complete(
        self,
        desk: PaperDesk,
        missing: Collection[int],
        found: Mapping[int, bytes],
        *,
        keep: bool,
    ) -> "Preparation":
        """Draw salts for the papers that are to be written, and give confirmations their digest.

        Args:
            desk: prepares papers.
            missing: positions that are to be written.
            found: position of a paper -> its digest on the chain.
            keep: settle the salts for good; a dry run does not.
        """
        documents = dict(self.documents)
        for position in missing:
            item = self.items[position]
            if isinstance(item, PlannedDocument) and position not in documents:
                documents[position] = desk.prepare(item, keep=keep)
        digests = {at: document.commitment for at, document in documents.items()} | dict(found)
        for position, item in enumerate(self.items):
            if isinstance(item, PlannedConfirmation):
                declared = _declaration_of(item, self.items)
                if declared in digests:
                    digests.setdefault(position, digests[declared])
        records = [
            record.with_digest(digests[position]) if position in digests else record
            for position, record in enumerate(self.records)
        ]
        return Preparation(self.items, records, documents)


def prepare_items(desk: PaperDesk, items: Sequence[PlannedItem]) -> Preparation:
    """Make records of a plan's items; papers without salts stay unknown.

    Args:
        desk: finds papers that were prepared before.
        items: of the plan.
    """
    documents: dict[int, Document] = {}
    for position, item in enumerate(items):
        if isinstance(item, PlannedDocument):
            document = desk.find(item)
            if document is not None:
                documents[position] = document
    records = [_record_of(item) for item in items]
    return Preparation(items, records, documents).complete(desk, (), {}, keep=False)


def store_contents(
    contents: ContentStore, desk: PaperDesk, plan: BatchPlan, prepared: Preparation
) -> None:
    """Keep everything that the records pin, before any of them is written.

    Raises:
        DatabaseUnavailableError: the contents cannot be written.
    """
    for party in plan.parties:
        contents.put(party.text)
    for inspection in plan.inspections:
        contents.put(inspection.text)
    for position, item in enumerate(prepared.items):
        if isinstance(item, PlannedEvent):
            contents.put(item.text)
        elif isinstance(item, PlannedSerials):
            root = prepared.records[position].record.digest
            contents.put_serials(root, [serial.value for serial in item.serials])
        elif isinstance(item, PlannedDocument) and position in prepared.documents:
            document = prepared.documents[position]
            if document.commitment == prepared.records[position].record.digest:
                desk.store(item, document)


def _record_of(item: PlannedItem) -> PreparedRecord:
    location = item.location if isinstance(item, PlannedEvent) else None
    digest = NO_DIGEST
    if isinstance(item, PlannedEvent):
        digest = item.digest
    elif isinstance(item, PlannedSerials):
        digest = MerkleTree.of(serial.value.encode("ascii") for serial in item.serials).root
    record = Record(item.kind, item.occurred_at_unix, location, digest)
    is_salted = isinstance(item, PlannedDocument | PlannedConfirmation)
    return PreparedRecord(item.recorder, record, not is_salted, is_salted, describe_item(item))


def describe_item(item: PlannedItem) -> str:
    """An item of a plan, for a person."""
    if isinstance(item, PlannedDocument):
        return f"{item.doc_type.name} {item.number}"
    moment = datetime.fromtimestamp(item.occurred_at_unix, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return f"{item.kind.name} of {moment}"


def _declaration_of(item: PlannedConfirmation, items: Sequence[PlannedItem]) -> int:
    """Position of the declaration that a confirmation repeats."""
    for position, other in enumerate(items):
        if (
            isinstance(other, PlannedDocument)
            and other.doc_type is DocType.CUSTOMS_DECLARATION
            and other.number == item.document_number
        ):
            return position
    raise InputError(
        f"the customs declaration {item.document_number} is not in the file",
        hint="A confirmation stands in the same file as the declaration it confirms.",
    )
