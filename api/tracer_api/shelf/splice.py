"""Documents that are compressed once and completed per request. Pure.

A document is text with *places* for what differs from one answer to the next: a tin's serial, the
mirror's newest block. The text between places is deflated once (RFC 1951); a place's bytes go in
between as stored blocks, and the whole is one gzip member (RFC 1952). Its checksum follows from
those of the parts: for a text B of fixed length, `crc(A + B) = shift(crc(A)) ^ crc(B)`, where
`shift` is linear over bits and so needs one table look-up for each byte of the checksum.

A deflated text may refer back over a place only while that place keeps its width: behind a place
of any width the dictionary starts anew.
"""

import json
import struct
import zlib
from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final, NamedTuple, Self

Place = tuple[bytes | int, ...]
"""What stands in a place, in order: texts, and numbers of values that are given per request."""

LEVEL: Final = 9  # compressed once, sent often
WINDOW_BYTES: Final = 32_768  # how far deflate refers back
STORED_MAX: Final = 65_535  # of one stored block: its length has 16 bits
GZIP_HEADER: Final = bytes((0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 2, 255))
"""Deflate, no name, no time, made by the slowest method, on no system in particular."""

CONTEXT_BYTES: Final = 2  # in whose context Brotli codes what follows; deflate needs none
_SIMPLE_PARTS: Final = 2  # a value and the text behind it
_BITS: Final = 32  # of a CRC-32
_PARTS: Final = struct.Struct(">III")  # length of the deflated text, of the text, its CRC-32
_BASIS: Final = struct.Struct(f">{_BITS}I")


SHORT_BYTES: Final = 2_048  # serials and proofs are shorter; headers of their blocks are ready


def store(value: bytes) -> bytes:
    """Bytes as stored blocks, none of them the last of its stream."""
    if len(value) <= STORED_MAX:
        return _STORED[len(value)] + value if len(value) < len(_STORED) else _stored(value)
    parts = (value[at : at + STORED_MAX] for at in range(0, len(value), STORED_MAX))
    return b"".join(_stored(part) for part in parts)


def _stored(value: bytes) -> bytes:
    return struct.pack("<BHH", 0, len(value), len(value) ^ 0xFFFF) + value


def stored_head(size: int) -> bytes:
    """What precedes a value of less than `SHORT_BYTES` in a stored block."""
    return _STORED[size]


_STORED: Final = tuple(_stored(b"\x00" * size)[:5] for size in range(SHORT_BYTES))
"""Headers of stored blocks by their length."""


def shift_basis(size: int) -> tuple[int, ...]:
    """What `shift` over so many bytes makes of each single bit of a checksum."""
    zeros = bytes(size)
    none = zlib.crc32(zeros)
    return tuple(zlib.crc32(zeros, 1 << bit) ^ none for bit in range(_BITS))


Table = Sequence[int]
Tables = tuple[Table, Table, Table, Table]


def shift_tables(basis: Sequence[int]) -> Tables:
    """Four tables: a byte of a checksum, lowest first -> its part of the shifted checksum."""
    return _table(basis[:8]), _table(basis[8:16]), _table(basis[16:24]), _table(basis[24:])


def _table(bits: Sequence[int]) -> Table:
    table = [0]
    for bit in bits:
        table += [value ^ bit for value in table]
    return array("I", table)  # a list of numbers takes ten times the memory


class Template(NamedTuple):
    """A text with places.

    Attributes:
        texts: one more than there are places, which stand between them.
        places: what stands there.
        widths: bytes that a place always has; None where they may differ.
    """

    texts: tuple[bytes, ...]
    places: tuple[Place, ...] = ()
    widths: tuple[int | None, ...] = ()

    def fill(self, values: Sequence[bytes]) -> bytes:
        """The plain text, completed."""
        parts = [self.texts[0]]
        for place, text in zip(self.places, self.texts[1:], strict=True):
            parts += [fill_place(place, values), text]
        return b"".join(parts)


