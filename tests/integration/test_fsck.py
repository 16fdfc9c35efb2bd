"""What `tracer fsck` does beside naming cells, which tests/faults/test_planted_damage.py shows."""

import random
import sqlite3
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from anvil_ledger import AnvilLedger
from mirror_damage import damaging
from mirror_watches import Recorder
from sqlalchemy import Engine, insert, text

from tracer.domain.kinds import Kind
from tracer.errors import (
    ConfigurationError,
    DatabaseUnavailableError,
    NotFoundError,
    RpcUnavailableError,
    TransientError,
)
from tracer.index.compare import CHANGED, EXTRA, MISSING, compare_tables
from tracer.index.drift import FILE, VERSIONS
from tracer.index.follow import follow
from tracer.index.fsck import MEANINGS, MirrorCheck, Report, explain
from tracer.index.scratch import scratch_engine
from tracer.index.sync import Mirror
from tracer.store.session import open_engine, reading, upgrade, writing
from tracer.store.tables import MODELS, Block, table_of

pytestmark = pytest.mark.integration

FINALITY = 64
SEED = 20260614

_BLOCK = table_of(Block)


@pytest.fixture
def mirror_file(ledger: AnvilLedger, tmp_path: Path) -> Path:
    """A mirror in one file, with no log beside it."""
    ledger.populate()
    path = tmp_path / "whole.sqlite"
    engine = open_engine(f"sqlite:///{path}")
    sync(engine, ledger)
    engine.dispose()
    return path


def sync(engine: Engine, ledger: AnvilLedger) -> None:
    Mirror(engine, ledger.node, ledger.deployment, FINALITY).sync_once()


def check(engine: Engine, ledger: AnvilLedger, home: Path, **more: Any) -> Report:
    with scratch_engine(home) as scratch:
        node, deployment = ledger.node, more.pop("deployment", ledger.deployment)
        return MirrorCheck(engine, scratch, node, deployment, FINALITY, **more).run()


def damage(url: str, *statements: str) -> None:
    with damaging(url) as connection:
        for statement in statements:
            connection.execute(text(statement))


class TestWhileItGoesOn:
    def test_a_mirror_that_is_written_to_is_compared_as_one_snapshot(
        self, engine: Engine, database_url: str, ledger: AnvilLedger, tmp_path: Path
    ) -> None:
        batch_id = ledger.populate()[1]
        follower, seen, stop = open_engine(database_url), Recorder(), threading.Event()
        mirror = Mirror(follower, ledger.node, ledger.deployment, FINALITY, seen)
        mirror.sync_once()
        errors: list[BaseException] = []

        def run() -> None:
            try:
                follow(mirror, stop, interval_s=0.01)
            except BaseException as error:  # noqa: BLE001 - the main thread looks at it
                errors.append(error)

        def grow(_what: str, _done: int, _total: int) -> None:
            before = len(seen.extended)
            ledger.append(1, batch_id, [Kind.DOCUMENT], f"{len(seen.extended)}")
            while len(seen.extended) == before and not errors:
                time.sleep(0.005)

        thread = threading.Thread(target=run)
        thread.start()
        try:
            reports = [check(engine, ledger, tmp_path, on_step=grow) for _ in range(3)]
        finally:
            stop.set()
            thread.join()
            follower.dispose()
        assert errors == []
        assert [report.differences for report in reports] == [[], [], []]
        numbers = [report.block.number for report in reports if report.block is not None]
        assert numbers == sorted(set(numbers))
        assert len(numbers) == 3

    def test_a_mirror_behind_a_reorganisation_is_not_called_damaged(
        self, engine: Engine, ledger: AnvilLedger, tmp_path: Path
    ) -> None:
        ledger.populate()
        sync(engine, ledger)
        transfer = {"from": ledger.accounts[5], "to": ledger.accounts[6], "value": "0x1"}
        ledger.node.call("anvil_reorg", 3, [[transfer, 0]])
        with pytest.raises(TransientError, match="behind a reorganisation") as caught:
            check(engine, ledger, tmp_path)
        assert "tracer index sync" in caught.value.hint
        sync(engine, ledger)
        assert check(engine, ledger, tmp_path).differences == []

    def test_a_node_that_is_behind_is_not_believed(
        self, engine: Engine, ledger: AnvilLedger, tmp_path: Path
    ) -> None:
        ledger.populate()
        sync(engine, ledger)
        ledger.node.call("anvil_rollback", 3)
        with pytest.raises(RpcUnavailableError, match="which the node does not have"):
            check(engine, ledger, tmp_path)

    def test_a_place_that_nothing_confirms_is_left_to_the_mirror(
        self, engine: Engine, database_url: str, ledger: AnvilLedger, tmp_path: Path
    ) -> None:
        """A block without logs has no row of its own: its damaged hash looks like a rewind."""
        ledger.populate()
        ledger.node.call("anvil_mine", "0x2")
        sync(engine, ledger)
        damage(database_url, "UPDATE cursor SET block_hash = genesis_hash || block_hash")
        with pytest.raises(TransientError, match="behind a reorganisation"):
            check(engine, ledger, tmp_path)
        sync(engine, ledger)
        assert check(engine, ledger, tmp_path).differences == []

    def test_two_at_once_are_told_apart(
        self, engine: Engine, ledger: AnvilLedger, tmp_path: Path
    ) -> None:
        with scratch_engine(tmp_path), pytest.raises(TransientError, match="another tracer"):
            check(engine, ledger, tmp_path)


