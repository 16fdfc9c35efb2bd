"""Stay at the node's newest block until told to stop."""

import threading
from typing import Final

from tracer.errors import TransientError
from tracer.index.sync import Mirror

POLL_S: Final = 0.25
MAX_BACKOFF_S: Final = 30.0


def follow(mirror: Mirror, stop: threading.Event, *, interval_s: float = POLL_S) -> None:
    """Take in every block until told to stop; what fails for the moment is tried again.

    Args:
        mirror: what to keep up to date; its watch hears of everything.
        stop: set it from another thread or a signal handler.
        interval_s: seconds between looks at the node.

    Raises:
        FatalError: going on would do harm; see `Mirror.sync_once`.
    """
    pause_s = interval_s
    while not stop.is_set():
        try:
            mirror.sync_once(stop=stop)
            pause_s = interval_s
        except TransientError as error:
            pause_s = min(pause_s * 2, MAX_BACKOFF_S)
            mirror.watch.on_failure(error, pause_s)
        stop.wait(pause_s)
