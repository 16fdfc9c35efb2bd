"""Files that survive a crash: whole or absent, never half of one.

A file is written under a temporary name in its own folder, synced, and only then given its name;
the folder is synced last, because a name that is not on the disk is lost with the power.
"""

import contextlib
import os
import tempfile
from collections.abc import Callable, Iterator
from io import BufferedRandom
from pathlib import Path


def make_folder(folder: Path, mode: int = 0o777) -> None:
    """Make a folder that does not exist, and those above it.

    Args:
        folder: stays as it is when it exists.
        mode: permissions of the folder itself, less the umask; those above it get the usual ones.

    Raises:
        OSError: it cannot be made.
    """
    if not folder.is_dir():
        make_folder(folder.parent)
        folder.mkdir(mode=mode, exist_ok=True)
        sync_folder(folder.parent)


def replace_file(path: Path, data: bytes, mode: int) -> None:
    """Write a file; after a crash the old one is there or the new one.

    Args:
        path: its folder must exist.
        data: what the file will hold.
        mode: its permissions, whatever the umask.

    Raises:
        OSError: the disk is full, or the folder is not ours; the old file is untouched.
    """
    _write(path, data, mode, Path.replace)


def create_file(path: Path, data: bytes, mode: int) -> None:
    """Write a file that does not exist; of two programs that try, one succeeds.

    Args:
        path: its folder must exist.
        data: what the file will hold.
        mode: its permissions, whatever the umask.

    Raises:
        FileExistsError: there is one; it is untouched.
        OSError: the disk is full, or the folder is not ours or cannot hold links.
    """
    _write(path, data, mode, lambda temporary, target: target.hardlink_to(temporary))


@contextlib.contextmanager
def open_replacement(path: Path, mode: int) -> Iterator[BufferedRandom]:
    """A file to write and read, which gets its name when the body ends well.

    Args:
        path: its folder must exist; the old file stays until the new one is whole.
        mode: its permissions, whatever the umask.

    A process that is killed leaves a file whose name begins with `temporary_prefix(path)`.

    Raises:
        OSError: as `replace_file`.
    """
    with _temporary(path, mode, Path.replace, temporary_prefix(path)) as file:
        yield file


def temporary_prefix(path: Path) -> str:
    """What the name of an unfinished file begins with."""
    return f".{path.name}."


def _write(path: Path, data: bytes, mode: int, give_name: Callable[[Path, Path], object]) -> None:
    with _temporary(path, mode, give_name) as file:
        file.write(data)


@contextlib.contextmanager
def _temporary(
    path: Path, mode: int, give_name: Callable[[Path, Path], object], prefix: str = "."
) -> Iterator[BufferedRandom]:
    handle, name = tempfile.mkstemp(prefix=prefix, dir=path.parent)
    temporary = Path(name)
    try:
        with os.fdopen(handle, "w+b") as file:
            yield file
            temporary.chmod(mode)
            file.flush()
            os.fsync(file.fileno())
        give_name(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Make names that were given or taken away survive a power cut.

    Windows has no such call and needs none.

    Raises:
        OSError: the folder cannot be opened or synced.
    """
    if os.name == "posix":
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
