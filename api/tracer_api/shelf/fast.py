"""The fast path: visits of tins and batches, answered from the shelf.

It stands in front of the application and answers what it is certain of; all else goes on to the
application inside, whose answers are always right. An answer from the shelf is the same, byte for
byte after decompression, with an ETag besides.
"""

import re
from collections import OrderedDict
from pathlib import Path
from typing import Any, Final, NamedTuple

from sqlalchemy.engine import make_url
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tracer_api.coding import accepted_codings
from tracer_api.limits import MAX_ACCEPT_CHARS
from tracer_api.negotiation import choose_language, wants_json
from tracer_api.services import Services
from tracer_api.shelf.build import build_digest
from tracer_api.shelf.reader import PostgresReader, SqliteReader
from tracer_api.shelf.splice import Packed, Splicer, WidthError
from tracer_api.shelf.streams import PackedStream
from tracer_api.shelf.studio import BROTLI, Document
from tracer_api.shelf.tables import Position
from tracer_api.shelf.tins import has_tin, prove_tin
from tracer_api.shelf.values import PADDED_TIN, TIN, Values, moment_of, pad, spell_tin

CACHE_BYTES: Final = 64 * 2**20
"""Memory for documents that are ready to be completed: those of some 1,200 batches."""

MAX_WISHES: Final = 2_048
"""Combinations of request headers whose meaning is remembered; browsers send a few hundred."""

_VISIT: Final = re.compile(r"/01/(\d{14})/10/([A-Za-z0-9._-]{1,20})(?:/21/([A-Za-z0-9._-]{1,20}))?")
_PROOF: Final = re.compile(r"/v1/batches/(\d{14})/([A-Za-z0-9._-]{1,20})/(bundle|core)")
_SERIAL: Final = re.compile(rb"serial=([A-Za-z0-9._-]{1,20})")
_LANGUAGES: Final = {b"": None, b"lang=en": "en", b"lang=zh": "zh"}
_METHODS: Final = frozenset({"GET", "HEAD"})
_HEADERS: Final = (b"accept", b"accept-language", b"accept-encoding")
_TYPE: Final = re.compile(
    r"(?:text/html|text/\*|application/xhtml\+xml|application/xml|application/json|application/\*"
    r"|application/signed-exchange|image/[a-z0-9.+*-]+|\*/\*)",
)
"""Types that browsers and programs ask for; whoever asks for another is answered inside."""

_ONLY_FULL: Final = frozenset({b"content-type", b"content-encoding"})  # not in a 304


INSIDE: Final = "inside"
_Answer = tuple[int, list[tuple[bytes, bytes]], bytes]  # status, headers, body


class _Wish(NamedTuple):
    """What is asked for; `known` is the ETag of what the client has.

    `brotli` says whether the client takes it, and whether the shelf may have it.
    """

    gtin: str
    lot: str
    serial: str
    form: str
    brotli: bool
    known: bytes


class _Ready(NamedTuple):
    """A document that only waits for its values."""

    headers: list[tuple[bytes, bytes]]
    headers_304: list[tuple[bytes, bytes]]
    tin_headers: tuple[tuple[bytes, tuple[bytes, ...]], ...]
    tag: bytes
    root: bytes
    needs_tin: bool
    splicer: Splicer | PackedStream


