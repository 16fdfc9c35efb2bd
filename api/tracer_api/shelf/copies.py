"""Serial lists that are often asked for, copied into a plain file of this process.

A list never changes: its root is its name. So a copy needs no lock and is never out of date, and
a row of it is a known piece of memory, without a database's search, locks and statements. The file
has no name and is gone with the process.
"""

import mmap
import os
import tempfile
import weakref
from array import array
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Sequence
from itertools import accumulate
from pathlib import Path
from typing import Final

COPY_AFTER: Final = 16
"""Look-ups in a list before it is copied: copying takes as long as some 300 look-ups."""

MAX_BYTES: Final = 2**30
"""Of the file; lists of twenty million tins. When it is full, another is begun."""

ROOM_BYTES: Final = 8 * 2**20  # more than any list takes that is copied
MAX_COUNTED: Final = 10_000  # lists whose look-ups are counted
_KEY_BYTES: Final = 8  # of a serial, behind what all serials of the list begin with

Rows = Sequence[tuple[bytes, bytes]]
"""First serial and row, ascending."""


class _File:
    """A file without a name, mapped into memory until nobody refers to it."""

    def __init__(self, folder: Path) -> None:
        with tempfile.TemporaryFile(dir=folder, prefix="shelf-") as file:
            file.truncate(MAX_BYTES)  # takes no room before it is written
            self.bytes = mmap.mmap(file.fileno(), MAX_BYTES)
            self._number = os.dup(file.fileno())
        weakref.finalize(self, os.close, self._number)
        self.size = 0

    def append(self, data: bytes) -> int:
        """Write at the end; where that is.

        Raises:
            OSError: there is no room.
        """
        start = self.size
        # Not through the map: where the disk is full that would end the process.
        if start + len(data) > MAX_BYTES or os.pwrite(self._number, data, start) != len(data):
            msg = "there is no room"
            raise OSError(msg)
        self.size += len(data)
        return start


class Copy:
    """A copied list.

    Args:
        file: that it is copied into.
        rows: all of its rows.

    Raises:
        OSError: there is no room.
    """

    __slots__ = ("_bytes", "_common", "_end", "_keys", "_size", "_starts")

    def __init__(self, file: _File, rows: Rows) -> None:
        firsts = [first for first, _ in rows]
        self._common = _common_start(firsts[0], firsts[-1])
        self._size, self._end = len(self._common), len(self._common) + _KEY_BYTES
        self._keys = array("Q", map(self._key, firsts))
        start = file.append(b"".join(row for _, row in rows))
        sizes = (len(row) for _, row in rows)
        self._starts = array("Q", accumulate(sizes, initial=start))
        self._bytes = file.bytes

    def _key(self, serial: bytes) -> int:
        return int.from_bytes(serial[self._size : self._end].ljust(_KEY_BYTES, b"\x00"))

    def row(self, serial: bytes) -> bytes | None:
        """The row that holds a serial, if one does; else that or another or None.

        Serials whose keys are the same may be looked for in the wrong row: what is not found here
        has to be looked for in the list itself.
        """
        if not serial.startswith(self._common):
            return None
        at = bisect_right(self._keys, self._key(serial))
        if not at:
            return None
        return self._bytes[self._starts[at - 1] : self._starts[at]]


def _common_start(first: bytes, last: bytes) -> bytes:
    """What both begin with, and so all that are between them."""
    size = next(
        (at for at, pair in enumerate(zip(first, last, strict=False)) if len({*pair}) > 1),
        min(len(first), len(last)),
    )
    return first[:size]


class Copies:
    """Copies of the lists that are often asked for.

    Args:
        folder: for the file; where that cannot be written nothing is copied.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._file: _File | None = None
        self._copies: dict[bytes, Copy] = {}
        self._counts: Counter[bytes] = Counter()
        self._is_possible = hasattr(os, "pwrite")

    def get(self, root: bytes, rows: Callable[[], Rows]) -> Copy | None:
        """The copy of a list if there is one; each call counts as a look-up.

        Args:
            root: of the list.
            rows: reads it; nothing of a list that is not to be copied.
        """
        found = self._copies.get(root)
        if found is not None or not self._is_possible:
            return found
        if len(self._counts) >= MAX_COUNTED:
            self._counts.clear()
        self._counts[root] += 1
        if self._counts[root] < COPY_AFTER:
            return None
        del self._counts[root]
        if not (read := rows()):
            return None
        try:
            self._copies[root] = found = Copy(self._room(), read)
        except OSError:
            self._is_possible = False
        return found

    def _room(self) -> _File:
        if self._file is None or self._file.size > MAX_BYTES - ROOM_BYTES:
            self._copies.clear()
            self._file = _File(self._folder)
        return self._file
