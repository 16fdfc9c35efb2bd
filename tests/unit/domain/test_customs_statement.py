import json

import pytest
from customs_system import REFUSAL, CustomsSystem

from tracer.domain.customs_statement import (
    Reason,
    Ruling,
    build_objection,
    parse_statement,
    read_objection,
)
from tracer.errors import InvalidFileError

COMMITMENT = bytes(range(32))
STATED_UNIX = 1_774_596_600  # 2026-03-27T07:30:00Z


class TestReason:
    @pytest.mark.parametrize("code", ["", "origin", "A B", "A" * 41, "-A", "Ä"])
    def test_a_code_is_capital_letters_and_digits(self, code: str) -> None:
        with pytest.raises(InvalidFileError, match="reason code"):
            Reason(code, "text")

    @pytest.mark.parametrize("text", ["", "  ", "two\nlines", "x\u202ey", "x" * 301])
    def test_a_text_is_one_line_that_reads_as_it_is_written(self, text: str) -> None:
        with pytest.raises(InvalidFileError, match="reason A"):
            Reason("A", text)

    def test_it_may_be_chinese(self) -> None:
        assert Reason("C4", "原产地证书编号已用于另一批货物").to_json()["code"] == "C4"


class TestObjection:
    def test_it_is_one_text_that_reads_back(self) -> None:
        text = build_objection(COMMITMENT, REFUSAL, STATED_UNIX)
        assert json.loads(text) == {
            "type": "ClearanceObjection",
            "commitment": COMMITMENT.hex(),
            "reasons": [{"code": REFUSAL[0].code, "text": REFUSAL[0].text}],
            "statedAt": "2026-03-27T07:30:00Z",
        }
        assert read_objection(text) == (COMMITMENT, REFUSAL)
        assert build_objection(COMMITMENT, REFUSAL, STATED_UNIX) == text

    @pytest.mark.parametrize("count", [0, 21])
    def test_it_needs_some_reasons_and_not_a_flood(self, count: int) -> None:
        with pytest.raises(InvalidFileError, match="1 to 20 reasons"):
            build_objection(COMMITMENT, REFUSAL * count, STATED_UNIX)

    @pytest.mark.parametrize("text", ["", "{}", "[1]", '{"type": "ClearanceObjection"}', "\ud800"])
    def test_any_other_content_is_none(self, text: str) -> None:
        assert read_objection(text) is None


class TestParseStatement:
    @pytest.mark.parametrize("ruling", Ruling)
    def test_what_is_signed_reads_back(self, ruling: Ruling) -> None:
        system = CustomsSystem()
        statement = system.state(
            chain_id=1,
            contract=bytes(20),
            batch_id=bytes(32),
            declaration="224820261000300451",
            commitment=COMMITMENT,
            stated_at_unix=STATED_UNIX,
            ruling=ruling,
        )
        found, signature = parse_statement(system.sign(statement).decode())
        assert found == statement
        assert len(signature) == 64

    def test_its_identity_is_of_what_it_says_not_of_how_it_is_signed(self) -> None:
        system, other = CustomsSystem(), CustomsSystem()
        facts = {
            "chain_id": 1,
            "contract": bytes(20),
            "batch_id": bytes(32),
            "declaration": "1",
            "commitment": COMMITMENT,
            "stated_at_unix": STATED_UNIX,
        }
        statement = system.state(**facts)
        twice = [parse_statement(key.sign(statement).decode())[0] for key in (system, other)]
        assert twice[0].identity == twice[1].identity == statement.identity
        assert other.state(**facts).identity != statement.identity  # another key id is in it