class TestSeveral:
    def test_every_table_is_named_and_every_difference_counted(
        self, engine: Engine, database_url: str, ledger: AnvilLedger, tmp_path: Path
    ) -> None:
        """A row that is missing at the front shifts nothing."""
        ledger.populate()
        sync(engine, ledger)
        damage(
            database_url,
            "DELETE FROM record WHERE ordinal = 0 AND sequence < 15",
            "UPDATE append SET log_index = 9 WHERE sequence > 20",
            "UPDATE cursor SET next_sequence = 7, deploy_block = 8",
        )
        report = check(engine, ledger, tmp_path)
        found = {it.name: it for it in report.tables if it.differences}
        assert set(found) == {"record", "append", "cursor"}
        assert found["cursor"].first is not None
        assert (found["cursor"].first.column, found["cursor"].differences) == ("deploy_block", 1)
        assert found["append"].differences > 3
        assert found["record"].differences > 1
        first = found["record"].first
        assert first is not None
        assert (first.cause, first.key["ordinal"]) == (MISSING, 0)

    def test_rows_are_merged_by_key(self) -> None:
        """Random rows on both sides, against a plain comparison of two dictionaries."""
        print(f"seed {SEED}")
        chance = random.Random(SEED)
        for _ in range(20):
            sides = [
                {
                    number: (bytes([chance.randrange(2)]), chance.randrange(2))
                    for number in chance.sample(range(-20, 20), chance.randrange(30))
                }
                for _ in range(2)
            ]
            engines = [open_engine("sqlite://") for _ in sides]
            for engine, rows in zip(engines, sides, strict=True):
                upgrade(engine)
                with writing(engine) as connection:
                    for number, (block_hash, timestamp) in rows.items():
                        connection.execute(
                            insert(_BLOCK).values(
                                number=number, hash=block_hash, timestamp_unix=timestamp
                            )
                        )
            with reading(engines[0]) as mine, reading(engines[1]) as theirs:
                report = next(it for it in compare_tables(mine, theirs) if it.name == "block")
            for engine in engines:
                engine.dispose()
            numbers = sorted(set(sides[0]) | set(sides[1]))
            differing = [it for it in numbers if sides[0].get(it) != sides[1].get(it)]
            assert (report.rows, report.differences) == (len(sides[0]), len(differing))
            if differing:
                at = differing[0]
                cause = MISSING if at not in sides[0] else CHANGED if at in sides[1] else EXTRA
                assert report.first is not None
                assert (report.first.key, report.first.cause) == ({"number": at}, cause)

    def test_each_table_says_what_its_damage_means(self) -> None:
        assert {table_of(model).name for model in MODELS} | {VERSIONS, FILE} == set(MEANINGS)


