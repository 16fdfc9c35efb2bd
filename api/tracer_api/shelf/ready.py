"""Documents of the shelf that only wait for their values, kept in memory."""

from collections import OrderedDict
from dataclasses import replace
from typing import Final

from tracer_api.shelf.blanks import Filler, make_filler
from tracer_api.shelf.splice import Packed
from tracer_api.shelf.streams import PackedStream
from tracer_api.shelf.studio import BROTLI, Document
from tracer_api.shelf.tins import prove_tin
from tracer_api.shelf.values import PAGE_TIN, TIN, Values, json_tin, page_tin

CACHE_BYTES: Final = 64 * 2**20
"""Memory for such documents: the passports and pages of some 1,500 batches."""

Pairs = list[tuple[bytes, bytes]]
Answer = tuple[int, Pairs, bytes]
"""Status, headers, body."""

_ONLY_FULL: Final = frozenset({b"content-type", b"content-encoding"})  # not in a 304


class Ready:
    """A document that only waits for its values.

    Args:
        document: as the shelf has it.
        packed: what it holds.

    Attributes:
        cost: bytes of memory that it takes, about.
        is_kept: whether it may be used; one that was let go has given its memory back.
    """

    __slots__ = (
        "_document",
        "_filler",
        "_headers",
        "_in_json",
        "_in_page",
        "_names_tin",
        "_root",
        "_size",
        "_tag",
        "_tag_of",
        "cost",
        "is_kept",
    )

    def __init__(self, document: Document, packed: Packed | PackedStream) -> None:
        self._document = replace(document, packed=b"")
        self._filler: Filler | None = make_filler(packed)
        self.cost, self.is_kept = self._filler.cost + 1_000, True
        self._root, self._names_tin = bytes.fromhex(document.root), bool(document.tin_headers)
        self._in_json = any(TIN in place for place in packed.places)
        self._in_page = any(PAGE_TIN in place for place in packed.places)
        self._tag_of, self._tag, self._size = b"", b"", -1
        self._headers: Pairs = []

    def let_go(self) -> None:
        """Give its memory back, whoever still refers to it."""
        self._filler, self.is_kept = None, False

    @classmethod
    def from_bytes(cls, kind: str, data: bytes) -> "Ready":
        """Read a document of the shelf."""
        document = Document.from_bytes(data)
        form = PackedStream if kind.endswith(BROTLI) else Packed
        return cls(document, form.from_bytes(document.packed))

    def answer(
        self, known: bytes, tin: bytes, row: bytes | None, moment: Values, block: bytes
    ) -> Answer:
        """The document as an answer.

        Args:
            known: ETags of what the client has.
            tin: serial, or b"".
            row: that holds it, if one does.
            moment: see `Filler.fill`.
            block: names the mirror's block; the same object as long as it is the same.

        Raises:
            WidthError: a value is not as wide as its place.
        """
        if self._filler is None:
            msg = "the document was let go"
            raise RuntimeError(msg)
        if block is not self._tag_of:
            tag = b'W/"%b-%b"' % (self._document.digest.encode(), block)
            self._tag_of, self._tag, self._size = block, tag, -1
        if known and (self._tag in known or known == b"*"):
            return 304, self._headers_304(tin), b""
        in_json = in_page = b""
        needs = self._in_json or self._in_page
        if needs and row is not None and (proof := prove_tin(row, tin)):
            in_json = json_tin(tin, proof, self._root) if self._in_json else b""
            in_page = page_tin(tin, proof, self._root) if self._in_page else b""
        body = self._filler.fill((tin, in_json, in_page), moment)
        if len(body) != self._size:
            self._size = len(body)
            length = (b"content-length", b"%d" % self._size)
            self._headers = [*self._document.headers, length, (b"etag", self._tag)]
        if self._names_tin:
            return 200, [*self._headers, *self._named(tin)], body
        return 200, self._headers, body

    def _headers_304(self, tin: bytes) -> Pairs:
        kept = [pair for pair in self._document.headers if pair[0] not in _ONLY_FULL]
        return [*kept, *self._named(tin), (b"etag", self._tag)]

    def _named(self, tin: bytes) -> Pairs:
        """The headers that name the tin."""
        return [(name, tin.join(parts)) for name, parts in self._document.tin_headers]


class ReadyDocuments:
    """Those that were asked for, as many as memory is given to them."""

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[int, str], Ready] = OrderedDict()
        self._bytes = 0

    def get(self, page: int, kind: str) -> Ready | None:
        """A document if it is at hand."""
        return self._kept.get((page, kind))

    def keep(self, page: int, kind: str, data: bytes | None) -> Ready | None:
        """A document that the shelf has, from now on at hand; None when it has none."""
        if data is None:
            return None
        ready = Ready.from_bytes(kind, data)
        if (page, kind) not in self._kept:
            self._kept[page, kind] = ready
            self._bytes += ready.cost
        while self._bytes > CACHE_BYTES and len(self._kept) > 1:
            _, oldest = self._kept.popitem(last=False)
            self._bytes -= oldest.cost
            oldest.let_go()
        return ready
