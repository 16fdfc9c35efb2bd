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

from driver import GAS, Driver, wait_for_receipt
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
MAKER, LAB, PARTNER = make_gln(1), make_gln(2), make_gln(3)
WHEN = 1_700_000_000  # any fixed time: a different number of zero bytes would cost differently


def compare(name: str, measured: dict[str, int]) -> None:
    path = GOLDEN / f"{name}.json"
    text = json.dumps(measured, indent=2) + "\n"
    if os.environ.get("GOLDEN") == "update":
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    assert json.loads(path.read_text(encoding="utf-8")) == measured, "GOLDEN=update if on purpose"


class Meter:
    """Deploys the artifact and notes what each named call costs; of two calls the later one."""

    def __init__(self):
        self.gas: dict[str, int] = {}
        accounts = [account.address for account in brownie.accounts[:6]]
        self.governance, self.admin, self.key, self.spare, self.inspector, self.inspector2 = (
            accounts
        )
        arguments = "".join(a[2:].lower().rjust(64, "0") for a in (self.governance, ZERO_ADDRESS))
        data = ARTIFACT["bytecode"] + arguments
        call = {"from": self.governance, "data": data, "gas": GAS, "gasPrice": "0x0"}
        address = self._note("deploy", call)["contractAddress"]
        self.ledger = Driver(ARTIFACT["abi"], address)

    def send(self, name: str, sender: str, function: str, *arguments) -> None:
        self._note(name, self.ledger.prepare(sender, function, *arguments))

    def _note(self, name: str, call: dict) -> dict:
        receipt = wait_for_receipt(ask_node("eth_sendTransaction", call))
        assert receipt["status"] == "0x1", name
        self.gas[name] = int(receipt["gasUsed"], 16)
        return receipt


def measure_parties(m: Meter) -> None:
    for gln, roles in ((LAB, ROLE.INSPECTOR), (PARTNER, ROLE.INSPECTOR | ROLE.CARRIER),
                       (MAKER, ROLE.MANUFACTURER)):  # fmt: skip
        profile = sha256(str(gln).encode()).digest()
        m.send("admitParty", m.governance, "admitParty", gln, roles, m.admin, profile)
    owners = ((LAB, m.inspector), (PARTNER, m.inspector2), (MAKER, m.key), (MAKER, m.spare))
    for gln, account in owners:
        m.send("addKey", m.admin, "addKey", gln, account, ALL_ROLES, WHEN, FOREVER)
    m.send("assignPrefix", m.governance, "assignPrefix", MAKER, 7, 9412345)
    m.send("setPartner", m.admin, "setPartner", MAKER, PARTNER, True)
    m.send("setRoles", m.governance, "setRoles", MAKER, ALL_ROLES)
    m.send("setProfile", m.governance, "setProfile", MAKER, sha256(b"new").digest())
    m.send("suspendParty", m.governance, "suspendParty", MAKER)
    m.send("reinstateParty", m.governance, "reinstateParty", MAKER)
    m.send("revokeKey", m.admin, "revokeKey", MAKER, m.spare, WHEN)
    m.send("changeAdmin", m.admin, "changeAdmin", MAKER, m.spare)
    m.send("proposeGovernance", m.governance, "proposeGovernance", m.spare)
    m.send("acceptGovernance", m.spare, "acceptGovernance")


def measure_batches(m: Meter) -> None:
    canning = record(K.CANNING, WHEN, MAKER, "a")
    identifier = batch_id(make_gtin(1), "L1")
    m.send("registerBatch", m.key, "registerBatch", make_gtin(1), "L1", 7, b"")
    m.send("registerBatch with a record", m.key, "registerBatch", make_gtin(1), "L2", 7, canning)
    m.send("append", m.key, "append", identifier, canning)
    departure = record(K.DEPARTURE, WHEN, MAKER, "b")
    m.send("append as partner", m.inspector2, "append", identifier, departure)
    for name, kind in (("hold", K.HOLD), ("release", K.RELEASE), ("recall", K.RECALL)):
        m.send(f"append {name}", m.key, "append", identifier, record(kind, WHEN, MAKER, name))


def measure_inspections(m: Meter) -> None:
    inspections = (
        ("inspectParty fails", m.inspector, False),
        ("inspectParty fails again", m.inspector2, False),
        ("inspectParty passes", m.inspector, True),
        ("inspectParty fails", m.inspector, False),
        ("inspectParty fails again", m.inspector, False),
        ("inspectParty bans", m.inspector2, False),
    )
    for number, (name, inspector, passed) in enumerate(inspections):
        digest = sha256(str(number).encode()).digest()
        m.send(name, inspector, "inspectParty", MAKER, digest, passed, digest)


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
    rows = {
        f"bench {row}": value
        for row, value in bench_rows.items()
        if row not in ("code_bytes", "deploy")
    }
    meter = Meter()
    measure_parties(meter)
    measure_batches(meter)
    measure_inspections(meter)
    compare("gas", {**rows, **meter.gas})


def test_gas_is_within_the_targets(bench_rows):
    for row, target in load_bench().TARGETS.items():
        assert bench_rows[row] <= target


def test_size_is_golden(bench_rows):
    deployed = len(bytes.fromhex(ARTIFACT["deployedBytecode"][2:]))
    assert bench_rows["code_bytes"] == deployed < 24_576  # EIP-170
    initial = len(bytes.fromhex(ARTIFACT["bytecode"][2:]))
    assert initial < 49_152  # EIP-3860
    compare("size", {"deployed code": deployed, "initialisation code": initial})
