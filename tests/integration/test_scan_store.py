"""Scans are counted by day and region, by many at once, on SQLite and PostgreSQL."""

import random
import sqlite3
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from postgres import PostgresServer, fresh_database
from sqlalchemy import text

from tracer.domain.clones import Opening, build_tin_key
from tracer.domain.journeys import DayCount
from tracer.errors import DatabaseUnavailableError
from tracer.store.scans import (
    MAX_A_DAY,
    MAX_REGIONS_A_DAY,
    MAX_WRONG_A_DAY,
    ScanStore,
    scans_url,
)
from tracer.store.session import open_engine

pytestmark = pytest.mark.integration

TIN, OTHER = build_tin_key(bytes(32), "A1"), build_tin_key(bytes(32), "A2")
DAY = 20_000


@pytest.fixture
def url(database_url: str, tmp_path: Path) -> str:
    return scans_url(database_url, tmp_path)


@pytest.fixture
def store(url: str) -> Iterator[ScanStore]:
    opened = ScanStore(url)
    yield opened
    opened.close()


def counts(store: ScanStore, tin: bytes = TIN) -> list[DayCount]:
    return sorted(store.load_history(tin).scans, key=lambda it: (it.day, it.region))


class TestCountScan:
    def test_tells_what_was_before_and_adds_one(self, store: ScanStore) -> None:
        assert store.count_scan(TIN, DAY, "CN-31", again=False).scans == ()
        assert store.count_scan(TIN, DAY, "CN-31", again=True).scans == (
            DayCount(DAY, "CN-31", 1, 0),
        )
        store.count_scan(TIN, DAY + 1, "", again=False)
        assert counts(store) == [DayCount(DAY, "CN-31", 1, 1), DayCount(DAY + 1, "", 1, 0)]
        assert counts(store, OTHER) == []

    def test_stops_at_the_most_of_a_day(self, store: ScanStore) -> None:
        for _ in range(MAX_A_DAY + 5):
            store.count_scan(TIN, DAY, "CN-31", again=False)
        store.count_scan(TIN, DAY, "CN-31", again=True)
        assert counts(store) == [DayCount(DAY, "CN-31", MAX_A_DAY, 1)]

    def test_regions_beyond_the_most_of_a_day_count_as_unknown(self, store: ScanStore) -> None:
        for number in range(MAX_REGIONS_A_DAY + 3):
            store.count_scan(TIN, DAY, f"CN-{number:02d}", again=False)
        store.count_scan(TIN, DAY, "CN-00", again=False)  # known before: goes on being counted
        found = {it.region: it.firsts for it in counts(store)}
        assert len(found) == MAX_REGIONS_A_DAY + 1
        assert (found[""], found["CN-00"]) == (3, 2)

    def test_no_scan_of_many_at_once_is_lost(self, url: str) -> None:
        stores = [ScanStore(url, busy_timeout_s=20.0) for _ in range(4)]
        with ThreadPoolExecutor(4) as pool:
            days = [(store, DAY + number % 7) for number in range(30) for store in stores]
            list(pool.map(lambda it: it[0].count_scan(TIN, it[1], "NL", again=True), days))
        assert sum(it.repeats for it in counts(stores[0])) == 120
        for store in stores:
            store.close()


class TestOpenings:
    def test_the_first_stays_the_first(self, store: ScanStore) -> None:
        assert store.count_opening(TIN, DAY, "CN-31", again=False).opened is None
        for day in (DAY, DAY + 3):
            before = store.count_opening(TIN, day, "CN-44", again=False)
            assert before.opened == Opening(DAY, "CN-31")
        assert before.openings == 2
        assert store.load_history(TIN).openings == 3

    def test_of_many_at_once_one_is_the_first(self, url: str) -> None:
        stores = [ScanStore(url, busy_timeout_s=20.0) for _ in range(4)]
        gate = threading.Barrier(4)

        def open_one(store: ScanStore) -> bool:
            gate.wait()
            return store.count_opening(TIN, DAY, "CN-31", again=False).opened is None

        with ThreadPoolExecutor(4) as pool:
            assert sum(pool.map(open_one, stores)) == 1
        for store in stores:
            store.close()

    def test_wrong_codes_are_bounded_by_tin_and_day(self, store: ScanStore) -> None:
        for _ in range(MAX_WRONG_A_DAY):
            assert store.may_try(TIN, DAY)
            store.count_wrong_code(TIN, DAY)
        assert not store.may_try(TIN, DAY)
        assert store.may_try(TIN, DAY + 1)
        assert store.may_try(OTHER, DAY)


