"""How often Python looks for cycles among its objects while a mirror is filled."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

_AFTER: Final = (100_000, 20, 100)  # new objects; Python's own is (700, 10, 10)


@contextmanager
def collecting_rarely() -> Iterator[None]:
    """Look for cycles rarely.

    The rows of a range are tens of thousands of objects that come and go together and are in no
    cycle; looking through them again and again took a quarter of the time.
    """
    before = gc.get_threshold()
    gc.set_threshold(*_AFTER)
    try:
        yield
    finally:
        gc.set_threshold(*before)
