"""What is written to the shelf within one transaction."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final, TypeVar

from sqlalchemy import Connection, delete, select, update

from tracer_api.shelf.tables import (
    DEP,
    DOC,
    FORM,
    PAGE,
    PARTY_SEEN,
    STATE,
    TIN_LIST,
    TINS,
    PageRow,
    Position,
)
from tracer_api.shelf.tins import TinList

_CHUNK: Final = 500  # values in one IN list, as in the mirror
_Value = TypeVar("_Value")


class ShelfWriter:
    """Statements inside one transaction.

    Args:
        connection: of the transaction.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._has_changed = False

    def finish(self) -> None:
        """End the transaction's work: readers that know a page see that pages have changed."""
        if self._has_changed:
            count = {"page_changes": STATE.c.page_changes + 1}
            self._connection.execute(update(STATE).values(count))

    def renew(
        self,
        position: Position,
        valid_until_unix: int,
        build: int,
        *,
        next_sequence: int = 0,
        log_block: int = 0,
        log_block_hash: bytes = b"",
    ) -> None:
        """Note how far the mirror had read, and until when that may be relied on."""
        values = {
            "form": FORM,
            "build": build,
            "block_number": position.block_number,
            "block_hash": position.block_hash,
            "block_time_unix": position.block_time_unix,
            "next_sequence": next_sequence,
            "log_block": log_block,
            "log_block_hash": log_block_hash,
            "valid_until_unix": valid_until_unix,
        }
        if not self._connection.execute(update(STATE).values(values)).rowcount:
            self._connection.execute(STATE.insert().values(id=1, page_changes=0, **values))

    def put_tins(self, tins: TinList) -> int:
        """Keep a list's rows, unless they are there; its number."""
        c = TIN_LIST.c
        known = self._connection.execute(select(c.id).where(c.root == tins.root)).scalar()
        if known is not None:
            return int(known)
        made = TIN_LIST.insert().values(root=tins.root, size=tins.size).returning(c.id)
        number = int(self._connection.execute(made).scalar_one())
        rows = [{"list": number, "first_serial": first, "body": row} for first, row in tins.rows]
        if rows:
            self._connection.execute(TINS.insert(), rows)
        return number

    def put_page(
        self,
        page: PageRow,
        docs: Mapping[str, bytes],
        deps: Iterable[str] = (),
        tins: int | None = None,
    ) -> int:
        """Put a batch's page in the place of the one before; its number."""
        c = PAGE.c
        self._has_changed = True
        old = select(c.id).where(
            (c.batch_id == page.batch_id) | ((c.gtin == page.gtin) & (c.lot == page.lot))
        )
        self._drop(list(self._connection.execute(old).scalars()))
        values = {name: getattr(page, name) for name in page.__slots__}
        made = PAGE.insert().values(**values, stale=0, tins=tins).returning(c.id)
        number = int(self._connection.execute(made).scalar_one())
        bodies = [{"page": number, "kind": kind, "body": body} for kind, body in docs.items()]
        self._connection.execute(DOC.insert(), bodies)
        if keys := [{"key": key, "page": number} for key in sorted(set(deps))]:
            self._connection.execute(DEP.insert(), keys)
        return number

    def deps_of(self, batch_id: bytes) -> set[str]:
        """What a batch's page depends on."""
        wanted = (
            select(DEP.c.key).join(PAGE, PAGE.c.id == DEP.c.page).where(PAGE.c.batch_id == batch_id)
        )
        return set(self._connection.execute(wanted).scalars())

    def _drop(self, pages: Sequence[int]) -> None:
        for number in pages:
            self._has_changed = True
            self._connection.execute(delete(DOC).where(DOC.c.page == number))
            self._connection.execute(delete(DEP).where(DEP.c.page == number))
            self._connection.execute(delete(PAGE).where(PAGE.c.id == number))

    def mark_stale(self, batch_ids: Iterable[bytes] = (), deps: Iterable[str] = ()) -> set[bytes]:
        """Leave pages to the ordinary route until they are made anew.

        Args:
            batch_ids: whose pages.
            deps: and those that depend on one of these.

        Returns:
            Batch ids of pages that depend on `deps`.
        """
        self._make_stale(batch_ids)
        found: set[bytes] = set()
        for keys in _chunks(deps):
            wanted = (
                select(PAGE.c.batch_id)
                .join(DEP, DEP.c.page == PAGE.c.id)
                .where(DEP.c.key.in_(keys))
            )
            found.update(self._connection.execute(wanted).scalars())
        self._make_stale(found)
        return found

    def _make_stale(self, batch_ids: Iterable[bytes]) -> None:
        for some in _chunks(batch_ids):
            stale = update(PAGE).where(PAGE.c.batch_id.in_(some)).values(stale=1)
            self._has_changed |= self._connection.execute(stale).rowcount > 0

    def mark_all_stale(self) -> None:
        """Leave every page to the ordinary route."""
        self._has_changed = True
        self._connection.execute(update(PAGE).values(stale=1))

    def remove(self, batch_ids: Iterable[bytes]) -> None:
        """Take pages of batches away that no longer exist."""
        for some in _chunks(batch_ids):
            wanted = select(PAGE.c.id).where(PAGE.c.batch_id.in_(some))
            self._drop(list(self._connection.execute(wanted).scalars()))

    def see_parties(self, stamps: Mapping[int, bytes]) -> None:
        """Note parties' rows as they are now."""
        self._connection.execute(delete(PARTY_SEEN))
        if stamps:
            rows = [{"gln": gln, "stamp": stamp} for gln, stamp in stamps.items()]
            self._connection.execute(PARTY_SEEN.insert(), rows)


def _chunks(values: Iterable[_Value]) -> Iterator[list[_Value]]:
    rest = list(values)
    for start in range(0, len(rest), _CHUNK):
        yield rest[start : start + _CHUNK]
