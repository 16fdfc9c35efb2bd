"""Documents all of whose places keep their widths."""

import gzip
import zlib

import brotli
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from tracer_api.shelf.blanks import ONE, Blank, fill_once, make_filler, multiply, power
from tracer_api.shelf.splice import Packed, Template, WidthError
from tracer_api.shelf.streams import PackedStream
from tracer_api.shelf.values import AS_OF, BLOCK_NUMBER, SERIAL, TIN

TEXT = b"<p>The tin with the number K1 was made in Hamilton.</p>" * 20
MOMENT = (b"17", b"ab" * 32, b"1795000000", b"2026-11-28 06:43 UTC", b"1795000012")

texts = st.binary(max_size=60) | st.just(TEXT)
ends = st.binary(min_size=2, max_size=4)
numbers = st.sampled_from([SERIAL, TIN, BLOCK_NUMBER, AS_OF])


@st.composite
def filled(draw: st.DrawFn) -> tuple[Template, tuple[bytes, ...]]:
    """A template whose places hold one value each, of a known width, and values for it."""
    tin = (draw(st.binary(max_size=30)), draw(st.binary(max_size=300)), b"")
    values = (*tin, *MOMENT)
    places = [(number, draw(ends)) for number in draw(st.lists(numbers, max_size=6))]
    widths = [len(values[number]) + len(end) for number, end in places]
    pieces = [draw(texts) for _ in range(len(places) + 1)]
    return Template(tuple(pieces), tuple(places), tuple(widths)), values


@given(filled())
def test_unpacking_gives_the_text_with_its_values(case: tuple[Template, tuple[bytes, ...]]) -> None:
    template, values = case
    packed = Packed.of(template)
    assert isinstance(make_filler(packed), Blank)
    assert gzip.decompress(fill_once(packed, values)) == template.fill(values)


@given(filled())
def test_in_brotli_too(case: tuple[Template, tuple[bytes, ...]]) -> None:
    template, values = case
    packed = PackedStream.of(template)
    assume(packed is not None)
    assert packed is not None
    assert brotli.decompress(fill_once(packed, values)) == template.fill(values)


def test_one_document_serves_every_tin_and_every_moment() -> None:
    places = ((SERIAL, b"</"), (BLOCK_NUMBER, b" at ", AS_OF), (SERIAL, b"; ", SERIAL, b"."))
    template = Template((TEXT, TEXT, TEXT, b"!"), places, (11, 16, 21))
    filler = make_filler(Packed.of(template))
    for moment in (MOMENT, (b"18", *MOMENT[1:4], b"1795000024")):
        for serial in (b"K0003F53C", b"K0003F53D"):
            got = gzip.decompress(filler.fill((serial, b"", b""), moment))
            assert got == template.fill((serial, b"", b"", *moment))


@pytest.mark.parametrize(
    ("tin", "moment"),
    [((b"K0003F53", b"", b""), MOMENT), ((b"K0003F53C", b"", b""), (b"100", *MOMENT[1:]))],
    ids=["of the tin", "of the moment"],
)
def test_a_value_of_another_width_is_refused_and_does_no_harm(
    tin: tuple[bytes, ...], moment: tuple[bytes, ...]
) -> None:
    template = Template((TEXT, TEXT, TEXT), ((SERIAL,), (BLOCK_NUMBER,)), (9, 2))
    filler = make_filler(Packed.of(template))
    right = filler.fill((b"K0003F53C", b"", b""), MOMENT)
    with pytest.raises(WidthError):
        filler.fill(tin, moment)
    assert filler.fill((b"K0003F53C", b"", b""), MOMENT) == right


@pytest.mark.parametrize(
    ("place", "width"),
    [
        ((SERIAL,), None),
        ((SERIAL, b" ", BLOCK_NUMBER), 12),
        ((SERIAL, TIN), 30),
        ((SERIAL,), 5_000),
    ],
    ids=["any width", "tin and moment", "two values", "a wide one"],
)
def test_what_cannot_be_laid_out_is_spliced(
    place: tuple[bytes | int, ...], width: int | None
) -> None:
    value = b"K" * 4_978 if width == 5_000 else b"K0003F53C"
    values = (value + b"." * (22 if width == 5_000 else 0), b"x" * 21, b"", *MOMENT)
    packed = Packed.of(Template((TEXT, TEXT), (place,), (width,)))
    assert not isinstance(make_filler(packed), Blank)
    assert (
        gzip.decompress(fill_once(packed, values))
        == TEXT
        + b"".join(part if isinstance(part, bytes) else values[part] for part in place)
        + TEXT
    )


@given(st.binary(max_size=300), st.binary(max_size=300))
def test_a_shift_of_a_checksum_is_a_multiplication(first: bytes, second: bytes) -> None:
    shifted = multiply(power(len(second)), zlib.crc32(first))
    assert shifted ^ zlib.crc32(second) == zlib.crc32(first + second)


@given(*[st.integers(0, 2**32 - 1)] * 3)
def test_multiplication_is_that_of_a_field(first: int, second: int, third: int) -> None:
    assert multiply(first, second) == multiply(second, first)
    assert multiply(first, ONE) == first
    assert multiply(first, second ^ third) == multiply(first, second) ^ multiply(first, third)


@given(st.integers(0, 2_000), st.integers(0, 2_000))
def test_shifts_one_after_the_other_are_one(first: int, second: int) -> None:
    assert multiply(power(first), power(second)) == power(first + second)
