"""The mirror's tables: nothing but what the chain says, each fact once.

`append` and `registry_log` hold the contract's logs (an append's columns re-encode to its exact
log); everything else is projected from them. An append's time is its block's, a record's writer
its append's, and who holds a batch follows from its records, so no copy can disagree unnoticed.

Hashes and addresses are bytes. A GLN is the ledger's number; `identifiers.Gln` gives its digits.
Numbers of 64 bits are INTEGER in SQLite, where BIGINT could not be the row's own address.
Logs and records carry no foreign keys: the ledger's gap-free sequence already proves every row
present, and checking it again row by row would slow a backfill down.
"""

from typing import Any, ClassVar, cast

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
)
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel

_BIG = BigInteger().with_variant(Integer(), "sqlite")


def _big_key() -> Any:  # noqa: ANN401 - what sqlmodel.Field returns
    return Field(sa_column=Column(_BIG, primary_key=True, autoincrement=False))


def _big(*, nullable: bool = False) -> Any:  # noqa: ANN401
    return Field(default=None, sa_column=Column(_BIG, nullable=nullable))


def _party(*, primary_key: bool = False) -> Any:  # noqa: ANN401
    """GLN of a party that has been admitted."""
    return Field(
        sa_column=Column(
            _BIG,
            ForeignKey("party.gln"),
            primary_key=primary_key,
            autoincrement=False,
            nullable=False,
        )
    )


def _bytes_key() -> Any:  # noqa: ANN401
    return Field(sa_column=Column(LargeBinary, primary_key=True))


def _bytes() -> Any:  # noqa: ANN401
    return Field(sa_column=Column(LargeBinary, nullable=False))


class MirrorModel(SQLModel, registry=registry()):
    """Base of the mirror's tables; they share one MetaData of their own."""


class Cursor(MirrorModel, table=True):
    """How far the mirror has read, and of which chain. One row, id 1.

    Attributes:
        code_hash: Keccak-256 of the contract's code (what EXTCODEHASH returns).
        deploy_block: block that holds the `LedgerCreated` log.
        block_number: the last block taken in; the mirror equals the chain up to here.
        next_sequence: of the next log.
        final_number: the newest block that was final when it was taken in; never rewound.
    """

    id: int = Field(default=1, primary_key=True)
    chain_id: int = _big()
    genesis_hash: bytes = _bytes()
    contract: bytes = _bytes()
    code_hash: bytes = _bytes()
    deploy_block: int = _big()
    block_number: int = _big()
    block_hash: bytes = _bytes()
    block_time_unix: int = _big()
    next_sequence: int = _big()
    final_number: int = _big()
    final_hash: bytes = _bytes()


class Block(MirrorModel, table=True):
    """A block that holds at least one of the ledger's logs."""

    number: int = _big_key()
    hash: bytes = _bytes()
    timestamp_unix: int = _big()


class Append(MirrorModel, table=True):
    """One `Appended` log.

    Attributes:
        sequence: the contract's gap-free event counter.
        gln: the party that wrote.
        head: the batch's head after it.
        records: n x 44 bytes.
    """

    __table_args__: ClassVar[Any] = (Index("ix_append_batch", "batch_id", "sequence"),)

    sequence: int = _big_key()
    block_number: int = _big()
    log_index: int
    transaction_hash: bytes = _bytes()
    batch_id: bytes = _bytes()
    gln: int = _big()
    head: bytes = _bytes()
    records: bytes = _bytes()


class Record(MirrorModel, table=True):
    """One record of an append.

    Attributes:
        sequence: of the append that holds it.
        ordinal: 0-based place in that append.
        location: GLN, None when the record names none.
    """

    __table_args__: ClassVar[Any] = {"sqlite_with_rowid": False}

    sequence: int = _big_key()
    ordinal: int = Field(sa_column=Column(Integer, primary_key=True, autoincrement=False))
    kind: int
    occurred_at_unix: int = _big()
    location: int | None = _big(nullable=True)
    digest: bytes = _bytes()


