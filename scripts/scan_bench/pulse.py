"""The publisher's part while servers are measured: it notes the mirror's position all the time.

A shelf that nobody writes to would be read faster than one in operation.
"""

import hashlib
import threading
from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Final, Self

from scan_bench.shelves import FAR_UNIX, Original
from tracer_api.shelf.store import Position, Shelf

TICK_S: Final = 0.5  # as the publisher
TICKS_A_BLOCK: Final = 4  # a new block every two seconds, as on quick chains


class Pulse(AbstractContextManager["Pulse"]):
    """Renews shelves until the end, in a thread.

    Args:
        urls: of the shelves.
        original: whose build and position they have.
    """

    def __init__(self, urls: Sequence[str], original: Original) -> None:
        self._urls, self._original = urls, original
        self._ends = threading.Event()
        self._thread = threading.Thread(target=self._beat, name="pulse", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ends.set()
        self._thread.join()

    def _beat(self) -> None:
        shelves = [Shelf(url) for url in self._urls]
        position, ticks = self._original.position, 0
        while not self._ends.wait(TICK_S):
            ticks += 1
            if ticks % TICKS_A_BLOCK == 0:
                position = _after(position)
            for shelf in shelves:
                with shelf.writing() as writer:
                    writer.renew(position, FAR_UNIX, self._original.build)
        for shelf in shelves:
            shelf.close()


def _after(position: Position) -> Position:
    """The next block. Its number never gets a digit more: then all pages would be made anew."""
    number = position.block_number + 1
    if len(str(number)) > len(str(position.block_number)):
        number //= 10
    block_hash = hashlib.sha256(position.block_hash).digest()
    return Position(number, block_hash, position.block_time_unix + 2)
