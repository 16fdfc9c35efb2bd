"""Gas and bytecode size of the committed artifact, compared with the files in golden/.

A change of the contracts that moves them updates them on purpose: GOLDEN=update, then a commit that
shows the difference.
"""

import importlib.util
import json
import os
from hashlib import sha256
from pathlib import Path

import brownie
import pytest

from driver import Driver, wait_for_receipt
from support import (
    ALL_ROLES,
    FOREVER,
    K,
    ROLE,
    ZERO_ADDRESS,
    ask_node,
    batch_id,
    make_gln,
    make_gtin,
    record,
)

ROOT = Path(__file__).resolve().parents[2]
GOLDEN = Path(__file__).resolve().parent / "golden"
ARTIFACT = json.loads((ROOT / "tracer/chain/abi/BatchLedger.json").read_text(encoding="utf-8"))
WHEN = 1_700_000_000  # any fixed time: a different number of zero bytes would cost differently


def compare(name: str, measured: dict[str, int]) -> None:
    path = GOLDEN / f"{name}.json"
    text = json.dumps(measured, indent=2) + "\n"
    if os.environ.get("GOLDEN") == "update":
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    assert json.loads(path.read_text(encoding="utf-8")) == measured, "GOLDEN=update if on purpose"


def measure_registry() -> dict[str, int]:
    """Return the gas of each registry function, first and again where the two differ."""
    governance, admin, key, spare, inspector, inspector2 = (a.address for a in brownie.accounts[:6])
    maker, lab, partner = make_gln(1), make_gln(2), make_gln(3)
    gas = {}

    def deploy() -> Driver:
        arguments = "".join(a[2:].lower().rjust(64, "0") for a in (governance, ZERO_ADDRESS))
        data = ARTIFACT["bytecode"] + arguments
        call = {"from": governance, "data": data, "gas": hex(16_000_000), "gasPrice": "0x0"}
        receipt = wait_for_receipt(ask_node("eth_sendTransaction", call))
        gas["deploy"] = int(receipt["gasUsed"], 16)
        return Driver(ARTIFACT["abi"], receipt["contractAddress"])

    ledger = deploy()

    def send(name: str, sender: str, function: str, *arguments) -> None:
        call = ledger.prepare(sender, function, *arguments)
        receipt = wait_for_receipt(ask_node("eth_sendTransaction", call))
        assert receipt["status"] == "0x1", name
        gas[name] = int(receipt["gasUsed"], 16)

    def admit(gln: int, roles: int) -> None:
        profile = sha256(str(gln).encode()).digest()
        send("admitParty", governance, "admitParty", gln, roles, admin, profile)

    def inspect(name: str, sender: str, number: int, passed: bool) -> None:
        digest = sha256(str(number).encode()).digest()
        send(name, sender, "inspectParty", maker, digest, passed, digest)

    admit(lab, ROLE.INSPECTOR)
    admit(partner, ROLE.INSPECTOR | ROLE.CARRIER)
    admit(maker, ROLE.MANUFACTURER)
    for gln, account in ((lab, inspector), (partner, inspector2), (maker, key), (maker, spare)):
        send("addKey", admin, "addKey", gln, account, ALL_ROLES, WHEN, FOREVER)
    send("assignPrefix", governance, "assignPrefix", maker, 7, 9412345)
    send("setPartner", admin, "setPartner", maker, partner, True)
    send("setRoles", governance, "setRoles", maker, ALL_ROLES)
    send("setProfile", governance, "setProfile", maker, sha256(b"new").digest())
    send("suspendParty", governance, "suspendParty", maker)
    send("reinstateParty", governance, "reinstateParty", maker)
    send("revokeKey", admin, "revokeKey", maker, spare, WHEN)
    send("changeAdmin", admin, "changeAdmin", maker, spare)
    send("proposeGovernance", governance, "proposeGovernance", spare)
    send("acceptGovernance", spare, "acceptGovernance")

    canning = record(K.CANNING, WHEN, maker, "a")
    identifier = batch_id(make_gtin(1), "L1")
    send("registerBatch", key, "registerBatch", make_gtin(1), "L1", 7, b"")
    send("registerBatch with a record", key, "registerBatch", make_gtin(1), "L2", 7, canning)
    send("append", key, "append", identifier, canning)
    departure = record(K.DEPARTURE, WHEN, maker, "b")
    send("append as partner", inspector2, "append", identifier, departure)
    for name, kind in (("hold", K.HOLD), ("release", K.RELEASE), ("recall", K.RECALL)):
        send(f"append {name}", key, "append", identifier, record(kind, WHEN, maker, name))

    inspect("inspectParty fails", inspector, 1, False)
    inspect("inspectParty fails again", inspector2, 2, False)
    inspect("inspectParty passes", inspector, 3, True)
    for number in (4, 5):
        inspect("inspectParty fails", inspector, number, False)
    inspect("inspectParty bans", inspector2, 6, False)
    return gas


def load_bench():
    spec = importlib.util.spec_from_file_location("bench_gas", ROOT / "scripts" / "bench_gas.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def bench_rows():
    """The rows of the benchmark, on the chain of the tests."""
    return load_bench().measure_ledger(brownie.web3)


def test_gas_is_golden(bench_rows):
    rows = {f"bench {row}": value for row, value in bench_rows.items() if row not in ("code_bytes", "deploy")}
    compare("gas", {**rows, **measure_registry()})


def test_gas_is_within_the_targets(bench_rows):
    for row, target in load_bench().TARGETS.items():
        assert bench_rows[row] <= target


def test_size_is_golden(bench_rows):
    deployed = len(bytes.fromhex(ARTIFACT["deployedBytecode"][2:]))
    assert bench_rows["code_bytes"] == deployed < 24_576  # EIP-170
    initial = len(bytes.fromhex(ARTIFACT["bytecode"][2:]))
    assert initial < 49_152  # EIP-3860
    compare("size", {"deployed code": deployed, "initialisation code": initial})
