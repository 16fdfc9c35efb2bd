"""What the mirror does next: extend, rewind or wait. Pure: facts go in, a step comes out.

A node is believed only about what it shows at the moment. Its height alone proves nothing: a node
that is still catching up stands lower than the mirror, and a chain that was reorganised may stand
at the same height as before. Only another hash at the mirror's own block makes it rewind, and never
past a block that was final when it was taken in.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from tracer.domain.blocks import BlockRef
from tracer.errors import ReorgBeyondFinalityError
from tracer.index.checkpoint import Checkpoint


@dataclass(frozen=True, slots=True)
class View:
    """What the node shows now.

    Attributes:
        head: its newest block.
        at_checkpoint: its block at the checkpoint's height; None if it has none.
        final: its newest final block; None if it has none.
    """

    head: BlockRef
    at_checkpoint: BlockRef | None
    final: BlockRef | None = None


@dataclass(frozen=True, slots=True)
class Wait:
    """Nothing to do: the mirror is at the node's head, or the node is behind the mirror."""

    is_node_behind: bool


@dataclass(frozen=True, slots=True)
class Extend:
    """Take in the blocks after the checkpoint, up to the head."""


@dataclass(frozen=True, slots=True)
class Rewind:
    """The checkpoint's block is no longer part of the chain: find the newest that still is."""


Step = Wait | Extend | Rewind


def next_step(checkpoint: Checkpoint, view: View) -> Step:
    """Decide what to do."""
    if view.at_checkpoint is None:
        return Wait(is_node_behind=True)
    if view.at_checkpoint.block_hash != checkpoint.block.block_hash:
        return Rewind()
    if view.head.number <= checkpoint.block.number:
        return Wait(is_node_behind=view.head.number < checkpoint.block.number)
    return Extend()


def find_ancestor(
    checkpoint: Checkpoint, stored: Sequence[BlockRef], shown: Sequence[BlockRef | None]
) -> BlockRef | None:
    """The newest stored block that the node still has.

    Args:
        checkpoint: where the mirror stands.
        stored: blocks of the mirror, newest first.
        shown: the node's block at each of those heights; None if it has none.

    Returns:
        The block, or None when none of these is still part of the chain.

    Raises:
        ReorgBeyondFinalityError: a block that was final is no longer part of the chain.
    """
    for mine, theirs in zip(stored, shown, strict=True):
        if theirs is not None and theirs.block_hash == mine.block_hash:
            return mine
        if theirs is not None and mine.number <= checkpoint.final_number:
            raise ReorgBeyondFinalityError(
                f"{mine} was final when it was mirrored, but the node now shows {theirs} there",
                hint="Find out which is the real chain. If it is this one, move the mirror away"
                " and build it anew with `tracer index sync`.",
            )
    return None
