"""Documents in Brotli (RFC 7932), completed per request. Pure.

A Brotli stream is a row of meta-blocks and has no checksum. The text between places is compressed
once, up to a whole byte; a place's bytes go in between as an uncompressed meta-block (§9.2). What
follows a place refers back over it, so every place keeps its width, and ends in two bytes that
never change, because what follows is coded in their context (§7.1). For the compressor a place
is filled with bytes that no text holds and of which no two follow each other twice, so that
nothing refers to them, nor they to each other. Where a place of any width comes, all that is left
goes uncompressed, which pays only near a document's end.
"""

import json
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import Final, Self

import brotli

from tracer_api.shelf.splice import CONTEXT_BYTES, Place, Template, WidthError, fill_place

QUALITY: Final = 11
WINDOW_BITS: Final = 18  # 256 kB, more than any page has
MAX_TAIL_BYTES: Final = 500
"""Text behind a place of any width, at most; compressed it would take a third of that."""

END: Final = b"\x03"  # an empty last meta-block
_UNCOMPRESSED: Final = 1 << 19  # behind the last bit of a length of 16 bits
_MAX_BLOCK: Final = 2**16


def block(value: bytes) -> bytes:
    """Bytes as an uncompressed meta-block, at least one and at most 65,536 of them."""
    return ((len(value) - 1) << 3 | _UNCOMPRESSED).to_bytes(3, "little") + value


@dataclass(frozen=True, slots=True)
class PackedStream:
    """A template in Brotli.

    Attributes:
        parts: compressed texts, each with the head of the meta-block that follows; one more than
            there are places of a known width.
        places: those, then perhaps the tail, which holds all that was left.
        widths: of those.
    """

    parts: tuple[bytes, ...]
    places: tuple[Place, ...]
    widths: tuple[int, ...]

    @classmethod
    def of(cls, template: Template) -> Self | None:
        """Compress a template.

        Args:
            template: whose places end in text, where more text follows.

        Returns:
            None when its places are too wide, or when too much comes after one of any width.
        """
        known = next((n for n, it in enumerate(template.widths) if it is None), None)
        known = len(template.places) if known is None else known
        widths = [width for width in template.widths[:known] if width is not None]
        if any(not CONTEXT_BYTES <= width <= _MAX_BLOCK for width in widths):
            return None
        places = template.places[:known]
        if known < len(template.places):
            if sum(map(len, template.texts[known + 1 :])) > MAX_TAIL_BYTES:
                return None
            places = (*places, _join(template, known))
        fill = _make_fill(template)
        if len(fill) < sum(widths):
            return None
        return cls(_compress(template, widths, fill), places, tuple(widths))

    def to_bytes(self) -> bytes:
        """The form in which it is kept."""
        places = [
            [part if isinstance(part, int) else part.decode("latin-1") for part in place]
            for place in self.places
        ]
        sizes = [len(part) for part in self.parts]
        head = json.dumps([places, self.widths, sizes], separators=(",", ":")).encode()
        return struct.pack(">I", len(head)) + head + b"".join(self.parts)

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """Read what `to_bytes` wrote."""
        (size,) = struct.unpack_from(">I", data)
        listed, widths, sizes = json.loads(data[4 : 4 + size])
        ends = [*accumulate(sizes, initial=4 + size)]
        places = tuple(
            tuple(part if isinstance(part, int) else part.encode("latin-1") for part in place)
            for place in listed
        )
        parts = tuple(data[start:end] for start, end in pairwise(ends))
        return cls(parts, places, tuple(widths))

    @property
    def cost(self) -> int:
        """Bytes of memory that it takes, about."""
        return sum(map(len, self.parts)) + 500

    def splice(self, values: Sequence[bytes]) -> bytes:
        """The stream whose text is the document with these values.

        Raises:
            WidthError: a value does not fit its place.
        """
        out: list[bytes] = []
        for part, place, width in zip(self.parts, self.places, self.widths, strict=False):
            value = fill_place(place, values)
            if len(value) != width:
                raise WidthError(place)
            out += (part, value)
        out.append(self.parts[-1])
        if len(self.places) > len(self.widths):
            out.append(block(fill_place(self.places[-1], values)))
        out.append(END)
        return b"".join(out)


def _join(template: Template, first: int) -> Place:
    """A place with all that comes after it."""
    parts: list[bytes | int] = []
    for place, text in zip(template.places[first:], template.texts[first + 1 :], strict=True):
        parts += [*place, text]
    return tuple(parts)


def _make_fill(template: Template) -> bytes:
    """Bytes that no text holds, in an order in which no two follow each other twice.

    With k bytes that is a sequence of de Bruijn of order 2, k x k long: all Lyndon words of one
    and two letters in alphabetical order.
    """
    held = {*b"".join(template.texts)}
    for place in template.places:
        held.update(*(part for part in place if isinstance(part, bytes)))
    unused = [byte for byte in range(256) if byte not in held]
    parts = []
    for number, byte in enumerate(unused):
        parts.append(byte)
        for later in unused[number + 1 :]:
            parts += [byte, later]
    return bytes(parts)


def _compress(template: Template, widths: Sequence[int], fill: bytes) -> tuple[bytes, ...]:
    packer = brotli.Compressor(quality=QUALITY, mode=brotli.MODE_TEXT, lgwin=WINDOW_BITS)
    parts, used = [], 0
    for number, text in enumerate(template.texts[: len(widths) + 1]):
        part = packer.process(text) + packer.flush()
        if number < len(widths):
            last = template.places[number][-1]
            end = last[-CONTEXT_BYTES:] if isinstance(last, bytes) else b""
            size = widths[number] - len(end)
            filled = fill[used : used + size] + end
            used += size
            packer.process(filled)
            packer.flush()  # what it makes of them is left out
            part += block(filled)[: -len(filled)]
        parts.append(part)
    return tuple(parts)
