"""10,000 fuzzed uploads: no 500, and the parser never in the server's process."""

import random
from collections.abc import Iterator

import pytest
from desk_fuzz import fuzz, peak_mib
from desk_world import WITHOUT_QUOTA, Desk, copy_world, serving_desk

pytestmark = [pytest.mark.faults, pytest.mark.integration, pytest.mark.timeout(3600)]

UPLOADS = 10_000
MAX_MIB = 256  # 140 on a machine with two cores


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Desk, int]]:
    world = copy_world(tmp_path_factory.mktemp("fuzz") / "home")
    with serving_desk(world, command=WITHOUT_QUOTA) as running:
        yield running


def test_ten_thousand_fuzzed_uploads(served: tuple[Desk, int]) -> None:
    desk, pid = served
    fuzzer = fuzz(desk, pid, UPLOADS, seed=random.randrange(2**32))
    assert fuzzer.statuses.total() == UPLOADS
    assert fuzzer.statuses[201] > UPLOADS // 50
    assert peak_mib(pid) < MAX_MIB