class TestTypes:
    @pytest.mark.parametrize(
        ("damaging_statement", "table", "column"),
        [
            ("UPDATE append SET gln = 'nobody'", "append", "gln"),
            ("UPDATE append SET head = 5", "append", "head"),
            ("UPDATE append SET records = 'text'", "append", "records"),
            ("UPDATE batch SET gtin = CAST(gtin AS BLOB)", "batch", "gtin"),
            ("UPDATE batch SET lot = CAST(x'ff4c' AS TEXT)", "batch", "lot"),
            ("UPDATE batch SET recalled = 2", "batch", "recalled"),
            ("UPDATE record SET location = 1.5", "record", "location"),
            ("UPDATE record SET kind = 9e99", "record", "kind"),
            ("UPDATE cursor SET block_number = 'high'", "cursor", "block_number"),
            ("UPDATE cursor SET final_number = -1", "cursor", "final_number"),
            ("UPDATE cursor SET final_hash = 7", "cursor", "final_hash"),
        ],
    )
    def test_a_cell_of_another_type_is_named(
        self,
        mirror_file: Path,
        ledger: AnvilLedger,
        damaging_statement: str,
        table: str,
        column: str,
    ) -> None:
        """SQLite takes any value anywhere; reading it as the column's type would hide or crash."""
        url = f"sqlite:///{mirror_file}"
        damage(url, damaging_statement)
        engine = open_engine(url, read_only=True)
        found = check(engine, ledger, mirror_file.parent).differences
        engine.dispose()
        assert (table, column) in [(it.table, it.column) for it in found]

    def test_a_key_of_another_type_is_a_row_of_its_own(
        self, mirror_file: Path, ledger: AnvilLedger
    ) -> None:
        url = f"sqlite:///{mirror_file}"
        first = "sequence = (SELECT min(sequence) FROM record) AND ordinal = 0"
        damage(url, f"UPDATE record SET sequence = 'first' WHERE {first}")
        damage(url, "UPDATE batch SET batch_id = 'lot' WHERE lot = 'LOT0'")
        engine = open_engine(url, read_only=True)
        report = check(engine, ledger, mirror_file.parent)
        engine.dispose()
        assert [it.differences for it in report.tables if it.name in {"record", "batch"}] == [2, 2]


class TestSchema:
    @pytest.mark.parametrize(
        "missing",
        [
            ("DROP INDEX ix_append_batch", "append", "index ix_append_batch (batch_id, sequence)"),
            ("DROP INDEX ix_batch_sequence", "batch", "unique index ix_batch_sequence (sequence)"),
            ("UPDATE alembic_version SET version_num = '0'", VERSIONS, "tables of another version"),
            ("DROP TABLE inspection", "inspection", "table missing"),
            ("ALTER TABLE append RENAME COLUMN gln TO writer", "append", "column gln missing"),
        ],
    )
    def test_what_is_missing_is_named(
        self, engine: Engine, ledger: AnvilLedger, tmp_path: Path, missing: tuple[str, str, str]
    ) -> None:
        statement, table, cause = missing
        ledger.populate()
        sync(engine, ledger)
        with writing(engine) as connection:
            connection.execute(text(statement))
        report = check(engine, ledger, tmp_path)
        (found,) = report.faults
        assert found.table == table
        assert found.cause.startswith(cause)
        assert explain(found)
        can_read = "INDEX" in statement or "version" in statement
        assert (report.block is not None) == can_read

    def test_what_others_made_is_mentioned_and_no_fault(
        self, engine: Engine, ledger: AnvilLedger, tmp_path: Path
    ) -> None:
        ledger.populate()
        sync(engine, ledger)
        with writing(engine) as connection:
            connection.execute(text("CREATE TABLE notes (words TEXT)"))
            connection.execute(text("CREATE INDEX by_gln ON append (gln)"))
        report = check(engine, ledger, tmp_path)
        assert report.differences == []
        assert report.unknown == ["table notes", "append: index by_gln (gln)"]

    def test_a_database_without_a_mirror_is_said_to_be_one(
        self, engine: Engine, ledger: AnvilLedger, tmp_path: Path
    ) -> None:
        with pytest.raises(ConfigurationError, match="holds no mirror yet"):
            check(engine, ledger, tmp_path)
        upgrade(engine)
        with pytest.raises(NotFoundError, match="the mirror is empty"):
            check(engine, ledger, tmp_path)

    def test_a_wrong_deployment_file_is_found_out(
        self, engine: Engine, ledger: AnvilLedger, tmp_path: Path
    ) -> None:
        ledger.populate()
        values = {name: getattr(ledger.deployment, name) for name in ledger.deployment.__slots__}
        wrong = type(ledger.deployment)(**values | {"deploy_block": 0})
        Mirror(engine, ledger.node, wrong, FINALITY).sync_once()
        with pytest.raises(ConfigurationError, match="begins with block 1, not with 0"):
            check(engine, ledger, tmp_path, deployment=wrong)


