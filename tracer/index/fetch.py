"""Read one range of blocks with the proof that its logs are the ledger's, all of them.

`eth_getLogs` is never believed. Every block that holds logs of the ledger is read as header and
receipts, whose hashes are recomputed. Which blocks hold any is found in one of two ways:

- where most do, the headers of all are read: each names its parent, so none is left out, and their
  bloom filters say which to open;
- where few do, `eth_getLogs` says where to look. What it leaves out shows as a gap in the
  contract's own numbering or as a difference from its counter at the range's last block; then the
  same blocks are read in the first way. Neither is believed alone: a counter that has not moved
  does not spare the look.

A node that has forgotten the counter at an old block cannot answer; then the range ends with the
newest log, before which the numbering itself shows that nothing is missing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from tracer.chain.blocks import fetch_last_sequence
from tracer.chain.headers import Header, bloom_mask
from tracer.chain.logbook import LogBook, build_logbook
from tracer.chain.proofs import ReceiptReader, fetch_headers, locate_logs
from tracer.chain.receipts import RawReceipt, read_logs
from tracer.chain.rpc import Node
from tracer.domain.blocks import BlockRef
from tracer.errors import MirrorGapError, RpcError
from tracer.index.audit import ASK_ANOTHER, check_sequences
from tracer.index.checkpoint import Position

FEW_BLOCKS: Final = 16  # so many headers cost less than finding out which are needed
MOST_LINKED: Final = 2_000  # headers read for one range
DENSE: Final = 0.25  # share of blocks with logs from which on all headers are read
_HEADER_BYTES: Final = 1_600  # of JSON
_RECEIPT_BYTES: Final = 1_200  # of JSON, without its logs
_LOG_BYTES: Final = 700  # of JSON, without its data


@dataclass(frozen=True, slots=True)
class FetchedRange:
    """A range of blocks that follows the position it was asked for, and is whole.

    Attributes:
        start: the position that it follows.
        end: the position at its last block.
        logs: what the ledger wrote in it.
        size_bytes: about how much JSON the node sent.
    """

    start: Position
    end: Position
    logs: LogBook
    size_bytes: int


@dataclass(frozen=True, slots=True)
class _Blocks:
    """Headers that were chosen, and the last block of the range they were chosen from."""

    chosen: Sequence[Header]
    last: BlockRef
    is_linked: bool


class RangeReader:
    """Reads ranges of one ledger from one node.

    Args:
        node: the node to read from.
        contract: the ledger's address, 20 bytes.
    """

    def __init__(self, node: Node, contract: bytes) -> None:
        self._node = node
        self._contract = contract
        self._mask = bloom_mask(contract)
        self._receipts = ReceiptReader(node)
        self._keeps_state = True
        self._is_dense = False
        self._must_link = False

    def count(self, block: BlockRef) -> int:
        """The ledger's own count of its events as of a block.

        Raises:
            RpcUnavailableError: no usable answer; `RpcError` when the node does not know the block.
        """
        return fetch_last_sequence(self._node, self._contract, block)

    def fetch(
        self, start: Position, last: int, head: BlockRef, head_sequence: int
    ) -> FetchedRange | None:
        """Read the blocks after `start` up to `last`; fewer where more is not proven.

        Args:
            start: the position to go on from.
            last: number of the range's last block, at most the head's.
            head: the node's newest block.
            head_sequence: the ledger's count there.

        Returns:
            None when the node's chain changed meanwhile: look again.

        Raises:
            RpcUnavailableError: no usable answer; `RpcError` when the node refuses the range.
            MirrorGapError: an answer is not the ledger's; the message names where.
        """
        try:
            found = self._read(start, last, head, head_sequence)
        except MirrorGapError:
            self._must_link = True
            raise
        if found is not None:
            self._must_link = False
            blocks = found.end.block.number - start.block.number
            self._is_dense = len(found.logs.blocks) > blocks * DENSE
        return found

    def _read(
        self, start: Position, last: int, head: BlockRef, head_sequence: int
    ) -> FetchedRange | None:
        first = start.block.number + 1
        if self._must_link or self._is_dense or last - first < FEW_BLOCKS:
            blocks = self._read_linked(start, min(last, first + MOST_LINKED - 1))
        else:
            blocks = self._locate(first, last, head.number)
        if blocks is None:
            return None
        receipts = self._receipts.fetch(blocks.chosen)
        logs = build_logbook(
            self._contract,
            (
                (header.ref, read_logs(header, answer))
                for header, answer in zip(blocks.chosen, receipts, strict=True)
            ),
        )
        if not blocks.is_linked and len(logs.blocks) != len(blocks.chosen):
            raise MirrorGapError(
                "the node spoke of logs in a block that holds none of the ledger's",
                hint=ASK_ANOTHER,
            )
        counted = head_sequence if blocks.last == head else self._count_if_kept(blocks.last)
        end = blocks.last
        if counted is None and not blocks.is_linked:
            end = logs.blocks[-1] if logs.blocks else start.block
        check_sequences(logs, end, start.next_sequence, counted)
        if not blocks.is_linked and not self._still_shows(start.block, blocks.last):
            return None
        size = sum(map(_size, receipts)) + _HEADER_BYTES * len(receipts)
        return FetchedRange(start, Position(end, start.next_sequence + len(logs)), logs, size)

    def _read_linked(self, start: Position, last: int) -> _Blocks | None:
        """All headers of the range; each must name the one before it."""
        headers = fetch_headers(self._node, range(start.block.number + 1, last + 1))
        parent_hash = start.block.block_hash
        linked: list[Header] = []
        for header in headers:
            if header is None or header.parent_hash != parent_hash:
                return None
            parent_hash = header.ref.block_hash
            linked.append(header)
        chosen = [header for header in linked if header.bloom & self._mask == self._mask]
        return _Blocks(chosen, linked[-1].ref, is_linked=True)

    def _locate(self, first: int, last: int, head: int) -> _Blocks | None:
        """Headers of the blocks that hold logs, as far as the node says so."""
        span = last - first + 1
        numbers = locate_logs(self._node, self._contract, first, last)
        while not numbers and not self._keeps_state and last < head:
            first, last = last + 1, min(last + span, head)
            numbers = locate_logs(self._node, self._contract, first, last)
        headers = fetch_headers(self._node, [*numbers, last])
        if None in headers:
            return None
        known = [header for header in headers if header is not None]
        return _Blocks(known[:-1], known[-1].ref, is_linked=False)

    def _count_if_kept(self, block: BlockRef) -> int | None:
        if self._keeps_state:
            try:
                return self.count(block)
            except RpcError:
                self._keeps_state = False
        return None

    def _still_shows(self, *blocks: BlockRef) -> bool:
        """Whether the chain that was read between two looks is one chain."""
        shown = fetch_headers(self._node, [block.number for block in blocks])
        return all(
            header is not None and header.ref.block_hash == block.block_hash
            for header, block in zip(shown, blocks, strict=True)
        )


def _size(receipts: Sequence[RawReceipt] | None) -> int:
    logs = [log for receipt in receipts or () for log in receipt.logs]
    return (
        len(receipts or ()) * _RECEIPT_BYTES
        + sum(len(log.data) for log in logs)
        + len(logs) * _LOG_BYTES
    )
