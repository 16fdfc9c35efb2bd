"""docs/reference/http.md names every address, verdict and status that the server has."""

import json
import re
from pathlib import Path

from tracer_api.limits import AHEAD_SECONDS, MAX_BATCHES, MAX_TARGET_CHARS, STALE_SECONDS
from tracer_api.problems import STATUS

from tracer.domain.cards import VerdictCode
from tracer.domain.checks import CheckStatus

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "reference" / "http.md").read_text("utf-8")


def test_every_address_is_documented() -> None:
    paths = json.loads((ROOT / "api" / "openapi.json").read_text("utf-8"))["paths"]
    assert [path for path in paths if f"| `{path}` |" not in PAGE] == []


def test_every_documented_address_exists() -> None:
    paths = set(json.loads((ROOT / "api" / "openapi.json").read_text("utf-8"))["paths"])
    documented = set(re.findall(r"^\| `(/[^`]*)` \|", PAGE, re.MULTILINE))
    assert documented - paths == {"/app/{module}.js"}


def test_every_verdict_and_status_is_documented() -> None:
    for word in (*VerdictCode, *CheckStatus):
        assert f"`{word}`" in PAGE
    for status in STATUS.values():
        assert str(status.value) in PAGE


def test_the_limits_are_those_of_the_code() -> None:
    assert f"1 to {MAX_BATCHES}" in PAGE
    assert f"{MAX_TARGET_CHARS:,} characters" in PAGE
    assert f"at most {STALE_SECONDS} s old" in PAGE
    assert f"more than {AHEAD_SECONDS} s ahead" in PAGE
