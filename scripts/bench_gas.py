"""Measure what a record costs, on the ledger and on a contract that stores every event.

    python scripts/bench_gas.py        # one JSON object a line; exit 1 when a target is missed

Gas is that of whole transactions, as the receipt says, so it includes calldata and the 21,000 of
the transaction itself. The state is steady (every slot that is written was written before) and
nothing is warm. All inputs are fixed, so every run on every machine gives the same numbers.
"""

import contextlib
import hashlib
import json
import platform
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from web3 import Web3
from web3.contract import Contract
from web3.contract.contract import ContractFunction

ROOT = Path(__file__).resolve().parent.parent
LEDGER_ARTIFACT = ROOT / "tracer" / "chain" / "abi" / "BatchLedger.json"
NAIVE_ARTIFACT = ROOT / "tests" / "contract" / "artifacts" / "NaiveStorage.json"

# Per record, from docs/reference/contracts.md.
TARGETS = {"per_record_5x20": 2_400, "per_record_100x1": 14_500, "single": 46_000}
MAX_CODE_BYTES = 24_576  # EIP-170

GENESIS_TIME = 1_700_000_000  # fixed, so that no measured byte depends on the day
START_TIMEOUT_S = 30

GTIN = b"09412345000019"
PREFIX_DIGITS, PREFIX = 7, 9412345
MANUFACTURER = 9412345000026
ROLE_MANUFACTURER = 1 << 1
KIND_CANNING = 0x25
ZERO_ADDRESS = "0x" + "00" * 20
FEES = {"gas": 16_000_000, "gasPrice": 0}  # given, so that nothing is asked of the node first

Record = tuple[int, int, int, bytes]


def anvil_binary() -> Path:
    """Return the native node: npm's own launcher would survive its child."""
    system = {"Windows": "win32"}.get(platform.system(), platform.system().lower())
    machine = platform.machine().lower()
    cpu = "arm64" if machine in {"arm64", "aarch64"} else "amd64"
    name = "anvil.exe" if system == "win32" else "anvil"
    binary = ROOT / "node_modules" / "@foundry-rs" / f"anvil-{system}-{cpu}" / "bin" / name
    if not binary.exists():
        sys.exit(f"{binary.relative_to(ROOT)} is missing: run python3 dev.py setup")
    return binary


