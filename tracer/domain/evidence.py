"""A bundle opened once: records derived from the appends, contents and papers read and checked.

Everything that later steps conclude from a content or a paper they take from here, where only
what hashes to its record counts.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from tracer.domain.bundle import Bundle, OtherRow, RecordRow
from tracer.domain.canonical import digest_text
from tracer.domain.columns import MAX_TEXT_CHARS
from tracer.domain.document_views import parse_view
from tracer.domain.documents import DocType, Field
from tracer.domain.exhibits import (
    DIGEST_ONLY_KINDS,
    DOCUMENT_KINDS,
    REPLACEABLE_TYPES,
    SUBJECT_HEX,
    SUPERSEDE,
    SUPPLY_KINDS,
    Event,
    OtherPaper,
    Paper,
    append_subject,
    commitment_in,
    party_subject,
    plain_text,
    record_subject,
    suppliers_of,
)
from tracer.domain.identifiers import Gtin, Lot
from tracer.domain.json_form import parse_json
from tracer.domain.kinds import Kind
from tracer.domain.records import build_batch_id
from tracer.domain.replay import LedgerState, replay, unpack_rows
from tracer.errors import InputError

__all__ = [
    "DIGEST_ONLY_KINDS",
    "DOCUMENT_KINDS",
    "SUBJECT_HEX",
    "SUPPLY_KINDS",
    "Event",
    "Evidence",
    "OtherPaper",
    "Paper",
    "append_subject",
    "party_subject",
    "plain_text",
    "record_subject",
    "suppliers_of",
]


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()


def _is_compact(text: str) -> bool:
    """Whether a view is spelled the one way, so that none of its characters can vary."""
    return json.dumps(json.loads(text), ensure_ascii=False, separators=(",", ":")) == text


@dataclass(frozen=True)
class Evidence:
    """A bundle, opened.

    Attributes:
        bundle: as served.
    """

    bundle: Bundle

    @cached_property
    def records(self) -> tuple[RecordRow, ...]:
        """The records that the appends hold, in order."""
        return tuple(unpack_rows(self.bundle.appends))

    @cached_property
    def state(self) -> LedgerState:
        """What the records amount to."""
        return replay(self.bundle.batch.owner, self.records)

    @cached_property
    def parties(self) -> frozenset[int]:
        """The owner and every writer."""
        return frozenset({self.bundle.batch.owner, *(append.gln for append in self.bundle.appends)})

    @cached_property
    def by_digest(self) -> Mapping[bytes, tuple[RecordRow, ...]]:
        """Digest -> the records that carry it, in order."""
        found: dict[bytes, tuple[RecordRow, ...]] = {}
        for record in self.records:
            found[record.digest] = (*found.get(record.digest, ()), record)
        return found

    @cached_property
    def genuine_contents(self) -> Mapping[bytes, str]:
        """The contents that hash to a record."""
        return {
            digest: text
            for digest, text in self.bundle.contents.items()
            if digest in self.by_digest and _digest(text) == digest
        }

    @cached_property
    def unreadable(self) -> tuple[RecordRow, ...]:
        """Records whose content is genuine but no JSON object."""
        return tuple(
            self.by_digest[digest][0]
            for digest in self.genuine_contents
            if digest not in self._bodies
        )

    @cached_property
    def _bodies(self) -> Mapping[bytes, Mapping[str, Any]]:
        bodies = {}
        for digest, text in self.genuine_contents.items():
            try:
                body = parse_json(text, what="content", max_chars=MAX_TEXT_CHARS)
            except InputError:
                continue
            if isinstance(body, dict):
                bodies[digest] = body
        return bodies

    @cached_property
    def events(self) -> tuple[Event, ...]:
        """Genuine contents that are JSON objects, in the order of their records."""
        return tuple(
            Event(record, self._bodies[record.digest])
            for record in self.records
            if record.digest in self._bodies
        )

    @cached_property
    def papers(self) -> tuple[Paper, ...]:
        """All documents of the bundle, in the order of their records; unreferenced ones last."""
        papers = [self._open(key, text) for key, text in sorted(self.bundle.documents.items())]
        end = len(self.records)
        return tuple(
            sorted(papers, key=lambda paper: paper.records[0].position if paper.records else end)
        )

    def _open(self, key: bytes, text: str) -> Paper:
        records = self.by_digest.get(key, ())
        try:
            view = parse_view(text)
            title_is_text = isinstance(view.fields.get("number", ""), str)
        except InputError:
            view, title_is_text = None, False
        if view is None or not title_is_text or not _is_compact(text):
            return Paper(key, None, records, recorded=False, withheld=None, texts={})
        bundle = self.bundle
        texts = {entry.name: entry.value_text for entry in view.entries if isinstance(entry, Field)}
        recorded = (
            view.commitment(bundle.chain.chain_id, bundle.chain.contract) == key
            and view.batch_id == bundle.batch.batch_id
            and any(
                record.gln == view.issuer.number and record.kind != Kind.CLEARANCE_CONFIRMATION
                for record in records
            )
        )
        return Paper(key, view, records, recorded, view.withheld, texts)

    @cached_property
    def superseded(self) -> frozenset[bytes]:
        """Papers that their issuers replaced, while nobody relied on them yet.

        The replacement is a later paper of the same type by the same issuer, which is at hand.
        After customs' first confirmation no paper is replaced: they confirmed what they saw.
        """
        found = set()
        by_key = {paper.commitment: paper for paper in self.papers if paper.genuine}
        confirmed = [r.position for r in self.records if r.kind == Kind.CLEARANCE_CONFIRMATION]
        for event in self.events:
            if confirmed and event.record.position > confirmed[0]:
                break
            old, new = (
                by_key.get(commitment_in(event.body, name)) for name in ("commitment", "by")
            )
            if (
                event.record.kind == Kind.SUPERSEDE
                and event.body.get("type") == SUPERSEDE
                and old is not None
                and new is not None
                and old.doc_type is new.doc_type
                and old.doc_type in REPLACEABLE_TYPES
                and old.issuer == new.issuer == event.record.gln
                and old.records[0].position < new.records[0].position
            ):
                found.add(old.commitment)
        return frozenset(found)

    @cached_property
    def others(self) -> tuple[OtherPaper, ...]:
        """Papers of other batches, in the order of their commitments."""
        return tuple(
            OtherPaper(self._open_other(key, row), row, f"{row.gtin} {row.lot}")
            for key, row in sorted(self.bundle.others.items())
        )

    def _open_other(self, key: bytes, row: OtherRow) -> Paper:
        paper = self._open(key, row.view)
        view, chain = paper.view, self.bundle.chain
        try:
            gtin = Gtin.parse(row.gtin)
            batch_id = build_batch_id(gtin, Lot.parse(row.lot))
        except InputError:
            batch_id = self.bundle.batch.batch_id
        hashes = (
            view is not None
            and view.commitment(chain.chain_id, chain.contract) == key
            and view.batch_id == batch_id != self.bundle.batch.batch_id
            and gtin.value == row.gtin
        )
        return replace(paper, records=(), recorded=hashes)

    def profile(self, gln: int) -> Mapping[str, Any]:
        """A party's profile, if it is the one that its row pins; else nothing."""
        row = self.bundle.parties.get(gln)
        try:
            if row is None or digest_text(row.profile) != row.profile_digest:
                return {}
            profile = parse_json(row.profile, what="profile", max_chars=MAX_TEXT_CHARS)
        except InputError:
            return {}
        return profile if isinstance(profile, dict) else {}

    @cached_property
    def suppliers(self) -> Mapping[int, tuple[RecordRow, ...]]:
        """Whom genuine receipts name as supplier, and the records of the receipts."""
        found: dict[int, tuple[RecordRow, ...]] = {}
        for event in self.events:
            for gln in sorted(set(suppliers_of(event.record, event.body))):
                found[gln] = (*found.get(gln, ()), event.record)
        return found

    def genuine_papers(self, *doc_types: DocType) -> Iterator[Paper]:
        """The genuine documents, of the given types or of all."""
        for paper in self.papers:
            if paper.genuine and (not doc_types or paper.doc_type in doc_types):
                yield paper

    def stated_tins(self) -> list[str]:
        """Every genuine statement of how many tins the batch has, as text."""
        stated = [paper.plain("tins") for paper in self.genuine_papers(DocType.PRODUCT)]
        for event in self.events:
            if event.record.kind == Kind.CANNING:
                ilmd = event.body.get("ilmd")
                count = ilmd.get("tracer:serialCount") if isinstance(ilmd, dict) else None
                stated.append(plain_text(count))
        return [text for text in stated if text]
