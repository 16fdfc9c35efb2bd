"""`tracer index`, `tracer verify` and `tracer label` on what the command line wrote."""

import contextlib
import json
import os
import signal
import sqlite3
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
import zxingcpp
from anvil_ledger import running_anvil
from cli_world import GTIN, TRACER, World, free_port
from PIL import Image
from rpc_proxy import serving_text

from tracer.domain.identifiers import Gtin, Lot, Serial
from tracer.store.contents import ContentStore
from tracer.store.read import load_bundle
from tracer.store.session import open_engine, reading

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def registered(world: World) -> str:
    """A lot that is on the ledger and in the mirror; nothing here changes it."""
    world.ok("batch", "register", world.write_batch("VERIFIED"))
    world.ok("index", "sync")
    return "VERIFIED"


@pytest.fixture(scope="module")
def bundle_text(world: World, registered: str) -> str:
    """The proof bundle of a tin, as the server serves it."""
    engine = open_engine(f"sqlite:///{world.home / 'mirror.sqlite'}", read_only=True)
    with reading(engine) as session:
        contents = ContentStore(world.home / "contents")
        found = load_bundle(
            session, contents, Gtin.parse(GTIN), Lot.parse(registered), Serial.parse("B2")
        )
    engine.dispose()
    return json.dumps(found.to_json(), ensure_ascii=False)


@pytest.fixture
def bundle(bundle_text: str, tmp_path: Path) -> Path:
    """The bundle as a file of its own."""
    path = tmp_path / "bundle.json"
    path.write_text(bundle_text, "utf-8")
    return path


def edit(path: Path, change: Callable[[dict[str, Any]], object]) -> Path:
    content = json.loads(path.read_text("utf-8"))
    change(content)
    path.write_text(json.dumps(content, ensure_ascii=False), "utf-8")
    return path


class TestVerify:
    def test_a_batch_of_the_mirror(self, world: World, registered: str) -> None:
        done = world.ok("verify", GTIN, registered, "B2", "--json").json
        assert done["status"] == "VALID"
        assert {check["step"] for check in done["checks"]} == set(range(1, 11))
        assert not [it for it in done["checks"] if it["status"] in {"INVALID", "ERROR"}]

    def test_a_table_for_people(self, world: World, registered: str) -> None:
        shown = world.ok("verify", GTIN, registered).out
        assert "head-on-chain" in shown
        assert f"GTIN {GTIN} lot {registered}: " in shown

    def test_a_serial_that_was_not_issued(self, world: World, registered: str) -> None:
        done = world.run("verify", GTIN, registered, "NOPE", "--json")
        assert done.code == 3
        assert done.json["verdict"] == "NOT_ISSUED"
        assert done.error["code"] == "not-verified"

    def test_a_saved_bundle_without_any_server(
        self, world: World, bundle: Path, tmp_path: Path
    ) -> None:
        stranger = World(tmp_path / "elsewhere", world.rpc_url)
        done = stranger.ok("verify", bundle, "--rpc", world.rpc_url, "--json").json
        assert done["status"] == "VALID"
        pinned = next(it for it in done["checks"] if it["name"] == "ledger-pinned")
        assert pinned["status"] == "SKIPPED"

    def test_a_ledger_that_the_reader_does_not_know(self, world: World, bundle: Path) -> None:
        done = world.run("verify", bundle, "--contract", "0x" + "11" * 20, "--json")
        assert done.code == 3
        assert "not 0x1111" in done.error["message"]

    @pytest.mark.parametrize(
        ("damage", "names"),
        [
            (lambda it: it["batch"].update(owner="9520010001039"), "record"),
            (lambda it: it["records"][3].update(occurredAt=1), "record"),
            (lambda it: it["appends"].pop(), "batch"),
            (lambda it: it["batch"].update(recalled=True), "batch"),
            (lambda it: it["tin"].update(serial="B3"), "B3"),
        ],
        ids=["owner", "time", "withheld", "recalled", "serial"],
    )
    def test_damage_is_named(
        self,
        world: World,
        bundle: Path,
        damage: Callable[[dict[str, Any]], object],
        names: str,
    ) -> None:
        done = world.run("verify", edit(bundle, damage), "--json")
        assert done.code == 3
        assert done.json["status"] == "INVALID"
        assert names in done.error["message"]

    def test_a_damaged_content_is_named(self, world: World, bundle: Path) -> None:
        def damage(content: dict[str, Any]) -> None:
            digest = next(iter(content["contents"]))
            content["contents"][digest] = content["contents"][digest].replace("KGM", "KGN")

        done = world.run("verify", edit(bundle, damage), "--json")
        assert done.code == 3
        assert "record" in done.error["message"]

    def test_without_a_node_it_could_not_check(self, world: World, bundle: Path) -> None:
        done = world.run("verify", bundle, "--rpc", f"http://127.0.0.1:{free_port()}", "--json")
        assert done.code == 4
        assert done.json["status"] == "ERROR"
        assert done.json["verdict"] == "COULD_NOT_CHECK"
        assert "could not check" in done.error["message"]

    def test_a_node_of_another_chain_proves_nothing(self, world: World, bundle: Path) -> None:
        with running_anvil() as (url, _):
            done = world.run("verify", bundle, "--rpc", url, "--json")
        assert done.code in {3, 4}
        assert done.json["status"] != "VALID"

    @pytest.mark.parametrize("content", ["", "{}", "[1]", '{"format": "tracer-bundle/1"}'])
    def test_what_is_no_bundle(self, world: World, tmp_path: Path, content: str) -> None:
        path = tmp_path / "bundle.json"
        path.write_text(content)
        done = world.run("verify", path, "--json")
        assert (done.code, done.error["code"]) == (2, "invalid-file")

    def test_a_link_is_asked_of_its_server(
        self, world: World, bundle_text: str, registered: str
    ) -> None:
        with serving_text(bundle_text) as (origin, paths):
            link = f"{origin}/01/{GTIN}/10/{registered}/21/B2?17=280210"
            assert world.ok("verify", link, "--json").json["status"] == "VALID"
        assert paths == [f"/v1/batches/{GTIN}/{registered}/bundle?serial=B2"]

    @pytest.mark.parametrize(("status", "code"), [(404, "not-found"), (500, "unavailable")])
    def test_a_server_that_refuses(self, world: World, status: int, code: str) -> None:
        with serving_text("{}", status) as (origin, _):
            done = world.run("verify", f"{origin}/01/{GTIN}/10/L1", "--json")
        assert done.error["code"] == code

    def test_a_server_that_is_not_there(self, world: World) -> None:
        link = f"http://127.0.0.1:{free_port()}/01/{GTIN}/10/L1"
        done = world.run("verify", link, "--json")
        assert (done.code, done.error["code"]) == (4, "unavailable")

    def test_a_gtin_needs_a_lot(self, world: World) -> None:
        assert world.run("verify", GTIN, "--json").error["code"] == "input"


