import re
from itertools import chain
from pathlib import Path

import pytest
from tracer_api.assets import load_assets, scanner_app_dir

from tracer.domain.cards import ContentState, VerdictCode
from tracer.domain.checks import CheckStatus
from tracer.domain.condition import Severity
from tracer.domain.documents import DocType
from tracer.domain.kinds import Kind, Role
from tracer.domain.lab import Judgement
from tracer.domain.messages import MESSAGES
from tracer.domain.status import ClearanceState

ASSETS = load_assets()
EN, ZH = ASSETS.catalogues["en"], ASSETS.catalogues["zh"]
API = Path(__file__).parents[3] / "api" / "tracer_api"
USED = re.compile(r"""(?<![\w.])(?:t|say)\(\s*f?["'`]([^"'`]+)["'`]""")
PLACE = re.compile(r"\{(\w+)\}")
ADDRESSES = {"script.verifier"}  # put in when the script is joined: an address, no words

CODES = {
    "age": ["days", "hours", "minutes", "seconds"],
    "assurance": ["limited", "reasonable"],
    "carbon.stage": ["raw_milk", "ingredients", "processing", "packaging", "transport", "storage"],
    "clearance": list(ClearanceState),
    "condition": list(Severity),
    "doctype": [kind.name for kind in DocType],
    "journey.content": [ContentState.INVALID, ContentState.MISSING],
    "kind": [kind.name for kind in Kind],
    "lab": list(Judgement),
    "lab.word": list(Judgement),
    "role": [role.name for role in Role],
    "status": list(CheckStatus),
    "step": range(1, 11),
    "storage": ["POWDER_AMBIENT", "CHILLED_2_8"],
}


def keys_in_code() -> set[str]:
    files = chain(API.rglob("*.py"), API.rglob("*.html"), scanner_app_dir().glob("*.js"))
    used = {key for file in files for key in USED.findall(file.read_text(encoding="utf-8"))}
    return used - ADDRESSES


def matches(pattern: str, catalogue: dict[str, str]) -> bool:
    """Whether a key, or one for each place of a key with places in it, exists."""
    if "{" not in pattern:
        return pattern in catalogue
    expression = re.sub(r"\\?\$?\\?\{[^}]*\\?\}", r"[\\w.]+", re.escape(pattern))
    return any(re.fullmatch(expression, key) for key in catalogue)


@pytest.mark.parametrize("language", ["en", "zh"])
class TestEveryLanguage:
    def test_has_every_key_that_code_and_templates_use(self, language: str) -> None:
        used = keys_in_code()
        assert len(used) > 100
        assert [key for key in sorted(used) if not matches(key, ASSETS.catalogues[language])] == []

    def test_has_every_message_of_the_domain(self, language: str) -> None:
        assert set(MESSAGES) - set(ASSETS.catalogues[language]) == set()

    @pytest.mark.parametrize("name", CODES)
    def test_has_every_value_of_a_code_list(self, language: str, name: str) -> None:
        missing = [c for c in CODES[name] if f"{name}.{c}" not in ASSETS.catalogues[language]]
        assert missing == []

    def test_has_the_words_of_every_verdict(self, language: str) -> None:
        codes = [*VerdictCode, "UNCHECKED", "BAD_CODE", "UNAVAILABLE"]
        for part in ("title", "text", "todo"):
            missing = [c for c in codes if f"verdict.{c}.{part}" not in ASSETS.catalogues[language]]
            assert missing == []


def test_both_languages_have_the_same_keys_with_the_same_places() -> None:
    assert set(EN) == set(ZH)
    assert [k for k in EN if set(PLACE.findall(EN[k])) != set(PLACE.findall(ZH[k]))] == []


def test_chinese_uses_chinese_punctuation() -> None:
    mixed = re.compile(r"[\u4e00-\u9fff][,;:?!()]|[,;:?!()][\u4e00-\u9fff]")
    assert [key for key, text in ZH.items() if mixed.search(text)] == []


def test_nothing_that_could_not_be_checked_is_called_false() -> None:
    words = re.compile(r"forg|fake|counterfeit|not genuine|假|伪", re.IGNORECASE)
    keys = [key for key in EN if "COULD_NOT_CHECK" in key or key.startswith("verified.")]
    assert [key for key in keys if words.search(EN[key]) or words.search(ZH[key])] == []


def test_seen_elsewhere_claims_no_more_than_the_score_does() -> None:
    """Where few codes are copied, most of these alarms are false: docs/explanation/clones.md."""
    certain = re.compile(r"cannot|only one|do not (?:use|feed)|不可能|只有一罐|暂勿", re.IGNORECASE)
    keys = [key for key in EN if key.startswith("verdict.SEEN_ELSEWHERE.")]
    keys.append("scan-history.elsewhere")
    assert [key for key in keys for it in (EN, ZH) if certain.search(it[key])] == []
    for catalogue, harmless in ((EN, "harmless"), (ZH, "无妨")):
        assert harmless in catalogue["verdict.SEEN_ELSEWHERE.text"]
        assert "{lot}" in catalogue["verdict.SEEN_ELSEWHERE.todo"], "what to compare is named"