class Batch(MirrorModel, table=True):
    """One `BatchRegistered` log and what the batch's records have made of it.

    Attributes:
        owner: GLN of the party that registered it.
        head: fold of all its appends.
        holds: parties that hold it now.
        hold_round: rounds of holds that an authority lifted.
        recalled: final.
    """

    __table_args__: ClassVar[Any] = (
        Index("ix_batch_sequence", "sequence", unique=True),
        Index("ix_batch_gtin_lot", "gtin", "lot"),
    )

    batch_id: bytes = _bytes_key()
    sequence: int = _big()
    block_number: int = _big()
    log_index: int
    transaction_hash: bytes = _bytes()
    gtin: str
    lot: str
    owner: int = _big()
    head: bytes = _bytes()
    holds: int
    hold_round: int
    recalled: bool


class RegistryLog(MirrorModel, table=True):
    """Any other log, as it came: what parties, keys, prefixes and standing are made of.

    Attributes:
        topics: n x 32 bytes.
        data: ABI encoding of what is not indexed.
    """

    __tablename__ = "registry_log"

    sequence: int = _big_key()
    block_number: int = _big()
    log_index: int
    transaction_hash: bytes = _bytes()
    topics: bytes = _bytes()
    data: bytes = _bytes()


class Party(MirrorModel, table=True):
    """A company or authority.

    Attributes:
        roles: bit set of `kinds.Role`.
        status: 1 active, 2 suspended, 3 banned for good.
        distrust_from_unix: earliest moment a key is reported compromised; 0 = never.
    """

    gln: int = _big_key()
    roles: int
    status: int
    admin: bytes = _bytes()
    distrust_from_unix: int = _big()
    profile_digest: bytes = _bytes()


class PartyKey(MirrorModel, table=True):
    """A key that writes for a party.

    Attributes:
        roles: the key acts with party roles AND these.
        revoked_at_unix: 0 = not revoked.
        distrust_from_unix: what it signed since then may be forged; 0 = not revoked.
    """

    __tablename__ = "party_key"

    address: bytes = _bytes_key()
    gln: int = _party()
    roles: int
    valid_from_unix: int = _big()
    valid_until_unix: int = _big()
    revoked_at_unix: int = _big()
    distrust_from_unix: int = _big()


class Partner(MirrorModel, table=True):
    """`partner` may append to batches of `gln`."""

    gln: int = _party(primary_key=True)
    partner: int = _party(primary_key=True)


class Prefix(MirrorModel, table=True):
    """A GS1 company prefix and its owner."""

    digits: int = Field(sa_column=Column(Integer, primary_key=True, autoincrement=False))
    prefix: int = _big_key()
    gln: int = _party()


class Inspection(MirrorModel, table=True):
    """One `PartyInspected` log.

    Attributes:
        consecutive_failures: failed inspections of the party since its last pass, this one counted.
    """

    inspection_id: bytes = _bytes_key()
    sequence: int = _big()
    gln: int = _party()
    inspector: int = _party()
    passed: bool
    consecutive_failures: int
    digest: bytes = _bytes()


MODELS: tuple[type[MirrorModel], ...] = (
    Cursor, Block, Append, Record, Batch, RegistryLog,
    Party, PartyKey, Partner, Prefix, Inspection,
)  # fmt: skip
REGISTRY_MODELS: tuple[type[MirrorModel], ...] = (Party, PartyKey, Partner, Prefix, Inspection)
"""Projections of `registry_log`; those that refer to a party come after it."""


def table_of(model: type[MirrorModel]) -> Table:
    """The SQLAlchemy table of a model."""
    return cast("Table", model.__dict__["__table__"])


def mirror_metadata() -> MetaData:
    """All tables of the mirror and nothing else."""
    return MirrorModel.metadata
