"""The answers about one batch as documents, made by the ordinary route's own functions.

Each answer is rendered twice: for one visit whose values occur nowhere else, which shows where
values stand, and for a second visit. A document is published only if, completed for the second,
it is exactly the second answer.
"""

import asyncio
import gzip
import hashlib
import json
import struct
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import Final

import brotli
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Message, Scope

from tracer.domain.bundle import Bundle
from tracer.domain.checks import CheckStatus
from tracer.domain.identifiers import DigitalLink, Gtin, Lot, Serial
from tracer.domain.passport import Passport
from tracer.domain.rows import MirrorRow, TinRow
from tracer_api.limits import GZIP_LEVEL, GZIP_MIN_BYTES
from tracer_api.negotiation import LANGUAGES, Language
from tracer_api.routes.batches import answer_bytes, answer_packed, bundle_body, core_body
from tracer_api.routes.scan import answer_json, answer_page, judge
from tracer_api.security import Envelope
from tracer_api.services import Services
from tracer_api.shelf.blanks import fill_once
from tracer_api.shelf.places import make_template
from tracer_api.shelf.splice import Packed, Template
from tracer_api.shelf.streams import PackedStream
from tracer_api.shelf.tables import Position
from tracer_api.shelf.tins import TinList, prove_tin
from tracer_api.shelf.values import (
    AS_OF,
    BLOCK_HASH,
    BLOCK_MOMENT,
    BLOCK_NUMBER,
    BLOCK_TIME,
    PAGE_TIN,
    SERIAL,
    TIN,
    Values,
    json_tin,
    marks_of_moment,
    marks_of_tin,
    moment_of,
    page_tin,
)
from tracer_api.view.texts import spell_moment

NEVER_ISSUED: Final = ("Q7W9X2K4M8N3B5V6C1ZJ", "n0t-1ssued_here.9")
"""Serials in no list: the first shows where they stand, the second checks it."""

_ODD_NUMBER: Final = 1_086_519_377_243
_ODD_HASH: Final = hashlib.sha256(b"no block has this hash").digest()
_ODD_AGE_S: Final = 17_431 * 24 * 3600 + 12_345
"""A mirror's position that nothing else in a page looks like."""

BROTLI: Final = ".br"  # ends the kinds of documents in Brotli
_GZIP_ONLY: Final = (".json", "none.bundle", "batch.bundle")  # programs and rare visits
_SHOWN: Final = 30  # bytes on each side of a difference
_LEFT_OUT: Final = frozenset({b"content-length", b"etag"})
_HEAD: Final = struct.Struct(">I")  # length of what precedes the packed document

Headers = tuple[tuple[bytes, bytes], ...]
Answer = Callable[["Visit"], Response]


class UnpublishableError(Exception):
    """The batch has to stay with the ordinary route; the message says why."""


@dataclass(frozen=True, slots=True)
class Visit:
    """Who comes: what was scanned, what is known of it, and when."""

    link: DigitalLink
    bundle: Bundle
    passport: Passport
    now_unix: int

    @property
    def serial(self) -> str:
        """Of the tin; "" at a batch."""
        return self.link.serial.value if self.link.serial else ""


@dataclass(frozen=True, slots=True)
class Document:
    """A document as it is kept: headers of its answer, digest and packed text.

    Attributes:
        headers: without those that differ from one answer to the next.
        tin_headers: of those that name the tin, the texts between which its serial stands.
        digest: of the packed text; the ETag's first part.
        root: of the serial list, hexadecimal digits; "" where there is none.
    """

    headers: Headers
    tin_headers: tuple[tuple[bytes, tuple[bytes, ...]], ...]
    digest: str
    root: str
    packed: bytes

    def to_bytes(self) -> bytes:
        """The form in which it is kept."""
        named = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in self.headers]
        tins = [
            (name.decode("latin-1"), [part.decode("latin-1") for part in parts])
            for name, parts in self.tin_headers
        ]
        head = json.dumps([named, tins, self.digest, self.root], separators=(",", ":")).encode()
        return _HEAD.pack(len(head)) + head + self.packed

    @classmethod
    def from_bytes(cls, data: bytes) -> "Document":
        """Read what `to_bytes` wrote."""
        (size,) = _HEAD.unpack_from(data)
        start = _HEAD.size + size
        named, tins, digest, root = json.loads(data[_HEAD.size : start])
        headers = tuple((name.encode("latin-1"), value.encode("latin-1")) for name, value in named)
        tin_headers = tuple(
            (name.encode("latin-1"), tuple(part.encode("latin-1") for part in parts))
            for name, parts in tins
        )
        return cls(headers, tin_headers, digest, root, data[start:])

    def headers_for(self, serial: bytes) -> Headers:
        """All headers of the answer about one tin, sorted."""
        named = ((name, serial.join(parts)) for name, parts in self.tin_headers)
        return tuple(sorted((*self.headers, *named)))


