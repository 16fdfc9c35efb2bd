"""On cores damaged at random places, Python and JavaScript come to the same checks.

One node process verifies all cases of a run. A failure prints the seed; to repeat it, set SEEDS.
"""

import json
import random
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from bundle_damages import good_case
from bundle_vectors import VECTORS, load_case
from core_cases import core_case, verify_core_json

from tracer.errors import InputError

SCRIPT = Path(__file__).parents[1] / "browser" / "core_stdin.js"
NODE = shutil.which("node") or ""
SEEDS = [1, random.randrange(2**32)]
CASES = 300
BASES = ("good", "good-import", "good-held", "odd-place", "odd-supplier-banned-since")
DAMAGED = ("core", "tin", "facts")

pytestmark = pytest.mark.skipif(not NODE, reason="node is not installed")


def leaves(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[tuple[Any, ...], Any]]:
    members = value.items() if isinstance(value, dict) else enumerate(value)
    found = []
    for name, member in members:
        inner = isinstance(member, dict | list)
        found += leaves(member, (*path, name)) if inner else [((*path, name), member)]
    return found


def other(dice: random.Random, old: Any) -> Any:
    """Another value of the same form."""
    if isinstance(old, bool):
        return not old
    if isinstance(old, int):
        return dice.choice([old + 1, max(0, old - 1), 0, 3, old * 2])
    if not old:
        return "00" * 32
    place = dice.randrange(len(old))
    return old[:place] + dice.choice("0123456789abcdef") + old[place + 1 :]


def damaged(dice: random.Random) -> dict[str, Any]:
    case = core_case(json.loads(json.dumps(good_case(dice.choice(BASES)))))
    for _ in range(dice.choice([1, 1, 2, 3])):
        part = dice.choice([name for name in DAMAGED if case[name]])
        path, old = dice.choice(leaves(case[part]))
        value = case[part]
        for name in path[:-1]:
            value = value[name]
        value[path[-1]] = other(dice, old)
    if dice.random() < 0.3:
        del case["core"]["appends"][dice.randrange(len(case["core"]["appends"]))]
    return case


def python_says(case: dict[str, Any]) -> list[list[Any]] | None:
    """The checks; None for a core or for facts whose form is refused."""
    try:
        checks = verify_core_json(case)
    except InputError:
        return None
    return [
        [one.step, one.name, one.status.value, one.subject, one.key, dict(one.params)]
        for one in checks
    ]


def compare(cases: list[dict[str, Any]]) -> None:
    wanted = [(case, said) for case in cases if (said := python_says(case)) is not None]
    assert wanted
    done = subprocess.run(
        [NODE, str(SCRIPT)],
        input=json.dumps([case for case, _ in wanted]),
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    for (case, said), found in zip(wanted, json.loads(done.stdout), strict=True):
        assert found == said, json.dumps(case)


@pytest.mark.parametrize("seed", SEEDS, ids=["fixed", "random"])  # same ids in every worker
def test_same_checks(seed: int) -> None:
    print(f"seed {seed}")
    dice = random.Random(seed)
    compare([damaged(dice) for _ in range(CASES)])


def test_same_checks_of_all_vectors() -> None:
    compare([core_case(load_case(path)) for path in sorted(VECTORS.glob("*.json"))])
