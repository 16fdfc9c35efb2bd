"""What the documents promise exists: files they link to, commands they show, figures they print."""

import json
import re
from pathlib import Path

import pytest

from tracer.cli.commands import NOUNS, load_noun

ROOT = Path(__file__).parents[2]
PAGES = sorted([ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").rglob("*.md")])
LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)|src=\"([^\"]+)\"")
COMMAND = re.compile(r"\btracer ((?:[a-z]+)(?: [a-z]+){0,2})")
CODE = re.compile(r"`([^`\n]+)`|^\s*((?:tracer|make) .*)$", re.MULTILINE)
MAX_README_LINES = 150


def words_of(noun: str) -> set[str]:
    """Every way to say a command of this noun: `party`, `party key`, `party key add`."""

    def walk(path: str, command: object) -> set[str]:
        children = getattr(command, "commands", {})
        return {path}.union(*(walk(f"{path} {name}", it) for name, it in children.items()))

    return walk(noun, load_noun(noun))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_to_a_file(page: Path) -> None:
    links = (first or second for first, second in LINK.findall(page.read_text("utf-8")))
    local = [link for link in links if "://" not in link]
    missing = [link for link in local if not (page.parent / link).resolve().exists()]
    assert not missing


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_command_shown_exists(page: Path) -> None:
    known = {"tracer"}.union(*(words_of(noun) for noun in NOUNS))
    shown = {
        words
        for code in re.findall(
            r"`([^`\n]+)`|^\s*((?:tracer|make) .*)$", page.read_text(), re.MULTILINE
        )
        for words in COMMAND.findall(" ".join(code))
    }
    unknown = {
        words
        for words in shown
        if words.split()[0] in NOUNS or len(words.split()) > 1
        if not _starts_with_known(words, known)
    }
    assert not unknown


def _starts_with_known(words: str, known: set[str]) -> bool:
    """A verb may be followed by plain arguments; a noun with verbs must be followed by one."""
    parts = words.split()
    longest = max((n for n in range(1, len(parts) + 1) if " ".join(parts[:n]) in known), default=0)
    if not longest:
        return False
    command = load_noun(parts[0])
    for part in parts[1:longest]:
        command = command.commands[part]
    return longest == len(parts) or not getattr(command, "commands", {})


def test_the_readme_is_short_and_names_both_commands() -> None:
    text = (ROOT / "README.md").read_text("utf-8")
    assert len(text.splitlines()) < MAX_README_LINES
    assert "make demo" in text
    assert "make test" in text


def test_the_readme_prints_the_gas_that_the_golden_file_holds() -> None:
    text = (ROOT / "README.md").read_text("utf-8")
    table = text.split("<!-- gas:begin -->")[1].split("<!-- gas:end -->")[0]
    printed = re.findall(r"\| ([\d,]+) \| [\d,]+ \|", table)
    golden = json.loads((ROOT / "tests/contract/golden/gas.json").read_text("utf-8"))
    names = ("per_record_5x20", "per_record_100x1", "single")
    assert [int(value.replace(",", "")) for value in printed] == [
        golden[f"bench {name}"] for name in names
    ]


def test_every_attack_is_made_by_a_test_that_exists() -> None:
    page = (ROOT / "docs" / "reference" / "threat-tests.md").read_text("utf-8")
    named = set(re.findall(r"`(test_\w+)`", page))
    sources = (path.read_text("utf-8") for path in (ROOT / "tests").rglob("test_*.py"))
    existing = {name for text in sources for name in re.findall(r"def (test_\w+)", text)}
    assert named
    assert not named - existing
