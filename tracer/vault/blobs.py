"""Where containers lie: a folder or an S3 bucket, named by a URL. A blob's name is its SHA-256.

A blob store keeps ciphertext only and is believed in nothing: whoever reads a blob compares it with
its name, then opens it.
"""

import errno
import hashlib
import os
import re
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final, Protocol
from urllib.parse import unquote, urlsplit

from tracer.durable import make_folder, sync_folder
from tracer.errors import ConfigurationError, DatabaseUnavailableError

FILE_MODE: Final = 0o600
FOLDER_MODE: Final = 0o700
PIECE_BYTES: Final = 1 << 16
_NAME: Final = re.compile(r"[0-9a-f]{64}")
_HALF_WRITTEN: Final = ".part-"


@dataclass(frozen=True, slots=True)
class BlobInfo:
    """One object of a blob store.

    Attributes:
        name: SHA-256 in hexadecimal; or, of what a crash left half-written, the store's own name.
        size: bytes.
        modified_unix: when it was last written, by the store's clock.
    """

    name: str
    size: int
    modified_unix: int


class BlobStore(Protocol):
    """What the vault needs of a place for blobs. Each method raises DatabaseUnavailableError."""

    def put(self, pieces: Iterable[bytes]) -> str:
        """Store a blob; when this returns, it survives a power cut.

        Returns:
            Its name. Whatever `pieces` raises ends the storing, and no blob is there.
        """
        ...

    def open(self, name: str) -> Iterator[bytes] | None:
        """The blob's bytes, damaged or not; None when there is none."""
        ...

    def has(self, name: str) -> bool:
        """Whether there is such a blob."""
        ...

    def delete(self, name: str) -> None:
        """Remove a blob, or what is left of one, for good; one that is not there is no error."""
        ...

    def list_blobs(self) -> Iterator[BlobInfo]:
        """Everything that is there, half-written leftovers too, in no order."""
        ...

    def check(self) -> None:
        """Make sure that the place is there and lets us in; no blob is looked at."""
        ...


def open_blobs(url: str) -> BlobStore:
    """The blob store that a URL names; nothing is asked of it yet.

    Args:
        url: `file:///<folder>`, or `s3://<bucket>/<prefix>?endpoint=<URL>&region=<name>`. Keys for
            S3 come from the usual AWS variables or files, never from the URL.

    Raises:
        ConfigurationError: not such a URL.
    """
    parts = urlsplit(url)
    if parts.scheme == "file" and parts.netloc in {"", "localhost"} and parts.path not in {"", "/"}:
        return FileBlobs(Path(unquote(parts.path)))
    if parts.scheme == "s3" and parts.netloc and "@" not in parts.netloc:
        from tracer.vault.s3_blobs import open_s3  # noqa: PLC0415 - boto3 is slow to import

        return open_s3(parts)
    shown = url if "@" not in url else "the text"
    raise ConfigurationError(
        f"{shown} is no place for blobs",
        hint="TRACER_VAULT_URL is file:///<folder> or s3://<bucket>/<prefix>?endpoint=<URL>.",
    )


