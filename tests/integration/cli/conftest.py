"""One chain with one ledger for all tests here; each test writes batches of its own."""

import itertools
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from cli_world import PASSWORD, World, Zygote, running_chain
from onboarding import onboard_parties


@pytest.fixture(scope="session")
def chain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, str]]:
    home = tmp_path_factory.mktemp("tracer")
    with running_chain(home) as rpc_url:
        yield home, rpc_url


@pytest.fixture(scope="session")
def world(chain: tuple[Path, str]) -> World:
    """A ledger with six parties, each with a key."""
    home, rpc_url = chain
    world = World(home, rpc_url)
    (home / "password.txt").write_text(PASSWORD + "\n", "utf-8")
    address = world.ok("party", "key", "new", "--light", "--json").json["address"]
    world.ok("chain", "fund", address)
    world.ok("chain", "deploy")
    plan = world.plan(world.write_batch("ONBOARD"))
    with world.station() as station:
        onboard_parties(station, plan, PASSWORD, lambda _done, _total: None)
    return world


@pytest.fixture(scope="session")
def zygote(world: World) -> Iterator[Zygote]:
    zygote = Zygote(world)
    yield zygote
    zygote.close()


_LOTS = itertools.count(1)


@pytest.fixture
def new_lot() -> Callable[[], str]:
    """Lots that no other test uses."""
    return lambda: f"LOT{next(_LOTS):04d}"


@pytest.fixture
def lot(new_lot: Callable[[], str]) -> str:
    return new_lot()
