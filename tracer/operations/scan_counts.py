"""What was counted of a batch's tins, for its maker."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Engine

from tracer.domain.clones import (
    Assessment,
    History,
    Opening,
    Scan,
    assess,
    build_tin_key,
)
from tracer.domain.identifiers import DigitalLink
from tracer.domain.journeys import DayCount
from tracer.domain.lab import MARKET
from tracer.domain.records import build_batch_id
from tracer.errors import InputError, NotFoundError
from tracer.store.contents import ContentStore
from tracer.store.scanned import load_serial_roots
from tracer.store.scans import ScanStore
from tracer.store.session import reading


@dataclass(frozen=True, slots=True)
class TinHistory:
    """Counts of one tin that was scanned or opened.

    Attributes:
        serial: as printed.
        scans: by day and region, in that order.
        opened: the first use of the code under the seal, or None.
        judged: as the next reader in the region of the last scan would be told.
    """

    serial: str
    scans: tuple[DayCount, ...]
    opened: Opening | None
    judged: Assessment


def load_tin_histories(
    engine: Engine, home: Path, store: ScanStore, link: DigitalLink
) -> list[TinHistory]:
    """The tins of a batch, or one of them, that were ever scanned; by serial.

    Args:
        engine: the mirror.
        home: of this installation; the serials are among its contents.
        store: the counts.
        link: a batch, or one tin of it.

    Raises:
        InputError: the link names no batch.
        NotFoundError: the serials of the batch, or this one, are not on file here.
        DatabaseUnavailableError: the counts cannot be read now.
    """
    if link.lot is None:
        raise InputError(f"{link.path()} names no batch")
    contents = ContentStore(home / "contents")
    with reading(engine) as session:
        batch = load_serial_roots(session, link.gtin, link.lot)
    serials = [text for root in batch.roots for text in contents.get_serials(root) or ()]
    if link.serial is not None:
        serials = [text for text in serials if text == link.serial.value]
    if not serials:
        what = f"serial {link.serial}" if link.serial else "serials"
        raise NotFoundError(
            f"no {what} of batch {link.gtin}/{link.lot} on file here",
            hint="Run it where the server runs.",
        )
    batch_id = build_batch_id(link.gtin, link.lot)
    names = {build_tin_key(batch_id, text): text for text in serials}
    histories = _load(store, names)
    found = [
        _judge(names[tin], it.scans, it.opened, batch.sold_day) for tin, it in histories.items()
    ]
    return sorted(found, key=lambda it: it.serial)


def _load(store: ScanStore, names: dict[bytes, str]) -> dict[bytes, History]:
    """The counts of these tins; one is asked for by its key, many are picked out of all."""
    if len(names) == 1:
        tin = next(iter(names))
        history = store.load_history(tin)
        return {tin: history} if history.scans or history.opened else {}
    scans: dict[bytes, list[DayCount]] = {}
    for row in store.iter_counts():
        if row.tin in names:
            scans.setdefault(row.tin, []).append(row.count)
    opened = {tin: it for tin, it in store.iter_openings() if tin in names}
    return {tin: History(tuple(scans.get(tin, ())), opened.get(tin)) for tin in (*scans, *opened)}


def _judge(
    serial: str, scans: Sequence[DayCount], opened: Opening | None, sold_day: int | None
) -> TinHistory:
    ordered = tuple(sorted(scans, key=lambda it: (it.day, it.region)))
    history = History(ordered, opened, market=MARKET, sold_day=sold_day)
    last = ordered[-1] if ordered else DayCount(opened.day if opened else 0, "", 0, 0)
    return TinHistory(serial, ordered, opened, assess(history, Scan(last.day, last.region, True)))
