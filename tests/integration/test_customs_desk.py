"""Customs fetch a granted declaration from a real desk and open it with their own key."""

import time
from collections.abc import Iterator
from dataclasses import dataclass

import cli_world
import httpx
import pytest
from desk_world import BROKER, CUSTOMS, DECLARATION, GTIN, LOT, PASSWORD, Desk, running_desk
from served_world import running_world

from tracer.domain.documents import DocType
from tracer.domain.identifiers import Gtin, Lot
from tracer.domain.records import build_batch_id
from tracer.operations.customs_keys import CustomsKeys
from tracer.operations.desk_client import load_paper_file
from tracer.operations.desk_papers import hand_in
from tracer.operations.papers import PaperDesk
from tracer.operations.plan import PlannedDocument

pytestmark = pytest.mark.integration

NAMES = Gtin.parse(GTIN), Lot.parse(LOT)
BATCH = f"{GTIN}/{LOT}"


@dataclass(frozen=True)
class Office:
    """A desk with the claimed declaration, and customs beside it, who have not opened it.

    Attributes:
        desk: keeps the paper.
        customs: runs commands.
        doc_id: the paper at the desk.
    """

    desk: Desk
    customs: cli_world.World
    doc_id: str

    def grant(self, public_key: bytes) -> str:
        """The broker grants the paper; the grant's id."""
        with httpx.Client() as http:
            given = self.desk.machine(BROKER, http).ask(
                "POST",
                f"/v1/documents/{self.doc_id}/grants",
                {
                    "grantee": CUSTOMS,
                    "publicKey": public_key.hex(),
                    "expiresAt": int(time.time()) + 3600,
                    "purpose": "clearance",
                },
            )
        return str(given["grantId"])

    def revoke(self, grant_id: str) -> None:
        with httpx.Client() as http:
            target = f"/v1/documents/{self.doc_id}/grants/{grant_id}"
            self.desk.machine(BROKER, http).send("DELETE", target)

    def open(self) -> cli_world.Done:
        return self.customs.run("customs", "open", BATCH, "--desk", self.desk.origin, "--json")


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    home = tmp_path_factory.mktemp("office") / "home"
    with running_world(home) as world, running_desk(world) as desk:
        (home / "password.txt").write_text(f"{PASSWORD}\n", "utf-8")
        customs = cli_world.World(home, world.rpc_url)
        customs.ok("customs", "key", "new", "--light")
        planned = next(
            item
            for item in world.batches["nz"].plan.items
            if isinstance(item, PlannedDocument) and item.doc_type is DocType.CUSTOMS_DECLARATION
        )
        batch_id = build_batch_id(*NAMES)
        with customs.station() as station, httpx.Client() as http:
            document = PaperDesk(station, batch_id).prepare(planned, keep=True)
            upload, _ = hand_in(
                desk.machine(BROKER, http), NAMES, planned, document, load_paper_file(DECLARATION)
            )
        name = f"{document.commitment.hex()}.json"
        (home / "private" / batch_id.hex() / name).unlink()
        yield Office(desk, customs, upload.receipt.doc_id)


def test_without_a_grant_the_desk_shows_nothing(office: Office) -> None:
    done = office.open()
    assert (done.code, done.error["code"]) == (2, "not-found")


def test_by_its_grant_the_paper_opens_with_every_field(office: Office) -> None:
    before = office.customs.ok("customs", "open", BATCH, "--json").json
    assert before["hiddenFields"] > 0
    grant_id = office.grant(CustomsKeys(office.customs.home / "customs").opening_public_key())

    opened = office.open()

    assert opened.code == 0, opened
    assert opened.json["hiddenFields"] == 0
    fields = {it["name"]: it["value"] for it in opened.json["fields"]}
    assert fields["valueUsd"] == "133632"
    office.revoke(grant_id)
    assert office.open().code == 2  # taken back: the desk serves it no longer
    assert office.customs.ok("customs", "open", BATCH, "--json").json["hiddenFields"] == 0


def test_a_grant_to_somebody_elses_key_opens_nothing(office: Office) -> None:
    other = CustomsKeys(office.customs.home / "other").create_opening_key("x", light=True)
    grant_id = office.grant(other)
    done = office.open()
    assert (done.code, done.error["code"]) == (3, "not-verified")
    office.revoke(grant_id)


def test_a_desk_that_is_not_there_is_no_verdict(office: Office) -> None:
    nowhere = f"http://127.0.0.1:{cli_world.free_port()}"
    done = office.customs.run("customs", "open", BATCH, "--desk", nowhere, "--json")
    assert (done.code, done.error["code"]) == (4, "unavailable")
