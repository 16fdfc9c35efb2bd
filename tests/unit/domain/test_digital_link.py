"""Digital Links of every key: read, written, refused. GS1's own cases, and ours."""

import json
import re
from itertools import chain
from pathlib import Path
from typing import Any

import pytest
from stdnum import numdb

from tracer.domain.digital_link import (
    CANONICAL_STEM,
    LENIENT,
    MAX_PARAMETERS,
    STRICT,
    Element,
    Gs1Link,
    LinkRules,
    find_ai,
    may_be_path,
    parse_link,
)
from tracer.domain.element_strings import (
    MAX_ELEMENTS,
    build_link,
    check_company,
    parse_bracketed,
    parse_scanned,
)
from tracer.domain.gs1_values import CHECKS, check_characters, check_value
from tracer.domain.identifiers import MAX_URI
from tracer.errors import InputError, InvalidDigitalLinkError, InvalidIdentifierError
from tracer.rules.gs1 import Ai, load_ais, load_code_lists

OURS = Path(__file__).parents[2] / "vectors/gs1_links.json"
ENGINE = Path(__file__).parents[4] / "shared/vectors/digital-link/gs1-syntax-engine-half.json"
WRITTEN_OTHERWISE = {"423", "425", "4330", "4331", "4332", "4333", "7258", "8043"}
"""AIs whose parts the other table cuts in another way; looked at by hand."""
ALL_OPTIONS = LinkRules(words=True, short_gtins=True, unknown_ais=True)
ROOT = "https://id.example.org"
GTIN = "09520010001015"


def our_cases() -> list[Any]:
    cases = json.loads(OURS.read_text("utf-8"))
    return [pytest.param(case, id=case["description"]) for case in cases]


def engine_cases(part: str) -> list[Any]:
    """GS1's cases; the file does not say which option of its engine a case was run with."""
    if not ENGINE.exists():
        return [pytest.param({}, marks=pytest.mark.skip(reason=f"no cases of GS1 at {ENGINE}"))]
    cases = json.loads(ENGINE.read_text("utf-8"))[part]
    name = "uri" if part == "parse" else "ai"
    return [pytest.param(case, id=f"{i}-{case[name]}") for i, case in enumerate(cases)]


class TestVectors:
    @pytest.mark.parametrize("case", our_cases())
    def test_ours(self, case: dict[str, Any]) -> None:
        if not case["valid"]:
            for rules in (STRICT, LENIENT):
                with pytest.raises(InputError):
                    parse_link(case["uri"], rules)
            return
        link = parse_link(case["uri"], LENIENT)
        assert link.element_string() == case["elements"]
        assert link.uri().removeprefix(link.stem) == case["path"]
        if case.get("lenient"):
            with pytest.raises(InputError):
                parse_link(case["uri"])
        else:
            assert parse_link(case["uri"]) == link

    @pytest.mark.parametrize("case", engine_cases("parse"))
    def test_gs1_reads(self, case: dict[str, Any]) -> None:
        """What its engine takes we take, with all options; what it refuses, with none."""
        if case["valid"]:
            assert parse_link(case["uri"], ALL_OPTIONS).element_string() == case["ai"]
        else:
            with pytest.raises(InputError):
                parse_link(case["uri"])

    @pytest.mark.parametrize("case", engine_cases("generate"))
    def test_gs1_writes(self, case: dict[str, Any]) -> None:
        stem = case["stem"] or CANONICAL_STEM
        if case["valid"]:
            assert build_link(parse_bracketed(case["ai"]), stem).uri() == case["uri"]
        else:
            with pytest.raises(InputError):
                build_link(parse_bracketed(case["ai"]), stem)


