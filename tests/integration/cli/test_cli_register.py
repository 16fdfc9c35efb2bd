"""`tracer batch register`: once, whole, and the same again."""

import json
from collections.abc import Callable
from dataclasses import replace

import pytest
from cli_world import (
    CARRIER,
    GTIN,
    INSPECTOR,
    LAB,
    MAKER,
    World,
    Zygote,
    build_batch,
    build_event,
)
from rpc_proxy import proxy_without

pytestmark = pytest.mark.integration


def describe(world: World, lot: str) -> list[tuple[str, int, str]]:
    """What the plan says the chain must hold: kind, time, recorder."""
    plan = world.plan(world.write_batch(lot))
    return [(item.kind.name, item.occurred_at_unix, item.recorder.value) for item in plan.items]


def on_chain(world: World, lot: str) -> list[tuple[str, int, str]]:
    shown = world.ok("batch", "show", f"{GTIN}/{lot}", "--json").json
    return [(it["kind"], it["occurredAt"], it["gln"]) for it in shown["records"]]


class TestRegister:
    def test_writes_all_records_in_the_order_of_time(self, world: World, lot: str) -> None:
        done = world.ok("batch", "register", world.write_batch(lot), "--json").json

        assert done["status"] == "written"
        assert done["records"] == 12
        assert sum(it["records"] for it in done["transactions"]) == 12
        assert on_chain(world, lot) == describe(world, lot)

    def test_keeps_contents_here_and_secrets_private(self, world: World, lot: str) -> None:
        world.ok("batch", "register", world.write_batch(lot))

        status = world.ok("batch", "status", f"{GTIN}/{lot}", "--json").json
        assert status["contentsMissingHere"] == 0
        folder = world.home / "private" / status["batchId"]
        assert folder.stat().st_mode & 0o777 == 0o700
        secrets = [path for path in folder.iterdir() if b"12.50 USD" in path.read_bytes()]
        assert len(secrets) == 3
        assert all(path.stat().st_mode & 0o777 == 0o600 for path in secrets)
        public = [path for path in (world.home / "contents").rglob("*") if path.is_file()]
        assert not [path for path in public if b"12.50 USD" in path.read_bytes()]

    def test_the_same_file_again_writes_nothing(self, world: World, lot: str) -> None:
        path = world.write_batch(lot)
        world.ok("batch", "register", path)
        before = world.written(lot)

        again = world.ok("batch", "register", path, "--json").json

        assert again["status"] == "already"
        assert again["recordsBefore"] == 12
        assert again["transactions"] == []
        assert world.written(lot) == before

    def test_says_in_text_that_it_is_registered(self, world: World, lot: str) -> None:
        path = world.write_batch(lot)
        assert "12 records in" in world.ok("batch", "register", path).out
        assert "already registered, all 12 records" in world.ok("batch", "register", path).out

    def test_other_content_for_the_same_batch_is_a_conflict(self, world: World, lot: str) -> None:
        world.ok("batch", "register", world.write_batch(lot))
        before = world.written(lot)
        changed = build_batch(lot)
        changed["epcisDocument"]["epcisBody"]["eventList"][0] = build_event("WET_PROCESS", 0.5, lot)

        done = world.run("batch", "register", world.write(f"{lot}-b.json", changed), "--json")

        assert done.code == 2
        assert done.error["code"] == "conflict"
        assert "different content" in done.error["message"]
        assert world.written(lot) == before

    def test_a_longer_file_adds_what_is_new(self, world: World, lot: str) -> None:
        world.ok("batch", "register", world.write_batch(lot))
        longer = build_batch(lot)
        longer["epcisDocument"]["epcisBody"]["eventList"].append(build_event("ARRIVAL", 20, lot))

        done = world.ok("batch", "register", world.write(f"{lot}-c.json", longer), "--json").json

        assert (done["recordsBefore"], done["records"]) == (12, 13)
        assert len(world.written(lot)) == 13

    def test_a_dry_run_changes_nothing(self, world: World, lot: str) -> None:
        path = world.write_batch(lot)
        files = {it for it in world.home.rglob("*") if it.suffix != ".lock"}

        done = world.ok("batch", "register", path, "--dry-run", "--json").json

        assert done["dryRun"] is True
        assert len(done["missing"]) == 12
        assert done["gas"] > 300_000
        assert done["feeWei"] > 0
        assert world.run("batch", "show", f"{GTIN}/{lot}").code == 2
        assert {it for it in world.home.rglob("*") if it.suffix != ".lock"} == files

    def test_a_dry_run_foretells_the_gas(self, world: World, lot: str) -> None:
        path = world.write_batch(lot)
        foretold = world.ok("batch", "register", path, "--dry-run", "--json").json["gas"]
        done = world.ok("batch", "register", path, "--json").json
        used = sum(it["gasUsed"] for it in done["transactions"])
        assert used == pytest.approx(foretold, rel=0.01)

    def test_a_dry_run_tells_people_the_same(self, world: World, lot: str) -> None:
        shown = world.ok("batch", "register", world.write_batch(lot), "--dry-run").out
        assert "LAB_RESULT" in shown
        assert f"register batch {GTIN}/{lot} with 4 records" in shown
        assert "gwei per gas" in shown
        assert shown.endswith("dry run: nothing was written\n")

    def test_a_paper_that_changed_is_a_conflict(self, world: World, lot: str) -> None:
        world.ok("batch", "register", world.write_batch(lot))
        changed = build_batch(lot)
        changed["documents"][0]["public"]["tins"] = 5

        done = world.run("batch", "register", world.write(f"{lot}-b.json", changed), "--json")

        assert (done.code, done.error["code"]) == (2, "conflict")
        assert f"PACKING_LIST PL-{lot}" in done.error["message"]

    def test_inspections_of_the_file_count_once(self, world: World, lot: str) -> None:
        inspection = {
            "id": f"I-{lot}",
            "party": CARRIER,
            "inspector": INSPECTOR,
            "inspectedAt": "2026-09-22T08:00:00+00:00",
            "passed": True,
            "report": {"found": "nothing"},
        }
        path = world.write_batch(lot, inspections=[inspection])

        first = world.ok("batch", "register", path, "--json").json
        again = world.ok("batch", "register", path, "--json").json

        assert [it["what"] for it in first["transactions"]].count(f"inspect {CARRIER}") == 1
        assert again["transactions"] == []

    def test_a_file_that_says_it_twice_is_refused(self, world: World, lot: str) -> None:
        doubled = build_batch(lot)
        doubled["confirmations"] *= 2
        done = world.run("batch", "register", world.write(f"{lot}.json", doubled), "--json")
        assert (done.code, done.error["code"]) == (2, "invalid-file")
        assert "twice" in done.error["message"]

    def test_works_with_a_node_that_cannot_simulate_several(self, world: World, lot: str) -> None:
        with proxy_without(world.rpc_url, "eth_simulateV1") as url:
            there = replace(world, rpc_url=url)
            path = there.write_batch(lot)
            plan = there.ok("batch", "register", path, "--dry-run", "--json").json
            gas = [it["gas"] for it in plan["transactions"]]
            assert gas[0] > 0
            assert set(gas[1:]) == {None}
            assert there.ok("batch", "register", path, "--json").json["status"] == "written"


