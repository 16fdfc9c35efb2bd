"""Documents all of whose places keep their widths: completed by one `join`. Pure.

Such a document is laid out once as a row of pieces, of which some are left blank for values. What
only changes with the mirror's block and the clock is filled in when it changes; for each answer
the tin's values take their pieces, and the pieces are joined.

The checksum of a gzip member comes from the parts of its text: it is the sum (by exclusive or) of
every part's own CRC-32, shifted over all that comes after. A shift over n bytes is a
multiplication by x^(8n) in the field of polynomials modulo that of CRC-32. So all places of one
value together are one multiplication by the sum of their factors, and that is four table look-ups,
however often the value stands in the document.
"""

import struct
import zlib
from array import array
from collections.abc import Iterator, Sequence
from itertools import chain
from typing import Final, NamedTuple, Protocol

from tracer_api.shelf.splice import (
    GZIP_HEADER,
    SHORT_BYTES,
    Packed,
    Place,
    Splicer,
    Table,
    WidthError,
    fill_place,
    shift_tables,
    stored_head,
)
from tracer_api.shelf.streams import END, PackedStream
from tracer_api.shelf.values import BLOCK_NUMBER, Values

ONE: Final = 1 << 31
"""The polynomial 1: a CRC-32 has its highest power in its lowest bit."""

_POLYNOMIAL: Final = 0xEDB88320
_BITS: Final = 32
_TABLES_BYTES: Final = 4 * 256 * 4 + 500
_TRAILER: Final = struct.Struct("<II")
_NO_TIN: Final = (b"",) * BLOCK_NUMBER


class Filler(Protocol):
    """A document that waits for its values.

    Attributes:
        cost: bytes of memory that it takes, about.
    """

    cost: int

    def fill(self, tin: Values, moment: Values) -> bytes:
        """The document, compressed and completed.

        Args:
            tin: the values before `BLOCK_NUMBER`.
            moment: those from there on; the same object as long as they are the same.

        Raises:
            WidthError: a value is not as wide as its place.
        """


def make_filler(packed: Packed | PackedStream) -> Filler:
    """The quickest way to complete a document."""
    if isinstance(packed, PackedStream):
        runs = [*packed.parts[:-1], packed.parts[-1] + END]
        ready = len(packed.places) == len(packed.widths)
        blank = Blank.of(runs, packed.places, packed.widths, None) if ready else None
        return blank or _Loose(packed)
    widths = [width for width in packed.widths if width is not None and width < SHORT_BYTES]
    if len(widths) == len(packed.widths):
        heads = [*map(stored_head, widths), b""]
        runs = [text[0] + head for text, head in zip(packed.texts, heads, strict=True)]
        sums = [(size, crc) for _, size, crc, _ in packed.texts]
        runs[0] = GZIP_HEADER + runs[0]
        if blank := Blank.of(runs, packed.places, widths, sums):
            return blank
    return _Loose(Splicer(packed))


def fill_once(packed: Packed | PackedStream, values: Values) -> bytes:
    """A document completed with all of its values."""
    return make_filler(packed).fill(values[:BLOCK_NUMBER], values[BLOCK_NUMBER:])


class _Loose:
    """A document with places of any width."""

    __slots__ = ("_splicer", "cost")

    def __init__(self, splicer: Splicer | PackedStream) -> None:
        self._splicer, self.cost = splicer, splicer.cost

    def fill(self, tin: Values, moment: Values) -> bytes:
        """See `Filler.fill`."""
        return self._splicer.splice((*tin, *moment))


class _Value(NamedTuple):
    """One of the tin's values."""

    number: int
    width: int
    pieces: tuple[int, ...]
    table: Table


class _Moment(NamedTuple):
    """A place for values of the moment."""

    place: Place
    width: int
    piece: int
    factor: int


class Blank:
    """A document all of whose places keep their widths.

    It is not to be shared between threads: the values of an answer are put into its own pieces.

    Attributes:
        cost: bytes of memory that it takes, about.
    """

    __slots__ = (
        "_crc",
        "_crc_now",
        "_has_sum",
        "_moment",
        "_moments",
        "_pieces",
        "_size",
        "_values",
        "cost",
    )

    @classmethod
    def of(
        cls,
        runs: Sequence[bytes],
        places: Sequence[Place],
        widths: Sequence[int],
        sums: Sequence[tuple[int, int]] | None,
    ) -> "Blank | None":
        """Lay a document out.

        Args:
            runs: what stands before, between and behind the places as it is sent.
            places: of the document.
            widths: of those.
            sums: length and CRC-32 of the texts that `runs` are compressed from; None where the
                document has no checksum.

        Returns:
            None when a place holds both values of the tin and of the moment, or different ones
            of the tin, or the same with different widths.
        """
        layout = _Layout(runs, places, widths)
        return cls(layout, sums) if layout.is_plain else None

    def __init__(self, layout: "_Layout", sums: Sequence[tuple[int, int]] | None) -> None:
        self._has_sum = sums is not None
        self._moment: Values | None = None
        factors: dict[int, int] = {}
        self._crc, self._size = _factorise(layout, sums, factors) if sums else (0, 0)
        self._crc_now = 0
        self._pieces, place_of = layout.join()
        self._moments = tuple(
            _Moment(place, width, place_of[piece], factors.get(piece, 0))
            for place, width, piece in layout.moments
        )
        self._values = tuple(
            _Value(
                number,
                layout.widths[number],
                tuple(place_of[piece] for piece in pieces),
                _table(pieces, factors) if sums else (),
            )
            for number, pieces in layout.values.items()
        )
        if self._has_sum:
            self._pieces.append(b"")
        self.cost = sum(map(len, self._pieces)) + 1_000 + _TABLES_BYTES * len(self._values)

    def fill(self, tin: Values, moment: Values) -> bytes:
        """See `Filler.fill`."""
        if moment is not self._moment:
            self._set(moment)
        pieces, crc = self._pieces, self._crc_now
        for number, width, at, table in self._values:
            value = tin[number]
            if len(value) != width:
                raise WidthError(number)
            for piece in at:
                pieces[piece] = value
            if self._has_sum:
                own = zlib.crc32(value)
                crc ^= table[own & 255] ^ table[256 + (own >> 8 & 255)]
                crc ^= table[512 + (own >> 16 & 255)] ^ table[768 + (own >> 24)]
        if self._has_sum:
            pieces[-1] = _TRAILER.pack(crc, self._size)
        return b"".join(pieces)

    def _set(self, moment: Values) -> None:
        self._moment, crc = None, self._crc
        for place, width, piece, factor in self._moments:
            value = fill_place(place, (*_NO_TIN, *moment))
            if len(value) != width:
                raise WidthError(place)
            self._pieces[piece] = value
            crc ^= multiply(factor, zlib.crc32(value))
        self._moment, self._crc_now = moment, crc


