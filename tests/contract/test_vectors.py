"""The vectors that Solidity, Python and JavaScript share, read by the contracts' libraries."""

import json
import os
import subprocess
import sys
from pathlib import Path

import brownie
import pytest
from brownie import ExposedLibraries

from support import TABLE, VECTORS

ROOT = VECTORS.parents[1]
CASES = {
    path.stem: json.loads(path.read_text(encoding="utf-8"))
    for path in sorted((VECTORS / "ledger").iterdir())
}


@pytest.fixture(scope="module")
def libraries():
    return brownie.accounts[0].deploy(ExposedLibraries)


def refold(libraries, case):
    """Return the first recomputed value that differs, as tests/vectors/README.md orders them."""
    identifier = libraries.batchId(case["gtin"].encode(), case["lot"])
    if identifier != case["batchId"]:
        return "batchId"
    head = libraries.head0(case["chainId"], case["contract"], identifier)
    if head != case["head0"]:
        return "head0"
    for append in case["appends"]:
        head = libraries.fold(head, append["gln"], append["recordedAt"], append["records"])
        if case["valid"]:
            assert head == append["head"]
    return None if head == case["head"] else "head"


@pytest.mark.parametrize("name", CASES)
def test_ledger_vector(libraries, name):
    assert refold(libraries, CASES[name]) == CASES[name].get("foundBy")


def test_there_are_genuine_and_tampered_vectors():
    assert sum(case["valid"] for case in CASES.values()) >= 6
    assert sum(not case["valid"] for case in CASES.values()) >= 20


def test_the_table_of_kinds_is_the_one_of_the_vectors(libraries):
    packed = TABLE["packed"]
    any_role, authority, class_roles, known, plain, independent, held = libraries.packedKinds()
    assert any_role == packed["anyRole"]
    assert authority == TABLE["authorityRoles"]
    assert class_roles == int(packed["classRoles"], 16)
    assert known == int(packed["knownKinds"], 16)
    status = {TABLE["kinds"][name] for name in ("HOLD", "RELEASE", "HOLD_OVERRIDE", "RECALL")}
    assert plain == known - sum(1 << kind for kind in status)
    assert independent == packed["independentClasses"]
    assert held == packed["classesWhileHeld"]


def test_the_vectors_are_current():
    """The generator reads tracer/domain/kinds.py, which needs nothing but Python."""
    script = ROOT / "scripts" / "make_ledger_vectors.py"
    command = [sys.executable, str(script), "--check"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_every_test_has_its_branch_in_a_tree():
    script = Path(ROOT, "scripts", "check_trees.py")
    done = subprocess.run([sys.executable, str(script)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
