"""What records pin, as files: event texts, document views, serial lists.

A file's name is the digest, commitment or Merkle root that a record carries, so a name says what
must be inside and needs no index. After a crash a file is whole or absent. Nothing here decides
whether a file is genuine; verifiers do.
"""

import errno
import hashlib
import os
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tracer.domain.columns import MAX_TEXT_CHARS
from tracer.domain.document_views import parse_view
from tracer.domain.identifiers import MAX_AI_VALUE, Serial
from tracer.domain.merkle import MAX_LEAVES, MerkleTree
from tracer.domain.paper_numbers import numbers_of
from tracer.domain.rows import TinRow
from tracer.durable import make_folder, replace_file
from tracer.errors import DatabaseUnavailableError, InputError, LimitExceededError
from tracer.store.line_files import find_line, has_line, read_slice

KEY_BYTES: Final = 32
NUMBERS: Final = "numbers"
"""Shelf of empty files: numbers/<digits>/<key of a number>/<commitment of a paper that uses it>."""

FILE_MODE: Final = 0o644  # public; a server under another account reads them
MAX_CONTENT_BYTES: Final = MAX_TEXT_CHARS  # what a bundle can carry
KEPT_LISTINGS: Final = 8  # a tree of 11,520 serials takes 3 MB
_COMMITMENT: Final = re.compile(r"[0-9a-f]{64}", re.ASCII)
MAX_SERIALS_BYTES: Final = MAX_LEAVES * (MAX_AI_VALUE + 1)  # a line each


