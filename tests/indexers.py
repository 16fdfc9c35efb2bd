"""Indexers as processes of their own, over a real ledger and a database of each kind."""

import json
import os
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from anvil_ledger import AnvilLedger
from cli_world import TRACER, World

from tracer.chain.deployments import deployment_path, save_deployment
from tracer.domain.kinds import Kind
from tracer.index.compare import compare_mirrors
from tracer.index.sync import Mirror
from tracer.store.session import open_engine

WAIT_S = 90.0  # far more than anything here takes on a busy machine


@dataclass
class Indexer:
    """`tracer index follow`; its log is JSON because stderr is a file."""

    process: "subprocess.Popen[bytes]"
    log: Path

    def lines(self) -> list[dict[str, Any]]:
        """What it has told so far, without a line that is not whole yet."""
        whole = self.log.read_text("utf-8").rpartition("\n")[0]
        return [json.loads(line) for line in whole.splitlines()]

    def events(self) -> list[str]:
        return [line["event"] for line in self.lines()]

    def count(self, event: str) -> int:
        return self.events().count(event)

    def leads(self) -> bool:
        states = [event for event in self.events() if event in {"lead", "standby", "failure"}]
        return states[-1:] == ["lead"]

    def wait_for(self, event: str, more_than: int = 0) -> None:
        wait_for(lambda: self.count(event) > more_than, event)

    def wait_for_progress(self) -> None:
        self.wait_for("extended", more_than=self.count("extended"))

    def signal(self, number: int) -> None:
        self.process.send_signal(number)

    def end(self, number: int) -> int:
        """Send a signal; the exit code that it brings."""
        self.signal(number)
        return self.process.wait(WAIT_S)


@dataclass
class Place:
    """Where indexers run: a ledger, one database, and an installation that knows both."""

    ledger: AnvilLedger
    world: World
    started: list[Indexer] = field(default_factory=list)

    @property
    def database_url(self) -> str:
        return self.world.environ["TRACER_DATABASE_URL"]

    def start(self, *options: str, **environ: str) -> Indexer:
        log = self.world.home / f"indexer-{len(self.started)}.log"
        kept = {name: text for name, text in os.environ.items() if not name.startswith("TRACER_")}
        words = [*TRACER, "index", "follow", "--interval", "0.05", *options]
        with log.open("wb") as out:
            process = subprocess.Popen(words, env=kept | self.world.variables | environ, stderr=out)
        self.started.append(Indexer(process, log))
        return self.started[-1]

    def start_pair(self) -> tuple[Indexer, Indexer]:
        """One that leads, one that stands by."""
        leader = self.start()
        leader.wait_for("lead")
        other = self.start()
        other.wait_for("standby")
        return leader, other

    def assert_exact(self) -> None:
        """The mirror equals one that has never seen anything but the chain as it is now."""
        engine, fresh = open_engine(self.database_url), open_engine("sqlite://")
        for one in (engine, fresh):
            Mirror(one, self.ledger.node, self.ledger.deployment, 64).sync_once()
        assert compare_mirrors(engine, fresh) == []
        engine.dispose()


@contextmanager
def open_place(ledger: AnvilLedger, database_url: str, home: Path) -> Iterator[Place]:
    """A place whose indexers end with the block."""
    path = deployment_path(home / "deployments", ledger.deployment.chain_id)
    path.parent.mkdir(parents=True)
    save_deployment(path, ledger.deployment)
    environ = {"TRACER_DATABASE_URL": database_url}
    place = Place(ledger, World(home, ledger.node._url, environ))
    try:
        yield place
    finally:
        for indexer in place.started:
            indexer.process.kill()
            indexer.process.wait()


@contextmanager
def growing(ledger: AnvilLedger, batch_id: bytes) -> Iterator[None]:
    """Append to the ledger without end while the block runs."""
    stop = threading.Event()

    def append() -> None:
        place = 0
        while not stop.wait(0.02):
            ledger.append(1, batch_id, [Kind.DOCUMENT], f"grows {place}")
            place += 1

    thread = threading.Thread(target=append, name="appends")
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def wait_for(condition: Callable[[], object], what: str) -> None:
    deadline = time.monotonic() + WAIT_S
    while not condition():
        assert time.monotonic() < deadline, f"{what} did not happen"
        time.sleep(0.05)
