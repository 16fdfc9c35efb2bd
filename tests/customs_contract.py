"""What every way to a customs system promises (`tracer.operations.customs_adapter`).

A suite for a new adapter subclasses `AdapterContract` and gives it a `side`: the customs system's
end of that way.
"""

from typing import Protocol

import pytest

from tracer.errors import TransientError
from tracer.operations.customs_adapter import (
    MAX_STATEMENT_BYTES,
    ClearanceRequest,
    CustomsAdapter,
    Settlement,
)

REQUEST = ClearanceRequest(
    chain_id=31337,
    contract=bytes(range(20)),
    batch_id=bytes(range(32)),
    gtin="09520010001015",
    lot="A26B11K1",
    declaration="224820261000300451",
    commitment=bytes(range(32, 64)),
    declared_at_unix=1_790_000_000,
    arrived_at_unix=None,
)
A, B = b'{"a": 1}', b'{"b": 2}'


class CustomsSide(Protocol):
    """The customs system's end."""

    def adapter(self) -> CustomsAdapter:
        """A new adapter, as after a crash; what earlier ones kept on the disk is there."""

    def put(self, name: str, data: bytes) -> None:
        """Offer a statement, in place of one of the same name."""

    def withdraw(self, name: str) -> None:
        """Offer it no more."""

    def requests(self) -> dict[str, bytes]:
        """What was asked of it, by name."""

    def outcomes(self, name: str) -> list[tuple[str, str]]:
        """How a statement was settled, each with the reason."""

    def vanish(self) -> None:
        """Be out of reach from now on."""


class AdapterContract:
    """Every adapter passes these."""

    @pytest.fixture
    def side(self) -> CustomsSide:
        raise NotImplementedError

    def test_nothing_waits_at_first(self, side: CustomsSide) -> None:
        assert side.adapter().waiting() == []

    def test_what_waits_is_listed_by_name_and_fetched_whole(self, side: CustomsSide) -> None:
        side.put("b.json", B)
        side.put("a.json", A)
        adapter = side.adapter()
        assert adapter.waiting() == ["a.json", "b.json"]
        assert (adapter.fetch("a.json"), adapter.fetch("b.json")) == (A, B)

    def test_it_waits_until_it_is_settled(self, side: CustomsSide) -> None:
        side.put("a.json", A)
        side.adapter().waiting()
        assert side.adapter().fetch("a.json") == A
        assert side.adapter().waiting() == ["a.json"]

    @pytest.mark.parametrize("settlement", Settlement)
    def test_settled_once_it_is_listed_no_more(
        self, side: CustomsSide, settlement: Settlement
    ) -> None:
        side.put("a.json", A)
        side.put("b.json", B)
        adapter = side.adapter()
        assert adapter.waiting() == ["a.json", "b.json"]
        adapter.settle("a.json", A, settlement, "why")
        assert adapter.waiting() == ["b.json"]
        assert side.adapter().waiting() == ["b.json"]
        assert side.outcomes("a.json") == [(settlement.value, "why")]

    def test_it_may_be_settled_again_by_whoever_comes_after_a_crash(
        self, side: CustomsSide
    ) -> None:
        side.put("a.json", A)
        for _ in range(3):
            side.adapter().settle("a.json", A, Settlement.ACCEPTED, "")
        assert side.adapter().waiting() == []
        assert side.outcomes("a.json") == [("accepted", "")]

    def test_another_statement_under_a_settled_name_waits(self, side: CustomsSide) -> None:
        side.put("a.json", A)
        side.adapter().settle("a.json", A, Settlement.ACCEPTED, "")
        side.put("a.json", B)
        adapter = side.adapter()
        assert adapter.waiting() == ["a.json"]
        assert adapter.fetch("a.json") == B

    def test_a_statement_replaced_after_it_was_fetched_waits(self, side: CustomsSide) -> None:
        side.put("a.json", A)
        adapter = side.adapter()
        data = adapter.fetch("a.json")
        assert data == A
        side.put("a.json", B)
        adapter.settle("a.json", data, Settlement.ACCEPTED, "")
        assert side.adapter().waiting() == ["a.json"]

    def test_one_that_has_gone_is_none(self, side: CustomsSide) -> None:
        side.put("a.json", A)
        adapter = side.adapter()
        adapter.waiting()
        side.withdraw("a.json")
        assert adapter.fetch("a.json") is None
        assert adapter.fetch("never.json") is None

    def test_one_that_is_too_long_shows_it_and_can_be_settled(self, side: CustomsSide) -> None:
        side.put("a.json", b"x" * (MAX_STATEMENT_BYTES + 500))
        adapter = side.adapter()
        assert adapter.waiting() == ["a.json"]
        data = adapter.fetch("a.json")
        assert data is not None
        assert len(data) == MAX_STATEMENT_BYTES + 1
        adapter.settle("a.json", data, Settlement.REJECTED, "too long")
        assert side.adapter().waiting() == []

    def test_a_request_made_again_is_the_same_request(self, side: CustomsSide) -> None:
        side.adapter().request(REQUEST)
        side.adapter().request(REQUEST)
        assert side.requests() == {REQUEST.name: REQUEST.text.encode()}

    def test_out_of_reach_is_an_error_and_never_an_empty_list(self, side: CustomsSide) -> None:
        side.put("a.json", A)
        adapter = side.adapter()
        adapter.waiting()
        side.vanish()
        for ask in (
            adapter.waiting,
            lambda: adapter.request(REQUEST),
            lambda: side.adapter().waiting(),
        ):
            with pytest.raises(TransientError) as caught:
                ask()
            assert caught.value.hint
