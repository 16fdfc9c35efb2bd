"""Files on their way in: private to this process's account, locked, and gone with the request.

Until the gate has looked at a file and the vault has encrypted it, its bytes must lie somewhere;
here they do, unencrypted, for seconds. A desk that is killed leaves them behind unlocked, and the
next one that starts deletes them.
"""

import fcntl
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tracer.durable import make_folder
from tracer.errors import DatabaseUnavailableError

FOLDER_MODE: Final = 0o700
PREFIX: Final = "incoming-"


@dataclass(frozen=True, slots=True)
class IncomingFile:
    """A file that is being written.

    Attributes:
        path: where it is; nobody else can read it.
        handle: descriptor, open for writing and locked.
    """

    path: Path
    handle: int

    def write(self, data: bytes) -> None:
        """Add bytes.

        Raises:
            DatabaseUnavailableError: the disk is full.
        """
        try:
            left = memoryview(data)
            while left:
                left = left[os.write(self.handle, left) :]
        except OSError as error:
            raise _unavailable(self.path, error) from error


class Incoming:
    """The folder.

    Args:
        folder: made when first needed.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @contextmanager
    def new_file(self) -> Iterator[IncomingFile]:
        """An empty file that exists as long as the block runs.

        Raises:
            DatabaseUnavailableError: it cannot be made.
        """
        try:
            make_folder(self._folder, FOLDER_MODE)
            with _locked(self._folder, fcntl.LOCK_SH):  # no sweep between making and locking
                handle, name = tempfile.mkstemp(prefix=PREFIX, dir=self._folder)  # mode 0600
                fcntl.flock(handle, fcntl.LOCK_EX)
        except OSError as error:
            raise _unavailable(self._folder, error) from error
        path = Path(name)
        try:
            yield IncomingFile(path, handle)
        finally:
            path.unlink(missing_ok=True)
            os.close(handle)

    def sweep(self) -> int:
        """Delete what killed processes left; how many files it was."""
        if not self._folder.is_dir():
            return 0
        with _locked(self._folder, fcntl.LOCK_EX):
            found = sorted(self._folder.glob(f"{PREFIX}*"))
            return sum(_delete_unlocked(path) for path in found)


@contextmanager
def _locked(folder: Path, kind: int) -> Iterator[None]:
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, kind)
        yield
    finally:
        os.close(handle)


def _delete_unlocked(path: Path) -> bool:
    with suppress(OSError):
        handle = os.open(path, os.O_RDWR | os.O_NOFOLLOW)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            path.unlink(missing_ok=True)
        finally:
            os.close(handle)
        return True
    return False


def _unavailable(path: Path, error: OSError) -> DatabaseUnavailableError:
    return DatabaseUnavailableError(
        f"{path} cannot be written: {error.strerror or error}",
        hint="Check the disk's space and the folder's owner, then send it again.",
    )
