"""How often each code was scanned: by day and region, and nothing else about anybody.

The counts live in a database of their own, apart from the mirror, which is only read:
`<home>/scans.sqlite`, or the schema `scans` in the mirror's PostgreSQL database. Tables are made on
first use. A row says which tin (a hash), which day, which region, and how many; there is no column
for an address, a device or a time of day.

Every change is one short transaction, so any number of servers may count at once. A database that
is locked, full or gone raises `DatabaseUnavailableError`; whoever asks then says "unknown".
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import psycopg
from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    delete,
    event,
    func,
    select,
    text,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine.interfaces import ExceptionContext

from tracer.domain.clones import History, Opening
from tracer.domain.journeys import DayCount
from tracer.errors import ConfigurationError, DatabaseUnavailableError, TracerError
from tracer.store import session

SCHEMA: Final = "scans"
BUSY_TIMEOUT_S: Final = 1.0
"""How long a scan waits for another's; a page that waits longer has lost its reader."""

MAX_A_DAY: Final = 25
"""Highest count of one tin, day and region, of first and of repeated scans each. A household and a
shelf that many walk past stay below; whoever scans in a loop cannot fill the disk or the score."""

MAX_REGIONS_A_DAY: Final = 40
"""Regions of one tin on one day that are kept apart; more are a program that tries all of them."""

MAX_ROWS: Final = 2_000
"""Newest rows of one tin that are read. A family's tin has fifty; of a copied code they are enough,
and judging them takes milliseconds."""

MAX_WRONG_A_DAY: Final = 20
"""Wrong codes for one tin on one day, then none is compared until the next. A code comes from a QR
code and is seldom typed; twenty leave room for a family's mistakes, and 2^80 for nobody's guess."""

_HINT: Final = "Is its disk full, or is another program holding it? Counting goes on by itself."
_SETUP_LOCK: Final = 0x7363616E73  # PostgreSQL advisory lock: one program makes the tables

_METADATA: Final = MetaData(schema=SCHEMA)


def _key(*more: Column[Any]) -> list[Column[Any]]:
    tin: Column[Any] = Column("tin", LargeBinary, primary_key=True)
    return [tin, Column("day", Integer, primary_key=True, index=True), *more]


def _region() -> Column[Any]:
    return Column("region", String(6), primary_key=True)


def _count(name: str) -> Column[Any]:
    return Column(name, Integer, nullable=False)


_SCAN: Final = Table("scan", _METADATA, *_key(_region(), _count("firsts"), _count("repeats")))
_OPENING: Final = Table("opening", _METADATA, *_key(_region(), _count("firsts"), _count("repeats")))
_WRONG: Final = Table("wrong_code", _METADATA, *_key(_count("count")))
_OPENED: Final = Table(
    "opened",
    _METADATA,
    Column("tin", LargeBinary, primary_key=True),
    Column("day", Integer, nullable=False, index=True),
    Column("region", String(6), nullable=False),
)
_PRUNED: Final = Table(
    "pruned",
    _METADATA,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("day", BigInteger, nullable=False),
)
_DATED: Final = (_SCAN, _OPENING, _WRONG, _OPENED)


@dataclass(frozen=True, slots=True)
class TinCount:
    """Scans of one tin on one day in one region; see `DayCount`."""

    tin: bytes
    count: DayCount


def scans_url(mirror_url: str, home: Path) -> str:
    """Where scans are counted: beside the mirror, or within its PostgreSQL server.

    Args:
        mirror_url: SQLAlchemy URL of the mirror.
        home: of this installation.
    """
    if mirror_url.startswith("postgres"):
        return mirror_url
    return f"sqlite:///{home / 'scans.sqlite'}"


