"""Positions in the chain. Pure."""

from dataclasses import dataclass

from tracer.domain.blocks import BlockRef


@dataclass(frozen=True, slots=True)
class Position:
    """Everything up to a block.

    Attributes:
        block: the last block taken in; all before it are, too.
        next_sequence: of the next log.
    """

    block: BlockRef
    next_sequence: int


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """How far the mirror has read.

    Attributes:
        position: where it stands.
        final_number: the newest block that was final when it was taken in.
        final_hash: its hash.
    """

    position: Position
    final_number: int
    final_hash: bytes

    @property
    def block(self) -> BlockRef:
        """The last block taken in."""
        return self.position.block
