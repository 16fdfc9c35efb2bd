"""`tracer index` from outside: what it says, what it waits out, what ends it."""

import json
import os
import pty
import re
import resource
import signal
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from anvil_ledger import AnvilLedger, running_anvil
from cli_world import TRACER
from fault_proxy import faulty
from indexers import Place, open_place, wait_for

from tracer.chain.anvil import free_port
from tracer.chain.rpc import RpcClient
from tracer.domain.kinds import Kind
from tracer.store.lead import open_lead, own_name
from tracer.store.session import open_engine, writing

pytestmark = pytest.mark.integration

SEED = 20260212


@pytest.fixture
def place(ledger: AnvilLedger, tmp_path: Path) -> Iterator[Place]:
    with open_place(ledger, f"sqlite:///{tmp_path / 'mirror.sqlite'}", tmp_path) as place:
        yield place


class TestFollow:
    def test_it_tells_what_it_does_and_ends_when_told(self, place: Place) -> None:
        batch_id = place.ledger.populate()[1]
        port = free_port()
        indexer = place.start("--metrics-port", str(port))
        indexer.wait_for("extended")
        place.ledger.append(1, batch_id, [Kind.DOCUMENT])
        indexer.wait_for("extended", more_than=1)
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as answer:
            metrics = answer.read().decode()
        assert indexer.end(signal.SIGINT) == 0
        lines = indexer.lines()
        assert [line["event"] for line in lines[:3]] == ["started", "lead", "extended"]
        assert lines[0]["contract"] == f"0x{place.ledger.deployment.contract.hex()}"
        assert lines[-1]["event"] == "stopped"
        taken = sum(line.get("records", 0) for line in lines)
        assert taken == 29
        assert "tracer_records_total 29.0" in metrics
        assert "tracer_is_leading 1.0" in metrics

    def test_it_waits_for_a_node_that_is_not_there_yet(self, place: Place) -> None:
        place.ledger.populate()
        print(f"seed {SEED}")
        with faulty(place.ledger.node._url, seed=SEED, rate=1.0) as proxy:
            indexer = place.start(TRACER_RPC_URL=proxy.url)
            indexer.wait_for("failure", more_than=1)
            assert "started" not in indexer.events()
            proxy.rate = 0.0
            indexer.wait_for("extended")
        place.assert_exact()

    def test_credentials_are_told_to_nobody(self, place: Place) -> None:
        """Neither those of the node nor those of the database, whatever goes wrong."""
        place.ledger.populate()
        words = ("hunter2", "sesame", "apikey", "hunter3")
        print(f"seed {SEED}")
        with faulty(place.ledger.node._url, seed=SEED, rate=0.2) as proxy:
            secret = proxy.url.replace("//", "//me:hunter2@") + "/sesame?apikey=sesame"
            indexer = place.start(TRACER_RPC_URL=secret)
            indexer.wait_for("extended")
        indexer.wait_for("failure")
        database = place.start(TRACER_DATABASE_URL="postgresql://me:hunter3@127.0.0.1:1/none")
        database.wait_for("failure", more_than=1)
        world = replace(place.world, rpc_url=secret)
        status = [world.ok("index", "status", *more).out for more in ((), ("--json",))]
        for text in (indexer.log.read_text(), database.log.read_text(), *status):
            assert not [word for word in words if word in text]

    def test_what_is_fatal_ends_it_with_a_code_and_a_hint(self, place: Place) -> None:
        place.ledger.populate()
        place.world.ok("index", "sync")
        (place.world.home / "deployments" / "31337.json").unlink()
        with running_anvil("--timestamp", "1790000000") as (url, _), RpcClient(url) as node:
            other = AnvilLedger(node)
            contract = f"0x{other.deployment.contract.hex()}"
            indexer = place.start(TRACER_RPC_URL=url, TRACER_CONTRACT=contract)
            assert indexer.process.wait(60) == 4
        last = indexer.lines()[-1]
        assert (last["event"], last["level"], last["code"]) == ("stopped", "error", "wrong-chain")
        assert last["hint"]

    def test_a_database_that_is_locked_is_waited_for(self, place: Place) -> None:
        batch_id = place.ledger.populate()[1]
        indexer = place.start()
        indexer.wait_for("extended")
        holder = open_engine(place.database_url)
        with writing(holder):
            place.ledger.append(1, batch_id, [Kind.DOCUMENT])
            indexer.wait_for("failure")
        holder.dispose()
        indexer.wait_for("recovered")
        indexer.wait_for("extended", more_than=1)
        place.assert_exact()

    def test_a_full_disk_is_waited_for(self, place: Place) -> None:
        batch_id = place.ledger.populate()[1]
        indexer = place.start()
        indexer.wait_for("extended")
        limit, none = indexer.log.stat().st_size + 2**14, resource.RLIM_INFINITY
        resource.prlimit(indexer.process.pid, resource.RLIMIT_FSIZE, (limit, none))
        for number in range(4):
            place.ledger.append(1, batch_id, [Kind.DOCUMENT] * 20, str(number))
        indexer.wait_for("failure")
        resource.prlimit(indexer.process.pid, resource.RLIMIT_FSIZE, (none, none))
        indexer.wait_for("recovered")
        failed = [line for line in indexer.lines() if line["event"] == "failure"]
        assert {line["code"] for line in failed} == {"database-unavailable"}
        wait_for(lambda: indexer.lines()[-1].get("behind") == 0, "catching up")
        place.assert_exact()


