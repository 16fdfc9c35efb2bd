"""Runs a publisher for the command line."""

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from tracer.errors import TransientError
from tracer.settings import Settings
from tracer_api.services import build_services
from tracer_api.shelf.publisher import POLL_S, Listener, Progress, Publisher
from tracer_api.shelf.store import Shelf, shelf_url


@contextmanager
def _opened(settings: Settings, listener: Listener | None) -> Iterator[Publisher]:
    services = build_services(settings)
    shelf = Shelf(shelf_url(settings.database, settings.home))
    publisher = Publisher(services, shelf, listener)
    try:
        yield publisher
    finally:
        publisher.close()
        shelf.close()
        services.engine.dispose()
        services.scans.close()


def publish_once(
    settings: Settings, listener: Listener, stop: threading.Event | None = None
) -> Progress:
    """Publish what is to be published now.

    Raises:
        ConfigurationError: a setting is wrong, or there is no mirror.
        DatabaseUnavailableError: a database is away, or another publisher is at work.
    """
    with _opened(settings, listener) as publisher:
        return publisher.run_once(stop)


def follow(
    settings: Settings, listener: Listener, stop: threading.Event, parent: int | None = None
) -> None:
    """Publish until told to stop.

    Args:
        settings: of this installation.
        listener: hears of what is done.
        stop: set from a signal handler.
        parent: process id; when it is no longer the parent of this process, that ends too.

    Raises:
        ConfigurationError: a setting is wrong.
    """
    is_orphaned: Callable[[], bool] | None = None
    if parent is not None:
        is_orphaned = lambda: os.getppid() != parent  # noqa: E731
    while not stop.is_set() and not (is_orphaned and is_orphaned()):
        try:
            with _opened(settings, listener) as publisher:
                publisher.follow(stop, is_orphaned)
        except TransientError as error:  # the shelf cannot be opened yet
            listener.on_wait(error)
            stop.wait(POLL_S)
