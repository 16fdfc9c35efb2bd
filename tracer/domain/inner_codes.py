"""The code under the seal: seen by nobody before the tin is opened, and known to no server.

A code is 16 characters of RFC 4648 base 32, that is 80 random bits. Only its commitment is public:

    commitment = SHA-256("tracer/inner/v1" 0x00 batch id, serial, 0x00, code)

Batch and serial are in it, so a commitment says nothing about another tin, and a code that was seen
once is of no use on another. 80 bits cannot be found by trying, neither against the server nor
against the commitments, which everybody may have.

The code is printed as a QR code of its own, under the lid's seal: the tin's Digital Link with the
fragment `#open=CODE`. A browser does not send fragments, so the code reaches the server only when
the page asks about it.
"""

import hashlib
import hmac
import re
from typing import Final

from tracer.errors import InputError

CODE_CHARS: Final = 16
CODE_BYTES: Final = 10  # 80 bits
COMMITMENT_BYTES: Final = 32

_DOMAIN: Final = b"tracer/inner/v1\x00"
_CODE: Final = re.compile(r"[A-Z2-7]{16}", re.ASCII)


def parse_code(text: str) -> str:
    """Read a code; small letters are taken for capitals.

    Raises:
        InputError: not 16 characters of base 32.
    """
    code = text.upper() if text.isascii() else text
    if not _CODE.fullmatch(code):
        raise InputError("not a code under a seal", hint="It has 16 characters: A to Z and 2 to 7.")
    return code


def build_commitment(batch_id: bytes, serial: str, code: str) -> bytes:
    """What may be public of a code, 32 bytes.

    Args:
        batch_id: 32 bytes.
        serial: as printed on the tin.
        code: from `parse_code`, or drawn.
    """
    text = serial.encode("ascii") + b"\x00" + code.encode("ascii")
    return hashlib.sha256(_DOMAIN + batch_id + text).digest()


def verify_code(commitment: bytes, batch_id: bytes, serial: str, code: str) -> bool:
    """Whether this is the code that was committed to; compared in constant time."""
    return hmac.compare_digest(build_commitment(batch_id, serial, code), commitment)


def build_opening_uri(tin_uri: str, code: str) -> str:
    """What the QR code under the seal says.

    Args:
        tin_uri: the tin's Digital Link, as on the label.
        code: 16 characters.
    """
    return f"{tin_uri}#open={code}"
