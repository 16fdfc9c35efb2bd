"""The mirror's tables on both databases."""

from collections.abc import Iterator

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from anvil_ledger import AnvilLedger
from sqlalchemy import Engine, inspect, text

from tracer.errors import DatabaseUnavailableError
from tracer.index.sync import Mirror
from tracer.store.session import downgrade, open_engine, reading, upgrade, writing
from tracer.store.tables import MODELS, mirror_metadata, table_of

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
