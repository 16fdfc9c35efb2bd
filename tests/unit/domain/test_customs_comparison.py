"""An opened declaration beside other papers of its batch."""

from dataclasses import dataclass, replace
from typing import Any

import pytest
from ledger_model import CHAIN_ID, CONTRACT, LedgerModel, fake_hash
from sample_batches import BROKER, CARRIER, GTIN, MAKER, canning, event, issued, new_ledger

from tracer.domain.customs_comparison import (
    Agreement,
    ComparedField,
    OtherWord,
    compare_fields,
    list_fields,
    spell_view,
    with_paper,
)
from tracer.domain.document_views import View, parse_view
from tracer.domain.documents import (
    DocType,
    Document,
    DocumentSalts,
    Paper,
    Scope,
    build_document,
    salts_needed,
)
from tracer.domain.evidence import Evidence
from tracer.domain.identifiers import Gln
from tracer.domain.kinds import Kind
from tracer.domain.records import Record

WHEN = issued(1)


@dataclass
class Scene:
    """A batch with a packing list, a bill of lading and a declaration."""

    ledger: LedgerModel
    declared: Document

    @property
    def evidence(self) -> Evidence:
        return Evidence(self.ledger.bundle())

    @property
    def opened(self) -> Evidence:
        return with_paper(self.evidence, self.declared.commitment, self.full)

    @property
    def full(self) -> View:
        return parse_view(self.declared.full_view())

    def field(self, name: str) -> ComparedField:
        found = compare_fields(self.opened, self.declared.commitment)
        return next(field for field in found if field.name == name)


def build(**changes: Any) -> Scene:
    ledger = new_ledger()
    packing = {"netKg": 10368, "tins": 11520}
    lading = {"grossKg": 13711, "status": "on board"}
    for kind, number, issuer, public in (
        (DocType.PACKING_LIST, "PL-1", MAKER, packing),
        (DocType.BILL_OF_LADING, "BL-9", CARRIER, lading),
    ):
        ledger.append(issuer, [ledger.paper(kind, number, issuer, WHEN, public)])
    public = {"netKg": 10368.0, "tins": 11520, "bl": "BL-9", "gtin": GTIN, "status": "accepted"}
    paper = Paper(
        DocType.CUSTOMS_DECLARATION,
        "D-1",
        Gln.parse(BROKER),
        WHEN[0],
        {**public, **changes},
        {"grossKg": 13700, "valueUsd": 5},
    )
    salts = tuple(fake_hash("field", it)[:16] for it in range(salts_needed(paper)))
    scope = Scope(CHAIN_ID, CONTRACT, ledger.batch_id)
    document = build_document(paper, scope, DocumentSalts(bytes(32), salts))
    ledger.documents[document.commitment] = document.public_view()
    ledger.append(BROKER, [Record(Kind.CLEARANCE_CLAIM, WHEN[1], None, document.commitment)])
    return Scene(ledger, document)


class TestCompareFields:
    def test_the_same_number_is_the_same_however_it_is_written(self) -> None:
        field = build().field("netKg")
        assert (field.agreement, field.is_public) == (Agreement.SAME, True)
        assert field.others == (OtherWord("PACKING_LIST PL-1", "10368"),)

    def test_a_confidential_field_is_compared_once_it_is_open(self) -> None:
        scene = build()
        public = compare_fields(scene.evidence, scene.declared.commitment)
        assert "grossKg" not in {field.name for field in public}
        field = scene.field("grossKg")
        assert (field.agreement, field.is_public) == (Agreement.DIFFERS, False)
        assert field.others == (OtherWord("BILL_OF_LADING BL-9", "13711"),)

    def test_a_cited_number_is_compared_with_the_paper_it_cites(self) -> None:
        assert build().field("bl").agreement is Agreement.SAME
        assert build(bl="BL-8").field("bl").agreement is Agreement.DIFFERS

    def test_the_batch_on_the_ledger_says_its_gtin(self) -> None:
        other = "09520010001022"
        assert build().field("gtin").others == (OtherWord("batch on the ledger", GTIN),)
        assert build(gtin=other).field("gtin").agreement is Agreement.DIFFERS

    def test_events_have_their_say(self) -> None:
        scene = build(container="XMPU2603016", tins=5)
        parent = {"parentID": "urn:epc:id:bic:XMPU2603016"}
        loading = event(scene.ledger, Kind.CONTAINER_LOADING, 0, MAKER, **parent)
        scene.ledger.append(CARRIER, [loading])
        scene.ledger.append(MAKER, [canning(scene.ledger)])
        container = scene.field("container")
        assert container.agreement is Agreement.SAME
        assert [other.text for other in container.others] == ["XMPU2603016"]
        tins = scene.field("tins")
        assert [other.text for other in tins.others] == ["5", "11520"]
        assert tins.agreement is Agreement.DIFFERS

    @pytest.mark.parametrize("name", ["status", "number", "issuedAt", "issuer", "valueUsd"])
    def test_what_only_this_paper_says_confirms_nothing(self, name: str) -> None:
        assert build().field(name).agreement is Agreement.ALONE

    def test_a_paper_that_is_not_the_recorded_one_is_not_compared(self) -> None:
        scene = build()
        changed = replace(scene.full, salt=bytes(31) + b"\x01")
        evidence = with_paper(scene.evidence, scene.declared.commitment, changed)
        assert compare_fields(evidence, scene.declared.commitment) == []


def test_a_view_is_spelled_as_its_issuer_spelled_it() -> None:
    for text in (build().declared.full_view(), build().declared.public_view()):
        assert spell_view(parse_view(text)) == text


def test_without_a_batch_the_fields_stand_alone() -> None:
    fields = {field.name: field for field in list_fields(build().full)}
    assert fields["tins"].text == "11520"
    assert fields["bl"].text == "BL-9"
    assert {field.agreement for field in fields.values()} == {Agreement.ALONE}
    assert not fields["valueUsd"].is_public
