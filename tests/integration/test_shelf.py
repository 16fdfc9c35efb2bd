"""The shelf follows the mirror: what has changed is not served from it until made anew."""

import hashlib
import os
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from anvil_ledger import GOVERNANCE, GTIN, PREFIX, AnvilLedger, build_gln
from shelf_world import ShelfWorld, open_shelf_world
from sqlalchemy import Engine
from tracer_api.shelf.documents import LACKING_S

from tracer.domain.documents import (
    DOCUMENT_KIND,
    DocType,
    DocumentSalts,
    Paper,
    Scope,
    build_document,
    salts_needed,
)
from tracer.domain.kinds import Kind, Role
from tracer.domain.merkle import root
from tracer.domain.records import Record, pack_records
from tracer.errors import DatabaseUnavailableError
from tracer.index.follow import follow
from tracer.index.sync import Mirror
from tracer.settings import Settings
from tracer.store.session import upgrade

pytestmark = pytest.mark.integration

MAKER, OFFICE, SUPPLIER, INSPECTOR = 1, 2, 3, 4
WAIT_S = 90.0  # far more than a block, a look and a page take on a busy machine
SERIALS = tuple(f"K{number:07X}" for number in range(1, 40))


class Chain:
    """A ledger with two lots, its mirror, and a server over both."""

    def __init__(self, engine: Engine, ledger: AnvilLedger, world: ShelfWorld) -> None:
        self.engine, self.ledger, self.world = engine, ledger, world
        upgrade(engine)
        maker = ledger.admit(MAKER, Role.MANUFACTURER)
        ledger.admit(OFFICE, Role.AUTHORITY | Role.INSPECTOR)
        ledger.admit(SUPPLIER, Role.SUPPLIER)
        ledger.admit(INSPECTOR, Role.INSPECTOR)
        ledger.send(GOVERNANCE, "assignPrefix", maker.number, len(str(PREFIX)), PREFIX)
        self.batches = {lot: ledger.register(MAKER, lot) for lot in ("A", "B")}
        self.issue("A", SERIALS)
        self.follow()

    def issue(self, lot: str, serials: Sequence[str]) -> bytes:
        """Record a list of serials."""
        top = root([serial.encode() for serial in serials])
        self.world.services.contents.put_serials(top, serials)
        self.record(MAKER, lot, Kind.SERIALS, top)
        return top

    def record(self, writer: int, lot: str, kind: Kind, digest: bytes) -> None:
        row = Record(kind, self.ledger.now_unix(), None, digest)
        self.ledger.send(writer, "append", self.batches[lot], pack_records([row]))

    def say(self, writer: int, lot: str, kind: Kind) -> None:
        """Record an event whose content is not at hand."""
        self.record(writer, lot, kind, os.urandom(32))

    def certify(self, lot: str, number: str) -> tuple[bytes, str]:
        """Record a certificate of origin; its commitment and its view, which is not put yet."""
        doc_type = DocType.CERTIFICATE_OF_ORIGIN
        public = {"netKg": 70, "originCountry": "NZ"}
        paper = Paper(doc_type, number, build_gln(OFFICE), "2026-03-02T00:00:00Z", public, {})
        deployment = self.ledger.deployment
        scope = Scope(deployment.chain_id, deployment.contract, self.batches[lot])
        salts = DocumentSalts(
            os.urandom(32), tuple(os.urandom(16) for _ in range(salts_needed(paper)))
        )
        document = build_document(paper, scope, salts)
        self.record(OFFICE, lot, DOCUMENT_KIND[doc_type], document.commitment)
        return document.commitment, document.public_view()

    def put(self, commitment: bytes, view: str) -> None:
        self.world.services.contents.put_document(commitment, view)

    def follow(self) -> None:
        """Bring the mirror up to date."""
        Mirror(self.engine, self.ledger.node, self.ledger.deployment, finality=0).sync_once()

    def path(self, lot: str) -> str:
        return f"/01/{GTIN}/10/{lot}"

    def wait_until(self, lot: str, text: bytes, *, is_fast: bool = False) -> None:
        """Wait until a lot's page holds a text, and perhaps comes from the shelf."""
        deadline = time.monotonic() + WAIT_S
        while True:
            page = self.world.get(self.path(lot))
            if text in page.text and (page.is_fast or not is_fast):
                return
            assert time.monotonic() < deadline, page.text[:300]
            time.sleep(0.05)

    def check(self, *lots: str) -> None:
        """These lots are served from the shelf, and as the ordinary route would; others are not."""
        for lot in self.batches:
            answer = self.world.get(self.path(lot))
            assert answer.is_fast is (lot in lots), lot
            assert answer == self.world.ask_inside(self.path(lot))