class ContentStore:
    """A folder of contents. Any number of programs may read and write it at the same time.

    Args:
        folder: made when first written to.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._listings: dict[bytes, _Listing] = {}

    def put(self, text: str) -> bytes:
        """Keep the exact text of an event or a party's profile.

        Returns:
            Its digest, SHA-256 of its UTF-8 bytes.

        Raises:
            LimitExceededError: longer than `MAX_CONTENT_BYTES`.
            DatabaseUnavailableError: the disk is full or the folder not ours; nothing is
                half-written. The other methods raise it too.
        """
        data = _encode(text)
        digest = hashlib.sha256(data).digest()
        self._put("contents", digest, data)
        return digest

    def get(self, digest: bytes) -> bytes | None:
        """The bytes on file, damaged or not; None when there are none."""
        return self._get("contents", digest, MAX_CONTENT_BYTES)

    def put_document(self, commitment: bytes, view: str) -> None:
        """Keep the public view of a document, and where the numbers it uses are found again.

        Raises:
            LimitExceededError: longer than `MAX_CONTENT_BYTES`.
        """
        data = _encode(view)
        for key in number_keys(view):  # first: a view that nobody finds hides a number's use
            self._mark(key, commitment)
        self._put("documents", commitment, data)

    def users_of(self, number_key: bytes) -> list[bytes]:
        """Commitments of the documents on file that use a number, ascending.

        Args:
            number_key: `PaperNumber.key`.
        """
        folder = self._path(NUMBERS, number_key)
        try:
            names = [path.name for path in folder.iterdir()]
        except FileNotFoundError:
            return []
        except OSError as error:
            raise _unavailable("read", folder, error) from error
        return sorted(bytes.fromhex(name) for name in names if _COMMITMENT.fullmatch(name))

    def _mark(self, number_key: bytes, commitment: bytes) -> None:
        path = self._path(NUMBERS, number_key) / commitment.hex()
        if path.exists():
            return
        try:
            make_folder(path.parent)
            replace_file(path, b"", FILE_MODE)
        except OSError as error:
            raise _unavailable("written", path, error) from error

    def get_document(self, commitment: bytes) -> bytes | None:
        """The bytes of the view on file, damaged or not; None when there are none."""
        return self._get("documents", commitment, MAX_CONTENT_BYTES)

    def put_serials(self, root: bytes, serials: Sequence[str]) -> None:
        """Keep the serials under a Merkle root, in the order of its leaves.

        Raises:
            InvalidIdentifierError: one of them is no serial number.
            InputError: they have another root.
            LimitExceededError: more than a tree can hold.
        """
        lines = "".join(f"{Serial.parse(serial)}\n" for serial in serials)
        if _tree(serials).root != root:
            raise InputError(f"{len(serials)} serials do not have the root {root.hex()}")
        self._put("serials", root, lines.encode("ascii"))

    def get_serials(self, root: bytes) -> list[str] | None:
        """The serials on file, damaged or not, in order; None when there are none."""
        data = self._get("serials", root, MAX_SERIALS_BYTES)
        if data is None:
            return None
        return data.decode("utf-8", errors="replace").removesuffix("\n").split("\n")

    def prove_serial(self, root: bytes, serial: str) -> TinRow | None:
        """Proof that a serial is under a root, from the serials on file.

        Returns:
            None when the root's serials are not on file or the serial is not among them. From a
            damaged file comes a proof that does not hold.
        """
        listing = self._listing(root)
        if listing is None or serial not in listing.index_of:
            return None
        index, tree = listing.index_of[serial], listing.tree
        return TinRow(serial, index, len(tree), tuple(tree.inclusion_proof(index)), root)

    def has_serial(self, root: bytes, serial: str) -> bool:
        """Whether a serial is among those on file under a root; nothing is hashed.

        Enough to ask what else is known of a tin; what shall be proven needs `prove_serial`.
        """
        return has_line(self._path("serials", root), serial)

    def put_inner(self, root: bytes, commitments: Sequence[bytes]) -> None:
        """Keep the commitments to the codes under the seals, in the order of the root's serials.

        Raises:
            InputError: one of them has not 32 bytes.
        """
        if any(len(it) != KEY_BYTES for it in commitments):
            raise InputError(f"a commitment has {KEY_BYTES} bytes")
        self._put("inner", root, b"".join(commitments))

    def get_inner(self, root: bytes, serial: str) -> bytes | None:
        """The commitment of one tin, damaged or not; None when it has none."""
        index = find_line(self._path("serials", root), serial)
        if index is None:
            return None
        return read_slice(self._path("inner", root), index * KEY_BYTES, KEY_BYTES)

    def _listing(self, root: bytes) -> "_Listing | None":
        """The serials under a root, hashed once for as long as their file does not change."""
        path = self._path("serials", root)
        try:
            state = path.stat().st_mtime_ns, path.stat().st_size
        except OSError:
            return None
        known = self._listings.get(root)
        if known is not None and known.state == state:
            return known
        serials = (self.get_serials(root) or [])[:MAX_LEAVES]
        index_of = {serial: index for index, serial in enumerate(serials)}
        listing = _Listing(state, index_of, _tree(serials))
        while len(self._listings) >= KEPT_LISTINGS:
            self._listings.pop(next(iter(self._listings)), None)
        self._listings[root] = listing
        return listing

    def _path(self, shelf: str, key: bytes) -> Path:
        # Names are made of hexadecimal digits alone, so no key reaches another place.
        if len(key) != KEY_BYTES:
            raise InputError(f"a content's key has {KEY_BYTES} bytes, not {len(key)}")
        name = key.hex()
        return self.folder / shelf / name[:2] / name

    def _put(self, shelf: str, key: bytes, data: bytes) -> None:
        path = self._path(shelf, key)
        if self._get(shelf, key, len(data)) == data:
            return
        try:
            make_folder(path.parent)
            replace_file(path, data, FILE_MODE)
        except OSError as error:
            raise _unavailable("written", path, error) from error

    def _get(self, shelf: str, key: bytes, limit: int) -> bytes | None:
        path = self._path(shelf, key)
        try:
            # A link planted in the folder must not serve a file from elsewhere.
            handle = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0))
            with os.fdopen(handle, "rb") as file:
                return file.read(limit + 1)
        except OSError as error:
            if error.errno in {errno.ENOENT, errno.ENOTDIR, errno.ELOOP}:
                return None
            raise _unavailable("read", path, error) from error


@dataclass(frozen=True, slots=True)
class _Listing:
    """Serials of one root; `state` is their file's time and size."""

    state: tuple[int, int]
    index_of: Mapping[str, int]
    tree: MerkleTree


def _tree(serials: Iterable[str]) -> MerkleTree:
    return MerkleTree.of(serial.encode("utf-8") for serial in serials)


def number_keys(text: str) -> list[bytes]:
    """Keys of the numbers that a view's open fields use; none of a text that is no view."""
    try:
        view = parse_view(text)
    except InputError:
        return []
    return [number.key for number in numbers_of(view.doc_type, view.plain)]


def _encode(text: str) -> bytes:
    data = text.encode("utf-8")
    if len(data) > MAX_CONTENT_BYTES:
        raise LimitExceededError(
            f"a content of {len(data)} bytes is larger than {MAX_CONTENT_BYTES}",
            hint="Record the digest of a large file, not the file.",
        )
    return data


def _unavailable(what: str, path: Path, error: OSError) -> DatabaseUnavailableError:
    return DatabaseUnavailableError(
        f"{path} cannot be {what}: {error.strerror or error}",
        hint="Check the disk's space and the folder's owner, then run the same command again.",
    )
