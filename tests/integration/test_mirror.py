"""The real ledger on a real node, mirrored into real databases."""

import signal
import subprocess
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec
import psutil
import pytest
from anvil_ledger import GTIN, AnvilLedger, build_gln, running_anvil
from mirror_watches import Recorder
from sqlalchemy import Engine, func, select, text

from tracer.chain.blocks import fetch_blocks, fetch_last_sequence
from tracer.chain.deployments import Deployment
from tracer.chain.receipts import RawReceipt
from tracer.chain.rpc import Call, RpcClient
from tracer.domain.identifiers import Lot
from tracer.domain.kinds import Kind
from tracer.domain.records import Append as AppendValue
from tracer.domain.records import fold_all, genesis_head
from tracer.errors import (
    DatabaseUnavailableError,
    FatalError,
    MirrorGapError,
    ReorgBeyondFinalityError,
    RpcError,
    RpcUnavailableError,
    WrongChainError,
)
from tracer.index.compare import compare_mirrors
from tracer.index.follow import follow
from tracer.index.start import load_checkpoint
from tracer.index.sync import Mirror
from tracer.index.watch import Watch
from tracer.store.contents import ContentStore
from tracer.store.lists import load_batches, load_status
from tracer.store.read import load_bundle
from tracer.store.session import open_engine, reading, writing
from tracer.store.tables import Append, Inspection, PartyKey, Prefix, table_of

pytestmark = pytest.mark.integration

FINALITY = 64

_INSPECTION, _KEY, _PREFIX = (table_of(model).c for model in (Inspection, PartyKey, Prefix))


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    engine = open_engine(database_url, busy_timeout_s=0.3)
    yield engine
    engine.dispose()


@pytest.fixture
def sqlite_engine(tmp_path: Path) -> Iterator[Engine]:
    engine = open_engine(f"sqlite:///{tmp_path / 'mirror.sqlite'}", busy_timeout_s=0.3)
    yield engine
    engine.dispose()


def mirror_of(
    engine: Engine, ledger: AnvilLedger, finality: int = FINALITY, watch: Watch | None = None
) -> Mirror:
    return Mirror(engine, ledger.node, ledger.deployment, finality, watch)


def assert_exact(engine: Engine, ledger: AnvilLedger) -> None:
    """The mirror equals one that has never seen anything but the chain as it is now."""
    fresh = open_engine("sqlite://")
    mirror_of(fresh, ledger).sync_once()
    assert compare_mirrors(engine, fresh) == []


def count_appends(engine: Engine) -> int:
    with reading(engine) as session:
        found: int = session.execute(
            select(func.count()).select_from(table_of(Append))
        ).scalar_one()
        return found


