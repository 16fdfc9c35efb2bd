"""Every sentence has a key, every key a sentence, and every place a parameter."""

import ast
import json
import re
from pathlib import Path

import pytest

import tracer
from tracer.domain.checks import CheckStatus
from tracer.domain.messages import MESSAGES, Message, render_english
from tracer.domain.steps import Step

DOMAIN = Path(tracer.__file__).parent / "domain"
KEYS = Path(tracer.__file__).parents[1] / "tests" / "vectors" / "message_keys.json"


def literals() -> set[str]:
    """Every string in the domain's sources, f-strings with * for what is filled in."""
    found: set[str] = set()
    for path in DOMAIN.glob("*.py"):
        if path.name.endswith("messages.py"):
            continue
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                found.add(node.value)
            elif isinstance(node, ast.JoinedStr):
                parts = [p.value if isinstance(p, ast.Constant) else "*" for p in node.values]
                found.add("".join(map(str, parts)))
    return found


def test_no_key_is_unused() -> None:
    said = literals()
    patterns = [re.compile(re.escape(text).replace(r"\*", ".+")) for text in said if "*" in text]
    for key in MESSAGES:
        outcome = key.split(".", 1)[-1]
        assert key in said or outcome in said or any(p.fullmatch(key) for p in patterns), key


def test_the_list_for_pages_is_complete() -> None:
    listed = json.loads(KEYS.read_text("utf-8"))
    assert listed == {
        key: sorted(set(re.findall(r"\{(\w+)\}", text))) for key, text in MESSAGES.items()
    }


@pytest.mark.parametrize("key", MESSAGES)
def test_english_is_a_plain_sentence(key: str) -> None:
    text = MESSAGES[key]
    assert text.strip() == text
    assert "  " not in text
    params = dict.fromkeys(re.findall(r"\{(\w+)\}", text), "x")
    assert "{" not in render_english(key, params)


def test_a_message_travels_with_its_english() -> None:
    message = Message("expiry.ok", {"date": "2028-02-10"})
    assert message.to_json() == {
        "key": "expiry.ok",
        "params": {"date": "2028-02-10"},
        "english": "best before 2028-02-10",
    }


def test_a_step_names_its_key() -> None:
    step = Step(8, "expiry")
    check = step.invalid("expired", "batch row", date="2028-02-10")
    assert (check.key, check.status) == ("expiry.expired", CheckStatus.INVALID)
    assert check.reason == "the best-before date 2028-02-10 has passed"
    with pytest.raises(KeyError):
        step.valid("nonsense")


def test_a_step_is_never_green_and_red_at_once() -> None:
    step = Step(5, "contents")
    wrong, missing = step.invalid("wrong", "x"), step.skipped("missing", "y")
    assert [c.status for c in step.conclude([wrong, missing], count=1)] == ["INVALID", "SKIPPED"]
    assert [c.status for c in step.conclude([missing], count=1)] == ["VALID", "SKIPPED"]
