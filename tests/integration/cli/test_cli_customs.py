"""`tracer customs` on a real chain: claim, statement, confirmation or objection."""

import contextlib
import json
import os
import random
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from cli_world import (
    BROKER,
    GTIN,
    HOUR_S,
    MAKER,
    START_UNIX,
    World,
    Zygote,
    build_document,
    declaration_number,
    iso,
)
from customs_forgeries import FORGERIES, Scene, retired_pin
from customs_system import REFUSAL, CustomsSystem, put_statement, running_server
from customs_world import RELEASED_UNIX, answers, claim, private_view, state

from tracer.domain.customs_statement import Ruling, read_objection
from tracer.domain.identifiers import Gln, Gtin, Lot
from tracer.domain.kinds import Kind
from tracer.domain.records import Record, build_batch_id
from tracer.operations.add_document import load_document
from tracer.operations.outbox import Presence
from tracer.operations.papers import PaperDesk

pytestmark = pytest.mark.integration

SEED = 20261128


@pytest.fixture(scope="module")
def system(world: World) -> CustomsSystem:
    made = CustomsSystem()
    world.ok("customs", "key", "pin", made.public_key.hex(), "--name", "Yangshan customs")
    return made


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "statements").mkdir()
    return tmp_path


def settle_salts(world: World, lot: str, path: Path) -> bytes:
    """Prepare a paper and keep its views, and send nothing; its commitment."""
    batch_id = build_batch_id(Gtin.parse(GTIN), Lot.parse(lot))
    planned = load_document(path, now_unix=int(time.time()))
    with world.station() as station:
        desk = PaperDesk(station, batch_id)
        document = desk.prepare(planned, keep=True)
        desk.store(planned, document)
    return document.commitment


def write_claim(world: World, lot: str, commitment: bytes, gln: str) -> None:
    """Let a party claim a commitment, whoever's paper it is."""
    batch_id = build_batch_id(Gtin.parse(GTIN), Lot.parse(lot))
    record = Record(Kind.CLEARANCE_CLAIM, START_UNIX + 9 * HOUR_S, None, commitment)
    with world.station() as station:
        key = station.operator_key(Gln.parse(gln))
        assert key is not None
        call = station.call("append", batch_id, record.pack())
        intent = station.intent("claim", call, actor=gln, presence=lambda: Presence.ABSENT)
        station.write(intent, key)


def sync(world: World, place: object, *, code: int = 0) -> list[dict[str, Any]]:
    done = world.run("customs", "sync", "--system", place, "--json")
    assert done.code == code, done
    return list(done.json["statements"])


def test_a_release_confirms_the_claim_once_and_shows_the_hours(
    world: World, system: CustomsSystem, folder: Path, lot: str
) -> None:
    commitment = claim(world, lot)
    listed = world.ok("customs", "list", "--json").json["claims"]
    (waiting,) = [it for it in listed if it["lot"] == lot]
    assert (waiting["answer"], waiting["declaration"]) == ("WAITING", declaration_number(lot))
    assert waiting["hoursSinceArrival"] > 48
    data = system.sign(state(world, system, lot, commitment))
    put_statement(folder / "statements", "release.json", data)

    (handled,) = sync(world, folder)

    assert (handled["result"], handled["hoursFromArrival"]) == ("confirmed", 52.0)
    (record,) = answers(world, lot)
    assert (record.kind, record.digest) == (Kind.CLEARANCE_CONFIRMATION, commitment)
    assert record.occurred_at_unix == RELEASED_UNIX
    assert not list((folder / "statements").iterdir())
    assert [path.read_bytes() for path in (folder / "accepted").iterdir()] == [data]
    assert sync(world, folder) == []
    shown = world.ok("customs", "confirm", f"{GTIN}/{lot}").out
    assert "already; nothing was sent" in shown
    assert "52.0 h, over 48 h" in shown
    assert len(answers(world, lot)) == 1


def test_a_refusal_becomes_an_objection_with_its_reasons(
    world: World, system: CustomsSystem, folder: Path, lot: str
) -> None:
    commitment = claim(world, lot)
    refused = state(world, system, lot, commitment, ruling=Ruling.REFUSED)
    put_statement(folder / "statements", "refusal.json", system.sign(refused))

    (handled,) = sync(world, folder)

    assert handled["result"] == "objected"
    (record,) = answers(world, lot)
    assert record.kind is Kind.CORRECTION
    with world.station() as station:
        text = station.contents.get(record.digest)
    assert text is not None
    assert read_objection(text.decode()) == (commitment, REFUSAL)
    listed = world.ok("customs", "list", "--all", "--json").json["claims"]
    (answered,) = [it for it in listed if it["lot"] == lot]
    assert (answered["answer"], answered["reasons"][0]["code"]) == ("OBJECTED", "ORIGIN")


