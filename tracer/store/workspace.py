"""What the command line must remember so that a crash loses nothing and repeats nothing.

One SQLite file, `<home>/workspace.sqlite`. A commit here is on disk when it returns (WAL with
`synchronous=FULL`), so "stored before it is sent" holds through a power cut. Several processes
share the file; whoever finds it locked waits up to `BUSY_TIMEOUT_S`.

Three tables: `intent` (what is to be written, named by a digest of itself), `signed_transaction`
(every transaction ever signed for an intent), `prepared_document` (the random salts of a document,
drawn once).
"""

import contextlib
import sqlite3
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from tracer.errors import DatabaseUnavailableError

BUSY_TIMEOUT_S: Final = 5.0  # longer than any commit here takes; a longer lock is a fault
SCHEMA_VERSION: Final = 1

_SCHEMA: Final = """
CREATE TABLE intent (
    intent_id TEXT PRIMARY KEY,      -- digest of what is to be written
    chain TEXT NOT NULL,             -- chain id and genesis hash
    sender TEXT NOT NULL,            -- address
    what TEXT NOT NULL,              -- for a person
    call_to TEXT,                    -- NULL = creates a contract
    call_data BLOB NOT NULL,
    value_wei TEXT NOT NULL,         -- does not fit 64 bits
    recorded_at_unix INTEGER NOT NULL,
    tx_hash TEXT,                    -- the transaction that did it; NULL = not known to be done
    block_number INTEGER,
    block_hash TEXT
) STRICT;
CREATE TABLE signed_transaction (
    tx_hash TEXT PRIMARY KEY,
    intent_id TEXT NOT NULL REFERENCES intent,
    chain TEXT NOT NULL,
    sender TEXT NOT NULL,
    nonce INTEGER NOT NULL,
    gas INTEGER NOT NULL,
    max_fee_wei INTEGER NOT NULL,
    priority_fee_wei INTEGER NOT NULL,
    raw BLOB NOT NULL,
    signed_at_unix INTEGER NOT NULL,
    dead INTEGER NOT NULL DEFAULT 0  -- 1 = reverted, or its nonce went to another for good
) STRICT;
CREATE INDEX signed_by_nonce ON signed_transaction (chain, sender, nonce);
CREATE TABLE prepared_document (
    chain TEXT NOT NULL,
    contract TEXT NOT NULL,
    batch_id TEXT NOT NULL,
    doc_type INTEGER NOT NULL,
    number TEXT NOT NULL,
    content_digest TEXT NOT NULL,
    salts BLOB NOT NULL,
    PRIMARY KEY (chain, contract, batch_id, doc_type, number, content_digest)
) STRICT;
"""

_INTENT: Final = (
    "SELECT intent_id, chain, sender, what, call_to, call_data, value_wei, tx_hash, block_number,"
    " block_hash FROM intent"
)
_SIGNED: Final = (
    "SELECT tx_hash, intent_id, chain, sender, nonce, gas, max_fee_wei, priority_fee_wei, raw"
    " FROM signed_transaction"
)


@dataclass(frozen=True, slots=True)
class IntentRow:
    """Something that is to be written, and whether it is.

    Attributes:
        intent_id: hex digest of what is to be written.
        chain: chain id and genesis hash.
        sender: address that signs.
        what: what it is, for a person.
        call_to: address of the contract; None = creates one.
        call_data: bytes of the call.
        value_wei: ether to hand over, in wei, as decimal digits.
        tx_hash: the transaction that did it, or None.
        block_number: its block, or None.
        block_hash: its block, or None.
    """

    intent_id: str
    chain: str
    sender: str
    what: str
    call_to: str | None
    call_data: bytes
    value_wei: str = "0"
    tx_hash: str | None = None
    block_number: int | None = None
    block_hash: str | None = None


