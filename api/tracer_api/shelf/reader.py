"""Look-ups on the shelf, past SQLAlchemy.

A look-up gives what is needed to decide whether a page may be served, and the row that may hold
the tin. Documents are read when they are first needed and kept by the fast path.
"""

import asyncio
import sqlite3
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Final, NamedTuple, Self
from urllib.parse import quote

import psycopg
from sqlalchemy.engine import make_url

from tracer_api.shelf.tables import Position

MAP_BYTES: Final = 2**30  # of the file that SQLite maps into memory: reads without a system call
BUSY_TIMEOUT_S: Final = 0.02  # SQLite mends its index of a log within a millisecond
MAX_READ_TINS: Final = 100_000  # read at once, in some ten milliseconds
SESSIONS: Final = 4  # with PostgreSQL; more at once wait for one
CONNECT_TIMEOUT_S: Final = 5
RETRY_S: Final = 1.0  # a shelf that is away is looked for again after this time

_KNOWN: Final = """
    s.valid_until_unix, s.build, s.page_changes, s.block_number, s.block_hash, s.block_time_unix
"""
_STATE: Final = f"SELECT {_KNOWN} FROM state AS s"  # noqa: S608 - our own names
_PAGE: Final = """
    SELECT p.id, p.fresh_until_unix, p.tins, l.root, s.page_changes{more}
    FROM {schema}page AS p CROSS JOIN {schema}state AS s
    LEFT JOIN {schema}tin_list AS l ON l.id = p.tins
    WHERE p.gtin = {gtin} AND p.lot = {lot} AND p.stale = 0
"""
_ROW: Final = """
    SELECT t.body FROM {schema}tins AS t
    WHERE t.list = {list} AND t.first_serial <= {serial}
    ORDER BY t.first_serial DESC LIMIT 1
"""
_ROWS: Final = """
    SELECT first_serial, body FROM tins
    WHERE list = ? AND (SELECT size FROM tin_list WHERE id = ?) <= ?
    ORDER BY first_serial
"""
_DOCUMENT: Final = "SELECT body FROM {schema}doc WHERE page = {page} AND kind = {kind}"


class Known(NamedTuple):
    """The publisher's last look at the mirror.

    Attributes:
        valid_until_unix: see `tables.State`.
        build: that made the pages.
        page_changes: how often pages have changed.
        position: how far the mirror had read.
        opened: how often a file was opened before it was read from this one.
    """

    valid_until_unix: int
    build: int
    page_changes: int
    position: Position
    opened: int

    @classmethod
    def of(cls, row: Sequence[Any], opened: int = 0) -> Self:
        """Read the columns of `_KNOWN`."""
        until_unix, build, page_changes, *position = row
        return cls(until_unix, build, page_changes, Position(*position), opened)

    def has_pages_of(self, other: "Known | None") -> bool:
        """Whether pages are what they were."""
        return other is not None and (self.opened, self.page_changes) == (
            other.opened,
            other.page_changes,
        )


class Found(NamedTuple):
    """A page that is not stale.

    Attributes:
        page: its number.
        fresh_until_unix: see `tables.PageRow`.
        tins: number of the batch's serial list, None when it has issued none.
        root: of that list.
        page_changes: how often pages had changed when it was found.
    """

    page: int
    fresh_until_unix: int
    tins: int | None
    root: bytes | None
    page_changes: int


Lookup = tuple[Found, Known, bytes | None]
"""A page, the look, and the one row that may hold the serial; None when it comes before all."""


def _line(statement: str, **names: str) -> str:
    return " ".join(statement.format(**names).split())