class ScanStore:
    """Counts scans. Threads and processes may share the database; nothing is opened before use.

    Args:
        url: from `scans_url`.
        busy_timeout_s: how long to wait for another writer.

    Raises:
        ConfigurationError: not such a URL.
    """

    def __init__(self, url: str, *, busy_timeout_s: float = BUSY_TIMEOUT_S) -> None:
        engine = session.open_engine(url, busy_timeout_s=busy_timeout_s)
        if engine.dialect.name == "sqlite":
            event.listen(engine, "connect", _prepare)
        event.listen(engine, "handle_error", _translate, retval=True)
        translated = {SCHEMA: None} if engine.dialect.name == "sqlite" else {}
        self._engine = engine.execution_options(schema_translate_map=translated)
        self._is_ready = False

    def close(self) -> None:
        """Give the database back."""
        self._engine.dispose()

    def count_scan(self, tin: bytes, day: int, region: str, *, again: bool) -> History:
        """Count one scan.

        Args:
            tin: `clones.build_tin_key`.
            day: days since 1970-01-01, UTC.
            region: at most 6 characters; "" when it is not known.
            again: the device has scanned this code before.

        Returns:
            What was counted before it; `market` and `sold_day` are not known here.

        Raises:
            DatabaseUnavailableError: it cannot be counted now.
        """
        with self._writing() as connection:
            before = _load(connection, tin)
            _add(connection, _SCAN, tin, day, region, again=again)
            return before

    def count_opening(self, tin: bytes, day: int, region: str, *, again: bool) -> History:
        """Count one use of the right code under the seal; the first is kept apart, once for all.

        Returns:
            What was counted before it.

        Raises:
            DatabaseUnavailableError: it cannot be counted now.
        """
        with self._writing() as connection:
            before = _load(connection, tin)
            first = _insert(connection, _OPENED).values(tin=tin, day=day, region=region)
            mine = first.on_conflict_do_nothing().returning(_OPENED.c.day)
            if connection.execute(mine).first() is None:
                # Of two at one moment the second waited here and was not told of the first above.
                before = replace(before, opened=_opened(connection, tin))
            _add(connection, _OPENING, tin, day, region, again=again)
            return before

    def count_wrong_code(self, tin: bytes, day: int) -> None:
        """Count one wrong code.

        Raises:
            DatabaseUnavailableError: it cannot be counted now.
        """
        with self._writing() as connection:
            wanted = _insert(connection, _WRONG).values(tin=tin, day=day, count=1)
            more = {"count": _WRONG.c.count + 1}
            connection.execute(
                wanted.on_conflict_do_update(index_elements=["tin", "day"], set_=more)
            )

    def may_try(self, tin: bytes, day: int) -> bool:
        """Whether another code may be compared for this tin today.

        Raises:
            DatabaseUnavailableError: it cannot be found out now.
        """
        with self._reading() as connection:
            wanted = select(_WRONG.c.count).where(_WRONG.c.tin == tin, _WRONG.c.day == day)
            return int(connection.execute(wanted).scalar() or 0) < MAX_WRONG_A_DAY

    def load_history(self, tin: bytes) -> History:
        """What has been counted of a tin.

        Raises:
            DatabaseUnavailableError: it cannot be read now.
        """
        with self._reading() as connection:
            return _load(connection, tin)

    def iter_counts(self) -> Iterator[TinCount]:
        """All counts of all tins, for the maker.

        Raises:
            DatabaseUnavailableError: they cannot be read now.
        """
        with self._reading() as connection:
            rows = connection.execution_options(yield_per=1000).execute(select(_SCAN))
            for row in rows:
                yield TinCount(row.tin, DayCount(row.day, row.region, row.firsts, row.repeats))

    def iter_openings(self) -> Iterator[tuple[bytes, Opening]]:
        """The first opening of every tin that was opened.

        Raises:
            DatabaseUnavailableError: they cannot be read now.
        """
        with self._reading() as connection:
            for row in connection.execution_options(yield_per=1000).execute(select(_OPENED)):
                yield row.tin, Opening(row.day, row.region)

    def prune(self, before_day: int) -> int:
        """Forget everything from before a day.

        Returns:
            How many rows are gone.

        Raises:
            DatabaseUnavailableError: nothing is gone.
        """
        with self._writing() as connection:
            return _prune(connection, before_day)

    def prune_daily(self, today: int, keep_days: int) -> int:
        """The same, by whichever server comes first on a day; the others find nothing to do.

        Raises:
            DatabaseUnavailableError: nothing is gone; the next call tries again.
        """
        with self._writing() as connection:
            mine = _insert(connection, _PRUNED).values(id=1, day=today)
            taken = mine.on_conflict_do_update(
                index_elements=["id"], set_={"day": today}, where=_PRUNED.c.day < today
            ).returning(_PRUNED.c.id)
            if connection.execute(taken).first() is None:
                return 0
            return _prune(connection, today - keep_days)

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        was_ready, self._is_ready = self._is_ready, False  # after an error the tables may be gone
        with session.writing(self._engine) as connection:
            if not was_ready:
                _create(connection)
            yield connection
        self._is_ready = True

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        """One snapshot; nobody who counts has to wait for it."""
        if not self._is_ready:
            with self._writing():
                pass
        with session.reading(self._engine) as found:
            yield found.connection()