@dataclass(frozen=True, slots=True)
class SignedRow:
    """A transaction as it was signed.

    Attributes:
        tx_hash: 0x and 64 hexadecimal digits.
        intent_id: what it was signed for.
        chain: chain id and genesis hash.
        sender: address that signed.
        nonce: the sender's nonce.
        gas: gas limit.
        max_fee_wei: EIP-1559 fee cap, in wei per gas.
        priority_fee_wei: EIP-1559 priority fee, in wei per gas.
        raw: the signed bytes.
    """

    tx_hash: str
    intent_id: str
    chain: str
    sender: str
    nonce: int
    gas: int
    max_fee_wei: int
    priority_fee_wei: int
    raw: bytes


@dataclass(frozen=True, slots=True)
class DocumentKey:
    """Which document: on which ledger, for which batch, with which content.

    Attributes:
        chain: chain id and genesis hash.
        contract: address of the ledger.
        batch_id: 64 hexadecimal digits.
        doc_type: number of the document type.
        number: as printed on the document.
        content_digest: SHA-256 over all its fields, 64 hexadecimal digits.
    """

    chain: str
    contract: str
    batch_id: str
    doc_type: int
    number: str
    content_digest: str


class Workspace:
    """The open file. Every method is one transaction; a method that returns has committed.

    Args:
        path: the SQLite file; made when it does not exist.
        busy_timeout_s: how long to wait for another process.

    Raises:
        DatabaseUnavailableError: locked, not writable, damaged, or of a newer version.
    """

    def __init__(self, path: Path, busy_timeout_s: float = BUSY_TIMEOUT_S) -> None:
        self._path = path
        with self._guard():
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._connection = sqlite3.connect(
                path, timeout=busy_timeout_s, isolation_level=None, check_same_thread=False
            )
        try:
            with self._guard():
                self._use_wal(busy_timeout_s)
                self._connection.execute("PRAGMA synchronous=FULL")
                self._connection.execute("PRAGMA foreign_keys=ON")
                self._create()
        except DatabaseUnavailableError:
            self._connection.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def record_intent(self, intent: IntentRow) -> IntentRow:
        """Remember what is to be written; what is known already stays as it is.

        Returns:
            The stored row.
        """
        with self._write() as connection:
            connection.execute(
                "INSERT INTO intent (intent_id, chain, sender, what, call_to, call_data,"
                " value_wei, recorded_at_unix) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
                " ON CONFLICT (intent_id) DO NOTHING",
                (
                    intent.intent_id,
                    intent.chain,
                    intent.sender,
                    intent.what,
                    intent.call_to,
                    intent.call_data,
                    intent.value_wei,
                    int(time.time()),
                ),
            )
        stored = self.intent(intent.intent_id)
        return intent if stored is None else stored

    def intent(self, intent_id: str) -> IntentRow | None:
        """One intent, or None when it was never recorded."""
        rows = self._read(_INTENT + " WHERE intent_id = ?", (intent_id,))
        return IntentRow(*rows[0]) if rows else None

    def open_intents(self, chain: str) -> list[IntentRow]:
        """Intents of a chain that are not known to be done, oldest first."""
        rows = self._read(
            _INTENT + " WHERE chain = ? AND tx_hash IS NULL ORDER BY recorded_at_unix, rowid",
            (chain,),
        )
        return [IntentRow(*row) for row in rows]

    def store_signed(self, row: SignedRow) -> None:
        """Keep a signed transaction; call it before the transaction is sent."""
        with self._write() as connection:
            connection.execute(
                "INSERT INTO signed_transaction (tx_hash, intent_id, chain, sender,"
                " nonce, gas, max_fee_wei, priority_fee_wei, raw, signed_at_unix)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (tx_hash) DO NOTHING",
                (
                    row.tx_hash,
                    row.intent_id,
                    row.chain,
                    row.sender,
                    row.nonce,
                    row.gas,
                    row.max_fee_wei,
                    row.priority_fee_wei,
                    row.raw,
                    int(time.time()),
                ),
            )

    def signed_for(self, intent_id: str) -> list[SignedRow]:
        """Transactions signed for an intent that may still count, newest first."""
        rows = self._read(
            _SIGNED + " WHERE intent_id = ? AND dead = 0 ORDER BY nonce DESC, rowid DESC",
            (intent_id,),
        )
        return [SignedRow(*row) for row in rows]

    def signed_from(self, chain: str, sender: str, nonce: int) -> list[SignedRow]:
        """Live transactions of a sender with this nonce or a later one: by nonce, newest first."""
        rows = self._read(
            _SIGNED + " WHERE chain = ? AND sender = ? AND nonce >= ? AND dead = 0"
            " ORDER BY nonce, rowid DESC",
            (chain, sender, nonce),
        )
        return [SignedRow(*row) for row in rows]

    def mark_dead(self, tx_hash: str) -> None:
        """A transaction reverted, or its nonce went to another one for good."""
        with self._write() as connection:
            connection.execute(
                "UPDATE signed_transaction SET dead = 1 WHERE tx_hash = ?", (tx_hash,)
            )

    def mark_done(
        self, intent_id: str, tx_hash: str, block_number: int | None, block_hash: str | None
    ) -> None:
        """An intent is on the chain."""
        with self._write() as connection:
            connection.execute(
                "UPDATE intent SET tx_hash = ?, block_number = ?, block_hash = ?"
                " WHERE intent_id = ?",
                (tx_hash, block_number, block_hash, intent_id),
            )

    def prepare_document(self, key: DocumentKey, salts: bytes) -> bytes:
        """Settle the salts of a document.

        Args:
            key: which document.
            salts: fresh random bytes, used if the document has none yet.

        Returns:
            Its salts: the first ever given for this key.
        """
        with self._write() as connection:
            connection.execute(
                "INSERT INTO prepared_document VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
                (*_columns(key), salts),
            )
        return self.salts_of(key) or salts

    def salts_of(self, key: DocumentKey) -> bytes | None:
        """The salts of a document; None when it was never prepared here."""
        rows = self._read(
            "SELECT salts FROM prepared_document WHERE chain = ? AND contract = ?"
            " AND batch_id = ? AND doc_type = ? AND number = ? AND content_digest = ?",
            _columns(key),
        )
        return bytes(rows[0][0]) if rows else None

    def _use_wal(self, patience_s: float) -> None:
        """Switch to WAL once. SQLite does not wait for other openers here, so this does."""
        deadline = time.monotonic() + patience_s
        while True:
            try:
                self._connection.execute("PRAGMA journal_mode=WAL")
            except sqlite3.OperationalError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.02)
            else:
                return

    def _create(self) -> None:
        version = self._connection.execute("PRAGMA user_version").fetchone()[0]
        if version == 0:
            with self._write() as connection:
                # Another process may have come first, between the question and the lock.
                if connection.execute("PRAGMA user_version").fetchone()[0] == 0:
                    for statement in _SCHEMA.split(";\n"):
                        connection.execute(statement)
                    connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
        elif version != SCHEMA_VERSION:
            raise DatabaseUnavailableError(
                f"{self._path} has version {version}; this program knows {SCHEMA_VERSION}",
                hint="Use the program version that wrote it, or a newer one.",
            )

    def _read(self, sql: str, values: tuple[object, ...]) -> list[tuple[Any, ...]]:
        with self._guard():
            return self._connection.execute(sql, values).fetchall()

    @contextlib.contextmanager
    def _write(self) -> Iterator[sqlite3.Connection]:
        """One transaction that takes the write lock at once, so that it cannot fail half-way."""
        with self._guard():
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")

    @contextlib.contextmanager
    def _guard(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            locked = "locked" in str(error) or "busy" in str(error)
            raise DatabaseUnavailableError(
                f"workspace {self._path}: {error}",
                hint="Another program holds it; wait, then run the same command again."
                if locked
                else "Check the disk and the file; a backup of it may be needed.",
            ) from error


def _columns(key: DocumentKey) -> tuple[object, ...]:
    return (
        key.chain,
        key.contract,
        key.batch_id,
        key.doc_type,
        key.number,
        key.content_digest,
    )
