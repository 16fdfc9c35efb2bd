"""TVD1: one paper, encrypted as a stream, read back whole or not at all.

    "TVD1" | u16 header length | file id 32, random | header, JSON | header MAC 32 | chunks

HKDF-SHA256 of the document's key with the file id as salt gives three keys. The MAC covers all
that stands before it, so a container opens under one key only (AES-GCM alone would not promise
that). A chunk is 64 KiB of plaintext under AES-256-GCM; its nonce is its number and whether it is
the last, and its additional data is the header MAC. So no chunk can be changed, moved, dropped, or
taken from another container. The header holds no name, no digest and no commitment in the clear:
the plaintext's SHA-256 is in it as an HMAC.
"""

import hashlib
import hmac
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO, Any, Final, NamedTuple

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from tracer.errors import DamagedDocumentError, InputError, LimitExceededError

MAGIC: Final = b"TVD1"
CHUNK_BYTES: Final = 65_536  # as in age: little overhead, and little memory for a reader
TAG_BYTES: Final = 16
KEY_BYTES: Final = 32
FILE_ID_BYTES: Final = 32
MAC_BYTES: Final = 32
MAX_HEADER_BYTES: Final = 4096  # ours has 200; a longer one is an attack
MAX_PLAINTEXT_BYTES: Final = 1 << 30  # fifty times the largest upload; the counter allows more
ALGORITHM: Final = 1  # HKDF-SHA256, HMAC-SHA256, AES-256-GCM
_INFO: Final = b"tracer/doc/v1 stream"


@dataclass(frozen=True, slots=True)
class ContainerName:
    """What a container is: the reader must expect it before it opens one.

    Attributes:
        doc_id: the document.
        org: GLN of its owner.
        part: "file" or "view".
    """

    doc_id: str
    org: int
    part: str


class _Keys(NamedTuple):
    stream: bytes
    header: bytes
    digest: bytes


class _Opened(NamedTuple):
    """A header that is genuine: how to read the chunks that follow it."""

    cipher: AESGCM
    mac: bytes
    size: int
    sum: bytes
    digest_key: bytes


def encrypt(
    source: IO[bytes], name: ContainerName, dek: bytes, *, size: int, sha256: bytes
) -> Iterator[bytes]:
    """Yield a new container of a plaintext, piece by piece.

    Args:
        source: is read once, to its end.
        name: is bound to the ciphertext.
        dek: 32 bytes; it may encrypt any number of containers.
        size: of the plaintext, in bytes.
        sha256: of the plaintext.

    Raises:
        InputError: the plaintext has another size or digest; the container lacks its last chunk.
        LimitExceededError: larger than `MAX_PLAINTEXT_BYTES`.
    """
    if size > MAX_PLAINTEXT_BYTES:
        raise LimitExceededError(f"{size} bytes are more than {MAX_PLAINTEXT_BYTES}")
    file_id = os.urandom(FILE_ID_BYTES)
    keys = _derive(dek, file_id)
    header = _spell_header(name, size, hmac.digest(keys.digest, sha256, "sha256"))
    prefix = MAGIC + len(header).to_bytes(2, "big") + file_id + header
    mac = hmac.digest(keys.header, prefix, "sha256")
    yield prefix + mac
    cipher, digest, left = AESGCM(keys.stream), hashlib.sha256(), size
    for number in range(_count_chunks(size)):
        wanted = min(left, CHUNK_BYTES)
        chunk = _read(source, wanted)
        digest.update(chunk)
        left -= wanted
        if len(chunk) != wanted or (left == 0 and (source.read(1) or digest.digest() != sha256)):
            raise InputError(
                "the file is not the one that was announced: its size or SHA-256 differs",
                hint="It changed while it was read, or arrived incomplete; send it again.",
            )
        yield cipher.encrypt(_nonce(number, is_last=left == 0), chunk, mac)


def decrypt(source: IO[bytes], name: ContainerName, dek: bytes) -> Iterator[bytes]:
    """Open a container. All of it is verified before this returns, so before a byte is released.

    Args:
        source: seekable, at the container's first byte; nobody else may write to it.
        name: what the container must be.
        dek: 32 bytes.

    Returns:
        The plaintext, in chunks.

    Raises:
        DamagedDocumentError: it is not exactly what was written under this name and key.
    """
    opened = _open_header(source, name, dek)
    first_chunk = source.tell()
    _verify_chunks(source, name, opened)
    source.seek(first_chunk)
    return _chunks(source, name, opened)


