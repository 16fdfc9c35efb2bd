"""Open the mirror's database, bring its tables up to date, and read or write in one transaction.

SQLite and PostgreSQL behave alike behind this module: a reader sees one snapshot, a writer holds
the database's write lock from its first statement, and a database that is locked, full, damaged or
gone raises `DatabaseUnavailableError` whatever the driver called it.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote, unquote

import psycopg
from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.engine import URL
from sqlalchemy.engine.interfaces import ExceptionContext
from sqlalchemy.exc import ArgumentError, DisconnectionError
from sqlalchemy.pool import ConnectionPoolEntry
from sqlmodel import Session

from tracer.errors import (
    ConfigurationError,
    DatabaseUnavailableError,
    FatalError,
    TracerError,
)

BUSY_TIMEOUT_S: Final = 5.0  # longer than any range the mirror commits at once
CONNECT_TIMEOUT_S: Final = 5
FROZEN_S: Final = 10  # PostgreSQL ends a transaction whose program says nothing for so long
_MIGRATION_LOCK: Final = 0x7472616365  # PostgreSQL advisory lock: one migration at a time
_POSTGRESQL: Final = frozenset({"postgres", "postgresql", "postgresql+psycopg"})

_SQLITE_WORDS: Final = {
    sqlite3.SQLITE_BUSY: "locked",
    sqlite3.SQLITE_LOCKED: "locked",
    sqlite3.SQLITE_FULL: "full",
    sqlite3.SQLITE_IOERR: "failing to read or write its disk",
    sqlite3.SQLITE_CANTOPEN: "not to be opened",
    sqlite3.SQLITE_READONLY: "read-only",
    sqlite3.SQLITE_CORRUPT: "damaged",
    sqlite3.SQLITE_NOTADB: "damaged",
    sqlite3.SQLITE_PERM: "not to be opened",
}
_HINTS: Final = {
    "locked": "Another program is writing to it; try again when that is done.",
    "full": "Free some space and run the same command again; nothing is half-written.",
    "damaged": "The mirror is a cache: move the file away and run `tracer index sync`.",
}
_HINT_GONE: Final = "Is it there and running, and is TRACER_DATABASE_URL right? Then try again."


def open_engine(
    url: str, *, read_only: bool = False, busy_timeout_s: float = BUSY_TIMEOUT_S
) -> Engine:
    """Prepare a database for use. Nothing is opened before the first statement.

    Args:
        url: `sqlite:///<path>` or `postgresql://<user>@<host>/<name>`.
        read_only: refuse every write, for the server.
        busy_timeout_s: how long to wait for another writer.

    Raises:
        ConfigurationError: not such a URL.
    """
    parsed = _parse_url(url)
    if parsed.get_backend_name() == "sqlite":
        if read_only and parsed.database not in {None, "", ":memory:"}:
            # A reader must not make an empty file where none is.
            name = f"file:{quote(str(parsed.database))}"
            parsed = parsed.set(database=name, query={"mode": "rw", "uri": "true"})
        engine = create_engine(parsed, connect_args={"timeout": busy_timeout_s})
        _prepare_sqlite(engine, read_only=read_only)
    else:
        options = f"-c lock_timeout={int(busy_timeout_s * 1000)}"
        options += f" -c idle_in_transaction_session_timeout={FROZEN_S * 1000}"
        options += " -c default_transaction_read_only=on" if read_only else ""
        engine = create_engine(
            parsed,
            connect_args={"connect_timeout": CONNECT_TIMEOUT_S, "options": options},
            pool_pre_ping=True,  # a connection that died since its last use is replaced
        )
    event.listen(engine, "handle_error", _translate, retval=True)
    return engine


def database_file(engine: Engine) -> Path | None:
    """Where the mirror's file is; None when it is in memory or on a server."""
    name = engine.url.database
    if engine.dialect.name != "sqlite" or name in {None, "", ":memory:"}:
        return None
    return Path(unquote(str(name).removeprefix("file:")))


def spell_database(engine: Engine) -> str:
    """The database for people: kind, place and name, but neither user nor password nor options."""
    if engine.dialect.name == "sqlite":
        return f"sqlite:///{database_file(engine) or ''}"
    url = engine.url
    port = f":{url.port}" if url.port else ""
    return f"postgresql://{url.host or ''}{port}/{url.database or ''}"


@contextmanager
def reading(engine: Engine) -> Iterator[Session]:
    """One snapshot of the mirror: what is read inside belongs together."""
    with engine.connect() as connection:
        if engine.dialect.name == "postgresql":
            connection = connection.execution_options(  # noqa: PLW2901
                isolation_level="REPEATABLE READ"
            )
        with Session(connection) as session:
            yield session


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """One transaction that holds the write lock: all of it is committed, or nothing."""
    with engine.connect().execution_options(immediate=True) as connection, connection.begin():
        yield connection


@contextmanager
def driver_errors() -> Iterator[None]:
    """The same words for what is asked of the driver itself, past SQLAlchemy."""
    try:
        yield
    except (psycopg.Error, sqlite3.Error) as error:
        if (ours := _in_our_words(error)) is not None:
            raise ours from error
        raise