def fill_place(place: Place, values: Sequence[bytes]) -> bytes:
    """The bytes of one place."""
    return b"".join([part if isinstance(part, bytes) else values[part] for part in place])


class WidthError(ValueError):
    """A value is not as wide as its place; the document cannot be completed with it."""


class _Part(NamedTuple):
    """A deflated text that is followed by a place."""

    deflated: bytes
    crc: int
    t0: Table
    t1: Table
    t2: Table
    t3: Table
    place: Place
    value: int  # the place is this value and the text behind it; -1: it is more
    behind: bytes
    width: int  # -1: any


@dataclass(frozen=True, slots=True)
class Packed:
    """A template, compressed. It holds nothing of any one answer.

    Attributes:
        texts: deflated texts with their lengths and checksums, and what shifts a checksum.
        places: as in `Template`.
        widths: as in `Template`.
    """

    texts: tuple[tuple[bytes, int, int, tuple[int, ...]], ...]
    places: tuple[Place, ...]
    widths: tuple[int | None, ...]

    @classmethod
    def of(cls, template: Template) -> Self:
        """Compress a template."""
        last = len(template.texts) - 1
        fill = _unused_byte(template)
        texts = tuple(
            (
                _deflate(text, _history(template, number, fill), is_last=number == last),
                len(text),
                zlib.crc32(text),
                shift_basis(len(text)),
            )
            for number, text in enumerate(template.texts)
        )
        return cls(texts, template.places, template.widths)

    def to_bytes(self) -> bytes:
        """The form in which it is kept."""
        places = [
            [part if isinstance(part, int) else part.decode("latin-1") for part in place]
            for place in self.places
        ]
        head = json.dumps([places, self.widths], separators=(",", ":")).encode()
        parts = [struct.pack(">II", len(head), len(self.texts)), head]
        for deflated, size, crc, basis in self.texts:
            parts += [_PARTS.pack(len(deflated), size, crc), _BASIS.pack(*basis), deflated]
        return b"".join(parts)

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """Read what `to_bytes` wrote.

        Raises:
            ValueError: it is something else.
        """
        try:
            size, count = struct.unpack_from(">II", data)
            listed, widths = json.loads(data[8 : 8 + size])
            at, texts = 8 + size, []
            for _ in range(count):
                length, plain, crc = _PARTS.unpack_from(data, at)
                basis = _BASIS.unpack_from(data, at + _PARTS.size)
                at += _PARTS.size + _BASIS.size + length
                texts.append((data[at - length : at], plain, crc, basis))
        except (struct.error, TypeError) as error:
            msg = "not a packed document"
            raise ValueError(msg) from error
        places = tuple(
            tuple(part if isinstance(part, int) else part.encode("latin-1") for part in place)
            for place in listed
        )
        return cls(tuple(texts), places, tuple(widths))


def _deflate(text: bytes, history: bytes, *, is_last: bool) -> bytes:
    packer = (
        zlib.compressobj(LEVEL, zlib.DEFLATED, -zlib.MAX_WBITS, zdict=history)
        if history
        else zlib.compressobj(LEVEL, zlib.DEFLATED, -zlib.MAX_WBITS)
    )
    end = zlib.Z_FINISH if is_last else zlib.Z_SYNC_FLUSH  # both end on a whole byte
    return packer.compress(text) + packer.flush(end)


def _unused_byte(template: Template) -> bytes:
    """A byte that no text holds: it stands for a place's bytes, and nothing refers to it."""
    unused = frozenset(range(256)).difference(*template.texts)
    return bytes((min(unused),)) if unused else b""


def _history(template: Template, number: int, fill: bytes) -> bytes:
    """The text that the given one may refer to: back to the last place of any width."""
    parts: list[bytes] = []
    size = 0
    for before in range(number - 1, -1, -1):
        width = template.widths[before]
        if width is None or not fill or size >= WINDOW_BYTES:
            break
        parts += [fill * width, template.texts[before]]
        size += width + len(template.texts[before])
    return b"".join(reversed(parts))[-WINDOW_BYTES:]


