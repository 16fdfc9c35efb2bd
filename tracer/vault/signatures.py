"""Who signed: EIP-712 typed data and EIP-191 messages, hashed here and recovered strictly.

A signature on secp256k1 has a twin with another s that recovers the same address. Only the lower
one is taken (EIP-2), and only with v of 27 or 28, so that a signature has one form. No web3 here:
what is hashed is flat, and libsecp256k1 recovers a key fifty times faster.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from coincurve import PublicKey
from sha3 import keccak_256

from tracer.errors import NotAuthenticatedError

SIGNATURE_BYTES: Final = 65
WORD: Final = 32
HALF_ORDER: Final = 0x7FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF5D576E7357A4501DDFE92F46681B20A0
"""Half the order of secp256k1; a higher s belongs to a twin."""

_V: Final = (27, 28)
_HEX: Final = re.compile(r"0x[0-9a-fA-F]{130}", re.ASCII)
_PERSONAL: Final = b"\x19Ethereum Signed Message:\n"
_TYPED: Final = b"\x19\x01"


def keccak(data: bytes) -> bytes:
    """Keccak-256 as Ethereum uses it."""
    digest: bytes = keccak_256(data).digest()
    return digest


def hash_personal(text: str) -> bytes:
    """What a wallet signs when it is asked to sign a message (EIP-191, version E)."""
    data = text.encode()
    return keccak(_PERSONAL + str(len(data)).encode() + data)


def hash_typed_data(typed: Mapping[str, Any]) -> bytes:
    """What is signed of typed data (EIP-712) whose structures are flat.

    Args:
        typed: `types`, `primaryType`, `domain` and `message`, as our own builders make them.
    """
    types = typed["types"]
    primary = typed["primaryType"]
    return keccak(
        _TYPED
        + _hash_struct("EIP712Domain", types["EIP712Domain"], typed["domain"])
        + _hash_struct(primary, types[primary], typed["message"])
    )


def _hash_struct(
    name: str, members: Sequence[Mapping[str, str]], values: Mapping[str, Any]
) -> bytes:
    signature = ",".join(f"{member['type']} {member['name']}" for member in members)
    words = [_encode(member["type"], values[member["name"]]) for member in members]
    return keccak(keccak(f"{name}({signature})".encode()) + b"".join(words))


def _encode(kind: str, value: Any) -> bytes:  # noqa: ANN401 - the JSON form of a member
    if kind == "string":
        return keccak(value.encode())
    if kind == "string[]":
        return keccak(b"".join(_encode("string", item) for item in value))
    if kind.startswith("uint"):
        return int(value).to_bytes(WORD, "big")
    # address and bytes32: hexadecimal; an address stands at the right of its word
    return bytes.fromhex(value.removeprefix("0x")).rjust(WORD, b"\x00")


def parse_signature(text: str) -> bytes:
    """Read a signature as wallets give it.

    Raises:
        NotAuthenticatedError: not 0x and 130 hexadecimal digits.
    """
    if not _HEX.fullmatch(text):
        raise NotAuthenticatedError(
            "the signature is not 0x and 130 hexadecimal digits",
            hint="Sign with a wallet, or with `tracer desk sign`.",
        )
    return bytes.fromhex(text[2:])


def recover(digest: bytes, signature: bytes) -> bytes:
    """The address whose key signed a digest, 20 bytes.

    Args:
        digest: 32 bytes.
        signature: r, s and v, 65 bytes.

    Raises:
        NotAuthenticatedError: malformed, the twin with a high s, or no key's.
    """
    if len(signature) != SIGNATURE_BYTES or signature[64] not in _V:
        raise NotAuthenticatedError("the signature has not the form r, s, v with v of 27 or 28")
    if int.from_bytes(signature[32:64], "big") > HALF_ORDER:
        raise NotAuthenticatedError(
            "the signature has a high s", hint="Give it in its lower form (EIP-2)."
        )
    plain = signature[:64] + bytes([signature[64] - _V[0]])
    try:
        key = PublicKey.from_signature_and_message(plain, digest, hasher=None)
    except Exception as error:  # coincurve raises Exception itself
        raise NotAuthenticatedError("the signature is no key's") from error
    return keccak(key.format(compressed=False)[1:])[12:]


def checksum_address(address: bytes) -> str:
    """An address as people see it, 0x and 40 digits of mixed case (EIP-55)."""
    digits = address.hex()
    mask = keccak(digits.encode()).hex()
    return "0x" + "".join(
        digit.upper() if int(bit, 16) > 7 else digit  # noqa: PLR2004 - the upper half of 0 to 15
        for digit, bit in zip(digits, mask, strict=False)
    )
