import sqlite3
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlmodel import select

from tracer.errors import ConfigurationError, DatabaseUnavailableError
from tracer.store.session import open_engine, reading, spell_database, upgrade, writing
from tracer.store.tables import Cursor


class TestOpenEngine:
    @pytest.mark.parametrize(
        "url", ["", "mirror.sqlite", "mysql://u:secret@h/d", "sqlite+aiosqlite:///x", "postgresql"]
    )
    def test_refuses_what_no_mirror_lives_in(self, url: str) -> None:
        with pytest.raises(ConfigurationError) as caught:
            open_engine(url)
        assert "secret" not in str(caught.value)
        assert "TRACER_DATABASE_URL" in caught.value.hint

    @pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
    def test_takes_every_spelling_of_postgresql(self, scheme: str) -> None:
        assert open_engine(f"{scheme}://u@h/d").url.drivername == "postgresql+psycopg"

    def test_sqlite_survives_power_cuts_and_lets_readers_in(self, tmp_path: Path) -> None:
        engine = open_engine(f"sqlite:///{tmp_path / 'm.sqlite'}")
        with engine.connect() as connection:
            values = [
                connection.exec_driver_sql(f"PRAGMA {name}").scalar_one()
                for name in ("journal_mode", "synchronous", "foreign_keys")
            ]
        assert values == ["wal", 2, 1]
        engine.dispose()


class TestReadOnly:
    def test_makes_no_file_where_none_is(self, tmp_path: Path) -> None:
        path = tmp_path / "a mirror #1.sqlite"
        engine = open_engine(f"sqlite:///{path}", read_only=True)
        with (
            pytest.raises(ConfigurationError, match="no mirror yet"),
            reading(engine) as session,
        ):
            session.exec(select(Cursor)).all()
        assert not path.exists()
        writer = open_engine(f"sqlite:///{path}")
        upgrade(writer)
        with reading(engine) as session:
            assert session.exec(select(Cursor)).all() == []
        for opened in (engine, writer):
            opened.dispose()

    def test_writes_nothing(self, tmp_path: Path) -> None:
        url = f"sqlite:///{tmp_path / 'm.sqlite'}"
        writer, reader = open_engine(url), open_engine(url, read_only=True)
        upgrade(writer)
        with pytest.raises(DatabaseUnavailableError, match="read-only"), writing(reader) as opened:
            opened.execute(text("DELETE FROM cursor"))
        for opened_engine in (writer, reader):
            opened_engine.dispose()


class TestErrors:
    def test_a_database_without_tables_is_no_mirror(self) -> None:
        with (
            pytest.raises(ConfigurationError, match="no mirror yet"),
            reading(open_engine("sqlite://")) as session,
        ):
            session.exec(select(Cursor)).all()

    def test_a_locked_database_says_so(self, tmp_path: Path) -> None:
        url = f"sqlite:///{tmp_path / 'm.sqlite'}"
        first, second = open_engine(url), open_engine(url, busy_timeout_s=0.05)
        upgrade(first)
        with (
            writing(first),
            pytest.raises(DatabaseUnavailableError, match="is locked") as caught,
            writing(second),
        ):
            pass
        assert caught.value.hint
        for engine in (first, second):
            engine.dispose()

    def test_a_damaged_file_says_so(self, tmp_path: Path) -> None:
        path = tmp_path / "m.sqlite"
        path.write_bytes(b"not a database" * 100)
        engine = open_engine(f"sqlite:///{path}")
        with pytest.raises(DatabaseUnavailableError, match="is damaged") as caught:
            upgrade(engine)
        assert "index sync" in caught.value.hint
        engine.dispose()

    def test_a_missing_folder_says_so(self, tmp_path: Path) -> None:
        engine = open_engine(f"sqlite:///{tmp_path / 'none' / 'm.sqlite'}")
        with pytest.raises(DatabaseUnavailableError, match="not to be opened"):
            upgrade(engine)

    def test_a_file_that_was_moved_away_is_not_written_to(self, tmp_path: Path) -> None:
        """A connection that was kept would write into a file that has no name any more."""
        path = tmp_path / "m.sqlite"
        writer = open_engine(f"sqlite:///{path}")
        reader = open_engine(f"sqlite:///{path}", read_only=True)
        upgrade(writer)
        with reading(reader) as session:
            assert session.exec(select(Cursor)).all() == []
        path.rename(tmp_path / "away.sqlite")
        with pytest.raises(ConfigurationError, match="no mirror yet"), reading(reader) as session:
            session.exec(select(Cursor)).all()
        (tmp_path / "away.sqlite").rename(path)
        with reading(reader) as session:
            assert session.exec(select(Cursor)).all() == []
        path.rename(tmp_path / "away.sqlite")
        with (
            pytest.raises(ConfigurationError, match="no mirror yet"),
            writing(writer) as connection,
        ):
            connection.execute(text("DELETE FROM cursor"))
        for engine in (writer, reader):
            engine.dispose()

    def test_a_mistake_of_ours_stays_what_it_is(self) -> None:
        engine = open_engine("sqlite://")
        with pytest.raises(Exception, match="syntax error") as caught, writing(engine) as opened:
            opened.execute(text("SELEKT 1"))
        assert isinstance(caught.value.__cause__, sqlite3.OperationalError)


class TestWriting:
    def test_an_error_leaves_nothing_behind(self) -> None:
        engine = open_engine("sqlite://")
        upgrade(engine)
        insert = text("INSERT INTO block VALUES (1, x'00', 2)")

        def fail() -> None:
            with writing(engine) as connection:
                connection.execute(insert)
                raise RuntimeError

        with pytest.raises(RuntimeError):
            fail()
        with writing(engine) as connection:
            assert connection.execute(text("SELECT count(*) FROM block")).scalar_one() == 0


class TestSpelling:
    @pytest.mark.parametrize(
        ("url", "spelled"),
        [
            ("sqlite:////srv/m.sqlite", "sqlite:////srv/m.sqlite"),
            ("sqlite://", "sqlite:///"),
            (
                "postgresql://me:secret@db.example:6543/tracer?sslpassword=secret",
                "postgresql://db.example:6543/tracer",
            ),
            ("postgresql:///tracer?host=/run/pg", "postgresql:///tracer"),
        ],
    )
    def test_a_database_is_named_without_its_secrets(self, url: str, spelled: str) -> None:
        assert spell_database(open_engine(url)) == spelled

    def test_a_reader_names_the_same_file(self, tmp_path: Path) -> None:
        url = f"sqlite:///{tmp_path / 'a b.sqlite'}"
        assert spell_database(open_engine(url, read_only=True)) == url
