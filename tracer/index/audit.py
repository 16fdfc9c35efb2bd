"""Are a range's logs all there, once each, in order? Pure.

Headers and receipts prove every log of the blocks that were read. That no block was left out, the
contract itself shows: it numbers its events without gaps.
"""

from typing import Final

from tracer.chain.logbook import LogBook
from tracer.domain.blocks import BlockRef
from tracer.errors import MirrorGapError

ASK_ANOTHER: Final = (
    "Nothing of this range was kept. Ask another node; if that says the same, somebody changed the"
    " mirror: `tracer fsck` finds out, `tracer index rebuild` puts it right."
)


def check_sequences(
    logs: LogBook, last: BlockRef, next_sequence: int, last_sequence: int | None
) -> None:
    """Check that a range's logs follow what the mirror holds, without a gap.

    Args:
        logs: as they stand in the blocks.
        last: the range's last block.
        next_sequence: sequence that the first log must have.
        last_sequence: the contract's counter at the last block; None where the node has forgotten
            it and the blocks prove themselves.

    Raises:
        MirrorGapError: a log is missing, doubled or out of order; the message names where.
    """
    after = next_sequence + len(logs)
    if logs.sequences != list(range(next_sequence, after)):
        expected, found = next(
            (expected, found)
            for expected, found in enumerate(logs.sequences, next_sequence)
            if expected != found
        )
        raise MirrorGapError(
            f"the node's logs are not the ledger's: sequence {found} ({_place(logs, found)})"
            f" stands where {expected} belongs",
            hint=ASK_ANOTHER,
        )
    if last_sequence is not None and after - 1 != last_sequence:
        raise MirrorGapError(
            f"the node's logs are not the ledger's: they end with sequence {after - 1} at {last},"
            f" but the ledger counts {last_sequence} there",
            hint=ASK_ANOTHER,
        )


def _place(logs: LogBook, sequence: int) -> str:
    appends = logs.appends
    if sequence in appends.sequence:
        at = appends.sequence.index(sequence)
        return f"log {appends.log_index[at]} of block {appends.block_number[at]}"
    return next(str(log) for log in logs.others if log.event.sequence == sequence)
