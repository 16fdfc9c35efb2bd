"""A mirror with its shelf: the publisher's steps are taken one by one, by a clock that is set.

with open_shelf_world(settings) as world:
    world.publish()
    answer = world.get("/01/…")
    assert answer.is_fast
    assert answer == world.ask_inside("/01/…")
"""

import asyncio
import contextlib
import gzip
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

import brotli
from starlette.middleware.gzip import GZipMiddleware
from starlette.types import ASGIApp, Message, Scope
from tracer_api.app import build_api
from tracer_api.limits import GZIP_LEVEL, GZIP_MIN_BYTES
from tracer_api.security import Envelope
from tracer_api.services import Services
from tracer_api.shelf.fast import FastPath
from tracer_api.shelf.publisher import Listener, Progress, Publisher
from tracer_api.shelf.store import Shelf, shelf_url

from tracer.settings import Settings

PHONE = {
    "accept": "text/html,application/xhtml+xml,*/*;q=0.8",
    "accept-language": "en-GB,en;q=0.8",
    "accept-encoding": "gzip, deflate, br",
}
PER_ANSWER = frozenset({"etag", "content-length", "content-encoding"})
"""Headers in which the same answer may differ: how it is packed, and the tag of what was packed."""


@dataclass(frozen=True)
class Answer:
    """An answer as a client reads it; two are equal when status, headers and text are."""

    status: int
    headers: dict[str, str] = field(compare=False)
    text: bytes = field(repr=False)
    shown: dict[str, str] = field(default_factory=dict)

    @property
    def is_fast(self) -> bool:
        """Whether the shelf gave it: its tag names the document and the mirror's block."""
        return "-" in self.headers.get("etag", "")


class Told(Listener):
    """Keeps what a publisher tells."""

    def __init__(self) -> None:
        self.published: list[str] = []
        self.unpublished: dict[str, str] = {}

    def on_published(self, name: str, elapsed_s: float) -> None:
        assert elapsed_s >= 0
        self.published.append(name)

    def on_unpublished(self, name: str, reason: str) -> None:
        self.unpublished[name] = reason


class ShelfWorld:
    """A server over a mirror, its publisher, and a clock for both."""

    def __init__(self, settings: Settings, runner: asyncio.Runner) -> None:
        self.settings, self.now_unix = settings, int(time.time())
        self._is_running = False
        api = build_api(settings, self._now)
        self.services: Services = api.state.services
        self.inside: ASGIApp = Envelope(
            GZipMiddleware(api, minimum_size=GZIP_MIN_BYTES, compresslevel=GZIP_LEVEL)
        )
        self.url = shelf_url(settings.database, settings.home)
        self.app: ASGIApp = FastPath(self.inside, self.services, self.url, look_s=0)
        self._runner = runner
        self.open_publisher()

    def _now(self) -> int:
        return int(time.time()) if self._is_running else self.now_unix

    def run_clock(self) -> None:
        """Let the clock run as the machine's does, instead of standing at `now_unix`."""
        self._is_running = True

    def open_publisher(self) -> None:
        """Start a publisher, which knows nothing of the one before."""
        self.shelf, self.told = Shelf(self.url), Told()
        self.publisher = Publisher(self.services, self.shelf, self.told, sweep_s=0)

    def close_publisher(self) -> None:
        """End the publisher."""
        self.publisher.close()
        self.shelf.close()

    def publish(self) -> Progress:
        """Everything that is to be published now."""
        return self.publisher.run_once()

    def look(self) -> None:
        """The first half of a publisher's step: mark what has changed, publish nothing."""
        self.publisher.look()

    def get(self, path: str, method: str = "GET", **headers: str) -> Answer:
        """What a phone gets."""
        return self._ask(self.app, path, method, headers)

    def ask_inside(self, path: str, method: str = "GET", **headers: str) -> Answer:
        """What it would get of the ordinary route."""
        return self._ask(self.inside, path, method, headers)

    def _ask(self, app: ASGIApp, path: str, method: str, headers: dict[str, str]) -> Answer:
        named = {**PHONE, **{name.replace("_", "-"): text for name, text in headers.items()}}
        return self._runner.run(_ask(app, path, method, named))

    def close(self) -> None:
        """Give everything back."""
        self._runner.run(_end(self.app))
        self.close_publisher()
        self.services.engine.dispose()
        self.services.scans.close()


@contextlib.contextmanager
def open_shelf_world(settings: Settings) -> Iterator[ShelfWorld]:
    """A world over a mirror that is there, with an empty shelf."""
    with asyncio.Runner() as runner:
        world = ShelfWorld(settings, runner)
        try:
            yield world
        finally:
            world.close()


async def _ask(app: ASGIApp, path: str, method: str, named: dict[str, str]) -> Answer:
    plain, _, query = path.partition("?")
    scope: Scope = {
        "type": "http",
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": unquote(plain),
        "raw_path": plain.encode(),
        "query_string": query.encode(),
        "root_path": "",
        "headers": [(b"host", b"test"), *((n.encode(), t.encode()) for n, t in named.items())],
        "client": ("127.0.0.1", 1),
        "server": ("test", 80),
        "state": {},
    }
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        sent.append(message)

    await app(scope, receive, send)
    start, *bodies = sent
    headers = {name.decode().lower(): text.decode("latin-1") for name, text in start["headers"]}
    body = b"".join(part.get("body", b"") for part in bodies)
    if body and (coding := headers.get("content-encoding")):
        body = {"gzip": gzip.decompress, "br": brotli.decompress}[coding](body)
    shown = {name: text for name, text in headers.items() if name not in PER_ANSWER}
    return Answer(start["status"], headers, body, shown)


async def _end(app: Any) -> None:
    """Tell the application that the server ends; it closes what it has opened."""
    asked = iter(("lifespan.startup", "lifespan.shutdown"))

    async def receive() -> Message:
        return {"type": next(asked)}

    async def send(message: Message) -> None:
        assert message["type"].endswith("complete")

    await app({"type": "lifespan", "state": {}}, receive, send)
