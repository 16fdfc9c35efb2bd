"""`tracer demo`: node, ledger, three sample batches, mirror and server on this machine."""

import contextlib
import http.client
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from sqlalchemy import Engine

from tracer.chain.anvil import free_port
from tracer.chain.devnode import DevNode
from tracer.cli.context import build_options
from tracer.cli.options import AsJson
from tracer.cli.render import (
    error_console,
    print_error,
    print_json,
    print_line,
    print_note,
    print_table,
    progress_by_phase,
)
from tracer.errors import ConfigurationError, TracerError, TransientError, VerificationError
from tracer.index.follow import follow
from tracer.index.sync import Mirror
from tracer.labels.terminal import terminal_qr
from tracer.operations.demo import DemoBatch, demo_password, load_demo, prepare_demo
from tracer.operations.demo_check import DemoResult, check_demo
from tracer.operations.station import Station, open_station
from tracer.settings import Settings, load_settings
from tracer.signals import stopping
from tracer.store.session import open_engine
from tracer.store.state import load_cursor

WAIT_S: Final = 60.0  # a busy machine starts the server in ten
POLL_S: Final = 0.05
STOP_S: Final = 10.0

app = typer.Typer(help="Show everything on this machine: three batches, from file to scanned tin.")


@dataclass(frozen=True, slots=True)
class Running:
    """The demonstration while it runs.

    Attributes:
        station: its ledger.
        engine: its mirror.
        origin: of its server.
        batches: its samples.
    """

    station: Station
    engine: Engine
    origin: str
    batches: Sequence[DemoBatch]


