"""Compressed Digital Links."""

import time

import pytest

from tracer.domain.digital_link import STRICT, Element, parse_link
from tracer.domain.digital_link_compressed import (
    MAX_COMPRESSED,
    MAX_NAME,
    compress,
    compress_link,
    decompress,
    parse_any_link,
)
from tracer.errors import InputError, InvalidDigitalLinkError

ROOT = "https://id.gs1.org"
GTIN = "09520010001015"

# Pairs that other implementations of the same algorithm agree on, without sequences of AIs.
KNOWN = {
    "00/998440410914660971": "AN2yxDhfaiaw",
    "01/05412345000013": "AQnYUc1gmg",
    "01/05412345000013/10/ABC123": "AQnYUc1gmiCNV4JG",
    "01/05412345000013/10/ABC123/21/72292641703": "AQnYUc1gmiCNV4JGQhcNT6K6c",
    "01/05412345000013/22/AJY3095721P49/10/ABC123": "AQnYUc1gmiCNV4JGRNoBLG-nvPe2p_Ho",
    "01/05412345000013/235/8TFV883a904GH%263": "AQnYUc1gmkax7ipGrOHDPC5YNI8hMz",
    "8017/817019610850151481/8019/4003812": "gBe1ajAd9ATDmAGXPRfk",
    "8010/0541234537290A41%23GH33/8011/6639047221": "gBCVYNWjFkzaNWbdk5YQWjFHHkM2cAI0xdvpGo",
}


@pytest.mark.parametrize(("path", "segment"), KNOWN.items(), ids=KNOWN.values())
def test_known_pairs(path: str, segment: str) -> None:
    link = parse_link(f"{ROOT}/{path}")
    assert compress((*link.path_elements, *link.attributes), sequences=False) == segment
    assert parse_any_link(f"{ROOT}/{segment}") == link


def test_sequences_make_it_shorter() -> None:
    link = parse_link(f"{ROOT}/01/{GTIN}/10/A26B11K1/21/K7?17=280210")
    elements = (*link.path_elements, *link.attributes)
    short, long = compress(elements), compress(elements, sequences=False)
    assert len(short) < len(long)
    assert parse_any_link(f"{ROOT}/{short}") == parse_any_link(f"{ROOT}/{long}") == link


def test_key_may_stay_readable() -> None:
    link = parse_link(f"{ROOT}/01/{GTIN}/10/A26B11K1/21/K7?17=280210&lang=zh")
    text = compress_link(link, keep_key=True)
    assert text.startswith(f"{ROOT}/01/{GTIN}/")
    assert text.endswith("?lang=zh")
    assert parse_any_link(text) == link
    bare = parse_link(f"{ROOT}/01/{GTIN}")
    assert compress_link(bare, keep_key=True) == bare.uri()


def test_other_parts_of_the_query_can_go_in() -> None:
    elements = (Element("01", GTIN),)
    segment = compress(elements, ("lang=zh-CN", "x=a%20b%2F%7Eé".replace("é", "c")))
    assert decompress(segment) == ([*elements], ["lang=zh-CN", "x=a%20b%2F~c"])
    link = parse_any_link(f"{ROOT}/shop/{segment}?y=1")
    assert link.parameters == ("lang=zh-CN", "x=a%20b%2F~c", "y=1")
    assert link.stem == f"{ROOT}/shop"


@pytest.mark.parametrize("parameter", ["sp ace=1", "=1", "x=%C3%A9", f"x={'1' * (MAX_NAME + 1)}"])
def test_some_parts_of_a_query_cannot(parameter: str) -> None:
    with pytest.raises(InvalidDigitalLinkError, match="cannot be compressed"):
        compress((Element("01", GTIN),), (parameter,))


def test_attributes_of_the_query_join_those_inside() -> None:
    segment = compress((Element("01", GTIN), Element("17", "280210")))
    link = parse_any_link(f"{ROOT}/{segment}?15=280210")
    assert link.attributes == (Element("17", "280210"), Element("15", "280210"))
    with pytest.raises(InvalidDigitalLinkError, match="AI 17 stands twice"):
        parse_any_link(f"{ROOT}/{segment}?17=280210")


def test_slash_at_the_end() -> None:
    assert parse_any_link(f"{ROOT}/AQnYUc1gmg/").uri() == f"{ROOT}/01/05412345000013"
    with pytest.raises(InvalidDigitalLinkError):
        parse_any_link(f"{ROOT}/AQnYUc1gmg/", STRICT)


@pytest.mark.parametrize(
    "path",
    [
        "AQnYUc1gm",  # a character short
        "AQnYUc1gmgA",  # a character long
        "AQnYUc1gmh",  # a bit behind the end
        "AQnYUc1gmw",  # check digit 4 in place of 3: the number's last bits
        "AQ__________",  # a number of 15 digits
        "Bv8AAAAAAA",  # 06 is no AI
        "_wAAAAAAAA",  # a name of 120 characters that are not there
        "index.html",
        "robots",
        "favicon.ico",
        "administrator",
        f"01/{GTIN}/foo",
        f"01/{GTIN}/10/L/AQnYUc1gmg",
        f"01/{GTIN}/AQnYUc1gmg",  # two keys
        "A" * (MAX_COMPRESSED + 1),
    ],
)
def test_what_is_no_compressed_link(path: str) -> None:
    with pytest.raises(InputError):
        parse_any_link(f"{ROOT}/{path}")


def test_values_inside_are_judged() -> None:
    bad = compress((Element("01", "09520010001016"),))
    with pytest.raises(InvalidDigitalLinkError, match="'check'"):
        parse_any_link(f"{ROOT}/{bad}")


def test_the_longest_segment_takes_no_time() -> None:
    start = time.perf_counter()
    for letter in ("A", "_", "-", "9"):
        with pytest.raises(InputError):
            parse_any_link(f"{ROOT}/{letter * MAX_COMPRESSED}")
    assert time.perf_counter() - start < 1
