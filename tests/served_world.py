"""The demonstration's batches on a real chain, in a real mirror, behind a real server."""

import contextlib
import os
import shutil
import sqlite3
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import httpx
import uvicorn
from tracer_api.app import create_app

from tracer.chain.anvil import free_port
from tracer.chain.devnode import DevNode
from tracer.index.sync import Mirror
from tracer.operations.demo import DemoBatch, load_demo, prepare_demo
from tracer.operations.station import StationOptions, open_station
from tracer.settings import Settings
from tracer.store.session import open_engine

PASSWORD = "correct horse"
START_S = 60.0


@dataclass(frozen=True)
class World:
    """A mirror that is in step with its chain.

    Attributes:
        home: folder with mirror.sqlite and contents.
        rpc_url: of the node.
        batches: by name of the sample.
    """

    home: Path
    rpc_url: str
    batches: dict[str, DemoBatch]

    @property
    def settings(self) -> Settings:
        return Settings(home=self.home, rpc_url=self.rpc_url)

    def path(self, name: str = "nz", *, tin: bool = True) -> str:
        """Path of a tin's page, or of its batch's."""
        link = self.batches[name].link
        return (link if tin else replace(link, serial=None)).path()

    def copy(self, folder: Path) -> "World":
        """The same chain with a mirror of its own, to be damaged."""
        folder.mkdir(parents=True)
        with contextlib.closing(sqlite3.connect(self.home / "mirror.sqlite")) as live:
            live.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        shutil.copy(self.home / "mirror.sqlite", folder)
        shutil.copytree(self.home / "contents", folder / "contents")
        return replace(self, home=folder)


@contextlib.contextmanager
def running_world(
    folder: Path, names: Sequence[str] = ("nz",), changed: Sequence[DemoBatch] = ()
) -> Iterator[World]:
    """Register samples on a chain of their own and mirror it; the chain runs until the end.

    Args:
        folder: the world's home.
        names: of the samples.
        changed: batches to register in place of them.
    """
    batches = changed or [batch for batch in load_demo(int(time.time())) if batch.name in names]
    with DevNode(folder / "node", port=0) as node:
        options = StationOptions(
            home=folder,
            rpc_url=node.rpc_url,
            contract=None,
            max_fee_wei=200 * 10**9,
            receipt_timeout_s=60.0,
            finality=lambda _chain_id: 0,
            password=lambda: PASSWORD,
        )
        prepare_demo(options, batches, lambda *_: None)
        engine = open_engine(f"sqlite:///{folder / 'mirror.sqlite'}")
        with open_station(options) as station:
            Mirror(engine, station.base.node, station.deployment, 0).sync_once()
        engine.dispose()
        yield World(folder, node.rpc_url, {batch.name: batch for batch in batches})


@contextlib.contextmanager
def open_client(settings: Settings, now: Callable[[], int] | None = None) -> Iterator[httpx.Client]:
    """A client of a server in a thread of this process, on a real port.

    Args:
        settings: of the server.
        now: its clock, Unix seconds.
    """
    app = create_app(settings, now)
    config = uvicorn.Config(app, port=free_port(), log_config=None, ws="none", lifespan="on")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, name="server")
    thread.start()
    try:
        while not server.started:
            assert thread.is_alive()
            time.sleep(0.01)
        with httpx.Client(base_url=f"http://127.0.0.1:{config.port}", timeout=60) as client:
            yield client
    finally:
        server.should_exit = True
        thread.join()


@contextlib.contextmanager
def serving(world: World, rpc_url: str | None = None) -> Iterator[str]:
    """A server process over a world's mirror; yields its origin.

    Args:
        world: what it serves.
        rpc_url: the node that pages ask, when it is not the world's own.
    """
    port = free_port()
    words = [sys.executable, "-m", "uvicorn", "--factory", "tracer_api.app:create_app"]
    words += ["--port", str(port), "--log-level", "info"]
    kept = {name: text for name, text in os.environ.items() if not name.startswith("TRACER_")}
    env = kept | {"TRACER_HOME": str(world.home), "TRACER_RPC_URL": rpc_url or world.rpc_url}
    log = world.home / f"server-{port}.log"
    with log.open("wb") as out, subprocess.Popen(words, env=env, stdout=out, stderr=out) as server:
        try:
            wait_for(f"http://127.0.0.1:{port}/healthz", server, log)
            yield f"http://127.0.0.1:{port}"
        finally:
            server.terminate()
            server.wait(10)


def wait_for(url: str, server: "subprocess.Popen[bytes]", log: Path) -> None:
    """Wait until a server answers; what it logged is the error when it does not."""
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline and server.poll() is None:
        with contextlib.suppress(urllib.error.URLError), urllib.request.urlopen(url, timeout=5):
            return
        time.sleep(0.05)
    raise AssertionError(log.read_text())
