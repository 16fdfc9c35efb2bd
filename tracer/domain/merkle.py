"""Merkle trees of RFC 9162 §2.1 over SHA-256: roots and inclusion proofs.

Leaves and nodes hash under different first bytes (0x00 and 0x01), so a node can never pass for a
leaf. A batch's serials are leaves in ascending byte order; readings of a logger in time order.
"""

import hashlib
from collections.abc import Iterable, Sequence

from tracer.errors import LimitExceededError

HASH_BYTES = 32
MAX_PROOF_HASHES = 64  # a tree of 2^64 leaves cannot exist; a longer proof is an attack
MAX_LEAVES = 2**20  # 91 times the largest batch of tins; a larger set is a mistake
EMPTY_ROOT = hashlib.sha256().digest()


def leaf_hash(data: bytes) -> bytes:
    """SHA-256(0x00 | data)."""
    return hashlib.sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """SHA-256(0x01 | left | right), of two 32-byte hashes."""
    return hashlib.sha256(b"\x01" + left + right).digest()


class MerkleTree:
    """A tree that is hashed once and then gives many proofs.

    `_levels[0]` holds the leaf hashes. Each further level pairs neighbours; a hash without a right
    neighbour moves up as it is, which is exactly the shape that RFC 9162 §2.1.1 defines by
    splitting at the largest power of two.

    Raises:
        LimitExceededError: more than `MAX_LEAVES` leaves.
    """

    def __init__(self, leaf_hashes: Iterable[bytes]) -> None:
        self._levels = [list(leaf_hashes)]
        if len(self) > MAX_LEAVES:
            msg = f"{len(self)} leaves are more than {MAX_LEAVES}"
            raise LimitExceededError(msg)
        while len(self._levels[-1]) > 1:
            below = self._levels[-1]
            level = [
                node_hash(below[index], below[index + 1]) for index in range(0, len(below) - 1, 2)
            ]
            self._levels.append(level + below[len(level) * 2 :])

    @classmethod
    def of(cls, leaves: Iterable[bytes]) -> "MerkleTree":
        """The tree over leaves that are not hashed yet."""
        return cls(leaf_hash(leaf) for leaf in leaves)

    def __len__(self) -> int:
        return len(self._levels[0])

    @property
    def root(self) -> bytes:
        """The Merkle tree head; SHA-256 of nothing for an empty tree."""
        return self._levels[-1][0] if self._levels[-1] else EMPTY_ROOT

    def inclusion_proof(self, index: int) -> list[bytes]:
        """The hashes that lead from leaf `index` to the root (RFC 9162 §2.1.3.1).

        Raises:
            IndexError: no such leaf.
        """
        if not 0 <= index < len(self):
            msg = f"leaf {index} is not in a tree of {len(self)}"
            raise IndexError(msg)
        proof = []
        for level in self._levels[:-1]:
            sibling = index ^ 1
            if sibling < len(level):
                proof.append(level[sibling])
            index //= 2
        return proof


def root(leaves: Sequence[bytes]) -> bytes:
    """The Merkle tree head over leaves that are not hashed yet."""
    return MerkleTree.of(leaves).root


def inclusion_proof(leaves: Sequence[bytes], index: int) -> list[bytes]:
    """Proof for one leaf; for many proofs over the same leaves build one `MerkleTree`.

    Raises:
        IndexError: no such leaf.
    """
    return MerkleTree.of(leaves).inclusion_proof(index)


def verify_inclusion(
    leaf: bytes, index: int, size: int, proof: Sequence[bytes], expected_root: bytes
) -> bool:
    """Whether the proof leads from the leaf to the root (RFC 9162 §2.1.3.2). Never raises.

    Sizes are checked before anything is hashed: there is exactly one right number of hashes.
    What is proven is that the leaf is in the tree. `size` only shapes the path: sizes that give
    the same path give the same answer, so a number of tins needs evidence of its own.

    Args:
        leaf: the leaf itself, not its hash.
        index: position of the leaf, from 0.
        size: number of leaves in the tree.
        proof: sibling hashes from the leaf upwards.
        expected_root: the root that the verifier trusts.
    """
    if not 0 <= index < size <= 2**MAX_PROOF_HASHES:
        return False
    if len(proof) != _proof_length(index, size):
        return False
    if any(len(part) != HASH_BYTES for part in proof):
        return False
    return _root_from_proof(leaf_hash(leaf), index, size, proof) == expected_root


def _has_sibling(index: int, last: int) -> bool:
    """Whether a node has a neighbour on its level; the last one may have none."""
    return index ^ 1 <= last


def _proof_length(index: int, size: int) -> int:
    """How many hashes the only right proof for a leaf has."""
    length, last = 0, size - 1
    while last:
        length += _has_sibling(index, last)
        index, last = index // 2, last // 2
    return length


def _root_from_proof(start: bytes, index: int, size: int, proof: Sequence[bytes]) -> bytes:
    """Climb from a leaf hash; the proof must have the right length."""
    result, last, siblings = start, size - 1, iter(proof)
    while last:
        if _has_sibling(index, last):
            sibling = next(siblings)
            result = node_hash(sibling, result) if index % 2 else node_hash(result, sibling)
        index, last = index // 2, last // 2
    return result