class TestSync:
    def test_it_works_beside_a_leader_and_says_so(self, place: Place) -> None:
        place.ledger.populate()
        deployment = place.ledger.deployment
        engine = open_engine(place.database_url)
        lead = open_lead(engine, deployment.chain_id, deployment.contract)
        assert lead.hold()
        done = place.world.ok("index", "sync")
        lead.release()
        assert "28 new records" in done.out
        assert f"{own_name()} leads" in done.err
        assert place.world.ok("index", "sync").err == ""
        place.assert_exact()


class TestStatus:
    def test_it_compares_mirror_and_node(self, place: Place) -> None:
        batch_id = place.ledger.populate()[1]
        place.world.ok("index", "sync")
        place.ledger.append(1, batch_id, [Kind.DOCUMENT])
        now = place.world.ok("index", "status", "--json").json
        assert (now["lagBlocks"], now["nodeBlock"] - now["block"]) == (1, 1)
        assert (now["nodeTrouble"], now["leader"]) == ("", "")
        assert (now["batches"], now["records"], now["parties"]) == (3, 28, 3)
        text = place.world.ok("index", "status").out
        assert re.search(r"^lag +1 block, \d+ s", text, re.MULTILINE)
        assert re.search(r"^leader +nobody", text, re.MULTILINE)

    def test_without_a_node_nothing_is_pretended(self, place: Place) -> None:
        place.ledger.populate()
        place.world.ok("index", "sync")
        alone = replace(place.world, rpc_url=f"http://127.0.0.1:{free_port()}")
        now = alone.ok("index", "status", "--json").json
        assert (now["nodeBlock"], now["lagBlocks"], now["lagSeconds"]) == (None, None, None)
        assert now["nodeTrouble"] == "no answer"
        text = alone.ok("index", "status").out
        assert re.search(r"^node +no answer", text, re.MULTILINE)
        assert re.search(r"^lag +not known", text, re.MULTILINE)

    def test_a_node_of_another_chain_is_not_compared(self, place: Place) -> None:
        place.ledger.populate()
        place.world.ok("index", "sync")
        with running_anvil("--timestamp", "1790000000") as (url, _):
            now = replace(place.world, rpc_url=url).ok("index", "status", "--json").json
        assert (now["nodeTrouble"], now["lagBlocks"]) == ("another chain", None)

    def test_a_reorganisation_and_a_node_that_is_behind_are_named(self, place: Place) -> None:
        place.ledger.populate()
        place.world.ok("index", "sync")
        transfer = {"from": place.ledger.accounts[5], "to": place.ledger.accounts[6]}
        place.ledger.node.call("anvil_reorg", 2, [[{**transfer, "value": "0x1"}, 0]])
        now = place.world.ok("index", "status", "--json").json
        assert "the chain was reorganised" in now["nodeTrouble"]
        place.ledger.node.call("anvil_rollback", 6)
        now = place.world.ok("index", "status", "--json").json
        assert now["lagBlocks"] == -6
        assert "behind the mirror" in place.world.ok("index", "status").out

    def test_who_leads_is_named(self, place: Place) -> None:
        place.ledger.populate()
        indexer = place.start()
        indexer.wait_for("extended")
        now = place.world.ok("index", "status", "--json").json
        assert now["leader"].startswith(f"process {indexer.process.pid} on ")

    def test_watching_without_a_terminal_is_for_programs(self, place: Place) -> None:
        assert place.world.run("index", "status", "--watch").code == 2
        with run_tracer(place, "index", "status", "--watch", "--json") as process:
            assert process.stdout is not None
            first = json.loads(process.stdout.readline())
            assert first["error"]["code"] == "configuration"
            place.ledger.populate()
            place.world.ok("index", "sync")
            while "error" in (line := json.loads(process.stdout.readline())):
                pass
            assert line["records"] == 28
            process.send_signal(signal.SIGINT)
            assert process.wait(20) == 0


