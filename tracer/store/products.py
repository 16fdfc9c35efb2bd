"""What the mirror knows of a product, and to which of its batches a serial belongs.

Nothing here is verified: it says where to look, and what is found there is checked.
"""

from dataclasses import dataclass
from typing import Final

from sqlalchemy import select
from sqlmodel import Session

from tracer.domain.identifiers import Gtin, Lot, Serial
from tracer.domain.kinds import Kind
from tracer.store.contents import ContentStore
from tracer.store.tables import Append, Batch, Record, table_of

_APPEND: Final = table_of(Append)
_RECORD: Final = table_of(Record)
_BATCH: Final = table_of(Batch)

MAX_BATCHES: Final = 100
"""Newest batches of a product that a page lists. Milk powder older than its best-before day is of
no use, and no maker fills a hundred batches of one article in that time."""

MAX_LISTS: Final = 300
"""Newest serial lists that are searched for a serial without a lot: 20 steps in a file each."""


@dataclass(frozen=True, slots=True)
class ProductBatch:
    """One batch of a product.

    Attributes:
        lot: as registered.
        recalled: whether it has been recalled.
        holds: how many holds are open.
    """

    lot: str
    recalled: bool
    holds: int


def load_product(session: Session, gtin: Gtin) -> list[ProductBatch]:
    """The newest batches of a product, newest first; none when the product is unknown."""
    columns = _BATCH.c
    wanted = (
        select(columns.lot, columns.recalled, columns.holds)
        .where(columns.gtin == gtin.value)
        .order_by(columns.sequence.desc())
        .limit(MAX_BATCHES)
    )
    return [ProductBatch(row.lot, row.recalled, row.holds) for row in session.execute(wanted)]


def has_batch(session: Session, gtin: Gtin, lot: Lot) -> bool:
    """Whether a batch has been registered."""
    columns = _BATCH.c
    wanted = select(columns.lot).where(columns.gtin == gtin.value, columns.lot == lot.value)
    return session.execute(wanted.limit(1)).first() is not None


def find_lot(
    session: Session, contents: ContentStore, gtin: Gtin, serial: Serial, lot: Lot | None = None
) -> Lot | None:
    """The batch of a product that a serial was issued for.

    Args:
        session: of the mirror.
        contents: where serial lists are.
        gtin: of the product.
        serial: of the tin.
        lot: look only there.

    Returns:
        None when no list on file has the serial.
    """
    wanted = (
        select(_BATCH.c.lot, _RECORD.c.digest)
        .join(_APPEND, _APPEND.c.batch_id == _BATCH.c.batch_id)
        .join(_RECORD, _RECORD.c.sequence == _APPEND.c.sequence)
        .where(_BATCH.c.gtin == gtin.value, _RECORD.c.kind == int(Kind.SERIALS))
        .order_by(_RECORD.c.sequence.desc())
        .limit(MAX_LISTS)
    )
    if lot is not None:
        wanted = wanted.where(_BATCH.c.lot == lot.value)
    for row in session.execute(wanted):
        if contents.has_serial(row.digest, serial.value):
            return Lot(row.lot)
    return None
