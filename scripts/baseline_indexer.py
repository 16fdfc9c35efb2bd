"""An indexer of the ledger as it is usually written: web3.py decodes, an ORM stores.

    python scripts/baseline_indexer.py RPC_URL CONTRACT DATABASE_URL LAST_BLOCK

`bench_mirror.py` measures the mirror against it. It keeps the same facts (batches with their heads,
appends, records, block times) and nothing is made slow on purpose: one request for the logs of a
range, one commit for a range, rows flushed in bulk by SQLAlchemy. It verifies nothing, knows no
reorganisation, and cannot resume. The last line printed is a JSON object: records, seconds.
"""

import argparse
import json
import time
from pathlib import Path
from typing import Any

from sqlalchemy import BigInteger, LargeBinary, create_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column
from web3 import Web3
from web3.contract import Contract
from web3.types import LogReceipt

ARTIFACT = Path(__file__).resolve().parents[1] / "tracer" / "chain" / "abi" / "BatchLedger.json"
RANGE_BLOCKS = 100
RECORD_BYTES = 44


class Base(DeclarativeBase):
    """All tables of this indexer."""

    type_annotation_map = {int: BigInteger, bytes: LargeBinary}  # noqa: RUF012 - as SQLAlchemy asks


class Block(Base):
    """A block that holds logs."""

    __tablename__ = "block"

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    hash: Mapped[bytes]
    timestamp_unix: Mapped[int]


class Batch(Base):
    """One `BatchRegistered` log, and the head after the newest append."""

    __tablename__ = "batch"

    batch_id: Mapped[bytes] = mapped_column(primary_key=True)
    sequence: Mapped[int]
    block_number: Mapped[int]
    log_index: Mapped[int]
    transaction_hash: Mapped[bytes]
    gtin: Mapped[bytes]
    lot: Mapped[str]
    owner: Mapped[int]
    head: Mapped[bytes]


class Append(Base):
    """One `Appended` log."""

    __tablename__ = "append"

    sequence: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    block_number: Mapped[int]
    log_index: Mapped[int]
    transaction_hash: Mapped[bytes]
    batch_id: Mapped[bytes] = mapped_column(index=True)
    gln: Mapped[int]
    head: Mapped[bytes]
    records: Mapped[bytes]


class Record(Base):
    """One record of an append."""

    __tablename__ = "record"

    sequence: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    ordinal: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    kind: Mapped[int]
    occurred_at_unix: Mapped[int]
    location: Mapped[int | None]
    digest: Mapped[bytes]


class Indexer:
    """Copies one ledger into one database."""

    def __init__(self, web3: Web3, contract: Contract, session: Session) -> None:
        self._web3 = web3
        self._contract = contract
        self._session = session
        self._handlers = {
            web3.keccak(text=text): (contract.events[name](), handler)
            for text, name, handler in (
                (
                    "BatchRegistered(bytes32,uint48,uint64,bytes14,string,bytes32)",
                    "BatchRegistered",
                    self._on_batch,
                ),
                ("Appended(bytes32,uint48,uint64,bytes32,bytes)", "Appended", self._on_append),
            )
        }
        self.records = 0

    def index(self, first: int, last: int) -> None:
        """Take in one range of blocks."""
        logs = self._web3.eth.get_logs(
            {"address": self._contract.address, "fromBlock": first, "toBlock": last}
        )
        for number in sorted({log["blockNumber"] for log in logs}):
            block = self._web3.eth.get_block(number)
            self._session.add(
                Block(number=number, hash=block["hash"], timestamp_unix=block["timestamp"])
            )
        for log in logs:
            self._apply(log)
        self._session.commit()

    def _apply(self, log: LogReceipt) -> None:
        event, handler = self._handlers.get(log["topics"][0], (None, None))
        if event is not None and handler is not None:
            found = event.process_log(log)
            handler(found, found["args"])

    def _on_batch(self, log: Any, values: Any) -> None:  # noqa: ANN401 - web3's attribute dicts
        self._session.add(
            Batch(
                batch_id=values["batchId"],
                sequence=values["sequence"],
                block_number=log["blockNumber"],
                log_index=log["logIndex"],
                transaction_hash=log["transactionHash"],
                gtin=values["gtin"],
                lot=values["lot"],
                owner=values["gln"],
                head=values["head"],
            )
        )

    def _on_append(self, log: Any, values: Any) -> None:  # noqa: ANN401
        self._session.add(
            Append(
                sequence=values["sequence"],
                block_number=log["blockNumber"],
                log_index=log["logIndex"],
                transaction_hash=log["transactionHash"],
                batch_id=values["batchId"],
                gln=values["gln"],
                head=values["head"],
                records=values["records"],
            )
        )
        batch = self._session.get_one(Batch, values["batchId"])
        batch.head = values["head"]
        packed = values["records"]
        for ordinal, start in enumerate(range(0, len(packed), RECORD_BYTES)):
            record = packed[start : start + RECORD_BYTES]
            self._session.add(
                Record(
                    sequence=values["sequence"],
                    ordinal=ordinal,
                    kind=record[0],
                    occurred_at_unix=int.from_bytes(record[1:6], "big"),
                    location=int.from_bytes(record[6:12], "big") or None,
                    digest=record[12:],
                )
            )
            self.records += 1


def main() -> None:
    """Index everything up to a block, into an empty database."""
    parser = argparse.ArgumentParser(description="Index a ledger the usual way.")
    parser.add_argument("rpc_url")
    parser.add_argument("contract")
    parser.add_argument("database_url")
    parser.add_argument("last_block", type=int)
    words = parser.parse_args()
    web3 = Web3(Web3.HTTPProvider(words.rpc_url))
    abi = json.loads(ARTIFACT.read_text(encoding="utf-8"))["abi"]
    contract = web3.eth.contract(address=Web3.to_checksum_address(words.contract), abi=abi)
    engine = create_engine(words.database_url)
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        indexer = Indexer(web3, contract, session)
        begun = time.perf_counter()
        for first in range(0, words.last_block + 1, RANGE_BLOCKS):
            indexer.index(first, min(first + RANGE_BLOCKS - 1, words.last_block))
        seconds = time.perf_counter() - begun
    engine.dispose()
    print(json.dumps({"records": indexer.records, "seconds": seconds}))


if __name__ == "__main__":
    main()