def verify(source: IO[bytes], name: ContainerName, dek: bytes) -> int:
    """Read a container to its end and release nothing.

    Returns:
        Bytes of plaintext.

    Raises:
        DamagedDocumentError: as for `decrypt`.
    """
    opened = _open_header(source, name, dek)
    _verify_chunks(source, name, opened)
    return opened.size


def _open_header(source: IO[bytes], name: ContainerName, dek: bytes) -> _Opened:
    """Read up to the first chunk, and believe nothing that the MAC does not cover."""
    fixed = source.read(len(MAGIC) + 2 + FILE_ID_BYTES)
    length = int.from_bytes(fixed[len(MAGIC) : len(MAGIC) + 2], "big")
    file_id = fixed[len(MAGIC) + 2 :]
    if not fixed.startswith(MAGIC) or len(file_id) != FILE_ID_BYTES or length > MAX_HEADER_BYTES:
        raise _damaged(name, "it does not begin like a container")
    header, mac = source.read(length), source.read(MAC_BYTES)
    keys = _derive(dek, file_id)
    if not hmac.compare_digest(hmac.digest(keys.header, fixed + header, "sha256"), mac):
        raise _damaged(name, "its header was not made with this document's key")
    size, digest = _parse_header(header, name)
    return _Opened(AESGCM(keys.stream), mac, size, digest, keys.digest)


def _verify_chunks(source: IO[bytes], name: ContainerName, opened: _Opened) -> None:
    digest = hashlib.sha256()
    for chunk in _chunks(source, name, opened):
        digest.update(chunk)
    if source.read(1):
        raise _damaged(name, "something follows its last chunk")
    found = hmac.digest(opened.digest_key, digest.digest(), "sha256")
    if not hmac.compare_digest(found, opened.sum):
        raise _damaged(name, "its content has another SHA-256")


def _chunks(source: IO[bytes], name: ContainerName, opened: _Opened) -> Iterator[bytes]:
    """Decrypt chunk by chunk. An empty plaintext is one empty chunk."""
    left = opened.size
    for number in range(_count_chunks(opened.size)):
        wanted = min(left, CHUNK_BYTES)
        left -= wanted
        sealed = _read(source, wanted + TAG_BYTES)
        try:
            yield opened.cipher.decrypt(_nonce(number, is_last=left == 0), sealed, opened.mac)
        except (InvalidTag, ValueError) as error:  # ValueError: shorter than a tag
            raise _damaged(name, f"chunk {number} is changed, moved or cut") from error


def _derive(dek: bytes, file_id: bytes) -> _Keys:
    material = HKDF(SHA256(), 3 * KEY_BYTES, salt=file_id, info=_INFO).derive(dek)
    return _Keys(*(material[at : at + KEY_BYTES] for at in range(0, 3 * KEY_BYTES, KEY_BYTES)))


def _nonce(number: int, *, is_last: bool) -> bytes:
    """12 bytes. The key is the container's own, so a counter never repeats."""
    return bytes(4) + number.to_bytes(4, "big") + bytes(3) + bytes([is_last])


def _count_chunks(size: int) -> int:
    return max(1, -(-size // CHUNK_BYTES))


def _read(source: IO[bytes], wanted: int) -> bytes:
    """As many bytes as are wanted, or all that are left: sockets and pipes give fewer at once."""
    pieces = []
    while wanted and (piece := source.read(wanted)):
        pieces.append(piece)
        wanted -= len(piece)
    return b"".join(pieces)


def _spell_header(name: ContainerName, size: int, digest: bytes) -> bytes:
    fields = {
        "alg": ALGORITHM,
        "doc_id": name.doc_id,
        "org": name.org,
        "part": name.part,
        "size": size,
        "sum": digest.hex(),
        "v": 1,
    }
    return json.dumps(fields, sort_keys=True, separators=(",", ":")).encode("ascii")


def _parse_header(header: bytes, name: ContainerName) -> tuple[int, bytes]:
    """Size and digest of a header that its MAC has proved genuine.

    Raises:
        DamagedDocumentError: another document's, or of a form that this reader does not know.
    """
    try:
        fields: dict[str, Any] = json.loads(header)
        size, digest = int(fields["size"]), bytes.fromhex(fields["sum"])
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise _damaged(name, "its header has an unknown form") from error
    if not 0 <= size <= MAX_PLAINTEXT_BYTES or header != _spell_header(name, size, digest):
        raise _damaged(name, "its header is another document's, or of an unknown form")
    return size, digest


def _damaged(name: ContainerName, reason: str) -> DamagedDocumentError:
    return DamagedDocumentError(
        f"document {name.doc_id} ({name.part}) is damaged: {reason}",
        hint="Nothing of it is shown. Restore the blob from a backup; `tracer vault scrub` lists"
        " all that are damaged.",
    )
