"""Block headers whose hash is recomputed: a node cannot show another block by the same hash.

A header commits to its parent, its time, its receipts and a bloom filter of who wrote logs.
"""

from dataclasses import dataclass
from typing import Final

import msgspec

from tracer.chain.keccak import keccak
from tracer.chain.rlp import encode_data, encode_quantity, list_prefix
from tracer.domain.blocks import BlockRef
from tracer.errors import MirrorGapError

BLOOM_BYTES: Final = 256
HINT: Final = (
    "The node says something else than its chain. Ask another node; a chain whose headers are not"
    " Ethereum's cannot be mirrored."
)


class RawHeader(msgspec.Struct, rename="camel", frozen=True):
    """A block as `eth_getBlockByNumber` returns it without transactions.

    Attributes:
        transactions: their hashes, in order.
    """

    number: str
    hash: str
    parent_hash: str
    sha3_uncles: str
    miner: str
    state_root: str
    transactions_root: str
    receipts_root: str
    logs_bloom: str
    difficulty: str
    gas_limit: str
    gas_used: str
    timestamp: str
    extra_data: str
    mix_hash: str
    nonce: str
    transactions: list[str]
    base_fee_per_gas: str | None = None
    withdrawals_root: str | None = None
    blob_gas_used: str | None = None
    excess_blob_gas: str | None = None
    parent_beacon_block_root: str | None = None
    requests_hash: str | None = None


@dataclass(frozen=True, slots=True)
class Header:
    """What the mirror uses of a header that proved itself.

    Attributes:
        ref: number, hash and time.
        parent_hash: 32 bytes.
        receipts_root: 32 bytes.
        bloom: filter of the addresses and topics of its logs, as a number of 2048 bits.
        transactions: hashes of its transactions; the header commits to them, but not in this form.
    """

    ref: BlockRef
    parent_hash: bytes
    receipts_root: bytes
    bloom: int
    transactions: tuple[bytes, ...]


def bloom_mask(address: bytes) -> int:
    """The bits that a log of this address (20 bytes) sets (Yellow Paper, section 4.3.1)."""
    digest = keccak(address)
    mask = 0
    for at in (0, 2, 4):
        mask |= 1 << (int.from_bytes(digest[at : at + 2], "big") % (BLOOM_BYTES * 8))
    return mask


def read_header(raw: RawHeader) -> Header:
    """Check a header against its own hash.

    The fields, in the order of the Yellow Paper (section 4.3), EIP-1559, EIP-4895, EIP-4844,
    EIP-4788 and EIP-7685; those after the first fifteen only where the node sends them.

    Raises:
        MirrorGapError: malformed, or its hash is not that of its fields.
    """
    try:
        fields = _roots(raw) + _numbers(raw) + _later_fields(raw)
        encoded = list_prefix(len(fields) // 2) + bytes.fromhex(fields)
        number, block_hash = int(raw.number, 16), bytes.fromhex(raw.hash[2:])
        header = Header(
            BlockRef(number, block_hash, int(raw.timestamp, 16)),
            bytes.fromhex(raw.parent_hash[2:]),
            bytes.fromhex(raw.receipts_root[2:]),
            int(raw.logs_bloom, 16),
            tuple([bytes.fromhex(key[2:]) for key in raw.transactions]),
        )
    except (ValueError, OverflowError) as error:
        raise MirrorGapError(f"block {raw.number[:20]} is malformed: {error}", hint=HINT) from error
    if keccak(encoded) != block_hash:
        raise MirrorGapError(
            f"block {number} is not what its hash 0x{block_hash.hex()[:8]}… says", hint=HINT
        )
    return header


def _roots(raw: RawHeader) -> str:
    """The fields of fixed size, which always have the same prefix."""
    return (
        f"a0{raw.parent_hash[2:]}a0{raw.sha3_uncles[2:]}94{raw.miner[2:]}a0{raw.state_root[2:]}"
        f"a0{raw.transactions_root[2:]}a0{raw.receipts_root[2:]}b90100{raw.logs_bloom[2:]}"
    )


def _numbers(raw: RawHeader) -> str:
    return (
        encode_quantity(raw.difficulty)
        + encode_quantity(raw.number)
        + encode_quantity(raw.gas_limit)
        + encode_quantity(raw.gas_used)
        + encode_quantity(raw.timestamp)
        + encode_data(raw.extra_data)
        + encode_data(raw.mix_hash)
        + encode_data(raw.nonce)
    )


def _later_fields(raw: RawHeader) -> str:
    fields = (
        (raw.base_fee_per_gas, encode_quantity),
        (raw.withdrawals_root, encode_data),
        (raw.blob_gas_used, encode_quantity),
        (raw.excess_blob_gas, encode_quantity),
        (raw.parent_beacon_block_root, encode_data),
        (raw.requests_hash, encode_data),
    )
    return "".join([encode(text) for text, encode in fields if text is not None])
