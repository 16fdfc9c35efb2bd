"""Blocks and receipts as Ethereum makes them, in the JSON that a node sends.

Written after the Yellow Paper (sections 4.3, 4.3.1, appendix D) and the EIPs with libraries that
the product does not use for it, so that a mistake is not made twice.
"""

from collections.abc import Sequence
from typing import Any

import rlp
from eth_utils.crypto import keccak

Json = dict[str, Any]

HEADER_MEMBERS = (
    "parentHash", "sha3Uncles", "miner", "stateRoot", "transactionsRoot", "receiptsRoot",
    "logsBloom", "difficulty", "number", "gasLimit", "gasUsed", "timestamp", "extraData", "mixHash",
    "nonce", "baseFeePerGas", "withdrawalsRoot", "blobGasUsed", "excessBlobGas",
    "parentBeaconBlockRoot", "requestsHash",
)  # fmt: skip
"""Of a block since Prague, in the order in which they are hashed."""

_QUANTITIES = frozenset(
    {
        "difficulty", "number", "gasLimit", "gasUsed", "timestamp", "baseFeePerGas", "blobGasUsed",
        "excessBlobGas",
    }
)  # fmt: skip
_BRANCHES = 16


def unhex(text: str) -> bytes:
    return bytes.fromhex(text[2:])


def tohex(data: bytes) -> str:
    return f"0x{data.hex()}"


def hash_header(header: Json) -> str:
    """The block's hash: Keccak of the RLP of its fields."""
    fields = [
        int(header[name], 16) if name in _QUANTITIES else unhex(header[name])
        for name in HEADER_MEMBERS
        if name in header
    ]
    return tohex(keccak(rlp.encode(fields)))


def bloom_bits(item: bytes) -> int:
    """The three of 2048 bits that an address or topic sets."""
    digest = keccak(item)
    bits = 0
    for at in (0, 2, 4):
        bits |= 1 << (int.from_bytes(digest[at : at + 2], "big") & 2047)
    return bits


def logs_bloom(logs: Sequence[Json]) -> int:
    bits = 0
    for log in logs:
        for item in (log["address"], *log["topics"]):
            bits |= bloom_bits(unhex(item))
    return bits


def encode_receipt(receipt: Json) -> bytes:
    """EIP-658 and EIP-2718: a receipt as the block's trie holds it."""
    logs = [
        [unhex(log["address"]), [unhex(topic) for topic in log["topics"]], unhex(log["data"])]
        for log in receipt["logs"]
    ]
    status, gas = int(receipt["status"], 16), int(receipt["cumulativeGasUsed"], 16)
    kind = int(receipt["type"], 16)
    body: bytes = rlp.encode([status, gas, unhex(receipt["logsBloom"]), logs])
    return (bytes([kind]) if kind else b"") + body


def receipts_root(receipts: Sequence[Json]) -> str:
    return tohex(ordered_root([encode_receipt(receipt) for receipt in receipts]))


# --- the Merkle Patricia trie of a list (appendix D) ---------------------------------------------


def ordered_root(values: Sequence[bytes]) -> bytes:
    """The root over a list: each value stands under the RLP of its place."""
    pairs = sorted((_nibbles(rlp.encode(place)), value) for place, value in enumerate(values))
    return keccak(rlp.encode(_node(pairs, 0) if pairs else b""))


def _node(pairs: list[tuple[list[int], bytes]], depth: int) -> list[Any]:
    """The node over pairs that agree in their first `depth` nibbles."""
    first, last = pairs[0][0], pairs[-1][0]
    if len(pairs) == 1:
        return [_compact(first[depth:], is_leaf=True), pairs[0][1]]
    shared = depth
    while first[shared] == last[shared]:  # no key is another's beginning
        shared += 1
    if shared > depth:
        return [_compact(first[depth:shared], is_leaf=False), _reference(_node(pairs, shared))]
    parts = [[pair for pair in pairs if pair[0][depth] == nibble] for nibble in range(_BRANCHES)]
    return [*(_reference(_node(part, depth + 1)) if part else b"" for part in parts), b""]


def _reference(node: list[Any]) -> bytes | list[Any]:
    encoded = rlp.encode(node)
    return node if len(encoded) < 32 else keccak(encoded)


def _nibbles(key: bytes) -> list[int]:
    return [nibble for byte in key for nibble in (byte >> 4, byte & 15)]


def _compact(nibbles: list[int], *, is_leaf: bool) -> bytes:
    flag = 2 * is_leaf
    whole = [flag + 1, *nibbles] if len(nibbles) % 2 else [flag, 0, *nibbles]
    return bytes(high << 4 | low for high, low in zip(whole[::2], whole[1::2], strict=True))
