"""Numbers on papers: right ones pass, a slip of the pen fails, and two implementations agree."""

from datetime import date, timedelta

from hypothesis import assume, given
from hypothesis import strategies as st
from stdnum import imo, iso6346
from stdnum.cn import uscc

from tracer.domain.documents import DocType
from tracer.domain.identifiers import check_digit
from tracer.domain.paper_fields import CHECKS
from tracer.domain.paper_fields_digits import (
    USCC_ALPHABET,
    container_check,
    imo_check,
    is_container,
    is_imo,
    is_uscc,
    organisation_check,
    uscc_check,
)
from tracer.domain.paper_types import paper_type, validate_fields

DIGITS = "0123456789"
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
CONTAINER_REMAINDERS = 11


def text_of(alphabet: str, length: int) -> st.SearchStrategy[str]:
    return st.text(st.sampled_from(alphabet), min_size=length, max_size=length)


@st.composite
def usccs(draw: st.DrawFn) -> str:
    head = draw(text_of(USCC_ALPHABET, 2)) + draw(text_of(DIGITS, 6))
    organisation = draw(text_of(USCC_ALPHABET, 8))
    body = head + organisation + organisation_check(organisation)
    return body + uscc_check(body)


@st.composite
def containers(draw: st.DrawFn) -> str:
    body = draw(text_of(LETTERS, 3)) + draw(st.sampled_from("UJZ")) + draw(text_of(DIGITS, 6))
    return f"{body}{container_check(body)}"


@st.composite
def imos(draw: st.DrawFn) -> str:
    body = draw(text_of(DIGITS, 6))
    return f"{body}{imo_check(body)}"


@st.composite
def gs1_numbers(draw: st.DrawFn) -> tuple[str, str]:
    """A check and a number for it."""
    check, length = draw(st.sampled_from([("gtin", 14), ("gtin", 8), ("gln", 13)]))
    body = draw(text_of(DIGITS, length - 1))
    return check, f"{body}{check_digit(body)}"


@st.composite
def declarations(draw: st.DrawFn) -> tuple[str, str, str]:
    """Number, office and day of a declaration."""
    day = draw(st.dates(date(2018, 1, 1), date(2099, 12, 30)))
    office = draw(text_of(DIGITS, 4))
    number = f"{office}{day.year}1{draw(text_of(DIGITS, 9))}"
    return number, office, day.isoformat()


def outcomes(check: str, value: str) -> list[str]:
    return [problem.message.key for problem in CHECKS[check]("field", value)]


def changed(data: st.DataObject, text: str, alphabet: str, first: int = 0) -> tuple[str, int]:
    """The text with one character of an alphabet changed, and the place of it."""
    place = data.draw(st.integers(first, len(text) - 1))
    wrong = data.draw(st.sampled_from([c for c in alphabet if c != text[place]]))
    return text[:place] + wrong + text[place + 1 :], place


@given(usccs(), st.data())
def test_every_wrong_character_of_a_credit_code_is_caught(code: str, data: st.DataObject) -> None:
    assert is_uscc(code)
    assert outcomes("uscc", code) == []
    assert uscc.calc_check_digit(code[:-1]) == code[-1]
    wrong, _ = changed(data, code, USCC_ALPHABET)
    assert not is_uscc(wrong)


@given(usccs(), st.data())
def test_an_organisation_code_inside_is_checked_too(code: str, data: st.DataObject) -> None:
    """A forger who knows how to compute the last character alone is caught by the inner one."""
    place = data.draw(st.integers(8, 15))
    digit = data.draw(st.sampled_from([c for c in DIGITS if c != code[place]]))
    body = code[:place] + digit + code[place + 1 : -1]
    # Letters count up to 35, so that some pairs are equal modulo 11.
    assume(organisation_check(body[8:16]) != body[16])
    assert not is_uscc(body + uscc_check(body))


@given(containers(), st.data())
def test_a_wrong_digit_of_a_container_is_caught(number: str, data: st.DataObject) -> None:
    assert is_container(number)
    assert outcomes("container", number) == []
    assert iso6346.is_valid(number)
    wrong, place = changed(data, number, DIGITS, first=4)
    last = len(number) - 1
    remainders = {_container_remainder(number[:last]), _container_remainder(wrong[:last])}
    # ISO 6346 writes both 0 and 10 as 0, and says to leave such serial numbers out.
    assert is_container(wrong) is (place != last and remainders == {0, 10})


