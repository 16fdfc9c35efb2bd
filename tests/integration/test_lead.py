"""Of several indexers one writes; when it goes, another takes its place."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from anvil_ledger import AnvilLedger
from mirror_watches import Recorder
from postgres import PostgresServer, fresh_database
from sqlalchemy import Engine

from tracer.chain.rpc import RpcClient
from tracer.domain.kinds import Kind
from tracer.errors import DatabaseUnavailableError
from tracer.index.follow import follow
from tracer.index.sync import Mirror
from tracer.store.lead import Lead, open_lead, own_name
from tracer.store.session import open_engine

pytestmark = pytest.mark.integration

CHAIN_ID = 31337
CONTRACT = bytes(range(20))


@pytest.fixture
def new_lead(engine: Engine) -> Iterator[Callable[..., Lead]]:
    made: list[Lead] = []

    def make(chain_id: int = CHAIN_ID, contract: bytes = CONTRACT, **more: float) -> Lead:
        made.append(open_lead(engine, chain_id, contract, **more))
        return made[-1]

    yield make
    for lead in made:
        lead.release()


class TestLead:
    def test_one_leads_and_the_others_know_who(self, new_lead: Callable[..., Lead]) -> None:
        first, second = new_lead(), new_lead()
        assert first.leader() == ""
        assert [first.hold(), second.hold(), first.hold()] == [True, False, True]
        assert first.leader() == second.leader() == own_name()
        first.release()
        assert second.leader() == ""
        assert [second.hold(), first.hold()] == [True, False]

    def test_releasing_what_is_not_held_changes_nothing(
        self, new_lead: Callable[..., Lead]
    ) -> None:
        first, second = new_lead(), new_lead()
        second.release()
        assert first.hold()
        second.release()
        assert not second.hold()


class TestFollow:
    def test_who_stands_by_takes_over_at_once(self, engine: Engine, ledger: AnvilLedger) -> None:
        batch_id = ledger.populate()[1]
        with following(engine, ledger) as (first, stop_first):
            wait_for(lambda: first.extended)
            with following(engine, ledger) as (second, _):
                wait_for(lambda: second.leaders)
                ledger.append(1, batch_id, [Kind.DOCUMENT])
                wait_for(lambda: first.extended[1:])
                assert (first.leaders, second.leaders) == (["self"], [own_name()])
                assert not second.extended
                stop_first()
                ledger.append(1, batch_id, [Kind.DOCUMENT])
                wait_for(lambda: second.extended)
                assert second.leaders[-1] == "self"

    def test_who_fails_gives_the_lead_away(self, engine: Engine, ledger: AnvilLedger) -> None:
        ledger.populate()
        with RpcClient("http://127.0.0.1:1") as nowhere:
            with following(engine, ledger, nowhere) as (first, _):
                wait_for(lambda: first.failures)
                with following(engine, ledger) as (second, _):
                    wait_for(lambda: second.extended)
            assert not first.extended


@contextmanager
def following(
    engine: Engine, ledger: AnvilLedger, node: RpcClient | None = None
) -> Iterator[tuple[Recorder, Callable[[], None]]]:
    """A follower in a thread: what its watch heard, and how to stop it."""
    stop, seen = threading.Event(), Recorder()
    mirror = Mirror(engine, node or ledger.node, ledger.deployment, 64, seen)
    lead = open_lead(engine, ledger.deployment.chain_id, ledger.deployment.contract)
    thread = threading.Thread(
        target=lambda: follow(mirror, stop, interval_s=0.02, lead=lead), name="follower"
    )
    thread.start()

    def end() -> None:
        stop.set()
        thread.join(20)
        assert not thread.is_alive()

    try:
        yield seen, end
    finally:
        end()


def wait_for(condition: Callable[[], object], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"it did not happen within {seconds} s"
        time.sleep(0.02)


class TestPostgreSQL:
    @pytest.fixture
    def database_url(self, postgres: PostgresServer) -> Iterator[str]:
        with fresh_database(postgres) as url:
            yield url

    def test_every_ledger_has_a_lead_of_its_own(self, new_lead: Callable[..., Lead]) -> None:
        leads = [new_lead(), new_lead(chain_id=1), new_lead(contract=bytes(20))]
        assert [lead.hold() for lead in leads] == [True, True, True]

    def test_a_session_that_ends_takes_the_lead_with_it(
        self, new_lead: Callable[..., Lead], database_url: str
    ) -> None:
        first, second = new_lead(), new_lead()
        assert first.hold()
        with psycopg.connect(database_url.replace("+psycopg", ""), autocommit=True) as admin:
            ended = admin.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_locks"
                " WHERE locktype = 'advisory' AND granted"
            ).fetchall()
        assert ended == [(True,)]
        wait_for(second.hold)
        assert not first.hold()

    def test_silence_longer_than_the_lease_loses_the_lead(
        self, new_lead: Callable[..., Lead]
    ) -> None:
        silent, other = new_lead(lease_s=0.3), new_lead()
        assert silent.hold()
        assert not other.hold()
        wait_for(other.hold)
        assert not silent.hold()
        assert silent.leader() == own_name()

    def test_a_copy_that_froze_midway_does_not_keep_the_cursor(
        self, engine: Engine, database_url: str, ledger: AnvilLedger
    ) -> None:
        """An indexer was stopped amid a COPY: no timeout ended it, and nobody could go on."""
        batch_id = ledger.populate()[1]
        Mirror(engine, ledger.node, ledger.deployment, 64).sync_once()
        with psycopg.connect(database_url.replace("+psycopg", "")) as frozen:
            frozen.execute("SELECT id FROM cursor FOR UPDATE")
            with pytest.raises(psycopg.OperationalError), frozen.cursor() as cursor:  # noqa: PT012
                with cursor.copy("COPY record FROM STDIN (FORMAT BINARY)") as copy:
                    copy.write(b"PGCOPY\n\xff\r\n\x00" + bytes(8))
                    ledger.append(1, batch_id, [Kind.DOCUMENT])
                    with following(engine, ledger) as (seen, _):
                        wait_for(lambda: seen.extended, seconds=90)
                cursor.fetchone()

    def test_without_a_server_it_says_so(self) -> None:
        lead = open_lead(open_engine("postgresql://nobody@127.0.0.1:1/none"), CHAIN_ID, CONTRACT)
        with pytest.raises(DatabaseUnavailableError, match="gone"):
            lead.hold()


class TestSQLite:
    @pytest.mark.parametrize("url", ["sqlite://", "sqlite:///:memory:"])
    def test_memory_has_no_rivals(self, url: str) -> None:
        engine = open_engine(url)
        leads = [open_lead(engine, CHAIN_ID, CONTRACT) for _ in range(2)]
        assert [lead.hold() for lead in leads] == [True, True]

    def test_asking_makes_no_file(self, tmp_path: Path) -> None:
        lead = open_lead(open_engine(f"sqlite:///{tmp_path}/m.sqlite"), CHAIN_ID, CONTRACT)
        assert lead.leader() == ""
        assert list(tmp_path.iterdir()) == []

    def test_two_names_of_one_file_share_the_lead(self, tmp_path: Path) -> None:
        (tmp_path / "link").symlink_to(tmp_path / "m.sqlite")
        urls = [f"sqlite:///{tmp_path}/{name}" for name in ("m.sqlite", "link")]
        first, second = (open_lead(open_engine(url), CHAIN_ID, CONTRACT) for url in urls)
        assert [first.hold(), second.hold()] == [True, False]
        first.release()

    def test_a_folder_that_is_not_there_is_named(self, tmp_path: Path) -> None:
        engine = open_engine(f"sqlite:///{tmp_path}/none/m.sqlite")
        with pytest.raises(DatabaseUnavailableError, match=r"m\.sqlite\.lock cannot be used"):
            open_lead(engine, CHAIN_ID, CONTRACT).hold()
