"""`tracer batch register` killed with SIGKILL at random moments, and run again."""

import contextlib
import os
import random
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from cli_world import GTIN, World, Zygote

from tracer.operations.batch_writer import BatchWriter

pytestmark = pytest.mark.integration

SEED = 20260922
KILLS_EACH = 3  # a command may be killed again while it repairs


def plan_records(world: World, path: Path) -> list[tuple[int, bytes]]:
    """The records of a batch file, with the salts that this installation settled."""
    with world.station() as station:
        writer = BatchWriter(station, world.plan(path), registers=True)
        return [record.written for record in writer.survey().preparation.records]


def kill_after(zygote: Zygote, path: Path, delay_s: float) -> int:
    """Start a registration and kill it; its exit code."""
    pid = zygote.start("batch", "register", path)
    time.sleep(delay_s)
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
    return zygote.wait(pid)


def run_undisturbed(zygote: Zygote, path: Path) -> float:
    started = time.monotonic()
    assert zygote.wait(zygote.start("batch", "register", path)) == 0
    return time.monotonic() - started


def crash_and_repair(
    world: World, zygote: Zygote, new_lot: Callable[[], str], moments: int
) -> None:
    print(f"seed {SEED}")
    rng = random.Random(SEED)
    took_s = run_undisturbed(zygote, world.write_batch(new_lot()))
    killed = 0
    for _ in range(moments):
        lot = new_lot()
        path = world.write_batch(lot)
        for _ in range(rng.randint(1, KILLS_EACH)):
            killed += kill_after(zygote, path, rng.uniform(0, took_s * 1.1)) == -signal.SIGKILL

        run_undisturbed(zygote, path)

        # Not one lost, not one twice, and in order.
        assert world.written(lot) == plan_records(world, path), f"lot {lot}"
        status = world.ok("batch", "status", f"{GTIN}/{lot}", "--json").json
        assert status["contentsMissingHere"] == 0
        assert status["unfinishedHere"] == []
    assert killed >= moments // 2, "most commands ended before they could be killed"


def test_killed_at_eight_moments_loses_and_doubles_nothing(
    world: World, zygote: Zygote, new_lot: Callable[[], str]
) -> None:
    crash_and_repair(world, zygote, new_lot, 8)


@pytest.mark.faults
@pytest.mark.timeout(1200)
def test_killed_at_fifty_moments_loses_and_doubles_nothing(
    world: World, zygote: Zygote, new_lot: Callable[[], str]
) -> None:
    crash_and_repair(world, zygote, new_lot, 50)
