"""The shelf: opened for writing, and made where it is not there.

It is a cache: `<home>/shelf.sqlite`, or the schema `shelf` in the mirror's PostgreSQL database.
Whatever is lost or of an older form is made anew. One program writes, every change is one
transaction, and a page is whole or absent.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from sqlalchemy import Connection, Engine, event, inspect, select, text

from tracer.store import session
from tracer.store.lead import Lead, open_lead
from tracer_api.shelf.tables import (
    FORM,
    METADATA,
    PAGE,
    PARTY_SEEN,
    SCHEMA,
    STATE,
    PageMark,
    PageRow,
    Position,
    State,
)
from tracer_api.shelf.writer import ShelfWriter

__all__ = ["PageRow", "Position", "Shelf", "shelf_url"]

BUSY_TIMEOUT_S: Final = 5.0
_SETUP_LOCK: Final = 0x7368656C66  # PostgreSQL advisory lock: one program makes the tables


def shelf_url(mirror_url: str, home: Path) -> str:
    """Where the shelf is: beside the mirror, or within its PostgreSQL database."""
    if mirror_url.startswith("postgres"):
        return mirror_url
    return f"sqlite:///{home / 'shelf.sqlite'}"


class Shelf:
    """The shelf, opened for writing.

    Args:
        url: from `shelf_url`; the tables are made if they are not there.

    Raises:
        ConfigurationError: not such a URL.
        DatabaseUnavailableError: locked, full or gone.
    """

    def __init__(self, url: str) -> None:
        engine = session.open_engine(url, busy_timeout_s=BUSY_TIMEOUT_S)
        self._is_sqlite = engine.dialect.name == "sqlite"
        if self._is_sqlite:
            event.listen(engine, "connect", _prepare_sqlite)
        translated = {SCHEMA: None} if self._is_sqlite else {}
        self._engine: Engine = engine.execution_options(schema_translate_map=translated)
        self._set_up()

    def close(self) -> None:
        """Give the database back."""
        self._engine.dispose()

    def lead(self) -> Lead:
        """The right to write, which one program has at a time; see `tracer.store.lead`."""
        return open_lead(self._engine, 0, b"shelf")

    @contextmanager
    def writing(self) -> Iterator["ShelfWriter"]:
        """One transaction: all of it is committed, or nothing."""
        with session.writing(self._engine) as connection:
            writer = ShelfWriter(connection)
            yield writer
            writer.finish()

    def state(self) -> State | None:
        """Where the publisher stood; None on a new shelf."""
        with self._reading() as connection:
            row = connection.execute(select(STATE)).one_or_none()
        if row is None:
            return None
        place = Position(row.block_number, row.block_hash, row.block_time_unix)
        return State(
            row.build,
            place,
            row.next_sequence,
            row.log_block,
            row.log_block_hash,
            row.valid_until_unix,
        )

    def page_changes(self) -> int:
        """How often pages have changed since the shelf was made."""
        with self._reading() as connection:
            return int(connection.execute(select(STATE.c.page_changes)).scalar() or 0)

    def marks(self) -> dict[bytes, PageMark]:
        """Batch id -> mark of every page."""
        c = PAGE.c
        wanted = select(
            c.batch_id,
            c.head,
            c.last_block,
            c.last_block_hash,
            c.stale,
            c.published_unix,
            c.fresh_until_unix,
        )
        with self._reading() as connection:
            return {
                row[0]: PageMark(row[1], row[2], row[3], bool(row[4]), row[5], row[6])
                for row in connection.execute(wanted)
            }

    def parties_seen(self) -> dict[int, bytes]:
        """GLN -> stamp of the party's row when its pages were last looked at."""
        with self._reading() as connection:
            return {row[0]: row[1] for row in connection.execute(select(PARTY_SEEN))}

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        with self._engine.connect() as connection:
            yield connection

    def _set_up(self) -> None:
        with session.writing(self._engine) as connection:
            if not self._is_sqlite:
                connection.execute(text(f"SELECT pg_advisory_xact_lock({_SETUP_LOCK})"))
                connection.execute(text(f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}"))
            schema = None if self._is_sqlite else SCHEMA
            if inspect(connection).has_table("state", schema) and not _is_ours(connection):
                METADATA.drop_all(connection)
            METADATA.create_all(connection)


def _is_ours(connection: Connection) -> bool:
    """Whether the tables are of this form; an empty shelf may be of any."""
    columns = {
        column["name"]
        for column in inspect(connection).get_columns(
            "state", None if connection.dialect.name == "sqlite" else SCHEMA
        )
    }
    if columns != set(STATE.c.keys()):
        return False
    form = connection.execute(select(STATE.c.form)).scalar()
    return form in {None, FORM}


def _prepare_sqlite(connection: sqlite3.Connection, _record: object) -> None:
    # A lost shelf is made anew: it need not survive a power cut, only never be half-written.
    connection.execute("PRAGMA synchronous=NORMAL")
