"""What an officer does by hand: confirm, object, open, export, keep keys."""

import csv
import hashlib
import io
import json
from pathlib import Path

import pytest
from cli_world import BROKER, CUSTOMS, GTIN, HOUR_S, START_UNIX, World, declaration_number, iso
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from customs_system import REFUSAL, CustomsSystem
from customs_world import answers, claim, private_view

from tracer.domain.customs_statement import build_objection, read_objection
from tracer.domain.identifiers import Gln, Gtin, Lot
from tracer.domain.kinds import Kind
from tracer.domain.records import Record, build_batch_id
from tracer.operations.customs_keys import CustomsKeys
from tracer.operations.outbox import Presence
from tracer.vault.container import ContainerName, encrypt
from tracer.vault.grants import seal_dek

pytestmark = pytest.mark.integration


class TestConfirm:
    def test_it_repeats_the_commitment_and_shows_the_hours(self, world: World, lot: str) -> None:
        commitment = claim(world, lot)
        at = ("--at", iso(START_UNIX + 20 * HOUR_S))
        dry = world.ok("customs", "confirm", f"{GTIN}/{lot}", *at, "--dry-run", "--json").json
        assert [it["what"] for it in dry["transactions"]] == [
            f"confirm declaration {declaration_number(lot)} of {GTIN}/{lot} by {CUSTOMS}"
        ]
        assert answers(world, lot) == []

        shown = world.ok("customs", "confirm", f"{GTIN}/{lot}", *at, "--json").json

        assert (shown["answer"], shown["hoursSinceArrival"]) == ("CONFIRMED", 12.0)
        assert shown["overTarget"] is False
        assert (shown["already"], shown["transactionHash"][:2]) == (False, "0x")
        (record,) = answers(world, lot)
        assert (record.kind, record.digest) == (Kind.CLEARANCE_CONFIRMATION, commitment)
        again = world.ok("customs", "confirm", f"{GTIN}/{lot}", "--json").json
        assert (again["already"], again["hoursSinceArrival"]) == (True, 12.0)

    def test_it_refuses_what_nobody_claimed(self, world: World, lot: str) -> None:
        path = world.write_batch(lot, confirmations=[], documents=[])
        world.ok("batch", "register", path)
        done = world.run("customs", "confirm", f"{GTIN}/{lot}", "--json")
        assert (done.code, done.error["code"]) == (2, "not-found")

    def test_it_refuses_another_declaration(self, world: World, lot: str) -> None:
        claim(world, lot)
        other = ("--declaration", "224820261000300452")
        done = world.run("customs", "confirm", f"{GTIN}/{lot}", *other, "--json")
        assert (done.code, done.error["code"]) == (2, "not-found")
        assert declaration_number(lot) in done.error["hint"]

    @pytest.mark.parametrize("damage", ["another number", "garbage"])
    def test_it_refuses_a_paper_that_does_not_hash_to_the_claim(
        self, world: World, lot: str, damage: str
    ) -> None:
        commitment = claim(world, lot)
        batch_id = build_batch_id(Gtin.parse(GTIN), Lot.parse(lot)).hex()
        opened = world.home / "private" / batch_id / f"{commitment.hex()}.json"
        public = world.home / "contents" / "documents" / commitment.hex()[:2] / commitment.hex()
        whole = {paper: paper.read_text("utf-8") for paper in (opened, public)}
        for paper, text in whole.items():
            number = declaration_number(lot)
            wrong = text.replace(number, number[:-1] + "x") if damage != "garbage" else "{}"
            paper.write_text(wrong, "utf-8")
        done = world.run("customs", "confirm", f"{GTIN}/{lot}", "--json")
        for paper, text in whole.items():  # the store is shared, and other tests check all of it
            paper.write_text(text, "utf-8")
        assert (done.code, done.error["code"]) == (3, "not-verified")
        assert answers(world, lot) == []

    def test_only_a_customs_party_may(self, world: World, lot: str) -> None:
        claim(world, lot)
        done = world.run("customs", "confirm", f"{GTIN}/{lot}", "--as", BROKER, "--json")
        assert (done.code, done.error["code"]) == (2, "not-permitted")
        assert answers(world, lot) == []


