"""Later visits find pages known, lists copied and documents ready, and nothing old."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from served_world import World, running_world
from shelf_world import ShelfWorld, open_shelf_world
from tracer_api.shelf import ready
from tracer_api.shelf.copies import COPY_AFTER
from tracer_api.shelf.fast import LOOK_S, FastPath

pytestmark = pytest.mark.integration

JSON = "application/json"
ACCEPTS = ["text/html", JSON]


@pytest.fixture(scope="module")
def chain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with running_world(tmp_path_factory.mktemp("again") / "home", ("nz", "ie")) as running:
        yield running


@pytest.fixture
def world(chain: World, tmp_path: Path) -> Iterator[ShelfWorld]:
    with open_shelf_world(chain.copy(tmp_path / "own").settings) as opened:
        opened.publish()
        yield opened


@pytest.mark.parametrize("accept", ACCEPTS)
def test_later_answers_are_the_ordinary_ones_too(
    world: ShelfWorld, chain: World, accept: str
) -> None:
    path = chain.path()
    wanted = world.ask_inside(path, accept=accept)
    for _ in range(COPY_AFTER + 2):
        answer = world.get(path, accept=accept)
        assert answer.is_fast
        assert answer == wanted


@pytest.mark.parametrize("accept", ACCEPTS)
def test_a_tin_that_was_not_issued_is_not_taken_for_one_of_a_known_list(
    world: ShelfWorld, chain: World, accept: str
) -> None:
    for _ in range(COPY_AFTER + 2):
        world.get(chain.path(), accept=accept)
    unknown = chain.path()[:-1] + "Z"
    assert world.get(unknown, accept=accept) == world.ask_inside(unknown, accept=accept)


def test_a_known_page_that_has_become_stale_is_not_served(world: ShelfWorld, chain: World) -> None:
    assert world.get(chain.path()).is_fast
    assert world.get(chain.path()).is_fast
    with world.shelf.writing() as writer:
        writer.mark_all_stale()
    assert not world.get(chain.path()).is_fast


def test_the_clock_goes_on_in_known_pages(world: ShelfWorld, chain: World) -> None:
    world.get(chain.path(), accept=JSON)
    world.now_unix += 1
    answer = world.get(chain.path(), accept=JSON)
    assert answer.is_fast
    assert answer == world.ask_inside(chain.path(), accept=JSON)


def test_a_change_is_seen_after_a_moment_at_the_latest(world: ShelfWorld, chain: World) -> None:
    world.app = FastPath(world.inside, world.services, world.url)
    assert world.get(chain.path()).is_fast
    with world.shelf.writing() as writer:
        writer.mark_all_stale()
    time.sleep(LOOK_S)
    assert not world.get(chain.path()).is_fast


def test_documents_that_no_room_is_left_for_are_read_again(
    world: ShelfWorld, chain: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ready, "CACHE_BYTES", 1)
    for _ in range(2):
        for name in ("nz", "ie"):
            answer = world.get(chain.path(name), accept=JSON)
            assert answer.is_fast
            assert answer == world.ask_inside(chain.path(name), accept=JSON)


def test_a_look_that_finds_no_change_leaves_pages_known(world: ShelfWorld) -> None:
    """Twice a second the publisher says that its pages hold; readers need not ask for each anew."""
    before = world.shelf.page_changes()
    world.look()
    assert world.shelf.page_changes() == before
    with world.shelf.writing() as writer:
        writer.mark_all_stale()
    assert world.shelf.page_changes() == before + 1
