"""Look-ups in large files without reading them whole: one line of many, one piece of a row."""

import errno
import mmap
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tracer.errors import DatabaseUnavailableError

_ABSENT = frozenset({errno.ENOENT, errno.ENOTDIR, errno.ELOOP})


def has_line(path: Path, wanted: str) -> bool:
    """Whether a file of ascending lines has one.

    A million lines take 20 steps and no memory of ours.

    Args:
        path: lines that end in a line feed, ascending by bytes.
        wanted: the line, without its end.

    Raises:
        DatabaseUnavailableError: the file is there and cannot be read.
    """
    with _mapped(path) as data:
        return data is not None and _find(data, wanted.encode("utf-8")) is not None


def find_line(path: Path, wanted: str) -> int | None:
    """Number of a line, from 0; None when it is not there. Reads all that is before it.

    Args:
        path: see `has_line`.
        wanted: the line, without its end.

    Raises:
        DatabaseUnavailableError: the file is there and cannot be read.
    """
    with _mapped(path) as data:
        start = None if data is None else _find(data, wanted.encode("utf-8"))
        return None if data is None or start is None else data[:start].count(b"\n")


@contextmanager
def _mapped(path: Path) -> Iterator[mmap.mmap | None]:
    """A file's bytes; None when it does not exist or is empty."""
    handle = _open(path)
    if handle is None:
        yield None
        return
    with os.fdopen(handle, "rb") as file:
        if not os.fstat(file.fileno()).st_size:
            yield None
            return
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            yield data


def _find(data: mmap.mmap, wanted: bytes) -> int | None:
    """Where a line begins."""
    low, high = 0, len(data)  # both are where lines begin; the line is between them
    while low < high:
        start = data.rfind(b"\n", low, (low + high) // 2) + 1 or low
        end = data.find(b"\n", start)
        end = len(data) if end < 0 else end
        line = data[start:end]
        if line == wanted:
            return start
        low, high = (end + 1, high) if line < wanted else (low, start)
    return None


def read_slice(path: Path, start: int, size: int) -> bytes | None:
    """So many bytes of a file; None when it does not exist or is shorter.

    Raises:
        DatabaseUnavailableError: the file is there and cannot be read.
    """
    handle = _open(path)
    if handle is None:
        return None
    with os.fdopen(handle, "rb") as file:
        file.seek(start)
        found = file.read(size)
    return found if len(found) == size else None


def _open(path: Path) -> int | None:
    """The file, but not what a link points to."""
    try:
        return os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0))
    except OSError as error:
        if error.errno in _ABSENT:
            return None
        raise DatabaseUnavailableError(
            f"{path} cannot be read: {error.strerror or error}",
            hint="Check the folder's owner, then try again.",
        ) from error
