"""On bundles damaged at random places, Python and JavaScript come to the same checks.

One node process verifies all cases of a run. A failure prints the seed; to repeat it, set SEEDS.
"""

import json
import random
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from bundle_damages import good_case
from bundle_vectors import verify_case

from tracer.domain.bundle import ChainFacts
from tracer.errors import InputError

SCRIPT = Path(__file__).parents[1] / "browser" / "verify_cases.js"
NODE = shutil.which("node") or ""
SEEDS = [1, random.randrange(2**32)]
CASES = 150
BASES = ("good", "good-import", "good-held", "odd-place", "lie-C4-cited-origin-number")
CHARACTERS = '0123456789abcdef"{}[]:,.-Zz \\'

pytestmark = pytest.mark.skipif(not NODE, reason="node is not installed")


def leaves(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], Any]]:
    members = value.items() if isinstance(value, dict) else enumerate(value)
    for name, member in members:
        if isinstance(member, dict | list):
            yield from leaves(member, (*path, name))
        else:
            yield (*path, name), member


def other(dice: random.Random, old: Any) -> Any:
    """Another value, mostly of the same form."""
    if isinstance(old, bool):
        return not old
    if isinstance(old, int):
        return dice.choice([old + 1, max(0, old - 1), 0, 3, old * 2])
    if not old:
        return dice.choice([None, "9520010001077"])
    place = dice.randrange(len(old))
    near = chr(ord(old[place]) ^ 1)
    return old[:place] + dice.choice([near, dice.choice(CHARACTERS), ""]) + old[place + 1 :]


def damaged(dice: random.Random) -> dict[str, Any]:
    case = json.loads(json.dumps(good_case(dice.choice(BASES))))
    places = list(leaves({"bundle": case["bundle"], "facts": case["facts"]}))
    texts = [leaf for leaf in places if leaf[0][1] in {"contents", "documents"}]
    for _ in range(dice.choice([1, 1, 1, 2, 3])):
        path, old = dice.choice(texts if dice.random() < 0.3 else places)
        value = case
        for name in path[:-1]:
            value = value[name]
        value[path[-1]] = other(dice, old)
    return case


def python_says(case: dict[str, Any]) -> dict[str, Any] | None:
    """The outcome; None for a bundle whose form is refused."""
    try:
        outcome = verify_case(case)
    except InputError:
        return None
    rows = [
        [one.step, one.name, one.status.value, one.subject, one.key, dict(one.params)]
        for one in outcome["checks"]
    ]
    return {"overall": outcome["overall"], "checks": rows}


def has_readable_facts(case: dict[str, Any]) -> bool:
    """Facts are the verifier's own; damage that no reader of a node produces is left out."""
    try:
        ChainFacts.from_json(case["facts"])
    except InputError:
        return False
    return True


@pytest.mark.parametrize("seed", SEEDS, ids=["fixed", "random"])  # same ids in every worker
def test_same_checks(seed: int) -> None:
    print(f"seed {seed}")
    dice = random.Random(seed)
    cases = [case for _ in range(CASES) if has_readable_facts(case := damaged(dice))]
    done = subprocess.run(
        [NODE, str(SCRIPT)],
        input=json.dumps(cases),
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    outcomes = json.loads(done.stdout)
    assert len(outcomes) == len(cases)
    for case, browser in zip(cases, outcomes, strict=True):
        python = python_says(case)
        if python is None:
            assert browser["overall"] == "INVALID"
        else:
            assert browser == python
