"""Identifiers: slips of the pen are caught, Digital Links go both ways."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracer.domain.identifiers import CSET82, DigitalLink, Gln, Gtin, Lot, Serial, Sscc, check_digit
from tracer.errors import InputError, InvalidIdentifierError

PARSERS = {8: Gtin, 12: Gtin, 13: Gln, 14: Gtin, 18: Sscc}
CSET82_TEXT = st.text(st.sampled_from(sorted(CSET82)), min_size=1, max_size=20)


@st.composite
def numbers(draw: st.DrawFn, lengths: tuple[int, ...] = tuple(PARSERS)) -> str:
    length = draw(st.sampled_from(lengths))
    body = "".join(draw(st.lists(st.sampled_from("0123456789"), min_size=length - 1,
                                 max_size=length - 1)))  # fmt: skip
    return f"{body}{check_digit(body)}"


GTINS = numbers((8, 12, 13, 14)).map(Gtin.parse)
DATES = st.dates().map(lambda date: date.strftime("%y%m%d"))


@given(numbers(), st.data())
def test_every_wrong_digit_is_caught(text: str, data: st.DataObject) -> None:
    parse = PARSERS[len(text)].parse
    assert parse(text).value.endswith(text)
    place = data.draw(st.integers(0, len(text) - 1))
    for wrong in set("0123456789") - {text[place]}:
        with pytest.raises(InvalidIdentifierError):
            parse(text[:place] + wrong + text[place + 1 :])


@given(numbers(), st.data())
def test_swapped_neighbours_are_caught_unless_they_differ_by_five(
    text: str, data: st.DataObject
) -> None:
    place = data.draw(st.integers(0, len(text) - 2))
    left, right = text[place], text[place + 1]
    swapped = text[:place] + right + left + text[place + 2 :]
    if (int(left) - int(right)) % 5 == 0:
        assert PARSERS[len(text)].parse(swapped)
    else:
        with pytest.raises(InvalidIdentifierError):
            PARSERS[len(text)].parse(swapped)


@given(numbers((13,)))
def test_gln_goes_through_its_number(text: str) -> None:
    gln = Gln.parse(text)
    assert Gln.from_number(gln.number) == gln
    assert gln.number < 2**48


@given(GTINS, st.none() | CSET82_TEXT, st.none() | CSET82_TEXT, st.none() | DATES)
def test_digital_link_goes_both_ways(
    gtin: Gtin, lot: str | None, serial: str | None, expiry: str | None
) -> None:
    link = DigitalLink(
        gtin, (lot and Lot.parse(lot)) or None, (serial and Serial.parse(serial)) or None, expiry
    )
    assert DigitalLink.parse(link.uri("https://id.example.org")) == link
    assert (
        DigitalLink.parse(f"http://x.example/stem{link.path()}/?17={expiry or '280210'}").path()
        == link.path()
    )


@given(st.text(max_size=200) | st.text(max_size=80).map("https://a.example/01/".__add__))
def test_any_text_gives_a_link_or_an_input_error(text: str) -> None:
    try:
        link = DigitalLink.parse(text)
    except InputError:
        return
    assert DigitalLink.parse(link.uri("https://id.example.org")) == link
