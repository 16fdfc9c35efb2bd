"""Rows of sixteen tins each, from which any tin's proof follows with few hashes. Pure.

A tree over ascending serials (RFC 9162 §2.1) is its own index: the row that starts with the last
serial not above the wanted one is the only row that can hold it. Sixteen aligned leaves are a
whole subtree, so a row keeps the hashes that lead from that subtree to the root, once for all
sixteen, and those of its four quarters. Six more are computed when a tin is asked for.
"""

import struct
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final, NamedTuple

from tracer.domain.merkle import HASH_BYTES, MAX_LEAVES, MerkleTree, leaf_hash, node_hash
from tracer.domain.merkle import root as merkle_root
from tracer.errors import LimitExceededError

QUARTER_TINS: Final = 4
ROW_TINS: Final = 16
"""A row takes some 620 bytes; the proofs of its tins one by one would take 7 kB."""

_HEAD: Final = struct.Struct(">IIBB")
"""Index of the first leaf, leaves of the tree, hashes above the row, hashes of quarters."""

_ABOVE: Final = 8  # where the head has the third of them
_QUARTERS: Final = 9  # and the fourth
_LINE_FEED: Final = 10
_ENDS: Final = (b"\n", b"")  # of a serial


@dataclass(frozen=True, slots=True)
class TinList:
    """A batch's serials as rows.

    Attributes:
        root: of the tree.
        size: number of serials.
        rows: first serial -> row, ascending.
    """

    root: bytes
    size: int
    rows: tuple[tuple[bytes, bytes], ...]

    @property
    def ends(self) -> tuple[str, str]:
        """The first and the last serial."""
        serials = _serials_of(self.rows[-1][1])
        return self.rows[0][0].decode(), serials[-1].decode()

    @property
    def width(self) -> int | None:
        """The length of every serial; None where they differ."""
        lengths = {len(serial) for _, row in self.rows for serial in _serials_of(row)}
        return lengths.pop() if len(lengths) == 1 else None

    def row_of(self, serial: bytes) -> bytes:
        """The only row that may hold a serial."""
        at = bisect_right(self.rows, serial, key=lambda row: row[0])
        return self.rows[max(at - 1, 0)][1]


class TinProof(NamedTuple):
    """Which leaf a serial is, and its inclusion proof: the hashes one after the other, leaf up."""

    leaf: int
    size: int
    proof: bytes


def pack_tins(serials: Sequence[str]) -> TinList:
    """Make a list's rows.

    Args:
        serials: each once, ascending by bytes.

    Raises:
        ValueError: they are not.
        LimitExceededError: more than a tree can hold.
    """
    leaves = [serial.encode("ascii") for serial in serials]
    if any(first >= second for first, second in pairwise(leaves)):
        msg = "serials are not in order, or one stands twice"
        raise ValueError(msg)
    if any(b"\n" in leaf for leaf in leaves):
        msg = "a serial holds a line feed"
        raise ValueError(msg)
    if len(leaves) > MAX_LEAVES:
        msg = f"{len(leaves)} serials are more than {MAX_LEAVES}"
        raise LimitExceededError(msg)
    tree = MerkleTree.of(leaves)
    rows = []
    for start in range(0, len(leaves), ROW_TINS):
        row = leaves[start : start + ROW_TINS]
        above = tree.inclusion_proof(start)[_inner_hashes(0, len(row)) :]
        quarters = [
            merkle_root(row[at : at + QUARTER_TINS]) for at in range(0, len(row), QUARTER_TINS)
        ]
        head = _HEAD.pack(start, len(leaves), len(above), len(quarters))
        rows.append((row[0], head + b"".join(above + quarters) + b"\n".join(row)))
    return TinList(tree.root, len(leaves), tuple(rows))


def has_tin(row: bytes, serial: bytes) -> bool:
    """Whether a row holds a serial."""
    start = _HEAD.size + HASH_BYTES * (row[_ABOVE] + row[_QUARTERS])
    at = row.find(serial, start)
    while at >= 0:  # a serial may be a part of another
        end = at + len(serial)
        if (at == start or row[at - 1] == _LINE_FEED) and row[end : end + 1] in _ENDS:
            return True
        at = row.find(serial, at + 1)
    return False


def _serials_of(row: bytes) -> list[bytes]:
    _, _, above, quarters = _HEAD.unpack_from(row)
    return row[_HEAD.size + HASH_BYTES * (above + quarters) :].split(b"\n")


def prove_tin(row: bytes, serial: bytes) -> TinProof | None:
    """A serial's proof; None when the row does not hold it."""
    start, size, above, quarters = _HEAD.unpack_from(row)
    end = _HEAD.size + HASH_BYTES * (above + quarters)
    serials = row[end:].split(b"\n")
    if serial not in serials:
        return None
    at = serials.index(serial)
    split = _HEAD.size + HASH_BYTES * above
    quarter, inner = divmod(at, QUARTER_TINS)
    leaves = serials[at - inner : at - inner + QUARTER_TINS]
    hashes = [b"" if it == serial else leaf_hash(it) for it in leaves]  # its own is in no proof
    proof = _prove_of_four(hashes, inner)
    nodes = [row[place : place + HASH_BYTES] for place in range(split, end, HASH_BYTES)]
    proof += _prove_of_four(nodes, quarter)
    proof.append(row[_HEAD.size : split])
    return TinProof(start + at, size, b"".join(proof))


def _prove_of_four(nodes: Sequence[bytes], at: int) -> list[bytes]:
    """The hashes from one of at most four nodes to the root of their subtree."""
    proof = []
    if at ^ 1 < len(nodes):
        proof.append(nodes[at ^ 1])
    other = 2 - (at & 2)  # the first node of the other pair
    if other + 1 < len(nodes):
        proof.append(node_hash(nodes[other], nodes[other + 1]))
    elif other < len(nodes):
        proof.append(nodes[other])
    return proof


def _inner_hashes(at: int, size: int) -> int:
    """How many of a leaf's hashes lie inside its row."""
    count = 0
    while size > 1:
        count += at ^ 1 < size
        at, size = at // 2, (size + 1) // 2
    return count
