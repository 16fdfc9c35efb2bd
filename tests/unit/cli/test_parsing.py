"""Words of the command line become types, or errors that say what is wrong."""

import pytest

from tracer.cli.parsing import (
    parse_address,
    parse_batch,
    parse_roles,
    parse_time,
)
from tracer.domain.kinds import Role
from tracer.errors import InputError, InvalidDigitalLinkError, InvalidIdentifierError

ADDRESS = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"


class TestBatch:
    @pytest.mark.parametrize(
        "text",
        [
            "09520010001015/A26B11K1",
            "9520010001015/A26B11K1",
            "https://id.example.org/01/09520010001015/10/A26B11K1",
            "https://id.example.org/01/09520010001015/10/A26B11K1/21/K1?17=280210",
        ],
    )
    def test_two_spellings(self, text: str) -> None:
        name = parse_batch(text)
        assert str(name) == "09520010001015/A26B11K1"

    def test_a_lot_may_hold_slashes(self) -> None:
        assert parse_batch("09520010001015/A/1").lot.value == "A/1"

    def test_a_link_may_name_a_tin(self) -> None:
        name = parse_batch("https://id.example.org/01/09520010001015/10/A/21/K1")
        assert name.link.path() == "/01/09520010001015/10/A/21/K1"

    @pytest.mark.parametrize(
        ("text", "error"),
        [
            ("A26B11K1", InputError),
            ("09520010001016/A", InvalidIdentifierError),
            ("09520010001015/", InvalidIdentifierError),
            ("09520010001015/Ü", InvalidIdentifierError),
            ("https://id.example.org/x", InvalidDigitalLinkError),
            ("https://id.example.org/01/09520010001015", InputError),
        ],
    )
    def test_anything_else(self, text: str, error: type[Exception]) -> None:
        with pytest.raises(error):
            parse_batch(text)


class TestAddress:
    @pytest.mark.parametrize("text", [ADDRESS, ADDRESS.lower(), "0x" + ADDRESS[2:].upper()])
    def test_any_case_that_is_right(self, text: str) -> None:
        assert parse_address(text) == ADDRESS

    @pytest.mark.parametrize(
        "text",
        ["", "0x12", ADDRESS[2:], ADDRESS + "0", ADDRESS.replace("a", "A", 1), "0x" + "g" * 40],
    )
    def test_anything_else(self, text: str) -> None:
        with pytest.raises(InvalidIdentifierError):
            parse_address(text)


class TestRoles:
    def test_names_in_any_case(self) -> None:
        roles = parse_roles("Manufacturer, LABORATORY")
        assert roles == Role.MANUFACTURER | Role.LABORATORY

    @pytest.mark.parametrize("text", ["", "BOSS", "MANUFACTURER,,"])
    def test_anything_else(self, text: str) -> None:
        with pytest.raises(InputError, match="is no role"):
            parse_roles(text)


class TestTime:
    def test_needs_an_offset(self) -> None:
        assert parse_time("2026-02-11T14:00:00+13:00") == 1770771600
        with pytest.raises(InputError):
            parse_time("2026-02-11T14:00:00")

    @pytest.mark.parametrize("text", ["", "yesterday", "2026-13-01T00:00:00Z"])
    def test_anything_else(self, text: str) -> None:
        with pytest.raises(InputError, match="is no time"):
            parse_time(text)
