"""The real ledger on a real anvil, with accounts that anvil signs for.

For tests of reading; how transactions are signed and sent is tested elsewhere. The chain mines a
block per transaction, keeps every state, and can be reorganised.
"""

import hashlib
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from tracer.chain.anvil import find_anvil, free_port
from tracer.chain.contract import encode_call, encode_creation
from tracer.chain.deployments import Deployment, fetch_deployment
from tracer.chain.rpc import RpcClient
from tracer.domain.identifiers import Gln, Gtin, Lot, check_digit
from tracer.domain.kinds import Kind, Role
from tracer.domain.records import Record, build_batch_id, pack_records
from tracer.errors import RpcUnavailableError

GOVERNANCE = 0  # anvil's accounts by number
GTIN = Gtin.parse("09520010001015")
PREFIX = 952001
ZERO = "0x" + "00" * 20
FAR_FUTURE_UNIX = 2**40 - 1


def build_gln(number: int) -> Gln:
    """A GLN under the prefix of test companies."""
    digits = f"{PREFIX}{number:06d}"
    return Gln.parse(digits + str(check_digit(digits)))


def build_record(kind: Kind, occurred_at_unix: int, text: str) -> Record:
    return Record(kind, occurred_at_unix, None, hashlib.sha256(text.encode()).digest())


@contextmanager
def running_anvil(*options: str) -> Iterator[tuple[str, "subprocess.Popen[bytes]"]]:
    """Start anvil; its URL and process. It ends with the block."""
    port = free_port()
    words = [str(find_anvil()), "--port", str(port), "--silent", "--hardfork", "prague", *options]
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen(
            words,
            stdout=output,
            stderr=output,
        )
        try:
            url = f"http://127.0.0.1:{port}"
            _wait_until_ready(url)
            yield url, process
        finally:
            process.kill()
            process.wait()


def _wait_until_ready(url: str) -> None:
    deadline = time.monotonic() + 30
    with RpcClient(url) as node:
        while True:
            try:
                node.call("eth_chainId")
            except RpcUnavailableError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.05)
            else:
                return


@dataclass
class AnvilLedger:
    """A deployed ledger; account n writes for party n."""

    node: RpcClient
    deployment: Deployment = field(init=False)

    def __post_init__(self) -> None:
        self.accounts: list[str] = self.node.call("eth_accounts")
        code = encode_creation(self.accounts[GOVERNANCE], ZERO)
        receipt = self.send_raw(GOVERNANCE, None, code)
        self.deployment = fetch_deployment(
            self.node,
            bytes.fromhex(receipt["contractAddress"][2:]),
            int(receipt["blockNumber"], 16),
            bytes.fromhex(receipt["transactionHash"][2:]),
        )

    def send_raw(self, account: int, to: str | None, data: bytes) -> Any:
        """Send a transaction, mined at once; its receipt."""
        request = {
            "from": self.accounts[account],
            "data": f"0x{data.hex()}",
            "gas": hex(25_000_000),
        }
        request |= {"to": to} if to else {}
        tx_hash = self.node.call("eth_sendTransaction", request)
        # Under load anvil answers before it has mined.
        for _ in range(500):
            receipt = self.node.call("eth_getTransactionReceipt", tx_hash)
            if receipt is not None:
                break
            time.sleep(0.01)
        assert receipt["status"] == "0x1", f"reverted: {receipt}"
        return receipt

    def send(self, account: int, function: str, *arguments: object) -> Any:
        address = f"0x{self.deployment.contract.hex()}"
        return self.send_raw(account, address, encode_call(function, *arguments))

    def admit(self, number: int, roles: Role, profile_digest: bytes = bytes(32)) -> Gln:
        """Admit party `number`; its account is admin and key at once."""
        gln = build_gln(number)
        account = self.accounts[number]
        self.send(GOVERNANCE, "admitParty", gln.number, int(roles), account, profile_digest)
        self.send(number, "addKey", gln.number, account, int(roles), 0, FAR_FUTURE_UNIX)
        return gln

    def now_unix(self) -> int:
        return int(self.node.call("eth_getBlockByNumber", "latest", False)["timestamp"], 16)

    def register(self, number: int, lot: str, records: Sequence[Record] = ()) -> bytes:
        """Register a batch of party `number`, which needs the prefix; its id."""
        gtin = GTIN.value.encode()
        self.send(number, "registerBatch", gtin, lot, len(str(PREFIX)), pack_records(records))
        return build_batch_id(GTIN, Lot.parse(lot))

    def append(self, number: int, batch_id: bytes, kinds: Sequence[Kind], text: str = "") -> Any:
        now = self.now_unix()
        records = [build_record(kind, now, f"{text} {place}") for place, kind in enumerate(kinds)]
        return self.send(number, "append", batch_id, pack_records(records))

    def populate(self, batches: int = 3, appends: int = 4) -> list[bytes]:
        """Three parties and some batches with some records of every class of holds."""
        maker = self.admit(1, Role.MANUFACTURER)
        self.admit(2, Role.AUTHORITY | Role.INSPECTOR)
        self.admit(3, Role.SUPPLIER)
        self.send(GOVERNANCE, "assignPrefix", maker.number, len(str(PREFIX)), PREFIX)
        ids = [self.register(1, f"LOT{place}") for place in range(batches)]
        for batch_id in ids:
            for place in range(appends):
                self.append(1, batch_id, [Kind.MILK_RECEIPT, Kind.WET_PROCESS], str(place))
        self.append(2, ids[0], [Kind.HOLD])
        self.append(1, ids[1], [Kind.HOLD])
        self.append(2, ids[1], [Kind.HOLD_OVERRIDE])
        self.append(1, ids[2], [Kind.RECALL])
        self.send(1, "setPartner", maker.number, build_gln(3).number, True)
        inspection = hashlib.sha256(b"inspection").digest()
        self.send(2, "inspectParty", build_gln(3).number, inspection, False, bytes(32))
        return ids
