"""A customs system for tests: it signs statements, and serves them over HTTP with knobs."""

import asyncio
import contextlib
import hashlib
import json
import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from aiohttp import web
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tracer.domain.customs_belief import PinnedKey
from tracer.domain.customs_statement import Reason, Ruling, Statement, key_id_of

DAY_S = 86_400
FOR_EVER_UNIX = 2**40 - 1
REFUSAL = (Reason("ORIGIN", "the certificate of origin is of another consignment"),)


@dataclass
class CustomsSystem:
    """Holds a signing key, as a customs authority would."""

    private: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate)

    @property
    def public_key(self) -> bytes:
        return self.private.public_key().public_bytes_raw()

    @property
    def pinned(self) -> PinnedKey:
        return PinnedKey(self.public_key, "Yangshan customs", 0, FOR_EVER_UNIX)

    @property
    def keys(self) -> dict[str, PinnedKey]:
        return {self.pinned.key_id: self.pinned}

    def state(self, **facts: Any) -> Statement:
        """A statement by this system's key; `facts` are members of `Statement`."""
        stated = facts.pop("stated_at_unix")
        refused = facts.get("ruling") is Ruling.REFUSED
        return Statement(
            **{
                "ruling": Ruling.RELEASED,
                "reasons": REFUSAL if refused else (),
                "key_id": key_id_of(self.public_key),
                "stated_at_unix": stated,
                "valid_until_unix": stated + 30 * DAY_S,
                **facts,
            }
        )

    def sign(self, statement: Statement, **changes: Any) -> bytes:
        """The file of a statement, some of its members changed before it is signed."""
        return replace(statement, **changes).sign(self.private.sign).encode()


@dataclass
class Knobs:
    """What goes wrong with the server's next answers.

    Attributes:
        fail: how many answers fail, each in this way: "500", "429", "truncate", "reset".
        drip_s: seconds between two bytes of a statement.
    """

    fail: int = 0
    way: str = "500"
    drip_s: float = 0.0


class CustomsServer:
    """Serves statements from memory, on a thread of its own."""

    def __init__(self) -> None:
        self.url = ""
        self.reset()

    def reset(self) -> None:
        """Be as if nobody had been here."""
        self.statements: dict[str, bytes] = {}
        self.requests: dict[str, bytes] = {}
        self.receipts: dict[str, Any] = {}
        self.knobs = Knobs()
        self.seen: Counter[str] = Counter()
        self.takes_receipts = True
        self.lists_settled = False
        self.list_body = b""
        self.headers: list[dict[str, str]] = []

    def application(self) -> web.Application:
        app = web.Application()
        app.router.add_get("/api/statements", self._list)
        app.router.add_get("/api/statements/{name}", self._get)
        app.router.add_get("/elsewhere/statements", self._list)
        app.router.add_get("/moved/statements", self._moved)
        app.router.add_put("/api/requests/{name}", self._request)
        app.router.add_put("/api/receipts/{name}", self._receipt)
        return app

    async def _list(self, request: web.Request) -> web.StreamResponse:
        listed = [
            {"name": name, "sha256": digest}
            for name, data in self.statements.items()
            for digest in [hashlib.sha256(data).hexdigest()]
            if self.lists_settled or self.receipts.get(name, {}).get("sha256") != digest
        ]
        body = self.list_body or json.dumps({"statements": listed}).encode()
        return await self._answer(request, body)

    async def _moved(self, _request: web.Request) -> web.StreamResponse:
        raise web.HTTPFound("/elsewhere/statements")

    async def _get(self, request: web.Request) -> web.StreamResponse:
        data = self.statements.get(request.match_info["name"])
        if data is None:
            return web.Response(status=404)
        return await self._answer(request, data)

    async def _request(self, request: web.Request) -> web.StreamResponse:
        self.requests[request.match_info["name"]] = await request.read()
        return await self._answer(request, b"")

    async def _receipt(self, request: web.Request) -> web.StreamResponse:
        if not self.takes_receipts:
            return web.Response(status=405)
        self.receipts[request.match_info["name"]] = await request.json()
        return await self._answer(request, b"")

    async def _answer(self, request: web.Request, data: bytes) -> web.StreamResponse:
        self.seen[request.method] += 1
        self.headers.append(dict(request.headers))
        knobs = self.knobs
        if knobs.fail:
            knobs.fail -= 1
            if knobs.way in {"500", "429"}:
                return web.Response(status=int(knobs.way))
            return await self._break(request, data, knobs.way)
        if knobs.drip_s:
            return await self._drip(request, data, knobs.drip_s)
        return web.Response(body=data)

    async def _break(self, request: web.Request, data: bytes, way: str) -> web.StreamResponse:
        assert request.transport is not None
        response = web.StreamResponse(headers={"Content-Length": str(len(data) + 2)})
        if way == "truncate":
            await response.prepare(request)
            await response.write(data[: len(data) // 2])
        request.transport.abort() if way == "reset" else request.transport.close()
        return response

    async def _drip(self, request: web.Request, data: bytes, pause_s: float) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Length": str(len(data))})
        await response.prepare(request)
        with contextlib.suppress(ConnectionError):
            for position in range(len(data)):
                await response.write(data[position : position + 1])
                await asyncio.sleep(pause_s)
        return response


@contextlib.contextmanager
def running_server() -> Iterator[CustomsServer]:
    """A server on a free port of the loopback address, until the block ends."""
    server = CustomsServer()
    ready, loop = threading.Event(), asyncio.new_event_loop()
    stop = asyncio.Event()

    async def serve() -> None:
        runner = web.AppRunner(server.application(), access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        server.url = f"http://127.0.0.1:{runner.addresses[0][1]}/api"
        ready.set()
        await stop.wait()
        await runner.cleanup()

    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),), name="customs")
    thread.start()
    try:
        assert ready.wait(30)
        yield server
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join()
        loop.close()


def put_statement(folder: Path, name: str, data: bytes) -> None:
    """Put a statement into a folder as a customs system does: whole or not at all."""
    temporary = folder / f".{name}.part"
    temporary.write_bytes(data)
    temporary.rename(folder / name)
