import base64
import random
import zlib

import pytest
from gate_bench.bombs import zeros
from gate_bench.pdf_writer import FREE, one_page, stream, write_pdf

from tracer.gate.inflate import Budget, check_streams, decode85
from tracer.gate.limits import MAX_INFLATED_BYTES, MIB
from tracer.gate.reasons import RefusedError

SEED = 20260701


def with_content(body: bytes) -> bytes:
    return write_pdf(one_page() | {FREE: stream(body)})


def is_refused(data: bytes) -> bool:
    try:
        check_streams(data)
    except RefusedError as refused:
        return refused.reason.code == "inflates"
    return False


class TestCheckStreams:
    def test_just_below_the_budget_passes(self) -> None:
        assert not is_refused(with_content(zeros(MAX_INFLATED_BYTES)))

    def test_beyond_the_budget_is_refused(self) -> None:
        assert is_refused(with_content(zeros(MAX_INFLATED_BYTES + 16 * MIB)))

    def test_the_budget_is_for_all_streams_together(self) -> None:
        one = stream(zeros(48 * MIB))
        assert not is_refused(write_pdf(one_page() | {FREE: one}))
        assert is_refused(write_pdf(one_page() | {FREE: one, 6: one}))

    def test_a_compression_within_a_compression_counts(self) -> None:
        assert is_refused(with_content(zlib.compress(zeros(128 * MIB))))

    def test_a_printable_coding_around_it_counts(self) -> None:
        assert is_refused(with_content(base64.a85encode(zeros(128 * MIB)) + b"~>"))
        spaced = base64.a85encode(zeros(128 * MIB), wrapcol=70) + b"\n~>"
        assert is_refused(with_content(spaced))

    def test_the_word_that_closes_a_stream_opens_none(self) -> None:
        bomb = zeros(128 * MIB)
        assert not is_refused(b"endstream\n" + bomb)
        for end in (b"\n", b"\r\n", b"\r"):
            assert is_refused(b"stream" + end + bomb)

    def test_damaged_and_empty_streams_are_left_to_the_parser(self) -> None:
        for body in (b"", b"x", b"\x78", b"\x78\x9c", b"\x78\x9c" + b"\xff" * 100, b"z" * 40):
            assert not is_refused(with_content(body))


class TestDecode85:
    def test_it_agrees_with_the_library(self) -> None:
        print("seed", SEED)
        draw = random.Random(SEED)
        for size in [*range(40), 65_536, 262_144, 300_001]:
            plain = draw.randbytes(size // 2) + bytes(size - size // 2)
            coded = base64.a85encode(plain, wrapcol=draw.choice([0, 1, 70])) + b"~>"
            assert b"".join(decode85(memoryview(coded))) == plain


def test_a_budget_ends_with_what_is_read_too() -> None:
    budget = Budget(10)
    with pytest.raises(RefusedError):
        budget.spend(read=10**6)