class TestSync:
    def test_it_holds_what_the_contract_holds(self, engine: Engine, ledger: AnvilLedger) -> None:
        batch_ids = ledger.populate()
        result = mirror_of(engine, ledger).sync_once()
        assert result.records == 28
        with reading(engine) as session:
            batches = {row.batch_id: row for row in load_batches(session)}
            inspections, keys, prefixes = (
                [tuple(row) for row in session.execute(select(*columns))]
                for columns in (
                    (_INSPECTION.gln, _INSPECTION.consecutive_failures),
                    (_KEY.gln,),
                    (_PREFIX.gln, _PREFIX.digits, _PREFIX.prefix),
                )
            )
            status = load_status(session)
        assert set(batches) == set(batch_ids)
        held, lifted, recalled = (batches[batch_id] for batch_id in batch_ids)
        assert (held.holds, held.hold_round, held.recalled) == (1, 0, False)
        assert (lifted.holds, lifted.hold_round, lifted.recalled) == (0, 1, False)
        assert (recalled.holds, recalled.hold_round, recalled.recalled) == (0, 0, True)
        assert (recalled.appends, recalled.records) == (5, 9)
        assert (status.batches, status.parties, status.records) == (3, 3, 28)
        assert inspections == [(build_gln(3).number, 1)]
        assert prefixes == [(build_gln(1).number, 6, 952001)]
        assert keys.count((build_gln(1).number,)) == 1

    def test_a_bundle_refolds_to_the_head(
        self, engine: Engine, ledger: AnvilLedger, tmp_path: Path
    ) -> None:
        batch_id = ledger.populate()[1]
        mirror_of(engine, ledger).sync_once()
        with reading(engine) as session:
            bundle = load_bundle(session, ContentStore(tmp_path), GTIN, Lot.parse("LOT1"))
        deployment = ledger.deployment
        genesis = genesis_head(deployment.chain_id, deployment.contract, batch_id)
        appends = [
            AppendValue(row.sequence, row.gln, row.recorded_at_unix, row.head, row.records)
            for row in bundle.appends
        ]
        assert fold_all(genesis, appends) == bundle.batch.head == appends[-1].head
        assert [row.position for row in bundle.records] == list(range(10))
        assert len(bundle.warnings) == 10 + 2  # no content and no profile is on file

    def test_a_restart_makes_no_duplicates(self, engine: Engine, ledger: AnvilLedger) -> None:
        batch_ids = ledger.populate()
        mirror_of(engine, ledger).sync_once()
        before = count_appends(engine)
        assert mirror_of(engine, ledger).sync_once().logs == 0
        ledger.append(1, batch_ids[1], [Kind.DOCUMENT])
        assert mirror_of(engine, ledger).sync_once().logs == 1
        assert count_appends(engine) == before + 1
        assert_exact(engine, ledger)

    def test_two_mirrors_may_write_to_one_database(
        self, engine: Engine, ledger: AnvilLedger
    ) -> None:
        ledger.populate(batches=3, appends=10)
        mirror_of(engine, ledger).sync_once()
        batch_id = ledger.register(1, "LOTX")
        errors: list[BaseException] = []

        def run(stop: threading.Event) -> None:
            try:
                follow(mirror_of(engine, ledger), stop, interval_s=0.01)
            except BaseException as error:  # noqa: BLE001 - the main thread looks at it
                errors.append(error)

        stop = threading.Event()
        threads = [threading.Thread(target=run, args=(stop,)) for _ in range(2)]
        for thread in threads:
            thread.start()
        for place in range(20):
            ledger.append(1, batch_id, [Kind.DOCUMENT], str(place))
        stop.set()
        for thread in threads:
            thread.join()
        assert errors == []
        mirror_of(engine, ledger).sync_once()
        assert_exact(engine, ledger)

    def test_a_node_that_prunes_is_enough(self, sqlite_engine: Engine) -> None:
        """Old blocks have no counter any more; the log that follows proves them whole."""
        with running_anvil("--prune-history", "20") as (url, _), RpcClient(url) as node:
            ledger = AnvilLedger(node)
            batch_id = ledger.populate()[1]
            for place in range(60):
                ledger.append(1, batch_id, [Kind.DOCUMENT], str(place))
            node.call("anvil_mine", "0x1e")
            ledger.append(1, batch_id, [Kind.DOCUMENT])
            mirror = mirror_of(sqlite_engine, ledger)
            mirror._span.blocks = 7
            (old,) = fetch_blocks(node, [30])
            assert old is not None
            with pytest.raises(RpcError):
                fetch_last_sequence(node, ledger.deployment.contract, old)
            result = mirror.sync_once()
            assert (result.records, result.block_number) == (28 + 61, result.head_number)
            assert_exact(sqlite_engine, ledger)


class TestFollow:
    def test_it_takes_new_records_in_and_stops_when_told(
        self, engine: Engine, ledger: AnvilLedger
    ) -> None:
        batch_id = ledger.populate()[1]
        stop, seen = threading.Event(), Recorder()
        mirror = mirror_of(engine, ledger, watch=seen)
        thread = threading.Thread(target=lambda: follow(mirror, stop, interval_s=0.02))
        thread.start()
        before = wait_for(lambda: count_appends(engine) if seen.extended else 0)
        ledger.append(1, batch_id, [Kind.DOCUMENT])
        wait_for(lambda: count_appends(engine) == before + 1)
        stop.set()
        thread.join(timeout=5)
        assert not thread.is_alive()
        assert seen.extended[0][3] == 28


def wait_for(condition: Any) -> Any:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        if value := condition():
            return value
        time.sleep(0.02)
    pytest.fail("it did not happen within 20 s")


