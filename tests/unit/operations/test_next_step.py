"""What the outbox decides from attempts, receipts and nonces; the order of the questions counts."""

import pytest

from tracer.chain.sender import Receipt
from tracer.operations.outbox import Step, build_intent_id, next_step
from tracer.store.workspace import SignedRow


def attempt(tx_hash: str, nonce: int) -> SignedRow:
    return SignedRow(tx_hash, "id", "chain", "0xsender", nonce, 1, 1, 1, b"")


def receipt(tx_hash: str, *, succeeded: bool = True) -> Receipt:
    return Receipt(tx_hash, 9, "0xblock", succeeded, 1, 1, None)


FIRST, SECOND = attempt("0x1", 5), attempt("0x2", 6)


@pytest.mark.parametrize(
    ("attempts", "receipts", "nonces", "finals", "expected"),
    [
        pytest.param([], [], [], [], (Step.SIGN, None), id="nothing signed yet"),
        pytest.param([FIRST], [None], [5], [5], (Step.PUSH, "0x1"), id="not in a block"),
        pytest.param([FIRST], [None], [3], [3], (Step.PUSH, "0x1"), id="behind a gap"),
        pytest.param([FIRST], [receipt("0x1")], [6], [6], (Step.DONE, "0x1"), id="in a block"),
        pytest.param(
            [FIRST], [receipt("0x1")], [6], [5], (Step.DONE, "0x1"), id="in a block, not final"
        ),
        pytest.param(
            [FIRST], [None], [6], [5], (Step.WAIT, "0x1"), id="nonce went elsewhere, not final"
        ),
        pytest.param(
            [FIRST], [None], [6], [6], (Step.BURY, "0x1"), id="nonce went elsewhere for good"
        ),
        pytest.param(
            [FIRST],
            [receipt("0x1", succeeded=False)],
            [6],
            [5],
            (Step.WAIT, "0x1"),
            id="reverted, not final: a reorganisation could still let it succeed",
        ),
        pytest.param(
            [FIRST],
            [receipt("0x1", succeeded=False)],
            [6],
            [6],
            (Step.BURY, "0x1"),
            id="reverted for good",
        ),
        pytest.param(
            [SECOND, FIRST],
            [None, receipt("0x1")],
            [6, 6],
            [6, 6],
            (Step.DONE, "0x1"),
            id="an older attempt made it",
        ),
        pytest.param(
            [SECOND, FIRST],
            [None, None],
            [6, 6],
            [6, 6],
            (Step.BURY, "0x1"),
            id="the dead go first, then the living are pushed",
        ),
        pytest.param(
            [attempt("0x3", 5), FIRST],
            [None, receipt("0x1")],
            [6, 6],
            [6, 6],
            (Step.DONE, "0x1"),
            id="the replaced one was mined, not its replacement",
        ),
    ],
)
def test_next_step(
    attempts: list[SignedRow],
    receipts: list[Receipt | None],
    nonces: list[int],
    finals: list[int],
    expected: tuple[Step, str | None],
) -> None:
    step, chosen, _ = next_step(attempts, receipts, nonces, finals)
    assert (step, chosen and chosen.tx_hash) == expected


class TestIntentId:
    def test_is_the_same_for_the_same_thing(self) -> None:
        assert build_intent_id("c", "0xAB", "gln", b"x") == build_intent_id(
            "c", "0xab", "gln", b"x"
        )

    @pytest.mark.parametrize(
        "other",
        [
            ("d", "0xab", "gln", b"x", ""),
            ("c", "0xac", "gln", b"x", ""),
            ("c", "0xab", "gln2", b"x", ""),
            ("c", "0xab", "gln", b"y", ""),
            ("c", "0xab", "gln", b"x", "1"),
        ],
    )
    def test_differs_for_anything_else(self, other: tuple[str, str, str, bytes, str]) -> None:
        assert build_intent_id(*other) != build_intent_id("c", "0xab", "gln", b"x")