class TestObject:
    REASONS = ("--reason", "C4=certificate used before", "--reason", "C2=weights differ")

    def test_it_records_the_reasons_once(self, world: World, lot: str) -> None:
        commitment = claim(world, lot)
        shown = world.ok("customs", "object", f"{GTIN}/{lot}", *self.REASONS, "--json").json
        assert [it["code"] for it in shown["reasons"]] == ["C4", "C2"]
        again = world.ok("customs", "object", f"{GTIN}/{lot}", *self.REASONS, "--json").json
        assert again["already"] is True
        (record,) = answers(world, lot)
        with world.station() as station:
            found = read_objection((station.contents.get(record.digest) or b"").decode())
        assert found is not None
        assert found[0] == commitment

    def test_a_confirmation_may_follow_and_an_objection_follow_that(
        self, world: World, lot: str
    ) -> None:
        claim(world, lot)
        world.ok("customs", "object", f"{GTIN}/{lot}", *self.REASONS)
        assert world.ok("customs", "confirm", f"{GTIN}/{lot}", "--json").json["already"] is False
        other = ("--reason", "WITHDRAWN=released by mistake")
        world.ok("customs", "object", f"{GTIN}/{lot}", *other)
        kinds = [record.kind for record in answers(world, lot)]
        assert kinds == [Kind.CORRECTION, Kind.CLEARANCE_CONFIRMATION, Kind.CORRECTION]

    def test_somebody_elses_objection_is_none(self, world: World, lot: str) -> None:
        commitment = claim(world, lot)
        text = build_objection(commitment, REFUSAL, START_UNIX + 30 * HOUR_S)
        batch_id = build_batch_id(Gtin.parse(GTIN), Lot.parse(lot))
        with world.station() as station:
            record = Record(
                Kind.CORRECTION, START_UNIX + 30 * HOUR_S, None, station.contents.put(text)
            )
            key = station.operator_key(Gln.parse(BROKER))
            assert key is not None
            station.write(
                station.intent(
                    "a broker objects",
                    station.call("append", batch_id, record.pack()),
                    actor=BROKER,
                    presence=lambda: Presence.ABSENT,
                ),
                key,
            )
        listed = world.ok("customs", "list", "--json").json["claims"]
        assert [it["answer"] for it in listed if it["lot"] == lot] == ["WAITING"]


class TestOpen:
    def test_a_granted_paper_is_checked_kept_and_compared(
        self, world: World, lot: str, tmp_path: Path
    ) -> None:
        commitment = claim(world, lot)
        handed_over = private_view(world, lot, commitment).rename(tmp_path / "paper.json")
        world.ok("index", "sync")
        public = world.ok("customs", "open", f"{GTIN}/{lot}", "--json").json
        assert public["hiddenFields"] == 1

        opened = world.ok("customs", "open", f"{GTIN}/{lot}", "--paper", handed_over, "--json").json

        assert (opened["comparedWith"], opened["hiddenFields"]) == ("VALID", 0)
        fields = {it["name"]: it for it in opened["fields"]}
        assert (fields["price"]["value"], fields["price"]["public"]) == ("12.50 USD", False)
        assert (fields["lot"]["agreement"], fields["lot"]["value"]) == ("SAME", lot)
        assert "C1" in {it["code"] for it in opened["checks"]}
        kept = private_view(world, lot, commitment)
        assert kept.read_bytes() == handed_over.read_bytes()
        assert kept.stat().st_mode & 0o777 == 0o600
        shown = world.ok("customs", "open", f"{GTIN}/{lot}").out
        assert "price (confidential)" in shown

    def test_a_changed_paper_is_refused_and_not_kept(
        self, world: World, lot: str, tmp_path: Path
    ) -> None:
        commitment = claim(world, lot)
        paper = private_view(world, lot, commitment).rename(tmp_path / "paper.json")
        paper.write_text(paper.read_text("utf-8").replace("12.50", "1.50"), "utf-8")
        done = world.run("customs", "open", f"{GTIN}/{lot}", "--paper", paper, "--json")
        assert (done.code, done.error["code"]) == (3, "not-verified")
        assert not private_view(world, lot, commitment).exists()

    def test_a_container_opens_with_its_grant_and_the_key_of_customs(
        self, world: World, lot: str, tmp_path: Path
    ) -> None:
        commitment = claim(world, lot)
        view = private_view(world, lot, commitment).rename(tmp_path / "view.json").read_bytes()
        customs = CustomsKeys(world.home / "customs")
        if not customs.public_file.exists():
            world.ok("customs", "key", "new", "--light")
        name, dek = ContainerName("01JD8Q6F4V0000000000000000", int(BROKER), "view"), bytes(32)
        digest = hashlib.sha256(view).digest()
        pieces = encrypt(io.BytesIO(view), name, dek, size=len(view), sha256=digest)
        (tmp_path / "paper.tvd").write_bytes(b"".join(pieces))
        sealed = seal_dek(dek, name.doc_id, customs.opening_public_key())
        grant = {"docId": name.doc_id, "org": BROKER, "part": "view", "sealedKey": sealed.hex()}
        (tmp_path / "grant.json").write_text(json.dumps({"format": "tracer-grant/1", **grant}))
        words = ("--paper", tmp_path / "paper.tvd", "--grant", tmp_path / "grant.json", "--json")

        opened = world.ok("customs", "open", f"{GTIN}/{lot}", *words).json

        assert opened["hiddenFields"] == 0
        assert private_view(world, lot, commitment).read_bytes() == view

    def test_without_a_mirror_nothing_is_called_compared(self, world: World, lot: str) -> None:
        claim(world, lot)
        shown = world.ok("customs", "open", f"{GTIN}/{lot}", "--json").json
        assert shown["comparedWith"] == "ERROR"
        assert shown["notCompared"]
        assert {it["agreement"] for it in shown["fields"]} == {"ALONE"}