class TestPrune:
    def test_forgets_what_is_older_and_only_that(self, store: ScanStore) -> None:
        for day in (DAY, DAY + 10):
            store.count_scan(TIN, day, "CN-31", again=False)
            store.count_wrong_code(TIN, day)
        store.count_opening(OTHER, DAY, "CN-31", again=False)
        assert store.prune(DAY + 10) == 4
        assert counts(store) == [DayCount(DAY + 10, "CN-31", 1, 0)]
        assert store.load_history(OTHER).opened is None

    def test_is_done_once_a_day_whoever_asks(self, url: str) -> None:
        stores = [ScanStore(url) for _ in range(2)]
        for day in range(DAY, DAY + 4):
            stores[0].count_scan(TIN, day, "CN-31", again=False)
        assert stores[0].prune_daily(DAY + 4, 3) == 1
        assert [it.prune_daily(DAY + 4, 1) for it in stores] == [0, 0]
        assert stores[1].prune_daily(DAY + 5, 1) == 3
        for store in stores:
            store.close()

    def test_what_is_forgotten_is_overwritten(self, tmp_path: Path) -> None:
        store = ScanStore(scans_url("sqlite://", tmp_path))
        store.count_scan(TIN, DAY, "XX-QQ", again=False)
        store.prune(DAY + 1)
        store.close()
        with sqlite3.connect(tmp_path / "scans.sqlite") as live:
            live.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        live.close()
        assert b"XX-QQ" not in b"".join(it.read_bytes() for it in tmp_path.iterdir())


class TestTrouble:
    def test_a_locked_file_is_said_soon(self, tmp_path: Path) -> None:
        store = ScanStore(scans_url("sqlite://", tmp_path), busy_timeout_s=0.05)
        store.count_scan(TIN, DAY, "NL", again=False)
        with sqlite3.connect(tmp_path / "scans.sqlite", isolation_level=None) as other:
            other.execute("BEGIN IMMEDIATE")
            with pytest.raises(DatabaseUnavailableError, match="scans is locked"):
                store.count_scan(TIN, DAY, "NL", again=False)
            other.execute("ROLLBACK")
        other.close()
        store.count_scan(TIN, DAY, "NL", again=False)
        assert counts(store) == [DayCount(DAY, "NL", 2, 0)]
        store.close()

    def test_a_file_that_is_none_is_said(self, tmp_path: Path) -> None:
        (tmp_path / "scans.sqlite").write_bytes(b"no database at all" * 100)
        store = ScanStore(scans_url("sqlite://", tmp_path))
        with pytest.raises(DatabaseUnavailableError, match="scans is damaged"):
            store.count_scan(TIN, DAY, "NL", again=False)
        store.close()

    def test_counting_begins_anew_when_the_file_is_taken_away(self, tmp_path: Path) -> None:
        store = ScanStore(scans_url("sqlite://", tmp_path))
        store.count_scan(TIN, DAY, "NL", again=False)
        for path in tmp_path.glob("scans.sqlite*"):
            path.rename(path.with_name(f"old-{path.name}"))
        for _ in range(2):  # the first may meet a file without tables
            try:
                store.count_scan(TIN, DAY, "NL", again=False)
            except DatabaseUnavailableError:
                continue
        assert sum(it.firsts for it in counts(store)) in {1, 2}
        store.close()

    def test_a_user_that_may_not_make_the_schema_is_told(self, postgres: PostgresServer) -> None:
        name = f"reader{random.randrange(10**9)}"
        with fresh_database(postgres) as url:
            admin = open_engine(url)
            with admin.begin() as connection:
                connection.execute(text(f"CREATE ROLE {name} LOGIN"))
            limited = open_engine(url).url.set(username=name, password="")
            store = ScanStore(limited.render_as_string(hide_password=False))
            with pytest.raises(DatabaseUnavailableError) as caught:
                store.count_scan(TIN, DAY, "NL", again=False)
            assert "CREATE SCHEMA scans" in caught.value.hint
            with admin.begin() as connection:
                connection.execute(text(f"CREATE SCHEMA scans AUTHORIZATION {name}"))
            assert store.count_scan(TIN, DAY, "NL", again=False).scans == ()
            store.close()
            with admin.begin() as connection:
                connection.execute(text("DROP SCHEMA scans CASCADE"))
                connection.execute(text(f"DROP ROLE {name}"))
            admin.dispose()


def test_counts_are_listed_for_the_maker(store: ScanStore) -> None:
    store.count_scan(TIN, DAY, "CN-31", again=False)
    store.count_scan(OTHER, DAY, "NL", again=True)
    store.count_opening(OTHER, DAY, "NL", again=False)
    assert {(it.tin, it.count.region) for it in store.iter_counts()} == {
        (TIN, "CN-31"),
        (OTHER, "NL"),
    }
    assert list(store.iter_openings()) == [(OTHER, Opening(DAY, "NL"))]
