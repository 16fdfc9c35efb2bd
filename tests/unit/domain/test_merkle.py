"""Merkle roots and inclusion proofs against a second, recursive reading of RFC 9162."""

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from tracer.domain import merkle
from tracer.domain.merkle import MerkleTree, inclusion_proof, root, verify_inclusion
from tracer.errors import LimitExceededError

VECTORS = sorted((Path(__file__).parents[2] / "vectors" / "merkle").iterdir())


def slow_root(leaves: list[bytes]) -> bytes:
    """RFC 9162 §2.1.1 word by word: split at the largest power of two below n."""
    if not leaves:
        return hashlib.sha256().digest()
    if len(leaves) == 1:
        return hashlib.sha256(b"\x00" + leaves[0]).digest()
    split = 1 << (len(leaves) - 1).bit_length() - 1
    left, right = slow_root(leaves[:split]), slow_root(leaves[split:])
    return hashlib.sha256(b"\x01" + left + right).digest()


def slow_proof(leaves: list[bytes], index: int) -> list[bytes]:
    """RFC 9162 §2.1.3.1 word by word."""
    if len(leaves) == 1:
        return []
    split = 1 << (len(leaves) - 1).bit_length() - 1
    if index < split:
        return [*slow_proof(leaves[:split], index), slow_root(leaves[split:])]
    return [*slow_proof(leaves[split:], index - split), slow_root(leaves[:split])]


def numbered(count: int) -> list[bytes]:
    return [b"leaf %d" % number for number in range(count)]


class TestRoot:
    def test_of_nothing_is_the_hash_of_nothing(self) -> None:
        assert root([]) == hashlib.sha256().digest()

    @pytest.mark.parametrize("size", range(1, 34))
    def test_equals_the_recursive_definition(self, size: int) -> None:
        assert root(numbered(size)) == slow_root(numbered(size))

    def test_a_known_tree(self) -> None:
        # Certificate Transparency's well-known test leaves (RFC 6962 shape, same hashes).
        leaves = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657",
                  "606162636465666768696a6b6c6d6e6f"]  # fmt: skip
        assert root([bytes.fromhex(leaf) for leaf in leaves]).hex() == (
            "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"
        )

    def test_a_leaf_cannot_pass_for_a_node(self) -> None:
        left, right = merkle.leaf_hash(b"a"), merkle.leaf_hash(b"b")
        assert root([left + right]) != root([b"a", b"b"])

    def test_too_many_leaves_are_refused(self) -> None:
        with pytest.raises(LimitExceededError):
            MerkleTree([b""] * (merkle.MAX_LEAVES + 1))


class TestInclusionProof:
    @pytest.mark.parametrize("size", range(1, 34))
    def test_equals_the_recursive_definition_and_verifies(self, size: int) -> None:
        leaves = numbered(size)
        tree = MerkleTree.of(leaves)
        for index, leaf in enumerate(leaves):
            proof = tree.inclusion_proof(index)
            assert proof == slow_proof(leaves, index)
            assert verify_inclusion(leaf, index, size, proof, tree.root)

    @pytest.mark.parametrize("index", [-1, 3, 4])
    def test_of_a_leaf_that_is_not_there(self, index: int) -> None:
        with pytest.raises(IndexError):
            inclusion_proof(numbered(3), index)

    def test_of_every_tin_of_a_batch(self) -> None:
        leaves = [b"K%08X" % (number * 2654435761 % 2**32) for number in range(11_520)]
        tree = MerkleTree.of(sorted(leaves))
        for index in range(0, len(leaves), 97):
            proof = tree.inclusion_proof(index)
            assert len(proof) <= 14
            assert verify_inclusion(sorted(leaves)[index], index, len(leaves), proof, tree.root)


class TestVerifyInclusion:
    LEAVES = numbered(7)
    ROOT = root(LEAVES)

    @pytest.mark.parametrize(("index", "size"), [(-1, 7), (7, 7), (3, 0), (3, -7), (3, 2**64 + 1)])
    def test_refuses_positions_that_no_tree_has(self, index: int, size: int) -> None:
        assert not verify_inclusion(
            self.LEAVES[3], index, size, inclusion_proof(self.LEAVES, 3), self.ROOT
        )

    def test_refuses_a_proof_of_the_wrong_length(self) -> None:
        proof = inclusion_proof(self.LEAVES, 3)
        for wrong in (proof[:-1], [*proof, proof[0]], [], proof * 30):
            assert not verify_inclusion(self.LEAVES[3], 3, 7, wrong, self.ROOT)

    def test_refuses_hashes_of_the_wrong_size(self) -> None:
        proof = inclusion_proof(self.LEAVES, 3)
        for wrong in (proof[0][:-1], proof[0] + b"\x00", b""):
            assert not verify_inclusion(self.LEAVES[3], 3, 7, [wrong, *proof[1:]], self.ROOT)
        assert not verify_inclusion(self.LEAVES[3], 3, 7, proof, self.ROOT[:-1])

    def test_refuses_another_position(self) -> None:
        proof = inclusion_proof(self.LEAVES, 3)
        for index in (0, 1, 2, 4, 5, 6):
            assert not verify_inclusion(self.LEAVES[3], index, 7, proof, self.ROOT)

    def test_size_counts_only_where_it_shapes_the_path(self) -> None:
        inner, last = inclusion_proof(self.LEAVES, 3), inclusion_proof(self.LEAVES, 6)
        assert not verify_inclusion(self.LEAVES[3], 3, 4, inner, self.ROOT)
        assert not verify_inclusion(self.LEAVES[3], 3, 9, inner, self.ROOT)
        assert not verify_inclusion(self.LEAVES[6], 6, 8, last, self.ROOT)
        # Leaf 3 of 7 and leaf 3 of 5 have the same path, so this proof says nothing about size.
        assert verify_inclusion(self.LEAVES[3], 3, 5, inner, self.ROOT)


class TestVectors:
    @pytest.mark.parametrize("path", VECTORS, ids=lambda path: path.stem)
    def test_proof(self, path: Path) -> None:
        case: dict[str, Any] = json.loads(path.read_text("utf-8"))
        proof = [bytes.fromhex(part) for part in case["proof"]]
        leaf, expected = bytes.fromhex(case["leaf"]), bytes.fromhex(case["root"])
        holds = verify_inclusion(leaf, case["index"], case["size"], proof, expected)
        assert holds is case["valid"]
        if leaves := [bytes.fromhex(text) for text in case.get("leaves", [])]:
            assert root(leaves) == expected
            assert inclusion_proof(leaves, case["index"]) == proof
