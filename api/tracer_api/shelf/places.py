"""Find in an ordinary answer what differs from one answer to the next. Pure."""

from collections.abc import Iterable, Mapping
from typing import Final

from tracer_api.shelf.splice import Place, Template, cut
from tracer_api.shelf.values import AS_OF

_AS_OF_BEFORE: Final = b'"asOf":'  # a moment of now may well stand elsewhere, too
NEAR_BYTES: Final = 40
"""Texts between two places that are shorter than this become part of one place: compressed they
would not be shorter than the blocks that they divide."""


def find_spots(text: bytes, marks: Iterable[tuple[bytes, int]]) -> list[tuple[int, int, int]]:
    """Where values stand: start, end and number.

    Args:
        text: an answer.
        marks: how values are written, with their numbers; where one holds another it comes first.
    """
    taken: list[tuple[int, int, int]] = []
    rest = text
    for mark, number in marks:
        before = _AS_OF_BEFORE if number == AS_OF else b""
        at = rest.find(before + mark)
        while at >= 0:
            start = at + len(before)
            taken.append((start, start + len(mark), number))
            # Blanked, so that a shorter mark is not found inside a longer one.
            rest = rest[:start] + bytes(len(mark)) + rest[start + len(mark) :]
            at = rest.find(before + mark, start + len(mark))
    return sorted(taken)


def make_template(
    text: bytes, marks: Iterable[tuple[bytes, int]], widths: Mapping[int, int]
) -> Template:
    """Make a template of an answer.

    Args:
        text: the answer.
        marks: see `find_spots`.
        widths: number of a value -> its bytes, of values that have always as many.

    Raises:
        ValueError: places overlap.
    """
    texts, places = cut(text, find_spots(text, marks), NEAR_BYTES)
    return Template(texts, places, tuple(_width(place, widths) for place in places))


def _width(place: Place, widths: Mapping[int, int]) -> int | None:
    total = 0
    for part in place:
        if isinstance(part, bytes):
            total += len(part)
        elif part in widths:
            total += widths[part]
        else:
            return None
    return total