def _create(connection: Connection) -> None:
    if connection.dialect.name == "postgresql":
        connection.execute(text(f"SELECT pg_advisory_xact_lock({_SETUP_LOCK})"))
        found = text("SELECT to_regclass('scans.pruned')")
        if connection.execute(found).scalar() is not None:
            return  # a server that may write, but not make schemas
        if connection.execute(text(f"SELECT to_regnamespace('{SCHEMA}')")).scalar() is None:
            connection.execute(text(f"CREATE SCHEMA {SCHEMA}"))
    _METADATA.create_all(connection)


def _insert(connection: Connection, table: Table) -> Any:  # noqa: ANN401 - one of two dialects' own
    sorts = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}
    return sorts[connection.dialect.name](table)


def _add(
    connection: Connection, table: Table, tin: bytes, day: int, region: str, *, again: bool
) -> None:
    """One more, up to `MAX_A_DAY`; regions beyond `MAX_REGIONS_A_DAY` count as not known."""
    columns = table.c
    known = select(columns.region).where(columns.tin == tin, columns.day == day)
    regions = set(connection.execute(known).scalars())
    if region not in regions and len(regions - {""}) >= MAX_REGIONS_A_DAY:
        region = ""
    column = columns.repeats if again else columns.firsts
    row = {
        "tin": tin,
        "day": day,
        "region": region,
        "firsts": int(not again),
        "repeats": int(again),
    }
    wanted = _insert(connection, table).values(row)
    connection.execute(
        wanted.on_conflict_do_update(
            index_elements=["tin", "day", "region"],
            set_={column.name: column + 1},
            where=column < MAX_A_DAY,
        )
    )


def _load(connection: Connection, tin: bytes) -> History:
    columns = _SCAN.c
    wanted = select(_SCAN).where(columns.tin == tin).order_by(columns.day.desc()).limit(MAX_ROWS)
    rows = connection.execute(wanted).all()
    scans = tuple(DayCount(it.day, it.region, it.firsts, it.repeats) for it in rows)
    openings = connection.execute(
        select(func.sum(_OPENING.c.firsts)).where(_OPENING.c.tin == tin)
    ).scalar()
    return History(scans, _opened(connection, tin), int(openings or 0))


def _opened(connection: Connection, tin: bytes) -> Opening | None:
    row = connection.execute(select(_OPENED).where(_OPENED.c.tin == tin)).one_or_none()
    return None if row is None else Opening(row.day, row.region)


def _prune(connection: Connection, before_day: int) -> int:
    gone = [connection.execute(delete(it).where(it.c.day < before_day)).rowcount for it in _DATED]
    return sum(gone)


def _prepare(connection: sqlite3.Connection, _record: object) -> None:
    # A count that is lost with the power is no harm; waiting for the disk at each scan is.
    connection.execute("PRAGMA synchronous=NORMAL")
    connection.execute("PRAGMA secure_delete=ON")  # what is forgotten is overwritten


def _translate(context: ExceptionContext) -> TracerError | None:
    """Drivers' errors in our words; the session's own speak of the mirror."""
    if isinstance(context.original_exception, psycopg.errors.InsufficientPrivilege):
        return DatabaseUnavailableError(
            "the scans' tables may not be made or written by this user",
            hint="Run `CREATE SCHEMA scans AUTHORIZATION <user of the server>` once.",
        )
    known = getattr(context, "chained_exception", None)
    if isinstance(known, TracerError):
        state = "gone" if isinstance(known, ConfigurationError) else str(known).partition(":")[0]
        words = state.replace("the mirror's database is ", "").replace("the mirror", "the scans")
        return DatabaseUnavailableError(f"the database of scans is {words}", hint=_HINT)
    return None
