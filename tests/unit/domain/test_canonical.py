"""RFC 8785 text and digests."""

import hashlib
from decimal import Decimal
from typing import Any

import pytest

from tracer.domain.canonical import canonical_text, digest_text
from tracer.errors import InputError


class TestCanonicalText:
    def test_example_of_the_rfc(self) -> None:
        value = {
            "numbers": [333333333.33333329, 1e30, 4.50, 2e-3, 0.000000000000000000000000001],
            "string": '€$\u000f\nA\'B"\\\\"/',
            "literals": [None, True, False],
        }
        assert canonical_text(value) == (
            '{"literals":[null,true,false],'
            '"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],'
            '"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}'
        )

    def test_keys_stand_in_utf_16_order(self) -> None:
        assert canonical_text({"\ufb33": 1, "😀": 2, "€": 3}) == '{"€":3,"😀":2,"\ufb33":1}'

    @pytest.mark.parametrize(
        "value",
        [float("nan"), float("inf"), 2**53, -(2**53), "\ud800", {"\ud800": 1}, {1: 2}, b"", {1, 2}],
    )
    def test_what_json_cannot_hold_is_refused(self, value: Any) -> None:
        with pytest.raises(InputError, match="cannot be written as canonical JSON"):
            canonical_text([value])

    def test_decimal_numbers_are_refused_rather_than_rounded(self) -> None:
        with pytest.raises(InputError):
            canonical_text(Decimal("0.1"))

    def test_endless_nesting_is_refused(self) -> None:
        value: list[Any] = []
        for _ in range(100_000):
            value = [value]
        with pytest.raises(InputError):
            canonical_text(value)


class TestDigests:
    def test_are_sha_256_of_the_utf_8_text(self) -> None:
        assert digest_text("é") == hashlib.sha256(b"\xc3\xa9").digest()

    def test_a_lone_surrogate_has_none(self) -> None:
        with pytest.raises(InputError, match="not Unicode"):
            digest_text("\ud800")
