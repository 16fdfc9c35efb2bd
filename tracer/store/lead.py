"""Who may write to the mirror: of several indexers one leads, the others stand by.

Leading saves work; it keeps nothing safe. Two that write at once are told apart by the cursor
(`tracer.store.write.lock_cursor`), so whoever leads by mistake loses a race and nothing else.
"""

import hashlib
import os
import socket
from contextlib import suppress
from pathlib import Path
from typing import Any, Final, Protocol

import filelock
import psycopg
from sqlalchemy import Engine

from tracer.errors import DatabaseUnavailableError
from tracer.store.session import CONNECT_TIMEOUT_S, database_file, driver_errors

LEASE_S: Final = 10.0
"""PostgreSQL gives the lead of an indexer that is silent for longer than this to another."""

_MAX_NAME_CHARS: Final = 63  # PostgreSQL cuts longer names of applications
_MAX_NAME_BYTES: Final = 300
_FROZEN_S: Final = 3.0  # between two pieces of a COPY; they follow each other in milliseconds
_LOST_S: Final = 6  # a machine that has lost its network or its power is given up after this

_TAKE: Final = "SELECT pg_try_advisory_lock(%s)"  # also true for the session that has it already
_GIVE: Final = "SELECT pg_advisory_unlock_all()"
_LEADER: Final = """
    SELECT CASE WHEN pg_is_in_recovery() THEN NULL ELSE COALESCE((
        SELECT COALESCE(NULLIF(activity.application_name, ''), 'session ' || locks.pid)
        FROM pg_locks AS locks LEFT JOIN pg_stat_activity AS activity USING (pid)
        WHERE locks.locktype = 'advisory' AND locks.granted AND locks.objsubid = 1
          AND locks.database = (SELECT oid FROM pg_database WHERE datname = current_database())
          AND (locks.classid::bigint << 32) + locks.objid::bigint = %s
    ), '') END
"""
_END_FROZEN: Final = """
    SELECT pg_terminate_backend(activity.pid)
    FROM pg_stat_activity AS activity JOIN pg_locks AS locks USING (pid)
    WHERE locks.relation = to_regclass('"cursor"') AND locks.granted
      AND locks.mode <> 'AccessShareLock' AND activity.usename = current_user
      AND activity.state = 'active' AND activity.wait_event_type = 'Client'
      AND activity.query_start < now() - make_interval(secs => %s)
"""
"""The server's own timeouts end a silent transaction, but not one that waits amid a COPY."""


class Lead(Protocol):
    """The right to write to one mirror. Not to be shared between threads."""

    def hold(self) -> bool:
        """Take the lead if it is free; whether this indexer leads now.

        To be asked before every range: a lead may be lost.

        Raises:
            DatabaseUnavailableError: it cannot be asked for.
        """

    def leader(self) -> str | None:
        """The name of who leads now: "" = nobody, None = it cannot be known here.

        Raises:
            DatabaseUnavailableError: it cannot be asked for.
        """

    def release(self) -> None:
        """Let another indexer lead. `hold` may be asked again later."""


def open_lead(engine: Engine, chain_id: int, contract: bytes, *, lease_s: float = LEASE_S) -> Lead:
    """The lead of the mirror of one ledger. Nothing is taken before `hold`.

    Args:
        engine: from `tracer.store.session.open_engine`.
        chain_id: of the ledger's chain.
        contract: the ledger's address.
        lease_s: see `LEASE_S`.
    """
    if engine.dialect.name == "postgresql":
        key = hashlib.sha256(b"tracer lead %d %s" % (chain_id, contract)).digest()[:8]
        return _SessionLead(engine, int.from_bytes(key, "big", signed=True), lease_s)
    file = database_file(engine)
    return NoRivals() if file is None else _FileLead(file)


def own_name() -> str:
    """How this indexer is called where others see it."""
    return f"process {os.getpid()} on {socket.gethostname()}"[:_MAX_NAME_CHARS]


class NoRivals:
    """The lead where nobody else can write."""

    def hold(self) -> bool:
        """Always."""
        return True

    def leader(self) -> str | None:
        """Whoever asks."""
        return own_name()

    def release(self) -> None:
        """Nothing to do."""


