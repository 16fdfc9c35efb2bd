"""The mirror's tables on both databases."""

import random
from collections.abc import Iterator
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from anvil_ledger import AnvilLedger
from sqlalchemy import Engine, inspect, text

from tracer.errors import DatabaseUnavailableError, FatalError
from tracer.index.sync import Mirror
from tracer.store import write
from tracer.store.session import downgrade, open_engine, reading, upgrade, writing
from tracer.store.tables import (
    MODELS,
    Append,
    Batch,
    Block,
    MirrorModel,
    Record,
    mirror_metadata,
    table_of,
)

pytestmark = pytest.mark.integration


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    engine = open_engine(database_url, busy_timeout_s=0.3)
    yield engine
    engine.dispose()


class TestMigrations:
    def test_they_make_exactly_the_tables_that_the_code_knows(self, engine: Engine) -> None:
        upgrade(engine)
        with engine.connect() as connection:
            context = MigrationContext.configure(connection, opts={"compare_type": True})
            assert compare_metadata(context, mirror_metadata()) == []

    def test_they_go_up_and_down_again(self, engine: Engine) -> None:
        upgrade(engine)
        downgrade(engine, "base")
        with engine.connect() as connection:
            assert set(inspect(connection).get_table_names()) == {"alembic_version"}
        upgrade(engine)
        with engine.connect() as connection:
            names = set(inspect(connection).get_table_names())
        assert names == {table_of(model).name for model in MODELS} | {"alembic_version"}

    def test_a_migration_that_fails_leaves_nothing(self, engine: Engine) -> None:
        with engine.begin() as connection:
            connection.execute(text("CREATE TABLE record (stands_in_the_way INTEGER)"))
        with pytest.raises(Exception, match="already exists"):
            upgrade(engine)
        with engine.connect() as connection:
            names = set(inspect(connection).get_table_names())
        assert names - {"alembic_version"} == {"record"}


class TestReading:
    def test_it_is_one_snapshot(self, engine: Engine, database_url: str) -> None:
        upgrade(engine)
        count = text("SELECT count(*) FROM block")
        other = open_engine(database_url)
        with reading(engine) as session:
            assert session.execute(count).scalar_one() == 0
            with writing(other) as connection:
                insert = "INSERT INTO block VALUES (1, :hash, 2)"
                connection.execute(text(insert), {"hash": b"\x01"})
            assert session.execute(count).scalar_one() == 0
        with reading(engine) as session:
            assert session.execute(count).scalar_one() == 1
        other.dispose()

    def test_a_read_only_engine_writes_nothing(self, engine: Engine, database_url: str) -> None:
        upgrade(engine)
        reader = open_engine(database_url, read_only=True)
        with (
            pytest.raises(DatabaseUnavailableError, match="read-only"),
            writing(reader) as connection,
        ):
            connection.execute(text("DELETE FROM cursor"))
        reader.dispose()


def test_the_rows_of_both_databases_are_equal(engine: Engine, ledger: AnvilLedger) -> None:
    ledger.populate()
    Mirror(engine, ledger.node, ledger.deployment, 64).sync_once()
    with reading(engine) as session:
        rows = session.execute(table_of(MODELS[3]).select()).all()
    assert {type(value) for row in rows for value in row} <= {int, bytes, type(None)}


class TestWriting:
    """What goes in by the fastest way comes out as it went in."""

    @pytest.mark.parametrize("seed", range(3))
    def test_rows_of_any_shape(self, engine: Engine, seed: int) -> None:
        print(f"seed {seed}")
        die = random.Random(seed)
        sizes = [44] if seed == 0 else [44, 88, 880]
        appends = [
            (
                sequence,
                die.getrandbits(40),
                die.getrandbits(31),
                die.randbytes(32),
                die.randbytes(32),
                die.getrandbits(48),
                die.randbytes(32),
                die.randbytes(die.choice(sizes)),
            )
            for sequence in range(1, 2_500)
        ]
        batches = [
            (
                die.randbytes(32),
                sequence,
                2**62,
                0,
                b"",
                "09520010001015",
                "L" * die.randint(1, 20),
                2**48 - 1,
                bytes(32),
                die.randint(0, 9),
                0,
                die.random() < 0.5,
            )
            for sequence in range(1, 300)
        ]
        upgrade(engine)
        with writing(engine) as connection:
            write.insert_rows(connection, Append, appends)
            write.insert_rows(connection, Batch, batches)
            write.insert_rows(connection, Block, [])
        assert rows_of(engine, Append) == appends
        assert rows_of(engine, Batch) == batches

    def test_records_are_taken_apart(self, engine: Engine) -> None:
        print("seed 7")
        die = random.Random(7)
        packed = [
            b"".join(
                die.randbytes(6) + die.choice([bytes(6), die.randbytes(6)]) + die.randbytes(32)
                for _ in range(die.choice([1, 2, 20]))
            )
            for _ in range(2_500)
        ]
        upgrade(engine)
        with writing(engine) as connection:
            write.insert_records(connection, range(10, 2_510), packed)
            write.insert_records(connection, [], [])
        wanted = [
            (
                sequence,
                ordinal,
                record[0],
                int.from_bytes(record[1:6], "big"),
                int.from_bytes(record[6:12], "big") or None,
                record[12:],
            )
            for sequence, records in enumerate(packed, 10)
            for ordinal in range(len(records) // 44)
            for record in [records[ordinal * 44 : ordinal * 44 + 44]]
        ]
        assert rows_of(engine, Record) == wanted

    def test_batches_are_restated(self, engine: Engine) -> None:
        rows = [
            (bytes([at]) * 32, at, 1, 0, b"", "09520010001015", f"L{at}", 1, bytes(32), 0, 0, False)
            for at in range(1, 250)
        ]
        news = [(row[0], row[0][::-1], 2, 3, True) for row in rows[::2]]
        upgrade(engine)
        with writing(engine) as connection:
            write.insert_rows(connection, Batch, rows)
            write.update_batches(connection, news)
            write.update_batches(connection, [])
        found = {row[0]: row[8:] for row in rows_of(engine, Batch)}
        assert found == {row[0]: row[8:] for row in rows} | {row[0]: row[1:] for row in news}

    def test_a_row_is_never_written_twice(self, engine: Engine) -> None:
        upgrade(engine)
        with writing(engine) as connection:
            write.insert_rows(connection, Block, [(1, b"\x01", 2)])
        with (
            pytest.raises(FatalError, match="contradicts the chain"),
            writing(engine) as connection,
        ):
            write.insert_rows(connection, Block, [(1, b"\x01", 2)])


def rows_of(engine: Engine, model: type[MirrorModel]) -> list[tuple[Any, ...]]:
    table = table_of(model)
    order = table.c.sequence if "sequence" in table.c else table.c.number
    with engine.connect() as connection:
        found = connection.execute(table.select().order_by(order, *table.primary_key))
        return [tuple(row) for row in found]
