"""A place in a chain."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class BlockRef:
    """One block; two with the same number and another hash are on different forks.

    Attributes:
        number: height.
        block_hash: 32 bytes.
        time_unix: its timestamp, Unix seconds.
    """

    number: int
    block_hash: bytes
    time_unix: int

    def __str__(self) -> str:
        return f"block {self.number} (0x{self.block_hash.hex()[:8]}…)"
