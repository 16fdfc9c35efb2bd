"""`tracer serials` and `tracer scans`: drawn, checked offline, counted, forgotten."""

import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from cli_world import GTIN, World, build_batch

from tracer.domain.clones import build_tin_key, day_of
from tracer.domain.identifiers import Gtin, Lot
from tracer.domain.inner_codes import parse_code
from tracer.domain.records import build_batch_id
from tracer.operations.serial_keys import key_path
from tracer.store.scans import ScanStore

pytestmark = pytest.mark.integration

COUNT = 20


@pytest.fixture
def issued(world: World, lot: str) -> list[str]:
    """A batch whose serials were drawn here; they are what labels are printed from."""
    batch = {name: value for name, value in build_batch(lot).items() if name != "serials"}
    world.ok("batch", "register", world.write(f"{lot}.json", json.dumps(batch)))
    world.ok("serials", "issue", f"{GTIN}/{lot}", "--count", COUNT, "--inner", "--json")
    return listed(world, lot)


@pytest.fixture
def counted(world: World) -> Iterator[ScanStore]:
    store = ScanStore(f"sqlite:///{world.home / 'scans.sqlite'}")
    yield store
    store.close()


def folder(world: World, lot: str) -> Path:
    batch_id = build_batch_id(Gtin.parse(GTIN), Lot.parse(lot))
    return world.home / "private" / batch_id.hex()


def listed(world: World, lot: str) -> list[str]:
    return list(json.loads((folder(world, lot) / "serials.json").read_text())["serials"])


class TestIssue:
    def test_serials_fit_a_label_and_codes_stay_private(
        self, world: World, lot: str, issued: list[str]
    ) -> None:
        assert len(set(issued)) == COUNT
        assert all(len(it) == 20 and it.isalnum() for it in issued)
        header, *lines = (folder(world, lot) / "inner.csv").read_text().splitlines()
        assert header == "serial,code"
        codes = [parse_code(line.split(",")[1]) for line in lines]
        public = [it.read_bytes() for it in (world.home / "contents").rglob("*") if it.is_file()]
        assert not [code for code in codes if any(code.encode() in text for text in public)]

    def test_a_rerun_writes_nothing_new(self, world: World, lot: str, issued: list[str]) -> None:
        before = (folder(world, lot) / "inner.csv").read_bytes()
        again = world.ok("serials", "issue", f"{GTIN}/{lot}", "--count", COUNT, "--inner", "--json")
        assert again.json["status"] == "already"
        assert listed(world, lot) == issued
        assert (folder(world, lot) / "inner.csv").read_bytes() == before

    def test_a_dry_run_leaves_no_key_and_no_list(self, world: World, lot: str) -> None:
        batch = {name: value for name, value in build_batch(lot).items() if name != "serials"}
        world.ok("batch", "register", world.write(f"{lot}.json", json.dumps(batch)))
        key = key_path(world.home)
        before = key.read_bytes() if key.exists() else None
        words = ("serials", "issue", f"{GTIN}/{lot}", "--count", 3, "--inner", "--dry-run")
        world.ok(*words)
        assert (key.read_bytes() if key.exists() else None) == before
        assert not (folder(world, lot) / "serials.json").exists()

    def test_the_key_is_never_printed(self, world: World, lot: str, issued: list[str]) -> None:
        key = key_path(world.home).read_text().strip()
        for words in (
            ("serials", "issue", f"{GTIN}/{lot}", "--count", COUNT, "--json"),
            ("serials", "check", f"{GTIN}/{lot}", issued[0], "--json"),
            ("serials", "check", f"{GTIN}/{lot}", "INVENTED"),
        ):
            done = world.run(*words)
            assert key not in done.out + done.err

    def test_an_old_list_is_issued_as_it_is(self, world: World, lot: str) -> None:
        world.ok("batch", "register", world.write_batch(lot))
        done = world.run("serials", "check", f"{GTIN}/{lot}", "A1", "--json")
        assert (done.code, done.json["serials"]) == (3, [{"serial": "A1", "holds": False}])


