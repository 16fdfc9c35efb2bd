"""Documents that are compressed once and completed per request."""

import gzip
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tracer_api.shelf.places import make_template
from tracer_api.shelf.splice import (
    STORED_MAX,
    Packed,
    Splicer,
    Template,
    WidthError,
    cut,
    shift_basis,
    shift_tables,
)
from tracer_api.shelf.values import AS_OF, SERIAL

TEXT = b"<p>The tin with the number %s was made in Hamilton.</p>" * 20
LONG = b"0123456789abcdef" * 5_000

pieces = st.one_of(st.binary(max_size=200), st.sampled_from([b"", LONG, TEXT]))
values = st.one_of(st.binary(max_size=200), st.sampled_from([b"", LONG, b"x" * STORED_MAX]))


@st.composite
def filled(draw: st.DrawFn) -> tuple[Template, list[bytes]]:
    """A template with values for its places, of which some are of a known width."""
    given_values = draw(st.lists(values, max_size=4))
    texts = [draw(pieces) for _ in range(len(given_values) + 1)]
    widths = [len(value) if draw(st.booleans()) else None for value in given_values]
    places = [(number,) for number in range(len(given_values))]
    return Template(tuple(texts), tuple(places), tuple(widths)), given_values


def complete(template: Template, given_values: list[bytes]) -> bytes:
    kept = Packed.of(template).to_bytes()
    return Splicer(Packed.from_bytes(kept)).splice(given_values)


@given(filled())
def test_unpacking_gives_the_text_with_its_values(case: tuple[Template, list[bytes]]) -> None:
    template, given_values = case
    assert gzip.decompress(complete(template, given_values)) == template.fill(given_values)


@given(st.binary(max_size=300), st.binary(max_size=300))
def test_a_checksum_of_two_parts_follows_from_theirs(first: bytes, second: bytes) -> None:
    t0, t1, t2, t3 = shift_tables(shift_basis(len(second)))
    crc = zlib.crc32(first)
    shifted = t0[crc & 255] ^ t1[crc >> 8 & 255] ^ t2[crc >> 16 & 255] ^ t3[crc >> 24]
    assert shifted ^ zlib.crc32(second) == zlib.crc32(first + second)


def test_one_document_serves_every_value() -> None:
    template = Template((TEXT, TEXT, b"!"), ((0,), (b"no. ", 0, b" of ", 1)), (None, None))
    splicer = Splicer(Packed.of(template))
    for value in (b"", b"K1", b"K0003F53C", LONG * 2):
        made = splicer.splice([value, b"7"])
        assert gzip.decompress(made) == TEXT + value + TEXT + b"no. " + value + b" of 7!"


def test_text_behind_a_place_of_known_width_refers_back_over_it() -> None:
    """It costs little more than the text alone; behind a place of any width it begins anew."""
    known = Packed.of(Template((TEXT, TEXT), ((0,),), (9,)))
    anew = Packed.of(Template((TEXT, TEXT), ((0,),), (None,)))
    assert len(known.texts[1][0]) < len(anew.texts[1][0]) / 2


def test_a_value_of_another_width_than_its_place_is_refused() -> None:
    splicer = Splicer(Packed.of(Template((TEXT, TEXT), ((0,),), (9,))))
    assert gzip.decompress(splicer.splice([b"K0003F53C"])) == TEXT + b"K0003F53C" + TEXT
    with pytest.raises(WidthError):
        splicer.splice([b"K0003F53"])


def test_whatever_was_kept_of_it_is_no_document_by_chance() -> None:
    with pytest.raises(ValueError, match="not a packed document"):
        Packed.from_bytes(b"\x00\x00")


class TestPlaces:
    def test_a_text_is_cut_where_values_stand(self) -> None:
        texts, places = cut(b"..K1<>....K1.", [(2, 4, 0), (10, 12, 0)], near=2)
        assert texts == (b"..", b"....", b"")
        assert places == ((0, b"<>"), (0, b"."))  # each with two bytes of what follows

    def test_places_that_are_near_each_other_become_one(self) -> None:
        texts, places = cut(b"..K1-7<>..", [(2, 4, 0), (5, 6, 1)], near=2)
        assert (texts, places) == ((b"..", b".."), ((0, b"-", 1, b"<>"),))

    def test_places_cannot_overlap(self) -> None:
        with pytest.raises(ValueError, match="overlap"):
            cut(b"......", [(0, 3, 0), (2, 4, 1)], near=0)

    def test_a_longer_value_is_found_before_one_that_it_holds(self) -> None:
        marks = [(b"[K1,7]", 1), (b"K1", SERIAL)]
        template = make_template(b"K1 stands in [K1,7] and alone", marks, {SERIAL: 2})
        assert template.fill([b"K2", b"[K2,8]"]) == b"K2 stands in [K2,8] and alone"

    def test_the_moment_is_found_only_where_it_is_the_moment(self) -> None:
        text = b'{"asOf":1795000000,"recordedAt":1795000000}'
        template = make_template(text, [(b"1795000000", AS_OF)], {})
        assert template.fill([b""] * AS_OF + [b"1"]) == b'{"asOf":1,"recordedAt":1795000000}'