class Studio:
    """Renders one batch.

    Args:
        services: of the server.
        bundle: of the batch, without a tin.
        now_unix: the moment.
        tins: of the batch.
        pulse: called every now and then, before anything that takes long.

    Attributes:
        is_sound: nothing of the batch is damaged, as far as is known once documents were made.
    """

    def __init__(
        self,
        services: Services,
        bundle: Bundle,
        now_unix: int,
        tins: TinList | None,
        pulse: Callable[[], None],
    ) -> None:
        self._pulse = pulse
        self.is_sound = True
        self._services, self._bundle, self._tins, self._now = services, bundle, tins, now_unix
        self._link = DigitalLink(Gtin(bundle.batch.gtin), Lot(bundle.batch.lot))
        self._root = tins.root if tins else b""
        real = bundle.mirror
        self._widths = {
            BLOCK_NUMBER: len(str(real.block_number)),
            BLOCK_HASH: 2 * len(real.block_hash),
            BLOCK_TIME: len(str(real.block_time_unix)),
            BLOCK_MOMENT: len(spell_moment(real.block_time_unix)),
            AS_OF: len(str(now_unix)),
        }

    def documents(self) -> Iterator[tuple[str, bytes]]:
        """Every kind of document with its bytes.

        Raises:
            UnpublishableError: a document cannot be completed to the ordinary answer.
        """
        answers: list[tuple[str, Answer]] = [
            (f".html.{language}", self._page_in(language)) for language in LANGUAGES
        ]
        answers += [(".json", _json), (".bundle", _bundle)]
        whole = [(f".whole.{language}", self._page_in(language, True)) for language in LANGUAGES]
        whole.append((".whole.json", _whole_json))
        yield from self._subject("batch", ("", ""), [*answers, *whole, ("", _core)])
        yield from self._subject("none", NEVER_ISSUED, answers)
        if self._tins and self._tins.rows:
            yield from self._subject("tin", self._tins.ends, answers)

    def _subject(
        self, subject: str, serials: tuple[str, str], answers: Sequence[tuple[str, Answer]]
    ) -> Iterator[tuple[str, bytes]]:
        """Documents about one subject, from a visit, checked with another."""
        real = self._bundle.mirror
        odd = MirrorRow(_ODD_NUMBER, _ODD_HASH, self._now - _ODD_AGE_S)
        shown = self._visit(serials[0], odd, self._now)
        checked = self._visit(serials[1], real, self._now + 1)
        if subject == "batch":
            self.is_sound = checked.passport.authentic is not CheckStatus.INVALID
        widths = dict(self._widths)
        if subject == "tin" and self._tins and (width := self._tins.width):
            widths[SERIAL] = width
        for form, answer in answers:
            kind = f"{subject}{form}" if form else "core"
            yield from self._document(kind, answer, (shown, checked), widths)

    def _visit(self, serial: str, mirror: MirrorRow, now_unix: int) -> Visit:
        link = replace(self._link, serial=Serial(serial)) if serial else self._link
        tin: TinRow | None = None
        if serial and self._root:
            tin = self._services.contents.prove_serial(self._root, serial)
        bundle = replace(self._bundle, mirror=mirror, tin=tin)
        return Visit(link, bundle, judge(bundle, link, now_unix), now_unix)

    def _page_in(self, language: Language, is_whole: bool = False) -> Answer:
        node = self._services.settings.browser_rpc_url

        def answer(visit: Visit) -> Response:
            scan = (visit.bundle, visit.passport)
            return answer_page(self._services, language, scan, visit.link, node, is_whole=is_whole)

        return answer

    def _document(
        self, kind: str, answer: Answer, visits: tuple[Visit, Visit], widths: dict[int, int]
    ) -> Iterator[tuple[str, bytes]]:
        """A document, and the same in Brotli where that is worth it and possible."""
        self._pulse()
        shown, checked = visits
        headers, text = finish(answer(shown))
        number = PAGE_TIN if ".html." in kind else TIN
        marks = [*marks_of_tin(shown.serial, shown.bundle.tin, number)]
        marks += marks_of_moment(self._moment(shown))
        if SERIAL in widths and shown.bundle.tin:
            widths = {**widths, PAGE_TIN: len(marks[0][0])} if number == PAGE_TIN else widths
        template = make_template(text, marks, widths)
        values, wanted = self._values(checked), finish(answer(checked))
        packed = Packed.of(template).to_bytes()
        data = self._keep(headers, shown, packed)
        kept = Document.from_bytes(data)
        got = gzip.decompress(fill_once(Packed.from_bytes(kept.packed), values))
        if kept.headers_for(values[SERIAL]) != tuple(sorted(wanted[0])):
            raise UnpublishableError(f"{kind} has other headers than the ordinary answer")
        if got != wanted[1]:
            where = _where(got, wanted[1])
            raise UnpublishableError(f"{kind} differs from the ordinary answer {where}")
        yield kind, data
        if not kind.endswith(_GZIP_ONLY):
            yield from self._in_brotli(kind, shown, headers, (template, values, wanted[1]))

    def _in_brotli(
        self,
        kind: str,
        shown: Visit,
        headers: Headers,
        case: tuple[Template, Values, bytes],
    ) -> Iterator[tuple[str, bytes]]:
        template, values, wanted = case
        self._pulse()
        packed = PackedStream.of(template)
        if packed is not None and brotli.decompress(fill_once(packed, values)) == wanted:
            named = [(n, b"br" if n == b"content-encoding" else v) for n, v in headers]
            yield f"{kind}{BROTLI}", self._keep(tuple(named), shown, packed.to_bytes())

    def _keep(self, headers: Headers, shown: Visit, packed: bytes) -> bytes:
        return _document_of(headers, shown.serial.encode(), self._root, packed).to_bytes()

    def _moment(self, visit: Visit) -> Values:
        mirror = visit.bundle.mirror
        position = Position(mirror.block_number, mirror.block_hash, mirror.block_time_unix)
        return moment_of(position, visit.now_unix)

    def _values(self, visit: Visit) -> Values:
        """Values as the fast path finds them: a tin's from its row."""
        serial, in_json, in_page = visit.serial.encode(), b"", b""
        row = self._tins.row_of(serial) if visit.bundle.tin and self._tins else b""
        if row and (proof := prove_tin(row, serial)):
            in_json = json_tin(serial, proof, self._root)
            in_page = page_tin(serial, proof, self._root)
        return (serial, in_json, in_page, *self._moment(visit))


