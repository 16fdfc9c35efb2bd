"""JSON-RPC over HTTP: one question or many in a request, answers read into typed values."""

import email.utils
import functools
import itertools
import time
from collections.abc import Sequence
from types import TracebackType, UnionType
from typing import Any, Final, Protocol, Self, TypeVar

import msgspec

from tracer.chain.transport import CHECK_NODE, MAX_WORDS, Transport
from tracer.errors import RpcError, RpcUnavailableError

T = TypeVar("T")
Call = tuple[str, Sequence[object]]
"""Method name and parameters."""

MAX_ANSWER_BYTES: Final = 256 * 2**20  # the mirror asks for about 4 MB; more is an attack
MAX_RETRY_AFTER_S: Final = 30.0  # a node that wants to be left alone for longer is asked sooner
OVERLOADED: Final = frozenset({429, 502, 503, 504})
TOO_LARGE: Final = 413
HTTP_ERROR: Final = 400  # this status and those above it

_PEEK_BYTES: Final = 64  # that tell JSON from a page of HTML


class Node(Protocol):
    """What the readers of this package need of a node; a simulated chain speaks it too."""

    def call(self, method: str, *params: object) -> Any:  # noqa: ANN401 - JSON has any type
        """Ask one thing; the result as JSON values."""

    def call_as(self, result_type: type[T], method: str, *params: object) -> T:
        """Ask one thing; the result in the given msgspec type."""

    def batch(self, calls: Sequence[Call]) -> list[Any]:
        """Ask several things in one request; results in the order of the calls."""

    def batch_as(self, result_type: type[T] | UnionType, calls: Sequence[Call]) -> list[T]:
        """Ask several things in one request; each result in the given msgspec type."""


class _Fault(msgspec.Struct):
    code: int = 0
    message: str = ""
    data: Any = None


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
        self._transport = Transport(url, timeout_s=timeout_s, max_answer_bytes=max_answer_bytes)
        self.name = self._transport.name
        self._url = url
        self._ids = itertools.count(1)

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
        """Give the connections back."""
        self._transport.close()

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
        request = self._request(method, params)
        answer = self._decode(self._post(request), result_type, method)
        result: T = self._result(answer, method)
        return result

    def batch(self, calls: Sequence[Call]) -> list[Any]:
        """Ask several things in one HTTP request.

        Returns:
            The results as JSON values, in the order of the calls.

        Raises:
            RpcError: the node answered one of them with a JSON-RPC error.
            RpcUnavailableError: no usable answer, or one is missing.
        """
        return self.batch_as(object, calls)

    def batch_as(self, result_type: type[T] | UnionType, calls: Sequence[Call]) -> list[T]:
        """Ask several things in one HTTP request and read each result into a msgspec type.

        Args:
            result_type: of every result; `X | None` where a result may be null.
            calls: what to ask.

        Returns:
            The results, in the order of the calls.

        Raises:
            RpcError: the node answered one of them with a JSON-RPC error.
            RpcUnavailableError: no usable answer, one is missing, or one is of another type.
        """
        if not calls:
            return []
        requests = [self._request(method, params) for method, params in calls]
        body = self._post(requests)
        if _opens_with(body, b"{"):  # a node that refuses the whole batch answers one object
            self._result(self._decode(body, object, "a batch"), "a batch")
            raise self._unusable("a batch with one result")
        found = self._decode(body, result_type, "a batch", is_batch=True)
        answers: dict[int | None, Any] = {answer.id: answer for answer in found}
        results: list[T] = []
        for request in requests:
            answer = answers.get(request["id"])
            if answer is None:
                raise self._unusable(f"no answer to {request['method']} in a batch")
            results.append(self._result(answer, request["method"]))
        return results

    def _request(self, method: str, params: Sequence[object]) -> dict[str, Any]:
        return {
            "jsonrpc": "2.0", "id": next(self._ids), "method": method, "params": list(params)
        }  # fmt: skip

    def _post(self, request: object) -> bytearray:
        reply = self._transport.post(msgspec.json.encode(request))
        if reply.status in OVERLOADED:
            raise RpcUnavailableError(
                f"node {self.name} answers HTTP {reply.status}",
                hint="The node is overloaded or limits requests; wait, or use another node.",
                retry_after_s=_parse_retry_after(reply.retry_after),
            )
        # Some nodes send a JSON-RPC error with a status of its own: the error says more.
        if reply.status >= HTTP_ERROR and not _opens_with(reply.body, b"{", b"["):
            raise self._unusable(f"HTTP {reply.status}", blames_request=reply.status == TOO_LARGE)
        return reply.body

    def _decode(
        self, body: bytearray, result_type: object, method: str, *, is_batch: bool = False
    ) -> Any:  # noqa: ANN401 - an answer or a list of them, of a type made at run time
        try:
            return _build_decoder(result_type, is_batch=is_batch).decode(body)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            if result_type is msgspec.Raw:
                raise self._unusable(f"no JSON-RPC: {error}") from error
            # Some nodes put a null result beside an error; the error says more.
            plain = self._decode(body, msgspec.Raw, method, is_batch=is_batch)
            for answer in plain if is_batch else [plain]:
                self._result(answer, method)
            raise self._unusable(f"to {method} something else: {error}") from error

    def _result(self, answer: Any, method: str) -> Any:  # noqa: ANN401 - as above
        if answer.error is not None:
            words = answer.error.message[:MAX_WORDS]
            raise RpcError(
                f"node {self.name} refuses {method}: {words} (code {answer.error.code})",
                rpc_code=answer.error.code,
                rpc_message=words,
                rpc_data=answer.error.data,
            )
        if answer.result is msgspec.UNSET:
            raise self._unusable(f"neither result nor error to {method}")
        return answer.result

    def _unusable(self, what: str, *, blames_request: bool = False) -> RpcUnavailableError:
        return RpcUnavailableError(
            f"node {self.name} answers {what}", hint=CHECK_NODE, blames_request=blames_request
        )


@functools.cache
def _build_decoder(result_type: Any, *, is_batch: bool) -> msgspec.json.Decoder[Any]:  # noqa: ANN401
    """Reads answers whose results are of one type, in one pass over the bytes."""
    fields = [
        ("id", int | None, None),
        ("error", _Fault | None, None),
        ("result", result_type | msgspec.UnsetType, msgspec.UNSET),
    ]
    answer: Any = msgspec.defstruct("Answer", fields)
    return msgspec.json.Decoder(list[answer] if is_batch else answer)


def _opens_with(body: bytearray, *openings: bytes) -> bool:
    return body[:_PEEK_BYTES].lstrip().startswith(openings)


def _parse_retry_after(text: str | None) -> float | None:
    """Seconds or a date (RFC 9110, section 10.2.3) as seconds from now; None if it is neither."""
    if text is None:
        return None
    try:
        seconds = float(text)
    except ValueError:
        try:
            seconds = email.utils.parsedate_to_datetime(text).timestamp() - time.time()
        except (ValueError, OverflowError):
            return None
    return min(max(0.0, seconds), MAX_RETRY_AFTER_S)