class FileBlobs:
    """Blobs in a folder, 256 folders below it by the first two digits of their names.

    Args:
        folder: made when first written to.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def put(self, pieces: Iterable[bytes]) -> str:
        """Write under a temporary name, sync, rename, sync the folder."""
        try:
            make_folder(self.folder, FOLDER_MODE)
            handle, temporary = tempfile.mkstemp(prefix=_HALF_WRITTEN, dir=self.folder)
        except OSError as error:
            raise _unavailable("written", self.folder, error) from error
        path = Path(temporary)  # mkstemp's files are 0600
        try:
            try:
                name = self._fill(handle, pieces)
            finally:
                os.close(handle)
            return self._name(path, name)
        finally:
            _discard(path)

    def _fill(self, handle: int, pieces: Iterable[bytes]) -> str:
        digest = hashlib.sha256()
        for piece in pieces:  # what they raise is the caller's
            digest.update(piece)
            self._write(handle, piece)
        try:
            os.fsync(handle)
        except OSError as error:
            raise _unavailable("written", self.folder, error) from error
        return digest.hexdigest()

    def _write(self, handle: int, piece: bytes) -> None:
        left = memoryview(piece)
        try:
            while left:
                left = left[os.write(handle, left) :]
        except OSError as error:
            raise _unavailable("written", self.folder, error) from error

    def _name(self, temporary: Path, name: str) -> str:
        path = self._path(name)
        try:
            make_folder(path.parent, FOLDER_MODE)
            temporary.replace(path)
            sync_folder(path.parent)
        except OSError as error:
            raise _unavailable("written", path, error) from error
        return name

    def open(self, name: str) -> Iterator[bytes] | None:
        """The blob's bytes, damaged or not; None when there is none."""
        path = self._path(name)
        try:
            # A link planted in the folder must not serve a file from elsewhere.
            file = os.fdopen(os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0)), "rb")
        except OSError as error:
            if error.errno in {errno.ENOENT, errno.ENOTDIR, errno.ELOOP}:
                return None
            raise _unavailable("read", path, error) from error
        return _pieces(file, path)

    def has(self, name: str) -> bool:
        """Whether there is such a blob."""
        path = self._path(name)
        try:
            return path.is_file() and not path.is_symlink()
        except OSError as error:
            raise _unavailable("read", path, error) from error

    def delete(self, name: str) -> None:
        """Remove a blob, or what is left of one; one that is not there is no error."""
        path = self.folder / name if name.startswith(_HALF_WRITTEN) else self._path(name)
        try:
            path.unlink(missing_ok=True)
            if path.parent.is_dir():
                sync_folder(path.parent)
        except OSError as error:
            raise _unavailable("removed", path, error) from error

    def list_blobs(self) -> Iterator[BlobInfo]:
        """Everything that is there, half-written leftovers too, in no order."""
        for shelf in self._scan(self.folder):
            if shelf.is_dir(follow_symlinks=False):
                found = [entry for entry in self._scan(Path(shelf)) if _NAME.fullmatch(entry.name)]
            else:
                found = [shelf] if shelf.name.startswith(_HALF_WRITTEN) else []
            for entry in found:
                try:
                    state = entry.stat(follow_symlinks=False)
                except FileNotFoundError:
                    continue  # removed, or given its name, since the folder was read
                except OSError as error:
                    raise _unavailable("read", Path(entry), error) from error
                yield BlobInfo(entry.name, state.st_size, int(state.st_mtime))

    def check(self) -> None:
        """Make sure that the folder, or the one it will be made in, can be read and written."""
        place = next(it for it in (self.folder, *self.folder.parents) if os.path.lexists(it))
        if not place.is_dir():
            raise _unavailable("used", self.folder, NotADirectoryError(f"{place} is no folder"))
        if not os.access(place, os.R_OK | os.W_OK | os.X_OK):
            raise _unavailable("used", self.folder, PermissionError(f"{place} refuses this user"))

    def _scan(self, folder: Path) -> list[os.DirEntry[str]]:
        try:
            with os.scandir(folder) as entries:
                return list(entries)
        except FileNotFoundError:
            return []
        except OSError as error:
            raise _unavailable("read", folder, error) from error

    def _path(self, name: str) -> Path:
        return self.folder / name[:2] / check_name(name)


def check_name(name: str) -> str:
    """A blob's name, so that no other text reaches another place.

    Raises:
        ConfigurationError: not 64 hexadecimal digits: the row that holds it was changed.
    """
    if not _NAME.fullmatch(name):
        raise ConfigurationError(
            f"{name[:80]!r} is no name of a blob", hint="Somebody changed the vault's database."
        )
    return name


def _pieces(file: BinaryIO, path: Path) -> Iterator[bytes]:
    with file:
        while True:
            try:
                piece = file.read(PIECE_BYTES)
            except OSError as error:
                raise _unavailable("read", path, error) from error
            if not piece:
                return
            yield piece


def _discard(path: Path) -> None:
    """Best effort: what cannot be removed now is removed by `tracer vault scrub`."""
    try:
        path.unlink(missing_ok=True)
    except OSError:
        return


def _unavailable(what: str, path: Path, error: OSError) -> DatabaseUnavailableError:
    return DatabaseUnavailableError(
        f"{path} cannot be {what}: {error.strerror or error}",
        hint="Check the disk's space and the folder's owner, then try again.",
    )
