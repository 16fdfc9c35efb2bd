"""Digital Links go both ways: as a link, compressed, and as element strings."""

from hypothesis import given, settings
from hypothesis import strategies as st

from tracer.domain.digital_link import LENIENT, STRICT, Element, Gs1Link, parse_link
from tracer.domain.digital_link_compressed import compress_link, decompress, parse_any_link
from tracer.domain.element_strings import arrange, parse_bracketed, parse_scanned
from tracer.domain.gs1_values import check_characters
from tracer.domain.identifiers import CSET82, DigitalLink, check_digit
from tracer.errors import InputError

ROOT = "https://id.example.org"
DIGITS = "0123456789"
NAME = st.text(st.sampled_from("abcxyz-_"), min_size=1, max_size=8)


def text(
    maximum: int, alphabet: str = "".join(sorted(CSET82)), minimum: int = 1
) -> st.SearchStrategy[str]:
    return st.text(st.sampled_from(alphabet), min_size=minimum, max_size=maximum)


def number(digits: int, lead: str = "") -> st.SearchStrategy[str]:
    """Digits whose last one is their check digit."""
    body = st.text(
        st.sampled_from(DIGITS), min_size=digits - 1 - len(lead), max_size=digits - 1 - len(lead)
    )
    return body.map(lambda body: f"{lead}{body}{check_digit(lead + body)}")


DATES = st.dates().map(lambda day: day.strftime("%y%m%d"))
MODELS = text(18).map(lambda rest: f"9520{rest}").map(lambda body: body + check_characters(body))
LEAD = text(26).map("9520".__add__)
KEYS = {
    "00": number(18),
    "01": number(14),
    "253": st.tuples(number(13), text(17, minimum=0)).map("".join),
    "255": st.tuples(number(13), text(12, DIGITS, 0)).map("".join),
    "401": LEAD,
    "402": number(17),
    "414": number(13),
    "417": number(13),
    "8003": st.tuples(number(13).map("0".__add__), text(16, minimum=0)).map("".join),
    "8004": LEAD,
    "8006": number(14).map(lambda gtin: f"{gtin}0203"),
    "8010": text(26, "#-/0123456789ABCXYZ").map("9520".__add__),
    "8013": MODELS,
    "8017": number(18),
    "8018": number(18),
}
QUALIFIERS = {
    "01": {"22": text(20), "10": text(20), "21": text(20)},
    "8006": {"22": text(20), "10": text(20), "21": text(20)},
    "414": {"254": text(20)},
    "8010": {"8011": text(11, DIGITS).map("1".__add__)},
    "8017": {"8019": text(10, DIGITS)},
    "8018": {"8019": text(10, DIGITS)},
}
ATTRIBUTES = {
    "3103": text(6, DIGITS, 6),
    "15": DATES,
    "17": DATES,
    "240": text(30),
    "3922": text(15, DIGITS),
    "7003": DATES.map("{}2359".format),
    "7007": DATES.map(lambda day: day + day),
    "91": text(90),
    "99": text(90),
}


@st.composite
def links(draw: st.DrawFn, keys: tuple[str, ...] = tuple(KEYS)) -> Gs1Link:
    key = draw(st.sampled_from(keys))
    path = [Element(key, draw(KEYS[key]))]
    for code, values in QUALIFIERS.get(key, {}).items():
        if draw(st.booleans()):
            path.append(Element(code, draw(values)))
    chosen = draw(st.lists(st.sampled_from(sorted(ATTRIBUTES)), unique=True, max_size=4))
    attributes = [Element(code, draw(ATTRIBUTES[code])) for code in chosen]
    # As `arrange` puts them: predefined lengths first.
    attributes.sort(key=lambda element: element.code not in {"3103", "15", "17"})
    parameters = tuple(draw(st.lists(st.tuples(NAME, NAME).map("=".join), max_size=3)))
    stem = draw(st.sampled_from((ROOT, "http://x.example:8080/shop", "https://id.gs1.org")))
    return Gs1Link(tuple(path), tuple(attributes), parameters, stem)


@given(links())
def test_a_link_is_read_as_it_was_written(link: Gs1Link) -> None:
    assert parse_link(link.uri()) == link
    assert parse_any_link(f"{link.uri()}#fragment") == link


@given(links(("01",)))
def test_a_tin_is_what_the_narrow_reader_takes_it_for(link: Gs1Link) -> None:
    tin = DigitalLink.parse(link.uri())
    assert tin.gtin.value == link.value("01")
    assert (tin.lot and tin.lot.value) == link.value("10")
    assert (tin.serial and tin.serial.value) == link.value("21")
    assert tin.expiry == dict(link.attributes).get("17")


@given(links(), st.booleans())
def test_a_compressed_link_is_read_as_it_was_written(link: Gs1Link, keep_key: bool) -> None:
    packed = compress_link(link, keep_key=keep_key)
    again = parse_any_link(packed, STRICT)
    assert (again.path_elements, again.parameters, again.stem) == (
        link.path_elements,
        link.parameters,
        link.stem,
    )
    assert sorted(again.attributes) == sorted(link.attributes)


@given(links())
def test_an_element_string_holds_every_element(link: Gs1Link) -> None:
    elements = (*link.path_elements, *link.attributes)
    assert parse_scanned(link.element_string()) == elements
    printed = "".join(f"({code}){value.replace('(', chr(92) + '(')}" for code, value in elements)
    if "\\" not in link.element_string():
        assert parse_bracketed(printed) == elements


@given(links(), st.randoms(use_true_random=False))
def test_elements_in_any_order_give_the_same_link(link: Gs1Link, random: "st.Random") -> None:  # type: ignore[name-defined]
    rest = [*link.path_elements[1:], *link.attributes]
    random.shuffle(rest)
    again = arrange((link.key, *rest), link.stem)
    assert again.path_elements == link.path_elements
    assert sorted(again.attributes) == sorted(link.attributes)


@settings(max_examples=300)
@given(
    st.text(max_size=120)
    | st.text(st.sampled_from("/01?&=%.AZaz-_9"), max_size=60).map(f"{ROOT}/".__add__)
)
def test_any_text_gives_a_link_or_an_input_error(text: str) -> None:
    for rules in (STRICT, LENIENT):
        try:
            link = parse_any_link(text, rules)
        except InputError:
            continue
        assert parse_link(link.uri()) == link


@settings(max_examples=300)
@given(
    st.text(
        st.sampled_from("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"),
        max_size=60,
    )
)
def test_any_segment_gives_elements_or_an_input_error(segment: str) -> None:
    try:
        elements, parameters = decompress(segment)
    except InputError:
        return
    assert all(code.isdigit() for code, _ in elements)
    assert all("=" in parameter for parameter in parameters)
