"""The ledger's logs of a range of blocks; the many that carry records, as columns.

A backfill reads hundreds of thousands of `Appended` logs. One object per log would cost more than
everything else that is done with it, so runs of logs of the same shape are taken apart at once,
from the very bytes that the receipts roots prove.
"""

import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import groupby, repeat
from typing import Final, NamedTuple

from tracer.chain.decode import MALFORMED_HINT, LedgerLog, decode_event, event_topic
from tracer.chain.events import Appended
from tracer.chain.receipts import LogFrame, ReceiptLogs
from tracer.domain.blocks import BlockRef
from tracer.errors import MirrorGapError

_APPENDED: Final = event_topic(Appended)
_TOPICS: Final = 3  # the event's own, batchId, gln
_DATA_WORDS: Final = 4 * 32  # sequence, head, offset and length of the records
_GLN_PAD: Final = bytes(26)
_U64_PAD: Final = bytes(24)
_OFFSET: Final = (3 * 32).to_bytes(32, "big")


class AppendColumns(NamedTuple):
    """`Appended` logs in order, one entry of every list for each.

    Attributes:
        sequence: the contract's event counter.
        block_number: where it stands, as the three below.
        block_time_unix: Unix seconds.
        batch_id: the batch that was written to.
        gln: the party that wrote.
        head: the batch's head after it, as the contract says.
        records: n x 44 bytes.
    """

    sequence: list[int]
    block_number: list[int]
    block_time_unix: list[int]
    log_index: list[int]
    transaction_hash: list[bytes]
    batch_id: list[bytes]
    gln: list[int]
    head: list[bytes]
    records: list[bytes]


@dataclass(frozen=True, slots=True)
class LogBook:
    """All logs of the ledger in a range.

    Attributes:
        blocks: that hold any, in order.
        sequences: of all logs, in the order in which they stand.
        appends: those that carry records.
        others: the rest, in order.
    """

    blocks: list[BlockRef] = field(default_factory=list)
    sequences: list[int] = field(default_factory=list)
    appends: AppendColumns = field(
        default_factory=lambda: AppendColumns([], [], [], [], [], [], [], [], [])
    )
    others: list[LedgerLog] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.sequences)


def build_logbook(
    contract: bytes, blocks: Iterable[tuple[BlockRef, Sequence[ReceiptLogs]]]
) -> LogBook:
    """Pick the ledger's logs out of whole blocks.

    Args:
        contract: the ledger's address, 20 bytes.
        blocks: with the logs of all their transactions, in order.

    Raises:
        MirrorGapError: one is no event of the ledger.
    """
    book = LogBook()
    run: _Run | None = None
    for block, receipts in blocks:
        for receipt in receipts:
            start, index = 0, receipt.first_index
            for frame, group in groupby(receipt.frames):
                count = len(list(group))
                end = start + count * frame.size
                if run is None or frame is not run.frame:
                    _flush(run, contract, book)
                    run = _Run(frame)
                run.add(block, receipt.transaction_hash, index, count, receipt.payload[start:end])
                start, index = end, index + count
    _flush(run, contract, book)
    return book


@dataclass(frozen=True, slots=True)
class _Run:
    """Logs of one shape that follow each other; one entry of every list but `parts` for each."""

    frame: LogFrame
    blocks: list[BlockRef] = field(default_factory=list)
    indexes: list[int] = field(default_factory=list)
    hashes: list[bytes] = field(default_factory=list)
    parts: list[bytes] = field(default_factory=list)

    def add(
        self, block: BlockRef, transaction_hash: bytes, index: int, count: int, part: bytes
    ) -> None:
        self.blocks.extend(repeat(block, count))
        self.indexes.extend(range(index, index + count))
        self.hashes.extend(repeat(transaction_hash, count))
        self.parts.append(part)

    def pick(self, at: int) -> "_Run":
        return _Run(self.frame, [self.blocks[at]], [self.indexes[at]], [self.hashes[at]])

    def malformed(self, at: int, what: object) -> MirrorGapError:
        place = f"log {self.indexes[at]} of block {self.blocks[at].number}"
        return MirrorGapError(f"{place}: {what}", hint=MALFORMED_HINT)