class TestTable:
    """`gs1_ais.json` against a table that another project made from GS1's site."""

    @pytest.fixture
    def theirs(self) -> dict[str, dict[str, str]]:
        table = numdb.get("gs1_ai")
        numbers = (f"{n:0{size}d}" for size in (2, 3, 4) for n in range(10**size))
        found = {code: table.info(code)[0] for code in numbers}
        return {code: info for code, (known, info) in found.items() if known == code and info}

    def test_all_ais_are_known_there(self, theirs: dict[str, dict[str, str]]) -> None:
        assert set(load_ais().ais) == set(theirs)

    def test_lengths_and_characters_are_the_same(self, theirs: dict[str, dict[str, str]]) -> None:
        def spans(form: str) -> tuple[int, int, str]:
            parts = re.findall(r"(\[\+)?([NXYZ])(\.\.)?([0-9]+)", form)
            low = sum(0 if opt else 1 if upto else int(n) for opt, _, upto, n in parts)
            return low, sum(int(n) for *_, n in parts), "".join(sorted({c for _, c, *_ in parts}))

        different = {}
        for code, info in theirs.items():
            ai = load_ais().ais[code]
            own = (ai.minimum, ai.maximum, "".join(sorted({part.charset for part in ai.parts})))
            if own != spans(info["format"]):
                different[code] = (own, info["format"])
        assert set(different) == WRITTEN_OTHERWISE

    def test_separators_are_the_same(self, theirs: dict[str, dict[str, str]]) -> None:
        fixed = {code for code, ai in load_ais().ais.items() if ai.is_fixed}
        assert {code for code, info in theirs.items() if "fnc1" not in info} >= fixed

    def test_every_check_is_used_and_known(self) -> None:
        named = {
            name for ai in load_ais().ais.values() for part in ai.parts for name in part.checks
        }
        assert named == set(CHECKS)

    def test_every_ai_that_a_rule_names_exists(self) -> None:
        known = set(load_ais().ais)
        for ai in load_ais().ais.values():
            named = "+".join(chain(*ai.needs, ai.excludes, *ai.qualifiers))
            for name in filter(None, named.split("+")):
                pattern = re.compile(name.replace("n", "[0-9]"))
                assert any(pattern.fullmatch(code) for code in known), (ai.code, name)

    def test_fixed_ais_have_one_length(self) -> None:
        assert all(ai.minimum == ai.maximum for ai in load_ais().ais.values() if ai.is_fixed)

    def test_code_lists(self) -> None:
        lists = load_code_lists()
        assert len(lists.countries) == 249
        assert {"554", "156"} <= lists.countries & lists.currencies


class TestValues:
    @pytest.mark.parametrize(
        ("code", "good", "bad"),
        [
            ("4307", "NZ", "XX"),
            ("4309", "02790858483015297971", "19000000001800000001"),
            ("4302", "Nile%20Street", "Nile%2GStreet"),
            ("4321", "1", "2"),
            ("4324", "2802002359", "2802002400"),
            ("4330", "000250-", "000250+"),
            ("7007", "280101280131", "2801012801"),
            ("7040", "1ABc", "1AB*"),
            ("7041", "PX", "PQ1"),
            ("7241", "10", "11"),
            ("7250", "20000229", "21000229"),
            ("7252", "9", "3"),
            ("7258", "1/2", "3/2"),
            ("8001", "00010000200310", "00000000200310"),
            ("8001", "00010000200390", "00010000200320"),
            ("8007", "GB82WEST12345698765432", "GB82WEST12345698765433"),
            ("8008", "28021010", "2802101060"),
            ("8014", "1987654Ad4X4bL5ttr2310c2K", "22"),
            ("8030", "AbC_-9==", "AbC+9"),
            ("8110", "106141416543213150110120", "906141416543213150110120"),
            ("8112", "001234566543210123456", "201234566543210123456"),
        ],
    )
    def test_a_rule_of_one_ai(self, code: str, good: str, bad: str) -> None:
        check_value(find_ai(code), good)
        with pytest.raises(InvalidIdentifierError):
            check_value(find_ai(code), bad)

    def test_message_names_ai_value_and_rule(self) -> None:
        with pytest.raises(InvalidIdentifierError, match=r"AI 17 \(USE BY.*'281310'.*'day'"):
            check_value(find_ai("17"), "281310")

    def test_check_characters(self) -> None:
        assert check_characters("12345678901234567890123") == "NT"


class TestPlaces:
    def test_order_of_qualifiers(self) -> None:
        assert may_be_path(("01", "22", "21"))
        assert not may_be_path(("01", "21", "22"))
        assert not may_be_path(("17",))

    def test_message_says_that_a_qualifier_is_in_the_wrong_place(self) -> None:
        with pytest.raises(
            InvalidDigitalLinkError, match="AI 10 in the query belongs into the path"
        ):
            parse_link(f"{ROOT}/01/{GTIN}?10=A")

    def test_a_lot_may_be_an_attribute_of_what_is_no_trade_item(self) -> None:
        link = parse_link(f"{ROOT}/8004/9520X?10=A")
        assert link.attributes == (Element("10", "A"),)


