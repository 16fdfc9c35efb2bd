"""uvicorn's HTTP/1.1 with what it lacks: time limits for header lines and stalled readers."""

import asyncio
from asyncio.events import TimerHandle
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from tracer_desk.limits import HEAD_S, MAX_HEAD_BYTES, STALLED_WRITE_S


class DeskProtocol(HttpToolsProtocol):
    """One connection. A client that dawdles, or sends endless headers, loses it."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - as uvicorn calls it
        super().__init__(*args, **kwargs)
        self._head_timer: TimerHandle | None = None
        self._write_timer: TimerHandle | None = None
        self._head_bytes = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """A client connected: it owes us a request."""
        super().connection_made(transport)
        self._await_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """It is gone."""
        self._head_timer, self._write_timer = _end(self._head_timer), _end(self._write_timer)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Bytes of a head, or of a body."""
        cycle: RequestResponseCycle | None = self.cycle  # None before the first request
        if (cycle is None or cycle.response_complete) and self._head_timer is None:
            self._await_head()
        if self._head_timer is not None:
            self._head_bytes += len(data)
            # A body may follow its head in the same piece, which the socket bounds.
        super().data_received(data)
        if self._head_timer is not None and self._head_bytes > MAX_HEAD_BYTES:
            self.transport.abort()

    def on_headers_complete(self) -> None:
        """The head is whole; what follows is the application's to time."""
        self._head_timer = _end(self._head_timer)
        self._head_bytes = 0
        super().on_headers_complete()

    def pause_writing(self) -> None:
        """The client does not take what we send."""
        super().pause_writing()
        if self._write_timer is None:
            self._write_timer = self.loop.call_later(STALLED_WRITE_S, self.transport.abort)

    def resume_writing(self) -> None:
        """It does again."""
        self._write_timer = _end(self._write_timer)
        super().resume_writing()

    def _await_head(self) -> None:
        self._head_bytes = 0
        self._head_timer = self.loop.call_later(HEAD_S, self.transport.abort)


def _end(timer: TimerHandle | None) -> TimerHandle | None:
    """No timer any more."""
    if timer is not None:
        timer.cancel()
    return None
