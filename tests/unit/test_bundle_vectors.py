"""The committed bundles are what their script writes, and the verifier agrees with all of them."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from bundle_damages import CASES, LIES, ODD, TWINS
from bundle_vectors import VECTORS, load_case, verify_case

ROOT = Path(__file__).parents[2]
FILES = sorted(VECTORS.glob("*.json"))


def test_vectors_are_what_the_script_writes() -> None:
    result = subprocess.run(
        [sys.executable, "scripts/make_bundle_vectors.py", "--check"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stdout + result.stderr


def test_there_is_a_file_for_every_case() -> None:
    assert len(FILES) == len(CASES) + len(TWINS)
    assert len({twin.file for twin in TWINS}) == len(TWINS)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_case(path: Path) -> None:
    case = load_case(path)
    outcome = verify_case(case)
    assert outcome["overall"] == case["expect"]["overall"]
    if must := case.get("mustFail"):
        assert any(
            (check.name, check.status, check.subject)
            == (must["name"], must["status"], must["subject"])
            for check in outcome["checks"]
        )


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_nothing_damaged_is_green(path: Path) -> None:
    case = load_case(path)
    status = verify_case(case)["overall"]
    must = case.get("mustFail")
    if path.stem in ODD:
        assert status == ODD[path.stem][0]
    elif path.stem in {"good", "good-import"} or (must and must["status"] == "SKIPPED"):
        assert status == "VALID"
    else:
        assert status == (must["status"] if must else "INVALID") or status == "INVALID"


@pytest.mark.parametrize("name", LIES)
def test_a_lie_fails_in_the_check_that_it_names(name: str) -> None:
    checks = verify_case(load_case(VECTORS / f"{name}.json"))["checks"]
    failing = {check.name for check in checks if check.status == "INVALID"}
    assert LIES[name][0] in failing
    assert all(each.startswith("C") or each in {"expiry", "clearance"} for each in failing)


def test_every_column_of_every_row_has_a_twin() -> None:
    bundle = json.loads((VECTORS / "good.json").read_text("utf-8"))["bundle"]
    files = {path.stem for path in FILES}
    rows = {
        "chain": bundle["chain"],
        "mirror": bundle["mirror"],
        "batch": bundle["batch"],
        "append[1]": bundle["appends"][1],
        "record[4]": bundle["records"][4],
        "party": next(iter(bundle["parties"].values())),
        "tin": bundle["tin"],
    }
    for label, row in rows.items():
        for column in row:
            assert f"good.{label}.{column}" in files