class TestReorg:
    @pytest.mark.parametrize("depth", [1, 2, 9, 20])
    def test_it_rewinds_exactly(self, engine: Engine, ledger: AnvilLedger, depth: int) -> None:
        batch_ids = ledger.populate()
        mirror = mirror_of(engine, ledger)
        mirror.sync_once()
        before = load_checkpoint(engine).position.next_sequence
        reorganise(ledger, depth)
        result = mirror.sync_once()
        assert result.rewinds == 1
        assert load_checkpoint(engine).position.next_sequence == before - depth
        assert_exact(engine, ledger)
        ledger.append(1, batch_ids[0], [Kind.DOCUMENT if depth > 6 else Kind.HOLD])
        mirror.sync_once()
        assert_exact(engine, ledger)

    def test_what_replaces_a_block_is_taken_in(self, engine: Engine, ledger: AnvilLedger) -> None:
        batch_id = ledger.populate()[1]
        mirror = mirror_of(engine, ledger)
        mirror.sync_once()
        before = count_appends(engine)
        ledger.node.call("anvil_reorg", 2, [])
        for place in range(3):
            ledger.append(1, batch_id, [Kind.DOCUMENT], f"instead {place}")
        result = mirror.sync_once()
        assert (result.rewinds, result.logs) == (1, 3)
        assert count_appends(engine) == before + 3
        assert_exact(engine, ledger)

    def test_a_final_block_is_never_rewound(self, engine: Engine, ledger: AnvilLedger) -> None:
        ledger.populate()
        mirror = mirror_of(engine, ledger, finality=3)
        mirror.sync_once()
        before = count_appends(engine)
        reorganise(ledger, 8)
        for _ in range(2):
            with pytest.raises(ReorgBeyondFinalityError, match="was final when it was mirrored"):
                mirror.sync_once()
        assert count_appends(engine) == before

    def test_a_node_that_is_behind_is_waited_for(self, engine: Engine, ledger: AnvilLedger) -> None:
        ledger.populate()
        mirror = mirror_of(engine, ledger)
        mirror.sync_once()
        before = count_appends(engine)
        ledger.node.call("anvil_rollback", 6)
        assert mirror.sync_once().is_node_behind
        assert count_appends(engine) == before
        ledger.node.call("anvil_mine", "0x8")
        assert mirror.sync_once().rewinds == 1
        assert_exact(engine, ledger)


def reorganise(ledger: AnvilLedger, depth: int) -> None:
    """Replace the newest blocks by others; anvil makes equal blocks unless one differs."""
    transfer = {"from": ledger.accounts[5], "to": ledger.accounts[6], "value": "0x1"}
    ledger.node.call("anvil_reorg", depth, [[transfer, 0]])


class TestWrongChain:
    def test_another_chain_is_refused(self, sqlite_engine: Engine, ledger: AnvilLedger) -> None:
        ledger.populate()
        with running_anvil("--timestamp", "1790000000") as (url, _), RpcClient(url) as node:
            other = AnvilLedger(node)
            with pytest.raises(WrongChainError, match="begins with another block"):
                Mirror(sqlite_engine, node, ledger.deployment, FINALITY).sync_once()
            mirror_of(sqlite_engine, other).sync_once()
        with pytest.raises(WrongChainError, match="the database mirrors another ledger"):
            mirror_of(sqlite_engine, ledger).sync_once()

    def test_another_chain_id_is_refused(self, sqlite_engine: Engine, ledger: AnvilLedger) -> None:
        wanted = replaced(ledger.deployment, chain_id=1)
        with pytest.raises(WrongChainError, match="serves chain 31337, not 1"):
            Mirror(sqlite_engine, ledger.node, wanted, FINALITY).sync_once()

    def test_another_contract_is_refused(self, sqlite_engine: Engine, ledger: AnvilLedger) -> None:
        wanted = replaced(ledger.deployment, contract=bytes(19) + b"\x07")
        with pytest.raises(WrongChainError, match="no contract is at"):
            Mirror(sqlite_engine, ledger.node, wanted, FINALITY).sync_once()


def replaced(deployment: Deployment, **values: Any) -> Deployment:
    columns = {name: getattr(deployment, name) for name in Deployment.__slots__}
    return Deployment(**columns | values)


class LyingNode(RpcClient):
    """A real node behind something that alters receipts, or what it says about where logs are."""

    def __init__(self, url: str, alter: Any, method: str) -> None:
        super().__init__(url)
        self.alter = alter
        self.method = method

    def call_as(self, result_type: Any, method: str, *params: object) -> Any:
        answer = super().call_as(result_type, method, *params)
        return self.alter(answer) if method == self.method else answer

    def batch_as(self, result_type: Any, calls: Sequence[Call]) -> Any:
        answers = super().batch_as(result_type, calls)
        is_asked = bool(calls) and calls[0][0] == self.method
        return self.alter(answers) if is_asked else answers


