"""Read blocks and the ledger's views from a node. What is not well-formed never gets past here."""

from collections.abc import Sequence
from typing import Any, Final

import msgspec

from tracer.chain.contract import decode_result, encode_call
from tracer.chain.decode import parse_bytes, parse_quantity
from tracer.chain.rpc import Call, Node
from tracer.domain.blocks import BlockRef
from tracer.errors import InputError, MirrorGapError, RpcUnavailableError

MAX_BLOCKS_PER_BATCH: Final = 100  # headers asked for at once; geth takes 1,000 calls in a batch

Where = int | str
"""A block's number, or a tag: `latest`, `safe`, `finalized`."""


class _RawBlock(msgspec.Struct, frozen=True):
    number: str
    hash: str
    timestamp: str


def build_block_call(where: Where) -> Call:
    """Ask for one block's header."""
    return "eth_getBlockByNumber", (hex(where) if isinstance(where, int) else where, False)


def build_view_call(contract: bytes, function: str, *arguments: object, block: object) -> Call:
    """Ask what a view function returns at a block: a tag, or a hash by EIP-1898."""
    data = encode_call(function, *arguments)
    target = {"to": f"0x{contract.hex()}", "data": f"0x{data.hex()}"}
    where = {"blockHash": f"0x{block.hex()}"} if isinstance(block, bytes) else block
    return "eth_call", (target, where)


def build_logs_filter(
    contract: bytes, first: Where, last: Where, topics: Sequence[object] = ()
) -> dict[str, object]:
    """Filter for the contract's logs of a range of blocks, both ends included."""
    ends = [hex(end) if isinstance(end, int) else end for end in (first, last)]
    return {
        "address": f"0x{contract.hex()}",
        "fromBlock": ends[0],
        "toBlock": ends[1],
        "topics": list(topics),
    }


def read_block(result: object) -> BlockRef | None:
    """Read the answer to `build_block_call`; None when the node has no such block.

    Raises:
        RpcUnavailableError: the answer is no block.
    """
    if result is None:
        return None
    try:
        raw = msgspec.convert(result, _RawBlock)
        return BlockRef(
            parse_quantity(raw.number, "number"),
            parse_bytes(raw.hash, "hash", 32),
            parse_quantity(raw.timestamp, "timestamp"),
        )
    except (msgspec.ValidationError, MirrorGapError) as error:
        raise RpcUnavailableError(
            f"the node sends no proper block: {error}", hint="Ask another node."
        ) from error


def read_view(function: str, result: object) -> tuple[Any, ...]:
    """Read the answer to `build_view_call`.

    Raises:
        RpcUnavailableError: the answer is not what the function returns.
    """
    try:
        return decode_result(function, parse_bytes(result, function))
    except (InputError, MirrorGapError) as error:
        raise RpcUnavailableError(
            f"the node sends no proper {function}: {error}", hint="Ask another node."
        ) from error


def fetch_blocks(node: Node, wheres: Sequence[Where]) -> list[BlockRef | None]:
    """Headers of several blocks; None for each that the node does not have.

    Raises:
        RpcUnavailableError: no usable answer.
    """
    blocks: list[BlockRef | None] = []
    for start in range(0, len(wheres), MAX_BLOCKS_PER_BATCH):
        part = wheres[start : start + MAX_BLOCKS_PER_BATCH]
        blocks += [read_block(result) for result in node.batch([*map(build_block_call, part)])]
    return blocks


def fetch_last_sequence(node: Node, contract: bytes, block: BlockRef) -> int:
    """The ledger's event counter as of a block, named by its hash.

    Raises:
        RpcUnavailableError: no usable answer; `RpcError` when the node does not know the block.
    """
    method, params = build_view_call(contract, "lastSequence", block=block.block_hash)
    (last,) = read_view("lastSequence", node.call(method, *params))
    return int(last)
