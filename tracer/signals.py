"""Ending in order when the terminal or a supervisor says so."""

import _thread
import contextlib
import signal
import threading
from collections.abc import Iterator


@contextlib.contextmanager
def stopping() -> Iterator[threading.Event]:
    """Set on SIGINT and SIGTERM, so that everything ends in order."""
    stop = threading.Event()

    def interrupt(number: int, _frame: object) -> None:
        # Never `stop.set()` here: a handler interrupts this very thread, which may hold the event's
        # lock on its way into `wait`, and would then wait for itself for ever.
        _thread.start_new_thread(stop.set, ())
        signal.signal(number, signal.default_int_handler)  # a second time ends it at once

    before = {
        number: signal.signal(number, interrupt) for number in (signal.SIGINT, signal.SIGTERM)
    }
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