class _FileLead:
    """SQLite: the kernel's lock on `<database>.lock`. It ends with the process, however that ends.

    A process that is frozen keeps it, as it may keep the database's own.
    """

    def __init__(self, database: Path) -> None:
        resolved = database.resolve()
        self._file = resolved.with_name(f"{resolved.name}.lock")
        self._lock = filelock.FileLock(self._file, mode=0o644, blocking=False)

    def hold(self) -> bool:
        if self._lock.is_locked:
            return True
        if not self._take():
            return False
        with suppress(OSError):  # the name is for people; the lock is the kernel's
            self._file.write_text(own_name(), "utf-8")
        return True

    def leader(self) -> str | None:
        if not self._file.exists():
            return ""
        if not self._lock.is_locked and self._take():
            self._lock.release()
            return ""
        with suppress(OSError), self._file.open("rb") as file:
            return file.read(_MAX_NAME_BYTES).decode("utf-8", "replace") or "another process"
        return "another process"

    def release(self) -> None:
        self._lock.release()

    def _take(self) -> bool:
        try:
            self._file.parent.stat()  # the lock would make a folder that is not there
            self._lock.acquire()
        except filelock.Timeout:
            return False
        except OSError as error:
            raise DatabaseUnavailableError(
                f"the lock {self._file} cannot be used: {error.strerror or error}",
                hint="Does its folder exist, and may this program write there?",
            ) from error
        return True


class _SessionLead:
    """PostgreSQL: an advisory lock on a session of its own. It ends with the session.

    The server ends the session of a process that dies at once, that of a frozen one after the
    lease, and that of a machine that is gone when its packets stay unanswered.
    """

    def __init__(self, engine: Engine, key: int, lease_s: float) -> None:
        self._dialect, self._url = engine.dialect, engine.url
        self._key = key
        self._options = " ".join(
            f"-c {name}={value}"
            for name, value in (
                ("idle_session_timeout", f"{int(lease_s * 1000)}ms"),
                ("tcp_keepalives_idle", _LOST_S // 2),
                ("tcp_keepalives_interval", 1),
                ("tcp_keepalives_count", _LOST_S // 2),
            )
        )
        self._session: psycopg.Connection | None = None
        self._has_lead = False

    def hold(self) -> bool:
        had_lead = self._has_lead
        self._has_lead = bool(self._ask(_TAKE, self._key))
        if self._has_lead and not had_lead:
            # Whoever led before may be frozen with the cursor locked.
            self._ask(_END_FROZEN, _FROZEN_S)
        return self._has_lead

    def leader(self) -> str | None:
        name = self._ask(_LEADER, self._key)
        return None if name is None else str(name)

    def release(self) -> None:
        session, self._session, self._has_lead = self._session, None, False
        if session is not None:
            with suppress(psycopg.Error), session:
                session.execute(_GIVE)  # the server notices the end of a session a little later

    def _ask(self, question: str, about: float) -> object:
        """One question, on a new session if there is none or it has ended."""
        if self._session is not None:
            with suppress(psycopg.Error):
                return _answer(self._session, question, about)
            self.release()
        with driver_errors():
            self._session = self._connect()
            return _answer(self._session, question, about)

    def _connect(self) -> psycopg.Connection:
        arguments, given = self._dialect.create_connect_args(self._url)
        named: dict[str, Any] = {
            **given,
            "options": f"{given.get('options', '')} {self._options}".strip(),
            "application_name": own_name(),
            "connect_timeout": CONNECT_TIMEOUT_S,
            "tcp_user_timeout": _LOST_S * 1000,
            "keepalives_idle": _LOST_S // 2,
            "keepalives_interval": 1,
            "keepalives_count": _LOST_S // 2,
        }
        return psycopg.connect(*arguments, **named, autocommit=True)


def _answer(session: psycopg.Connection, question: str, about: float) -> object:
    row = session.execute(question, (about,)).fetchone()
    return None if row is None else row[0]
