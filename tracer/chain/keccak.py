"""Keccak-256 as Ethereum uses it, which is not the later SHA3-256 of FIPS 202."""

from sha3 import keccak_256


def keccak(data: bytes) -> bytes:
    """The 32-byte hash (Ethereum Yellow Paper, section 3)."""
    digest: bytes = keccak_256(data).digest()
    return digest
