"""What differs from one answer to the next, numbered as in the documents' places."""

import re
from typing import Final

from tracer.domain.merkle import HASH_BYTES
from tracer.domain.rows import TinRow
from tracer_api.shelf.tables import Position
from tracer_api.shelf.tins import TinProof
from tracer_api.view.proof import spell_tin
from tracer_api.view.texts import spell_moment

SERIAL: Final = 0
TIN: Final = 1  # the tin with its proof, JSON
PAGE_TIN: Final = 2  # the same as pages have it, see `tracer_api.view.proof.spell_tin`
BLOCK_NUMBER: Final = 3
BLOCK_HASH: Final = 4
BLOCK_TIME: Final = 5
BLOCK_MOMENT: Final = 6  # the same in words
AS_OF: Final = 7

PLAIN: Final = re.compile(r"[A-Za-z0-9._-]{1,20}")
"""Serials and lots that are written alike in text, markup, JSON and addresses. Others, which few
print, take the ordinary route."""

Values = tuple[bytes, ...]
Mark = tuple[bytes, int]
"""How a value is written, and its number."""


def moment_of(position: Position, now_unix: int) -> Values:
    """What documents say of the mirror and the clock: the values from `BLOCK_NUMBER` on."""
    return (
        b"%d" % position.block_number,
        position.block_hash.hex().encode(),
        b"%d" % position.block_time_unix,
        spell_moment(position.block_time_unix).encode(),
        b"%d" % now_unix,
    )


def marks_of_moment(moment: Values) -> list[Mark]:
    """How the mirror and the clock stand in the ordinary answers."""
    return list(zip(moment, range(BLOCK_NUMBER, AS_OF + 1), strict=True))


def marks_of_tin(serial: str, tin: TinRow | None, number: int) -> list[Mark]:
    """How a tin stands in the ordinary answers, the longer text first.

    Args:
        serial: of the tin; "" at a batch.
        tin: with its proof, if it was issued.
        number: `TIN` or `PAGE_TIN`, whichever the answers have.
    """
    marks = [(serial.encode(), SERIAL)] if serial else []
    if tin is not None:
        found = TinProof(tin.index, tin.size, b"".join(tin.proof))
        spell = page_tin if number == PAGE_TIN else json_tin
        text = spell(serial.encode(), found, tin.root)
        marks.insert(0, (text, number))
    return marks


def page_tin(serial: bytes, found: TinProof, root: bytes) -> bytes:
    """A tin with its proof as pages have it, as wide as every other of its list."""
    return spell_tin(serial, found.leaf, found.size, found.proof + root)


def json_tin(serial: bytes, found: TinProof, root: bytes) -> bytes:
    """A tin with its proof as compact JSON.

    Args:
        serial: one of `PLAIN`.
        found: its proof.
        root: of the serial list.
    """
    digits = found.proof.hex(",", HASH_BYTES).replace(",", '","')
    return b'{"serial":"%b","index":%d,"size":%d,"proof":[%b],"root":"%b"}' % (
        serial,
        found.leaf,
        found.size,
        f'"{digits}"'.encode() if digits else b"",
        root.hex().encode(),
    )
