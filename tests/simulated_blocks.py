"""Builds the blocks of a simulated chain: the ledger's transactions among those of others.

Other people's transactions are drawn by a die seeded with the block's place: plain transfers,
failed ones, other contracts' logs, a contract that emits the ledger's own events, and logs whose
bloom bits cover the ledger's address although it wrote nothing.
"""

import functools
import hashlib
import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from eth_abi.abi import encode
from eth_utils.crypto import keccak
from ethereum_blocks import (
    Json,
    bloom_bits,
    hash_header,
    logs_bloom,
    ordered_root,
    receipts_root,
    tohex,
    unhex,
)
from ledger_operations import CONTRACT, Operation

from tracer.chain.decode import event_topic
from tracer.chain.events import LedgerEvent

START_UNIX = 1_790_000_000
BLOCK_S = 2
TOKEN = bytes.fromhex("c02aaa39b223fe8d0a0e5c4f27ead9083c756cc2")
TWIN = CONTRACT[::-1]
_NO_TRANSACTIONS = tohex(ordered_root([]))
_NO_UNCLES = "0x1dcc4de8dec75d7aab85b567b6ccd41ad312451b948a7413f0a142fd40d49347"
_LEGACY, _LISTED, _DYNAMIC, _BLOB, _DELEGATED = range(5)

Log = tuple[bytes, list[bytes], bytes]
"""Address, topics, data."""


@dataclass
class Transaction:
    kind: int
    status: int
    logs: list[Log]


@dataclass
class Block:
    """One block as the chain keeps it.

    Attributes:
        header: the JSON of `eth_getBlockByNumber` without its transactions' bodies.
        receipts: the JSON of `eth_getBlockReceipts`.
        logs: of all contracts, as the receipts hold them.
        last_sequence: the ledger's counter after it.
        operations: what it was made of, with `fork`, so that it can be made again.
        mark: the ledger's state before it.
    """

    header: Json
    receipts: list[Json]
    last_sequence: int
    operations: Sequence[Operation]
    fork: str
    mark: tuple[int, int]
    logs: list[Json] = field(init=False)

    def __post_init__(self) -> None:
        self.logs = [log for receipt in self.receipts for log in receipt["logs"]]

    @property
    def number(self) -> int:
        return int(self.header["number"], 16)

    @property
    def block_hash(self) -> bytes:
        return unhex(self.header["hash"])

    @property
    def time_unix(self) -> int:
        return int(self.header["timestamp"], 16)


def encode_event(event: LedgerEvent) -> tuple[list[bytes], bytes]:
    """Topics and data as the EVM emits them, by a library that is not ours."""
    parameters = event.declaration.rstrip(")").partition("(")[2].split(",")
    topics, types, values = [event_topic(type(event))], [], []
    for parameter, name in zip(parameters, event.__slots__, strict=True):
        kind, value = parameter.split()[0], getattr(event, name)
        value = f"0x{value.hex()}" if kind == "address" else value
        if "indexed" in parameter.split():
            topics.append(encode([kind], [value]))
        else:
            types.append(kind)
            values.append(value)
    return topics, encode(types, values)


# --- transactions --------------------------------------------------------------------------------


def ledger_transaction(events: Sequence[LedgerEvent], chance: random.Random) -> Transaction:
    """One call of the ledger, now and then among another contract's logs; failed without events."""
    logs: list[Log] = [(CONTRACT, *encode_event(event)) for event in events]
    if logs and chance.random() < 0.2:
        logs.insert(chance.randint(0, len(logs)), _transfer_log(chance))
    return Transaction(_DYNAMIC, int(bool(logs)), logs)


def foreign_transactions(chance: random.Random) -> list[Transaction]:
    """What other people do in a block; in every other block, nothing."""
    if chance.random() < 0.5:
        return []
    return [_foreign_transaction(chance) for _ in range(chance.randint(1, 3))]


def _foreign_transaction(chance: random.Random) -> Transaction:
    kind = chance.choice([_LEGACY, _LISTED, _DYNAMIC, _DYNAMIC, _BLOB, _DELEGATED])
    what = chance.randrange(5)
    if what == 0:
        return Transaction(kind, 0, [])
    logs: list[Log] = []
    if what == 1:
        logs = [_transfer_log(chance) for _ in range(chance.randint(1, 3))]
    elif what == 2:  # the ledger's topic, somebody else's address
        logs = [(TWIN, [keccak(b"ledger"), chance.randbytes(32)], chance.randbytes(64))]
    elif what == 3:
        logs = [(TOKEN, list(bloom_cover()), b"")]
    return Transaction(kind, 1, logs)