def upgrade(engine: Engine, revision: str = "head") -> None:
    """Create the tables or bring them to the newest form, in one transaction.

    Raises:
        DatabaseUnavailableError: locked, full, damaged or gone; nothing has changed.
    """
    _migrate(engine, command.upgrade, revision)


def downgrade(engine: Engine, revision: str) -> None:
    """Take the tables back to an older form; `base` removes them."""
    _migrate(engine, command.downgrade, revision)


def migration_config(connection: Connection) -> Config:
    """Alembic's configuration for one open connection."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).with_name("migrations")))
    config.attributes["connection"] = connection
    return config


def _migrate(engine: Engine, run: Any, revision: str) -> None:  # noqa: ANN401 - alembic's commands
    with writing(engine) as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(text(f"SELECT pg_advisory_xact_lock({_MIGRATION_LOCK})"))
        run(migration_config(connection), revision)


def _parse_url(url: str) -> URL:
    try:
        parsed = make_url(url)
    except ArgumentError:
        parsed = None
    if parsed is not None and parsed.drivername in _POSTGRESQL:
        return parsed.set(drivername="postgresql+psycopg")
    if parsed is not None and parsed.drivername in {"sqlite", "sqlite+pysqlite"}:
        return parsed
    shown = parsed.render_as_string(hide_password=True) if parsed is not None else "the text"
    raise ConfigurationError(
        f"{shown} is no database that the mirror can live in",
        hint="TRACER_DATABASE_URL is sqlite:///<path> or postgresql://<user>@<host>/<name>.",
    )


def _prepare_sqlite(engine: Engine, *, read_only: bool) -> None:
    @event.listens_for(engine, "connect")
    def _on_connect(connection: sqlite3.Connection, _record: object) -> None:
        # We begin transactions ourselves: the driver would only begin them before a write.
        connection.isolation_level = None
        if read_only:
            connection.execute("PRAGMA query_only=ON")
        else:
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute("PRAGMA synchronous=FULL")  # what is committed survives a power cut
            connection.execute("PRAGMA foreign_keys=ON")

    file = database_file(engine)
    if file is not None:
        _follow_file(engine, file)

    @event.listens_for(engine, "begin")
    def _on_begin(connection: Connection) -> None:
        immediate = connection.get_execution_options().get("immediate", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")


def _follow_file(engine: Engine, file: Path) -> None:
    """Use the file that has the name now: what is written to one that was moved away is lost."""

    def identity() -> tuple[int, int] | None:
        with suppress(OSError):
            found = file.stat()
            return found.st_dev, found.st_ino
        return None

    @event.listens_for(engine, "connect")
    def _on_connect(_connection: sqlite3.Connection, record: ConnectionPoolEntry) -> None:
        record.info["file"] = identity()

    @event.listens_for(engine, "checkout")
    def _on_checkout(
        _connection: sqlite3.Connection, record: ConnectionPoolEntry, _proxy: object
    ) -> None:
        if record.info["file"] != identity():
            raise DisconnectionError  # the pool then opens the name anew


def _translate(context: ExceptionContext) -> TracerError | None:
    """Drivers' errors in our own words; None leaves an error as it is."""
    if context.is_pre_ping:  # the pool itself replaces a dead connection
        return None
    if _lacks_tables(context.original_exception) or _lacks_file(context):
        return ConfigurationError(
            "the database holds no mirror yet", hint="Run `tracer index sync` to fill it."
        )
    return _in_our_words(context.original_exception)


def _in_our_words(error: BaseException) -> TracerError | None:
    if isinstance(error, sqlite3.IntegrityError | psycopg.errors.IntegrityError):
        return FatalError(
            f"the mirror contradicts the chain: {str(error).strip()[:200]}",
            hint="Somebody changed its rows. Move it away and run `tracer index sync`.",
        )
    state = _state_of(error)
    if state is None:
        return None
    return DatabaseUnavailableError(
        f"the mirror's database is {state}: {str(error).strip()[:200]}",
        hint=_HINTS.get(state, _HINT_GONE),
    )


def _lacks_tables(error: BaseException) -> bool:
    return isinstance(error, psycopg.errors.UndefinedTable) or (
        isinstance(error, sqlite3.OperationalError) and str(error).startswith("no such table")
    )


def _lacks_file(context: ExceptionContext) -> bool:
    if context.engine is None or context.engine.url.query.get("mode") != "rw":
        return False
    file = database_file(context.engine)
    return file is not None and not file.exists()


def _state_of(error: BaseException) -> str | None:
    if isinstance(error, sqlite3.Error):
        return _SQLITE_WORDS.get(getattr(error, "sqlite_errorcode", 0) & 0xFF)
    if isinstance(error, psycopg.errors.LockNotAvailable | psycopg.errors.DeadlockDetected):
        return "locked"
    if isinstance(error, psycopg.errors.DiskFull):
        return "full"
    if isinstance(error, psycopg.errors.ReadOnlySqlTransaction):
        return "read-only"
    if isinstance(error, psycopg.OperationalError | psycopg.InterfaceError):
        return "gone"
    return None