def test_no_forgery_changes_anything_and_each_is_named(
    world: World, system: CustomsSystem, folder: Path, new_lot: Callable[[], str]
) -> None:
    lot, other = new_lot(), new_lot()
    commitment = claim(world, lot)
    claim(world, other)
    honest = state(world, system, lot, commitment)
    earlier = state(
        world,
        system,
        lot,
        commitment,
        ruling=Ruling.PENDING,
        stated_at_unix=RELEASED_UNIX - HOUR_S,
    )
    other_batch = build_batch_id(Gtin.parse(GTIN), Lot.parse(other))
    now_unix = int(time.time())
    scene = Scene(system, CustomsSystem(), CustomsSystem(), honest, earlier, other_batch, now_unix)
    until = ("--valid-until", iso(retired_pin(scene).valid_until_unix))
    world.ok("customs", "key", "pin", scene.retired.public_key.hex(), "--name", "old", *until)
    put_statement(folder / "statements", "earlier.json", system.sign(earlier))
    assert [it["result"] for it in sync(world, folder)] == ["noted"]
    written = {it: world.written(it) for it in (lot, other)}
    for name, (_, forge) in FORGERIES.items():
        put_statement(folder / "statements", f"{name}.json", forge(scene))

    handled = sync(world, folder, code=3)

    named = {
        it["name"].removesuffix(".json"): (
            it["result"],
            [check["name"] for check in it["checks"] if check["status"] == "INVALID"][-1],
        )
        for it in handled
    }
    assert named == {name: ("rejected", check) for name, (check, _) in FORGERIES.items()}
    assert {it: world.written(it) for it in (lot, other)} == written
    assert not list((folder / "statements").iterdir())
    assert len(list((folder / "rejected").glob("*.reason.txt"))) == len(FORGERIES)
    # And none stands in the way of the honest one.
    put_statement(folder / "statements", "honest.json", scene.signed())
    assert [it["result"] for it in sync(world, folder)] == ["confirmed"]
    assert [record.digest for record in answers(world, lot)] == [commitment]


def test_the_same_over_http_with_a_request_first(
    world: World, system: CustomsSystem, lot: str
) -> None:
    commitment = claim(world, lot)
    with running_server() as server:
        place = ("--system", server.url, "--json")
        asked = world.ok("customs", "sync", "--request", *place).json["requested"]
        assert asked >= 1
        request = json.loads(server.requests[f"{commitment.hex()}.json"])
        assert (request["lot"], request["declaration"]) == (lot, declaration_number(lot))
        statement = state(world, system, lot, bytes.fromhex(request["commitment"]))
        server.statements["1.json"] = system.sign(statement)
        (handled,) = world.ok("customs", "sync", *place).json["statements"]
        assert handled["result"] == "confirmed"
        assert server.receipts["1.json"]["outcome"] == "accepted"
        assert world.ok("customs", "sync", *place).json["statements"] == []
    assert [record.digest for record in answers(world, lot)] == [commitment]
    done = world.run("customs", "sync", *place)  # the server has gone
    assert (done.code, done.error["code"]) == (4, "unavailable")


def test_a_folder_that_is_not_there_is_no_verdict(world: World, tmp_path: Path) -> None:
    done = world.run("customs", "sync", "--system", tmp_path / "unmounted", "--json")
    assert (done.code, done.error["code"]) == (4, "unavailable")


def test_a_broker_that_claims_anothers_paper_is_not_confirmed(
    world: World, system: CustomsSystem, folder: Path, lot: str
) -> None:
    """The maker appends a claim with the broker's commitment to the batch, before the broker."""
    document = build_document("CUSTOMS_DECLARATION", declaration_number(lot), BROKER, 9, lot=lot)
    world.ok("batch", "register", world.write_batch(lot, confirmations=[], documents=[]))
    path = world.write(f"{lot}-paper.json", document)
    dry = world.ok("document", "add", f"{GTIN}/{lot}", path, "--dry-run", "--json").json
    assert dry["missing"][0]["kind"] == "CLEARANCE_CLAIM"
    # The broker settles the salts; another key sends the record first.
    commitment = settle_salts(world, lot, path)
    write_claim(world, lot, commitment, MAKER)
    statement = state(world, system, lot, commitment)
    put_statement(folder / "statements", "1.json", system.sign(statement))

    (handled,) = sync(world, folder, code=3)

    assert handled["result"] == "rejected"
    assert f"of party {BROKER}, the claim of {MAKER}" in handled["reason"]
    assert answers(world, lot) == []


