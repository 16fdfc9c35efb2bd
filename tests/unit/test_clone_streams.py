"""The simulated streams: repeatable, judged as the server judges, and calm at home."""

import os
import random
from pathlib import Path

import pytest
from clone_streams.cloned import cloned_stream
from clone_streams.genuine import FAMILY, genuine_stream
from clone_streams.habits import Crime, Habits
from clone_streams.people import People, Stream
from clone_streams.replay import ALARMS, Counts, first_alarm, judge

from tracer.domain.clones import build_tin_key
from tracer.store.scans import ScanStore

LONG = 200  # visits; the long way takes time by their square
SEED = int(os.environ.get("SEED", "20261128"))


def people(seed: int = SEED, habits: Habits | None = None) -> People:
    print(f"SEED={seed}")
    return People(random.Random(seed), habits or Habits())


def some(count: int, seed: int = SEED) -> list[Stream]:
    world = people(seed)
    made = [genuine_stream(world) for _ in range(count)]
    return made + [cloned_stream(world, Crime()) for _ in range(count // 2)]


def test_the_same_seed_makes_the_same_streams() -> None:
    assert some(30) == some(30)
    assert some(30) != some(30, SEED + 1)


def test_visits_are_in_the_order_of_time() -> None:
    for stream in some(50):
        assert stream.visits == sorted(stream.visits)


def test_every_kind_of_copy_is_made() -> None:
    world = people()
    kinds = {cloned_stream(world, Crime()).kind for _ in range(60)}
    assert kinds == {name for name, _ in Crime().kinds}


def test_no_family_at_home_is_alarmed() -> None:
    world = people(random.randrange(2**32), Habits(eager=1.0, keeps_tin=0.5))
    families = [genuine_stream(world) for _ in range(150)]
    assert [it for it in families if it.kind == FAMILY and first_alarm(it)] == []


def test_the_short_way_to_the_first_alarm_is_the_long_one() -> None:
    for stream in (it for it in some(60) if len(it.visits) < LONG):
        told = [found.verdict in ALARMS for found in judge(stream)]
        wanted = told.index(True) + 1 if True in told else None
        assert first_alarm(stream) == wanted


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_counts_in_memory_are_those_of_the_store(tmp_path: Path, seed: int) -> None:
    store, counts = ScanStore(f"sqlite:///{tmp_path / 'scans.sqlite'}"), Counts()
    tin = build_tin_key(bytes(32), str(seed))
    stream = max(some(10, seed), key=lambda it: len(it.visits))
    for visit in stream.visits[:LONG]:
        add = store.count_opening if visit.opens else store.count_scan
        before = add(tin, visit.day, visit.region, again=visit.again)
        known = counts.history(None)
        assert (before.opened, before.openings) == (known.opened, known.openings)
        assert set(before.scans) == set(known.scans)
        counts.add(visit)
    store.close()
