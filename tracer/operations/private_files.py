"""Files that only their owner may read, written whole or not at all."""

import contextlib
import os
import tempfile
from pathlib import Path
from typing import Final

from tracer.errors import DatabaseUnavailableError

PRIVATE_MODE: Final = 0o700


def private_folder(home: Path, batch_id: bytes) -> Path:
    """The private folder of a batch; made when it does not exist.

    Raises:
        DatabaseUnavailableError: it cannot be made.
    """
    folder = home / "private" / batch_id.hex()
    try:
        folder.parent.mkdir(mode=PRIVATE_MODE, parents=True, exist_ok=True)
        folder.mkdir(mode=PRIVATE_MODE, exist_ok=True)
    except OSError as error:
        raise _unavailable(folder, error) from error
    return folder


def write_private(path: Path, data: bytes) -> None:
    """Write a file of mode 0600; an equal one stays as it is.

    Raises:
        DatabaseUnavailableError: the disk is full, or the folder is not ours.
    """
    try:
        if path.is_file() and path.read_bytes() == data:
            return
        handle, temporary = tempfile.mkstemp(prefix=".", dir=path.parent)
        try:
            with os.fdopen(handle, "wb") as stream:
                stream.write(data)
                stream.flush()
                os.fsync(stream.fileno())
            Path(temporary).replace(path)
        finally:
            with contextlib.suppress(FileNotFoundError):
                Path(temporary).unlink()
    except OSError as error:
        raise _unavailable(path, error) from error


def _unavailable(path: Path, error: OSError) -> DatabaseUnavailableError:
    return DatabaseUnavailableError(
        f"{path} cannot be written: {error.strerror or error}",
        hint="Check the disk's space and the folder's owner, then run the same command again.",
    )