def test_a_statement_waits_while_the_paper_is_not_at_hand(
    world: World, system: CustomsSystem, folder: Path, lot: str
) -> None:
    commitment = claim(world, lot)
    data = system.sign(state(world, system, lot, commitment))
    put_statement(folder / "statements", "release.json", data)
    papers = [
        private_view(world, lot, commitment),
        world.home / "contents" / "documents" / commitment.hex()[:2] / commitment.hex(),
    ]
    for paper in papers:
        paper.rename(paper.with_name("hidden"))

    (handled,) = sync(world, folder, code=4)

    assert handled["result"] == "waiting"
    assert "not at hand" in handled["reason"]
    refused = world.run("customs", "confirm", f"{GTIN}/{lot}", "--json")
    assert (refused.code, refused.error["code"]) == (3, "not-verified")
    assert answers(world, lot) == []
    papers[1].with_name("hidden").rename(papers[1])
    assert [it["result"] for it in sync(world, folder)] == ["confirmed"]


@dataclass
class Bench:
    """What a series of kills needs."""

    world: World
    zygote: Zygote
    system: CustomsSystem
    folder: Path
    new_lot: Callable[[], str]

    def put_both(self, lot: str) -> None:
        """A claim, and two statements whose names are not in the order of their times."""
        commitment = claim(self.world, lot)
        released = state(self.world, self.system, lot, commitment)
        refused = state(
            self.world,
            self.system,
            lot,
            commitment,
            ruling=Ruling.REFUSED,
            stated_at_unix=RELEASED_UNIX + HOUR_S,
        )
        for name, statement in (("1-refused", refused), ("2-released", released)):
            data = self.system.sign(statement)
            put_statement(self.folder / "statements", f"{lot}-{name}.json", data)

    def undisturbed(self) -> float:
        """Seconds that one round takes as a process of its own."""
        self.put_both(self.new_lot())
        started = time.monotonic()
        assert self.zygote.wait(self.zygote.start("customs", "sync", "--system", self.folder)) == 0
        return time.monotonic() - started

    def kill_watch(self, delay_s: float) -> None:
        """Start `tracer customs watch` and end it with SIGKILL."""
        arguments = ("--system", self.folder, "--interval", "0.05")
        pid = self.zygote.start("customs", "watch", *arguments)
        time.sleep(delay_s)
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
        assert self.zygote.wait(pid) == -signal.SIGKILL

    def kill_and_repair(self, moments: int) -> None:
        print(f"seed {SEED}")
        rng = random.Random(SEED)
        took_s = self.undisturbed()
        interrupted = 0
        for _ in range(moments):
            lot = self.new_lot()
            self.put_both(lot)
            for _ in range(rng.randint(1, 3)):
                self.kill_watch(rng.uniform(0, took_s))
            interrupted += any((self.folder / "statements").iterdir())

            sync(self.world, self.folder)

            # Each once, in the order in which customs stated them.
            kinds = [record.kind for record in answers(self.world, lot)]
            assert kinds == [Kind.CLEARANCE_CONFIRMATION, Kind.CORRECTION], f"lot {lot}"
            assert not list((self.folder / "statements").iterdir())
            assert not list((self.world.home / "customs" / "statements").glob("*/open/*"))
        print(f"{interrupted} of {moments} interrupted")
        assert interrupted >= moments // 10, "nearly all rounds ended before they were killed"


@pytest.fixture
def bench(
    world: World,
    zygote: Zygote,
    system: CustomsSystem,
    folder: Path,
    new_lot: Callable[[], str],
) -> Bench:
    return Bench(world, zygote, system, folder, new_lot)


def test_watch_takes_in_what_comes_later_and_ends_in_order(bench: Bench) -> None:
    lot = bench.new_lot()
    arguments = ("--system", bench.folder, "--interval", "0.05")
    pid = bench.zygote.start("customs", "watch", *arguments)
    bench.put_both(lot)
    deadline = time.monotonic() + 60
    while any((bench.folder / "statements").iterdir()):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    os.kill(pid, signal.SIGTERM)
    assert bench.zygote.wait(pid) == 0
    assert len(answers(bench.world, lot)) == 2


def test_four_at_once_record_each_answer_once(bench: Bench) -> None:
    lot = bench.new_lot()
    bench.put_both(lot)
    pids = [bench.zygote.start("customs", "sync", "--system", bench.folder) for _ in range(4)]
    assert [bench.zygote.wait(pid) for pid in pids] == [0] * 4
    assert len(answers(bench.world, lot)) == 2


def test_watch_killed_at_six_moments_records_each_answer_once(bench: Bench) -> None:
    bench.kill_and_repair(6)


@pytest.mark.faults
@pytest.mark.timeout(1200)
def test_watch_killed_at_a_hundred_moments_records_each_answer_once(bench: Bench) -> None:
    bench.kill_and_repair(100)
