"""Put a fresh mirror in another's place, in one commit: readers see the old one, then the new one.

SQLite copies the fresh file page by page over the live one, so whatever was wrong with it is gone;
readers keep their snapshot, as with any other commit (write-ahead log). PostgreSQL deletes and
copies rows: tables that were renamed or truncated would look empty to a reader that began before.
Killed at any moment, the old mirror is there or the new one.
"""

import sqlite3
import time
from collections.abc import Callable
from typing import Final, cast

from sqlalchemy import Engine, PoolProxiedConnection, delete, func, select, text

from tracer.errors import DatabaseUnavailableError
from tracer.store import write
from tracer.store.session import BUSY_TIMEOUT_S, driver_errors, reading, writing
from tracer.store.tables import MODELS, Cursor, table_of

_PAGES_AT_ONCE: Final = 1_000  # 4 MB, between two calls of `progress`
_ROWS_AT_ONCE: Final = 5_000

Progress = Callable[[int, int], None]
"""Called with how much is copied, and of how much."""


def replace_mirror(live: Engine, fresh: Engine, progress: Progress) -> None:
    """Give a database the contents of another.

    Args:
        live: may be read and written to meanwhile; its tables must be there in PostgreSQL.
        fresh: a SQLite database that nobody else uses.
        progress: called now and then; the last call comes before the commit.

    Raises:
        DatabaseUnavailableError: locked, full or gone; the old mirror is still there.
    """
    if live.dialect.name == "postgresql":
        _copy_rows(live, fresh, progress)
    else:
        _copy_pages(live, fresh, progress)


def _copy_pages(live: Engine, fresh: Engine, progress: Progress) -> None:
    began = time.monotonic()

    def note(status: int, remaining: int, total: int) -> None:
        if status & 0xFF in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}:
            if time.monotonic() - began > BUSY_TIMEOUT_S:
                raise DatabaseUnavailableError(
                    "the mirror's database is locked: another program has been writing to it"
                    f" for {BUSY_TIMEOUT_S:.0f} s",
                    hint="End it, or try again when it is done.",
                )
        else:
            progress(total - remaining, total)

    source, target = fresh.raw_connection(), live.raw_connection()
    try:
        with driver_errors():
            _driver(source).backup(_driver(target), pages=_PAGES_AT_ONCE, progress=note)
            # The log is now as large as the mirror; if a reader needs it, a later commit cuts it.
            _driver(target).execute("PRAGMA busy_timeout=100").close()
            _driver(target).execute("PRAGMA wal_checkpoint(TRUNCATE)").close()
    finally:
        source.close()
        target.invalidate()  # with the patience that it was given above


def _driver(connection: PoolProxiedConnection) -> sqlite3.Connection:
    return cast("sqlite3.Connection", connection.driver_connection)


def _copy_rows(live: Engine, fresh: Engine, progress: Progress) -> None:
    tables = [table_of(model) for model in MODELS]
    with reading(fresh) as source, writing(live) as target:
        cursor = target.dialect.identifier_preparer.format_table(table_of(Cursor))
        # Whoever wants to write locks the cursor first; readers lock nothing that this conflicts
        # with.
        target.execute(text(f"LOCK TABLE {cursor} IN EXCLUSIVE MODE"))
        for table in reversed(tables):
            target.execute(delete(table))
        counts = [select(func.count()).select_from(table) for table in tables]
        done, total = 0, sum(source.execute(count).scalar_one() for count in counts)
        for model in MODELS:
            wanted = select(table_of(model)).execution_options(yield_per=_ROWS_AT_ONCE)
            for rows in source.execute(wanted).partitions():
                write.insert_rows(target, model, [tuple(row) for row in rows])
                done += len(rows)
                progress(done, total)
        for index in (index for table in tables for index in table.indexes):
            index.create(target, checkfirst=True)
