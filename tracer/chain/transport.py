"""POST over HTTP: kept-alive connections, and bounds that no server can stretch.

The standard library's client carries it. What is added: a deadline for the whole answer, however
slowly its bytes drip; a limit on its size while it still arrives; idle connections that threads
share; proxies from the environment, but never for a node on this machine.
"""

import base64
import functools
import http.client
import io
import ipaddress
import selectors
import socket
import ssl
import string
import time
import zlib
from collections import deque
from typing import Final, NamedTuple, cast
from urllib.parse import SplitResult, quote, unquote, urlsplit
from urllib.request import getproxies, proxy_bypass

from tracer.errors import RpcUnavailableError

CONNECT_TIMEOUT_S: Final = 5.0  # a node that needs longer to accept a connection is not usable
ANSWER_TIMEOUT_S: Final = 60.0  # a whole answer; the slowest measured getLogs of 150 MB took 6 s
PIECE_BYTES: Final = 2**20  # of an answer whose length is not announced
MAX_WORDS: Final = 300  # characters of another's error that are passed on
CHECK_NODE: Final = "Is the node running, and is TRACER_RPC_URL its address? Then try again."

_BUFFER_BYTES: Final = 2**16
_GZIP: Final = 16 + zlib.MAX_WBITS  # zlib's word for gzip's header and trailer


class Reply(NamedTuple):
    """An answer that arrived whole.

    Attributes:
        status: of HTTP.
        retry_after: the header of this name, or None.
        body: its bytes, decompressed.
    """

    status: int
    retry_after: str | None
    body: bytearray


class Transport:
    """Posts to one address. Safe to share between threads.

    Args:
        url: where to; http or https, credentials allowed.
        timeout_s: seconds without a byte after which a request is given up.
        max_answer_bytes: an answer longer than this is refused while it still arrives.
    """

    def __init__(self, url: str, *, timeout_s: float, max_answer_bytes: int) -> None:
        self._parts = urlsplit(url)
        # Credentials and keys in a node's address (user, path, query) never reach a message.
        self.name = f"{self._parts.scheme}://{self._parts.netloc.rpartition('@')[2]}"
        self._timeout_s = timeout_s
        self._max_answer_bytes = max_answer_bytes
        self._idle: deque[http.client.HTTPConnection] = deque()
        self._proxy = _find_proxy(self._parts)
        path = quote(self._parts.path or "/", safe=string.punctuation)
        query = quote(self._parts.query, safe=string.punctuation)
        self._target = f"{path}?{query}" if query else path
        self._headers = {"Content-Type": "application/json", "User-Agent": "formula-tracer"}
        # On one machine compressing costs more than it saves.
        is_near = is_loopback(self._parts.hostname or "")
        self._headers["Accept-Encoding"] = "identity" if is_near else "gzip"
        self._headers |= _build_credentials(self._parts, "Authorization")
        if self._proxy and self._parts.scheme == "http":  # it wants to know the whole address
            self._target = self.name + self._target
            self._headers |= _build_credentials(self._proxy, "Proxy-Authorization")

    def close(self) -> None:
        """Give the connections back."""
        while self._idle:
            self._idle.pop().close()

    def post(self, content: bytes) -> Reply:
        """Send one request and read the answer.

        Raises:
            RpcUnavailableError: no connection, no answer in time, too long an answer.
        """
        deadline = time.monotonic() + ANSWER_TIMEOUT_S
        connection = None
        try:
            connection = self._take()
            reply = self._exchange(connection, content, deadline)
        except (OSError, http.client.HTTPException, ValueError, zlib.error) as error:
            raise RpcUnavailableError(
                f"node {self.name} does not answer: {_explain(error)}", hint=CHECK_NODE
            ) from error
        else:
            self._idle.append(connection)
            connection = None
            return reply
        finally:
            if connection is not None:
                connection.close()

    def _take(self) -> http.client.HTTPConnection:
        """A connection that the server has not closed while it was idle, or a new one."""
        while self._idle:
            try:
                connection = self._idle.pop()
            except IndexError:  # another thread was faster
                break
            if connection.sock is not None and not _is_readable(connection.sock):
                return connection
            connection.close()
        return self._open()

    def _open(self) -> http.client.HTTPConnection:
        parts, proxy = self._parts, self._proxy
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise ValueError("its address must start with http:// or https:// and name a host")
        if proxy and (proxy.scheme != "http" or not proxy.hostname):
            raise ValueError("the proxy named in the environment is no HTTP proxy")
        at = proxy or parts
        host, port = at.hostname or "", at.port
        timeout_s = min(self._timeout_s, CONNECT_TIMEOUT_S)
        if parts.scheme == "http":
            return http.client.HTTPConnection(host, port, timeout=timeout_s)
        secure = http.client.HTTPSConnection(
            host, port or (80 if proxy else 443), timeout=timeout_s, context=self._tls
        )
        if proxy:
            credentials = _build_credentials(proxy, "Proxy-Authorization")
            secure.set_tunnel(parts.hostname, parts.port or 443, credentials)
        return secure

    @functools.cached_property
    def _tls(self) -> ssl.SSLContext:
        context = ssl.create_default_context()
        context.set_alpn_protocols(["http/1.1"])
        return context

    def _exchange(
        self, connection: http.client.HTTPConnection, content: bytes, deadline: float
    ) -> Reply:
        def receive(
            sock: socket.socket, debuglevel: int = 0, method: str | None = None
        ) -> http.client.HTTPResponse:
            arrivals = cast(socket.socket, _Arrivals(sock, self._timeout_s, deadline))
            return http.client.HTTPResponse(arrivals, debuglevel, method)

        connection.response_class = receive  # type: ignore[assignment]  # it is only called
        if connection.sock is None:
            connection.connect()
        connection.sock.settimeout(self._timeout_s)
        connection.request("POST", self._target, content, self._headers)
        with connection.getresponse() as response:
            return Reply(response.status, response.headers["Retry-After"], self._read(response))

    def _read(self, response: http.client.HTTPResponse) -> bytearray:
        is_packed = response.headers.get("Content-Encoding", "").strip().lower() == "gzip"
        if response.length is None or is_packed:
            return self._read_pieces(response, is_packed=is_packed)
        if response.length > self._max_answer_bytes:
            raise self._too_long()
        body = bytearray(response.length)
        if response.readinto(body) != len(body):
            raise http.client.IncompleteRead(b"")
        return body

    def _read_pieces(self, response: http.client.HTTPResponse, *, is_packed: bool) -> bytearray:
        body = bytearray()
        unpack = zlib.decompressobj(_GZIP)
        while piece := response.read(PIECE_BYTES):
            room = self._max_answer_bytes - len(body) + 1
            body += unpack.decompress(piece, room) if is_packed else piece
            if len(body) > self._max_answer_bytes:
                raise self._too_long()
        return body

    def _too_long(self) -> RpcUnavailableError:
        return RpcUnavailableError(
            f"node {self.name} answers with more than {self._max_answer_bytes} bytes",
            hint="Ask for fewer blocks at once.",
            blames_request=True,
        )


