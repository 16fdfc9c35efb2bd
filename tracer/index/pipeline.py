"""Ranges of blocks, each fetched while the one before it is written."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from tracer.domain.blocks import BlockRef
from tracer.errors import RpcError, RpcUnavailableError
from tracer.index.checkpoint import Position
from tracer.index.fetch import FetchedRange, RangeReader
from tracer.index.span import Span


def read_ahead(
    reader: RangeReader, span: Span, start: Position, head: BlockRef
) -> Iterator[FetchedRange]:
    """Read everything after `start` up to `head`, one range ahead of the caller.

    It ends early when the node's chain changed, or when the node would not answer for so many
    blocks: look again then.

    Args:
        reader: of the ledger.
        span: how many blocks to ask for; learns from every answer.
        start: the position to go on from.
        head: the node's newest block, or any before it.

    Raises:
        RpcUnavailableError: no usable answer even for one block.
        MirrorGapError: an answer is not the ledger's.
    """
    fetcher = _Fetcher(reader, span, head, reader.count(head))
    with ThreadPoolExecutor(1, thread_name_prefix="fetch") as pool:
        ahead = pool.submit(fetcher.fetch, start)
        while (found := ahead.result()) is not None:
            is_end = found.end.block.number >= head.number
            if not is_end:
                ahead = pool.submit(fetcher.fetch, found.end)
            yield found
            if is_end:
                return


@dataclass(frozen=True, slots=True)
class _Fetcher:
    reader: RangeReader
    span: Span
    head: BlockRef
    head_sequence: int

    def fetch(self, start: Position) -> FetchedRange | None:
        """The next range; None: look again first."""
        while True:
            asked = min(self.span.blocks, self.head.number - start.block.number)
            last = start.block.number + asked
            try:
                found = self.reader.fetch(start, last, self.head, self.head_sequence)
            except RpcUnavailableError as error:
                # Whatever the words: fewer blocks may be answered. Only a node that answered is
                # asked again at once; one that is gone shows it at the next look.
                is_limit = isinstance(error, RpcError)
                if not self.span.refused(asked, is_limit=is_limit):
                    raise
                if not is_limit:
                    return None
            else:
                if found is not None:
                    self.span.answered(found.size_bytes, asked)
                return found