class TestCheck:
    def test_every_serial_holds_offline(self, world: World, lot: str, issued: list[str]) -> None:
        away = World(world.home, "http://127.0.0.1:1")
        done = away.ok("serials", "check", f"{GTIN}/{lot}", *issued, "--json")
        assert [it["holds"] for it in done.json["serials"]] == [True] * COUNT

    def test_an_invented_one_ends_with_3(self, world: World, lot: str, issued: list[str]) -> None:
        other = issued[0][:-1] + ("A" if issued[0][-1] != "A" else "B")
        done = world.run("serials", "check", f"{GTIN}/{lot}", issued[1], other, "--json")
        assert done.code == 3
        assert [it["holds"] for it in done.json["serials"]] == [True, False]
        assert done.error["code"] == "not-verified"

    def test_takes_a_digital_link_and_an_inspectors_copy_of_the_key(
        self, world: World, lot: str, issued: list[str], tmp_path: Path
    ) -> None:
        copy = tmp_path / "maker.key"
        copy.write_bytes(key_path(world.home).read_bytes())
        inspector = World(tmp_path / "inspector", "http://127.0.0.1:1")
        link = f"https://id.example.org/01/{GTIN.zfill(14)}/10/{lot}/21/{issued[0]}"
        assert inspector.run("serials", "check", link, "--key-file", copy).code == 0
        assert inspector.run("serials", "check", link).code == 2

    def test_needs_a_serial(self, world: World, lot: str) -> None:
        assert world.run("serials", "check", f"{GTIN}/{lot}").code == 2


class TestScans:
    def test_shows_counts_by_day_and_region(
        self, world: World, lot: str, issued: list[str], counted: ScanStore
    ) -> None:
        world.ok("index", "sync")
        today = day_of(int(time.time()))
        batch_id = build_batch_id(Gtin.parse(GTIN), Lot.parse(lot))
        quiet, copied = (build_tin_key(batch_id, it) for it in issued[:2])
        counted.count_scan(quiet, today, "CN-31", again=False)
        counted.count_scan(quiet, today, "CN-31", again=True)
        counted.count_opening(quiet, today, "CN-31", again=False)
        for day in range(40):
            region = ("CN-31", "CN-44")[day % 2]
            counted.count_scan(copied, today - 2 * day, region, again=False)

        shown = world.ok("scans", "show", f"{GTIN}/{lot}", "--json").json["tins"]
        assert [it["serial"] for it in shown] == issued[:2]
        assert shown[0]["scans"] == [
            {"day": shown[0]["openedOn"], "region": "CN-31", "first": 1, "again": 1}
        ]
        assert [it["state"] for it in shown] == ["SEEN_BEFORE_HERE", "SEEN_ELSEWHERE"]
        alarms = world.ok("scans", "show", f"{GTIN}/{lot}", "--alarms", "--json").json["tins"]
        assert [it["serial"] for it in alarms] == issued[1:2]
        one = world.ok("scans", "show", f"{GTIN}/{lot}", "--serial", issued[0]).out
        assert issued[0] in one
        assert issued[1] not in one
        assert "opened" in one

        gone = world.ok("scans", "prune", "--keep-days", 1, "--json").json
        assert gone["rows"] == 39
        left = world.ok("scans", "show", f"{GTIN}/{lot}", "--json").json["tins"]
        assert sum(len(it["scans"]) for it in left) == 2

    def test_says_when_nothing_was_counted(self, world: World, lot: str, issued: list[str]) -> None:
        world.ok("index", "sync")
        assert "no scan was counted" in world.ok("scans", "show", f"{GTIN}/{lot}").out
        assert world.run("scans", "show", f"{GTIN}/{lot}", "--serial", "NOBODY").code == 2
        assert issued
