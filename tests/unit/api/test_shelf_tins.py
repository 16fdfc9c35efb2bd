"""Rows of sixteen tins give the proofs of the whole tree."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tracer_api.shelf.tins import ROW_TINS, has_tin, pack_tins, prove_tin

from tracer.domain.merkle import HASH_BYTES, MerkleTree, verify_inclusion

SERIALS = [f"K{number * 7919 % 99991:08X}" for number in range(2_000)]

lists = st.integers(1, 300).map(lambda size: sorted(SERIALS[:size]))


@given(lists, st.data())
def test_a_row_proves_its_tins_as_the_tree_does(serials: list[str], data: st.DataObject) -> None:
    tins = pack_tins(serials)
    tree = MerkleTree.of(serial.encode() for serial in serials)
    assert (tins.root, tins.size) == (tree.root, len(serials))
    index = data.draw(st.integers(0, len(serials) - 1))
    serial = serials[index].encode()
    found = prove_tin(tins.row_of(serial), serial)
    assert found is not None
    proof = [found.proof[at : at + HASH_BYTES] for at in range(0, len(found.proof), HASH_BYTES)]
    assert (found.leaf, found.size, proof) == (index, len(serials), tree.inclusion_proof(index))
    assert verify_inclusion(serial, found.leaf, found.size, proof, tins.root)


@pytest.mark.parametrize("size", [*range(1, 70), 255, 256, 257, 1_999])
def test_every_tin_of_a_list_of_any_size_is_proven(size: int) -> None:
    serials = sorted(SERIALS[:size])
    tins, tree = pack_tins(serials), MerkleTree.of(serial.encode() for serial in serials)
    assert len(tins.rows) == -(-size // ROW_TINS)
    for index, serial in enumerate(serials):
        found = prove_tin(tins.row_of(serial.encode()), serial.encode())
        assert found is not None
        assert found.proof == b"".join(tree.inclusion_proof(index))


@given(lists, st.sampled_from(SERIALS) | st.text("K0123456789ABCDEF", max_size=9))
def test_a_row_holds_exactly_its_own_tins(serials: list[str], asked: str) -> None:
    tins, tin = pack_tins(serials), asked.encode()
    assert has_tin(tins.row_of(tin), tin) is (asked in serials)
    assert (prove_tin(tins.row_of(tin), tin) is not None) is (asked in serials)


@pytest.mark.parametrize("serials", [["B", "A"], ["A", "A"], ["A\nB"]])
def test_a_list_that_is_no_index_is_refused(serials: list[str]) -> None:
    with pytest.raises(ValueError, match="serial"):
        pack_tins(serials)


def test_a_list_knows_its_ends_and_its_width() -> None:
    tins = pack_tins(sorted(SERIALS[:40]))
    assert tins.ends == (min(SERIALS[:40]), max(SERIALS[:40]))
    assert tins.width == len(SERIALS[0])
    assert pack_tins(["A", "BB"]).width is None
