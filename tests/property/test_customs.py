"""No change of a signed statement is believed; whatever comes, reading it never raises."""

import pytest
from customs_system import CustomsSystem
from hypothesis import given
from hypothesis import strategies as st

from tracer.domain.checks import CheckStatus
from tracer.domain.customs_belief import read_signed
from tracer.domain.customs_statement import Reason, Ruling, Statement

SYSTEM = CustomsSystem()
TEXT = st.text(min_size=1, max_size=40).filter(lambda it: it.isprintable() and it.strip() != "")


@st.composite
def statements(draw: st.DrawFn) -> Statement:
    ruling = draw(st.sampled_from(Ruling))
    least = 1 if ruling is Ruling.REFUSED else 0
    most = 0 if ruling is Ruling.RELEASED else 20
    reasons = draw(
        st.lists(
            st.builds(Reason, st.from_regex(r"[A-Z0-9][A-Z0-9_-]{0,39}", fullmatch=True), TEXT),
            min_size=least,
            max_size=most,
        )
    )
    stated = draw(st.integers(0, 4_000_000_000))
    return SYSTEM.state(
        chain_id=draw(st.integers(0, 2**53 - 1)),
        contract=draw(st.binary(min_size=20, max_size=20)),
        batch_id=draw(st.binary(min_size=32, max_size=32)),
        declaration=draw(TEXT),
        commitment=draw(st.binary(min_size=32, max_size=32)),
        ruling=ruling,
        reasons=tuple(reasons),
        stated_at_unix=stated,
        valid_until_unix=stated + draw(st.integers(0, 366 * 86_400)),
    )


@given(statements())
def test_what_the_system_signs_is_read_back_and_valid(statement: Statement) -> None:
    found, check = read_signed(SYSTEM.sign(statement), SYSTEM.keys)
    assert (found, check.status) == (statement, CheckStatus.VALID)


@given(statements(), st.data())
def test_no_flipped_bit_is_believed(statement: Statement, data: st.DataObject) -> None:
    file = bytearray(SYSTEM.sign(statement))
    position = data.draw(st.integers(0, len(file) - 1))
    file[position] ^= 1 << data.draw(st.integers(0, 7))
    _, check = read_signed(bytes(file), SYSTEM.keys)
    assert check.status is CheckStatus.INVALID


@given(st.one_of(st.binary(max_size=300), st.text(max_size=300).map(lambda it: it.encode())))
def test_reading_anything_never_raises(data: bytes) -> None:
    statement, check = read_signed(data, SYSTEM.keys)
    assert statement is None
    assert check.status is CheckStatus.INVALID


@pytest.mark.parametrize("cut", [1, 2, 10, 100])
def test_half_a_statement_is_none(cut: int) -> None:
    file = SYSTEM.sign(
        SYSTEM.state(
            chain_id=1,
            contract=bytes(20),
            batch_id=bytes(32),
            declaration="1",
            commitment=bytes(32),
            stated_at_unix=0,
        )
    )
    statement, _ = read_signed(file[:-cut], SYSTEM.keys)
    assert statement is None
