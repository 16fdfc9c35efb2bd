"""Statements and requests exchanged by a folder that both sides can reach.

    statements/   the customs system puts statements here: written under another name, then renamed
    requests/     what we ask it to rule on, one file for each claim
    accepted/     statements that were taken in
    rejected/     statements that were refused, each with a `.reason.txt` beside it

Only regular files `*.json` whose name starts with no dot count; links are not followed. After a
crash every file is whole, in one place or in two; never in none.
"""

import contextlib
import hashlib
import os
import stat
from pathlib import Path
from typing import Final

from tracer.durable import make_folder, replace_file, sync_folder
from tracer.errors import TransientError
from tracer.operations.customs_adapter import (
    MAX_STATEMENT_BYTES,
    MAX_WAITING,
    ClearanceRequest,
    Settlement,
)

STATEMENTS: Final = "statements"
REQUESTS: Final = "requests"
FILE_MODE: Final = 0o640  # the customs system's account shares a group with ours
_SUFFIX: Final = ".json"
_TAG_DIGITS: Final = 16
_FLAGS: Final = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)


class FolderCustoms:
    """A customs system behind a folder.

    Args:
        folder: has to exist, with `statements/` in it: an empty mount point is no empty list.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @property
    def place(self) -> str:
        """The folder."""
        return str(self._folder)

    def request(self, request: ClearanceRequest) -> None:
        """Write a request; an equal one stays as it is.

        Raises:
            TransientError: it cannot be written.
        """
        self._check_there()
        self._write(self._folder / REQUESTS / request.name, request.text.encode())

    def waiting(self) -> list[str]:
        """Names of the statements in the folder, ascending.

        Raises:
            TransientError: the folder cannot be read.
        """
        try:
            with os.scandir(self._folder / STATEMENTS) as entries:
                names = [entry.name for entry in entries if _counts(entry)]
        except OSError as error:
            raise _unavailable("read", self._folder / STATEMENTS, error) from error
        return sorted(names)[:MAX_WAITING]

    def fetch(self, name: str) -> bytes | None:
        """A statement; None when it has gone.

        Raises:
            TransientError: it cannot be read.
        """
        path = self._folder / STATEMENTS / name
        try:
            handle = os.open(path, _FLAGS)
            with os.fdopen(handle, "rb") as file:
                if not stat.S_ISREG(os.fstat(handle).st_mode):
                    return None
                return file.read(MAX_STATEMENT_BYTES + 1)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise _unavailable("read", path, error) from error

    def settle(self, name: str, data: bytes, settlement: Settlement, reason: str) -> None:
        """Move a statement to `accepted/` or `rejected/`; one that was replaced meanwhile stays.

        Raises:
            TransientError: it cannot be moved.
        """
        tag = hashlib.sha256(data).hexdigest()[:_TAG_DIGITS]
        target = self._folder / settlement.value / f"{tag}-{name}"
        if reason:
            self._write(target.with_name(f"{target.name}.reason.txt"), f"{reason}\n".encode())
        self._write(target, data)
        if self.fetch(name) == data:
            source = self._folder / STATEMENTS / name
            try:
                source.unlink(missing_ok=True)
                sync_folder(source.parent)
            except OSError as error:
                raise _unavailable("removed", source, error) from error

    def _write(self, path: Path, data: bytes) -> None:
        try:
            with contextlib.suppress(FileNotFoundError):
                if path.read_bytes() == data:
                    return
            make_folder(path.parent)
            replace_file(path, data, FILE_MODE)
        except OSError as error:
            raise _unavailable("written", path, error) from error

    def _check_there(self) -> None:
        """A request into a folder that nobody reads would be lost."""
        if not (self._folder / STATEMENTS).is_dir():
            raise TransientError(
                f"there is no folder {self._folder / STATEMENTS}",
                hint="Is it mounted? The first time, make it.",
            )


def _counts(entry: "os.DirEntry[str]") -> bool:
    is_hidden = entry.name.startswith(".")
    return not is_hidden and entry.name.endswith(_SUFFIX) and entry.is_file(follow_symlinks=False)


def _unavailable(what: str, path: Path, error: OSError) -> TransientError:
    return TransientError(
        f"{path} cannot be {what}: {error.strerror or error}",
        hint="Is it mounted, and ours to use? The statements wait; run the same command again.",
    )
