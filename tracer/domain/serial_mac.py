"""Serials that whoever holds the maker's key can check without asking anybody.

A serial is 12 random characters and 8 of a message authentication code, both of RFC 4648 base 32:

    random    60 bits: of a batch with a million tins one guess in 10^12 hits one of its serials
    mac       40 bits of HMAC-SHA256(key, "tracer/serial-mac/v1" 0x00 batch id, random)

Together they are the 20 characters that GS1 allows in AI 21, all of them in the alphanumeric mode
of QR codes. Only the maker's key can make such a serial, and an inspector who was given the key
finds an invented one in a shop without network. Everybody else asks the ledger: a serial is issued
if and only if it is under the batch's Merkle root. The code does not replace that, and a copied
serial has the right code, too.
"""

import base64
import hashlib
import hmac
from collections.abc import Iterator
from typing import Final

from tracer.errors import InputError

KEY_BYTES: Final = 32
RANDOM_CHARS: Final = 12
MAC_CHARS: Final = 8
SERIAL_CHARS: Final = RANDOM_CHARS + MAC_CHARS
RANDOM_BYTES_OF_TWO: Final = 15  # 2 x 60 bits: base 32 has no bits left over for two serials
MAC_BYTES: Final = 5
BASE32: Final = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")

_DOMAIN: Final = b"tracer/serial-mac/v1\x00"
_BLOCK_BYTES: Final = 64  # of SHA-256 (RFC 2104)
_INNER: Final = bytes(byte ^ 0x36 for byte in range(256))
_OUTER: Final = bytes(byte ^ 0x5C for byte in range(256))


def build_serials(key: bytes, batch_id: bytes, random: bytes) -> list[str]:
    """Serials out of random bytes, two of each 15 bytes, in the order of the bytes.

    Equal ones are not taken out; a million draws hold one pair in two million runs.

    Args:
        key: 32 bytes, the maker's.
        batch_id: 32 bytes.
        random: from a cryptographic source; a multiple of 15 bytes.

    Raises:
        InputError: a length is wrong.
    """
    if len(random) % RANDOM_BYTES_OF_TWO:
        raise InputError(f"random bytes come in pieces of {RANDOM_BYTES_OF_TWO}")
    text = base64.b32encode(random).decode("ascii")
    parts = [text[at : at + RANDOM_CHARS] for at in range(0, len(text), RANDOM_CHARS)]
    digests = b"".join(digest[:MAC_BYTES] for digest in _digests(key, batch_id, parts))
    macs = base64.b32encode(digests).decode("ascii")
    starts = range(0, len(macs), MAC_CHARS)
    return [part + macs[at : at + MAC_CHARS] for part, at in zip(parts, starts, strict=True)]


def build_mac(key: bytes, batch_id: bytes, random: str) -> str:
    """The 8 characters that belong to 12 random ones.

    Raises:
        InputError: the key or the batch id has a wrong length.
    """
    digest = next(_digests(key, batch_id, [random]))
    return base64.b32encode(digest[:MAC_BYTES]).decode("ascii")


def verify_serial(key: bytes, batch_id: bytes, serial: str) -> bool:
    """Whether a serial carries the code of this key and batch; compared in constant time.

    Raises:
        InputError: the key or the batch id has a wrong length.
    """
    is_formed = len(serial) == SERIAL_CHARS and set(serial) <= BASE32
    random, mac = serial[:RANDOM_CHARS], serial[RANDOM_CHARS:]
    expected = build_mac(key, batch_id, random if is_formed else "")
    return hmac.compare_digest(expected.encode(), mac.encode()) and is_formed


def _digests(key: bytes, batch_id: bytes, parts: list[str]) -> Iterator[bytes]:
    """HMAC-SHA256 of each part, with the work that all share done once (RFC 2104 §4)."""
    if len(key) != KEY_BYTES or len(batch_id) != hashlib.sha256().digest_size:
        raise InputError("the key and the batch id have 32 bytes each")
    block = key.ljust(_BLOCK_BYTES, b"\x00")
    inner = hashlib.sha256(block.translate(_INNER) + _DOMAIN + batch_id)
    outer = hashlib.sha256(block.translate(_OUTER))
    for part in parts:
        first, second = inner.copy(), outer.copy()
        first.update(part.encode())
        second.update(first.digest())
        yield second.digest()
