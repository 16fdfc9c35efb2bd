"""`tracer index rebuild`: a fresh mirror takes the old one's place, and nobody sees a gap."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from anvil_ledger import AnvilLedger, build_record
from mirror_damage import damaging
from mirror_watches import Recorder
from sqlalchemy import Engine, event, func, inspect, select, text

from tracer.domain.kinds import Kind
from tracer.domain.records import RECORD_BYTES, pack_records
from tracer.errors import (
    ConfigurationError,
    DatabaseUnavailableError,
    TransientError,
    WrongChainError,
)
from tracer.index.compare import compare_mirrors
from tracer.index.drift import find_drift
from tracer.index.follow import follow
from tracer.index.rebuild import Rebuilt, rebuild_mirror
from tracer.index.scratch import scratch_engine
from tracer.index.sync import Mirror
from tracer.store.session import open_engine, reading, writing
from tracer.store.swap import replace_mirror
from tracer.store.tables import Append, Cursor, Party, Record, table_of

pytestmark = pytest.mark.integration

FINALITY = 64

_APPEND, _CURSOR, _PARTY, _RECORD = map(table_of, (Append, Cursor, Party, Record))


def sync(engine: Engine, ledger: AnvilLedger) -> None:
    Mirror(engine, ledger.node, ledger.deployment, FINALITY).sync_once()


@contextmanager
def fresh_mirror(ledger: AnvilLedger, folder: Path) -> Iterator[Engine]:
    with scratch_engine(folder) as scratch:
        sync(scratch, ledger)
        yield scratch


def rebuild(engine: Engine, ledger: AnvilLedger, home: Path) -> Rebuilt:
    with scratch_engine(home) as scratch:
        return rebuild_mirror(
            engine, scratch, ledger.node, ledger.deployment, FINALITY, on_step=lambda *_: None
        )


def assert_exact(engine: Engine, ledger: AnvilLedger) -> None:
    fresh = open_engine("sqlite://")
    sync(fresh, ledger)
    assert compare_mirrors(engine, fresh) == []
    with reading(engine) as session:
        assert find_drift(session.connection()).missing == []


def write_many(ledger: AnvilLedger, batch_id: bytes, appends: int) -> None:
    now = ledger.now_unix()
    for place in range(appends):
        records = [build_record(Kind.DOCUMENT, now, f"{place} {ordinal}") for ordinal in range(20)]
        ledger.send(1, "append", batch_id, pack_records(records))


class TestRepair:
    def test_whatever_was_wrong_is_right_again(
        self, engine: Engine, database_url: str, ledger: AnvilLedger, tmp_path: Path
    ) -> None:
        ledger.populate()
        sync(engine, ledger)
        with damaging(database_url) as connection:
            connection.execute(text("UPDATE cursor SET code_hash = block_hash, next_sequence = 7"))
            connection.execute(text("DELETE FROM record WHERE ordinal = 1"))
            connection.execute(text("UPDATE batch SET gtin = lot, holds = 9"))
            connection.execute(text("DELETE FROM party"))
            connection.execute(text("DROP INDEX ix_batch_sequence"))
        built = rebuild(engine, ledger, tmp_path)
        assert_exact(engine, ledger)
        assert built.rows > 60
        ledger.register(1, "LOTX")
        sync(engine, ledger)
        assert_exact(engine, ledger)

    def test_a_cursor_that_is_gone_or_doubled_is_no_obstacle(
        self, engine: Engine, database_url: str, ledger: AnvilLedger, tmp_path: Path
    ) -> None:
        ledger.populate()
        sync(engine, ledger)
        for damage in ("UPDATE cursor SET id = 2", "DELETE FROM cursor"):
            with damaging(database_url) as connection:
                connection.execute(text(damage))
            rebuild(engine, ledger, tmp_path)
            assert_exact(engine, ledger)

    def test_an_empty_database_is_filled(
        self, engine: Engine, ledger: AnvilLedger, tmp_path: Path
    ) -> None:
        ledger.populate()
        rebuild(engine, ledger, tmp_path)
        assert_exact(engine, ledger)

    def test_nothing_is_left_behind(
        self, engine: Engine, ledger: AnvilLedger, tmp_path: Path
    ) -> None:
        (tmp_path / "scratch").mkdir()
        (tmp_path / "scratch" / "mirror.sqlite").write_text("left by a command that was killed")
        rebuild(engine, ledger, tmp_path)
        assert not (tmp_path / "scratch").exists()


def read_state(engine: Engine) -> tuple[int, ...]:
    """Where a mirror stands and what it holds, as one reader sees it."""
    wanted = [
        select(_CURSOR.c.block_number),
        select(func.count()).select_from(_APPEND),
        select(func.sum(func.length(_APPEND.c.records))),
        select(func.count()).select_from(_RECORD),
        select(func.count()).select_from(_PARTY),
    ]
    with reading(engine) as session:
        return tuple(session.execute(one).scalar_one() for one in wanted)


class TestReaders:
    def test_they_see_the_old_mirror_or_the_new_one(
        self, engine: Engine, database_url: str, ledger: AnvilLedger, tmp_path: Path
    ) -> None:
        batch_id = ledger.populate()[1]
        sync(engine, ledger)
        before = read_state(engine)
        write_many(ledger, batch_id, 60)
        seen: list[tuple[int, ...]] = []
        errors: list[Exception] = []
        stop = threading.Event()

        def read() -> None:
            reader = open_engine(database_url, read_only=True)
            while not stop.is_set():
                try:
                    seen.append(read_state(reader))
                except Exception as error:  # noqa: BLE001 - the main thread looks at it
                    errors.append(error)
            reader.dispose()

        during: list[int] = []

        def slowly(_done: int, _total: int) -> None:
            """Let every reader read while all old rows are deleted and new ones half there."""
            goal = len(seen) + 6
            while len(seen) < goal and not errors:
                time.sleep(0.005)
            during.append(goal)

        threads = [threading.Thread(target=read) for _ in range(2)]
        for thread in threads:
            thread.start()
        try:
            with fresh_mirror(ledger, tmp_path) as fresh:
                after = read_state(fresh)
                replace_mirror(engine, fresh, slowly)
            time.sleep(0.2)
        finally:
            stop.set()
            for thread in threads:
                thread.join()
        assert errors == []
        assert set(seen) == {before, after}
        assert len(during) >= 1
        assert before[2] == before[3] * RECORD_BYTES < after[2] == after[3] * RECORD_BYTES

    def test_a_snapshot_that_was_taken_before_stays(
        self, engine: Engine, database_url: str, ledger: AnvilLedger, tmp_path: Path
    ) -> None:
        """The tables that it has not yet looked at are the old ones, too."""
        batch_id = ledger.populate()[1]
        sync(engine, ledger)
        before = read_state(engine)
        write_many(ledger, batch_id, 5)
        reader = open_engine(database_url, read_only=True)
        with reading(reader) as session:
            assert session.execute(select(_CURSOR.c.block_number)).scalar_one() == before[0]
            rebuild(engine, ledger, tmp_path)
            records = session.execute(select(func.count()).select_from(_RECORD)).scalar_one()
        reader.dispose()
        assert records == before[3]
        assert read_state(engine)[3] == before[3] + 100


class TestFollower:
    def test_it_goes_on_as_if_nothing_were(
        self, engine: Engine, database_url: str, ledger: AnvilLedger, tmp_path: Path
    ) -> None:
        batch_id = ledger.populate()[1]
        seen, stop = Recorder(), threading.Event()
        errors: list[BaseException] = []
        follower = open_engine(database_url)

        def run() -> None:
            try:
                mirror = Mirror(follower, ledger.node, ledger.deployment, FINALITY, seen)
                follow(mirror, stop, interval_s=0.01)
            except BaseException as error:  # noqa: BLE001 - the main thread looks at it
                errors.append(error)

        thread = threading.Thread(target=run)
        thread.start()
        try:
            while not seen.extended and not errors:  # two migrations need two processes
                time.sleep(0.01)
            for place in range(4):
                ledger.append(1, batch_id, [Kind.DOCUMENT], f"before {place}")
                rebuild(engine, ledger, tmp_path)
                ledger.append(1, batch_id, [Kind.DOCUMENT], f"after {place}")
        finally:
            stop.set()
            thread.join()
            follower.dispose()
        assert errors == []
        assert all(isinstance(error, TransientError) for error in seen.failures)
        sync(engine, ledger)
        assert_exact(engine, ledger)

    def test_a_full_disk_leaves_the_old_mirror(self, ledger: AnvilLedger, tmp_path: Path) -> None:
        url = f"sqlite:///{tmp_path / 'mirror.sqlite'}"
        engine, other = open_engine(url), open_engine(url)
        batch_id = ledger.populate()[1]
        sync(engine, ledger)
        before = read_state(engine)
        with engine.connect() as connection:
            pages = connection.execute(text("PRAGMA page_count")).scalar_one()

        @event.listens_for(other, "connect")
        def fill_up(connection: Any, _record: object) -> None:
            connection.execute(f"PRAGMA max_page_count = {pages + 5}")

        write_many(ledger, batch_id, 100)
        with pytest.raises(DatabaseUnavailableError, match="is full") as caught:
            rebuild(other, ledger, tmp_path)
        assert "nothing is half-written" in caught.value.hint
        assert read_state(engine) == before
        rebuild(engine, ledger, tmp_path)
        assert_exact(engine, ledger)
        for one in (engine, other):
            one.dispose()

    def test_a_writer_that_never_ends_is_named(
        self,
        engine: Engine,
        database_url: str,
        ledger: AnvilLedger,
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        ledger.populate()
        sync(engine, ledger)
        before = read_state(engine)
        ledger.register(1, "LOTX")
        monkeypatch.setattr("tracer.store.swap.BUSY_TIMEOUT_S", 0.2)
        other = open_engine(database_url, busy_timeout_s=0.2)
        with writing(engine) as connection:
            connection.execute(_CURSOR.update().values(id=1))
            with pytest.raises(DatabaseUnavailableError, match="is locked"):
                rebuild(other, ledger, tmp_path)
        other.dispose()
        assert read_state(engine) == before


class TestRefusal:
    def test_another_ledgers_mirror_is_not_overwritten(
        self, engine: Engine, ledger: AnvilLedger, tmp_path: Path
    ) -> None:
        ledger.populate()
        sync(engine, ledger)
        before = read_state(engine)
        other = AnvilLedger(ledger.node)
        with pytest.raises(WrongChainError, match="mirrors another ledger"):
            rebuild(engine, other, tmp_path)
        assert read_state(engine) == before

    def test_tables_of_a_newer_program_are_left_alone(
        self, engine: Engine, database_url: str, ledger: AnvilLedger, tmp_path: Path
    ) -> None:
        sync(engine, ledger)
        with damaging(database_url) as connection:
            connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
        with pytest.raises(ConfigurationError, match="version 9999"):
            rebuild(engine, ledger, tmp_path)

    def test_a_file_with_other_tables_is_not_overwritten(
        self, ledger: AnvilLedger, tmp_path: Path
    ) -> None:
        url = f"sqlite:///{tmp_path / 'workspace.sqlite'}"
        with damaging(url) as connection:
            connection.execute(text("CREATE TABLE intent (what TEXT)"))
        engine = open_engine(url)
        with pytest.raises(ConfigurationError, match="also holds intent"):
            rebuild(engine, ledger, tmp_path)
        with engine.connect() as connection:
            assert inspect(connection).get_table_names() == ["intent"]
        engine.dispose()

    @pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
    @pytest.mark.parametrize(
        ("damage", "named"),
        [
            ("ALTER TABLE party DROP COLUMN admin", "party: column admin missing"),
            ("DELETE FROM alembic_version", "alembic_version column version_num"),
        ],
    )
    def test_tables_that_rows_cannot_repair_are_named(
        self, engine: Engine, ledger: AnvilLedger, tmp_path: Path, damage: str, named: str
    ) -> None:
        ledger.populate()
        sync(engine, ledger)
        with writing(engine) as connection:
            connection.execute(text(damage))
        with pytest.raises(ConfigurationError, match=named) as caught:
            rebuild(engine, ledger, tmp_path)
        assert "empty database" in caught.value.hint

    def test_two_at_once_are_told_apart(
        self, engine: Engine, ledger: AnvilLedger, tmp_path: Path
    ) -> None:
        with scratch_engine(tmp_path), pytest.raises(TransientError, match="another tracer"):
            rebuild(engine, ledger, tmp_path)
