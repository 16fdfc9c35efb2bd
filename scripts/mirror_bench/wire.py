"""One kept-alive connection to a node, without a JSON-RPC client's own work in what is measured."""

import json
import socket
from collections.abc import Sequence
from typing import Any, Self
from urllib.parse import urlsplit

TIMEOUT_S = 120.0


def build_request(method: str, *params: object) -> bytes:
    """The body of one JSON-RPC request."""
    request = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
    return json.dumps(request, separators=(",", ":")).encode()


class Wire:
    """Speaks HTTP to a node on this machine.

    Args:
        url: the node's address.
    """

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._host = f"{parts.hostname}:{parts.port}"
        self._socket = socket.create_connection((parts.hostname, parts.port), TIMEOUT_S)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._answers = self._socket.makefile("rb", 1 << 20)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._answers.close()
        self._socket.close()

    def exchange(self, bodies: Sequence[bytes]) -> list[bytes]:
        """Send requests without waiting in between; the node answers them one after another.

        Raises:
            OSError: the node is gone.
        """
        head = f"POST / HTTP/1.1\r\nHost: {self._host}\r\nContent-Type: application/json\r\n"
        self._socket.sendall(
            b"".join(
                f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body for body in bodies
            )
        )
        return [self._read_answer() for _ in bodies]

    def call(self, method: str, *params: object) -> Any:  # noqa: ANN401 - JSON has any type
        """Make one request that the node must be able to answer; its result."""
        (answer,) = self.exchange([build_request(method, *params)])
        return result_of(answer)

    def _read_answer(self) -> bytes:
        length = -1
        while (line := self._answers.readline()) != b"\r\n":
            if not line:
                raise ConnectionResetError("the node closed the connection")
            if line.lower().startswith(b"content-length:"):
                length = int(line.split(b":")[1])
        body: bytes = self._answers.read(length)
        return body


def result_of(answer: bytes) -> Any:  # noqa: ANN401 - JSON has any type
    """The result in an answer.

    Raises:
        RuntimeError: the node refused.
    """
    parsed = json.loads(answer)
    if "error" in parsed:
        raise RuntimeError(f"the node refuses: {parsed['error']}")
    return parsed["result"]
