"""How much may be under way at once; beyond it a client hears at once that it should come back."""

import asyncio
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

from tracer.errors import BusyError

T = TypeVar("T")


class Places:
    """Uploads at once, over all organisations and of each one.

    Args:
        most: over all.
        most_each: of one.
    """

    def __init__(self, most: int, most_each: int) -> None:
        self._most, self._most_each = most, most_each
        self._taken: Counter[int] = Counter()
        self._lock = threading.Lock()

    @contextmanager
    def take(self, org: int) -> Iterator[None]:
        """Take a place while the block runs.

        Raises:
            BusyError: there is none.
        """
        with self._lock:
            if self._taken.total() >= self._most or self._taken[org] >= self._most_each:
                raise BusyError("too many files are on their way in", hint="Try again soon.")
            self._taken[org] += 1
        try:
            yield
        finally:
            with self._lock:
                self._taken[org] -= 1
                self._taken += Counter()  # forgets organisations that have none


class GatePool:
    """Threads that wait for the gate, and a short queue before them.

    Args:
        threads: files looked at at once.
        waiting: files that may wait.
    """

    def __init__(self, threads: int, waiting: int) -> None:
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="gate")
        self._free = threads + waiting

    async def run(self, work: Callable[[], T]) -> T:
        """Do it in a thread.

        Raises:
            BusyError: the queue is full.
        """
        if self._free <= 0:
            raise BusyError("too many files wait to be looked at", hint="Try again soon.")
        self._free -= 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._pool, work)
        finally:
            self._free += 1

    def close(self) -> None:
        """End the threads once they are done."""
        self._pool.shutdown()