class FastPath:
    """Answers from the shelf what it can.

    Args:
        app: the application inside.
        services: what it works with.
        url: of the shelf, from `store.shelf_url`. It need not be there yet.
    """

    def __init__(self, app: ASGIApp, services: Services, url: str) -> None:
        self._app, self._now = app, services.now
        self._build = build_digest(services)
        is_file = url.startswith("sqlite")
        self._sqlite = SqliteReader(Path(make_url(url).database or "")) if is_file else None
        self._postgres = PostgresReader(url)
        self._wishes: dict[tuple[bytes, ...], str] = {}
        self._ready: OrderedDict[tuple[int, str], _Ready] = OrderedDict()
        self._ready_bytes = 0
        self._moment_of: tuple[Any, ...] = ()
        self._moment: Values = ()
        self._moment_tag = b""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] == "http" and scope["method"] in _METHODS:
            wish = self._read(scope)
            answer = None if wish is None else await self._answer(wish)
            if answer is not None:
                status, headers, body = answer
                await send({"type": "http.response.start", "status": status, "headers": headers})
                body = b"" if scope["method"] == "HEAD" else body
                await send({"type": "http.response.body", "body": body})
                return
        elif scope["type"] == "lifespan":
            send = self._closing(send)
        await self._app(scope, receive, send)

    def _read(self, scope: Scope) -> _Wish | None:
        """What is asked for; None is for the application inside."""
        path, query, pairs = scope["path"], scope["query_string"], scope["headers"]
        visit = _VISIT.fullmatch(path)
        proof = None if visit else _PROOF.fullmatch(path)
        headers = dict(pairs) if visit or proof else {}
        if len(headers) != len(pairs) or len(path) != len(scope["raw_path"]):
            return None  # a header stands twice, or the path is not in its usual form
        known = headers.get(b"if-none-match", b"")
        if proof:
            return _read_proof(proof, query, headers.get(b"accept-encoding", b""), known)
        asked = (query, *[headers.get(name, b"") for name in _HEADERS])
        form = self._wishes.get(asked) or self._learn(asked)
        if visit is None or form == INSIDE:
            return None
        gtin, lot, serial = visit.groups("")
        return _Wish(gtin, lot, serial, form.removesuffix(BROTLI), form.endswith(BROTLI), known)

    def _learn(self, asked: tuple[bytes, ...]) -> str:
        if len(self._wishes) >= MAX_WISHES:
            self._wishes.clear()
        form = self._wishes[asked] = read_wish(*asked)
        return form

    async def _answer(self, wish: _Wish) -> _Answer | None:
        """What the shelf has; None when it lacks it or cannot be sure."""
        now_unix, tin = self._now(), wish.serial.encode()
        if self._sqlite is not None:
            found = self._sqlite.find(wish.gtin, wish.lot, tin, now_unix)
        else:
            found = await self._postgres.find(wish.gtin, wish.lot, tin)
        if found is None or now_unix >= found[1] or now_unix > found[2] or found[3] != self._build:
            return None
        page, _, _, _, number, block_hash, block_time, tins, row = found
        kind = "core" if wish.form == "core" else "batch" + wish.form
        if tin:
            is_issued = tins is not None and row is not None and has_tin(row, tin)
            kind = ("tin" if is_issued else "none") + wish.form
        ready = await self._find_ready(page, kind, wish)
        if ready is None:
            return None
        if self._moment_of != (number, block_hash, block_time, now_unix):
            self._set_moment(number, block_hash, block_time, now_unix)
        tag = b'W/"%b-%b"' % (ready.tag, self._moment_tag)
        if wish.known and (tag in wish.known or wish.known == b"*"):
            return 304, [*ready.headers_304, *_named(ready, tin), (b"etag", tag)], b""
        return self._complete(ready, tag, tin, row)

    def _complete(self, ready: _Ready, tag: bytes, tin: bytes, row: bytes | None) -> _Answer | None:
        spelt = padded = b""
        if ready.needs_tin and row is not None and (proof := prove_tin(row, tin)):
            spelt = spell_tin(tin, proof, ready.root)
            padded = pad(spelt, proof)
        try:
            body = ready.splicer.splice((tin, spelt, padded, *self._moment))
        except WidthError:
            return None
        headers = [*ready.headers, (b"content-length", b"%d" % len(body)), (b"etag", tag)]
        if ready.tin_headers:
            headers += _named(ready, tin)
        return 200, headers, body

    def _set_moment(self, number: int, block_hash: bytes, block_time: int, now_unix: int) -> None:
        position = Position(number, block_hash, block_time)
        self._moment_of = (*position, now_unix)
        self._moment = moment_of(position, now_unix)
        self._moment_tag = block_hash[:8].hex().encode()

    async def _find_ready(self, page: int, kind: str, wish: _Wish) -> _Ready | None:
        """A document of the kind, in Brotli if that is taken and there."""
        if wish.brotli:
            packed = kind + BROTLI
            if found := self._ready.get((page, packed)) or await self._load(page, packed):
                return found
        return self._ready.get((page, kind)) or await self._load(page, kind)

    async def _load(self, page: int, kind: str) -> _Ready | None:
        """A document from the shelf, kept for the next who asks."""
        if self._sqlite is not None:
            data = self._sqlite.document(page, kind)
        else:
            data = await self._postgres.document(page, kind)
        if data is None:
            return None
        ready = _make_ready(Document.from_bytes(data), is_brotli=kind.endswith(BROTLI))
        if (page, kind) not in self._ready:
            self._ready[page, kind] = ready
            self._ready_bytes += ready.splicer.cost
        while self._ready_bytes > CACHE_BYTES and len(self._ready) > 1:
            _, oldest = self._ready.popitem(last=False)
            self._ready_bytes -= oldest.splicer.cost
        return ready

    def _closing(self, send: Send) -> Send:
        """Passes the server's start and end on, and closes the shelf at its end."""

        async def send_on(message: Message) -> None:
            if message["type"].startswith("lifespan.shutdown"):
                if self._sqlite is not None:
                    self._sqlite.close()
                await self._postgres.close()
            await send(message)

        return send_on


