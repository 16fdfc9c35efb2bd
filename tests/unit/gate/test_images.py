import io
import struct
import zlib
from collections.abc import Callable
from typing import Any

import pytest
from gate_bench.bombs import png
from PIL import Image

from tracer.gate.images import check_jpeg, check_png
from tracer.gate.reasons import RefusedError


def refusal(function: Callable[[bytes], object], data: bytes) -> str:
    with pytest.raises(RefusedError) as caught:
        function(data)
    return caught.value.reason.code


def encoded(kind: str, size: tuple[int, int] = (40, 30), **options: Any) -> bytes:
    made = io.BytesIO()
    Image.effect_noise(size, 90).convert("RGB").save(made, kind, **options)
    return made.getvalue()


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


class TestCheckPng:
    def test_it_reads_the_size(self) -> None:
        assert check_png(encoded("PNG")) == (40, 30)

    def test_anything_after_the_end_is_refused(self) -> None:
        assert refusal(check_png, encoded("PNG") + b"\0") == "trailing-data"

    def test_every_cut_is_damage(self) -> None:
        whole = encoded("PNG", (4, 4))
        assert {refusal(check_png, whole[:cut]) for cut in range(8, len(whole))} == {"damaged"}

    def test_a_wrong_checksum_is_damage(self) -> None:
        whole = bytearray(encoded("PNG"))
        whole[-30] ^= 1
        assert refusal(check_png, bytes(whole)) == "damaged"

    def test_an_animation_is_refused(self) -> None:
        whole = encoded("PNG")
        animated = whole[:33] + chunk(b"acTL", bytes(8)) + whole[33:]
        assert refusal(check_png, animated) == "image-animated"

    @pytest.mark.parametrize("size", [(0, 1), (40_000, 2), (7_000, 7_000)])
    def test_sizes_out_of_bounds_are_refused(self, size: tuple[int, int]) -> None:
        assert refusal(check_png, png(*size, pixels=b"")) in {"damaged", "image-too-large"}


class TestCheckJpeg:
    @pytest.mark.parametrize("options", [{}, {"progressive": True}, {"restart_marker_rows": 1}])
    def test_it_reads_the_size(self, options: dict) -> None:
        assert check_jpeg(encoded("JPEG", **options)) == (40, 30)

    def test_anything_after_the_end_is_refused(self) -> None:
        whole = encoded("JPEG")
        assert refusal(check_jpeg, whole + b"\0") == "trailing-data"
        assert refusal(check_jpeg, whole + whole) == "trailing-data"

    def test_every_cut_is_damage(self) -> None:
        whole = encoded("JPEG", (8, 8))
        for cut in range(3, len(whole)):
            assert refusal(check_jpeg, whole[:cut]) == "damaged"

    def test_two_frames_are_refused(self) -> None:
        whole = encoded("JPEG")
        at = whole.index(b"\xff\xc0")
        frame = whole[at : at + 2 + int.from_bytes(whole[at + 2 : at + 4], "big")]
        assert refusal(check_jpeg, whole[:at] + frame + whole[at:]) == "image-animated"