def edited(blocks: list[list[RawReceipt]], **changes: Any) -> list[list[RawReceipt]]:
    """The receipts of some blocks, one of them changed."""
    return [blocks[0], [msgspec.structs.replace(blocks[1][0], **changes)], *blocks[2:]]


def edited_log(blocks: list[list[RawReceipt]], **changes: Any) -> list[list[RawReceipt]]:
    log = msgspec.structs.replace(blocks[1][0].logs[0], **changes)
    return edited(blocks, logs=[log])


LIES = {
    "log missing": lambda blocks: edited(blocks, logs=[]),
    "log doubled": lambda blocks: edited(blocks, logs=blocks[1][0].logs * 2),
    "log edited": lambda blocks: edited_log(blocks, data=blocks[1][0].logs[0].data[:-2] + "07"),
    "log of another contract": lambda blocks: edited_log(blocks, address=f"0x{7:040x}"),
    "topic edited": lambda blocks: edited_log(blocks, topics=blocks[1][0].logs[0].topics[:1]),
    "transaction failed": lambda blocks: edited(blocks, status="0x0"),
    "another transaction": lambda blocks: edited(blocks, transaction_hash=f"0x{7:064x}"),
    "receipt missing": lambda blocks: [blocks[0], [], *blocks[2:]],
    "no receipts": lambda blocks: [blocks[0], None, *blocks[2:]],
    "blocks swapped": lambda blocks: [blocks[1], blocks[0], *blocks[2:]],
}

WRONG_PLACES = {
    "first block missing": lambda places: places[1:],
    "last block missing": lambda places: places[:-1],
    "no block": lambda _places: [],
    "a block that holds none": lambda places: [*places, type(places[0])("0x1f")],
}


class TestLyingNode:
    @pytest.mark.parametrize("lie", sorted(LIES))
    def test_nothing_of_an_altered_answer_is_kept(
        self, sqlite_engine: Engine, ledger: AnvilLedger, lie: str
    ) -> None:
        ledger.populate()
        with LyingNode(ledger.node._url, LIES[lie], "eth_getBlockReceipts") as node:
            mirror = Mirror(sqlite_engine, node, ledger.deployment, FINALITY)
            with pytest.raises(MirrorGapError, match=r"receipts of block \d+"):
                mirror.sync_once()
            assert count_appends(sqlite_engine) == 0
            node.alter = lambda blocks: blocks
            mirror.sync_once()
        assert_exact(sqlite_engine, ledger)

    @pytest.mark.parametrize("lie", sorted(WRONG_PLACES))
    def test_a_node_that_hides_logs_is_read_block_by_block(
        self, sqlite_engine: Engine, ledger: AnvilLedger, lie: str
    ) -> None:
        """A load-balanced node that lags answers eth_getLogs with less, and no error."""
        ledger.populate()
        ledger.node.call("anvil_mine", "0x64")
        ledger.register(1, "LOTX")
        seen = Recorder()
        with LyingNode(ledger.node._url, WRONG_PLACES[lie], "eth_getLogs") as node:
            mirror = Mirror(sqlite_engine, node, ledger.deployment, FINALITY, seen)
            mirror.sync_once()
        assert seen.doubts
        assert_exact(sqlite_engine, ledger)


def freeze(process: "subprocess.Popen[bytes]") -> None:
    """Stop a process; on a busy machine its other threads go on for a moment."""
    process.send_signal(signal.SIGSTOP)
    wait_for(lambda: psutil.Process(process.pid).status() == psutil.STATUS_STOPPED)


