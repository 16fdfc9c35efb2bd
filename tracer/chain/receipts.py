"""A block's receipts, checked against its header: no log can be dropped, changed or moved.

Receipts are encoded as the chain commits to them: EIP-2718 (typed receipts), EIP-658 (status), and
the deposit receipts of OP Stack chains (type 0x7e). What the root does not cover (the hashes of
transactions) must agree with the header's list.
"""

from binascii import unhexlify
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from struct import Struct
from typing import Final, NamedTuple

import msgspec

from tracer.chain.headers import HINT, Header
from tracer.chain.rlp import encode_data, encode_quantity, list_prefix, string_prefix
from tracer.chain.trie import ordered_root
from tracer.errors import MirrorGapError

_DEPOSIT: Final = 0x7E
_TOPIC_BYTES: Final = 33  # with the byte that stands before it
_ADDRESS_BYTES: Final = 21
_ONE_BYTE: Final = len("0x00")


class RawReceiptLog(msgspec.Struct, frozen=True):
    """A log inside a receipt; where it stands follows from the receipts' order."""

    address: str
    topics: list[str]
    data: str


class RawReceipt(msgspec.Struct, rename="camel", frozen=True):
    """A receipt as `eth_getBlockReceipts` returns it; only what the chain commits to."""

    transaction_hash: str
    cumulative_gas_used: str
    logs_bloom: str
    logs: list[RawReceiptLog]
    type: str = "0x0"
    status: str | None = None
    root: str | None = None
    deposit_nonce: str | None = None
    deposit_receipt_version: str | None = None


class LogFrame(NamedTuple):
    """The shape of an encoded log: logs of one shape have their parts at the same places.

    Attributes:
        topics: how many it has.
        size: bytes of its RLP.
        layout: its address, topics and data in those bytes.
    """

    topics: int
    size: int
    layout: Struct


@dataclass(frozen=True, slots=True)
class ReceiptLogs:
    """The logs of one transaction, as the bytes that the block's receipts root proves.

    Attributes:
        transaction_hash: 32 bytes.
        first_index: place of the first log among all logs of the block.
        frames: shape of each log.
        payload: RLP of the logs, one after the other.
    """

    transaction_hash: bytes
    first_index: int
    frames: list[LogFrame]
    payload: bytes


def read_logs(header: Header, receipts: Sequence[RawReceipt] | None) -> list[ReceiptLogs]:
    """All logs of a block.

    Args:
        header: checked already.
        receipts: of all its transactions; None when the node has none.

    Raises:
        MirrorGapError: these are not the block's receipts.
    """
    if receipts is None:
        raise MirrorGapError(f"the node has no receipts of {header.ref}", hint=HINT)
    found, encoded, first_index = [], [], 0
    try:
        for receipt in receipts:
            frames, payload = _encode_logs(receipt.logs)
            encoded.append(_encode_receipt(receipt, payload))
            transaction_hash = bytes.fromhex(receipt.transaction_hash[2:])
            found.append(ReceiptLogs(transaction_hash, first_index, frames, payload))
            first_index += len(frames)
    except ValueError as error:
        raise MirrorGapError(f"malformed receipt in {header.ref}: {error}", hint=HINT) from error
    if ordered_root(encoded) != header.receipts_root:
        raise MirrorGapError(f"the receipts of {header.ref} are not the block's own", hint=HINT)
    if tuple([receipt.transaction_hash for receipt in found]) != header.transactions:
        raise MirrorGapError(
            f"the receipts of {header.ref} name other transactions than the block", hint=HINT
        )
    return found


def encode_receipt(receipt: RawReceipt) -> bytes:
    """A receipt as the trie holds it.

    Raises:
        ValueError: not hexadecimal.
    """
    return _encode_receipt(receipt, _encode_logs(receipt.logs)[1])


def _encode_receipt(receipt: RawReceipt, logs: bytes) -> bytes:
    kind, status = int(receipt.type, 16), receipt.status
    before = (
        (encode_quantity(status) if status is not None else encode_data(receipt.root or "0x"))
        + encode_quantity(receipt.cumulative_gas_used)
        + encode_data(receipt.logs_bloom)
        + list_prefix(len(logs)).hex()
    )
    after = ""
    if kind == _DEPOSIT:
        extra = (receipt.deposit_nonce, receipt.deposit_receipt_version)
        after = "".join(encode_quantity(text) for text in extra if text is not None)
    size = (len(before) + len(after)) // 2 + len(logs)
    start = bytes((kind,)) if kind else b""
    return b"".join((start, list_prefix(size), unhexlify(before), logs, unhexlify(after)))


def _encode_logs(logs: Sequence[RawReceiptLog]) -> tuple[list[LogFrame], bytes]:
    """Shapes of logs, and their RLP.

    It is put together in hexadecimal, as it came. A topic's prefix is 0xa0, so that "a" before its
    own "0x", less the x, is that prefix.
    """
    frames, parts = [], []
    for log in logs:
        data, topics = log.data, log.topics
        is_bare = len(data) == _ONE_BYTE and data < "0x80"
        start, middle, end, frame = _log_frame(len(topics), len(data), is_bare)
        parts.append(f"{start}{log.address[2:]}{middle}{'a'.join(topics)}{end}{data[2:]}")
        frames.append(frame)
    return frames, unhexlify("".join(parts).encode("ascii").translate(None, b"x"))


@lru_cache(maxsize=8192)
def _log_frame(topics: int, data_digits: int, is_bare: bool) -> tuple[str, str, str, LogFrame]:
    """What stands before the address, the first topic and the data of a log of such sizes.

    Args:
        topics: how many.
        data_digits: length of the data as JSON-RPC text.
        is_bare: the data are one byte below 0x80, which encodes itself.
    """
    data_bytes = data_digits // 2 - 1
    before_topics = list_prefix(_TOPIC_BYTES * topics)
    before_data = b"" if is_bare else string_prefix(data_bytes)
    size = _ADDRESS_BYTES + len(before_topics) + _TOPIC_BYTES * topics
    size += len(before_data) + data_bytes
    start = list_prefix(size)
    layout = Struct(
        f">{len(start) + 1}x20s{len(before_topics)}x{'x32s' * topics}"
        f"{len(before_data)}x{data_bytes}s"
    )
    frame = LogFrame(topics, len(start) + size, layout)
    middle = before_topics.hex() + ("a" if topics else "")
    return start.hex() + "94", middle, before_data.hex(), frame
