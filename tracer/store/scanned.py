"""What the mirror must know of a batch before a scan of one of its tins is counted."""

from dataclasses import dataclass
from typing import Final

from sqlalchemy import select
from sqlmodel import Session

from tracer.domain.clones import day_of
from tracer.domain.identifiers import Gtin, Lot, Serial
from tracer.domain.kinds import Kind
from tracer.domain.records import build_batch_id
from tracer.errors import NotFoundError
from tracer.store.contents import ContentStore
from tracer.store.tables import Append, Record, table_of

_APPEND: Final = table_of(Append)
_RECORD: Final = table_of(Record)
_IN_SHOP: Final = (int(Kind.RETAIL_RECEIPT), int(Kind.SALE))


@dataclass(frozen=True, slots=True)
class ScannedTin:
    """A tin that was issued.

    Attributes:
        batch_id: 32 bytes.
        serial: as printed.
        root: of the serials that it is among.
        sold_day: first day on which a record has a tin of the batch in a shop, or None.
    """

    batch_id: bytes
    serial: str
    root: bytes
    sold_day: int | None


def find_scanned_tin(
    session: Session, contents: ContentStore, gtin: Gtin, lot: Lot, serial: Serial
) -> ScannedTin:
    """The tin, if the mirror's records say that it was issued.

    Raises:
        NotFoundError: no such serial was issued for such a batch.
    """
    batch_id = build_batch_id(gtin, lot)
    wanted = (
        select(_RECORD.c.kind, _RECORD.c.digest, _RECORD.c.occurred_at_unix)
        .join(_APPEND, _APPEND.c.sequence == _RECORD.c.sequence)
        .where(_APPEND.c.batch_id == batch_id)
        .where(_RECORD.c.kind.in_((int(Kind.SERIALS), *_IN_SHOP)))
        .order_by(_RECORD.c.sequence.desc(), _RECORD.c.ordinal.desc())
    )
    rows = session.execute(wanted).all()
    for row in rows:
        if row.kind == Kind.SERIALS and contents.has_serial(row.digest, serial.value):
            sold = [day_of(it.occurred_at_unix) for it in rows if it.kind in _IN_SHOP]
            return ScannedTin(batch_id, serial.value, row.digest, min(sold, default=None))
    raise NotFoundError(
        f"serial {serial} was not issued for batch {gtin}/{lot}",
        hint="Only scans of tins that were issued are counted.",
    )
