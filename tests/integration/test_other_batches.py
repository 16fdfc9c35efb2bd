"""A bundle carries other batches' papers that share a number, and what the ledger says of bans."""

import hashlib
import json
import os
from pathlib import Path
from typing import Any

import pytest
from anvil_ledger import GOVERNANCE, GTIN, PREFIX, AnvilLedger, build_gln
from sqlalchemy import Engine

from tracer.domain.bundle import Bundle
from tracer.domain.canonical import canonical_text
from tracer.domain.cross_checks import Agreement, cross_check
from tracer.domain.documents import (
    DOCUMENT_KIND,
    DocType,
    DocumentSalts,
    Paper,
    Scope,
    build_document,
    salts_needed,
)
from tracer.domain.evidence import Evidence
from tracer.domain.identifiers import Lot
from tracer.domain.kinds import Kind, Role
from tracer.domain.records import Record, pack_records
from tracer.domain.verify_contents import verify_contents
from tracer.index.sync import Mirror
from tracer.store.contents import ContentStore
from tracer.store.read import load_bundle
from tracer.store.session import reading, upgrade

pytestmark = pytest.mark.integration

MAKER, OFFICE, SUPPLIER, INSPECTOR = 1, 2, 3, 4


class World:
    """A ledger with two lots, and a mirror of it."""

    def __init__(self, engine: Engine, ledger: AnvilLedger, folder: Path) -> None:
        self.engine, self.ledger = engine, ledger
        self.contents = ContentStore(folder)
        maker = ledger.admit(MAKER, Role.MANUFACTURER)
        ledger.admit(OFFICE, Role.AUTHORITY | Role.INSPECTOR)
        ledger.admit(SUPPLIER, Role.SUPPLIER)
        ledger.admit(INSPECTOR, Role.INSPECTOR)
        ledger.send(GOVERNANCE, "assignPrefix", maker.number, len(str(PREFIX)), PREFIX)
        self.batches = {lot: ledger.register(MAKER, lot) for lot in ("A", "B")}

    def certify(self, lot: str, number: str, kg: int, *, recorded: bool = True) -> bytes:
        """A certificate of origin by the office; its commitment."""
        public = {"netKg": kg, "originCountry": "NZ"}
        doc_type = DocType.CERTIFICATE_OF_ORIGIN
        paper = Paper(doc_type, number, build_gln(OFFICE), "2026-03-02T00:00:00Z", public, {})
        deployment = self.ledger.deployment
        scope = Scope(deployment.chain_id, deployment.contract, self.batches[lot])
        fields = tuple(os.urandom(16) for _ in range(salts_needed(paper)))
        document = build_document(paper, scope, DocumentSalts(os.urandom(32), fields))
        self.contents.put_document(document.commitment, document.public_view())
        if recorded:
            self.record(OFFICE, lot, DOCUMENT_KIND[doc_type], document.commitment)
        return document.commitment

    def record(self, writer: int, lot: str, kind: Kind, digest: bytes) -> None:
        row = Record(kind, self.ledger.now_unix(), None, digest)
        self.ledger.send(writer, "append", self.batches[lot], pack_records([row]))

    def bundle(self, lot: str) -> Bundle:
        upgrade(self.engine)
        Mirror(self.engine, self.ledger.node, self.ledger.deployment, finality=0).sync_once()
        with reading(self.engine) as session:
            return load_bundle(session, self.contents, GTIN, Lot.parse(lot))


@pytest.fixture
def world(engine: Engine, ledger: AnvilLedger, tmp_path: Path) -> World:
    return World(engine, ledger, tmp_path / "contents")


def test_a_number_that_is_used_twice_is_seen_from_both_sides(world: World) -> None:
    first = world.certify("A", "CO-451", 100)
    second = world.certify("B", "co 451", 70)
    world.certify("B", "CO-452", 70)
    world.certify("B", "CO-451", 70, recorded=False)
    for lot, other, key in (("A", "B", second), ("B", "A", first)):
        bundle = world.bundle(lot)
        assert {each: (row.gtin, row.lot) for each, row in bundle.others.items()} == {
            key: (GTIN.value, other)
        }
        evidence = Evidence(bundle)
        (others,) = [check for check in verify_contents(evidence) if check.name == "others"]
        assert (others.key, others.params) == ("others.ok", {"count": 1})
        reused = [check for check in cross_check(evidence) if check.message.key == "cross.reused"]
        assert [check.agreement for check in reused] == [Agreement.CONFLICT]
        assert reused[0].message.params["batch"] == f"{GTIN} {other}"


def test_a_batch_that_shares_no_number_carries_nothing(world: World) -> None:
    world.certify("A", "CO-451", 100)
    world.certify("B", "CO-452", 70)
    assert world.bundle("A").others == {}


def test_a_damaged_paper_of_another_batch_is_left_out(world: World) -> None:
    world.certify("A", "CO-451", 100)
    other = world.certify("B", "CO-451", 70)
    path = world.contents.folder / "documents" / other.hex()[:2] / other.hex()
    path.write_text("{")
    assert world.bundle("A").others == {}


def receipt(world: World, lot: str) -> None:
    """A receipt of materials from the supplier."""
    body: dict[str, Any] = {
        "type": "ObjectEvent",
        "tracer:stage": "MATERIAL_RECEIPT",
        "sourceList": [
            {"type": "possessing_party", "source": f"https://id.gs1.org/414/{build_gln(SUPPLIER)}"}
        ],
    }
    digest = world.contents.put(canonical_text(body))
    world.record(MAKER, lot, Kind.MATERIAL_RECEIPT, digest)


def inspect(world: World, number: int, report: str) -> None:
    identity = hashlib.sha256(b"inspection %d" % number).digest()
    digest = world.contents.put(report)
    gln = build_gln(SUPPLIER).number
    inspector = INSPECTOR if number else OFFICE
    world.ledger.send(inspector, "inspectParty", gln, identity, False, digest)


@pytest.mark.parametrize(
    ("report", "code"),
    [
        ({"inspectedAtUnix": 1_700_000_000}, "cross.supplier"),
        ({"inspectedAt": "2023-11-14T22:13:20Z"}, "cross.supplier"),
        ({}, "cross.supplier-since"),
    ],
)
def test_suppliers_and_their_bans_travel_along(
    world: World, report: dict[str, Any], code: str
) -> None:
    receipt(world, "A")
    gln = build_gln(SUPPLIER).number
    bundle = world.bundle("A")
    assert bundle.parties[gln].status == 1
    assert bundle.bans == {}
    (check,) = [check for check in cross_check(Evidence(bundle)) if check.code == "C11"]
    assert check.agreement is Agreement.CONFIRMED
    world.ledger.node.call("evm_increaseTime", 3600)
    for number in range(3):
        inspect(world, number, json.dumps(report))
    bundle = world.bundle("A")
    assert bundle.parties[gln].status == 3
    assert list(bundle.bans) == [gln]
    (check,) = [check for check in cross_check(Evidence(bundle)) if check.code == "C11"]
    assert check.message.key == code
