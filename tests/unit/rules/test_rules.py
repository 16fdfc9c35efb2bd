"""The rule tables cover every code of the domain and say where they come from."""

import json
import re
from importlib.resources import files

import pytest

from tracer.domain.documents import DocType
from tracer.domain.kinds import Kind, Role
from tracer.rules import (
    load_factors,
    load_limits,
    load_profiles,
    load_words,
)
from tracer.rules.paper_rules import load_paper_rules

TABLES = ("limits", "profiles", "factors", "documents", "words")


def test_every_code_has_words_in_both_languages() -> None:
    words = load_words()
    assert list(words.kinds) == [kind.name for kind in Kind]
    assert list(words.roles) == [role.name for role in Role]
    assert list(words.documents) == [doc_type.name for doc_type in DocType]
    assert len(words.biz_steps) == 41
    assert len(words.dispositions) == 33
    for table in (
        words.kinds,
        words.roles,
        words.documents,
        words.biz_steps,
        words.dispositions,
        words.countries,
        words.trade_modes,
        words.cross_checks,
        load_factors().stages,
    ):
        for each in table.values():
            assert each["en"].strip()
            assert re.search(r"[\u4e00-\u9fff]", each["zh"])


def test_every_document_type_has_its_number_and_its_issuers() -> None:
    rows = json.loads(files("tracer.rules").joinpath("documents.json").read_text("utf-8"))["types"]
    assert {row["code"]: row["number"] for row in rows} == {d.name: int(d) for d in DocType}
    for roles in load_paper_rules().issuer_roles.values():
        assert roles
        assert all(name in Role.__members__ for name in roles)


@pytest.mark.parametrize("name", TABLES)
def test_every_table_names_its_version(name: str) -> None:
    table = json.loads(files("tracer.rules").joinpath(f"{name}.json").read_text("utf-8"))
    assert re.fullmatch(r"\d{4}-\d{2}-\d+", table["version"])


def test_powder_is_no_chilled_product() -> None:
    powder = load_profiles()["POWDER_AMBIENT"]
    assert powder.min_c is None
    assert powder.max_c == 30
    assert powder.hard_max_c == 40


def test_every_factor_has_a_value_a_spread_and_a_source() -> None:
    factors = load_factors()
    table = json.loads(files("tracer.rules").joinpath("factors.json").read_text("utf-8"))
    assert all(row["source"] for row in table["factors"])
    assert all(value > 0 for value in factors.values.values())
    assert all(1 < gsd <= 2 for gsd in factors.gsd.values())
    assert factors.values.keys() == factors.gsd.keys()


def test_limits_and_plans_name_their_standards() -> None:
    limits = load_limits()
    assert len(limits.parameters) == 52
    assert len(limits.plans) == 14
    assert all(plan.source and plan.name_zh for plan in limits.plans)
    assert limits.standards["CN.stage2"] == "GB 10766-2021"


@pytest.mark.parametrize(
    ("number", "is_one"),
    [("国食注字YP20990001", True), ("国食注字TY20990001", False), ("YP20990001", False)],
)
def test_formula_numbers(number: str, is_one: bool) -> None:
    assert bool(re.fullmatch(load_paper_rules().formula_number, number)) is is_one