def _container_remainder(body: str) -> int:
    values = [int(c, 36) + ((int(c, 36) - 1) // 10 if c.isalpha() else 0) for c in body]
    return sum(value * 2**place for place, value in enumerate(values)) % CONTAINER_REMAINDERS


@given(imos(), st.data())
def test_a_wrong_digit_of_a_ship_is_caught(number: str, data: st.DataObject) -> None:
    assert is_imo(number)
    assert outcomes("imo", number) == []
    assert imo.is_valid(number)
    wrong, place = changed(data, number, DIGITS)
    weight = 7 - place if place < len(number) - 1 else 1
    # Even weights and 5 share a factor with 10: the scheme itself cannot see these slips.
    unseen = (int(wrong[place]) - int(number[place])) * weight % 10 == 0
    assert is_imo(wrong) is unseen


@given(gs1_numbers(), st.data())
def test_every_wrong_digit_of_a_gs1_number_is_caught(
    named: tuple[str, str], data: st.DataObject
) -> None:
    check, number = named
    assert outcomes(check, number) == []
    wrong, _ = changed(data, number, DIGITS)
    assert outcomes(check, wrong) == ["field.check-digit"]


@given(declarations(), st.data())
def test_a_declaration_agrees_with_its_office_and_year(
    declared: tuple[str, str, str], data: st.DataObject
) -> None:
    number, office, day = declared
    values = {"number": number, "office": office, "issuedAt": f"{day}T09:00:00+08:00"}

    def keys(changes: dict[str, str]) -> set[str]:
        problems = validate_fields(DocType.CUSTOMS_DECLARATION, {**values, **changes})
        return {p.message.key for p in problems} - {"field.missing"}

    assert keys({}) == set()
    wrong, place = changed(data, number[:9], DIGITS)
    found = keys({"number": wrong + number[9:]})
    if place < 4:
        assert found == {"field.office"}
    elif place < 8:
        assert found & {"field.year", "field.pattern"}
    else:
        assert found & {"field.export", "field.pattern"}


@given(st.dates(date(2019, 1, 1), date(2090, 1, 1)), st.integers(0, 500), st.integers(1, 500))
def test_dates_of_a_report_follow_each_other(start: date, gap: int, back: int) -> None:
    days = [start + timedelta(gap * step) for step in range(4)]
    names = ("sampledAt", "receivedAt", "testedFrom", "testedTo")
    values = {name: day.isoformat() for name, day in zip(names, days, strict=True)}
    values["issuedAt"] = f"{days[-1]}T16:00:00+13:00"

    def keys(changes: dict[str, str]) -> set[str]:
        problems = validate_fields(DocType.LAB_REPORT, {**values, **changes})
        return {p.message.key for p in problems} - {"field.missing"}

    assert keys({}) == set()
    early = (days[0] - timedelta(back)).isoformat()
    assert keys({"testedTo": early}) == {"field.earlier"}
    late = (days[-1] + timedelta(back + 1)).isoformat()
    assert keys({"testedTo": late}) == {"field.after-issue"}


@given(
    st.lists(st.tuples(st.integers(1, 5000), st.integers(1, 10_000)), min_size=1, max_size=30),
    st.integers(1, 10**6),
)
def test_the_lines_of_an_invoice_add_up_to_the_cent(
    lines: list[tuple[int, int]], cents: int
) -> None:
    rows = [
        {"quantity": q, "unitPrice": price / 100, "amount": q * price / 100} for q, price in lines
    ]
    total = sum(quantity * price for quantity, price in lines)

    def problems(total_cents: int) -> list[tuple[str, str]]:
        values = {"lines": rows, "total": total_cents / 100}
        found = validate_fields(DocType.COMMERCIAL_INVOICE, values)
        return [(p.name, p.message.key) for p in found if p.message.key != "field.missing"]

    assert problems(total) == []
    assert problems(total + cents) == [("total", "field.sum")]


SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30)
JSON = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4)
    ),
    max_leaves=8,
)
NAMES = [*sorted({spec.name for kind in DocType for spec in paper_type(kind).fields}), "number"]


@given(
    st.dictionaries(st.sampled_from(NAMES) | st.text(max_size=8), JSON), st.sampled_from(DocType)
)
def test_anything_that_json_can_hold_is_judged_without_an_error(
    values: dict[str, object], doc_type: DocType
) -> None:
    problems = validate_fields(doc_type, values)
    assert problems  # issuedAt is missing, to begin with
    assert all(problem.message.to_json()["english"] for problem in problems)
