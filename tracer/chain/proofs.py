"""Read a range of blocks with the proof that its logs are the chain's: headers and receipts."""

from collections.abc import Iterable, Sequence
from typing import Final

import msgspec

from tracer.chain.blocks import build_logs_filter
from tracer.chain.decode import parse_quantity
from tracer.chain.headers import Header, RawHeader, read_header
from tracer.chain.receipts import RawReceipt
from tracer.chain.rpc import Call, Node, T
from tracer.errors import MirrorGapError, RpcError, RpcUnavailableError

MAX_CALLS: Final = 100  # per batch; geth takes 1,000, hosted nodes fewer
_METHOD_NOT_FOUND: Final = -32601  # JSON-RPC 2.0, section 5.1


class _Place(msgspec.Struct, rename="camel", frozen=True):
    block_number: str


def fetch_headers(node: Node, numbers: Sequence[int]) -> list[Header | None]:
    """Headers by number, each checked against its own hash; None for each the node lacks.

    Raises:
        RpcUnavailableError: no usable answer.
        MirrorGapError: a header is not what its hash says, or another than was asked for.
    """
    headers: list[Header | None] = []
    for part in _parts(numbers):
        calls: list[Call] = [("eth_getBlockByNumber", (hex(number), False)) for number in part]
        headers += map(_read, node.batch_as(RawHeader | None, calls), part)
    return headers


def _read(raw: RawHeader | None, number: int) -> Header | None:
    if raw is None:
        return None
    header = read_header(raw)
    if header.ref.number != number:
        raise MirrorGapError(
            f"the node shows {header.ref} instead of block {number}", hint="Ask another node."
        )
    return header


def locate_logs(node: Node, contract: bytes, first: int, last: int) -> list[int]:
    """Where the node says that a range holds logs of the contract: a hint, not a proof.

    Returns:
        Numbers of blocks inside the range, in order.

    Raises:
        RpcUnavailableError: no usable answer; `RpcError` when the node refuses the range.
    """
    wanted = build_logs_filter(contract, first, last)
    places = node.call_as(list[_Place], "eth_getLogs", wanted)
    try:
        numbers = {parse_quantity(place.block_number, "blockNumber") for place in places}
    except MirrorGapError as error:
        raise RpcUnavailableError(str(error), hint="Ask another node.") from error
    return sorted(number for number in numbers if first <= number <= last)


class ReceiptReader:
    """Fetches the receipts of whole blocks.

    Args:
        node: the node to read from. One that lacks `eth_getBlockReceipts` is asked for the
            receipts one by one.
    """

    def __init__(self, node: Node) -> None:
        self._node = node
        self._by_block = True

    def fetch(self, headers: Sequence[Header]) -> list[list[RawReceipt] | None]:
        """Receipts of each block, not yet checked; None where the node has none.

        Raises:
            RpcUnavailableError: no usable answer.
        """
        if self._by_block:
            try:
                return self._fetch_by_block(headers)
            except RpcError as error:
                if error.rpc_code != _METHOD_NOT_FOUND:
                    raise
                self._by_block = False
        return [self._fetch_one_by_one(header) for header in headers]

    def _fetch_by_block(self, headers: Sequence[Header]) -> list[list[RawReceipt] | None]:
        found: list[list[RawReceipt] | None] = []
        for part in _parts(headers):
            calls: list[Call] = [
                ("eth_getBlockReceipts", (hex(header.ref.number),)) for header in part
            ]
            found += self._node.batch_as(list[RawReceipt] | None, calls)
        return found

    def _fetch_one_by_one(self, header: Header) -> list[RawReceipt] | None:
        found: list[RawReceipt | None] = []
        for part in _parts(header.transactions):
            calls: list[Call] = [("eth_getTransactionReceipt", (f"0x{key.hex()}",)) for key in part]
            found += self._node.batch_as(RawReceipt | None, calls)
        whole = [receipt for receipt in found if receipt is not None]
        return whole if len(whole) == len(found) else None


def _parts(items: Sequence[T]) -> Iterable[Sequence[T]]:
    for start in range(0, len(items), MAX_CALLS):
        yield items[start : start + MAX_CALLS]
