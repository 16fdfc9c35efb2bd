"""HTTP servers between us and a node, or instead of one, that misbehave on purpose."""

import json
import socketserver
import threading
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from typing import Any


class _Quiet(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self, data: bytes, status: int = 200) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *arguments: object) -> None:
        pass


class _Proxy(_Quiet):
    """Passes JSON-RPC on, cuts the line before some answers, and lacks some methods."""

    target = ""
    lost_sends = 0
    lacks = ""

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        asked = json.loads(body)
        method = asked["method"] if isinstance(asked, dict) else ""
        if method and method == type(self).lacks:
            error = {"code": -32601, "message": f"the method {method} does not exist"}
            self.answer(json.dumps({"jsonrpc": "2.0", "id": asked["id"], "error": error}).encode())
            return
        request = urllib.request.Request(
            type(self).target, body, {"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request) as answer:
            data = answer.read()
        if method == "eth_sendRawTransaction" and type(self).lost_sends > 0:
            type(self).lost_sends -= 1
            self.close_connection = True
            return
        self.answer(data)


@contextmanager
def _serving(handler: type[BaseHTTPRequestHandler]) -> Iterator[str]:
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), handler) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()


@contextmanager
def losing_proxy(target: str, lost_sends: int) -> Iterator[str]:
    """A node whose answers to the first so many transactions get lost."""
    members: dict[str, Any] = {"target": target, "lost_sends": lost_sends}
    with _serving(type("Handler", (_Proxy,), members)) as url:
        yield url


@contextmanager
def proxy_without(target: str, method: str) -> Iterator[str]:
    """A node that does not know one method."""
    with _serving(type("Handler", (_Proxy,), {"target": target, "lacks": method})) as url:
        yield url


@contextmanager
def serving_text(text: str, status: int = 200) -> Iterator[tuple[str, list[str]]]:
    """A server that answers every GET with one text; its address, and the paths it was asked."""
    paths: list[str] = []

    class Handler(_Quiet):
        def do_GET(self) -> None:
            paths.append(self.path)
            self.answer(text.encode(), status)

    with _serving(Handler) as url:
        yield url, paths
