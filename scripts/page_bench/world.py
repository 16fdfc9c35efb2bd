"""The world that the page is measured in: a chain, its mirror, and the server as it is started."""

import contextlib
import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests"))

from served_world import World, running_world, wait_for  # noqa: E402

from tracer.chain.anvil import free_port  # noqa: E402

PUBLISHED_S: Final = 120.0
"""Longest wait for the publisher to finish the pages of one small mirror."""

_POLL_S: Final = 0.2


@dataclass(frozen=True, slots=True)
class Site:
    """Where the measured page is.

    Attributes:
        origin: of the server.
        path: of the NZ sample's tin.
        published: the page is served finished, as it is in operation, not made for each visitor.
    """

    origin: str
    path: str
    published: bool

    def url(self, language: str) -> str:
        """The tin's page in a language."""
        return f"{self.origin}{self.path}?lang={language}"


def _words(port: int, *, published: bool) -> list[str]:
    if published:
        tracer = Path(sys.executable).with_name("tracer")
        return [str(tracer), "serve", "--host", "127.0.0.1", "--port", str(port)]
    app = ["-m", "uvicorn", "--factory", "tracer_api.app:create_app", "--no-server-header"]
    return [sys.executable, *app, "--port", str(port), "--no-access-log"]


def _is_published(url: str) -> bool:
    """Whether an answer is a finished one: those carry an ETag."""
    request = urllib.request.Request(  # noqa: S310 - our own server
        url, headers={"Accept": "text/html", "Accept-Encoding": "gzip"}
    )
    with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310
        return "ETag" in answer.headers


@contextlib.contextmanager
def running_site(folder: Path, *, published: bool) -> Iterator[Site]:
    """Start everything; it runs until the end.

    Args:
        folder: for its files.
        published: start `tracer serve` with its publisher and wait until the page is finished;
            else only the application, which makes each page anew.
    """
    with running_world(folder / "home", ("nz",)) as world:
        port = free_port()
        log = folder / "server.log"
        with (
            log.open("wb") as out,
            subprocess.Popen(
                _words(port, published=published), env=_environment(world), stdout=out, stderr=out
            ) as server,
        ):
            try:
                wait_for(f"http://127.0.0.1:{port}/healthz", server, log)
                site = Site(f"http://127.0.0.1:{port}", world.path(), published)
                _warm(site)
                yield site
            finally:
                server.terminate()
                server.wait(10)


def _environment(world: World) -> dict[str, str]:
    kept = {name: text for name, text in os.environ.items() if not name.startswith("TRACER_")}
    return kept | {"TRACER_HOME": str(world.home), "TRACER_RPC_URL": world.rpc_url}


def _warm(site: Site) -> None:
    """Visit once, so that what is made once is made; and wait for the publisher."""
    deadline = time.monotonic() + PUBLISHED_S
    while True:
        done = [_is_published(site.url(language)) for language in ("zh", "en")]
        if all(done) or not site.published:
            return
        if time.monotonic() > deadline:
            msg = "the publisher did not finish the page in time"
            raise RuntimeError(msg)
        time.sleep(_POLL_S)
