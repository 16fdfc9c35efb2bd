"""Fuzzed uploads in their short form; `tests/faults/test_desk_fuzz.py` is the long one."""

import random
from collections.abc import Iterator

import pytest
from desk_fuzz import fuzz
from desk_world import WITHOUT_QUOTA, Desk, serving_desk
from served_world import running_world

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Desk, int]]:
    with (
        running_world(tmp_path_factory.mktemp("fuzz") / "home") as world,
        serving_desk(world, command=WITHOUT_QUOTA) as running,
    ):
        yield running


def test_fuzzed_uploads_never_end_in_a_bug(served: tuple[Desk, int]) -> None:
    desk, pid = served
    fuzzer = fuzz(desk, pid, 300, seed=random.randrange(2**32))
    assert fuzzer.statuses[201] > 0
    assert fuzzer.statuses[422] > 0
    assert len(fuzzer.statuses) > 5
