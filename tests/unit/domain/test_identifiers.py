"""GS1 identifiers and Digital Links."""

import json
from pathlib import Path
from typing import Any

import pytest

from tracer.domain.identifiers import (
    CSET82,
    MAX_URI,
    DigitalLink,
    Gln,
    Gtin,
    Lot,
    Serial,
    Sscc,
    check_digit,
)
from tracer.errors import InputError, InvalidDigitalLinkError, InvalidIdentifierError

VECTORS = Path(__file__).parents[2] / "vectors"
ENGINE = Path(__file__).parents[4] / "shared/vectors/digital-link/gs1-syntax-engine-half.json"
PARSERS: dict[str, Any] = {"GTIN": Gtin, "GLN": Gln, "SSCC": Sscc}


def vectors(folder: str) -> list[Any]:
    paths = sorted((VECTORS / folder).iterdir())
    return [pytest.param(json.loads(path.read_text("utf-8")), id=path.stem) for path in paths]


def engine_cases(*, valid: bool) -> list[Any]:
    """Cases of GS1's own engine about links whose key is 01 with the qualifiers 22, 10 and 21."""
    missing = pytest.mark.skip(reason=f"the engine's cases are not at {ENGINE}")
    if not ENGINE.exists():
        return [pytest.param("", "", marks=missing)]
    cases = json.loads(ENGINE.read_text("utf-8"))["parse"]
    valid_uris = {case["uri"] for case in cases if case["valid"]}
    return [
        pytest.param(case["uri"], case["ai"], id=case["uri"] or "empty")
        for case in cases
        if case["valid"] is valid and is_about_tins(case["uri"], valid_uris, valid=valid)
    ]


def is_about_tins(uri: str, valid_uris: set[str], *, valid: bool) -> bool:
    if valid:
        return "/01/" in uri and "/235/" not in uri
    # One case is valid and invalid, by an option of the engine about unassigned AIs.
    return uri not in valid_uris


class TestCheckDigit:
    @pytest.mark.parametrize("case", vectors("gtin"))
    def test_vectors(self, case: dict[str, Any]) -> None:
        parse = PARSERS[case["type"]].parse
        if case["valid"]:
            assert parse(case["text"]).value == case["value"]
            assert check_digit(case["text"][:-1]) == int(case["text"][-1])
        else:
            with pytest.raises(InvalidIdentifierError):
                parse(case["text"])

    def test_message_says_what_the_digits_give(self) -> None:
        with pytest.raises(InvalidIdentifierError, match="check digit 0, but its digits give 1"):
            Gtin.parse("95200100")

    def test_digits_of_other_scripts_are_refused(self) -> None:
        with pytest.raises(InvalidIdentifierError):
            Gtin.parse("٠٩٥٢٠٠١٠٠٠١٠١٥")


class TestGln:
    def test_number_goes_both_ways(self) -> None:
        gln = Gln.parse("0614141000005")
        assert gln.number == 614141000005
        assert Gln.from_number(gln.number) == gln

    @pytest.mark.parametrize("number", [-1, 2**48 - 1, 9520010001038])
    def test_other_numbers_are_refused(self, number: int) -> None:
        with pytest.raises(InvalidIdentifierError):
            Gln.from_number(number)


class TestLotAndSerial:
    def test_character_set_82_has_82_characters(self) -> None:
        assert len(CSET82) == 82
        assert Lot.parse("".join(sorted(CSET82))[:20])

    @pytest.mark.parametrize("text", ["", "A" * 21, "A B", "A#B", "批号", "A\n", "A\x00"])
    def test_other_text_is_refused(self, text: str) -> None:
        for kind in (Lot, Serial):
            with pytest.raises(InvalidIdentifierError):
                kind.parse(text)

    def test_str_is_the_value(self) -> None:
        assert [str(x) for x in (Lot.parse("L"), Serial.parse("S"))] == ["L", "S"]
        assert str(Gtin.parse("95200101")) == "00000095200101"
        assert str(Sscc.parse("195200012602110002")) == "195200012602110002"


class TestDigitalLink:
    @pytest.mark.parametrize("case", vectors("digital_link"))
    def test_vectors(self, case: dict[str, Any]) -> None:
        if not case["valid"]:
            with pytest.raises(InputError):
                DigitalLink.parse(case["uri"])
            return
        link = DigitalLink.parse(case["uri"])
        assert {
            "gtin": link.gtin.value,
            "lot": link.lot and link.lot.value,
            "serial": link.serial and link.serial.value,
            "expiry": link.expiry,
        } == {name: case[name] for name in ("gtin", "lot", "serial", "expiry")}
        assert link.path() == case["path"]

    @pytest.mark.parametrize(("uri", "ai"), engine_cases(valid=True))
    def test_gives_what_the_engine_gives(self, uri: str, ai: str) -> None:
        link = DigitalLink.parse(uri)
        assert ai.startswith(f"^01{link.gtin}")
        for code, value in (("10", link.lot), ("21", link.serial), ("17", link.expiry)):
            assert value is None or f"{code}{value}" in ai

    @pytest.mark.parametrize(("uri", "ai"), engine_cases(valid=False))
    def test_refuses_what_the_engine_refuses(self, uri: str, ai: str) -> None:
        assert not ai
        with pytest.raises(InputError):
            DigitalLink.parse(uri)

    def test_message_names_the_parameter(self) -> None:
        with pytest.raises(InvalidDigitalLinkError, match="AI 10 in the query belongs into the p"):
            DigitalLink.parse("https://a/01/09520123456788?10=ABC123")

    def test_too_long(self) -> None:
        with pytest.raises(InvalidDigitalLinkError):
            DigitalLink.parse("https://a/01/09520123456788?x=" + "1" * MAX_URI)

    def test_uri_under_an_origin(self) -> None:
        link = DigitalLink(Gtin.parse("09520010001015"), Lot.parse("A/1"), Serial.parse("K%2"))
        assert link.uri("https://id.example.org/") == (
            "https://id.example.org/01/09520010001015/10/A%2F1/21/K%252"
        )
        dated = DigitalLink(link.gtin, expiry="280210")
        assert dated.uri("https://id.example.org") == (
            "https://id.example.org/01/09520010001015?17=280210"
        )
