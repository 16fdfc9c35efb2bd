"""`tracer fsck` and `tracer index rebuild` on what the command line wrote."""

import shutil
import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest
from cli_world import GTIN, World

from tracer.domain.identifiers import Gtin, Lot
from tracer.domain.records import build_batch_id
from tracer.index.scratch import scratch_engine
from tracer.store.tables import MODELS, table_of

pytestmark = pytest.mark.integration

LOT = "DOUBTED"


@pytest.fixture(scope="module")
def registered(world: World) -> World:
    world.ok("batch", "register", world.write_batch(LOT))
    return world


@pytest.fixture
def own(registered: World, tmp_path: Path) -> World:
    """An installation of one's own on the same ledger, with its mirror and contents."""
    home = tmp_path / "home"
    shutil.copytree(registered.home, home)
    world = replace(registered, home=home)
    world.ok("index", "sync")
    return world


def change(world: World, statement: str, *values: object) -> None:
    connection = sqlite3.connect(world.home / "mirror.sqlite")
    assert connection.execute(statement, values).rowcount
    connection.commit()
    connection.close()


class TestMirror:
    def test_a_good_one_is_clean(self, own: World) -> None:
        found = own.ok("fsck", "--json").json
        assert (found["ok"], found["differences"]) == (True, [])
        assert set(found["tables"]) == {table_of(model).name for model in MODELS}
        assert all(table["differences"] == 0 for table in found["tables"].values())
        assert found["tables"]["cursor"]["rows"] == 1
        assert found["block"] > 0
        assert not (own.home / "scratch").exists()

    def test_a_changed_cell_is_named_and_repaired(self, own: World) -> None:
        batch_id = build_batch_id(Gtin.parse(GTIN), Lot.parse(LOT))
        change(own, "UPDATE batch SET recalled = 1 WHERE batch_id = ?", batch_id)
        done = own.run("fsck", "--json")
        assert done.code == 3
        assert done.error["code"] == "not-verified"
        assert "tracer index rebuild" in done.error["hint"]
        assert not done.json["ok"]
        assert done.json["tables"]["batch"]["differences"] == 1
        assert done.json["differences"] == [
            {
                "table": "batch",
                "key": {"batch_id": f"0x{batch_id.hex()}"},
                "column": "recalled",
                "mirror": 1,
                "chain": 0,
                "cause": "cell changed",
            }
        ]

        told = own.run("fsck")
        assert told.code == 3
        assert f"batch batch_id=0x{batch_id.hex()} column recalled: cell changed" in told.out
        assert "mirror: 1" in told.out
        assert "chain:  0" in told.out
        assert "wrong holds or recall" in told.out

        rebuilt = own.ok("index", "rebuild", "--json").json
        assert rebuilt["block"] == done.json["block"]
        assert own.ok("fsck", "--json").json["ok"]
        assert "built anew" in own.ok("index", "rebuild").out

    def test_several_tables_are_all_named(self, own: World) -> None:
        change(own, "DELETE FROM record")
        change(own, "UPDATE append SET gln = gln + 1")
        done = own.run("fsck")
        assert done.code == 3
        assert "the mirror is not what the chain says: append, record" in done.err
        assert "row missing" in done.out

    def test_a_schema_that_lost_an_index_is_no_good_mirror(self, own: World) -> None:
        connection = sqlite3.connect(own.home / "mirror.sqlite")
        connection.execute("DROP INDEX ix_batch_gtin_lot")
        connection.execute("CREATE TABLE notes (words TEXT)")
        connection.close()
        done = own.run("fsck")
        assert done.code == 3
        assert "batch: index ix_batch_gtin_lot (gtin, lot) missing" in done.out
        assert "table notes" in done.err


class TestContents:
    def test_damaged_ones_are_named(self, own: World) -> None:
        before = own.ok("fsck", "--json").json["contents"]
        assert before["damaged"] == []
        shelves = {}
        for shelf in ("contents", "documents", "serials"):
            shelves[shelf] = sorted((own.home / "contents" / shelf).rglob("?" * 64))
        assert before["files"] == sum(map(len, shelves.values()))
        damaged = [files[0] for files in shelves.values()]
        for file in damaged:
            text = file.read_bytes()
            file.write_bytes(text[:-2] + bytes([text[-2] ^ 1]) + text[-1:])
        stranger = own.home / "contents" / "contents" / "notes.txt"
        stranger.write_text("not a content")
        own.home.joinpath("contents", "serials", ".half").write_text("left by a crash")
        link = shelves["contents"][1]
        target = link.rename(own.home / "elsewhere")
        link.symlink_to(target)

        done = own.run("fsck", "--json")
        assert done.code == 3
        names = {file.relative_to(own.home / "contents").as_posix() for file in damaged}
        assert set(done.json["contents"]["damaged"]) == {
            *names, "contents/notes.txt", link.relative_to(own.home / "contents").as_posix()
        }  # fmt: skip
        assert done.json["differences"] == []
        assert done.error["message"] == "5 contents are damaged"
        assert "backup" in done.error["hint"]
        assert all(f"contents/{name}: damaged" in own.run("fsck").out for name in names)

    def test_those_of_other_ledgers_are_orphans(self, own: World) -> None:
        """A document's commitment depends on its ledger, so that of another cannot be checked."""
        before = own.ok("fsck", "--json").json["contents"]
        path = next((own.home / "contents" / "documents").rglob("?" * 64))
        name = "ab" * 32
        other = own.home / "contents" / "documents" / "ab" / name
        other.parent.mkdir(exist_ok=True)
        other.write_bytes(path.read_bytes())
        after = own.ok("fsck", "--json").json["contents"]
        assert after["orphans"] == before["orphans"] + 1
        assert after["damaged"] == []


class TestOutcomes:
    def test_no_node(self, own: World) -> None:
        gone = replace(own, rpc_url="http://127.0.0.1:1")
        for command in (["fsck"], ["index", "rebuild"]):
            done = gone.run(*command, "--json")
            assert (done.code, done.error["code"]) == (4, "rpc-unavailable")

    def test_no_mirror(self, own: World) -> None:
        for file in own.home.glob("mirror.sqlite*"):
            file.unlink()
        done = own.run("fsck", "--json")
        assert (done.code, done.error["code"]) == (2, "configuration")
        assert own.ok("index", "rebuild", "--json").json["rows"] > 12
        assert own.ok("fsck", "--json").json["ok"]

    def test_another_check_is_running(self, own: World) -> None:
        with scratch_engine(own.home):
            done = own.run("fsck", "--json")
        assert (done.code, done.error["code"]) == (4, "unavailable")

    def test_a_home_that_cannot_be_written(self, own: World) -> None:
        (own.home / "scratch").write_text("in the way")
        done = own.run("fsck", "--json")
        assert (done.code, done.error["code"]) == (4, "database-unavailable")
        assert "TRACER_HOME" in done.error["hint"]