class TestMissingKeys:
    @pytest.fixture
    def lab_elsewhere(self, world: World) -> Callable[[], World]:
        """The same chain, seen from an installation without the laboratory's key."""

        def build() -> World:
            home = world.home.parent / f"{world.home.name}-without-lab"
            for folder in ("keys", "deployments"):
                (home / folder).mkdir(parents=True, exist_ok=True)
            with world.station() as station:
                states = station.key_states()
            for address, state in states.items():
                if state.gln is None or state.gln.value != LAB:
                    source = world.home / "keys" / f"{address}.json"
                    target = home / "keys" / source.name
                    target.write_bytes(source.read_bytes())
                    target.chmod(0o600)
            for file in ("password.txt", "deployments/31337.json"):
                (home / file).write_bytes((world.home / file).read_bytes())
            return World(home, world.rpc_url)

        return build

    def test_stops_at_the_first_party_whose_key_is_elsewhere(
        self, world: World, lot: str, lab_elsewhere: Callable[[], World]
    ) -> None:
        here = lab_elsewhere()
        done = here.ok("batch", "register", here.write_batch(lot), "--json").json

        assert done["status"] == "partly"
        assert done["left"][0]["party"] == LAB
        assert not done["left"][0]["keyIsHere"]
        assert [kind for kind, _, _ in on_chain(world, lot)] == [
            "WET_PROCESS", "DRY_BLEND", "SERIALS", "LAB_SAMPLING",
        ]  # fmt: skip

    def test_each_installation_writes_its_part_and_nothing_twice(
        self, world: World, lot: str, lab_elsewhere: Callable[[], World]
    ) -> None:
        here = lab_elsewhere()
        here.ok("batch", "register", here.write_batch(lot))
        world.ok("batch", "register", world.write_batch(lot))

        again = here.ok("batch", "register", here.write_batch(lot), "--json").json

        assert again["status"] == "already"
        assert on_chain(world, lot) == describe(world, lot)

    def test_skip_missing_goes_on(
        self, world: World, lot: str, lab_elsewhere: Callable[[], World]
    ) -> None:
        here = lab_elsewhere()
        done = here.ok("batch", "register", here.write_batch(lot), "--skip-missing", "--json").json

        assert {it["party"] for it in done["left"]} == {LAB}
        assert len(world.written(lot)) == 10

    def test_a_new_batch_needs_its_owners_key(
        self, world: World, lot: str, lab_elsewhere: Callable[[], World]
    ) -> None:
        here = lab_elsewhere()
        with world.station() as station:
            states = station.key_states()
        owner = next(it for it in states.values() if it.gln and it.gln.value == MAKER)
        key = here.home / "keys" / f"{owner.address}.json"
        kept = key.read_bytes()
        key.unlink()
        done = here.run("batch", "register", here.write_batch(lot), "--json")
        key.write_bytes(kept)
        key.chmod(0o600)

        assert done.code == 2
        assert done.error["code"] == "key-unavailable"
        assert MAKER in done.error["message"]


