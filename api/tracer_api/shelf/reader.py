"""Look-ups on the shelf, past SQLAlchemy: one statement a visit.

A look-up gives what is needed to decide whether a page may be served, and the row that may hold
the tin. Documents are read when they are first needed and kept by the fast path.
"""

import asyncio
import sqlite3
from contextlib import suppress
from pathlib import Path
from typing import Any, Final, NamedTuple
from urllib.parse import quote

import psycopg
from sqlalchemy.engine import make_url

MAP_BYTES: Final = 2**30  # of the file that SQLite maps into memory: reads without a system call
SESSIONS: Final = 4  # with PostgreSQL; more at once wait for one
CONNECT_TIMEOUT_S: Final = 5
RETRY_S: Final = 1.0  # a shelf that is away is looked for again after this time

_FOUND: Final = """
    SELECT p.id, p.fresh_until_unix, s.valid_until_unix, s.build, s.block_number, s.block_hash,
           s.block_time_unix, p.tins, (
        SELECT t.body FROM {schema}tins AS t
        WHERE t.list = p.tins AND t.first_serial <= {serial}
        ORDER BY t.first_serial DESC LIMIT 1
    )
    FROM {schema}page AS p CROSS JOIN {schema}state AS s
    WHERE p.gtin = {gtin} AND p.lot = {lot} AND p.stale = 0
"""
_DOCUMENT: Final = "SELECT body FROM {schema}doc WHERE page = {page} AND kind = {kind}"


class Found(NamedTuple):
    """A page that is not stale, and the publisher's last look at the mirror.

    Attributes:
        page: its number.
        fresh_until_unix: see `tables.PageRow`.
        valid_until_unix: see `tables.State`.
        build: that made the pages.
        block_number: how far the mirror had read, as the two below.
        tins: number of the batch's serial list, None when it has issued none.
        row: the one row that may hold the serial; None when it comes before the first.
    """

    page: int
    fresh_until_unix: int
    valid_until_unix: int
    build: int
    block_number: int
    block_hash: bytes
    block_time_unix: int
    tins: int | None
    row: bytes | None


class SqliteReader:
    """A shelf in a file, read in the event loop: a look-up takes less than a thread's start.

    Args:
        file: it need not be there yet, and may be replaced at any time.
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        self._connection: sqlite3.Connection | None = None
        self._identity: tuple[int, int] | None = None
        self._looked_unix = 0
        names = {"schema": "", "serial": "?", "gtin": "?", "lot": "?", "page": "?", "kind": "?"}
        self._found = " ".join(_FOUND.format(**names).split())
        self._document = _DOCUMENT.format(**names)

    def find(self, gtin: str, lot: str, serial: bytes, now_unix: int) -> tuple[Any, ...] | None:
        """A batch's page as the columns of `Found`; None when there is none to serve.

        Args:
            gtin: 14 digits.
            lot: as printed.
            serial: of the tin, or b"".
            now_unix: once a second the file is looked at, whether it is still the same.
        """
        if now_unix != self._looked_unix:
            self._look(now_unix)
        if self._connection is None:
            return None
        try:
            row: tuple[Any, ...] | None = self._connection.execute(
                self._found, (serial, gtin, lot)
            ).fetchone()
        except sqlite3.Error:
            self._drop()
            return None
        return row

    def document(self, page: int, kind: str) -> bytes | None:
        """A page's document; None when it has none of the kind."""
        if self._connection is None:
            return None
        try:
            row = self._connection.execute(self._document, (page, kind)).fetchone()
        except sqlite3.Error:
            self._drop()
            return None
        return None if row is None else bytes(row[0])

    def close(self) -> None:
        """Give the file back."""
        self._drop()

    def _drop(self) -> None:
        if self._connection is not None:
            self._connection.close()
        self._connection = None

    def _look(self, now_unix: int) -> None:
        self._looked_unix = now_unix
        identity = None
        with suppress(OSError):
            found = self._file.stat()
            identity = found.st_dev, found.st_ino
        if self._connection is not None and identity == self._identity:
            return
        self._drop()
        self._identity = identity
        if identity is None:
            return
        with suppress(sqlite3.Error):
            address = f"file:{quote(str(self._file))}?mode=ro"
            connection = sqlite3.connect(
                address, uri=True, timeout=0, isolation_level=None, check_same_thread=False
            )
            connection.execute(f"PRAGMA mmap_size={MAP_BYTES}")
            self._connection = connection


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
        names = {
            "schema": "shelf.",
            "serial": "%s",
            "gtin": "%s",
            "lot": "%s",
            "page": "%s",
            "kind": "%s",
        }
        self._found = " ".join(_FOUND.format(**names).split())
        self._document = _DOCUMENT.format(**names)

    async def find(self, gtin: str, lot: str, serial: bytes) -> tuple[Any, ...] | None:
        """See `SqliteReader.find`."""
        return await self._ask(self._found, (serial, gtin, lot))

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
