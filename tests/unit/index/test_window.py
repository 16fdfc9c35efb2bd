import pytest

from tracer.domain.blocks import BlockRef
from tracer.errors import ReorgBeyondFinalityError
from tracer.index.checkpoint import Checkpoint, Position
from tracer.index.span import Span
from tracer.index.window import Extend, Rewind, View, Wait, find_ancestor, next_step


def block(number: int, fork: int = 0) -> BlockRef:
    return BlockRef(number, bytes([fork]) * 32, 1_790_000_000 + number)


def standing_at(number: int, final: int = 0) -> Checkpoint:
    return Checkpoint(Position(block(number), 1), final, block(final).block_hash)


class TestNextStep:
    def test_at_the_head_it_waits(self) -> None:
        assert next_step(standing_at(9), View(block(9), block(9))) == Wait(is_node_behind=False)

    @pytest.mark.parametrize("head", [10, 14, 99])
    def test_it_extends_to_a_higher_head(self, head: int) -> None:
        assert next_step(standing_at(9), View(block(head), block(9))) == Extend()

    def test_another_hash_at_its_own_block_rewinds(self) -> None:
        for head in (9, 20):
            assert next_step(standing_at(9), View(block(head, 1), block(9, 1))) == Rewind()

    def test_a_lower_node_is_waited_for_whatever_it_shows(self) -> None:
        assert next_step(standing_at(9), View(block(4, 1), None)) == Wait(is_node_behind=True)
        assert next_step(standing_at(9), View(block(4), block(9))) == Wait(is_node_behind=True)


class TestFindAncestor:
    def test_it_is_the_newest_block_that_still_stands(self) -> None:
        stored = [block(9), block(7), block(3)]
        shown = [block(9, 1), block(7), block(3)]
        assert find_ancestor(standing_at(9), stored, shown) == block(7)

    def test_it_may_lie_further_back(self) -> None:
        assert find_ancestor(standing_at(9), [block(9)], [block(9, 1)]) is None

    def test_a_block_that_the_node_lacks_proves_nothing(self) -> None:
        assert find_ancestor(standing_at(9, final=9), [block(9)], [None]) is None

    def test_a_final_block_is_never_given_up(self) -> None:
        checkpoint = standing_at(9, final=7)
        with pytest.raises(ReorgBeyondFinalityError, match="block 7") as caught:
            find_ancestor(checkpoint, [block(8), block(7)], [block(8, 1), block(7, 1)])
        assert caught.value.hint


class TestSpan:
    def test_it_grows_while_answers_are_small(self) -> None:
        span = Span(10)
        span.answered(1000, 10)
        assert span.blocks == 20

    def test_it_shrinks_when_they_are_large(self) -> None:
        span = Span(100)
        span.answered(100 * Span.TARGET_BYTES, 100)
        assert span.blocks == 25

    def test_the_end_of_the_chain_says_nothing(self) -> None:
        span = Span(100)
        span.answered(0, 3)
        assert span.blocks == 100

    def test_it_finds_a_nodes_limit_and_stays_below(self) -> None:
        span, limit, refusals = Span(1000), 70, 0
        for _ in range(40):
            if span.blocks > limit:
                assert span.refused(span.blocks, is_limit=True)
                refusals += 1
            else:
                span.answered(10, span.blocks)
        assert limit // 2 < span.blocks <= limit
        assert refusals <= 6

    def test_it_tries_more_again_after_many_answers(self) -> None:
        span = Span(64)
        span.refused(64, is_limit=True)
        for _ in range(Span.PATIENCE):
            span.answered(10, span.blocks)
        assert span.blocks == 64

    def test_one_block_cannot_be_halved(self) -> None:
        span = Span(1)
        assert not span.refused(1, is_limit=True)
        assert span.blocks == 1

    def test_a_passing_fault_sets_no_limit(self) -> None:
        span = Span(64)
        span.refused(64, is_limit=False)
        span.answered(10, span.blocks)
        span.answered(10, span.blocks)
        assert span.blocks == 128
