"""Fetch one range of logs together with the proof that none is missing.

The proof is the contract's own counter, read at the range's last block. A node that has pruned the
state of that block cannot answer; then the proof is the log that follows: sequences have no gaps,
so every block before the newest log fetched is known whole, and the range ends there.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from tracer.chain.blocks import fetch_blocks, fetch_last_sequence, fetch_logs
from tracer.chain.decode import LedgerLog
from tracer.chain.rpc import Node
from tracer.domain.blocks import BlockRef
from tracer.errors import RpcError
from tracer.index.checkpoint import Checkpoint
from tracer.index.window import Extend, View

_LOG_OVERHEAD = 800  # bytes of JSON around a log's data


@dataclass(frozen=True, slots=True)
class FetchedRange:
    """A range of blocks that stood on the node's chain before and after it was read.

    Attributes:
        last: its last block.
        logs: its logs as the node sent them; not yet checked.
        last_sequence: the ledger's counter at its last block.
    """

    last: BlockRef
    logs: tuple[LedgerLog, ...]
    last_sequence: int

    @property
    def size_bytes(self) -> int:
        """About how many bytes of JSON the node sent."""
        return sum(len(log.data) * 2 + _LOG_OVERHEAD for log in self.logs)


class RangeReader:
    """Reads ranges of one ledger from one node.

    Args:
        node: the node to read from.
        contract: the ledger's address, 20 bytes.
    """

    def __init__(self, node: Node, contract: bytes) -> None:
        self._node = node
        self._contract = contract
        self._keeps_state = True

    def fetch(self, checkpoint: Checkpoint, view: View, step: Extend) -> FetchedRange | None:
        """Read a range; more than it where nothing was written, less where more is not proven.

        Returns:
            None when the node's chain changed meanwhile: look again.

        Raises:
            RpcUnavailableError: no usable answer; `RpcError` when the node refuses the range.
            MirrorGapError: a log is not what the ledger emits.
        """
        counted = fetch_last_sequence(self._node, self._contract, view.head)
        if counted == checkpoint.next_sequence - 1:
            return FetchedRange(view.head, (), counted)
        found = self._read(view, step, counted)
        if found is None:
            return None
        shown = fetch_blocks(self._node, [checkpoint.block.number, found.last.number])
        return found if shown == [checkpoint.block, found.last] else None

    def _read(self, view: View, step: Extend, counted: int) -> FetchedRange | None:
        logs: list[LedgerLog] = []
        first, end, span = step.first, step.last, step.last - step.first + 1
        while end < view.head.number:
            (last,) = fetch_blocks(self._node, [end])
            if last is None:
                return None
            logs += fetch_logs(self._node, self._contract, first, end)
            if (proven := self._prove(step.first, last, logs)) is not None:
                return proven
            first, end = end + 1, min(end + span, view.head.number)
        logs += fetch_logs(self._node, self._contract, first, end)
        return FetchedRange(view.head, tuple(logs), counted)

    def _prove(self, first: int, last: BlockRef, logs: Sequence[LedgerLog]) -> FetchedRange | None:
        """As much of the range as is known to be whole; None: nothing yet, read on."""
        if self._keeps_state:
            try:
                counted = fetch_last_sequence(self._node, self._contract, last)
                return FetchedRange(last, tuple(logs), counted)
            except RpcError:
                self._keeps_state = False
        if not logs or logs[-1].block_number <= first:
            return None
        newest = logs[-1].block_number
        (before,) = fetch_blocks(self._node, [newest - 1])
        if before is None:
            return None
        whole = tuple(log for log in logs if log.block_number < newest)
        follower = next(log for log in logs if log.block_number >= newest)
        return FetchedRange(before, whole, follower.event.sequence - 1)
