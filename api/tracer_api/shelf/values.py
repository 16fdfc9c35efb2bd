"""What differs from one answer to the next, numbered as in the documents' places."""

import json
import re
from collections.abc import Mapping
from typing import Final

from tracer.domain.rows import TinRow
from tracer_api.negotiation import Language
from tracer_api.shelf.tables import Position
from tracer_api.shelf.tins import TinProof
from tracer_api.view.texts import Texts

SERIAL: Final = 0
TIN: Final = 1  # the tin with its proof, JSON
BLOCK_NUMBER: Final = 2
BLOCK_HASH: Final = 3
BLOCK_TIME: Final = 4
AS_OF: Final = 5
AGE_EN: Final = 6  # of the block, in words
AGE_ZH: Final = 7

PLAIN: Final = re.compile(r"[A-Za-z0-9._-]{1,20}")
"""Serials and lots that are written alike in text, markup, JSON and addresses. Others, which few
print, take the ordinary route."""

Values = tuple[bytes, ...]
Mark = tuple[bytes, int]
"""How a value is written, and its number."""


def moment_of(position: Position, now_unix: int, texts: Mapping[Language, Texts]) -> Values:
    """What documents say of the mirror and the clock: the values from `BLOCK_NUMBER` on."""
    age_s = now_unix - position.block_time_unix
    return (
        b"%d" % position.block_number,
        position.block_hash.hex().encode(),
        b"%d" % position.block_time_unix,
        b"%d" % now_unix,
        texts["en"].age(age_s).encode(),
        texts["zh"].age(age_s).encode(),
    )


def marks_of_moment(moment: Values) -> list[Mark]:
    """How the mirror and the clock stand in the ordinary answers."""
    return list(zip(moment, range(BLOCK_NUMBER, AGE_ZH + 1), strict=True))


def marks_of_tin(serial: str, tin: TinRow | None) -> list[Mark]:
    """How a tin stands in the ordinary answers, the longer text first."""
    marks = [(serial.encode(), SERIAL)] if serial else []
    if tin is not None:
        text = json.dumps(tin.to_json(), ensure_ascii=False, separators=(",", ":"))
        marks.insert(0, (text.encode(), TIN))
    return marks


def spell_tin(serial: bytes, found: TinProof, root: bytes) -> bytes:
    """A tin with its proof as compact JSON.

    Args:
        serial: one of `PLAIN`.
        found: its proof.
        root: of the serial list, hexadecimal digits.
    """
    proof = '","'.join(found.proof)
    return b'{"serial":"%b","index":%d,"size":%d,"proof":[%b],"root":"%b"}' % (
        serial,
        found.leaf,
        found.size,
        f'"{proof}"'.encode() if proof else b"",
        root,
    )
