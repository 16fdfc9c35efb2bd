"""A short corpus, judged: every forgery is found, no genuine batch is called forged."""

import json
import os
import random
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from forgeries.corpus import Case, forged_cases, genuine_cases
from forgeries.families import FAMILIES
from forgeries.judge import Outcome, judge
from forgeries.staging import StagedLedger

from tracer.domain.kinds import CLASS_ROLES, Kind, Role
from tracer.domain.replay import replay, unpack_rows

ROOT = Path(__file__).resolve().parents[2]
FIXED_SEED = 7
RANDOM_SEED = int(os.environ.get("SEED", random.SystemRandom().randrange(10**6)))
EACH = 20  # forged and genuine cases of each seed
SEEDS = pytest.mark.parametrize("seed", [FIXED_SEED, RANDOM_SEED], ids=["fixed", "random"])
FEW_S = 240  # a loaded machine may take this long for what takes three seconds


@SEEDS
@pytest.mark.integration
def test_every_forgery_is_found_and_named(seed: int) -> None:
    print(f"SEED={seed}")
    outcomes = map(judge, forged_cases(seed, EACH))
    missed = [_told(outcome) for outcome in outcomes if not outcome.detected]
    assert missed == []


def _told(outcome: Outcome) -> str:
    case, ending = outcome.case, outcome.ending
    return (
        f"{case.name} ({case.sample}), {case.family}: {case.lie}; ended {ending.verdict}, "
        f"{ending.clearance}; it should name one of {case.names}; new reasons: {outcome.new[:3]}"
    )


@SEEDS
@pytest.mark.integration
def test_no_genuine_batch_is_called_forged(seed: int) -> None:
    print(f"SEED={seed}")
    outcomes = [judge(case) for case in genuine_cases(seed, EACH)]
    alarms = {o.case.name: (o.case.honest, o.ending.alarms) for o in outcomes if o.false_alarm}
    assert alarms == {}


@pytest.mark.integration
def test_the_ledger_would_have_taken_every_record_of_a_forger() -> None:
    """A forger is bound by the contract; what it refuses is no case of this corpus."""
    print(f"SEED={RANDOM_SEED}")
    for case in forged_cases(RANDOM_SEED, len(FAMILIES)):
        assert list(_refusals(case)) == [], (case.name, case.family, case.variant)


def _refusals(case: Case) -> Iterator[str]:
    ledger = StagedLedger(case.story)
    rows = list(unpack_rows(ledger.appends))
    for row, rule in replay(int(ledger.owner), rows).refused:
        yield f"record {row.position}: {rule}"
    for row in rows:
        roles = Role(ledger.parties[row.gln].roles)
        if not roles & CLASS_ROLES[Kind(row.kind).kind_class]:
            yield f"record {row.position} ({Kind(row.kind).name}) by {row.gln}, who is {roles!r}"


@pytest.mark.integration
def test_the_benchmark_prints_its_definitions_and_a_line_for_each_family() -> None:
    words = [sys.executable, "scripts/bench_documents.py", "--seed", "7", "--corpus-only"]
    done = subprocess.run(
        [*words, "--forged", "3", "--genuine", "2"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=FEW_S,
    )
    assert done.returncode in {0, 1}, done.stderr
    lines = {line["measure"]: line for line in map(json.loads, done.stdout.splitlines())}
    assert lines["documents.seed"]["value"] == "7"
    assert lines["documents.forged_detected"]["target"] == 3
    assert lines["documents.false_alarms"]["target"] == 0
    assert "names the paper, record or party" in lines["documents.forged_detected"]["note"]
    assert "INVALID or CONFLICT" in lines["documents.false_alarms"]["note"]
    assert sum(name.startswith("documents.detected.") for name in lines) == 3
    assert (done.returncode == 0) == all(line["ok"] for line in lines.values())
