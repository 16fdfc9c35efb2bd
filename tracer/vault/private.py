"""A document's private attributes: its filename, media type, what was read. Sealed in its row."""

import json
import os
from collections.abc import Mapping
from typing import Any, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from tracer.domain.canonical import canonical_text
from tracer.errors import DamagedDocumentError, LimitExceededError

MAX_PRIVATE_BYTES: Final = 1 << 18  # a filename and the text fields of one paper
_NONCE_BYTES: Final = 12
_INFO: Final = b"tracer/doc/v1 private"


def seal_private(private: Mapping[str, Any], doc_id: str, dek: bytes) -> bytes:
    """Encrypt attributes for one document.

    Raises:
        InputError: something in them is no JSON.
        LimitExceededError: larger than `MAX_PRIVATE_BYTES`.
    """
    data = canonical_text(dict(private)).encode()
    if len(data) > MAX_PRIVATE_BYTES:
        raise LimitExceededError(
            f"private attributes of {len(data)} bytes are more than {MAX_PRIVATE_BYTES}"
        )
    nonce = os.urandom(_NONCE_BYTES)  # a row is changed a few times, far from 2**32
    return nonce + AESGCM(_key(dek)).encrypt(nonce, data, doc_id.encode())


def unseal_private(sealed: bytes, doc_id: str, dek: bytes) -> dict[str, Any]:
    """Decrypt a document's attributes.

    Raises:
        DamagedDocumentError: changed, or another document's.
    """
    try:
        data = AESGCM(_key(dek)).decrypt(
            sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], doc_id.encode()
        )
    except (InvalidTag, ValueError) as error:
        raise DamagedDocumentError(
            f"the private attributes of document {doc_id} are damaged",
            hint="Restore the vault's database from a backup.",
        ) from error
    fields: dict[str, Any] = json.loads(data)
    return fields


def _key(dek: bytes) -> bytes:
    return HKDF(SHA256(), 32, salt=None, info=_INFO).derive(dek)