class _Layout:
    """Pieces of a document, in order.

    Attributes:
        pieces: what is sent; blank ones are empty.
        moments: place, width and piece of each place for values of the moment.
        values: number of a value of the tin -> its pieces.
        widths: of those values.
        parts: piece by piece what it holds of the text: None is a compressed text, a number the
            width of a blank one, bytes the text that follows a value within its place.
        is_plain: whether the document could be laid out.
    """

    def __init__(
        self, runs: Sequence[bytes], places: Sequence[Place], widths: Sequence[int]
    ) -> None:
        self.pieces: list[bytes] = [runs[0]]
        self.parts: list[int | bytes | None] = [None]
        self.moments: list[tuple[Place, int, int]] = []
        self.values: dict[int, list[int]] = {}
        self.widths: dict[int, int] = {}
        self.is_plain = True
        for place, width, run in zip(places, widths, runs[1:], strict=True):
            numbers = {part for part in place if isinstance(part, int)}
            if all(number >= BLOCK_NUMBER for number in numbers):
                self.moments.append((place, width, len(self.pieces)))
                self._add(b"", width)
            else:
                self._add_tin(place, width, numbers)
            self._add(run, None)

    def _add(self, piece: bytes, part: int | bytes | None) -> None:
        self.pieces.append(piece)
        self.parts.append(part)

    def _add_tin(self, place: Place, width: int, numbers: set[int]) -> None:
        """A place for one of the tin's values, once or more often."""
        texts = [part for part in place if isinstance(part, bytes)]
        each, rest = divmod(width - sum(map(len, texts)), len(place) - len(texts))
        number = min(numbers)
        known = self.widths.setdefault(number, each)
        self.is_plain &= len(numbers) == 1 and rest == 0 and known == each
        for part in place:
            if isinstance(part, bytes):
                self._add(part, part)
            else:
                self.values.setdefault(number, []).append(len(self.pieces))
                self._add(b"", each)

    def join(self) -> tuple[list[bytes], dict[int, int]]:
        """The pieces, those between blank ones as one; and where each of the blank ones is then."""
        joined: list[bytes] = []
        place_of: dict[int, int] = {}
        between: list[bytes] = []
        for number, (piece, part) in enumerate(zip(self.pieces, self.parts, strict=True)):
            if isinstance(part, int):
                place_of[number] = len(joined) + 1
                joined += (b"".join(between), b"")
                between.clear()
            else:
                between.append(piece)
        return [*joined, b"".join(between)], place_of


def _factorise(
    layout: _Layout, sums: Sequence[tuple[int, int]], factors: dict[int, int]
) -> tuple[int, int]:
    """Checksum of all that is not blank, and the text's length; each blank piece's factor."""
    crc, size, factor = 0, 0, ONE
    texts = list(sums)
    for piece in range(len(layout.parts) - 1, -1, -1):
        part = layout.parts[piece]
        if isinstance(part, int):
            factors[piece] = factor
            length = part
        elif part is None:
            length, own = texts.pop()
            crc ^= multiply(factor, own)
        else:
            length = len(part)
            crc ^= multiply(factor, zlib.crc32(part))
        factor = multiply(factor, power(length))
        size += length
    return crc, size & 0xFFFFFFFF


def _table(pieces: Sequence[int], factors: dict[int, int]) -> Table:
    """Four tables in one, for the sum of the pieces' factors: see `shift_tables`."""
    total = 0
    for piece in pieces:
        total ^= factors.get(piece, 0)
    tables = shift_tables(tuple(_times_x(total))[::-1])
    return array("I", chain.from_iterable(tables))


def _times_x(factor: int) -> Iterator[int]:
    """What a factor makes of a checksum's single bits, the highest bit first."""
    for _ in range(_BITS):
        yield factor
        factor = factor >> 1 ^ (_POLYNOMIAL if factor & 1 else 0)


def power(size: int) -> int:
    """The factor of a shift over so many bytes: x^(8 size)."""
    zeros = bytes(size)
    return zlib.crc32(zeros, ONE) ^ zlib.crc32(zeros)


def multiply(first: int, second: int) -> int:
    """The product of two polynomials modulo that of CRC-32."""
    product = 0
    for bit in range(_BITS - 1, -1, -1):
        if first >> bit & 1:
            product ^= second
        second = second >> 1 ^ (_POLYNOMIAL if second & 1 else 0)
    return product
