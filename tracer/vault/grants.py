"""A document's key, sealed for somebody else: HPKE (RFC 9180) to an X25519 key."""

import hashlib
from dataclasses import asdict, dataclass
from typing import Any, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite

from tracer.errors import InputError, VerificationError

PUBLIC_KEY_BYTES: Final = 32
SEALED_BYTES: Final = 80  # 32 of the key exchange, 32 of the key, 16 of the tag
MAX_PURPOSE_CHARS: Final = 200
_CONTEXT: Final = b"tracer/dek/v1"
_SUITE: Final = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)


@dataclass(frozen=True, slots=True)
class Grant:
    """Somebody else may open a document, for a purpose and until a time.

    Attributes:
        grant_id: 32 hexadecimal digits.
        doc_id: the document.
        grantee: GLN of the party that may open it.
        public_key: its X25519 key, 32 bytes.
        sealed_dek: 80 bytes that only the private key opens; None once revoked or erased.
        purpose: why, for the log.
        created_at_unix: when it was given.
        expires_at_unix: from then on the vault serves it no longer.
        revoked_at_unix: when it was taken back; None while it holds.
    """

    grant_id: str
    doc_id: str
    grantee: int
    public_key: bytes
    sealed_dek: bytes | None
    purpose: str
    created_at_unix: int
    expires_at_unix: int
    revoked_at_unix: int | None = None

    def is_live(self, now_unix: int) -> bool:
        """Whether the vault serves it now."""
        return self.sealed_dek is not None and now_unix < self.expires_at_unix

    def to_row(self) -> dict[str, Any]:
        """The grant as its row has it."""
        return asdict(self)

    def to_json(self) -> dict[str, Any]:
        """The grant for people and programs, without the sealed key."""
        return {
            "grantId": self.grant_id,
            "docId": self.doc_id,
            "grantee": f"{self.grantee:013d}",
            "publicKey": self.public_key.hex(),
            "purpose": self.purpose,
            "createdAtUnix": self.created_at_unix,
            "expiresAtUnix": self.expires_at_unix,
            "revokedAtUnix": self.revoked_at_unix,
        }


def seal_dek(dek: bytes, doc_id: str, public_key: bytes) -> bytes:
    """Seal a document's key for one recipient and one document.

    Raises:
        InputError: not an X25519 public key that can be used.
    """
    try:
        key = X25519PublicKey.from_public_bytes(public_key)
        return bytes(_SUITE.encrypt(dek, key, _info(doc_id, public_key)))
    except ValueError as error:
        raise InputError(
            f"{public_key.hex()[:64]} is no X25519 public key",
            hint="It has 64 hexadecimal digits; the recipient's key file shows it.",
        ) from error


def unseal_dek(sealed: bytes, doc_id: str, private_key: bytes) -> bytes:
    """A document's key, by its recipient.

    Raises:
        VerificationError: sealed for another key or another document, or damaged.
    """
    try:
        key = X25519PrivateKey.from_private_bytes(private_key)
        public_key = key.public_key().public_bytes_raw()
        return bytes(_SUITE.decrypt(sealed, key, _info(doc_id, public_key)))
    except (InvalidTag, ValueError) as error:
        raise VerificationError(
            f"the key of document {doc_id} was sealed for another recipient, or is damaged",
            hint="Ask the document's owner for a grant to your own public key.",
        ) from error


def _info(doc_id: str, public_key: bytes) -> bytes:
    key_id = hashlib.sha256(public_key).digest()[:8]
    return _CONTEXT + doc_id.encode() + key_id
