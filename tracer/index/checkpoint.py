"""A position in the chain. Pure."""

from dataclasses import dataclass

from tracer.domain.blocks import BlockRef


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """How far the mirror has read.

    Attributes:
        block: the last block taken in; all before it are, too.
        next_sequence: of the next log.
        final_number: the newest block that was final when it was taken in.
        final_hash: its hash.
    """

    block: BlockRef
    next_sequence: int
    final_number: int
    final_hash: bytes
