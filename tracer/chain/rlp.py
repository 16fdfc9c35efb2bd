"""Recursive Length Prefix, encoding only (Ethereum Yellow Paper, appendix B).

Headers and receipts are encoded to recompute the hashes that a chain commits to. What is decoded
here comes as JSON, so nothing reads RLP.
"""

from collections.abc import Iterable
from functools import lru_cache
from typing import Final

_SHORT: Final = 55  # bytes; what is longer names the length of its length
_STRING: Final = 0x80
_LIST: Final = 0xC0
_BYTE: Final = 2  # hexadecimal digits


@lru_cache(maxsize=8192)
def _prefix(kind: int, size: int) -> bytes:
    if size <= _SHORT:
        return bytes((kind + size,))
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes((kind + _SHORT + len(length),)) + length


def string_prefix(size: int) -> bytes:
    """What stands before a string of `size` bytes, unless it is one byte below 0x80."""
    return _prefix(_STRING, size)


def list_prefix(size: int) -> bytes:
    """What stands before encoded items of `size` bytes together."""
    return _prefix(_LIST, size)


def encode_string(value: bytes) -> bytes:
    """Encode a string of bytes."""
    if len(value) == 1 and value[0] < _STRING:
        return value
    return string_prefix(len(value)) + value


def encode_uint(value: int) -> bytes:
    """Encode a number >= 0: big-endian without leading zeros."""
    return encode_string(value.to_bytes((value.bit_length() + 7) // 8, "big"))


def encode_list(items: Iterable[bytes]) -> bytes:
    """Encode a list of items that are encoded already."""
    payload = b"".join(items)
    return list_prefix(len(payload)) + payload


def encode_data(text: str) -> str:
    """Encode JSON-RPC data; in and out in hexadecimal, the result without 0x."""
    digits = text[2:]
    if len(digits) == _BYTE and digits < "80":
        return digits
    return string_prefix(len(digits) // 2).hex() + digits


def encode_quantity(text: str) -> str:
    """Encode a JSON-RPC quantity; in and out in hexadecimal, the result without 0x."""
    digits = text[2:].lstrip("0")
    return encode_data("0x" + "0" * (len(digits) % 2) + digits)
