"""How much to ask a node for at once. Pure."""


class Span:
    """How many blocks to ask for at once: as many as give answers of the wanted size.

    A node's limits are learnt from its refusals, whatever their words: the range is halved until
    an answer comes, and grows past the refused size only after many answers.
    """

    TARGET_BYTES = 3 * 2**19  # large enough that a request costs nothing beside its answer
    MOST = 100_000  # blocks; an empty range of so many still answers within a second
    PATIENCE = 16  # answers after which a refused size is tried again

    def __init__(self, blocks: int = 32) -> None:
        self.blocks = blocks
        self._ceiling = self.MOST
        self._answers = 0

    def answered(self, size_bytes: int, blocks: int) -> None:
        """An answer came for `blocks` blocks."""
        self._answers += 1
        if self._answers >= self.PATIENCE:
            self._answers = 0
            self._ceiling = min(self._ceiling * 2, self.MOST)
        if blocks < self.blocks:  # the end of the chain was nearer; it says nothing about size
            return
        factor = min(max(self.TARGET_BYTES / max(size_bytes, 1), 0.25), 2.0)
        self.blocks = max(1, min(int(self.blocks * factor), self._ceiling))

    def refused(self, blocks: int, *, is_limit: bool) -> bool:
        """The node refused `blocks` blocks.

        Args:
            blocks: how many were asked for.
            is_limit: it refused the question itself, so that asking the same later is no use.

        Returns:
            Whether fewer can be tried.
        """
        self._answers = 0
        self.blocks = max(1, blocks // 2)
        if is_limit:
            self._ceiling = self.blocks
        return blocks > 1
