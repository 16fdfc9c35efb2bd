"""Hear of new blocks from the node, so that a mirror need not ask all the time.

A subscription only says that it is time to look; what it says about the block is not read. Nothing
is lost when it is refused, breaks or lies: whoever waits looks again when the time is up.
"""

import contextlib
import random
import threading
import time
from types import TracebackType
from typing import Any, Final, Self
from urllib.parse import urlsplit

import msgspec

from tracer.chain.backoff import Backoff
from tracer.chain.transport import is_loopback

CONNECT_TIMEOUT_S: Final = 5.0  # to open the connection, and again for the subscription
PING_S: Final = 10.0  # a connection that is silent for two of these is taken for dead
MAX_MESSAGE_BYTES: Final = 64 * 1024  # a header has about 2 KiB
SLICE_S: Final = 0.1  # how soon a wait notices that it is to end

_SUBSCRIBE: Final = b'{"jsonrpc":"2.0","id":1,"method":"eth_subscribe","params":["newHeads"]}'
_SCHEMES: Final = {"http": "ws", "https": "wss"}


class _Params(msgspec.Struct):
    subscription: str | int


class _Message(msgspec.Struct):
    """An answer to our one request, or a notification; other members are passed over."""

    id: int | None = None
    result: Any = None
    method: str = ""
    params: _Params | None = None


_DECODER = msgspec.json.Decoder(_Message)


class Heads:
    """Wakes one waiter when the node has a new block. Made by `open_heads`.

    Args:
        url: of the node's WebSocket.
        stop: ends every wait, and the subscription.
    """

    def __init__(self, url: str, stop: threading.Event) -> None:
        self._url = url
        self._stop = stop
        self._closed = threading.Event()
        self._news = threading.Event()
        self._subscribed = threading.Event()
        self._thread = threading.Thread(target=self._run, name="heads", daemon=True)
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def is_subscribed(self) -> bool:
        """Whether new blocks are being announced; if not, a wait lasts until its time is up."""
        return self._subscribed.is_set()

    def wait(self, timeout_s: float) -> bool:
        """Return once a block was announced since the last wait, or the subscription changed.

        Args:
            timeout_s: return then at the latest.

        Returns:
            Whether there is news.
        """
        is_news = self._is_set_within(self._news, timeout_s)
        if is_news:
            # Before the caller looks at the node: what comes from now on wakes the next wait.
            self._news.clear()
        return is_news

    def close(self) -> None:
        """End the subscription."""
        self._closed.set()
        self._thread.join(CONNECT_TIMEOUT_S)

    def _is_over(self) -> bool:
        return self._stop.is_set() or self._closed.is_set()

    def _is_set_within(self, event: threading.Event, timeout_s: float) -> bool:
        deadline = time.monotonic() + timeout_s
        while not self._is_over():
            left_s = deadline - time.monotonic()
            if event.wait(min(left_s, SLICE_S)):
                return True
            if left_s <= SLICE_S:
                break
        return False

    # --- the thread ---------------------------------------------------------------------------

    def _run(self) -> None:
        backoff = Backoff(random.SystemRandom())
        while not self._is_over():
            # A subscription saves time and no more: whatever is wrong with it, polling goes on.
            with contextlib.suppress(Exception):
                self._listen(backoff)
            if self._subscribed.is_set():
                self._subscribed.clear()
                self._news.set()
            self._is_set_within(self._closed, backoff.next_pause_s())

    def _listen(self, backoff: Backoff) -> None:
        """Subscribe and pass on what comes, until told to stop or something breaks."""
        from websockets.sync.client import connect  # noqa: PLC0415 - most commands need no socket

        with connect(
            self._url,
            open_timeout=CONNECT_TIMEOUT_S,
            close_timeout=SLICE_S,
            ping_interval=PING_S,
            ping_timeout=PING_S,
            max_size=MAX_MESSAGE_BYTES,
            compression=None,
            proxy=None if is_loopback(urlsplit(self._url).hostname or "") else True,
        ) as connection:
            connection.send(_SUBSCRIBE.decode())
            answer = _DECODER.decode(connection.recv(CONNECT_TIMEOUT_S))
            if answer.id != 1 or not isinstance(answer.result, str | int):
                return  # it has no such method
            self._subscribed.set()
            self._news.set()  # there may have been blocks before
            while not self._is_over():
                try:
                    message = _DECODER.decode(connection.recv(SLICE_S))
                except TimeoutError:
                    continue
                if message.params and message.params.subscription == answer.result:
                    self._news.set()
                    backoff.reset()


def open_heads(url: str, stop: threading.Event) -> Heads:
    """Subscribe to a node's new blocks, now and again whenever the subscription breaks.

    Args:
        url: of the node; with http or https, its WebSocket is looked for at the same address.
        stop: set it from another thread or a signal handler.

    Returns:
        At once, whether or not the node has subscriptions.
    """
    parts = urlsplit(url)
    scheme = _SCHEMES.get(parts.scheme, parts.scheme)
    return Heads(parts._replace(scheme=scheme).geturl(), stop)