class TestParallel:
    def test_sixteen_at_the_same_time_write_one_batch(
        self, world: World, zygote: Zygote, lot: str
    ) -> None:
        path = world.write_batch(lot)

        running = [zygote.start("batch", "register", path, "--json") for _ in range(16)]
        codes = [zygote.wait(pid) for pid in running]

        assert codes == [0] * 16
        assert on_chain(world, lot) == describe(world, lot)

    def test_many_batches_with_the_same_keys_do_not_disturb_each_other(
        self, world: World, zygote: Zygote, new_lot: Callable[[], str]
    ) -> None:
        lots = [new_lot() for _ in range(4)]

        running = [zygote.start("batch", "register", world.write_batch(it)) for it in lots]
        codes = [zygote.wait(pid) for pid in running]

        assert codes == [0] * 4
        for it in lots:
            assert on_chain(world, it) == describe(world, it)


class TestAdding:
    def test_records_an_event_once(self, world: World, lot: str) -> None:
        world.ok("batch", "register", world.write_batch(lot))
        event = build_event("DEPARTURE", 30, lot)
        event["@context"] = build_batch(lot)["epcisDocument"]["@context"]
        path = world.write(f"{lot}-event.json", event)
        arguments = ("event", "record", f"{GTIN}/{lot}", path, "--as", CARRIER)

        world.ok(*arguments)
        world.ok(*arguments)

        assert len(world.written(lot)) == 13

    def test_adds_a_document_once(self, world: World, lot: str) -> None:
        world.ok("batch", "register", world.write_batch(lot))
        (world.home / "files" / "invoice.pdf").write_bytes(b"%PDF-1.7 not really")
        document = {
            "docType": "COMMERCIAL_INVOICE",
            "number": "INV-1",
            "issuer": MAKER,
            "issuedAt": "2026-09-22T08:00:00+00:00",
            "public": {"lot": lot},
            "confidential": {"total": 4},
            "file": "invoice.pdf",
        }
        path = world.write(f"{lot}-document.json", document)

        first = world.ok("document", "add", f"{GTIN}/{lot}", path, "--json").json
        second = world.ok("document", "add", f"{GTIN}/{lot}", path, "--json").json

        assert (first["status"], second["status"]) == ("written", "already")
        assert len(world.written(lot)) == 13
        folder = world.home / "private" / first["batchId"]
        assert [it for it in folder.iterdir() if it.suffix == ".pdf"]

    def test_issues_serials_once(self, world: World, lot: str) -> None:
        without = build_batch(lot)
        del without["serials"]
        world.ok("batch", "register", world.write(f"{lot}.json", without))

        first = world.ok("serials", "issue", f"{GTIN}/{lot}", "--count", 40, "--json").json
        again = world.ok("serials", "issue", f"{GTIN}/{lot}", "--count", 40, "--json").json
        other = world.run("serials", "issue", f"{GTIN}/{lot}", "--count", 41, "--json")

        assert (first["status"], again["status"]) == ("written", "already")
        assert other.code == 2
        assert other.error["code"] == "conflict"
        draft = json.loads((world.home / "private" / first["batchId"] / "serials.json").read_text())
        assert len(set(draft["serials"])) == 40
        assert {len(serial) for serial in draft["serials"]} == {20}

    def test_who_records_has_to_be_said_where_several_could(self, world: World, lot: str) -> None:
        path = world.write("event.json", build_event("DEPARTURE", 1, lot))
        done = world.run("event", "record", f"{GTIN}/{lot}", path, "--json")
        assert (done.code, done.error["code"]) == (2, "key-unavailable")
        assert "--as GLN" in done.error["hint"]

    @pytest.mark.parametrize(
        ("text", "code"),
        [
            ("S1\nS2\nS1\n", "invalid-file"),
            ("\n", "invalid-file"),
            ("SÜ\n", "invalid-identifier"),
        ],
    )
    def test_lists_of_serials_that_are_wrong(
        self, world: World, lot: str, text: str, code: str
    ) -> None:
        path = world.write("serials.txt", text)
        done = world.run("serials", "issue", f"{GTIN}/{lot}", "--file", path, "--json")
        assert (done.code, done.error["code"]) == (2, code)

    def test_a_list_of_serials_is_issued(self, world: World, lot: str) -> None:
        without = build_batch(lot)
        del without["serials"]
        world.ok("batch", "register", world.write(f"{lot}.json", without))
        path = world.write("serials.txt", "S2\nS1\n")
        done = world.ok("serials", "issue", f"{GTIN}/{lot}", "--file", path, "--json").json
        assert done["status"] == "written"
        labels = world.ok("label", "print", f"{GTIN}/{lot}", "--sheet", 2, "--json").json
        assert [uri.rsplit("/", 1)[1] for uri in labels["uris"]] == ["S1", "S2"]

    def test_a_batch_that_does_not_exist_is_not_found(self, world: World, lot: str) -> None:
        path = world.write("event.json", build_event("DEPARTURE", 1, lot))
        done = world.run("event", "record", f"{GTIN}/{lot}", path, "--as", CARRIER, "--json")
        assert done.code == 2
        assert done.error["code"] == "not-found"
