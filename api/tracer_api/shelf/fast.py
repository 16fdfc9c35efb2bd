"""The fast path: visits of tins and batches, answered from the shelf.

It stands in front of the application and answers what it is certain of; all else goes on to the
application inside, whose answers are always right. An answer from the shelf is the same, byte for
byte after decompression, with an ETag besides.
"""

import time
from pathlib import Path
from typing import Final

from sqlalchemy.engine import make_url
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tracer_api.services import Services
from tracer_api.shelf.build import build_digest
from tracer_api.shelf.copies import Copies, Copy
from tracer_api.shelf.reader import Found, Known, PostgresReader, SqliteReader
from tracer_api.shelf.ready import Answer, Ready, ReadyDocuments
from tracer_api.shelf.splice import WidthError
from tracer_api.shelf.tins import has_tin
from tracer_api.shelf.values import Values, moment_of
from tracer_api.shelf.wishes import Form, Wishes

LOOK_S: Final = 0.05
"""What is known of pages holds so long before the shelf is asked whether anything has changed: it
adds little to the half second that the publisher takes to look at the mirror."""

FOR_EVER: Final = 2**62  # seconds
MAX_PAGES: Final = 20_000  # known at a time; each takes half a kilobyte

_METHODS: Final = frozenset({"GET", "HEAD"})
_TIN: Final = b"/21/"


class _Page:
    """A page that may be served, with its documents for issued tins and a copy of its list."""

    __slots__ = ("copy", "found", "ready")

    def __init__(self, found: Found) -> None:
        self.found, self.ready = found, dict[Form, Ready]()
        self.copy: Copy | None = None