class TestIndex:
    def test_status_tells_the_block(self, world: World, registered: str) -> None:
        world.ok("index", "sync")
        status = world.ok("index", "status", "--json").json
        assert status["block"] == world.ok("chain", "info", "--json").json["block"]
        assert registered in world.ok("batch", "list").out

    def test_without_a_mirror_it_says_so(self, world: World, tmp_path: Path) -> None:
        where = replace(world, environ={"TRACER_DATABASE_URL": f"sqlite:///{tmp_path}/none.sqlite"})
        done = where.run("index", "status", "--json")
        assert done.code in {2, 4}
        assert done.error["hint"]

    def test_a_locked_mirror_is_unavailable(self, world: World, tmp_path: Path) -> None:
        where = replace(world, environ={"TRACER_DATABASE_URL": f"sqlite:///{tmp_path}/m.sqlite"})
        where.ok("index", "sync")
        with sqlite3.connect(tmp_path / "m.sqlite", isolation_level=None) as holder:
            holder.execute("BEGIN EXCLUSIVE")
            world.ok("chain", "fund", "0x" + "22" * 20)  # something to take in
            done = where.run("index", "sync", "--json")
            holder.execute("ROLLBACK")
        holder.close()
        assert (done.code, done.error["code"]) == (4, "database-unavailable")
        where.ok("index", "sync")


class TestServices:
    @pytest.fixture
    def start(self, world: World) -> Iterator[Callable[..., "subprocess.Popen[str]"]]:
        """Start a command that runs until it is told to stop."""
        started: list[subprocess.Popen[str]] = []

        def run(*arguments: str) -> "subprocess.Popen[str]":
            environment = {**os.environ, **world.variables}
            started.append(
                subprocess.Popen(
                    [*TRACER, *arguments], env=environment, stdout=subprocess.PIPE, text=True
                )
            )
            return started[-1]

        yield run
        for process in started:
            process.kill()
            process.wait()
            assert process.stdout is not None
            process.stdout.close()

    def test_serve_serves_and_ends_on_interrupt(
        self, start: Callable[..., "subprocess.Popen[str]"]
    ) -> None:
        port = free_port()
        process = start("serve", "--port", str(port))
        for _ in range(600):
            with contextlib.suppress(httpx.TransportError):
                assert httpx.get(f"http://127.0.0.1:{port}/healthz").status_code == 200
                break
            time.sleep(0.05)
        else:
            pytest.fail("the server does not answer")
        process.send_signal(signal.SIGINT)
        assert process.wait(20) in {0, 130}


class TestLabels:
    def test_one_tin(self, world: World, registered: str, tmp_path: Path) -> None:
        out = tmp_path / "tin.png"
        done = world.ok(
            "label", "print", f"{GTIN}/{registered}", "--serial", "C3", "--out", out, "--json"
        ).json
        (read,) = zxingcpp.read_barcodes(Image.open(out))
        assert read.text == done["uris"][0]
        assert read.text.endswith(f"/01/{GTIN}/10/{registered}/21/C3")

    @pytest.mark.parametrize(
        ("suffix", "start"),
        [("pdf", b"%PDF"), ("csv", b"gtin,lot"), ("png", b"\x89PNG")],
    )
    def test_sheets(
        self, world: World, registered: str, tmp_path: Path, suffix: str, start: bytes
    ) -> None:
        out = tmp_path / f"sheet.{suffix}"
        world.ok("label", "print", f"{GTIN}/{registered}", "--sheet", 4, "--out", out)
        assert out.read_bytes().startswith(start)

    def test_in_the_terminal(self, world: World, registered: str) -> None:
        shown = world.ok("label", "print", f"{GTIN}/{registered}", "--serial", "A1").out
        assert "█" in shown
        assert f"/10/{registered}/21/A1" in shown

    @pytest.mark.parametrize(
        ("arguments", "code"),
        [
            (("--serial", "NOPE"), "not-found"),
            ((), "input"),
            (("--serial", "A1", "--sheet", "2"), "input"),
            (("--sheet", "2", "--out", "labels.doc"), "input"),
            (("--sheet", "2", "--out", "/nowhere/labels.pdf"), "database-unavailable"),
        ],
    )
    def test_refusals(
        self, world: World, registered: str, arguments: tuple[str, ...], code: str
    ) -> None:
        done = world.run("label", "print", f"{GTIN}/{registered}", *arguments, "--json")
        assert done.error["code"] == code
