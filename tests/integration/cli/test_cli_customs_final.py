"""A statement is finished only when no reorganisation takes its record back."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from anvil_ledger import running_anvil
from cli_world import PASSWORD, World
from customs_system import CustomsSystem, put_statement
from customs_world import answers, claim, state
from onboarding import onboard_parties

from tracer.errors import TransientError
from tracer.operations.customs_adapter import ClearanceRequest, Settlement
from tracer.operations.customs_answer import customs_party
from tracer.operations.customs_folder import FolderCustoms
from tracer.operations.customs_sync import Handled, Result, StatementDesk
from tracer.operations.station import Station, open_station

pytestmark = pytest.mark.integration

DEPTH = 3  # blocks until one is final


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A ledger on a chain that reorganises when it is told to."""
    home = tmp_path_factory.mktemp("reorganising")
    (home / "password.txt").write_text(PASSWORD + "\n", "utf-8")
    with running_anvil() as (rpc_url, _):
        world = World(home, rpc_url)
        address = world.ok("party", "key", "new", "--light", "--json").json["address"]
        world.ok("chain", "fund", address)
        world.ok("chain", "deploy")
        plan = world.plan(world.write_batch("ONBOARD"))
        with world.station() as station:
            onboard_parties(station, plan, PASSWORD, lambda _done, _total: None)
        yield world


@pytest.fixture(scope="module")
def system(world: World) -> CustomsSystem:
    made = CustomsSystem()
    world.ok("customs", "key", "pin", made.public_key.hex(), "--name", "Ningbo customs")
    return made


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "statements").mkdir()
    return tmp_path


@contextmanager
def patient_station(world: World) -> Iterator[Station]:
    """A station on a chain whose blocks are final after some others."""
    options = replace(world.options(), finality=lambda _chain_id: DEPTH)
    with open_station(options) as station:
        yield station


def look(station: Station, folder: Path) -> list[Handled]:
    desk = StatementDesk(station, customs_party(station), FolderCustoms(folder))
    return list(desk.sync())


def test_until_its_block_is_final_every_round_looks_again(
    world: World, system: CustomsSystem, folder: Path, lot: str
) -> None:
    commitment = claim(world, lot)
    put_statement(
        folder / "statements", "1.json", system.sign(state(world, system, lot, commitment))
    )
    with patient_station(world) as station:
        (handled,) = look(station, folder)
        assert (handled.result, handled.is_final) == (Result.CONFIRMED, False)
        assert not list((folder / "statements").iterdir())
        (again,) = look(station, folder)
        assert again.written is not None
        assert (again.written.already, again.is_final) == (True, False)
        station.base.node.call("anvil_mine", hex(DEPTH))
        (last,) = look(station, folder)
        assert last.is_final
        assert look(station, folder) == []
    assert len(answers(world, lot)) == 1


def test_a_record_that_a_reorganisation_took_back_is_written_again(
    world: World, system: CustomsSystem, folder: Path, lot: str
) -> None:
    commitment = claim(world, lot)
    put_statement(
        folder / "statements", "1.json", system.sign(state(world, system, lot, commitment))
    )
    with patient_station(world) as station:
        look(station, folder)
        assert len(answers(world, lot)) == 1
        station.base.node.call("anvil_reorg", 1, [])
        assert answers(world, lot) == []
        (handled,) = look(station, folder)
        assert handled.result is Result.CONFIRMED
        assert [record.digest for record in answers(world, lot)] == [commitment]
        station.base.node.call("anvil_mine", hex(DEPTH))
        assert all(it.is_final for it in look(station, folder))
        assert look(station, folder) == []
    assert len(answers(world, lot)) == 1


class LosesSettlements(FolderCustoms):
    """A folder on a disk that cannot be written for a while."""

    broken = True

    def settle(self, name: str, data: bytes, settlement: Settlement, reason: str) -> None:
        if self.broken:
            raise TransientError("the disk is full")
        super().settle(name, data, settlement, reason)


class LosesFetches(FolderCustoms):
    """A folder in which files cannot be read."""

    def fetch(self, name: str) -> bytes | None:
        raise TransientError(f"{name} cannot be read")

    def request(self, request: ClearanceRequest) -> None:
        raise AssertionError(request)


def test_what_is_recorded_but_not_settled_is_settled_later_and_recorded_once(
    world: World, system: CustomsSystem, folder: Path, lot: str
) -> None:
    commitment = claim(world, lot)
    released = state(world, system, lot, commitment)
    put_statement(folder / "statements", "1.json", system.sign(released))
    with world.station() as station:
        adapter = LosesSettlements(folder)
        desk = StatementDesk(station, customs_party(station), adapter)
        (first,) = desk.sync()
        assert (first.result, first.reason) == (Result.WAITING, "the disk is full")
        # Meanwhile it expires: what was begun is finished all the same.
        desk.now = lambda: released.valid_until_unix + 1
        adapter.broken = False
        (second,) = desk.sync()
        assert (second.result, second.is_final) == (Result.CONFIRMED, True)
        assert list(desk.sync()) == []
    assert len(answers(world, lot)) == 1
    assert len(list((folder / "accepted").iterdir())) == 1


def test_a_rejection_that_cannot_be_settled_waits(world: World, folder: Path) -> None:
    put_statement(folder / "statements", "1.json", b"{}")
    with world.station() as station:
        adapter = LosesSettlements(folder)
        desk = StatementDesk(station, customs_party(station), adapter)
        assert [it.result for it in desk.sync()] == [Result.WAITING]
        adapter.broken = False
        assert [it.result for it in desk.sync()] == [Result.REJECTED]


@pytest.mark.parametrize(("files", "gives_up"), [(2, False), (3, True)])
def test_when_nothing_can_be_fetched_the_round_ends(
    world: World, folder: Path, files: int, gives_up: bool
) -> None:
    for number in range(files):
        put_statement(folder / "statements", f"{number}.json", b"{}")
    with world.station() as station:
        desk = StatementDesk(station, customs_party(station), LosesFetches(folder))
        if gives_up:
            with pytest.raises(TransientError):
                list(desk.sync())
        else:
            assert [it.result for it in desk.sync()] == [Result.WAITING] * files
