"""The shelf's tables and rows.

`state` holds how far the mirror had read when its publisher last looked, until when that look may
be relied on, and how often pages have changed since the shelf was made. `page` is a batch with its
newest documents in `doc`; `dep` says what else than the batch's own logs they depend on.
`tin_list` and `tins` are serial lists, which pages share.
"""

from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, MetaData, String, Table

SCHEMA: Final = "shelf"
FORM: Final = 2  # of the tables and of what is in them; a shelf of another form is made anew

METADATA: Final = MetaData(schema=SCHEMA)
_BIG: Final = BigInteger().with_variant(Integer(), "sqlite")


def _number(name: str, **more: Any) -> Column[int]:  # noqa: ANN401 - SQLAlchemy's own options
    return Column(name, _BIG, nullable=False, **more)


def _bytes(name: str, **more: Any) -> Column[bytes]:  # noqa: ANN401
    return Column(name, LargeBinary, nullable=False, **more)


STATE: Final = Table(
    "state",
    METADATA,
    Column("id", Integer, primary_key=True, autoincrement=False),
    _number("form"),
    _number("build"),
    _number("block_number"),
    _bytes("block_hash"),
    _number("block_time_unix"),
    _number("next_sequence"),
    _number("log_block"),
    _bytes("log_block_hash"),
    _number("valid_until_unix"),
    _number("page_changes"),
)
PAGE: Final = Table(
    "page",
    METADATA,
    Column("id", _BIG, primary_key=True, autoincrement=True),
    Column("gtin", String, nullable=False),
    Column("lot", String, nullable=False),
    _bytes("batch_id", unique=True),
    _bytes("head"),
    _number("last_block"),
    _bytes("last_block_hash"),
    _number("published_unix"),
    _number("fresh_until_unix", index=True),
    _number("stale"),
    Column("tins", _BIG),
    Index("ix_page_name", "gtin", "lot", unique=True),
    sqlite_autoincrement=True,  # a page that was replaced never lends its number to another
)
DOC: Final = Table(
    "doc",
    METADATA,
    _number("page", primary_key=True, autoincrement=False),
    Column("kind", String, primary_key=True),
    _bytes("body"),
)
TIN_LIST: Final = Table(
    "tin_list",
    METADATA,
    Column("id", _BIG, primary_key=True, autoincrement=True),
    _bytes("root", unique=True),
    _number("size"),
    sqlite_autoincrement=True,
)
TINS: Final = Table(
    "tins",
    METADATA,
    # Rows of 600 bytes would make the tree of a table without row numbers eight levels deep.
    Column("id", _BIG, primary_key=True, autoincrement=True),
    _number("list"),
    _bytes("first_serial"),
    _bytes("body"),
    Index("ix_tins_first", "list", "first_serial", unique=True),
)
DEP: Final = Table(
    "dep",
    METADATA,
    Column("key", String, primary_key=True),
    _number("page", primary_key=True, autoincrement=False, index=True),
)
PARTY_SEEN: Final = Table(
    "party_seen",
    METADATA,
    _number("gln", primary_key=True, autoincrement=False),
    _bytes("stamp"),
)


class Position(NamedTuple):
    """How far the mirror had read."""

    block_number: int
    block_hash: bytes
    block_time_unix: int


@dataclass(frozen=True, slots=True)
class State:
    """Where the publisher stood when it last looked.

    Attributes:
        build: of the code and settings that made the pages.
        position: of the mirror.
        next_sequence: of the next log.
        log_block: the newest block with a log, and its hash; while the mirror still has it, no
            log that was seen has gone.
        valid_until_unix: until when all this may be relied on.
    """

    build: int
    position: Position
    next_sequence: int
    log_block: int
    log_block_hash: bytes
    valid_until_unix: int


@dataclass(frozen=True, slots=True)
class PageRow:
    """One batch's page.

    Attributes:
        head: of the batch.
        last_block: the newest block that holds a log of the batch, and its hash.
        fresh_until_unix: the first second at which the page no longer says what is true.
    """

    gtin: str
    lot: str
    batch_id: bytes
    head: bytes
    last_block: int
    last_block_hash: bytes
    published_unix: int
    fresh_until_unix: int


class PageMark(NamedTuple):
    """What tells whether a page is still that of its batch."""

    head: bytes
    last_block: int
    last_block_hash: bytes
    stale: bool
    published_unix: int
    fresh_until_unix: int