def _transfer_log(chance: random.Random) -> Log:
    topics = [keccak(text="Transfer(address,address,uint256)"), bytes(12) + CONTRACT, bytes(32)]
    return TOKEN, topics, chance.randbytes(32)


@functools.cache
def bloom_cover() -> tuple[bytes, ...]:
    """Three topics that together set the bits of the ledger's address."""
    missing, topics, number = bloom_bits(CONTRACT), [], 0
    while missing:
        number += 1
        topic = number.to_bytes(32, "big")
        if bloom_bits(topic) & missing:
            missing &= ~bloom_bits(topic)
            topics.append(topic)
    return tuple(topics)


# --- blocks --------------------------------------------------------------------------------------


def digest(*words: object) -> bytes:
    return hashlib.sha256(repr(words).encode()).digest()


def build_header(parent: Json | None, receipts: Sequence[Json], salt: str, fork: str) -> Json:
    """A header since Prague, with its hash; what nobody can check is drawn from the fork's name."""
    number = int(parent["number"], 16) + 1 if parent else 0
    time_unix = int(parent["timestamp"], 16) + BLOCK_S if parent else START_UNIX
    hashes = [receipt["transactionHash"] for receipt in receipts]
    logs = [log for receipt in receipts for log in receipt["logs"]]
    header: Json = {
        "parentHash": parent["hash"] if parent else f"0x{0:064x}",
        "sha3Uncles": _NO_UNCLES,
        "miner": tohex(digest(salt, "miner")[:20]),
        "stateRoot": tohex(digest(salt, fork, number, "state")),
        "transactionsRoot": tohex(digest(hashes)) if hashes else _NO_TRANSACTIONS,
        "receiptsRoot": receipts_root(receipts),
        "logsBloom": f"0x{logs_bloom(logs):0512x}",
        "difficulty": "0x0",
        "number": hex(number),
        "gasLimit": hex(30_000_000),
        "gasUsed": receipts[-1]["cumulativeGasUsed"] if receipts else "0x0",
        "timestamp": hex(time_unix),
        "extraData": tohex(f"{salt} {fork}".encode()[:32]),
        "mixHash": tohex(digest(salt, fork, number, "random")),
        "nonce": "0x0000000000000000",
        "baseFeePerGas": hex(7),
        "withdrawalsRoot": _NO_TRANSACTIONS,
        "blobGasUsed": "0x0",
        "excessBlobGas": "0x0",
        "parentBeaconBlockRoot": tohex(digest(salt, fork, number, "beacon")),
        "requestsHash": tohex(hashlib.sha256().digest()),
    }
    beside = {
        "totalDifficulty": "0x0",
        "size": hex(1_000 + number),
        "uncles": [],
        "withdrawals": [],
        "transactions": hashes,
    }
    return header | {"hash": hash_header(header)} | beside


def build_receipts(transactions: Sequence[Transaction], salt: str, number: int) -> list[Json]:
    """Receipts without what only the finished block can say; see `place_receipts`."""
    gas, receipts = 0, []
    for place, transaction in enumerate(transactions):
        used = 21_000 + 1_000 * len(transaction.logs)
        gas += used
        logs: list[dict[str, Any]] = [
            {"address": tohex(address), "topics": [*map(tohex, topics)], "data": tohex(data)}
            for address, topics, data in transaction.logs
        ]
        # A transaction has the same hash in whatever fork it is mined.
        key = keccak(digest(salt, number, place, transaction.kind, logs))
        receipts.append(
            {
                "type": hex(transaction.kind),
                "status": hex(transaction.status),
                "cumulativeGasUsed": hex(gas),
                "logsBloom": f"0x{logs_bloom(logs):0512x}",
                "logs": logs,
                "transactionHash": tohex(key),
                "transactionIndex": hex(place),
                "from": tohex(digest(salt, place)[:20]),
                "to": tohex(CONTRACT),
                "contractAddress": None,
                "gasUsed": hex(used),
                "effectiveGasPrice": hex(8),
            }
        )
    return receipts


def place_receipts(receipts: Sequence[Json], header: Json) -> None:
    """Fill in which block receipts and logs stand in."""
    index = 0
    for receipt in receipts:
        receipt |= {"blockHash": header["hash"], "blockNumber": header["number"]}
        for log in receipt["logs"]:
            log |= {
                "blockNumber": header["number"],
                "blockHash": header["hash"],
                "blockTimestamp": header["timestamp"],
                "transactionHash": receipt["transactionHash"],
                "transactionIndex": receipt["transactionIndex"],
                "logIndex": hex(index),
                "removed": False,
            }
            index += 1
