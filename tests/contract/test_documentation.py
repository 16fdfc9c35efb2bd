"""README.md numbers the invariants; each number is checked where the README says."""

import re
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
ROW = re.compile(r"^\| (?P<number>\d+) \| (?P<text>[^|]+) \| (?P<places>[^|]+) \|$", re.MULTILINE)
INVARIANTS = list(ROW.finditer((HERE / "README.md").read_text(encoding="utf-8")))


def test_invariants_are_numbered_without_gaps():
    assert [int(row["number"]) for row in INVARIANTS] == list(range(1, len(INVARIANTS) + 1))
    assert len(INVARIANTS) >= 10


@pytest.mark.parametrize("row", INVARIANTS, ids=lambda row: row["number"])
def test_invariant_is_checked_where_the_readme_says(row):
    places = re.findall(r"`(\w+\.py)`", row["places"])
    assert places
    for place in places:
        source = (HERE / place).read_text(encoding="utf-8")
        named = re.findall(r"[Ii]nvariants? ([\d, and]+)", source)
        numbers = {number for group in named for number in re.findall(r"\d+", group)}
        assert row["number"] in numbers, f"{place} does not name invariant {row['number']}"