def run_tracer(place: Place, *arguments: str) -> "subprocess.Popen[str]":
    kept = {name: text for name, text in os.environ.items() if not name.startswith("TRACER_")}
    return subprocess.Popen(
        [*TRACER, *arguments],
        env=kept | place.world.variables,
        stdout=subprocess.PIPE,
        text=True,
    )


class TestTerminal:
    """What a person sees. The escape codes are rich's; the words are ours."""

    def test_sync_shows_a_bar(self, place: Place) -> None:
        place.ledger.populate()
        shown = in_terminal(place, "index", "sync")
        assert re.search(r"block (\d+) of \1", shown)
        assert "28 records" in shown
        assert "28 new records" in shown.splitlines()[-1]

    def test_status_is_drawn_again_and_again(self, place: Place) -> None:
        place.ledger.populate()
        place.world.ok("index", "sync")
        shown = in_terminal(place, "index", "status", "--watch", until="Ctrl-C.*Ctrl-C")
        assert shown.count("sqlite:///") >= 2
        assert "\x1b[?25h" in shown, "the cursor is hidden for ever"

    def test_follow_speaks_in_sentences(self, place: Place) -> None:
        place.ledger.populate()
        shown = in_terminal(place, "index", "follow", until="28 records")
        assert "this indexer leads" in shown
        assert shown.rstrip().endswith("told to stop; the mirror is kept")


def in_terminal(place: Place, *arguments: str, until: str = "") -> str:
    """Run a command in a terminal; all it shows. With `until`, Ctrl-C follows what matches."""
    ours, theirs = pty.openpty()
    kept = {name: text for name, text in os.environ.items() if not name.startswith("TRACER_")}
    env = kept | place.world.variables | {"TERM": "xterm-256color", "COLUMNS": "100"}
    with subprocess.Popen(
        [*TRACER, *arguments], env=env, stdin=theirs, stdout=theirs, stderr=theirs
    ) as process:
        os.close(theirs)
        late = threading.Timer(60, process.kill)  # then it has written nothing for us to wake on
        late.start()
        shown = ""
        while True:
            try:
                shown += os.read(ours, 65536).decode("utf-8", "replace")
            except OSError:  # the other end is closed
                break
            if until and re.search(until, shown, re.DOTALL):
                process.send_signal(signal.SIGINT)
                until = ""
        code = process.wait()
        late.cancel()
    os.close(ours)
    sys.stdout.write(shown)
    assert code == 0, shown
    return shown
