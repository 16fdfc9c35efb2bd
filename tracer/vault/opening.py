"""Open a container with a grant, where no vault is: what a recipient such as customs runs."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Final, NamedTuple

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from tracer.vault.container import ContainerName, decrypt
from tracer.vault.grants import unseal_dek
from tracer.vault.key_file import create_key_file, open_key_file

RECIPIENT_PURPOSE: Final = "recipient key"


class RecipientKey(NamedTuple):
    """Somebody's X25519 key pair, 32 bytes each. The public one goes into grants."""

    private: bytes
    public: bytes


def create_recipient_key(path: Path, passphrase: str, *, light: bool = False) -> RecipientKey:
    """Make a random key pair and keep it in a new file behind a passphrase.

    Raises:
        ConflictError: there is a file already.
        DatabaseUnavailableError: it cannot be written.
    """
    private = os.urandom(32)
    create_key_file(path, private, passphrase, purpose=RECIPIENT_PURPOSE, light=light)
    return _pair(private)


def open_recipient_key(path: Path, passphrase: str) -> RecipientKey:
    """The key pair in a file.

    Raises:
        KeyUnavailableError: no such file, or it does not open.
    """
    return _pair(open_key_file(path, passphrase, purpose=RECIPIENT_PURPOSE))


def open_container(
    source: IO[bytes], name: ContainerName, sealed_dek: bytes, private_key: bytes
) -> Iterator[bytes]:
    """Open a container; all of it is verified before this returns, so before a byte is released.

    Args:
        source: seekable, at the container's first byte; nobody else may write to it.
        name: what the container must be: document, owner and part.
        sealed_dek: from the grant.
        private_key: X25519, 32 bytes.

    Returns:
        The plaintext, in chunks.

    Raises:
        VerificationError: the key was sealed for somebody else.
        DamagedDocumentError: the container is not exactly what its owner stored.
    """
    return decrypt(source, name, unseal_dek(sealed_dek, name.doc_id, private_key))


def _pair(private: bytes) -> RecipientKey:
    key = X25519PrivateKey.from_private_bytes(private)
    return RecipientKey(private, key.public_key().public_bytes_raw())
