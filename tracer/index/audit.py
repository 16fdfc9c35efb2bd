"""Is a node's answer the contract's own, whole and in order? Pure.

The contract numbers its events without gaps, so that a log withheld, doubled or invented leaves a
trace. What these checks cannot see (an edited record) the fold of the batch's head shows.
"""

from collections.abc import Sequence
from typing import NoReturn

from tracer.chain.decode import LedgerLog
from tracer.domain.blocks import BlockRef
from tracer.errors import MirrorGapError

ASK_ANOTHER = (
    "Nothing of this range was kept. Ask another node; if that says the same, somebody changed the"
    " mirror: move it away and run `tracer index sync`."
)


def _fail(reason: str) -> NoReturn:
    raise MirrorGapError(f"the node's logs are not the ledger's: {reason}", hint=ASK_ANOTHER)


def check_logs(
    logs: Sequence[LedgerLog], first: int, last: BlockRef, next_sequence: int, last_sequence: int
) -> None:
    """Check one range's logs.

    Args:
        logs: as the node sent them.
        first: number of the range's first block.
        last: the range's last block.
        next_sequence: sequence that the first log must have.
        last_sequence: the contract's counter at the range's last block.

    Raises:
        MirrorGapError: a log is missing, doubled, out of order or out of place; the message names
            it by block and log.
    """
    place = (first, -1)
    hashes = {last.number: last.block_hash}
    times = {last.number: last.time_unix}
    for expected, log in enumerate(logs, next_sequence):
        if not place < (log.block_number, log.log_index) or log.block_number > last.number:
            _fail(f"{log} is out of order or out of the range {first} to {last.number}")
        place = (log.block_number, log.log_index)
        if hashes.setdefault(log.block_number, log.block_hash) != log.block_hash:
            _fail(f"{log} is from another block {log.block_number} than the one on the chain")
        if not log.block_time_unix:
            _fail(f"the time of block {log.block_number} is not to be had")
        if times.setdefault(log.block_number, log.block_time_unix) != log.block_time_unix:
            _fail(f"{log} names another time than its block")
        if log.event.sequence != expected:
            _fail(f"{log} has sequence {log.event.sequence}, but {expected} comes next")
    found = next_sequence + len(logs) - 1
    if found != last_sequence:
        _fail(
            f"they end with sequence {found} at block {last.number},"
            f" but the ledger counts {last_sequence} there"
        )