def read_file(path: Path) -> dict[str, list[Any]] | None:
    """All rows of a mirror as they are, table by table; None where SQLite cannot read them."""
    connection = sqlite3.connect(path)
    try:
        connection.text_factory = bytes
        names = [table_of(model).name for model in MODELS]
        return {name: connection.execute(f"SELECT * FROM {name}").fetchall() for name in names}
    except sqlite3.DatabaseError:
        return None
    finally:
        connection.close()


class TestFile:
    def test_no_flipped_bit_that_changes_rows_goes_unnoticed(
        self, mirror_file: Path, ledger: AnvilLedger
    ) -> None:
        """A bit anywhere in the file: either its rows are whole, or somebody says so."""
        print(f"seed {SEED}")
        chance = random.Random(SEED)
        whole, rows = mirror_file.read_bytes(), read_file(mirror_file)
        scratch = open_engine("sqlite://")
        outcomes: dict[str, int] = {}
        used = [place for place, value in enumerate(whole) if value]
        for turn, place in enumerate(chance.sample(used, 60)):
            path = mirror_file.with_name(f"turn{turn}")
            flipped = bytes([whole[place] ^ 1 << chance.randrange(8)])
            path.write_bytes(whole[:place] + flipped + whole[place + 1 :])
            outcome = self.look(path, ledger, scratch)
            outcomes[outcome] = outcomes.get(outcome, 0) + 1
            assert outcome != "clean" or read_file(path) == rows, f"byte {place}"
            path.unlink()
        print(outcomes)
        assert set(outcomes) <= {"named", "unreadable", "clean"}
        assert outcomes["named"] > 3
        scratch.dispose()

    def look(self, path: Path, ledger: AnvilLedger, scratch: Engine) -> str:
        engine = open_engine(f"sqlite:///{path}", read_only=True)
        node, deployment = ledger.node, ledger.deployment
        try:
            report = MirrorCheck(engine, scratch, node, deployment, FINALITY).run()
        except DatabaseUnavailableError as error:
            return "unreadable" if "is damaged" in str(error) else str(error)
        finally:
            engine.dispose()
        return "named" if report.differences else "clean"

    def test_an_index_that_does_not_fit_its_table_is_named(
        self, mirror_file: Path, ledger: AnvilLedger
    ) -> None:
        """Rows are whole, but readers who search by the index find others."""
        connection = sqlite3.connect(mirror_file)
        connection.execute("PRAGMA writable_schema = ON")
        connection.execute("DELETE FROM sqlite_master WHERE name = 'ix_append_batch'")
        connection.commit()
        connection.close()
        connection = sqlite3.connect(mirror_file)
        connection.execute("DELETE FROM append WHERE sequence = 9")
        connection.commit()
        connection.close()
        engine = open_engine(f"sqlite:///{mirror_file}", read_only=True)
        report = check(engine, ledger, mirror_file.parent)
        engine.dispose()
        assert {it.table for it in report.differences} >= {"append", FILE}


def test_a_scratch_database_is_deleted(ledger: AnvilLedger, tmp_path: Path) -> None:
    ledger.populate()
    with scratch_engine(tmp_path) as scratch:
        sync(scratch, ledger)
        assert (tmp_path / "scratch" / "mirror.sqlite").exists()
    assert not (tmp_path / "scratch").exists()