@contextlib.contextmanager
def running_node() -> Iterator[Web3]:
    """Start a development chain of its own and stop it afterwards."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [str(anvil_binary()), "--port", str(port), "--hardfork", "prague", "--silent"]
    command += ["--base-fee", "0", "--timestamp", str(GENESIS_TIME), "--prune-history"]
    node = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        web3 = Web3(Web3.HTTPProvider(f"http://127.0.0.1:{port}"))
        deadline = time.monotonic() + START_TIMEOUT_S
        while not web3.is_connected():
            if node.poll() is not None or time.monotonic() > deadline:
                sys.exit("the development chain did not start")
            time.sleep(0.05)
        yield web3
    finally:
        node.terminate()
        node.wait()


def send(web3: Web3, call: ContractFunction, sender: str) -> int:
    """Send one transaction and return the gas it used."""
    receipt = web3.eth.wait_for_transaction_receipt(call.transact({**FEES, "from": sender}))
    if receipt["status"] != 1:
        sys.exit("a measured transaction reverted")
    return receipt["gasUsed"]


def deploy(web3: Web3, artifact: Path, sender: str, *arguments: str | int) -> tuple[Contract, int]:
    """Deploy a committed artifact."""
    built = json.loads(artifact.read_text(encoding="utf-8"))
    factory = web3.eth.contract(abi=built["abi"], bytecode=built["bytecode"])
    transaction = factory.constructor(*arguments).transact({**FEES, "from": sender})
    receipt = web3.eth.wait_for_transaction_receipt(transaction)
    contract = web3.eth.contract(address=receipt["contractAddress"], abi=built["abi"])
    return contract, receipt["gasUsed"]


def make_records(count: int, salt: str) -> list[Record]:
    """Return records of full width: a digest has no cheap zero bytes to speak of."""
    return [
        (
            KIND_CANNING,
            GENESIS_TIME - 3600 + i,
            MANUFACTURER,
            hashlib.sha256(f"{salt}/{i}".encode()).digest(),
        )
        for i in range(count)
    ]


def pack(records: list[Record]) -> bytes:
    """Return the 44-byte form of the records."""
    return b"".join(
        kind.to_bytes(1, "big") + when.to_bytes(5, "big") + where.to_bytes(6, "big") + digest
        for kind, when, where, digest in records
    )


def make_batch_ids(count: int) -> list[bytes]:
    """Return the ids of the lots L000, L001 and so on."""
    return [
        hashlib.sha256(b"tracer/batch/v1\0" + GTIN + b"\0" + f"L{i:03d}".encode()).digest()
        for i in range(count)
    ]


def measure_ledger(web3: Web3) -> dict[str, int]:
    """Return gas per record of the ledger, each after one unmeasured round of the same work."""
    governance, admin, key = web3.eth.accounts[:3]
    ledger, deploy_gas = deploy(web3, LEDGER_ARTIFACT, governance, governance, ZERO_ADDRESS)
    f = ledger.functions
    send(web3, f.admitParty(MANUFACTURER, ROLE_MANUFACTURER, admin, b"\1" * 32), governance)
    send(web3, f.assignPrefix(MANUFACTURER, PREFIX_DIGITS, PREFIX), governance)
    send(web3, f.addKey(MANUFACTURER, key, ROLE_MANUFACTURER, 0, 2**40 - 1), admin)

    batch_ids = make_batch_ids(100)
    for i in range(100):
        register = f.registerBatch(GTIN, f"L{i:03d}", PREFIX_DIGITS, b"")
        register_gas = send(web3, register, key)

    rows = {}
    for salt in ("first", "second"):
        many = [pack(make_records(20, f"{salt}/5x20/{i}")) for i in range(5)]
        rows["per_record_5x20"] = send(web3, f.appendMany(batch_ids[:5], many), key) // 100
        ones = [pack(make_records(1, f"{salt}/100x1/{i}")) for i in range(100)]
        rows["per_record_100x1"] = send(web3, f.appendMany(batch_ids, ones), key) // 100
        one = pack(make_records(1, f"{salt}/single"))
        rows["single"] = send(web3, f.append(batch_ids[0], one), key)
        shared = f.appendShared(sorted(batch_ids), one)
        rows["shared_100x1"] = send(web3, shared, key) // 100
    code_bytes = len(web3.eth.get_code(ledger.address))
    return {**rows, "register": register_gas, "deploy": deploy_gas, "code_bytes": code_bytes}


def measure_naive(web3: Web3) -> dict[str, int]:
    """Return gas per record of the naive contract, for the same records."""
    key = web3.eth.accounts[3]
    naive, _ = deploy(web3, NAIVE_ARTIFACT, key, key, MANUFACTURER)
    batch_ids = make_batch_ids(100)

    def events(ids: list[bytes], records: list[Record]) -> list[tuple[bytes | int, ...]]:
        return [(batch_id, *record) for batch_id in ids for record in records]

    rows = {}
    for salt in ("first", "second"):
        many = events(batch_ids[:5], make_records(20, f"{salt}/5x20"))
        rows["per_record_5x20"] = send(web3, naive.functions.recordMany(many), key) // 100
        ones = events(batch_ids, make_records(1, f"{salt}/100x1"))
        rows["per_record_100x1"] = send(web3, naive.functions.recordMany(ones), key) // 100
        one = events(batch_ids[:1], make_records(1, f"{salt}/single"))[0]
        rows["single"] = send(web3, naive.functions.record(one), key)
    return rows


def report(measure: str, value: float, unit: str, target: float | None = None) -> bool:
    """Print one line and return whether the target, if there is one, is met."""
    ok = target is None or value <= target
    row = {"measure": measure, "value": value, "unit": unit, "target": target, "ok": ok}
    print(json.dumps(row), flush=True)
    return ok


def main() -> int:
    """Measure both contracts on one chain and compare."""
    with running_node() as web3:
        ledger = measure_ledger(web3)
        naive = measure_naive(web3)

    results = [report(f"gas.{row}", ledger[row], "gas", TARGETS[row]) for row in TARGETS]
    for row in ("shared_100x1", "register", "deploy"):
        report(f"gas.{row}", ledger[row], "gas")
    results.append(report("size.code", ledger["code_bytes"], "bytes", MAX_CODE_BYTES))
    for row in TARGETS:
        report(f"gas.naive_{row}", naive[row], "gas")
    for row in TARGETS:
        report(f"gas.ratio_naive_{row}", round(naive[row] / ledger[row], 2), "times")
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