def _document_of(headers: Headers, serial: bytes, root: bytes, packed: bytes) -> Document:
    is_tins = [bool(serial) and serial in value for _, value in headers]
    return Document(
        tuple(pair for pair, is_tin in zip(headers, is_tins, strict=True) if not is_tin),
        tuple(
            (name, tuple(value.split(serial)))
            for (name, value), is_tin in zip(headers, is_tins, strict=True)
            if is_tin
        ),
        hashlib.sha256(packed).hexdigest()[:16],
        root.hex(),
        packed,
    )


def _where(got: bytes, wanted: bytes) -> str:
    """Where two texts begin to differ, for whoever has to find out why."""
    pairs = enumerate(zip(got, wanted, strict=False))
    at = next((number for number, (one, other) in pairs if one != other), len(wanted))
    return f"near {wanted[max(at - _SHOWN, 0) : at + _SHOWN].decode('utf-8', 'replace')!r}"


def _json(visit: Visit) -> Response:
    return answer_json(visit.passport, visit.link)


def _whole_json(visit: Visit) -> Response:
    return answer_json(visit.passport, visit.link, is_whole=True)


def _bundle(visit: Visit) -> Response:
    return answer_bytes(_plain_request(), bundle_body(visit.bundle), "application/json")


def _core(visit: Visit) -> Response:
    return answer_packed(_plain_request(), core_body(visit.bundle))


def _plain_request() -> Request:
    return Request({"type": "http", "headers": [(b"accept-encoding", b"gzip")]})


def finish(response: Response) -> tuple[Headers, bytes]:
    """What the whole server makes of a response: its headers and its plain text.

    Raises:
        UnpublishableError: it is not sent compressed, or is no success.
    """
    scope: Scope = {
        "type": "http",
        "method": "GET",
        "raw_path": b"/",
        "query_string": b"",
        "headers": [(b"accept-encoding", b"gzip")],
    }
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        sent.append(message)

    around = Envelope(
        GZipMiddleware(response, minimum_size=GZIP_MIN_BYTES, compresslevel=GZIP_LEVEL)
    )
    asyncio.run(around(scope, receive, send))
    start, *bodies = sent
    headers = {bytes(name).lower(): bytes(value) for name, value in start["headers"]}
    if start["status"] != HTTPStatus.OK or headers.get(b"content-encoding") != b"gzip":
        raise UnpublishableError("an answer is not sent compressed")
    text = gzip.decompress(b"".join(body.get("body", b"") for body in bodies))
    return tuple((name, headers[name]) for name in headers if name not in _LEFT_OUT), text