def _flush(run: _Run | None, contract: bytes, book: LogBook) -> None:
    """Put a run's logs of the ledger into the book."""
    if run is None:
        return
    addresses, topics, data = _take_apart(run.frame, b"".join(run.parts))
    is_wide = run.frame.topics == _TOPICS
    if is_wide and {*addresses} == {contract} and {*topics[0]} == {_APPENDED}:
        _add_appends(run, topics, data, book)
        return
    for at, address in enumerate(addresses):
        if address == contract:
            words = [column[at] for column in topics]
            if is_wide and words[0] == _APPENDED:
                _add_appends(run.pick(at), [[word] for word in words], [data[at]], book)
            else:
                _add_other(run, at, b"".join(words), data[at], book)


def _add_appends(
    run: _Run, topics: Sequence[Sequence[bytes]], data: Sequence[bytes], book: LogBook
) -> None:
    try:
        sequences, heads, records = _read_data(data)
        glns = _read_glns(topics[2])
    except (ValueError, struct.error) as error:
        if len(data) > 1:  # name the one that is malformed
            for at, words in enumerate(zip(*topics, strict=True)):
                _add_appends(run.pick(at), [[word] for word in words], [data[at]], book)
        raise run.malformed(0, f"Appended: {error}") from error
    columns = book.appends
    columns.sequence.extend(sequences)
    columns.block_number.extend([block.number for block in run.blocks])
    columns.block_time_unix.extend([block.time_unix for block in run.blocks])
    columns.log_index.extend(run.indexes)
    columns.transaction_hash.extend(run.hashes)
    columns.batch_id.extend(topics[1])
    columns.gln.extend(glns)
    columns.head.extend(heads)
    columns.records.extend(records)
    book.sequences.extend(sequences)
    _add_blocks(run.blocks, book)


def _add_other(run: _Run, at: int, topics: bytes, data: bytes, book: LogBook) -> None:
    block = run.blocks[at]
    try:
        event = decode_event(topics, data)
    except MirrorGapError as error:
        raise run.malformed(at, error) from error
    place = (block.number, block.block_hash, block.time_unix, run.hashes[at], run.indexes[at])
    book.others.append(LedgerLog(*place, topics, data, event))
    book.sequences.append(event.sequence)
    _add_blocks([block], book)


def _add_blocks(blocks: Iterable[BlockRef], book: LogBook) -> None:
    for block, _ in groupby(blocks):
        if not book.blocks or book.blocks[-1] is not block:
            book.blocks.append(block)


def _take_apart(
    frame: LogFrame, payload: bytes
) -> tuple[Sequence[bytes], list[Sequence[bytes]], Sequence[bytes]]:
    """Addresses, topics (one column each) and data of logs of one shape."""
    addresses, *topics, data = zip(*frame.layout.iter_unpack(payload), strict=True)
    return addresses, [*topics], data


def _read_data(data: Sequence[bytes]) -> tuple[Sequence[int], Sequence[bytes], list[bytes]]:
    """Sequences, heads and records out of the data of `Appended` logs of one size.

    Raises:
        ValueError, struct.error: one is not as the contract encodes it.
    """
    tail_bytes = len(data[0]) - _DATA_WORDS
    layout = struct.Struct(f">24sQ32s32s24sQ{max(tail_bytes, 0)}s")
    pads, sequences, heads, offsets, pads2, lengths, tails = zip(
        *layout.iter_unpack(b"".join(data)), strict=True
    )
    if {*pads, *pads2} != {_U64_PAD} or {*offsets} != {_OFFSET}:
        raise ValueError("a word is not where it belongs")
    records = [tail[:length] for tail, length in zip(tails, lengths, strict=True)]
    padding = b"".join([tail[length:] for tail, length in zip(tails, lengths, strict=True)])
    is_filled = all(length + -length % 32 == tail_bytes for length in {*lengths})
    if not is_filled or padding.strip(b"\0"):
        raise ValueError("records of another length than they say")
    return sequences, heads, records


def _read_glns(words: Sequence[bytes]) -> list[int]:
    """Numbers of 48 bits in words of 32 bytes.

    Raises:
        ValueError: one does not fit.
    """
    if {word[:26] for word in words} != {_GLN_PAD}:
        raise ValueError("a party's number is too long")
    return [*map(int.from_bytes, words)]
