"""Chains to index: the real ledger on an anvil of its own, with as many records as wanted.

Every record is full width and every block's time is fixed, so a chain is the same on every machine.
"""

import contextlib
import functools
import hashlib
import struct
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from mirror_bench.wire import Wire, build_request, result_of

from tracer.chain.anvil import find_anvil, free_port
from tracer.chain.contract import encode_call, encode_creation
from tracer.chain.deployments import Deployment, fetch_deployment
from tracer.chain.rpc import RpcClient
from tracer.domain.identifiers import Gtin, Lot
from tracer.domain.kinds import Kind, Role
from tracer.domain.records import build_batch_id

BATCHES = 100
GTIN = Gtin.parse("09520010001015")
PREFIX = 952001
GLN = 9520010000018  # the manufacturer that writes everything
FAR_FUTURE_UNIX = 2**40 - 1
ZERO_ADDRESS = "0x" + "00" * 20
KINDS = (Kind.MILK_RECEIPT, Kind.WET_PROCESS, Kind.DRY_BLEND, Kind.CANNING, Kind.PACK_AGGREGATE)

GENESIS_UNIX = 1_700_000_000
BLOCK_S = 2
GAS_PER_CALL = 25_000_000
GAS_PER_BLOCK = 1_000_000_000
# States that eth_call can be asked about. Every one is a full copy; geth keeps 128 by default.
KEPT_STATES = 128
# EIP-2935 keeps 8,191 block hashes in the state, whose root anvil computes anew at every block. The
# history contract is removed: 10,000 blocks then take 45 s, not 180. No log depends on it.
HISTORY_CONTRACT = "0x0000f90827f1c53a10cb7a02335b175320002935"
START_TIMEOUT_S = 30.0
BLOCKS_AT_ONCE = 20  # sent before the first is answered

_RECORD = struct.Struct(">B5s6s32s")


@dataclass(frozen=True)
class Shape:
    """How records lie in blocks.

    Attributes:
        appends: appends of one transaction, each to another batch.
        transactions: transactions of one block.
    """

    name: str
    records_per_append: int
    appends: int
    transactions: int

    @property
    def records_per_block(self) -> int:
        """How many records one block adds."""
        return self.records_per_append * self.logs_per_block

    @property
    def logs_per_block(self) -> int:
        """How many appends one block adds, a log each."""
        return self.appends * self.transactions


PACKED = Shape("packed", records_per_append=20, appends=5, transactions=5)
SINGLE = Shape("single", records_per_append=1, appends=20, transactions=1)


@dataclass
class Chain:
    """A ledger with records on a node that runs.

    Attributes:
        records: how many were appended.
        next_block: number of the block that `build_block` makes next.
        sequence: of the ledger's last event.
    """

    url: str
    deployment: Deployment
    shape: Shape
    records: int
    next_block: int
    sequence: int
    _nonce: int
    _keeper: str

    @property
    def address(self) -> str:
        """The ledger's."""
        return f"0x{self.deployment.contract.hex()}"

    def extend(self, blocks: int) -> None:
        """Add blocks of records, then make sure that all of them are there.

        Raises:
            RuntimeError: the node lost a block or a transaction.
        """
        with Wire(self.url) as wire:
            for start in range(0, blocks, BLOCKS_AT_ONCE):
                requests: list[bytes] = []
                for _ in range(min(BLOCKS_AT_ONCE, blocks - start)):
                    requests += self.build_block()
                for answer in wire.exchange(requests):
                    result_of(answer)
            self._check(wire)

    def build_block(self) -> list[bytes]:
        """The requests that make the next block: its transactions, then the order to mine."""
        number = self.next_block
        requests = []
        for place in range(self.shape.transactions):
            data = self._encode(number * self.shape.transactions + place)
            requests.append(send_request(self._keeper, self._nonce, data, to=self.address))
            self._nonce += 1
        self.next_block += 1
        self.records += self.shape.records_per_block
        self.sequence += self.shape.logs_per_block
        return [*requests, mine_request(number)]

    def _encode(self, turn: int) -> bytes:
        """One `appendMany`; each turn writes to the next batches and other records."""
        count = self.shape.records_per_append
        first = turn * self.shape.appends
        ids = [batch_ids()[(first + place) % BATCHES] for place in range(self.shape.appends)]
        digests = hashlib.shake_256(turn.to_bytes(8, "big")).digest(32 * count * len(ids))
        when = GENESIS_UNIX.to_bytes(5, "big")
        where = GLN.to_bytes(6, "big")
        packed = b"".join(
            _RECORD.pack(KINDS[place % len(KINDS)], when, where, digests[place * 32 :][:32])
            for place in range(count * len(ids))
        )
        size = _RECORD.size * count
        return encode_call(
            "appendMany", ids, [packed[place * size :][:size] for place in range(len(ids))]
        )

    def _check(self, wire: Wire) -> None:
        height = int(wire.call("eth_blockNumber"), 16)
        call = {"to": self.address, "data": f"0x{encode_call('lastSequence').hex()}"}
        counted = int(wire.call("eth_call", call, "latest"), 16)
        if (height, counted) != (self.next_block - 1, self.sequence):
            raise RuntimeError(
                f"the chain is at block {height}, event {counted},"
                f" not at block {self.next_block - 1}, event {self.sequence}"
            )


