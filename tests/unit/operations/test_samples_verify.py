"""The samples, written to a ledger in memory, verify and give the verdict of their story."""

import hashlib
import json
from datetime import UTC, datetime

import pytest
from ledger_model import CHAIN_ID, CONTRACT, LedgerModel, fake_hash

from tracer.domain.bundle import PartyRow
from tracer.domain.checks import CheckStatus
from tracer.domain.documents import DocumentSalts, Paper, Scope, build_document, salts_needed
from tracer.domain.identifiers import DigitalLink, Serial
from tracer.domain.passport import build_passport
from tracer.domain.records import Record
from tracer.domain.verify import verify_bundle
from tracer.operations.batch_file import load_batch_plan
from tracer.operations.plan import (
    BatchPlan,
    PlannedConfirmation,
    PlannedDocument,
    PlannedEvent,
    PlannedSerials,
)
from tracer.samples import sample_path

TODAY_UNIX = int(datetime(2026, 11, 22, tzinfo=UTC).timestamp())
CLEAN = {"others", "scan-history"}  # checks that are not VALID because nothing counts scans here
VERDICTS = {
    "nz": ("OK", CLEAN),
    "nl": ("OK_WITH_NOTE", CLEAN),
    "ie": ("RECALLED", CLEAN | {"recall", "hold"}),
}


class Writer:
    """Carries a plan out on a ledger in memory, one append per record."""

    def __init__(self, plan: BatchPlan) -> None:
        self.ledger = LedgerModel(plan.gtin.value, plan.lot.value, plan.owner.value)
        self.ledger.time_unix = TODAY_UNIX
        self.commitments: dict[str, bytes] = {}
        for party in plan.parties:
            admin = fake_hash("admin", party.gln)[:20]
            self.ledger.parties[party.gln.number] = PartyRow(
                party.text, party.digest, int(party.roles), 1, admin, 0
            )
        self.ledger.register()
        for item in plan.items:
            match item:
                case PlannedEvent():
                    digest = item.digest
                    self.ledger.contents[digest] = item.text
                case PlannedDocument():
                    digest = self.commit(item)
                case PlannedConfirmation():
                    digest = self.commitments[item.document_number]
                case PlannedSerials():
                    serials = [serial.value for serial in item.serials]
                    digest = self.ledger.serial_record(0, serials).digest
            location = item.location if isinstance(item, PlannedEvent) else None
            record = Record(item.kind, item.occurred_at_unix, location, digest)
            self.ledger.append(item.recorder.value, [record])

    def commit(self, item: PlannedDocument) -> bytes:
        assert item.file is not None
        file = hashlib.sha256(item.file.read_bytes()).digest()
        paper = Paper(
            item.doc_type, item.number, item.issuer, item.issued_at, item.public,
            item.confidential, file,
        )  # fmt: skip
        salts = tuple(fake_hash(item.number, n)[:16] for n in range(salts_needed(paper)))
        scope = Scope(CHAIN_ID, CONTRACT, self.ledger.batch_id)
        document = build_document(paper, scope, DocumentSalts(fake_hash(item.number), salts))
        self.ledger.documents[document.commitment] = document.public_view()
        self.commitments[item.number] = document.commitment
        return document.commitment


@pytest.mark.parametrize(("name", "expected"), VERDICTS.items())
def test_sample_tells_its_story(name: str, expected: tuple[str, set[str]]) -> None:
    plan = load_batch_plan(sample_path(name), now_unix=TODAY_UNIX)
    ledger = Writer(plan).ledger
    serial = json.loads(sample_path(name).read_text("utf-8"))["serials"]["include"][0]
    link = DigitalLink(plan.gtin, plan.lot, Serial.parse(serial))
    bundle = ledger.bundle(serial)
    checks = verify_bundle(bundle, ledger.facts(), as_of_unix=TODAY_UNIX, link=link)
    verdict, not_valid = expected
    assert {check.name for check in checks if check.status is not CheckStatus.VALID} == not_valid
    passport = build_passport(bundle, checks, TODAY_UNIX)
    assert passport.verdict.code == verdict
    assert passport.clearance.state == "CLEARED"
    confidential = [
        str(value)
        for item in plan.items
        if isinstance(item, PlannedDocument)
        for value in item.confidential.values()
    ]
    shown = "".join(bundle.documents.values()) + "".join(bundle.contents.values())
    assert not [value for value in confidential if f'"{value}"' in shown]
