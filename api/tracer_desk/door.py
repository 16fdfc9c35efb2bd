"""What every request passes first: one address, one length, and a body that comes in time.

Headers that the desk relies on are checked before anything is read. A body is counted, timed and
hashed while the application reads it: whoever sends too slowly, or other bytes than announced, is
cut off in the middle, and the application never sees the end of such a body.
"""

import asyncio
import base64
import binascii
import hashlib
import re
import time
from collections.abc import Callable
from http import HTTPStatus
from typing import Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tracer.errors import LimitExceededError, UploadTooSlowError
from tracer_desk.limits import (
    BODY_S,
    FLOOR_BYTES_PER_S,
    GRACE_S,
    MAX_FILE_BYTES,
    MAX_TARGET_CHARS,
)
from tracer_desk.problems import RefusedError, refuse

HEADERS: Final = {
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; sandbox",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": (
        "camera=(), microphone=(), geolocation=(), payment=(), usb=(), interest-cohort=()"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Frame-Options": "DENY",
    "Cache-Control": "no-store",
}
"""Set unless the answer has its own value. No other site may read anything: nothing here is public.
"""

_DIGEST: Final = re.compile(r"sha-256=:([A-Za-z0-9+/]{43}=):", re.ASCII)
_LENGTH: Final = re.compile(r"[0-9]{1,12}", re.ASCII)
_BODYLESS: Final = frozenset({"GET", "HEAD", "DELETE", "OPTIONS"})
_OPEN_TO_ANY_HOST: Final = frozenset({"/healthz", "/readyz"})


def read_digest(headers: Headers) -> bytes | None:
    """The SHA-256 that a Content-Digest header announces (RFC 9530); None without one.

    Raises:
        RefusedError: it has another form, or there are several.
    """
    given = headers.getlist("content-digest")
    if not given:
        return None
    match = _DIGEST.fullmatch(given[0]) if len(given) == 1 else None
    if match is None:
        raise RefusedError(
            HTTPStatus.BAD_REQUEST,
            "digest-malformed",
            "Content-Digest is not sha-256=:…: with 32 bytes in base64",
        )
    try:
        return base64.b64decode(match[1], validate=True)
    except binascii.Error as error:  # the last digit carries bits that mean nothing
        raise RefusedError(
            HTTPStatus.BAD_REQUEST, "digest-malformed", "Content-Digest is not base64"
        ) from error


def read_length(scope: Scope, headers: Headers) -> int:
    """How many bytes the body has.

    Raises:
        RefusedError: it is not said, or said in a way that another reader might read otherwise.
        LimitExceededError: more than any request may have.
    """
    if "transfer-encoding" in headers or "content-encoding" in headers:
        raise RefusedError(
            HTTPStatus.LENGTH_REQUIRED,
            "length-required",
            "a body comes as it is, with its Content-Length",
            "Send neither Transfer-Encoding nor Content-Encoding.",
        )
    given = headers.getlist("content-length")
    if not given and scope["method"] in _BODYLESS:
        return 0
    if len(given) != 1 or not _LENGTH.fullmatch(given[0]):
        raise RefusedError(
            HTTPStatus.LENGTH_REQUIRED, "length-required", "Content-Length is missing or malformed"
        )
    length = int(given[0])
    if length > MAX_FILE_BYTES:
        raise LimitExceededError(f"a body of {length} bytes is larger than {MAX_FILE_BYTES}")
    return length


class Body:
    """One body on its way in.

    Args:
        receive: the server's.
        length: as announced.
        digest: as announced, or None.
        clock: seconds, going only forward.
    """

    def __init__(
        self,
        receive: Receive,
        length: int,
        digest: bytes | None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._receive, self._length, self._digest, self._clock = receive, length, digest, clock
        self._begun = clock()
        self._read = 0
        self._hash = hashlib.sha256()
        self.is_done = length == 0

    async def receive(self) -> Message:
        """The next piece.

        Raises:
            UploadTooSlowError: it did not come in time.
            RefusedError: the whole is not what was announced.
        """
        if self.is_done:
            return await self._receive()
        floor_s = GRACE_S + self._read / FLOOR_BYTES_PER_S
        left_s = self._begun + min(BODY_S, floor_s) - self._clock()
        try:
            message = await asyncio.wait_for(self._receive(), max(left_s, 0))
        except TimeoutError:
            raise UploadTooSlowError(
                f"{self._read} of {self._length} bytes came in {self._clock() - self._begun:.0f} s",
                hint=f"A body takes at most {BODY_S:.0f} s, at {FLOOR_BYTES_PER_S} bytes a second"
                " or more. Send it again.",
            ) from None
        if message["type"] == "http.request":
            self._count(message)
        return message

    def _count(self, message: Message) -> None:
        piece = message.get("body", b"")
        self._read += len(piece)
        self._hash.update(piece)
        if message.get("more_body", False):
            return
        self.is_done = True
        if self._read != self._length:
            raise RefusedError(
                HTTPStatus.BAD_REQUEST,
                "length-differs",
                f"Content-Length is {self._length}, the body has {self._read} bytes",
            )
        if self._digest is not None and self._hash.digest() != self._digest:
            raise RefusedError(
                HTTPStatus.BAD_REQUEST,
                "digest-differs",
                "the body is not the one that Content-Digest announces",
                "It was changed on the way. Send it again.",
            )


class Door:
    """Lets requests in that name this desk, say how long they are, and come in time.

    Args:
        app: the application inside.
        host: host and port that requests must name; another name is another site's trick.
    """

    def __init__(self, app: ASGIApp, host: str) -> None:
        self._app, self._host = app, host.lower()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        body: Body | None = None

        async def send_on(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
                if body is None or not body.is_done:
                    headers["Connection"] = "close"  # what is still to come is not read
            await send(message)

        try:
            headers = Headers(scope=scope)
            self._check_address(scope, headers)
            length = read_length(scope, headers)
            body = Body(receive, length, read_digest(headers))
        except RefusedError as error:
            await refuse(error)(scope, receive, send_on)
            return
        except LimitExceededError as error:
            refusal = RefusedError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, error.code, str(error))
            await refuse(refusal)(scope, receive, send_on)
            return
        await self._app(scope, body.receive, send_on)

    def _check_address(self, scope: Scope, headers: Headers) -> None:
        size = len(scope["raw_path"]) + len(scope["query_string"])
        if size > MAX_TARGET_CHARS:
            raise RefusedError(
                HTTPStatus.REQUEST_URI_TOO_LONG,
                "limit-exceeded",
                f"the address is longer than {MAX_TARGET_CHARS} characters",
            )
        hosts = headers.getlist("host")
        if scope["path"] in _OPEN_TO_ANY_HOST:
            return
        if len(hosts) != 1 or hosts[0].lower() != self._host:
            raise RefusedError(
                HTTPStatus.MISDIRECTED_REQUEST,
                "wrong-host",
                "this desk has another address",
                "TRACER_DESK_ORIGIN is the address at which people reach it.",
            )
