"""`tracer serve` keeps a publisher beside itself, on either server."""

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from cli_world import TRACER
from served_world import World, running_world, wait_for

from tracer.chain.anvil import free_port

pytestmark = pytest.mark.integration

WAIT_S = 120.0  # far more than anything here takes on a busy machine
PHONE = {"accept": "text/html", "accept-encoding": "gzip", "accept-language": "en"}


@pytest.fixture(scope="module")
def chain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with running_world(tmp_path_factory.mktemp("serve") / "home", ("nz",)) as running:
        yield running


@pytest.fixture
def world(chain: World, tmp_path: Path) -> World:
    return chain.copy(tmp_path / "own")


def environment(world: World) -> dict[str, str]:
    kept = {name: text for name, text in os.environ.items() if not name.startswith("TRACER_")}
    return kept | {"TRACER_HOME": str(world.home), "TRACER_RPC_URL": world.rpc_url}


@contextlib.contextmanager
def serve(world: World, *options: str) -> Iterator[tuple["subprocess.Popen[bytes]", str]]:
    """`tracer serve` as a process, and its origin."""
    port, log = free_port(), world.home / "serve.log"
    words = [*TRACER, "serve", "--port", str(port), *options]
    with (
        log.open("wb") as out,
        subprocess.Popen(words, env=environment(world), stdout=out, stderr=out) as server,
    ):
        try:
            origin = f"http://127.0.0.1:{port}"
            wait_for(f"{origin}/healthz", server, log)
            yield server, origin
        finally:
            server.kill()


def eventually(condition: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + WAIT_S
    while not condition():
        assert time.monotonic() < deadline, what
        time.sleep(0.1)


def publishers_of(server: int) -> list[int]:
    """Processes that publish for a server, alive ones only."""
    found = []
    for entry in Path("/proc").iterdir():
        with contextlib.suppress(OSError):
            words = (entry / "cmdline").read_bytes().split(b"\0")
            state = (entry / "stat").read_text().rpartition(") ")[2][0]
            if b"tracer_api.shelf" in words and str(server).encode() in words and state != "Z":
                found.append(int(entry.name))
    return found


def is_fast(url: str) -> bool:
    return "-" in httpx.get(url, headers=PHONE, timeout=60).headers.get("etag", "")


@pytest.mark.parametrize("server", ["uvicorn", "granian"])
def test_pages_come_from_the_shelf_after_a_while(world: World, server: str) -> None:
    with serve(world, "--server", server) as (process, origin):
        eventually(lambda: is_fast(origin + world.path()), "no page was published")
        page = httpx.get(origin + world.path(), headers=PHONE)
        assert 'data-verdict="OK"' in page.text
        head = httpx.head(origin + world.path(), headers=PHONE)
        assert (head.status_code, head.content) == (200, b"")
        tag = page.headers["etag"]
        again = httpx.get(origin + world.path(), headers={**PHONE, "if-none-match": tag})
        assert again.status_code == 304
        problem = httpx.get(f"{origin}/01/09520010001015/10/NOPE", headers=PHONE)
        assert problem.status_code == 404
        process.send_signal(signal.SIGTERM)
        process.wait(WAIT_S)
        eventually(lambda: not publishers_of(process.pid), "the publisher did not end")


def test_a_server_that_is_killed_takes_its_publisher_along(world: World) -> None:
    with serve(world) as (process, _origin):
        eventually(lambda: bool(publishers_of(process.pid)), "no publisher was started")
        process.kill()
        process.wait(WAIT_S)
        eventually(lambda: not publishers_of(process.pid), "the publisher did not end")


def test_a_publisher_that_is_killed_is_started_again(world: World) -> None:
    with serve(world) as (process, origin):
        eventually(lambda: is_fast(origin + world.path()), "no page was published")
        (first,) = publishers_of(process.pid)
        os.kill(first, signal.SIGKILL)
        eventually(lambda: not is_fast(origin + world.path()), "an old page was served on")
        eventually(lambda: is_fast(origin + world.path()), "the publisher did not come back")
        assert publishers_of(process.pid) != [first]


def test_it_can_be_left_out(world: World) -> None:
    with serve(world, "--no-publish") as (process, origin):
        assert not is_fast(origin + world.path())
        assert publishers_of(process.pid) == []
        assert not (world.home / "shelf.sqlite").exists()
