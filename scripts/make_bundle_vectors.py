"""Write the bundles that Python and JavaScript both verify: good ones and tampered twins.

    python scripts/make_bundle_vectors.py            # write
    python scripts/make_bundle_vectors.py --check    # compare byte for byte

Good bundles come from the honest ledger in `tests/ledger_model.py`. A twin is a good bundle with
one change, named after the damage, and states by hand which check must fail how. The complete list
of checks that are not VALID is added from the Python verifier, so that JavaScript agrees on all of
it; this script refuses to write a twin whose stated check is not in the list.
`tests/vectors/README.md` documents the files.
"""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from bundle_damages import CASES, TWINS, Twin, good_case  # noqa: E402
from bundle_vectors import apply_changes, verify_case  # noqa: E402

from tracer.domain.messages import MESSAGES  # noqa: E402

VECTORS = ROOT / "tests" / "vectors"
BUNDLES = VECTORS / "bundles"


def plain_check(check: Any) -> dict[str, Any]:  # noqa: ANN401 - a Check, imported late
    """A check as both languages compare it."""
    return {
        "step": check.step,
        "name": check.name,
        "status": check.status.value,
        "subject": check.subject,
        "key": check.key,
        "params": dict(check.params),
    }


def good_vector(name: str) -> dict[str, Any]:
    """A good bundle with every check that it goes through."""
    case = good_case(name)
    outcome = verify_case(case)
    return {**case, "expect": {**outcome, "checks": [plain_check(c) for c in outcome["checks"]]}}


def twin_vector(twin: Twin) -> dict[str, Any]:
    """A twin: the change, and every check that is not VALID."""
    case = apply_changes(good_case(twin.base), twin.changes)
    outcome = verify_case(case)
    failing = [plain_check(check) for check in outcome["checks"] if check.status != "VALID"]
    wanted = {"name": twin.name, "status": twin.status, "subject": twin.subject}
    if not any(wanted.items() <= check.items() for check in failing):
        msg = f"{twin.file}: {wanted} is not among {[c['key'] for c in failing]}"
        raise SystemExit(msg)
    return {
        "description": twin.description,
        "twinOf": twin.base,
        "changes": twin.changes,
        "mustFail": wanted,
        "expect": {**outcome, "checks": failing},
    }


def files() -> dict[Path, str]:
    """Every file with its text."""
    found: dict[Path, dict[str, Any]] = {
        BUNDLES / f"{name}.json": good_vector(name) for name in CASES
    }
    found |= {BUNDLES / f"{twin.file}.json": twin_vector(twin) for twin in TWINS}
    keys = {key: sorted(parameters(text)) for key, text in sorted(MESSAGES.items())}
    found[VECTORS / "message_keys.json"] = keys
    return {
        path: json.dumps(value, ensure_ascii=False, indent=1) + "\n"
        for path, value in found.items()
    }


def parameters(text: str) -> set[str]:
    """Names in braces."""
    return {part.split("}")[0] for part in text.split("{")[1:]}


def main() -> int:
    """Write, or compare with --check."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="compare, write nothing")
    is_check = parser.parse_args().check
    wanted = files()
    stale = sorted(set(BUNDLES.glob("*.json")) - set(wanted)) if BUNDLES.is_dir() else []
    wrong = [
        path
        for path, text in wanted.items()
        if not path.is_file() or path.read_text("utf-8") != text
    ]
    if is_check:
        for path in [*wrong, *stale]:
            print(f"differs: {path.relative_to(ROOT)}")
        return 1 if wrong or stale else 0
    BUNDLES.mkdir(parents=True, exist_ok=True)
    for path in stale:
        path.unlink()
    for path in wrong:
        path.write_text(wanted[path], "utf-8")
    print(f"{len(wanted)} files, {len(wrong)} written, {len(stale)} removed")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