class TestNodeDown:
    def test_it_says_so_and_goes_on_when_the_node_is_back(self, engine: Engine) -> None:
        """A stopped process accepts connections and says nothing: the worst way to be down."""
        with running_anvil() as (url, process), RpcClient(url, timeout_s=0.4) as node:
            other = AnvilLedger(node)
            batch_id = other.populate()[1]
            mirror = mirror_of(engine, other)
            mirror.sync_once()
            other.append(1, batch_id, [Kind.DOCUMENT])
            freeze(process)
            with pytest.raises(RpcUnavailableError) as caught:
                mirror.sync_once()
            assert caught.value.hint
            process.send_signal(signal.SIGCONT)
            wait_for(lambda: is_synced(mirror))
            assert_exact(engine, other)

    def test_following_survives_it(self, sqlite_engine: Engine) -> None:
        with running_anvil() as (url, process), RpcClient(url, timeout_s=0.3) as node:
            other = AnvilLedger(node)
            batch_id = other.populate()[1]
            stop = threading.Event()
            seen = Recorder()
            mirror = mirror_of(sqlite_engine, other, watch=seen)
            thread = threading.Thread(target=lambda: follow(mirror, stop, interval_s=0.02))
            thread.start()
            wait_for(lambda: table_exists(sqlite_engine) and count_appends(sqlite_engine))
            freeze(process)
            wait_for(lambda: seen.failures)
            process.send_signal(signal.SIGCONT)
            before = count_appends(sqlite_engine)
            other.append(1, batch_id, [Kind.DOCUMENT])
            wait_for(lambda: count_appends(sqlite_engine) == before + 1)
            stop.set()
            thread.join()
            assert all(isinstance(error, RpcUnavailableError) for error in seen.failures)


def is_synced(mirror: Mirror) -> bool:
    try:
        mirror.sync_once()
    except RpcUnavailableError:
        return False
    return True


def table_exists(engine: Engine) -> bool:
    with engine.connect() as connection:
        return engine.dialect.has_table(connection, "append")


class TestDatabase:
    def test_a_locked_database_is_named_and_left_alone(
        self, database_url: str, engine: Engine, ledger: AnvilLedger
    ) -> None:
        ledger.populate()
        mirror = mirror_of(engine, ledger)
        mirror.sync_once()
        ledger.register(1, "LOTX")
        other = open_engine(database_url)
        with writing(other) as connection:
            connection.execute(text("UPDATE cursor SET block_number = block_number"))
            with pytest.raises(DatabaseUnavailableError, match="is locked") as caught:
                mirror.sync_once()
            assert "try again" in caught.value.hint
        other.dispose()
        assert mirror.sync_once().logs == 1
        assert_exact(engine, ledger)

    def test_a_full_disk_keeps_what_was_committed(
        self, sqlite_engine: Engine, ledger: AnvilLedger
    ) -> None:
        batch_id = ledger.populate()[1]
        mirror = mirror_of(sqlite_engine, ledger)
        mirror.sync_once()
        before = count_appends(sqlite_engine)
        for place in range(40):
            ledger.append(1, batch_id, [Kind.DOCUMENT] * 20, str(place))
        with sqlite_engine.connect() as connection:  # the pool gives the same connection again
            pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
            connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")
        with pytest.raises(DatabaseUnavailableError, match="is full") as caught:
            mirror.sync_once()
        assert "nothing is half-written" in caught.value.hint
        assert count_appends(sqlite_engine) == before
        sqlite_engine.dispose()
        mirror.sync_once()
        assert_exact(sqlite_engine, ledger)

    def test_rows_that_somebody_added_stop_it(self, engine: Engine, ledger: AnvilLedger) -> None:
        ledger.populate()
        mirror = mirror_of(engine, ledger)
        mirror.sync_once()
        before = load_checkpoint(engine)
        with writing(engine) as connection:
            forged = "INSERT INTO block VALUES (:number, :hash, 1)"
            number = before.block.number + 1
            connection.execute(text(forged), {"number": number, "hash": b"forged"})
        ledger.register(1, "LOTX")
        with pytest.raises(FatalError, match="contradicts the chain") as caught:
            mirror.sync_once()
        assert "Move it away" in caught.value.hint
        assert load_checkpoint(engine) == before

    def test_a_database_that_is_gone_is_named(self, ledger: AnvilLedger) -> None:
        engine = open_engine("postgresql://nobody@127.0.0.1:1/none")
        with pytest.raises(DatabaseUnavailableError, match="is gone"):
            mirror_of(engine, ledger).sync_once()

    @pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
    def test_a_killed_connection_is_replaced(
        self, database_url: str, engine: Engine, ledger: AnvilLedger
    ) -> None:
        ledger.populate()
        mirror = mirror_of(engine, ledger)
        mirror.sync_once()
        other = open_engine(database_url)
        with other.connect() as connection:
            connection.execute(
                text(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    " WHERE pid <> pg_backend_pid() AND datname = current_database()"
                )
            )
        other.dispose()
        ledger.register(1, "LOTX")
        mirror.sync_once()
        assert_exact(engine, ledger)
