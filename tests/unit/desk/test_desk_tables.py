from collections.abc import Iterator
from pathlib import Path

import pytest

from tracer.errors import NotAuthenticatedError, QuotaExceededError
from tracer.vault.database import open_vault_engine
from tracer.vault.desk_tables import DAY_S, DeskTables, Quota, SignedStatement

US, OTHER = 9520010001091, 9520010001138
KEY = bytes(20)


class Clock:
    def __init__(self) -> None:
        self.unix = 1_790_000_000

    def __call__(self) -> int:
        return self.unix


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def tables(tmp_path: Path, clock: Clock) -> Iterator[DeskTables]:
    engine = open_vault_engine(f"sqlite:///{tmp_path / 'desk.sqlite'}")
    tables = DeskTables(engine, clock)
    tables.create()
    tables.create()
    yield tables
    engine.dispose()


def test_a_session_lasts_until_it_ends(tables: DeskTables, clock: Clock) -> None:
    tables.open_session("token", KEY, clock.unix + 10)
    found = tables.find_session("token")
    assert found is not None
    assert (found.address, found.expires_at_unix) == (KEY, clock.unix + 10)
    assert tables.find_session("other") is None
    clock.unix += 10
    assert tables.find_session("token") is None
    tables.open_session("next", KEY, clock.unix + 10)
    tables.end_session("next")
    assert tables.find_session("next") is None


def test_the_token_itself_is_not_kept(tables: DeskTables, clock: Clock, tmp_path: Path) -> None:
    tables.open_session("a-very-secret-token", KEY, clock.unix + 10)
    stored = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert b"a-very-secret-token" not in stored


def test_a_nonce_is_used_once_by_each_signer(tables: DeskTables, clock: Clock) -> None:
    tables.use_nonce(KEY, "n", clock.unix + 10)
    with pytest.raises(NotAuthenticatedError):
        tables.use_nonce(KEY, "n", clock.unix + 10)
    tables.use_nonce(b"\x01" * 20, "n", clock.unix + 10)
    clock.unix += 10
    with pytest.raises(NotAuthenticatedError):
        tables.use_nonce(KEY, "n", clock.unix + 10)
    clock.unix += 1
    tables.use_nonce(KEY, "n", clock.unix + 10)


def test_a_quota_is_an_organisations_and_a_days(tables: DeskTables, clock: Clock) -> None:
    most = Quota(files=2, octets=100)
    day = tables.reserve(US, 60, most)
    with pytest.raises(QuotaExceededError):
        tables.reserve(US, 41, most)
    tables.reserve(OTHER, 100, most)
    tables.release(US, 60, day)
    tables.reserve(US, 50, most)
    tables.reserve(US, 50, most)
    with pytest.raises(QuotaExceededError):
        tables.reserve(US, 0, most)
    clock.unix += DAY_S
    tables.reserve(US, 100, most)


def test_nothing_is_taken_back_below_zero(tables: DeskTables) -> None:
    most = Quota(files=1, octets=10)
    day = tables.reserve(US, 10, most)
    for _ in range(3):
        tables.release(US, 10, day)
    tables.reserve(US, 10, most)
    with pytest.raises(QuotaExceededError):
        tables.reserve(US, 10, most)


def test_the_first_statement_stays(tables: DeskTables) -> None:
    first = SignedStatement(KEY, "{}", bytes(65), 5)
    assert tables.find_statement("D") is None
    tables.put_statement("D", first)
    tables.put_statement("D", SignedStatement(KEY, "{1}", bytes(65), 6))
    assert tables.find_statement("D") == first
