"""The desk looks at its parts once a second, and repeats that answer to everybody else."""

import asyncio
import threading

import pytest
from tracer_desk.readiness import Readiness
from tracer_desk.schemas import DeskReady, Part

GOOD = Part(status="ready", reason="it answers")
READY = DeskReady(status="ready", mirror=GOOD, vault_database=GOOD, vault_blobs=GOOD)
ASKING = 50


class Clock:
    now_unix = 1_795_000_000

    def __call__(self) -> int:
        return self.now_unix


class Counted(Readiness):
    """Counts how often it looks, and how often at once."""

    def __init__(self, clock: Clock) -> None:
        super().__init__(None, None, clock)  # type: ignore[arg-type]
        self.looks, self.lock = 0, threading.Lock()

    def look(self) -> DeskReady:
        assert self.lock.acquire(blocking=False), "two look at once"
        try:
            self.looks += 1
            return READY
        finally:
            self.lock.release()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def readiness(clock: Clock) -> Counted:
    return Counted(clock)


def test_however_many_ask_it_looks_once_a_second(clock: Clock, readiness: Counted) -> None:
    async def ask() -> None:
        answers = await asyncio.gather(*(readiness.ask() for _ in range(ASKING)))
        assert answers == [READY] * ASKING
        assert readiness.looks == 1
        clock.now_unix += 1
        await readiness.ask()
        assert readiness.looks == 2

    asyncio.run(ask())