@pytest.fixture
def chain(
    engine: Engine, database_url: str, ledger: AnvilLedger, tmp_path: Path
) -> Iterator[Chain]:
    settings = Settings(home=tmp_path, database_url=database_url)
    with open_shelf_world(settings) as world:
        yield Chain(engine, ledger, world)


def test_every_batch_is_published_once(chain: Chain) -> None:
    chain.check()
    assert chain.world.publish().published == 2
    chain.check("A", "B")
    assert chain.world.publish().published == 2
    tin = chain.world.get(f"{chain.path('A')}/21/{SERIALS[17]}")
    assert tin.is_fast
    assert tin == chain.world.ask_inside(f"{chain.path('A')}/21/{SERIALS[17]}")
    assert b'data-verdict="NOT_ISSUED"' not in tin.text


@pytest.mark.parametrize(
    ("writer", "kind", "verdict"),
    [(OFFICE, Kind.HOLD, b"ON_HOLD"), (MAKER, Kind.RECALL, b"RECALLED")],
)
def test_a_hold_or_recall_is_seen_before_its_page_is_made(
    chain: Chain, writer: int, kind: Kind, verdict: bytes
) -> None:
    chain.world.publish()
    chain.say(writer, "A", kind)
    chain.follow()
    chain.world.look()
    chain.check("B")
    page = chain.world.get(chain.path("A"))
    assert b'data-verdict="%b"' % verdict in page.text
    chain.world.publish()
    chain.check("A", "B")


def test_new_blocks_without_logs_change_nothing_but_the_position(chain: Chain) -> None:
    chain.ledger.node.call(
        "anvil_mine", hex(200 - int(chain.ledger.node.call("eth_blockNumber"), 16))
    )
    chain.follow()
    chain.world.publish()
    tag = chain.world.get(chain.path("A")).headers["etag"]
    chain.ledger.node.call("anvil_mine", "0x3")
    chain.follow()
    assert chain.world.publish().published == 2
    chain.check("A", "B")
    assert chain.world.get(chain.path("A")).headers["etag"] != tag


def test_a_block_number_with_one_digit_more_makes_pages_anew(chain: Chain) -> None:
    chain.world.publish()
    chain.ledger.node.call("anvil_mine", hex(100))
    chain.follow()
    chain.world.look()
    chain.check()
    chain.world.publish()
    chain.check("A", "B")


def test_what_becomes_of_a_party_is_seen(chain: Chain) -> None:
    chain.world.publish()
    gln = build_gln(MAKER).number
    for number in range(3):
        inspector = INSPECTOR if number else OFFICE
        identity = hashlib.sha256(b"inspection %d" % number).digest()
        chain.ledger.send(inspector, "inspectParty", gln, identity, False, os.urandom(32))
    chain.follow()
    chain.world.look()
    chain.check()
    chain.world.publish()
    chain.check("A", "B")


def test_what_becomes_of_a_stranger_changes_nothing(chain: Chain) -> None:
    chain.world.publish()
    identity = hashlib.sha256(b"inspection").digest()
    gln = build_gln(SUPPLIER).number
    chain.ledger.send(OFFICE, "inspectParty", gln, identity, False, os.urandom(32))
    chain.follow()
    chain.world.look()
    chain.check("A", "B")