class _Arrivals(io.RawIOBase):
    """What a socket receives, until a moment; http.client takes it for the socket.

    Args:
        sock: connected.
        quiet_s: longest silence between two receipts.
        deadline: when the last byte must have come, on the monotonic clock.
    """

    def __init__(self, sock: socket.socket, quiet_s: float, deadline: float) -> None:
        self._sock = sock
        # Not the socket itself: http.client closes that while an answer is still being read.
        self._raw = sock.makefile("rb", buffering=0)
        self._quiet_s = quiet_s
        self._deadline = deadline

    def makefile(self, _mode: str) -> io.BufferedReader:
        return io.BufferedReader(self, _BUFFER_BYTES)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "memoryview[int]") -> int | None:  # type: ignore[override]
        left_s = self._deadline - time.monotonic()
        if left_s <= 0:
            raise TimeoutError(f"its answer takes more than {ANSWER_TIMEOUT_S:g} s")
        self._sock.settimeout(min(self._quiet_s, left_s))
        return self._raw.readinto(buffer)

    def close(self) -> None:
        self._raw.close()
        super().close()


def _explain(error: Exception) -> str:
    reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return str(reason)[:MAX_WORDS]


def _is_readable(sock: socket.socket) -> bool:
    """Of an idle connection: whether the server closed it, or sent what nobody asked for."""
    with selectors.DefaultSelector() as selector:
        selector.register(sock, selectors.EVENT_READ)
        return bool(selector.select(0))


def _find_proxy(parts: SplitResult) -> SplitResult | None:
    host = parts.hostname or ""
    if not host or is_loopback(host) or proxy_bypass(host):
        return None
    proxies = getproxies()
    address = proxies.get(parts.scheme) or proxies.get("all")
    if not address:
        return None
    return urlsplit(address if "://" in address else f"http://{address}")


def _build_credentials(parts: SplitResult, header: str) -> dict[str, str]:
    if parts.username is None:
        return {}
    words = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
    return {header: f"Basic {base64.b64encode(words.encode()).decode()}"}


def is_loopback(host: str) -> bool:
    """A local node is never asked through a proxy."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