class SqliteReader:
    """A shelf in a file, read in the event loop: a look-up takes less than a thread's start.

    While the file is away or damaged it has nothing; `look` opens it again.

    Args:
        file: it need not be there yet, and may be replaced at any time.
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        self._connection: sqlite3.Connection | None = None
        self._cursor: sqlite3.Cursor | None = None
        self._identity: tuple[int, int] | None = None
        self._version: tuple[int] | None = None
        self._known: Known | None = None
        self._opened = 0
        self._page = _line(_PAGE, more="", schema="", gtin="?", lot="?")
        self._row = _line(_ROW, schema="", list="?", serial="?")
        self._document = _line(_DOCUMENT, schema="", page="?", kind="?")

    def look(self) -> Known | None:
        """The publisher's last look; None when there is none."""
        identity = None
        with suppress(OSError):
            found = self._file.stat()
            identity = found.st_dev, found.st_ino
        if self._cursor is None or identity != self._identity:
            self.close()
            self._identity = identity
            if identity is not None:
                self._open()
        version = self._one("PRAGMA data_version", ())
        if version != self._version:
            self._version = version
            row = self._one(_STATE, ())
            self._known = None if row is None else Known.of(row, self._opened)
        return self._known

    def find(self, gtin: str, lot: str) -> Found | None:
        """A batch's page; None when there is none to serve.

        Args:
            gtin: 14 digits.
            lot: as printed.
        """
        row = self._one(self._page, (gtin, lot))
        return None if row is None else Found(*row)

    def row(self, tins: int | None, serial: bytes) -> bytes | None:
        """The one row of a serial list that may hold a serial; None when it comes before all."""
        row = self._one(self._row, (tins, serial))
        return None if row is None else row[0]

    def rows(self, tins: int | None) -> list[tuple[bytes, bytes]]:
        """All rows of a serial list, ascending, with their first serials.

        None of a list that is away, or longer than `MAX_READ_TINS`.
        """
        if self._cursor is None:
            return []
        try:
            return self._cursor.execute(_ROWS, (tins, tins, MAX_READ_TINS)).fetchall()
        except sqlite3.Error:
            self.close()
            return []

    def document(self, page: int, kind: str) -> bytes | None:
        """A page's document; None when it has none of the kind."""
        row = self._one(self._document, (page, kind))
        return None if row is None else row[0]

    def close(self) -> None:
        """Give the file back."""
        if self._connection is not None:
            self._connection.close()
        self._connection = self._cursor = self._version = self._known = None

    def _one(self, statement: str, values: tuple[Any, ...]) -> Any:  # noqa: ANN401 - a row
        if self._cursor is None:
            return None
        try:
            return self._cursor.execute(statement, values).fetchone()
        except sqlite3.Error:
            self.close()
            return None

    def _open(self) -> None:
        with suppress(sqlite3.Error):
            self._connection = sqlite3.connect(
                f"file:{quote(str(self._file))}?mode=ro",
                uri=True,
                timeout=BUSY_TIMEOUT_S,
                isolation_level=None,
                check_same_thread=False,
            )
            self._connection.execute(f"PRAGMA mmap_size={MAP_BYTES}")
            self._cursor = self._connection.cursor()
            self._opened += 1


class PostgresReader:
    """A shelf in the mirror's PostgreSQL database.

    Args:
        url: `postgresql://<user>@<host>/<name>`.
    """

    def __init__(self, url: str) -> None:
        plain = make_url(url).set(drivername="postgresql")
        self._url = plain.render_as_string(hide_password=False)
        self._free: list[psycopg.AsyncConnection] = []
        self._gate: asyncio.Semaphore | None = None
        self._away_until = 0.0
        row = _line(_ROW, schema="shelf.", list="p.tins", serial="%s")
        more = f", ({row}), {_KNOWN}"
        self._page = _line(_PAGE, more=more, schema="shelf.", gtin="%s", lot="%s")
        self._document = _line(_DOCUMENT, schema="shelf.", page="%s", kind="%s")

    async def find(self, gtin: str, lot: str, serial: bytes) -> Lookup | None:
        """See `SqliteReader.find` and `row`."""
        row = await self._ask(self._page, (serial, gtin, lot))
        return None if row is None else (Found(*row[:5]), Known.of(row[6:]), row[5])

    async def document(self, page: int, kind: str) -> bytes | None:
        """See `SqliteReader.document`."""
        row = await self._ask(self._document, (page, kind))
        return None if row is None else bytes(row[0])

    async def close(self) -> None:
        """End all sessions."""
        while self._free:
            await self._free.pop().close()

    async def _ask(self, statement: str, values: tuple[Any, ...]) -> tuple[Any, ...] | None:
        loop = asyncio.get_running_loop()
        if loop.time() < self._away_until:
            return None
        if self._gate is None:
            self._gate = asyncio.Semaphore(SESSIONS)
        async with self._gate:
            try:
                session = self._free.pop() if self._free else await self._connect()
                cursor = await session.execute(statement, values, prepare=True, binary=True)
                row: tuple[Any, ...] | None = await cursor.fetchone()
            except (psycopg.Error, OSError):
                # The session is left to its end; the next look-up opens another.
                self._away_until = loop.time() + RETRY_S
                return None
            self._free.append(session)
            return row

    async def _connect(self) -> psycopg.AsyncConnection:
        return await psycopg.AsyncConnection.connect(
            self._url, autocommit=True, connect_timeout=CONNECT_TIMEOUT_S
        )
