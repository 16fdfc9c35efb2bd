"""The root key: what wraps each organisation's keys, names plaintexts, and signs receipts.

`KeyProvider` is all that the vault asks of it, so that a key in a PKCS #11 token or in a cloud's
key service can take the place of the file.
"""

import functools
import hmac
import os
from pathlib import Path
from typing import Final, Protocol

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.keywrap import (
    InvalidUnwrap,
    aes_key_unwrap_with_padding,
    aes_key_wrap_with_padding,
)

from tracer.errors import KeyUnavailableError
from tracer.vault.key_file import create_key_file, open_key_file

KEY_BYTES: Final = 32
WRAP_BYTES: Final = 40  # AES-256-KWP (RFC 5649) of 32 bytes
ROOT_PURPOSE: Final = "vault root key"


class KeyProvider(Protocol):
    """What the vault needs of its root key; the key itself never leaves the provider."""

    @property
    def root_id(self) -> bytes:
        """16 bytes that name the root key and tell nothing about it."""
        ...

    @property
    def public_key(self) -> bytes:
        """Ed25519 public key of receipts and of the audit log, 32 bytes."""
        ...

    def wrap_kek(self, org: int, version: int, kek: bytes) -> bytes:
        """Encrypt an organisation's key; the wrap opens for this organisation and version only."""
        ...

    def unwrap_kek(self, org: int, version: int, wrapped: bytes) -> bytes:
        """Decrypt an organisation's key.

        Raises:
            KeyUnavailableError: wrapped for another one, by another root, or damaged.
        """
        ...

    def fingerprint(self, digest: bytes) -> bytes:
        """32 bytes that only this root key makes of a digest: equal for equal digests."""
        ...

    def sign(self, message: bytes) -> bytes:
        """Ed25519 signature, 64 bytes."""
        ...


class RootKey:
    """A root key in this process's memory.

    Args:
        secret: 32 random bytes; every key that the vault needs is derived from them.
    """

    def __init__(self, secret: bytes) -> None:
        if len(secret) != KEY_BYTES:
            raise KeyUnavailableError(f"a root key has {KEY_BYTES} bytes, not {len(secret)}")
        self._derive = functools.partial(_derive, secret)
        self._signer = Ed25519PrivateKey.from_private_bytes(self._derive(b"receipts"))

    @property
    def root_id(self) -> bytes:
        """16 bytes that name the root key and tell nothing about it."""
        return self._derive(b"name")[:16]

    @property
    def public_key(self) -> bytes:
        """Ed25519 public key of receipts and of the audit log, 32 bytes."""
        return self._signer.public_key().public_bytes_raw()

    def wrap_kek(self, org: int, version: int, kek: bytes) -> bytes:
        """Encrypt an organisation's key; the wrap opens for this organisation and version only."""
        return wrap_key(self._wrapping_key(org, version), kek)

    def unwrap_kek(self, org: int, version: int, wrapped: bytes) -> bytes:
        """Decrypt an organisation's key.

        Raises:
            KeyUnavailableError: wrapped for another one, by another root, or damaged.
        """
        kek = unwrap_key(self._wrapping_key(org, version), wrapped)
        if kek is None:
            raise KeyUnavailableError(
                f"key {version} of {org:013d} does not open with this root key",
                hint="Restore the vault's database, or the root key it was made with.",
            )
        return kek

    def fingerprint(self, digest: bytes) -> bytes:
        """32 bytes that only this root key makes of a digest: equal for equal digests."""
        return hmac.digest(self._derive(b"fingerprints"), digest, "sha256")

    def sign(self, message: bytes) -> bytes:
        """Ed25519 signature, 64 bytes."""
        return self._signer.sign(message)

    def _wrapping_key(self, org: int, version: int) -> bytes:
        # KWP carries no additional data; a key of its own binds a wrap to its row.
        return self._derive(b"kek" + org.to_bytes(8, "big") + version.to_bytes(8, "big"))


def create_root_key(path: Path, passphrase: str, *, light: bool = False) -> RootKey:
    """Make a random root key and keep it in a new file.

    Raises:
        ConflictError: there is a file already.
        DatabaseUnavailableError: it cannot be written.
    """
    secret = os.urandom(KEY_BYTES)
    create_key_file(path, secret, passphrase, purpose=ROOT_PURPOSE, light=light)
    return RootKey(secret)


def open_root_key(path: Path, passphrase: str) -> RootKey:
    """The root key in a file.

    Raises:
        KeyUnavailableError: no such file, or it does not open.
    """
    return RootKey(open_key_file(path, passphrase, purpose=ROOT_PURPOSE))


def wrap_key(wrapping_key: bytes, key: bytes) -> bytes:
    """Encrypt a key under a key: AES-256-KWP, 40 bytes for 32."""
    return aes_key_wrap_with_padding(wrapping_key, key)


def unwrap_key(wrapping_key: bytes, wrapped: bytes) -> bytes | None:
    """The key in a wrap; None when it was made with another key or is damaged."""
    try:
        key = aes_key_unwrap_with_padding(wrapping_key, wrapped)
    except (InvalidUnwrap, ValueError):
        return None
    return key if len(key) == KEY_BYTES else None


def _derive(secret: bytes, purpose: bytes) -> bytes:
    return HKDF(SHA256(), KEY_BYTES, salt=None, info=b"tracer/root/v1 " + purpose).derive(secret)