def test_a_number_that_another_batch_uses_too_is_seen(chain: Chain) -> None:
    chain.put(*chain.certify("A", "CO-451"))
    chain.follow()
    chain.world.publish()
    chain.put(*chain.certify("B", "co 451"))
    chain.follow()
    chain.world.look()
    chain.check()
    chain.world.publish()
    chain.check("A", "B")


def test_a_paper_that_arrives_after_its_record_is_seen_on_both_sides(chain: Chain) -> None:
    chain.put(*chain.certify("A", "CO-451"))
    late = chain.certify("B", "CO-451")
    chain.follow()
    chain.world.publish()
    chain.check("A", "B")
    chain.put(*late)
    chain.world.now_unix += LACKING_S
    chain.world.publish()
    chain.check("A", "B")
    assert b"CO-451" in chain.world.get(chain.path("B"), accept="application/json").text


def test_a_page_that_lacks_a_content_is_soon_made_anew(chain: Chain) -> None:
    chain.say(MAKER, "B", Kind.CANNING)
    chain.follow()
    chain.world.now_unix = chain.ledger.now_unix()
    chain.world.publish()
    chain.world.now_unix += LACKING_S
    chain.world.look()
    assert not chain.world.get(chain.path("B")).is_fast


@pytest.mark.parametrize("longer", [0, 3])
def test_a_reorganisation_is_seen_also_when_the_new_chain_is_longer(
    chain: Chain, longer: int
) -> None:
    """Batch A's hold disappears, and batch B's takes its place in the gap-free sequence."""
    chain.say(OFFICE, "A", Kind.HOLD)
    chain.follow()
    chain.world.publish()
    assert b'data-verdict="ON_HOLD"' in chain.world.get(chain.path("A")).text
    chain.ledger.node.call("anvil_reorg", 1, [])
    chain.follow()
    chain.say(OFFICE, "B", Kind.HOLD)
    for _ in range(longer):
        chain.say(OFFICE, "B", Kind.CERTIFICATE)
    chain.follow()
    chain.world.look()
    chain.check()
    chain.world.publish()
    chain.check("A", "B")
    assert b'data-verdict="ON_HOLD"' in chain.world.get(chain.path("B")).text
    assert b'data-verdict="ON_HOLD"' not in chain.world.get(chain.path("A")).text


def test_a_batch_that_a_reorganisation_takes_away_has_no_page(chain: Chain) -> None:
    chain.batches["C"] = chain.ledger.register(MAKER, "C")
    chain.follow()
    chain.world.publish()
    chain.check("A", "B", "C")
    chain.ledger.node.call("anvil_reorg", 1, [])
    chain.ledger.node.call("anvil_mine", "0x2")
    chain.follow()
    chain.world.look()
    gone = chain.world.get(chain.path("C"))
    assert (gone.status, gone.is_fast) == (404, False)
    chain.check("A", "B")


def test_what_a_stopped_publisher_missed_the_next_one_finds(chain: Chain) -> None:
    chain.world.publish()
    chain.world.close_publisher()
    chain.say(MAKER, "A", Kind.RECALL)
    chain.follow()
    chain.world.open_publisher()
    chain.world.look()
    chain.check("B")
    assert chain.world.publish().published == 1
    chain.check("A", "B")


def test_of_two_publishers_one_works(chain: Chain) -> None:
    chain.world.publish()
    with open_shelf_world(chain.world.settings) as second:
        with pytest.raises(DatabaseUnavailableError, match="keeps this shelf"):
            second.publish()
        chain.world.close_publisher()
        assert second.publish().published == 0
        chain.check("A", "B")


