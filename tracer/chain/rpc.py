"""JSON-RPC over HTTP: one kept-alive connection, every answer bounded in time and size."""

import ipaddress
import itertools
import time
from collections.abc import Sequence
from types import TracebackType
from typing import Any, Protocol, Self, TypeVar
from urllib.parse import urlsplit

import httpx
import msgspec

from tracer.errors import RpcError, RpcUnavailableError

T = TypeVar("T")
Call = tuple[str, Sequence[object]]
"""Method name and parameters."""

CONNECT_TIMEOUT_S = 5.0  # a node that needs longer to accept a connection is not usable
ANSWER_TIMEOUT_S = 60.0  # a whole answer; the slowest measured getLogs of 150 MB took 6 s
MAX_ANSWER_BYTES = 256 * 2**20  # the mirror asks for about 4 MB; more than this is an attack
MAX_WORDS = 300  # characters of a node's error that are passed on
OVERLOADED = frozenset({429, 502, 503, 504})

_CHECK_NODE = "Is the node running, and is TRACER_RPC_URL its address? Then try again."


class Node(Protocol):
    """What the readers of this package need of a node; a simulated chain speaks it too."""

    def call(self, method: str, *params: object) -> Any:  # noqa: ANN401 - JSON has any type
        """Ask one thing; the result as JSON values."""

    def call_as(self, result_type: type[T], method: str, *params: object) -> T:
        """Ask one thing; the result in the given msgspec type."""

    def batch(self, calls: Sequence[Call]) -> list[Any]:
        """Ask several things in one request; results in the order of the calls."""


class _Fault(msgspec.Struct):
    code: int = 0
    message: str = ""
    data: Any = None


class _Answer(msgspec.Struct):
    id: int | None = None
    result: msgspec.Raw = msgspec.Raw(b"")
    error: _Fault | None = None


_ONE = msgspec.json.Decoder(_Answer)
_MANY = msgspec.json.Decoder(list[_Answer])


class RpcClient:
    """A JSON-RPC client for one node. Safe to share between threads.

    Args:
        url: HTTP address of the node.
        timeout_s: seconds without a byte after which a request is given up.
        max_answer_bytes: an answer longer than this is refused while it still arrives.
    """

    def __init__(
        self, url: str, timeout_s: float = 20.0, *, max_answer_bytes: int = MAX_ANSWER_BYTES
    ) -> None:
        parts = urlsplit(url)
        # Credentials and keys in a node's address (user, path, query) never reach a message.
        self.name = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"
        self._url = url
        self._max_answer_bytes = max_answer_bytes
        self._ids = itertools.count(1)
        self._client = httpx.Client(
            timeout=httpx.Timeout(timeout_s, connect=min(timeout_s, CONNECT_TIMEOUT_S)),
            headers={"content-type": "application/json"},
            trust_env=not _is_loopback(parts.hostname or ""),
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Give the connection back."""
        self._client.close()

    def call(self, method: str, *params: object) -> Any:  # noqa: ANN401 - JSON has any type
        """Ask one thing.

        Returns:
            The result as JSON values.

        Raises:
            RpcError: the node answered with a JSON-RPC error.
            RpcUnavailableError: no usable answer.
        """
        return self.call_as(object, method, *params)

    def call_as(self, result_type: type[T], method: str, *params: object) -> T:
        """Ask one thing and read the result into a msgspec type.

        Raises:
            RpcError: the node answered with a JSON-RPC error.
            RpcUnavailableError: no usable answer, or a result of another type.
        """
        body = self._post(self._request(method, params))
        return self._result(self._decode(_ONE, body), result_type, method)

    def batch(self, calls: Sequence[Call]) -> list[Any]:
        """Ask several things in one HTTP request.

        Returns:
            The results as JSON values, in the order of the calls.

        Raises:
            RpcError: the node answered one of them with a JSON-RPC error.
            RpcUnavailableError: no usable answer, or one is missing.
        """
        if not calls:
            return []
        requests = [self._request(method, params) for method, params in calls]
        body = self._post(requests)
        if body.lstrip()[:1] == b"{":  # a node that refuses the whole batch answers one object
            self._result(self._decode(_ONE, body), object, "batch")
        answers = {answer.id: answer for answer in self._decode(_MANY, body)}
        results: list[Any] = []
        for request in requests:
            answer = answers.get(request["id"])
            if answer is None:
                raise self._unusable(f"no answer to {request['method']} in a batch")
            results.append(self._result(answer, object, request["method"]))
        return results

    def _request(self, method: str, params: Sequence[object]) -> dict[str, Any]:
        return {
            "jsonrpc": "2.0", "id": next(self._ids), "method": method, "params": list(params)
        }  # fmt: skip

    def _post(self, request: object) -> bytes:
        try:
            content = msgspec.json.encode(request)
            with self._client.stream("POST", self._url, content=content) as response:
                body = self._read(response)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            reason = str(error) or type(error).__name__
            raise RpcUnavailableError(
                f"node {self.name} does not answer: {reason}", hint=_CHECK_NODE
            ) from error
        if response.status_code in OVERLOADED:
            raise RpcUnavailableError(
                f"node {self.name} answers HTTP {response.status_code}",
                hint="The node is overloaded or limits requests; wait, or use another node.",
            )
        # Some nodes send a JSON-RPC error with a status of its own: the error says more.
        if response.is_error and not body.lstrip().startswith((b"{", b"[")):
            raise self._unusable(f"HTTP {response.status_code}")
        return body

    def _read(self, response: httpx.Response) -> bytes:
        deadline = time.monotonic() + ANSWER_TIMEOUT_S
        body = bytearray()
        for chunk in response.iter_bytes():
            body += chunk
            if len(body) > self._max_answer_bytes:
                raise self._unusable(f"an answer of more than {self._max_answer_bytes} bytes")
            if time.monotonic() > deadline:
                raise self._unusable(f"an answer that takes more than {ANSWER_TIMEOUT_S:.0f} s")
        return bytes(body)

    def _decode(self, decoder: msgspec.json.Decoder[T], body: bytes) -> T:
        try:
            return decoder.decode(body)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise self._unusable(f"no JSON-RPC: {error}") from error

    def _result(self, answer: _Answer, result_type: type[T], method: str) -> T:
        if answer.error is not None:
            words = answer.error.message[:MAX_WORDS]
            raise RpcError(
                f"node {self.name} refuses {method}: {words} (code {answer.error.code})",
                rpc_code=answer.error.code,
                rpc_message=words,
                rpc_data=answer.error.data,
            )
        if not bytes(answer.result):
            raise self._unusable(f"neither result nor error to {method}")
        try:
            return msgspec.json.decode(answer.result, type=result_type)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise self._unusable(f"to {method} something else: {error}") from error

    def _unusable(self, what: str) -> RpcUnavailableError:
        return RpcUnavailableError(f"node {self.name} answers {what}", hint=_CHECK_NODE)


def _is_loopback(host: str) -> bool:
    """A local node is never asked through a proxy."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
