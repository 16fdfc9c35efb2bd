from collections.abc import Callable

import pytest
from tracer_api.limits import AHEAD_SECONDS, STALE_SECONDS
from tracer_api.routes.health import EMPTY, UNREACHABLE, build_metrics, build_ready

from tracer.domain.blocks import BlockRef
from tracer.store.state import MirrorCursor

NOW_UNIX = 1_795_000_000


@pytest.fixture
def cursor() -> Callable[..., MirrorCursor]:
    def build(age_s: int, chain_id: int = 1) -> MirrorCursor:
        block = BlockRef(7, bytes(32), NOW_UNIX - age_s)
        return MirrorCursor(chain_id, bytes(32), bytes(20), bytes(32), 1, block, 9, 7, bytes(32))

    return build


class TestReady:
    @pytest.mark.parametrize(
        ("age_s", "status", "reason"),
        [
            (0, "ready", "is 0 s old"),
            (STALE_SECONDS, "ready", f"is {STALE_SECONDS} s old"),
            (STALE_SECONDS + 1, "stale", f"stale is more than {STALE_SECONDS} s"),
            (-AHEAD_SECONDS, "ready", "is 0 s old"),
            (-AHEAD_SECONDS - 1, "stale", f"{AHEAD_SECONDS + 1} s ahead of this server's clock"),
        ],
    )
    def test_a_chain_that_mines_must_be_followed(
        self, cursor: Callable[..., MirrorCursor], age_s: int, status: str, reason: str
    ) -> None:
        ready = build_ready(cursor(age_s), NOW_UNIX)
        assert (ready.status, ready.age_seconds) == (status, max(age_s, 0))
        assert ready.lag_seconds == ready.age_seconds
        assert reason in ready.reason

    @pytest.mark.parametrize("chain_id", [1337, 31337])
    def test_the_age_says_nothing_where_blocks_come_on_demand(
        self, cursor: Callable[..., MirrorCursor], chain_id: int
    ) -> None:
        ready = build_ready(cursor(10**6, chain_id), NOW_UNIX)
        assert (ready.status, ready.age_seconds, ready.lag_seconds) == ("ready", 10**6, None)
        assert "on demand" in ready.reason


class TestMetrics:
    def test_they_say_what_readyz_says(self, cursor: Callable[..., MirrorCursor]) -> None:
        figures = build_metrics(build_ready(cursor(12), NOW_UNIX)).get_sample_value
        assert figures("tracer_ready") == 1
        assert figures("tracer_mirror_block") == 7
        assert figures("tracer_mirror_age_seconds") == 12
        assert figures("tracer_mirror_lag_seconds") == 12

    def test_what_is_not_known_is_left_out(self, cursor: Callable[..., MirrorCursor]) -> None:
        for ready in (EMPTY, UNREACHABLE):
            figures = build_metrics(ready).get_sample_value
            assert figures("tracer_ready") == 0
            assert figures("tracer_mirror_block") is None
        on_demand = build_metrics(build_ready(cursor(12, 31337), NOW_UNIX)).get_sample_value
        assert on_demand("tracer_mirror_age_seconds") == 12
        assert on_demand("tracer_mirror_lag_seconds") is None
