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
class SerialRoots:
    """What a batch's records say of its tins.

    Attributes:
        roots: Merkle roots of its serials, the newest first.
        sold_day: first day on which a record has a tin of the batch in a shop, or None.
    """

    roots: tuple[bytes, ...]
    sold_day: int | None


@dataclass(frozen=True, slots=True)
class ScannedTin:
    """A tin that was issued.

    Attributes:
        batch_id: 32 bytes.
        serial: as printed.
        root: of the serials that it is among.
        sold_day: as in `SerialRoots`.
    """

    batch_id: bytes
    serial: str
    root: bytes
    sold_day: int | None


def load_serial_roots(session: Session, gtin: Gtin, lot: Lot) -> SerialRoots:
    """The roots of a batch's serials, and when it was first sold; nothing for an unknown batch."""
    wanted = (
        select(_RECORD.c.kind, _RECORD.c.digest, _RECORD.c.occurred_at_unix)
        .join(_APPEND, _APPEND.c.sequence == _RECORD.c.sequence)
        .where(_APPEND.c.batch_id == build_batch_id(gtin, lot))
        .where(_RECORD.c.kind.in_((int(Kind.SERIALS), *_IN_SHOP)))
        .order_by(_RECORD.c.sequence.desc(), _RECORD.c.ordinal.desc())
    )
    rows = session.execute(wanted).all()
    sold = [day_of(it.occurred_at_unix) for it in rows if it.kind in _IN_SHOP]
    roots = tuple(it.digest for it in rows if it.kind == Kind.SERIALS)
    return SerialRoots(roots, min(sold, default=None))


def find_scanned_tin(
    session: Session, contents: ContentStore, gtin: Gtin, lot: Lot, serial: Serial
) -> ScannedTin:
    """The tin, if the mirror's records say that it was issued.

    Raises:
        NotFoundError: no such serial was issued for such a batch.
    """
    batch = load_serial_roots(session, gtin, lot)
    for root in batch.roots:
        if contents.has_serial(root, serial.value):
            return ScannedTin(build_batch_id(gtin, lot), serial.value, root, batch.sold_day)
    raise NotFoundError(
        f"serial {serial} was not issued for batch {gtin}/{lot}",
        hint="Only scans of tins that were issued are counted.",
    )