def _make_ready(document: Document, *, is_brotli: bool) -> _Ready:
    packed: PackedStream | Packed
    splicer: PackedStream | Splicer
    if is_brotli:
        packed = splicer = PackedStream.from_bytes(document.packed)
    else:
        packed = Packed.from_bytes(document.packed)
        splicer = Splicer(packed)
    return _Ready(
        list(document.headers),
        [pair for pair in document.headers if pair[0] not in _ONLY_FULL],
        document.tin_headers,
        document.digest.encode(),
        document.root.encode(),
        any(TIN in place or PADDED_TIN in place for place in packed.places),
        splicer,
    )


def _named(ready: _Ready, tin: bytes) -> list[tuple[bytes, bytes]]:
    """The headers that name the tin."""
    return [(name, tin.join(parts)) for name, parts in ready.tin_headers]


def read_wish(query: bytes, accept: bytes, languages: bytes, codings: bytes) -> str:
    """The form of page that is asked for: ".json", ".html.en" or ".html.zh".

    Pages may be had in Brotli, and then end in ".br".

    Returns:
        `INSIDE` for whatever the shelf has not: another coding, type or query.
    """
    taken = accepted_codings(codings.decode("latin-1"))
    if query not in _LANGUAGES or "gzip" not in taken:
        return INSIDE
    text = accept.decode("latin-1")
    types = [part.partition(";")[0].strip().lower() for part in text.split(",")]
    if len(text) > MAX_ACCEPT_CHARS or not all(_TYPE.fullmatch(one) for one in types if one):
        return INSIDE
    if wants_json(text):
        return ".json"
    language = choose_language(_LANGUAGES[query], languages.decode("latin-1"))
    return f".html.{language}" + (BROTLI if "br" in taken else "")


def _read_proof(proof: re.Match[str], query: bytes, codings: bytes, known: bytes) -> _Wish | None:
    """The proof that is asked for; None is for the application inside."""
    gtin, lot, form = proof.groups()
    serial, taken = _SERIAL.fullmatch(query), accepted_codings(codings.decode("latin-1"))
    if "gzip" not in taken or (query and not (serial and form == "bundle")):
        return None
    tin = serial[1].decode() if serial else ""
    return _Wish(gtin, lot, tin, "core" if form == "core" else ".bundle", "br" in taken, known)
