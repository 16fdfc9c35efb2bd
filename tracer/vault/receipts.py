"""What a client may rely on once it has it: the vault's signed word that a paper is stored."""

import base64
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, Self

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from tracer.domain.canonical import canonical_text
from tracer.errors import InputError

_CONTEXT: Final = b"tracer/receipt/v1\0"


@dataclass(frozen=True, slots=True)
class Receipt:
    """A part of a document is stored and survives a power cut.

    Attributes:
        doc_id: ULID of the document.
        org: GLN of its owner.
        part: "file" or "view".
        sha256: of the plaintext, 32 bytes.
        size: of the plaintext, in bytes.
        stored_at_unix: when, by the vault's clock.
        blob: SHA-256 of the ciphertext, hexadecimal.
        signature: Ed25519 over all of the above, 64 bytes.
    """

    doc_id: str
    org: int
    part: str
    sha256: bytes
    size: int
    stored_at_unix: int
    blob: str
    signature: bytes = b""

    def signed(self, signature: bytes) -> Self:
        """The same receipt with a signature."""
        return replace(self, signature=signature)

    def message(self) -> bytes:
        """What the signature signs."""
        fields = self.to_json()
        del fields["signature"]
        return _CONTEXT + canonical_text(fields).encode()

    def verify(self, public_key: bytes) -> bool:
        """Whether the vault with this Ed25519 key, 32 bytes, gave this receipt."""
        try:
            Ed25519PublicKey.from_public_bytes(public_key).verify(self.signature, self.message())
        except (InvalidSignature, ValueError):
            return False
        return True

    def to_json(self) -> dict[str, Any]:
        """The receipt for a client. The GLN is text of 13 digits, bytes are hexadecimal."""
        return {
            "docId": self.doc_id,
            "org": f"{self.org:013d}",
            "part": self.part,
            "sha256": self.sha256.hex(),
            "size": self.size,
            "storedAtUnix": self.stored_at_unix,
            "blob": self.blob,
            "signature": base64.b64encode(self.signature).decode(),
        }

    @classmethod
    def from_json(cls, fields: Mapping[str, Any]) -> Self:
        """Read what `to_json` wrote.

        Raises:
            InputError: it has another form.
        """
        try:
            receipt = cls(
                doc_id=fields["docId"],
                org=int(fields["org"]),
                part=fields["part"],
                sha256=bytes.fromhex(fields["sha256"]),
                size=fields["size"],
                stored_at_unix=fields["storedAtUnix"],
                blob=fields["blob"],
                signature=base64.b64decode(fields["signature"], validate=True),
            )
            same = receipt.to_json() == dict(fields)
        except (KeyError, TypeError, ValueError) as error:
            raise InputError(f"this is no receipt: {type(error).__name__} {error}") from error
        if not same:
            raise InputError("this is no receipt: it has other fields, or another spelling")
        return receipt
