"""What the development chain must remember: every signed transaction and every block's time.

anvil computes the same blocks from the same transactions, order and times, so these are the
whole chain. A row is on disk before the node acts on it; a block's hash is added afterwards and
only serves to check that a replay reproduced it.
"""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, closing
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from filelock import FileLock, Timeout

from tracer.errors import ConflictError, DatabaseUnavailableError, WrongChainError

_SCHEMA = """
CREATE TABLE genesis (chain_id INTEGER NOT NULL, timestamp INTEGER NOT NULL);
-- A block offers to the node every transaction up to last_seq that no earlier block offered.
CREATE TABLE block (number INTEGER PRIMARY KEY, timestamp INTEGER NOT NULL,
                    last_seq INTEGER NOT NULL, block_hash TEXT);
CREATE TABLE signed (seq INTEGER PRIMARY KEY AUTOINCREMENT, raw TEXT NOT NULL);
"""


@dataclass(frozen=True, slots=True)
class Genesis:
    """What fixes a chain's first block."""

    chain_id: int
    timestamp: int  # Unix s


@dataclass(frozen=True, slots=True)
class JournalBlock:
    """A block as it was ordered; `block_hash` is None if a crash came before its confirmation."""

    number: int
    timestamp: int
    last_seq: int
    block_hash: str | None


class Journal(AbstractContextManager["Journal"]):
    """The chain's memory in one SQLite file, open in one process at a time."""

    def __init__(self, path: Path, genesis: Genesis) -> None:
        """Open the journal, or begin one with this genesis.

        Raises:
            ConflictError: another process has it open.
            WrongChainError: it belongs to a chain with another id.
        """
        path.parent.mkdir(parents=True, exist_ok=True)
        self._lock = FileLock(path.with_suffix(".lock"))
        try:
            self._lock.acquire(blocking=False)
        except Timeout:
            raise ConflictError(
                f"the development chain in {path.parent} is already running",
                hint="Use the running one, or stop it first.",
            ) from None
        try:
            self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
            self._db.execute("PRAGMA journal_mode = WAL")
            self.genesis = self._begin(genesis)
        except sqlite3.Error as error:
            self._lock.release()
            raise DatabaseUnavailableError(f"the chain's journal {path}: {error}") from error
        if self.genesis.chain_id != genesis.chain_id:
            self.close()
            raise WrongChainError(
                f"{path} holds chain {self.genesis.chain_id}, not {genesis.chain_id}",
                hint="Choose another folder for the other chain.",
            )

    def __exit__(self, *exception: object) -> None:
        self.close()

    def __enter__(self) -> Self:
        return self

    def close(self) -> None:
        """Close the file and let another process have it."""
        if hasattr(self, "_db"):
            self._db.close()
        self._lock.release()

    def offer(
        self, number: int, timestamp: int, raws: Sequence[str]
    ) -> tuple[JournalBlock, list[int]]:
        """Order a block, durably, before the node hears of it; also give its transactions' seqs."""
        self._db.execute("PRAGMA synchronous = FULL")
        with self._transaction():
            seqs = [self._insert(raw) for raw in raws]
            last_seq = self._one("SELECT coalesce(max(seq), 0) FROM signed")
            # A block that was ordered but stayed empty is ordered again under the same number.
            row = (number, timestamp, last_seq)
            self._db.execute("INSERT OR REPLACE INTO block VALUES (?, ?, ?, NULL)", row)
        return JournalBlock(*row, block_hash=None), seqs

    def confirm(self, number: int, block_hash: str | None, rejected: Sequence[int]) -> None:
        """Note what came of an ordered block: its hash, or None if there was nothing to mine.

        Losing this in a power cut costs nothing, so it does not wait for the disk.
        """
        self._db.execute("PRAGMA synchronous = NORMAL")
        with self._transaction():
            if block_hash is None:
                self._db.execute("DELETE FROM block WHERE number = ?", (number,))
            else:
                row = (block_hash, number)
                self._db.execute("UPDATE block SET block_hash = ? WHERE number = ?", row)
            self._db.executemany("DELETE FROM signed WHERE seq = ?", [(seq,) for seq in rejected])

    def blocks(self) -> Iterator[JournalBlock]:
        """Every ordered block, oldest first."""
        query = "SELECT number, timestamp, last_seq, block_hash FROM block ORDER BY number"
        with closing(self._db.execute(query)) as rows:
            yield from (JournalBlock(*row) for row in rows)

    def transactions(self, after_seq: int, last_seq: int | None = None) -> list[tuple[int, str]]:
        """The signed transactions after one seq, up to and including another: (seq, raw)."""
        query = "SELECT seq, raw FROM signed WHERE seq > ? AND seq <= ? ORDER BY seq"
        bound = last_seq if last_seq is not None else 2**63 - 1
        return self._db.execute(query, (after_seq, bound)).fetchall()

    def _begin(self, genesis: Genesis) -> Genesis:
        with self._transaction():
            if not self._one("SELECT count(*) FROM sqlite_master"):
                for statement in _SCHEMA.split(";"):
                    self._db.execute(statement)
                row = (genesis.chain_id, genesis.timestamp)
                self._db.execute("INSERT INTO genesis VALUES (?, ?)", row)
            return Genesis(*self._db.execute("SELECT chain_id, timestamp FROM genesis").fetchone())

    def _insert(self, raw: str) -> int:
        cursor = self._db.execute("INSERT INTO signed (raw) VALUES (?)", (raw,))
        return int(cursor.lastrowid or 0)

    def _one(self, query: str) -> int:
        return int(self._db.execute(query).fetchone()[0])

    def _transaction(self) -> "_Transaction":
        return _Transaction(self._db)


class _Transaction:
    """BEGIN, then COMMIT or ROLLBACK: sqlite3's own context manager begins nothing."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def __enter__(self) -> None:
        self._db.execute("BEGIN IMMEDIATE")

    def __exit__(self, kind: object, *rest: object) -> None:
        self._db.execute("COMMIT" if kind is None else "ROLLBACK")
