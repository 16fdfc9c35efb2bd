"""Statements and requests exchanged with a customs system over HTTP.

    GET  {base}/statements                {"statements": [{"name": …, "sha256": …}, …]}
    GET  {base}/statements/{name}         the file
    PUT  {base}/requests/{name}           what we ask it to rule on
    PUT  {base}/receipts/{name}           {"sha256", "outcome", "reason"}; 404 or 405: not wanted

The server is not trusted: sizes and times are bounded, redirects are not followed, a name is never
a path. It may go on listing what was settled; a marker file for each settled statement, kept on
this side, leaves it out.
"""

import hashlib
import random
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

import httpx

from tracer.chain.backoff import Backoff
from tracer.domain.canonical import canonical_text
from tracer.domain.json_form import Form, parse_json
from tracer.durable import make_folder, replace_file
from tracer.errors import ConfigurationError, InputError, TransientError
from tracer.operations.customs_adapter import (
    MAX_STATEMENT_BYTES,
    MAX_WAITING,
    ClearanceRequest,
    Settlement,
)

ATTEMPTS: Final = 4  # the waits between them add up to at most 2 s; the next round tries again
OPERATION_TIMEOUT_S: Final = 10.0  # to connect, and between two pieces of an answer
ANSWER_TIMEOUT_S: Final = 30.0  # for all of an answer, however steadily it drips
MAX_LIST_BYTES: Final = MAX_WAITING * 256  # a name, a digest and their quotes
MAX_NAME_CHARS: Final = 100
MARKER_MODE: Final = 0o600

_NAME: Final = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]*\.json", re.ASCII)
_LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})
_NOT_WANTED: Final = frozenset({httpx.codes.NOT_FOUND, httpx.codes.METHOD_NOT_ALLOWED})