@app.command()
def demo(
    port: Annotated[int, typer.Option(help="Port of the server; 0 takes a free one.")] = 8000,
    rpc_port: Annotated[int, typer.Option(help="Port of the node; 0 takes a free one.")] = 8545,
    *,
    check: Annotated[
        bool, typer.Option("--check", help="Verify everything, look at the pages, and end.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Run node, indexer and server with three sample batches until Ctrl-C; data are kept."""
    started = time.monotonic()
    home = load_settings().home / "demo"
    ports = (0, 0) if check else (port, rpc_port)
    with stopping() as stop, _run_demo(home, *ports) as running:
        if check:
            results = check_demo(running.station, running.engine, running.batches, running.origin)
            _report(results, time.monotonic() - started, as_json=as_json)
            return
        _show(running, as_json=as_json)
        stop.wait()


@contextlib.contextmanager
def _run_demo(home: Path, port: int, rpc_port: int) -> Iterator[Running]:
    batches = load_demo(int(time.time()))
    with contextlib.ExitStack() as stack:
        node = stack.enter_context(DevNode(home / "node", port=_usable(rpc_port)))
        settings = _demo_settings(home, node.rpc_url, _usable(port) or free_port())
        options = build_options(settings)
        demo_password(home)
        with progress_by_phase() as report:
            prepare_demo(options, batches, report)
        station = stack.enter_context(open_station(options))
        engine = stack.enter_context(_follow(station, settings))
        _wait_for(lambda: _is_complete(station, engine), "the mirror to catch up")
        stack.enter_context(_serve(settings))
        yield Running(station, engine, settings.public_origin, batches)


def _demo_settings(home: Path, rpc_url: str, port: int) -> Settings:
    return load_settings().model_copy(
        update={
            "home": home,
            "rpc_url": rpc_url,
            "public_rpc_url": rpc_url,
            "contract": None,
            "database_url": None,
            "public_origin": f"http://127.0.0.1:{port}",
            "host": "127.0.0.1",
            "port": port,
            "key_password_file": home / "password.txt",
        }
    )


@contextlib.contextmanager
def _follow(station: Station, settings: Settings) -> Iterator[Engine]:
    """Keep the mirror up to date in a thread."""
    engine = open_engine(settings.database)
    mirror = Mirror(engine, station.base.node, station.deployment, 0)
    mirror.sync_once()
    stop = threading.Event()

    def run() -> None:
        try:
            follow(mirror, stop)
        except TracerError as error:  # fatal: the pages stay, and say how old they are
            print_error(error, as_json=False)

    thread = threading.Thread(target=run, name="mirror", daemon=True)
    thread.start()
    try:
        yield engine
    finally:
        stop.set()
        thread.join(STOP_S)
        engine.dispose()


@contextlib.contextmanager
def _serve(settings: Settings) -> Iterator[None]:
    """Run the server as a process of its own, as in production; it knows no key."""
    words = [sys.executable, "-m", "uvicorn", "--factory", "tracer_api.app:create_app"]
    words += ["--host", settings.host, "--port", str(settings.port), "--no-access-log"]
    own = {
        "TRACER_HOME": str(settings.home),
        "TRACER_RPC_URL": settings.rpc_url,
        "TRACER_PUBLIC_ORIGIN": settings.public_origin,
    }
    kept = {name: value for name, value in os.environ.items() if not name.startswith("TRACER_")}
    log = (settings.home / "server.log").open("ab")
    with log, subprocess.Popen(words, env=kept | own, stdout=log, stderr=log) as server:  # noqa: S603
        try:
            _wait_for(lambda: _answers(settings, server), "the server to start")
            yield
        finally:
            server.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                server.wait(STOP_S)
            server.kill()


def _answers(settings: Settings, server: "subprocess.Popen[bytes]") -> bool:
    if server.poll() is not None:
        raise ConfigurationError(
            f"the server ended with code {server.returncode}",
            hint=f"Its own words are in {settings.home / 'server.log'}.",
        )
    connection = http.client.HTTPConnection(settings.host, settings.port, timeout=STOP_S)
    with contextlib.closing(connection), contextlib.suppress(OSError, http.client.HTTPException):
        connection.request("GET", "/readyz")
        return connection.getresponse().status == http.HTTPStatus.OK
    return False


def _is_complete(station: Station, engine: Engine) -> bool:
    with engine.connect() as connection:
        cursor = load_cursor(connection)
    return cursor is not None and cursor.next_sequence > station.ledger.last_sequence()


def _wait_for(is_there: Any, what: str) -> None:  # noqa: ANN401 - any question without arguments
    deadline = time.monotonic() + WAIT_S
    while not is_there():
        if time.monotonic() > deadline:
            raise TransientError(f"waited {WAIT_S:.0f} s for {what}", hint="Run it again.")
        time.sleep(POLL_S)


def _usable(port: int) -> int:
    """The port, or 0 (any) when another program has it."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            print_note(f"port {port} is taken; using a free one")
            return 0
    return port


def _show(running: Running, *, as_json: bool) -> None:
    urls = [running.origin + batch.link.path() for batch in running.batches]
    if as_json:
        print_json({"rpcUrl": running.station.base.options.rpc_url, "tins": urls})
        return
    is_terminal = error_console().is_terminal
    for batch, url in zip(running.batches, urls, strict=True):
        print_line(f"\n{batch.plan.gtin} / {batch.plan.lot}\n{url}")
        print_line(terminal_qr(url, colour=is_terminal))
    print_line("Open or scan a tin. Ctrl-C ends it; what was recorded is kept.")


def _report(results: Sequence[DemoResult], seconds: float, *, as_json: bool) -> None:
    ok = all(result.ok for result in results)
    if as_json:
        print_json(
            {
                "ok": ok,
                "batches": len(results),
                "results": [result.to_json() for result in results],
                "run_s": round(seconds, 1),
            }
        )
    else:
        columns = ("batch", "records", "head", "verdict", "page")
        rows = [
            (
                f"{result.batch.plan.gtin}/{result.batch.plan.lot}",
                result.records,
                "matches" if result.head_matches else "DIFFERS",
                str(result.verdict),
                {True: "verified", False: "NOT VERIFIED", None: "no browser"}[result.page_verified],
            )
            for result in results
        ]
        print_table(columns, rows, "no batches")
    if not ok:
        wrong = [f"{it.batch.name}: {it.failed or it.to_json()}" for it in results if not it.ok]
        raise VerificationError(f"the demonstration is not as it should be: {'; '.join(wrong)}")
