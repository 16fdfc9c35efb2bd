"""The project's samples on the ledger in memory, as if they had been registered."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ledger_model import CHAIN_ID, CONTRACT, LedgerModel, fake_hash

from tracer.domain.bundle import PartyRow
from tracer.domain.documents import DocumentSalts, Paper, Scope, build_document, salts_needed
from tracer.domain.records import Record
from tracer.operations.batch_file import load_batch_plan
from tracer.operations.plan import PlannedDocument, PlannedEvent, PlannedItem, PlannedSerials
from tracer.samples import sample_path

TODAY_UNIX = int(datetime(2026, 11, 22, tzinfo=UTC).timestamp())
DAY_S = 86_400
FAILURES_TO_BAN = 3
BANNED = 3


class SampleLedger(LedgerModel):
    """A ledger that takes a plan."""

    def take(self, item: PlannedItem, numbers: dict[str, bytes]) -> Record:
        if isinstance(item, PlannedEvent):
            self.contents[item.digest] = item.text
            return Record(item.kind, item.occurred_at_unix, item.location, item.digest)
        if isinstance(item, PlannedSerials):
            return self.serial_record(item.occurred_at_unix, [one.value for one in item.serials])
        if isinstance(item, PlannedDocument):
            numbers[item.number] = self._commit(item)
            return Record(item.kind, item.occurred_at_unix, None, numbers[item.number])
        return Record(item.kind, item.occurred_at_unix, None, numbers[item.document_number])

    def _commit(self, item: PlannedDocument) -> bytes:
        paper = Paper(
            item.doc_type, item.number, item.issuer, item.issued_at, item.public, item.confidential
        )
        salts = tuple(self._salt()[:16] for _ in range(salts_needed(paper)))
        scope = Scope(CHAIN_ID, CONTRACT, self.batch_id)
        document = build_document(paper, scope, DocumentSalts(self._salt(), salts))
        self.documents[document.commitment] = document.public_view()
        return document.commitment


def sample_ledger(name: str, path: Path | None = None) -> SampleLedger:
    """One append for each record of a sample, or of a batch file made from one."""
    plan = load_batch_plan(path or sample_path(name), now_unix=TODAY_UNIX)
    ledger: Any = SampleLedger(plan.gtin.value, plan.lot.value, plan.owner.value)
    ledger.time_unix = TODAY_UNIX - 20 * DAY_S
    for party in plan.parties:
        admin = fake_hash("admin", party.gln)[:20]
        row = PartyRow(party.text, party.digest, int(party.roles), 1, admin, 0)
        ledger.parties[party.gln.number] = row
    failed: dict[int, int] = {}
    for inspection in plan.inspections:
        gln = inspection.gln.number
        failed[gln] = 0 if inspection.passed else failed.get(gln, 0) + 1
        if failed[gln] == FAILURES_TO_BAN:
            ledger.with_party(inspection.gln.value, status=BANNED)
            ledger.bans[gln] = inspection.inspected_at_unix
    ledger.register()
    numbers: dict[str, bytes] = {}
    for item in plan.items:
        ledger.append(item.recorder.value, [ledger.take(item, numbers)])
    return ledger
