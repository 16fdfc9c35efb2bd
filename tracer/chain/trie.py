"""The root of a list kept as a Merkle Patricia trie (Ethereum Yellow Paper, appendix D).

A block's receipts are such a list: the key of each is the RLP of its place.
"""

from collections.abc import Sequence
from typing import Final

from tracer.chain.keccak import keccak
from tracer.chain.rlp import encode_list, encode_string, encode_uint

EMPTY_ROOT: Final = keccak(encode_string(b""))
_HASH_BYTES: Final = 32  # a node at least this long is referred to by its hash
_EMPTY: Final = encode_string(b"")

_Item = tuple[bytes, bytes]
"""A key as nibbles, and the value."""


def ordered_root(values: Sequence[bytes]) -> bytes:
    """Root of a trie that maps RLP(place) to each value.

    Args:
        values: none of them empty.
    """
    if not values:
        return EMPTY_ROOT
    items = sorted((_nibbles(encode_uint(place)), value) for place, value in enumerate(values))
    return keccak(_encode_node(items, 0))


def _nibbles(key: bytes) -> bytes:
    return bytes(nibble for byte in key for nibble in (byte >> 4, byte & 15))


def _encode_node(items: Sequence[_Item], depth: int) -> bytes:
    """The node that holds sorted items whose keys agree in the first `depth` nibbles."""
    first, last = items[0][0], items[-1][0]
    if len(items) == 1:
        return encode_list((_encode_path(first[depth:], is_leaf=True), encode_string(items[0][1])))
    shared = depth
    while first[shared] == last[shared]:
        shared += 1
    branch = _encode_branch(items, shared)
    if shared == depth:
        return branch
    return encode_list((_encode_path(first[depth:shared], is_leaf=False), _reference(branch)))


def _encode_branch(items: Sequence[_Item], depth: int) -> bytes:
    """Sixteen children and no value: no key of a list is the beginning of another."""
    groups: dict[int, list[_Item]] = {}
    for item in items:
        groups.setdefault(item[0][depth], []).append(item)
    children = [
        _reference(_encode_node(groups[nibble], depth + 1)) if nibble in groups else _EMPTY
        for nibble in range(16)
    ]
    return encode_list((*children, _EMPTY))


def _reference(node: bytes) -> bytes:
    return node if len(node) < _HASH_BYTES else encode_string(keccak(node))


def _encode_path(nibbles: bytes, *, is_leaf: bool) -> bytes:
    """Hex-prefix encoding (appendix C)."""
    flag = 2 * is_leaf + len(nibbles) % 2
    whole = bytes((flag,)) + (b"" if len(nibbles) % 2 else b"\x00") + nibbles
    packed = bytes(whole[at] << 4 | whole[at + 1] for at in range(0, len(whole), 2))
    return encode_string(packed)
