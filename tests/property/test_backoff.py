"""Waits grow by chance, stay within their limits, and honour what was asked for."""

import random

from hypothesis import given
from hypothesis import strategies as st

from tracer.chain.backoff import BASE_S, MAX_PAUSE_S, Backoff

SEEDS = st.integers(0, 2**32)
ASKED = st.none() | st.floats(0, 10_000)
HISTORIES = st.lists(ASKED, min_size=1, max_size=40)


@given(SEEDS, HISTORIES)
def test_no_wait_leaves_its_limits(seed: int, history: list[float | None]) -> None:
    backoff = Backoff(random.Random(seed))
    for place, asked in enumerate(history):
        pause_s = backoff.next_pause_s(asked)
        assert min(asked or 0, MAX_PAUSE_S) <= pause_s <= MAX_PAUSE_S
        assert pause_s <= (asked or 0) + BASE_S * 2**place


@given(SEEDS, HISTORIES)
def test_a_seed_gives_the_same_waits(seed: int, history: list[float | None]) -> None:
    one, other = Backoff(random.Random(seed)), Backoff(random.Random(seed))
    assert [one.next_pause_s(asked) for asked in history] == [
        other.next_pause_s(asked) for asked in history
    ]


@given(SEEDS, HISTORIES)
def test_success_starts_anew(seed: int, history: list[float | None]) -> None:
    backoff = Backoff(random.Random(seed))
    for asked in history:
        backoff.next_pause_s(asked)
    backoff.reset()
    assert backoff.next_pause_s() <= BASE_S


@given(SEEDS)
def test_many_clients_do_not_come_back_together(seed: int) -> None:
    clients = [Backoff(random.Random(seed + number)) for number in range(20)]
    for _ in range(10):
        pauses = [client.next_pause_s(1.0) for client in clients]
    assert len(set(pauses)) == len(clients)
    assert max(pauses) - min(pauses) > MAX_PAUSE_S / 4


@given(SEEDS, st.floats(0.001, 100), st.floats(0.001, 100))
def test_own_limits_hold_too(seed: int, base_s: float, cap_s: float) -> None:
    backoff = Backoff(random.Random(seed), base_s=base_s, cap_s=cap_s)
    assert backoff.next_pause_s() <= base_s
    assert all(backoff.next_pause_s(9) <= cap_s for _ in range(20))