class TestUnpublished:
    """Whatever is unusual about a batch stays with the ordinary route, and is named."""

    def refuse(self, chain: Chain, reason: str) -> None:
        chain.follow()
        done = chain.world.publish()
        assert (done.published, done.failed) == (1, 1)
        (told,) = chain.world.told.unpublished.items()
        assert told[0] == f"{GTIN}/A"
        assert reason in told[1]
        chain.check("B")

    def test_two_lists_of_serials(self, chain: Chain) -> None:
        chain.issue("A", ["X1", "X2"])
        self.refuse(chain, "more than one serial list")

    def test_a_list_that_is_not_at_hand(self, chain: Chain) -> None:
        files(chain)[0].unlink()
        self.refuse(chain, "not at hand")

    def test_a_list_that_is_damaged(self, chain: Chain) -> None:
        file = files(chain)[0]
        file.write_text(file.read_text().replace(SERIALS[-1], "KFFFFFFF"))
        self.refuse(chain, "damaged")

    def test_a_list_out_of_order(self, chain: Chain) -> None:
        file = files(chain)[0]
        file.write_text("".join(f"{serial}\n" for serial in reversed(SERIALS)))
        self.refuse(chain, "not in order")

    def test_serials_that_addresses_escape(self, chain: Chain) -> None:
        files(chain)[0].write_text("A&B\nC/D\n")
        self.refuse(chain, "escape")

    def test_a_lot_that_addresses_escape(self, chain: Chain) -> None:
        chain.batches["C/1"] = chain.ledger.register(MAKER, "C/1")
        chain.follow()
        assert chain.world.publish().failed == 1
        assert chain.world.get(f"/01/{GTIN}/10/C%2F1").status == 200


def files(chain: Chain) -> list[Path]:
    folder = chain.world.settings.home / "contents" / "serials"
    return [path for path in folder.rglob("*") if path.is_file()]


def test_a_shelf_of_another_form_is_made_anew(chain: Chain) -> None:
    chain.world.publish()
    with chain.world.shelf.writing() as writer:
        change: Any = writer._connection
        change.exec_driver_sql(
            f"UPDATE {'' if chain.engine.dialect.name == 'sqlite' else 'shelf.'}state SET form = 0"
        )
    chain.world.close_publisher()
    chain.world.open_publisher()
    chain.check()
    assert chain.world.publish().published == 2
    chain.check("A", "B")


def test_a_hold_and_a_recall_appear_while_everything_runs(chain: Chain) -> None:
    """Mirror, publisher and server go on by themselves; somebody writes to the ledger."""
    chain.world.run_clock()
    stop = threading.Event()
    mirror = Mirror(chain.engine, chain.ledger.node, chain.ledger.deployment, finality=0)

    def publish() -> None:
        chain.world.publisher.follow(stop)
        chain.world.publisher.close()

    programs = [
        threading.Thread(target=lambda: follow(mirror, stop)),
        threading.Thread(target=publish),
    ]
    for program in programs:
        program.start()
    try:
        chain.wait_until("A", b'data-verdict="OK', is_fast=True)
        for writer, kind, verdict in (
            (OFFICE, Kind.HOLD, b'data-verdict="ON_HOLD"'),
            (MAKER, Kind.RECALL, b'data-verdict="RECALLED"'),
        ):
            chain.say(writer, "A", kind)
            chain.wait_until("A", verdict)
            chain.wait_until("A", verdict, is_fast=True)
    finally:
        stop.set()
        for program in programs:
            program.join()


def test_a_damaged_content_is_looked_at_again_soon(chain: Chain) -> None:
    """Whoever repairs the file sees the page right itself."""
    commitment, view = chain.certify("B", "CO-451")
    chain.put(commitment, view)
    chain.follow()
    (path,) = (chain.world.settings.home / "contents" / "documents").rglob(commitment.hex())
    path.write_text(view.replace("NZ", "AU"))
    chain.world.now_unix = chain.ledger.now_unix()
    chain.world.publish()
    chain.check("A", "B")
    assert b'data-verdict="NOT_VERIFIED"' in chain.world.get(chain.path("B")).text
    path.write_text(view)
    chain.world.now_unix += LACKING_S
    chain.world.publish()
    chain.check("A", "B")
    assert b'data-verdict="NOT_VERIFIED"' not in chain.world.get(chain.path("B")).text
