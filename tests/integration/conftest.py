"""Real servers for integration tests; each test gets a database of its own."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from anvil_ledger import AnvilLedger, running_anvil
from postgres import PostgresServer, fresh_database, running_postgres
from sqlalchemy import Engine

from tracer.chain.rpc import RpcClient
from tracer.store.session import open_engine


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    with running_postgres() as server:
        yield server


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """An empty database, of each kind in turn."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'mirror.sqlite'}"
    else:
        with fresh_database(request.getfixturevalue("postgres")) as url:
            yield url


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    """That database, opened."""
    engine = open_engine(database_url)
    yield engine
    engine.dispose()


@pytest.fixture
def ledger() -> Iterator[AnvilLedger]:
    """A real ledger on a chain of its own."""
    with running_anvil() as (url, _), RpcClient(url) as node:
        yield AnvilLedger(node)