class TestLimits:
    def test_length(self) -> None:
        with pytest.raises(InvalidDigitalLinkError):
            parse_link(f"{ROOT}/01/{GTIN}?x={'1' * MAX_URI}")

    def test_parts_of_the_query(self) -> None:
        fits = "&".join(["x"] * MAX_PARAMETERS)
        assert len(parse_link(f"{ROOT}/01/{GTIN}?{fits}").parameters) == MAX_PARAMETERS
        with pytest.raises(InvalidDigitalLinkError):
            parse_link(f"{ROOT}/01/{GTIN}?{fits}&x")

    def test_elements_of_a_string(self) -> None:
        with pytest.raises(InvalidDigitalLinkError):
            parse_bracketed("(20)01" * (MAX_ELEMENTS + 1))
        with pytest.raises(InvalidDigitalLinkError):
            parse_scanned("^" + "2001" * (MAX_ELEMENTS + 1))


class TestUnknownAis:
    def test_are_refused_unless_asked_for(self) -> None:
        uri = f"{ROOT}/01/{GTIN}?89=X"
        with pytest.raises(InvalidDigitalLinkError):
            parse_link(uri)
        link = parse_link(uri, LinkRules(unknown_ais=True))
        assert link.element_string() == f"^01{GTIN}89X"

    @pytest.mark.parametrize("code", ["1", "31", "999", "8199", "12345"])
    def test_must_fit_between_those_that_are_known(self, code: str) -> None:
        rules = LinkRules(unknown_ais=True)
        if code == "8199":
            assert not find_ai(code, rules).is_known
        else:
            with pytest.raises(InvalidDigitalLinkError):
                find_ai(code, rules)

    def test_with_a_predefined_length_needs_no_separator(self) -> None:
        rules = LinkRules(unknown_ais=True)
        link = parse_link(f"{ROOT}/01/{GTIN}?14=280210&240=X", rules)
        assert link.element_string() == f"^01{GTIN}14280210240X"


class TestElementStrings:
    def test_both_forms_say_the_same(self) -> None:
        printed = parse_bracketed(f"(01){GTIN}(17)280210(10)A26B11K1(21)K7")
        assert parse_scanned(f"^01{GTIN}1728021010A26B11K1^21K7") == printed

    def test_an_escaped_bracket_belongs_to_the_value(self) -> None:
        assert parse_bracketed(r"(10)A\(1)(21)S") == (Element("10", "A(1)"), Element("21", "S"))

    @pytest.mark.parametrize(
        "text", ["", "^", "01", "(01)", "^01952", "^10A^", "^1", "(10)A)(", "10)A"]
    )
    def test_other_text_is_refused(self, text: str) -> None:
        for parse in (parse_bracketed, parse_scanned):
            with pytest.raises(InputError):
                parse(text)

    @pytest.mark.parametrize(
        ("text", "what"),
        [
            ("(10)A(10)B", "AI 10 stands twice"),
            ("(21)S(17)280210", "AI 21 needs AI 01 or 03 or 8006"),
            (f"(01){GTIN}(21)S(235)T", "AI 21 cannot stand beside AI 235"),
            (f"(01){GTIN}(3103)000900(3102)000900", "AI 3103 cannot stand beside AI 3102"),
            (f"(01){GTIN}(3922)0299", "AI 3922 needs AI 30 or 31nn"),
            (f"(01){GTIN}(8030)AbC", r"AI 8030 needs AI 00 or 01\+21"),
        ],
    )
    def test_elements_that_do_not_go_together(self, text: str, what: str) -> None:
        with pytest.raises(InvalidDigitalLinkError, match=what):
            check_company(parse_bracketed(text))

    def test_no_key_no_link(self) -> None:
        with pytest.raises(InvalidDigitalLinkError, match="no primary key"):
            build_link(parse_bracketed("(400)A"))

    def test_stem_may_end_with_a_slash(self) -> None:
        link = build_link((Element("01", GTIN),), f"{ROOT}/shop/")
        assert link.uri() == f"{ROOT}/shop/01/{GTIN}"


def test_key_and_values_of_a_link() -> None:
    link = Gs1Link((Element("01", GTIN), Element("10", "A/1")))
    assert (link.key, link.value("10"), link.value("21")) == (Element("01", GTIN), "A/1", None)
    assert link.uri() == f"{CANONICAL_STEM}/01/{GTIN}/10/A%2F1"


def test_an_ai_without_rules_is_no_key() -> None:
    assert not Ai("99", "INTERNAL", ()).is_key
