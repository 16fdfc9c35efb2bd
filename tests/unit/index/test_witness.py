"""A second node: a block is final when both show the same one."""

import pytest
from mirror_watches import Recorder
from simulator import ChainSimulator, admit, register

from tracer.errors import NodesDisagreeError, WrongChainError
from tracer.index.start import load_checkpoint
from tracer.index.sync import Mirror
from tracer.store.session import open_engine

FINALITY = 3


def two_nodes() -> tuple[ChainSimulator, ChainSimulator]:
    """Two nodes of one chain, at the same block."""
    first, second = (ChainSimulator(final_depth=FINALITY) for _ in range(2))
    for node in (first, second):
        node.mine(admit(1), register(1, "L1"))
        for _ in range(6):
            node.mine()
    assert first.head.block_hash == second.head.block_hash
    return first, second


def test_what_both_show_is_final() -> None:
    node, witness = two_nodes()
    engine = open_engine("sqlite://")
    Mirror(engine, node, node.deployment, FINALITY, witness=witness).sync_once()
    assert load_checkpoint(engine).final_number == node.head.number - FINALITY


def test_a_node_on_another_fork_stops_the_mirror() -> None:
    node, witness = two_nodes()
    witness.reorg(5, [[admit(2)], [], [], [], []])
    engine = open_engine("sqlite://")
    mirror = Mirror(engine, node, node.deployment, FINALITY, witness=witness)
    with pytest.raises(NodesDisagreeError, match="final") as caught:
        mirror.sync_once()
    assert caught.value.hint
    assert load_checkpoint(engine).final_number == 0


def test_a_second_node_that_lags_leaves_blocks_unfinal() -> None:
    node, witness = two_nodes()
    witness.faults.lag = 6
    engine = open_engine("sqlite://")
    mirror = Mirror(engine, node, node.deployment, FINALITY, witness=witness)
    result = mirror.sync_once()
    assert (result.block_number, load_checkpoint(engine).final_number) == (node.head.number, 0)
    witness.faults.lag = 0
    node.mine()
    witness.mine()
    mirror.sync_once()
    assert load_checkpoint(engine).final_number == node.head.number - FINALITY


def test_a_second_node_that_is_gone_leaves_blocks_unfinal() -> None:
    node, witness = two_nodes()
    engine, seen = open_engine("sqlite://"), Recorder()
    mirror = Mirror(engine, node, node.deployment, FINALITY, seen, witness=witness)
    mirror.sync_once(until=1)
    before = load_checkpoint(engine).final_number
    node.mine()
    witness.faults.refuse = -1
    result = mirror.sync_once()
    assert result.block_number == node.head.number
    assert load_checkpoint(engine).final_number == before
    assert seen.doubts


def test_a_second_node_of_another_chain_is_refused() -> None:
    node, _ = two_nodes()
    other = ChainSimulator(final_depth=FINALITY, salt="another chain")
    with pytest.raises(WrongChainError):
        Mirror(open_engine("sqlite://"), node, node.deployment, FINALITY, witness=other).sync_once()
