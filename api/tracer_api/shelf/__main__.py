"""The publisher that `tracer serve` keeps beside itself: `python -m tracer_api.shelf <pid>`.

It ends when told to, and when the process that started it is no longer there.
"""

import logging
import sys

from tracer.errors import TracerError
from tracer.settings import load_settings
from tracer.signals import stopping
from tracer_api.shelf.publisher import Listener
from tracer_api.shelf.run import follow

_LOG = logging.getLogger("tracer.publish")


class Log(Listener):
    """Says what an operator should know of; that all goes well is not worth a line."""

    def __init__(self) -> None:
        self._is_waiting = False

    def on_published(self, name: str, elapsed_s: float) -> None:
        """All is well again."""
        del name, elapsed_s
        self._is_waiting = False

    def on_unpublished(self, name: str, reason: str) -> None:
        """One line, each time that it was tried."""
        _LOG.warning("batch %s stays with the ordinary route: %s", name, reason)

    def on_wait(self, error: TracerError) -> None:
        """One line, until all is well again."""
        if not self._is_waiting:
            _LOG.warning("waiting: %s", error)
        self._is_waiting = True


def main(parent: int) -> None:
    """Publish until told to stop or left alone."""
    logging.basicConfig(format="%(levelname)s: %(message)s", stream=sys.stderr)
    try:
        with stopping() as stop:
            follow(load_settings(), Log(), stop, parent)
    except TracerError as error:
        _LOG.error("%s", error)
        sys.exit(1)


if __name__ == "__main__":
    main(int(sys.argv[1]))
