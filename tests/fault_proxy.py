"""A proxy before a real node that breaks answers by the throw of a seeded die."""

import contextlib
import random
import socket
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx

FAULTS = ("refuse", "reset", "truncate", "too many", "bad gateway", "garbage")


class FaultProxy(ThreadingHTTPServer):
    """Passes requests on; `rate` of the answers go wrong, each in one of `FAULTS`."""

    daemon_threads = True

    def __init__(self, target: str, seed: int, rate: float) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.target = httpx.Client(base_url=target, timeout=30)
        self.rate = rate
        self.seen: Counter[str] = Counter()
        self._die = random.Random(seed)
        self._lock = threading.Lock()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def throw(self) -> str:
        with self._lock:
            fault = self._die.choice(FAULTS) if self._die.random() < self.rate else "none"
            self.seen[fault] += 1
            return fault


class _Handler(BaseHTTPRequestHandler):
    server: FaultProxy
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        request = self.rfile.read(int(self.headers["content-length"]))
        fault = self.server.throw()
        if fault == "refuse":
            self._hang_up()
            return
        body = self.server.target.post("/", content=request, headers=JSON).content
        if fault == "reset":  # the node did the work, the answer is lost
            self._hang_up()
            return
        status = {"too many": 429, "bad gateway": 502}.get(fault, 200)
        body = b"<html>" if fault == "garbage" else body
        self.send_response(status)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        with contextlib.suppress(OSError):
            self.wfile.write(body[: len(body) // 2] if fault == "truncate" else body)
        if fault == "truncate":
            self._hang_up()

    def _hang_up(self) -> None:
        self.close_connection = True
        with contextlib.suppress(OSError):
            self.connection.shutdown(socket.SHUT_RDWR)

    def log_message(self, *_: object) -> None:
        pass


JSON = {"content-type": "application/json"}


@contextmanager
def faulty(target: str, *, seed: int, rate: float) -> Iterator[FaultProxy]:
    """Run a proxy before `target` until the block ends."""
    with FaultProxy(target, seed, rate) as proxy:
        thread = threading.Thread(target=proxy.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield proxy
        finally:
            proxy.shutdown()
            thread.join()
            proxy.target.close()
