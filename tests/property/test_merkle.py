"""Merkle proofs: every leaf can be proven, nothing else can."""

from hypothesis import given
from hypothesis import strategies as st

from tracer.domain.merkle import MerkleTree, verify_inclusion

LEAVES = st.lists(st.binary(max_size=24), min_size=1, max_size=80, unique=True)
HASHES = st.binary(min_size=32, max_size=32)


@given(LEAVES, st.data())
def test_every_leaf_has_a_proof(leaves: list[bytes], data: st.DataObject) -> None:
    index = data.draw(st.integers(0, len(leaves) - 1))
    tree = MerkleTree.of(leaves)
    proof = tree.inclusion_proof(index)
    assert verify_inclusion(leaves[index], index, len(leaves), proof, tree.root)


@given(LEAVES, st.data())
def test_one_changed_bit_spoils_a_proof(leaves: list[bytes], data: st.DataObject) -> None:
    index = data.draw(st.integers(0, len(leaves) - 1))
    tree = MerkleTree.of(leaves)
    proof = tree.inclusion_proof(index)
    for place in range(len(proof)):
        bit = data.draw(st.integers(0, 255))
        broken = (int.from_bytes(proof[place], "big") ^ 1 << bit).to_bytes(32, "big")
        assert not verify_inclusion(
            leaves[index], index, len(leaves), [*proof[:place], broken, *proof[place + 1 :]],
            tree.root,
        )  # fmt: skip


@given(LEAVES, st.binary(max_size=24), st.data())
def test_what_is_not_there_has_no_proof(
    leaves: list[bytes], stranger: bytes, data: st.DataObject
) -> None:
    index = data.draw(st.integers(0, len(leaves) - 1))
    tree = MerkleTree.of(leaves)
    if leaves[index] != stranger:
        proof = tree.inclusion_proof(index)
        assert not verify_inclusion(stranger, index, len(leaves), proof, tree.root)


@given(LEAVES, st.data())
def test_another_order_or_set_has_another_root(leaves: list[bytes], data: st.DataObject) -> None:
    root = MerkleTree.of(leaves).root
    shuffled = data.draw(st.permutations(leaves))
    assert (MerkleTree.of(shuffled).root == root) is (shuffled == leaves)
    assert MerkleTree.of(leaves[:-1]).root != root


@given(
    st.binary(max_size=24),
    st.integers(-2, 2**65),
    st.integers(-2, 2**65),
    st.lists(st.binary(max_size=40), max_size=70),
    HASHES,
)
def test_garbage_is_refused_without_raising(
    leaf: bytes, index: int, size: int, proof: list[bytes], root: bytes
) -> None:
    assert verify_inclusion(leaf, index, size, proof, root) is False
