"""Files that only their owner may read, written whole or not at all."""

from pathlib import Path
from typing import Final

from tracer.durable import make_folder, replace_file
from tracer.errors import DatabaseUnavailableError

FOLDER_MODE: Final = 0o700
FILE_MODE: Final = 0o600


def private_folder(home: Path, batch_id: bytes) -> Path:
    """The private folder of a batch; made when it does not exist.

    Raises:
        DatabaseUnavailableError: it cannot be made.
    """
    folder = home / "private" / batch_id.hex()
    try:
        make_folder(folder.parent, FOLDER_MODE)
        make_folder(folder, FOLDER_MODE)
    except OSError as error:
        raise _unavailable(folder, error) from error
    return folder


def write_private(path: Path, data: bytes) -> None:
    """Write a file of mode 0600; an equal one stays as it is.

    Raises:
        DatabaseUnavailableError: the disk is full, or the folder is not ours.
    """
    try:
        if not path.is_file() or path.read_bytes() != data:
            replace_file(path, data, FILE_MODE)
    except OSError as error:
        raise _unavailable(path, error) from error


def _unavailable(path: Path, error: OSError) -> DatabaseUnavailableError:
    return DatabaseUnavailableError(
        f"{path} cannot be written: {error.strerror or error}",
        hint="Check the disk's space and the folder's owner, then run the same command again.",
    )
