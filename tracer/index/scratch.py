"""A database that is thrown away: a mirror is built in it, to compare with or to copy from."""

import contextlib
import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from filelock import FileLock, Timeout
from sqlalchemy import Engine, event

from tracer.durable import make_folder
from tracer.errors import DatabaseUnavailableError, TransientError
from tracer.store.session import open_engine

FOLDER = "scratch"
PRIVATE = 0o700


@contextlib.contextmanager
def scratch_engine(home: Path) -> Iterator[Engine]:
    """An empty SQLite database, deleted at the end; what a killed command left is deleted first.

    Args:
        home: folder of this installation; it needs as much room as a mirror takes.

    Raises:
        TransientError: another command uses it.
        DatabaseUnavailableError: the folder cannot be written.
    """
    folder = home / FOLDER
    with _alone(home):
        shutil.rmtree(folder, ignore_errors=True)
        _make(folder)
        engine = open_engine(f"sqlite:///{folder / 'mirror.sqlite'}")
        event.listen(engine, "connect", _hurry)
        try:
            yield engine
        finally:
            engine.dispose()
            shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def _alone(home: Path) -> Iterator[None]:
    _make(home / "locks")
    try:
        with FileLock(home / "locks" / f"{FOLDER}.lock", timeout=0):
            yield
    except Timeout:
        raise TransientError(
            "another tracer command is checking or rebuilding the mirror",
            hint="Wait for it; then run the same command again.",
        ) from None


def _make(folder: Path) -> None:
    try:
        make_folder(folder, PRIVATE)
    except OSError as error:
        raise DatabaseUnavailableError(
            f"{folder} cannot be made: {error.strerror}",
            hint="TRACER_HOME must be writable and have room for a second mirror.",
        ) from error


def _hurry(connection: sqlite3.Connection, _record: object) -> None:
    connection.execute("PRAGMA synchronous=OFF")  # a power cut may take what is thrown away
