"""Documents in Brotli, completed per request."""

import brotli
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from tracer_api.shelf.places import make_template
from tracer_api.shelf.splice import Template, WidthError
from tracer_api.shelf.streams import MAX_TAIL_BYTES, PackedStream

TEXT = "<p>罐号 The tin with its number was filled in Hamilton, New Zealand.</p>".encode() * 9

serials = st.text("K0123456789ABCDEF", min_size=9, max_size=9).map(str.encode)
texts = st.binary(max_size=99) | st.text(max_size=99).map(str.encode) | st.just(TEXT)


def made(parts: list[bytes], serial: bytes, width: int | None) -> Template:
    """A template of texts with the serial between them."""
    text = serial.join(parts)
    return make_template(text, [(serial, 0)], {} if width is None else {0: width})


def complete(template: Template, serial: bytes) -> bytes:
    packed = PackedStream.of(template)
    assert packed is not None
    stream = PackedStream.from_bytes(packed.to_bytes()).splice([serial])
    return bytes(brotli.decompress(stream))


@settings(deadline=None)
@given(st.lists(texts, min_size=1, max_size=4), serials)
def test_unpacking_gives_the_text_with_its_values(parts: list[bytes], serial: bytes) -> None:
    template = made(parts, b"Q7W9X2K4M", 9)
    assume(PackedStream.of(template))  # texts that hold every byte leave none for a place
    assert complete(template, serial) == template.fill([serial])


def test_one_document_serves_every_tin() -> None:
    template = made([TEXT, TEXT + b"\xe7\xbd\x90", TEXT], b"K0003F53C", 9)
    packed = PackedStream.of(template)
    assert packed is not None
    for serial in (b"K0003F53C", b"KFFF4FFC5", b"\x01\x02\x03\x04\xff\xfe\xfd\xfc\xfb"):
        assert brotli.decompress(packed.splice([serial])) == template.fill([serial])
    assert len(packed.splice([b"K0003F53C"])) < 2 * len(brotli.compress(TEXT))  # of three times it


def test_what_follows_a_place_of_any_width_goes_as_it_is() -> None:
    template = made([TEXT, TEXT[:200], b"end"], b"K0003F53C", None)
    for serial in (b"", b"K1", b"K" * 300):
        assert complete(template, serial) == template.fill([serial])


def test_a_long_text_behind_a_place_of_any_width_is_not_worth_it() -> None:
    long = bytes(MAX_TAIL_BYTES + 10)
    assert PackedStream.of(made([TEXT, long], b"K0003F53C", None)) is None


def test_a_value_of_another_width_than_its_place_is_refused() -> None:
    packed = PackedStream.of(made([TEXT, TEXT], b"K0003F53C", 9))
    assert packed is not None
    with pytest.raises(WidthError):
        packed.splice([b"K1"])
