"""The vault's database: opened, its tables made, and each transaction one truth.

Two programs may write at once. SQLite has one writer at a time; in PostgreSQL a transaction that
writes takes the vault's advisory lock. So between its first statement and its commit nobody else
adds a row, retires a key or collects a blob.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from sqlalchemy import Connection, Engine, Table, event, text
from sqlalchemy.engine.interfaces import ExceptionContext
from sqlmodel import SQLModel

from tracer.errors import (
    ConfigurationError,
    DatabaseUnavailableError,
    FatalError,
    TracerError,
)
from tracer.store import session
from tracer.vault.tables import SCHEMA_VERSION, VaultInfo, VaultModel

_WRITE_LOCK: Final = 0x7661756C74  # PostgreSQL advisory lock: one writer of the vault at a time
_HINT: Final = "Is it there and running, and is TRACER_VAULT_DATABASE_URL right? Then try again."


def open_vault_engine(url: str, *, busy_timeout_s: float = session.BUSY_TIMEOUT_S) -> Engine:
    """Prepare the vault's database for use. Nothing is opened before the first statement.

    Args:
        url: `sqlite:///<path>` or `postgresql://<user>@<host>/<name>`.
        busy_timeout_s: how long to wait for another writer.

    Raises:
        ConfigurationError: not such a URL.
    """
    engine = session.open_engine(url, busy_timeout_s=busy_timeout_s)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _overwrite_deleted)
    event.listen(engine, "handle_error", _translate, retval=True)
    return engine


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """One transaction, the only one that writes to the vault meanwhile: all of it, or nothing."""
    with session.writing(engine) as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(text(f"SELECT pg_advisory_xact_lock({_WRITE_LOCK})"))
        yield connection


def create_tables(engine: Engine, root_id: bytes, now_unix: int) -> None:
    """Make the tables that are missing, and note whose they are.

    Call it after importing every module that adds tables to `VaultModel`.

    Args:
        engine: an empty database, or a vault's.
        root_id: of the vault's root key.
        now_unix: when a new vault is made.

    Raises:
        ConfigurationError: the vault of another root key, or of another version of this program.
    """
    with writing(engine) as connection:
        VaultModel.metadata.create_all(connection)
        info = table_of(VaultInfo)
        if connection.execute(info.select()).first() is None:
            row = {"schema_version": SCHEMA_VERSION, "root_id": root_id}
            connection.execute(info.insert().values(id=1, created_at_unix=now_unix, **row))
    check_vault(engine, root_id)


def check_vault(engine: Engine, root_id: bytes) -> None:
    """Make sure that this database belongs to this root key and this program.

    Raises:
        ConfigurationError: it does not, or there is no vault.
    """
    with session.reading(engine) as found:
        row = found.execute(table_of(VaultInfo).select()).first()
    if row is None:
        raise _no_vault()
    if row.schema_version != SCHEMA_VERSION:
        raise ConfigurationError(
            f"the vault's tables have version {row.schema_version}, this program reads"
            f" {SCHEMA_VERSION}",
            hint="Use the version of tracer that made them.",
        )
    if row.root_id != root_id:
        raise ConfigurationError(
            "the root key is another vault's", hint="TRACER_VAULT_KEY_FILE names the key's file."
        )


def table_of(model: type[SQLModel]) -> Table:
    """The SQLAlchemy table of a model."""
    table: Table = model.__table__  # type: ignore[attr-defined]
    return table


def _overwrite_deleted(connection: Any, _record: object) -> None:  # noqa: ANN401 - sqlite3's own
    """An erased key must not stay readable in a free page of the file."""
    connection.execute("PRAGMA secure_delete=ON")


def _no_vault() -> ConfigurationError:
    return ConfigurationError(
        "the database holds no vault yet", hint="Run `tracer vault init` to make one."
    )


def _translate(context: ExceptionContext) -> TracerError | None:
    """The session's errors speak of the mirror; these speak of the vault."""
    known = getattr(context, "chained_exception", None)  # absent when nobody has set it
    if isinstance(known, DatabaseUnavailableError):
        return DatabaseUnavailableError(
            str(known).replace("the mirror's database", "the vault's database"), hint=_HINT
        )
    code = getattr(context.original_exception, "sqlite_errorcode", 0) & 0xFF
    if code == sqlite3.SQLITE_PROTOCOL:  # the disk refuses SQLite's locks
        return DatabaseUnavailableError("the vault's database cannot be locked", hint=_HINT)
    if isinstance(known, ConfigurationError):
        return _no_vault()
    if isinstance(known, FatalError):
        return FatalError(
            f"a row of the vault contradicts another: {str(known).split(': ', 1)[-1]}",
            hint="Somebody changed its rows. Restore its database from a backup.",
        )
    return None