class TestExport:
    def test_it_writes_the_form_with_the_confidential_fields_that_are_open_here(
        self, world: World, lot: str, tmp_path: Path
    ) -> None:
        claim(world, lot)
        out = tmp_path / "declaration.csv"
        told = world.ok("customs", "export", f"{GTIN}/{lot}", "--out", out, "--json").json
        assert told["withheld"] == 0
        assert out.read_bytes().startswith(b"\xef\xbb\xbfline ")
        assert out.stat().st_mode & 0o777 == 0o600
        lines = out.read_text("utf-8-sig").splitlines()
        rows = {row[1]: row for row in csv.reader(lines)}
        assert rows["declarationNo"][4] == declaration_number(lot)
        assert rows["office"][4:6] == ["", "MISSING"]
        assert rows["quantity"][4:] == ["4", "STATED", f"PACKING_LIST PL-{lot}: tins"]

    def test_as_json_it_is_the_same_form(self, world: World, lot: str) -> None:
        claim(world, lot)
        form = world.ok("customs", "export", f"{GTIN}/{lot}", "--json").json
        assert form["declaration"] == declaration_number(lot)
        assert len(form["lines"]) == 1

    def test_a_batch_without_a_declaration_has_none(self, world: World, lot: str) -> None:
        world.ok("batch", "register", world.write_batch(lot, confirmations=[], documents=[]))
        done = world.run("customs", "export", f"{GTIN}/{lot}", "--json")
        assert (done.code, done.error["code"]) == (2, "not-found")


class TestKey:
    def test_the_opening_key_is_made_once_and_its_public_half_shown(
        self, world: World, tmp_path: Path
    ) -> None:
        alone = World(tmp_path, world.rpc_url)
        (tmp_path / "password.txt").write_text("open sesame\n", "utf-8")
        made = alone.ok("customs", "key", "new", "--light", "--json").json
        assert Path(made["file"]).stat().st_mode & 0o777 == 0o600
        listed = alone.ok("customs", "key", "list", "--json").json
        assert listed == {"openingKey": made["publicKey"], "pinned": []}
        again = alone.run("customs", "key", "new", "--light", "--json")
        assert (again.code, again.error["code"]) == (2, "conflict")
        private = CustomsKeys(tmp_path / "customs").unlock_opening_key("open sesame")
        public = X25519PrivateKey.from_private_bytes(private).public_key().public_bytes_raw()
        assert public.hex() == made["publicKey"]

    def test_a_key_is_pinned_and_unpinned(self, world: World, tmp_path: Path) -> None:
        alone, key = World(tmp_path, world.rpc_url), CustomsSystem().pinned
        pin = ("customs", "key", "pin", key.public_key.hex(), "--name", "Port customs")
        alone.ok(*pin)
        alone.ok(*pin)  # the same again is fine
        other = alone.run(*pin, "--valid-until", iso(START_UNIX), "--json")
        assert (other.code, other.error["code"]) == (2, "conflict")
        (listed,) = alone.ok("customs", "key", "list", "--json").json["pinned"]
        assert (listed["keyId"], listed["name"]) == (key.key_id, "Port customs")
        alone.ok("customs", "key", "unpin", key.key_id)
        assert alone.ok("customs", "key", "list", "--json").json["pinned"] == []
        gone = alone.run("customs", "key", "unpin", key.key_id, "--json")
        assert (gone.code, gone.error["code"]) == (2, "not-found")

    @pytest.mark.parametrize("word", ["", "zz", "00" * 31, "00" * 33])
    def test_what_is_no_key_is_not_pinned(self, world: World, tmp_path: Path, word: str) -> None:
        alone = World(tmp_path, world.rpc_url)
        done = alone.run("customs", "key", "pin", word, "--name", "x", "--json")
        assert (done.code, done.error["code"]) == (2, "input")

    def test_a_pin_file_that_others_can_write_is_not_believed(
        self, world: World, tmp_path: Path
    ) -> None:
        alone = World(tmp_path, world.rpc_url)
        alone.ok("customs", "key", "pin", CustomsSystem().public_key.hex(), "--name", "x")
        (tmp_path / "customs" / "pinned-keys.json").chmod(0o666)
        done = alone.run("customs", "key", "list", "--json")
        assert (done.code, done.error["code"]) == (2, "key-unavailable")
