"""Whatever cell of whatever table is changed, `tracer fsck` names exactly that cell.

Columns come from the tables themselves, so a new column cannot be forgotten. The short run damages
every column once; `make test-faults` does it in many rows and bits.
"""

import random
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest
from anvil_ledger import AnvilLedger, running_anvil
from mirror_damage import damaging, other_value
from postgres import PostgresServer, running_postgres
from sqlalchemy import Column, Connection, Engine, Table, select
from sqlalchemy.exc import IntegrityError

from tracer.chain.rpc import RpcClient
from tracer.index.compare import CHANGED, EXTRA, MISSING, TableReport, count_rows, spell
from tracer.index.fsck import MirrorCheck, Report
from tracer.index.sync import Mirror
from tracer.store.session import open_engine, reading
from tracer.store.tables import MODELS, table_of

pytestmark = pytest.mark.integration

SEED = 20260612
FINALITY = 64
TABLES = [table_of(model) for model in MODELS]


@dataclass
class World:
    """A ledger, its mirror in both databases, and one built from the chain to compare with."""

    ledger: AnvilLedger
    server: PostgresServer
    folder: Path
    scratch: Engine

    @property
    def original(self) -> Path:
        return self.folder / "original.sqlite"

    def check(self, engine: Engine) -> Report:
        ledger = self.ledger
        return MirrorCheck(engine, self.scratch, ledger.node, ledger.deployment, FINALITY).run()

    @contextmanager
    def copy(self, kind: str) -> Iterator[str]:
        """A mirror of one's own, to be damaged."""
        name = f"copy_{uuid.uuid4().hex}"
        if kind == "sqlite":
            path = self.folder / name
            shutil.copyfile(self.original, path)
            yield f"sqlite:///{path}"
            return
        with psycopg.connect(self.server.get_uri(), autocommit=True) as admin:
            admin.execute(f"CREATE DATABASE {name} TEMPLATE original")
            try:
                yield postgres_url(self.server, name)
            finally:
                admin.execute(f"DROP DATABASE {name} WITH (FORCE)")


def postgres_url(server: PostgresServer, name: str) -> str:
    return server.get_uri(name).replace("postgresql://", "postgresql+psycopg://", 1)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("damage")
    scratch = open_engine(f"sqlite:///{folder / 'scratch.sqlite'}")
    with (
        running_anvil() as (url, _),
        RpcClient(url) as node,
        running_postgres() as server,
    ):
        world = World(AnvilLedger(node), server, folder, scratch)
        world.ledger.populate()
        with psycopg.connect(server.get_uri(), autocommit=True) as admin:
            admin.execute("CREATE DATABASE original")
        for database in (f"sqlite:///{world.original}", postgres_url(server, "original")):
            engine = open_engine(database)
            Mirror(engine, node, world.ledger.deployment, FINALITY).sync_once()
            engine.dispose()
        yield world
        scratch.dispose()


def read_rows(connection: Connection, table: Table) -> list[dict[str, Any]]:
    return [dict(row._mapping) for row in connection.execute(select(table))]


def where(table: Table, row: dict[str, Any]) -> Any:
    wanted = [column == row[column.name] for column in table.primary_key.columns]
    return wanted[0] if len(wanted) == 1 else wanted[0] & wanted[1]


def key_of(table: Table, row: dict[str, Any]) -> dict[str, Any]:
    return {column.name: spell(row[column.name]) for column in table.primary_key.columns}


def only_report(report: Report, table: Table) -> TableReport:
    """The report of this table, the only one that differs."""
    assert report.faults == []
    differing = [it for it in report.tables if it.differences]
    assert [it.name for it in differing] == [table.name], report.differences
    return differing[0]


def change_cell(
    url: str, table: Table, column: Column[Any], chance: random.Random
) -> tuple[dict[str, Any], Any]:
    """Change one cell of some row; the row as it was, and the cell as it is. Keys stay unique."""
    for _ in range(100):
        try:
            with damaging(url) as connection:
                row = chance.choice(read_rows(connection, table))
                value = other_value(row[column.name], column, chance)
                connection.execute(
                    table.update().where(where(table, row)).values({column.name: value})
                )
        except IntegrityError:
            continue
        return row, value
    pytest.fail(f"{column} has no other value")


def restore(url: str, table: Table, column: Column[Any], row: dict[str, Any], value: Any) -> None:
    with damaging(url) as connection:
        moved = row | {column.name: value}
        connection.execute(
            table.update().where(where(table, moved)).values({column.name: row[column.name]})
        )


def expect_cell(found: TableReport, column: Column[Any], row: dict[str, Any], value: Any) -> None:
    table = column.table
    first = found.first
    assert first is not None
    if column.primary_key:
        moved = row | {column.name: value}
        expected = [(MISSING, key_of(table, row)), (EXTRA, key_of(table, moved))]
        assert found.differences == 2
        assert (first.cause, first.key) in expected
        return
    assert found.differences == 1
    assert (first.table, first.key, first.column) == (table.name, key_of(table, row), column.name)
    assert (first.mirror, first.chain) == (spell(value), spell(row[column.name]))
    assert first.cause.startswith(CHANGED)


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
@pytest.mark.parametrize(
    "rounds", [1, pytest.param(12, marks=[pytest.mark.faults, pytest.mark.slow])]
)
def test_every_cell_is_named(world: World, kind: str, table: Table, rounds: int) -> None:
    print(f"seed {SEED}")
    chance = random.Random(f"{SEED} {kind} {table.name}")
    with world.copy(kind) as url:
        engine = open_engine(url, read_only=True)
        for column in list(table.columns) * rounds:
            row, value = change_cell(url, table, column, chance)
            found = only_report(world.check(engine), table)
            expect_cell(found, column, row, value)
            restore(url, table, column, row, value)
        report = world.check(engine)
        assert report.differences == []
        with reading(engine) as session:
            assert sum(it.rows for it in report.tables) == count_rows(session)
        engine.dispose()


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_every_row_that_is_missing_or_added_is_named(world: World, kind: str, table: Table) -> None:
    print(f"seed {SEED}")
    chance = random.Random(f"{SEED} rows {kind} {table.name}")
    with world.copy(kind) as url:
        engine = open_engine(url, read_only=True)
        with damaging(url) as connection:
            row = chance.choice(read_rows(connection, table))
            connection.execute(table.delete().where(where(table, row)))
        found = only_report(world.check(engine), table)
        assert found.first is not None
        assert (found.differences, found.first.cause) == (1, MISSING)
        assert (found.first.key, found.first.mirror) == (key_of(table, row), None)
        assert found.first.chain is not None
        assert found.first.chain.items() <= {it: spell(row[it]) for it in row}.items()

        forged = {it.name: other_value(row[it.name], it, chance) for it in table.columns}
        with damaging(url) as connection:
            connection.execute(table.insert().values(row))
            connection.execute(table.insert().values(forged))
        found = only_report(world.check(engine), table)
        assert found.first is not None
        assert (found.differences, found.first.cause) == (1, EXTRA)
        assert (found.first.key, found.first.chain) == (key_of(table, forged), None)
        engine.dispose()