class HttpCustoms:
    """A customs system behind an HTTP server.

    Args:
        base_url: without a query; https, or http on this machine.
        state: folder of this side's markers; made when first written to.
        token: sent as a bearer token; "" = none.
        pause: waits for so many seconds before a request is made again.
        answer_timeout_s: seconds for all of an answer.

    Raises:
        ConfigurationError: the address is none, or would send the token in the clear.
    """

    def __init__(
        self,
        base_url: str,
        state: Path,
        *,
        token: str = "",
        pause: Callable[[float], None] = time.sleep,
        answer_timeout_s: float = ANSWER_TIMEOUT_S,
    ) -> None:
        self._base = _parse_base(base_url)
        self._state = state / hashlib.sha256(str(self._base).encode()).hexdigest()[:16]
        secret = {"Authorization": f"Bearer {token}"} if token else {}
        self._headers = {"Accept-Encoding": "identity", **secret}
        self._pause = pause
        self._answer_timeout_s = answer_timeout_s
        self._digests: dict[str, str] = {}

    @property
    def place(self) -> str:
        """The server."""
        return str(self._base)

    def request(self, request: ClearanceRequest) -> None:
        """Put a request; the same claim has always the same address and body.

        Raises:
            TransientError: the server does not take it.
        """
        self._ask("PUT", f"requests/{request.name}", 0, body=request.text.encode())

    def waiting(self) -> list[str]:
        """Names of the statements that the server lists and that were not settled, ascending.

        Raises:
            TransientError: no usable answer.
        """
        data = self._ask("GET", "statements", MAX_LIST_BYTES + 1) or b""
        try:
            listed = _read_list(data.decode("utf-8"))
        except (InputError, UnicodeDecodeError) as error:
            raise self._unusable(str(error)) from error
        self._digests = {
            name: digest
            for name, digest in listed.items()
            if not self._marker(name, digest).exists()
        }
        return sorted(self._digests)

    def fetch(self, name: str) -> bytes | None:
        """A listed statement; None when the server has it no more.

        Raises:
            TransientError: no usable answer, or another file than was listed.
        """
        if not _is_name(name):
            return None
        data = self._ask("GET", f"statements/{name}", MAX_STATEMENT_BYTES + 1, may_miss=True)
        if data is None or len(data) > MAX_STATEMENT_BYTES:
            return data
        if self._digests.get(name) not in {None, hashlib.sha256(data).hexdigest()}:
            raise self._unusable(f"{name} is not the file that was listed")
        return data

    def settle(self, name: str, data: bytes, settlement: Settlement, reason: str) -> None:
        """Tell the server, then leave the statement out of every later list.

        Raises:
            TransientError: the server cannot be told, or the marker not be written.
        """
        digest = hashlib.sha256(data).hexdigest()
        receipt = {"sha256": digest, "outcome": settlement.value, "reason": reason}
        body = canonical_text(receipt).encode()
        self._ask("PUT", f"receipts/{name}", 0, body=body, may_miss=True)
        marker = self._marker(name, self._digests.get(name, digest))
        try:
            make_folder(marker.parent, 0o700)
            replace_file(marker, body, MARKER_MODE)
        except OSError as error:
            raise TransientError(
                f"{marker} cannot be written: {error.strerror or error}",
                hint="Check the disk's space; then run the same command again.",
            ) from error

    def _marker(self, name: str, digest: str) -> Path:
        key = hashlib.sha256(f"{digest} {name}".encode()).hexdigest()
        return self._state / key[:2] / key

    def _ask(
        self,
        method: str,
        path: str,
        most: int,
        *,
        body: bytes | None = None,
        may_miss: bool = False,
    ) -> bytes | None:
        """One request, made again while it fails in passing; None = not found.

        Raises:
            TransientError: it still fails, or the server refuses it.
        """
        backoff = Backoff(random.Random(), cap_s=1.0)  # noqa: S311 - spreads load, no secret
        for attempt in range(1, ATTEMPTS + 1):
            try:
                status, data = self._send(method, path, most, body)
            except (httpx.HTTPError, httpx.InvalidURL, TimeoutError) as error:
                failure = str(error) or type(error).__name__
            else:
                if httpx.codes.is_success(status):
                    return data
                if may_miss and status in _NOT_WANTED:
                    return None
                failure = f"HTTP {status}"
                if status < httpx.codes.INTERNAL_SERVER_ERROR and status != _TOO_MANY:
                    raise self._unusable(failure)
            if attempt < ATTEMPTS:
                self._pause(backoff.next_pause_s())
        raise self._unusable(failure)

    def _send(self, method: str, path: str, most: int, body: bytes | None) -> tuple[int, bytes]:
        """One request and the first `most` bytes of its answer.

        Raises:
            TimeoutError: it takes longer than the answer's time.
        """
        url = f"{self._base}/{path}"
        headers = dict(self._headers)
        if body is not None:
            headers["Content-Type"] = "application/json"
        deadline = time.monotonic() + self._answer_timeout_s
        found = bytearray()
        with httpx.stream(
            method, url, content=body, headers=headers, timeout=OPERATION_TIMEOUT_S
        ) as response:
            if not response.is_success:
                return response.status_code, b""
            for piece in response.iter_raw():
                found += piece[: most - len(found)]
                if len(found) == most:
                    break
                if time.monotonic() > deadline:
                    raise TimeoutError(f"{path} took longer than {self._answer_timeout_s:g} s")
        return response.status_code, bytes(found)

    def _unusable(self, reason: str) -> TransientError:
        return TransientError(
            f"{self._base.host} does not answer usably: {reason}",
            hint="The statements wait there; run the same command again.",
        )


_TOO_MANY: Final = httpx.codes.TOO_MANY_REQUESTS


def _parse_base(text: str) -> httpx.URL:
    try:
        url = httpx.URL(text.rstrip("/"))
    except httpx.InvalidURL:
        url = httpx.URL()
    safe = url.scheme == "https" or (url.scheme == "http" and url.host in _LOOPBACK)
    if not safe or not url.host or url.query or url.fragment or url.userinfo:
        raise ConfigurationError(
            f"{text[:80]!r} is no address of a customs system",
            hint="Write https://HOST/PATH; http only on this machine, a token in a file.",
        )
    return url


def _is_name(name: str) -> bool:
    return len(name) <= MAX_NAME_CHARS and bool(_NAME.fullmatch(name))


def _read_list(text: str) -> dict[str, str]:
    value = parse_json(text, what="list of statements", max_chars=MAX_LIST_BYTES)
    (listed,) = Form(value, "list").fields("statements")
    found: dict[str, str] = {}
    for entry in listed.array(MAX_WAITING):
        name, digest = entry.fields("name sha256")
        if not _is_name(name.text(MAX_NAME_CHARS)):
            name.fail("a file name such as 2026-0001.json")
        if name.value in found:
            name.fail("a name that is listed once")
        found[str(name.value)] = digest.hex(32).hex()
    return found