def lot_of(place: int) -> str:
    """The lot of a batch, by its place."""
    return f"LOT{place:03d}"


@functools.cache
def batch_ids() -> Sequence[bytes]:
    """The batches of every chain."""
    return [build_batch_id(GTIN, Lot.parse(lot_of(place))) for place in range(BATCHES)]


@contextlib.contextmanager
def made_chain(shape: Shape, records: int) -> Iterator[Chain]:
    """Make a chain that holds at least so many records. Its node ends with the block."""
    with running_anvil() as url:
        chain = _begin(url, shape)
        chain.extend(-(-records // shape.records_per_block))
        yield chain


@contextlib.contextmanager
def running_anvil() -> Iterator[str]:
    """Start an anvil that mines when told to; its address."""
    port = free_port()
    words = [find_anvil(), "--port", port, "--silent", "--no-cors", "--no-request-size-limit"]
    words += ["--no-mining", "--order", "fifo", "--hardfork", "prague", "--gas-limit"]
    words += [GAS_PER_BLOCK, "--timestamp", GENESIS_UNIX, "--prune-history", KEPT_STATES]
    with tempfile.TemporaryFile() as output:
        node = subprocess.Popen([str(word) for word in words], stdout=output, stderr=output)
        try:
            url = f"http://127.0.0.1:{port}"
            _wait_until_ready(url, node)
            yield url
        finally:
            node.kill()
            node.wait()


def _wait_until_ready(url: str, node: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + START_TIMEOUT_S
    while True:
        try:
            with Wire(url) as wire:
                wire.call("eth_chainId")
        except OSError:
            if node.poll() is not None or time.monotonic() > deadline:
                raise
            time.sleep(0.05)
        else:
            return


def _begin(url: str, shape: Shape) -> Chain:
    """Deploy the ledger, admit one manufacturer, register its batches."""
    with Wire(url) as wire, RpcClient(url) as node:
        wire.call("anvil_setCode", HISTORY_CONTRACT, "0x")
        governance, keeper = wire.call("eth_accounts")[:2]
        creation = encode_creation(governance, ZERO_ADDRESS)
        tx_hash = _mine(wire, 1, [send_request(governance, 0, creation)])[0]
        receipt = wire.call("eth_getTransactionReceipt", tx_hash)
        contract = receipt["contractAddress"]
        _mine(wire, 2, _admissions(governance, keeper, contract))
        deployment = fetch_deployment(
            node, bytes.fromhex(contract[2:]), 1, bytes.fromhex(tx_hash[2:])
        )
    # Events so far: the ledger's creation, a party, its prefix and key, and the batches.
    return Chain(url, deployment, shape, 0, 3, 4 + BATCHES, 1 + BATCHES, keeper)


def _admissions(governance: str, keeper: str, contract: str) -> list[bytes]:
    role, digits = int(Role.MANUFACTURER), len(str(PREFIX))
    admit = encode_call("admitParty", GLN, role, keeper, bytes(32))
    prefix = encode_call("assignPrefix", GLN, digits, PREFIX)
    key = encode_call("addKey", GLN, keeper, role, 0, FAR_FUTURE_UNIX)
    requests = [
        send_request(governance, 1, admit, to=contract),
        send_request(governance, 2, prefix, to=contract),
        send_request(keeper, 0, key, to=contract),
    ]
    for place in range(BATCHES):
        gtin = GTIN.value.encode()
        data = encode_call("registerBatch", gtin, lot_of(place), digits, b"")
        requests.append(send_request(keeper, 1 + place, data, to=contract))
    return requests


def _mine(wire: Wire, number: int, requests: list[bytes]) -> list[str]:
    """Mine the transactions of these requests as one block; their hashes."""
    answers = wire.exchange([*requests, mine_request(number)])
    return [result_of(answer) for answer in answers][:-1]


def send_request(sender: str, nonce: int, data: bytes, to: str | None = None) -> bytes:
    """A transaction that the node signs; all that it would look up itself is given."""
    transaction = {
        "from": sender,
        "nonce": hex(nonce),
        "gas": hex(GAS_PER_CALL),
        "gasPrice": hex(10**10),
        "data": f"0x{data.hex()}",
    }
    return build_request("eth_sendTransaction", transaction | ({"to": to} if to else {}))


def mine_request(number: int) -> bytes:
    """Mine block `number`, at its own time."""
    return build_request("evm_mine", hex(GENESIS_UNIX + number * BLOCK_S))
