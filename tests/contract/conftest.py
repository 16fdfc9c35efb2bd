"""One ledger with one party of each role; every test starts from the same state."""

import gc
import os
import random
from types import SimpleNamespace

import hypothesis.core
import pytest
from brownie import BatchLedger, accounts, chain

from support import ALL_ROLES, FOREVER, ROLE, ZERO_ADDRESS, batch_id, make_gln, make_gtin

SEED = int(os.environ.get("SEED") or random.randrange(2**32))

# name -> roles; the GLN and the key's account follow from the position
CAST = {
    "maker": ROLE.MANUFACTURER,
    "rival": ROLE.MANUFACTURER,
    "supplier": ROLE.SUPPLIER,
    "laboratory": ROLE.LABORATORY,
    "inspector": ROLE.INSPECTOR,
    "inspector2": ROLE.INSPECTOR,
    "authority": ROLE.AUTHORITY,
    "customs": ROLE.CUSTOMS,
    "broker": ROLE.BROKER,
    "carrier": ROLE.CARRIER,
    "warehouse": ROLE.WAREHOUSE,
    "importer": ROLE.IMPORTER,
    "retailer": ROLE.RETAILER,
    "disposer": ROLE.DISPOSER,
}
MAKERS_PARTNERS = [
    "supplier", "laboratory", "broker", "carrier", "importer", "retailer", "disposer"
]  # fmt: skip


def pytest_configure():
    hypothesis.core.global_force_seed = SEED


def pytest_report_header():
    return f"seed of the random tests: {SEED} (SEED={SEED} repeats them)"


@pytest.fixture(scope="session")
def world():
    """A ledger, its people, and one registered batch of the maker."""
    governance, admin, other_admin, stranger = accounts[:4]
    ledger = governance.deploy(BatchLedger, governance, ZERO_ADDRESS, silent=True)
    gln = {name: make_gln(i) for i, name in enumerate(CAST, start=1)}
    key = {name: accounts[3 + i] for i, name in enumerate(CAST, start=1)}
    by_governance, by_admin = {"from": governance}, {"from": admin}
    for name, roles in CAST.items():
        whose = other_admin if name == "rival" else admin
        ledger.admitParty(gln[name], roles, whose, b"\x01" * 32, by_governance)
        ledger.addKey(gln[name], key[name], ALL_ROLES, 0, FOREVER, {"from": whose})
    ledger.assignPrefix(gln["maker"], 7, 9412345, by_governance)
    ledger.assignPrefix(gln["rival"], 9, 690123456, by_governance)
    for name in MAKERS_PARTNERS:
        ledger.setPartner(gln["maker"], gln[name], True, by_admin)
    ledger.registerBatch(make_gtin(1), "L1", 7, b"", {"from": key["maker"]})
    # Brownie collects garbage at every revert: 0.3 s of looking at what is here to stay.
    gc.collect()
    gc.freeze()
    return SimpleNamespace(
        ledger=ledger,
        governance=governance,
        admin=admin,
        other_admin=other_admin,
        stranger=stranger,
        gln=SimpleNamespace(**gln),
        key=SimpleNamespace(**key),
        batch=batch_id(make_gtin(1), "L1"),
    )


@pytest.fixture(autouse=True)
def isolation(world):
    """Every test leaves the chain as it found it."""
    chain.snapshot()
    yield
    chain.revert()


@pytest.fixture
def ledger(world):
    return world.ledger


@pytest.fixture
def gln(world):
    return world.gln


@pytest.fixture
def key(world):
    return world.key


@pytest.fixture
def append(world):
    """Append to the registered batch as one of the cast."""

    def append(name: str, records: bytes, batch: bytes = world.batch):
        return world.ledger.append(batch, records, {"from": getattr(world.key, name)})

    return append
