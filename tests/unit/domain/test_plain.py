"""Values of the domain become plain JSON values."""

from dataclasses import dataclass
from decimal import Decimal

import pytest

from tracer.domain.cards import VerdictCode
from tracer.domain.kinds import Kind
from tracer.domain.plain import to_plain


@dataclass
class Row:
    block_number: int
    recorded_at_unix: int
    digest: bytes


def test_names_and_values() -> None:
    assert to_plain(Row(1, 2, b"\xab")) == {"blockNumber": 1, "recordedAt": 2, "digest": "ab"}
    assert to_plain({"a": (Decimal("1.20"), None, True, 0.5)}) == {"a": ["1.20", None, True, 0.5]}
    assert to_plain(VerdictCode.OK) == "OK"
    assert type(to_plain(VerdictCode.OK)) is str
    assert to_plain(Kind.SALE) == 0x82
    assert to_plain(frozenset({1})) == [1]


@pytest.mark.parametrize("value", [object(), Row, lambda: None])
def test_what_has_no_form_is_refused(value: object) -> None:
    with pytest.raises(TypeError, match="no JSON form"):
        to_plain(value)
