"""The workspace: what a command remembers survives it, and is settled once."""

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from tracer.errors import DatabaseUnavailableError
from tracer.store.workspace import DocumentKey, IntentRow, SignedRow, Workspace

CHAIN = "31337:ab"
INTENT = IntentRow("id-1", CHAIN, "0xsender", "a record", "0xledger", b"\x01\x02")
SIGNED = SignedRow("0x01", "id-1", CHAIN, "0xsender", 5, 90_000, 2 * 10**9, 10**9, b"raw")
DOCUMENT = DocumentKey(CHAIN, "0xledger", "ab" * 32, 9, "LR-1", "cd" * 32)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "home" / "workspace.sqlite"


def test_what_is_stored_is_there_when_opened_again(path: Path) -> None:
    with Workspace(path) as workspace:
        workspace.record_intent(INTENT)
        workspace.store_signed(SIGNED)
    with Workspace(path) as workspace:
        assert workspace.intent("id-1") == INTENT
        assert workspace.signed_for("id-1") == [SIGNED]
        assert workspace.signed_for("id-2") == []


def test_a_commit_is_on_the_disk(path: Path) -> None:
    """WAL with synchronous=FULL: SQLite syncs the log before COMMIT returns."""
    with Workspace(path) as workspace:
        assert workspace._connection.execute("PRAGMA synchronous").fetchone() == (2,)
        assert workspace._connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_an_intent_is_recorded_once(path: Path) -> None:
    with Workspace(path) as workspace:
        workspace.record_intent(INTENT)
        assert workspace.record_intent(replace(INTENT, what="another name")) == INTENT


def test_done_intents_are_not_open(path: Path) -> None:
    with Workspace(path) as workspace:
        workspace.record_intent(INTENT)
        workspace.record_intent(replace(INTENT, intent_id="id-2"))
        workspace.mark_done("id-1", "0x01", 7, "0xb1")
        assert [it.intent_id for it in workspace.open_intents(CHAIN)] == ["id-2"]
        assert workspace.open_intents("1:other") == []
        done = workspace.intent("id-1")
        assert done is not None
        assert (done.tx_hash, done.block_number, done.block_hash) == ("0x01", 7, "0xb1")


def test_transactions_come_by_nonce_and_the_newest_of_a_nonce_first(path: Path) -> None:
    rows = [
        SIGNED,
        replace(SIGNED, tx_hash="0x02", nonce=4),
        replace(SIGNED, tx_hash="0x03"),
        replace(SIGNED, tx_hash="0x04", nonce=9),
    ]
    with Workspace(path) as workspace:
        workspace.record_intent(INTENT)
        for row in rows:
            workspace.store_signed(row)
        found = [it.tx_hash for it in workspace.signed_from(CHAIN, "0xsender", 5)]
        assert found == ["0x03", "0x01", "0x04"]
        workspace.mark_dead("0x03")
        assert [it.tx_hash for it in workspace.signed_from(CHAIN, "0xsender", 5)] == [
            "0x01", "0x04",
        ]  # fmt: skip
        assert workspace.signed_from("1:other", "0xsender", 0) == []
        assert workspace.signed_from(CHAIN, "0xother", 0) == []


def test_a_transaction_needs_its_intent(path: Path) -> None:
    with Workspace(path) as workspace, pytest.raises(DatabaseUnavailableError):
        workspace.store_signed(SIGNED)


def test_salts_are_settled_by_whoever_comes_first(path: Path) -> None:
    def settle(number: int) -> bytes:
        with Workspace(path) as workspace:
            return workspace.prepare_document(DOCUMENT, bytes([number]))

    with ThreadPoolExecutor(8) as pool:
        settled = list(pool.map(settle, range(24)))

    assert len(set(settled)) == 1
    with Workspace(path) as workspace:
        assert workspace.salts_of(DOCUMENT) == settled[0]
        assert workspace.salts_of(replace(DOCUMENT, content_digest="ef" * 32)) is None


class TestFaults:
    def test_a_locked_file_is_waited_for_and_then_said_so(self, path: Path) -> None:
        Workspace(path).close()
        holder = sqlite3.connect(path, isolation_level=None)
        holder.execute("BEGIN IMMEDIATE")
        with Workspace(path, busy_timeout_s=0.1) as workspace:
            with pytest.raises(DatabaseUnavailableError, match="locked") as raised:
                workspace.record_intent(INTENT)
            assert "again" in raised.value.hint
            holder.execute("ROLLBACK")
            workspace.record_intent(INTENT)
        holder.close()

    def test_a_file_that_is_no_database(self, path: Path) -> None:
        path.parent.mkdir()
        path.write_text("hello, this is certainly not SQLite")
        with pytest.raises(DatabaseUnavailableError, match="not a database"):
            Workspace(path)

    def test_a_folder_that_cannot_be_made(self, tmp_path: Path) -> None:
        (tmp_path / "file").write_text("")
        with pytest.raises(DatabaseUnavailableError):
            Workspace(tmp_path / "file" / "workspace.sqlite")

    def test_a_newer_version_is_left_alone(self, path: Path) -> None:
        Workspace(path).close()
        connection = sqlite3.connect(path)
        connection.execute("PRAGMA user_version = 99")
        connection.close()
        with pytest.raises(DatabaseUnavailableError, match="version 99") as raised:
            Workspace(path)
        assert "newer" in raised.value.hint

    def test_a_failed_write_leaves_nothing_behind(self, path: Path) -> None:
        with Workspace(path) as workspace:
            workspace.record_intent(INTENT)
            with pytest.raises(DatabaseUnavailableError):
                workspace.store_signed(replace(SIGNED, raw=None))  # type: ignore[arg-type]
            workspace.store_signed(SIGNED)
            assert workspace.signed_for("id-1") == [SIGNED]