class FastPath:
    """Answers from the shelf what it can.

    Args:
        app: the application inside.
        services: what it works with.
        url: of the shelf, from `store.shelf_url`. It need not be there yet.
        look_s: see `LOOK_S`; 0 asks the shelf every time.
    """

    def __init__(self, app: ASGIApp, services: Services, url: str, look_s: float = LOOK_S) -> None:
        self._app, self._now = app, services.now
        self._build = build_digest(services)
        is_file = url.startswith("sqlite")
        file = Path(make_url(url).database or "")
        self._sqlite = SqliteReader(file) if is_file else None
        self._copies = Copies(file.parent)
        self._postgres = PostgresReader(url)
        self._wishes, self._documents = Wishes(), ReadyDocuments()
        self._pages: dict[bytes, _Page] = {}
        self._fresh_until_unix = FOR_EVER  # the first of them
        self._look_s, self._look_at, self._now_unix = look_s, 0.0, 0
        self._known: Known | None = None
        self._moment: Values = ()
        self._block = b""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] == "http" and scope["method"] in _METHODS:
            try:
                reader = self._sqlite
                answer = self._look_up(reader, scope) if reader else await self._ask(scope)
            except WidthError:
                answer = None
            if answer is not None:
                status, headers, body = answer
                await send({"type": "http.response.start", "status": status, "headers": headers})
                body = b"" if scope["method"] == "HEAD" else body
                await send({"type": "http.response.body", "body": body})
                return
        elif scope["type"] == "lifespan":
            send = self._closing(send)
        await self._app(scope, receive, send)

    def _look_up(self, reader: SqliteReader, scope: Scope) -> Answer | None:
        """What a shelf in a file has; None when it lacks it or cannot be sure."""
        if time.monotonic() >= self._look_at:
            self._look(reader)
        return self._visit_again(reader, scope) or self._visit(reader, scope)

    def _look(self, reader: SqliteReader) -> None:
        self._look_at = time.monotonic() + self._look_s
        before, known = self._known, reader.look()
        self._know(known, self._now())
        is_same = known is not None and known.has_pages_of(before)
        if not is_same or not self._is_good() or self._now_unix >= self._fresh_until_unix:
            self._pages.clear()
            self._fresh_until_unix = FOR_EVER

    def _visit_again(self, reader: SqliteReader, scope: Scope) -> Answer | None:
        """The usual case: an issued tin of a batch whose page is known; None in any other.

        Nothing has to be parsed: the batch's path is known, and the serial is one of its row's.
        What is known is true until the next look.
        """
        path, _, tin = scope["raw_path"].rpartition(_TIN)
        page = self._pages.get(path)
        if page is None:
            return None
        headers = dict(scope["headers"])
        if len(headers) != len(scope["headers"]):
            return None
        form = self._wishes.form(scope["query_string"], headers)
        ready = page.ready.get(form) if form else None
        if ready is None or not ready.is_kept:
            return None
        copy = page.copy or self._copy(reader, page)
        row = copy.row(tin) if copy else reader.row(page.found.tins, tin)
        if row is None or not has_tin(row, tin):
            return None
        known = headers.get(b"if-none-match", b"")
        return ready.answer(known, tin, row, self._moment, self._block)

    def _copy(self, reader: SqliteReader, page: _Page) -> Copy | None:
        found = page.found
        if found.root is not None:
            page.copy = self._copies.get(found.root, lambda: reader.rows(found.tins))
        return page.copy

    def _visit(self, reader: SqliteReader, scope: Scope) -> Answer | None:
        """Any case; the page is known from then on."""
        wish = self._wishes.read(scope)
        found = wish and reader.find(wish.gtin, wish.lot)
        if wish is None or found is None or not self._is_true(found):
            return None
        tin, page = wish.serial.encode(), found.page
        row = reader.row(found.tins, tin) if tin else None
        for kind in _kinds(wish.form, tin, row):
            ready = self._documents.get(page, kind)
            ready = ready or self._documents.keep(page, kind, reader.document(page, kind))
            if ready is not None:
                if kind in wish.form.tin:
                    self._remember(scope["raw_path"], wish.form, found, ready)
                return ready.answer(wish.known, tin, row, self._moment, self._block)
        return None

    def _remember(self, raw_path: bytes, form: Form, found: Found, ready: Ready) -> None:
        path, mark, _ = raw_path.rpartition(_TIN)
        if not mark:
            return  # the tin's bundle
        if len(self._pages) >= MAX_PAGES:
            self._pages.clear()
        self._fresh_until_unix = min(self._fresh_until_unix, found.fresh_until_unix)
        self._pages.setdefault(path, _Page(found)).ready[form] = ready

    async def _ask(self, scope: Scope) -> Answer | None:
        """What a shelf in PostgreSQL has."""
        wish, reader = self._wishes.read(scope), self._postgres
        if wish is None:
            return None
        tin = wish.serial.encode()
        looked = await reader.find(wish.gtin, wish.lot, tin)
        if looked is None:
            return None
        found, known, row = looked
        self._know(known, self._now())
        if not self._is_true(found):
            return None
        moment, block, page = self._moment, self._block, found.page
        for kind in _kinds(wish.form, tin, row):
            ready = self._documents.get(page, kind)
            if ready is None:
                data = await reader.document(page, kind)
                ready = self._documents.keep(page, kind, data)
            if ready is not None:
                return ready.answer(wish.known, tin, row, moment, block)
        return None

    def _know(self, known: Known | None, now_unix: int) -> None:
        """Take over what the publisher saw and what time it is."""
        before, self._known = self._known, known
        is_later, self._now_unix = now_unix != self._now_unix, now_unix
        if known is None:
            return
        if before is None or before.position != known.position:
            self._block, is_later = known.position.block_hash[:8].hex().encode(), True
        if is_later:
            self._moment = moment_of(known.position, now_unix)

    def _is_true(self, found: Found) -> bool:
        """Whether a page is true now, as far as is known."""
        known = self._known
        return (
            self._is_good()
            and known is not None
            and self._now_unix < found.fresh_until_unix
            and found.page_changes == known.page_changes
        )

    def _is_good(self) -> bool:
        """Whether any page of the shelf may be served."""
        known = self._known
        return (
            known is not None
            and self._now_unix <= known.valid_until_unix
            and known.build == self._build
        )

    def _closing(self, send: Send) -> Send:
        """Passes the server's start and end on, and closes the shelf at its end."""

        async def send_on(message: Message) -> None:
            if message["type"].startswith("lifespan.shutdown"):
                if self._sqlite is not None:
                    self._sqlite.close()
                await self._postgres.close()
            await send(message)

        return send_on


def _kinds(form: Form, tin: bytes, row: bytes | None) -> tuple[str, ...]:
    """The kinds of documents that would be an answer, the best first."""
    if not tin:
        return form.batch
    return form.tin if row is not None and has_tin(row, tin) else form.none
