"""What every set of vectors is made with."""

import copy
from collections.abc import Callable
from hashlib import sha256
from typing import Any

Case = dict[str, Any]
Cases = dict[str, Case]
Damage = Callable[[Case], None]


def sha(*parts: bytes) -> bytes:
    """Return SHA-256 over the parts, one after the other."""
    return sha256(b"".join(parts)).digest()


def flip(text: str, bit: int) -> str:
    """Return hexadecimal text with one bit changed; bit 0 is the lowest of the last byte."""
    return f"{int(text, 16) ^ 1 << bit:0{len(text)}x}"


def twins(name: str, genuine: Case, damages: dict[str, Damage]) -> Cases:
    """Return the tampered twins: the genuine case with one damage and nothing recomputed."""
    made = {}
    for damage, apply in damages.items():
        case = copy.deepcopy(genuine)
        case |= {"description": f"{name} with {damage}.", "valid": False, "twinOf": name}
        apply(case)
        made[f"{name}.{damage}"] = case
    return made


def split(count: int) -> int:
    """Return the largest power of two below a count (RFC 9162 §2.1.1)."""
    return 1 << (count - 1).bit_length() - 1
