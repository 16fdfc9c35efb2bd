"""Bad input: a stable code, a hint, the documented exit code, and nothing half-written."""

import shutil
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from anvil_ledger import running_anvil
from cli_world import GTIN, LAB, MAKER, STRANGER, World, build_batch, build_event, free_port

pytestmark = pytest.mark.integration


@pytest.fixture
def refused(world: World, lot: str) -> Iterator[Callable[..., dict[str, str]]]:
    """Run a command that has to be refused, in one way for scripts and one for people."""

    def run(
        *arguments: object, code: str, exit_code: int = 2, where: World = world
    ) -> dict[str, str]:
        done = where.run(*arguments, "--json")
        assert (done.code, done.error["code"]) == (exit_code, code), done
        assert done.error["hint"], f"no hint: {done}"
        assert done.out == ""
        for_people = where.run(*arguments)
        assert for_people.code == exit_code
        assert for_people.err.startswith(f"error[{code}]: ")
        assert "\nhint: " in for_people.err
        error: dict[str, str] = done.error
        return error

    yield run
    with world.station() as station:
        assert station.base.outbox.unfinished() == []
    assert world.run("batch", "show", f"{GTIN}/{lot}").code == 2, "something was written"


def change(lot: str, edit: Callable[[dict[str, Any]], None]) -> dict[str, Any]:
    batch = build_batch(lot)
    edit(batch)
    return batch


