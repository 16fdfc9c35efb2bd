"""Reading the vectors in `vectors/bundles`, as Python and `scanner_app/tests` both do."""

import copy
import json
from pathlib import Path
from typing import Any

from tracer.domain.bundle import Bundle, ChainFacts
from tracer.domain.checks import Check, overall
from tracer.domain.identifiers import DigitalLink
from tracer.domain.verify import verify_bundle

VECTORS = Path(__file__).parent / "vectors" / "bundles"

Change = dict[str, Any]
"""A path `at`, and what happens there: `set` to a value, `remove`, or `insert` a value."""


def apply_change(value: Any, change: Change) -> None:
    """Apply one change in place."""
    *path, last = change["at"]
    for name in path:
        value = value[name]
    if "set" in change:
        value[last] = change["set"]
    elif "insert" in change:
        value.insert(last, change["insert"])
    else:
        del value[last]


def apply_changes(case: dict[str, Any], changes: list[Change]) -> dict[str, Any]:
    """A copy of a case with changes applied."""
    case = copy.deepcopy(case)
    for change in changes:
        apply_change(case, change)
    return case


def load_case(path: Path) -> dict[str, Any]:
    """A case, whole: a twin is built from the good case that it names."""
    case: dict[str, Any] = json.loads(path.read_text("utf-8"))
    if "twinOf" not in case:
        return case
    good = json.loads((VECTORS / f"{case['twinOf']}.json").read_text("utf-8"))
    return {**apply_changes(good, case["changes"]), **case}


def verify_case(case: dict[str, Any]) -> dict[str, Any]:
    """Verify a case; what JavaScript must say too."""
    facts = None if case["facts"] is None else ChainFacts.from_json(case["facts"])
    checks: list[Check] = verify_bundle(
        Bundle.from_json(case["bundle"]),
        facts,
        node_error=case["nodeError"],
        as_of_unix=case["asOfUnix"],
        link=DigitalLink.parse(case["link"]) if case["link"] else None,
    )
    return {"overall": overall(checks).value, "checks": checks}