class Splicer:
    """A packed document, made ready to be completed many times.

    Args:
        packed: the document.

    Attributes:
        cost: bytes of memory that it takes, about.
    """

    __slots__ = ("_crc", "_last", "_parts", "_shift", "_size", "cost")

    def __init__(self, packed: Packed) -> None:
        self._size = sum(size for _, size, _, _ in packed.texts)
        ready = [
            (deflated, crc, shift_tables(basis)) for deflated, _size, crc, basis in packed.texts
        ]
        self._last, self._crc, self._shift = ready.pop()
        self._parts = [
            _Part(
                deflated,
                crc,
                *tables,
                place,
                *_simple(place),
                -1 if width is None else width,
            )
            for (deflated, crc, tables), place, width in zip(
                ready, packed.places, packed.widths, strict=True
            )
        ]
        table_bytes = 4 * 256 * 4 + 500
        self.cost = sum(len(text[0]) + table_bytes for text in packed.texts)

    def splice(self, values: Sequence[bytes]) -> bytes:
        """The gzip member whose text is the document with these values.

        Args:
            values: by their numbers in places.

        Raises:
            WidthError: a value does not fit its place.
        """
        out = [GZIP_HEADER]
        crc, size = 0, self._size
        for deflated, own, t0, t1, t2, t3, place, number, behind, width in self._parts:
            crc = t0[crc & 255] ^ t1[crc >> 8 & 255] ^ t2[crc >> 16 & 255] ^ t3[crc >> 24] ^ own
            value = values[number] + behind if number >= 0 else fill_place(place, values)
            length = len(value)
            if width >= 0 and width != length:
                raise WidthError(place)
            out += (
                (deflated, _STORED[length], value)
                if length < SHORT_BYTES
                else (deflated, store(value))
            )
            crc = zlib.crc32(value, crc)
            size += length
        t0, t1, t2, t3 = self._shift
        crc = t0[crc & 255] ^ t1[crc >> 8 & 255] ^ t2[crc >> 16 & 255] ^ t3[crc >> 24] ^ self._crc
        out += (self._last, struct.pack("<II", crc, size & 0xFFFFFFFF))
        return b"".join(out)


def _simple(place: Place) -> tuple[int, bytes]:
    """A place's only value and the text behind it; -1 when it is of another form."""
    value, behind = place[0], place[1] if len(place) > 1 else b""
    if len(place) <= _SIMPLE_PARTS and isinstance(value, int) and isinstance(behind, bytes):
        return value, behind
    return -1, b""


def cut(
    text: bytes, spots: Sequence[tuple[int, int, int]], near: int
) -> tuple[tuple[bytes, ...], tuple[Place, ...]]:
    """Cut a text at spots that values take up.

    Args:
        text: an answer.
        spots: start, end and number of the value, which do not overlap.
        near: spots with fewer bytes between them become one place with the text between them:
            a stored block costs five bytes and its text's references.

    Returns:
        Texts and the places between them. A place ends in two bytes of the text behind it, where
        there are as many; see `tracer_api.shelf.streams`.

    Raises:
        ValueError: spots overlap.
    """
    ordered = sorted(spots)
    if any(second[0] < first[1] for first, second in pairwise(ordered)):
        msg = "values overlap"
        raise ValueError(msg)
    texts: list[bytes] = []
    places: list[list[bytes | int]] = []
    at = 0
    for number, (start, end, value) in enumerate(ordered):
        if places and start - at < near:
            places[-1] += [text[at:start], value] if start > at else [value]
        else:
            texts.append(text[at:start])
            places.append([value])
        following = ordered[number + 1][0] if number + 1 < len(ordered) else len(text)
        at = min(end + CONTEXT_BYTES, following)
        if at > end:
            places[-1].append(text[end:at])
    texts.append(text[at:])
    return tuple(texts), tuple(tuple(place) for place in places)