class TestFiles:
    def test_wrong_check_digit(self, world: World, lot: str, refused: Callable[..., Any]) -> None:
        batch = change(lot, lambda it: it["batch"].update(gtin="09520010001016"))
        error = refused("batch", "register", world.write("f.json", batch), code="invalid-file")
        assert "batch.gtin = '09520010001016'" in error["message"]
        assert "check digit 6" in error["message"]

    def test_wrong_check_digit_on_the_command_line(self, refused: Callable[..., Any]) -> None:
        refused("batch", "show", "09520010001016/L1", code="invalid-identifier")

    def test_illegal_lot(self, world: World, lot: str, refused: Callable[..., Any]) -> None:
        batch = change(lot, lambda it: it["batch"].update(lot="LÖT 1"))
        error = refused("batch", "register", world.write("f.json", batch), code="invalid-file")
        assert "batch.lot" in error["message"]

    def test_unknown_party_in_the_file(
        self, world: World, lot: str, refused: Callable[..., Any]
    ) -> None:
        batch = change(lot, lambda it: it["recorders"].update(LAB_RESULT=STRANGER))
        error = refused("batch", "register", world.write("f.json", batch), code="invalid-file")
        assert STRANGER in error["message"]

    def test_event_in_the_future(self, world: World, lot: str, refused: Callable[..., Any]) -> None:
        def edit(batch: dict[str, Any]) -> None:
            events = batch["epcisDocument"]["epcisBody"]["eventList"]
            events[0] = build_event("WET_PROCESS", 24 * 365 * 20, lot)

        path = world.write("f.json", change(lot, edit))
        error = refused("batch", "register", path, code="invalid-file")
        assert "future" in error["message"]
        assert "eventList[0]" in error["message"]

    def test_truncated_json(self, world: World, lot: str, refused: Callable[..., Any]) -> None:
        text = world.write_batch(lot).read_text("utf-8")
        path = world.write("f.json", text[: len(text) // 2])
        error = refused("batch", "register", path, code="invalid-file")
        assert "line" in error["message"]

    def test_a_file_of_one_gigabyte(self, refused: Callable[..., Any], tmp_path: Path) -> None:
        path = tmp_path / "huge.json"
        with path.open("wb") as stream:
            stream.truncate(2**30)
        refused("batch", "register", path, code="limit-exceeded")

    def test_unknown_columns(self, world: World, refused: Callable[..., Any]) -> None:
        sheet = f"gtin,{GTIN}\nlot,L1\n\nstage,event_time,location_gln,kilos\nCANNING,,,4\n"
        path = world.write("f.csv", sheet)
        error = refused("batch", "register", path, "--recorder", MAKER, code="invalid-file")
        assert "'kilos'" in error["message"]
        assert "unknown column" in error["message"]

    def test_no_such_file(self, refused: Callable[..., Any]) -> None:
        refused("batch", "register", "/nowhere/batch.json", code="not-found")


class TestLedgerRules:
    def test_a_party_that_is_not_admitted(
        self, world: World, lot: str, refused: Callable[..., Any]
    ) -> None:
        def edit(batch: dict[str, Any]) -> None:
            batch["parties"].append({**batch["parties"][1], "gln": STRANGER})
            batch["recorders"]["LAB_RESULT"] = STRANGER

        path = world.write("f.json", change(lot, edit))
        error = refused("batch", "register", path, code="not-found")
        assert STRANGER in error["message"]
        assert "tracer party admit" in error["hint"]

    def test_a_party_without_the_role(
        self, world: World, lot: str, refused: Callable[..., Any]
    ) -> None:
        def edit(batch: dict[str, Any]) -> None:
            batch["parties"][1]["roles"] = ["LABORATORY", "CARRIER"]  # the ledger knows better
            batch["recorders"]["DEPARTURE"] = LAB

        path = world.write("f.json", change(lot, edit))
        error = refused("batch", "register", path, code="not-permitted")
        assert LAB in error["message"]
        assert "CARRIER" in error["message"]

    def test_a_prefix_of_somebody_else(
        self, world: World, lot: str, refused: Callable[..., Any]
    ) -> None:
        batch = change(lot, lambda it: it["batch"].update(prefixDigits=8))
        error = refused("batch", "register", world.write("f.json", batch), code="not-permitted")
        assert "tracer party prefix assign" in error["hint"]

    def test_the_same_batch_of_another_owner(
        self, world: World, new_lot: Callable[[], str], refused: Callable[..., Any]
    ) -> None:
        other = new_lot()
        world.ok("batch", "register", world.write_batch(other))

        def edit(batch: dict[str, Any]) -> None:
            batch["parties"].append(
                {**batch["parties"][0], "gln": STRANGER, "roles": ["MANUFACTURER"]}
            )
            batch["batch"]["owner"] = STRANGER

        path = world.write("f.json", change(other, edit))
        error = refused("batch", "register", path, code="conflict")
        assert MAKER in error["message"]


class TestSurroundings:
    def test_node_down(self, world: World, lot: str, refused: Callable[..., Any]) -> None:
        where = replace(world, rpc_url=f"http://127.0.0.1:{free_port()}")
        path = world.write_batch(lot)
        error = refused("batch", "register", path, code="rpc-unavailable", exit_code=4, where=where)
        assert "TRACER_RPC_URL" in error["hint"]

    def test_wrong_chain(self, world: World, lot: str, refused: Callable[..., Any]) -> None:
        with running_anvil() as (url, _):
            where = replace(world, rpc_url=url)
            path = world.write_batch(lot)
            refused("batch", "register", path, code="wrong-chain", exit_code=4, where=where)

    def test_no_ledger_at_the_address(
        self, world: World, lot: str, refused: Callable[..., Any]
    ) -> None:
        where = replace(world, environ={"TRACER_CONTRACT": "0x" + "11" * 20})
        path = world.write_batch(lot)
        refused("batch", "register", path, code="wrong-chain", exit_code=4, where=where)

    def test_wrong_password(
        self, world: World, lot: str, refused: Callable[..., Any], tmp_path: Path
    ) -> None:
        (tmp_path / "wrong.txt").write_text("another one", "utf-8")
        path = world.write_batch(lot)
        error = refused(
            "batch", "register", path, "--password-file", tmp_path / "wrong.txt",
            code="key-unavailable",
        )  # fmt: skip
        assert "does not open" in error["message"]
        assert "another one" not in str(error)

    def test_wrong_key(self, world: World, refused: Callable[..., Any]) -> None:
        with world.station() as station:
            states = station.key_states()
        lab = next(it.address for it in states.values() if it.gln and it.gln.value == LAB)
        refused("party", "prefix", "assign", LAB, "9520099", "--key", lab, code="not-permitted")

    def test_no_gas(
        self, world: World, lot: str, refused: Callable[..., Any], tmp_path: Path
    ) -> None:
        poor = World(tmp_path / "poor", world.rpc_url)
        for folder in ("keys", "deployments"):
            (poor.home / folder).mkdir(parents=True)
        shutil.copy(world.home / "password.txt", poor.home / "password.txt")
        shutil.copy(world.home / "deployments" / "31337.json", poor.home / "deployments")
        key = poor.ok("party", "key", "new", "--light", "--json").json["address"]
        world.ok("party", "key", "add", MAKER, key)

        path = poor.write_batch(lot)
        error = refused(
            "batch", "register", path, code="insufficient-funds", exit_code=4, where=poor
        )
        assert key in error["hint"]

    def test_database_locked(self, world: World, lot: str, refused: Callable[..., Any]) -> None:
        path = world.write_batch(lot)
        holder = sqlite3.connect(world.home / "workspace.sqlite", isolation_level=None)
        holder.execute("BEGIN EXCLUSIVE")
        try:
            error = refused("batch", "register", path, code="database-unavailable", exit_code=4)
        finally:
            holder.execute("ROLLBACK")
            holder.close()
        assert "locked" in error["message"]
        assert "again" in error["hint"]


class TestCommandLine:
    def test_unknown_command(self, refused: Callable[..., Any]) -> None:
        refused("batch", "enrol", code="usage")

    def test_missing_argument(self, refused: Callable[..., Any]) -> None:
        refused("batch", "register", code="usage")

    def test_unknown_setting(self, world: World, refused: Callable[..., Any]) -> None:
        where = replace(world, environ={"TRACER_RPC_ULR": "http://127.0.0.1:1"})
        error = refused("batch", "list", code="configuration", where=where)
        assert error["hint"] == "Did you mean TRACER_RPC_URL?"

    def test_wrong_setting(self, world: World, refused: Callable[..., Any]) -> None:
        where = replace(world, environ={"TRACER_PORT": "eighty"})
        error = refused("batch", "list", code="configuration", where=where)
        assert "TRACER_PORT" in error["message"]

    def test_a_batch_that_is_none(self, refused: Callable[..., Any]) -> None:
        refused("batch", "show", "LOT1", code="input")
