"""A QR symbol of a GS1 Digital Link, as small as its text allows.

The host is lower case and goes into a byte segment; the path of digits and capitals goes into an
alphanumeric segment, which needs 5.5 instead of 8 bits a character. A link of 65 characters takes
33 instead of 37 modules a side that way, and cameras read the larger modules from further away.
The host stays lower case because scanners stumble over `HTTPS://`.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from qrcode.constants import (
    ERROR_CORRECT_H,
    ERROR_CORRECT_L,
    ERROR_CORRECT_M,
    ERROR_CORRECT_Q,
)
from qrcode.exceptions import DataOverflowError
from qrcode.main import QRCode
from qrcode.util import QRData

from tracer.errors import LimitExceededError

Level = Literal["L", "M", "Q", "H"]
Mode = Literal[2, 4]  # mode indicators of ISO/IEC 18004
ALPHANUMERIC: Mode = 2
BYTE: Mode = 4
QUIET_MODULES = 4  # ISO/IEC 18004: nothing may be printed closer to the symbol
FAST_MASK = 4  # any mask reads equally well in print; trying all eight takes ten times as long
MAX_URI_CHARS = 300  # gives a symbol that no tin has room for; longer text is a mistake

_LEVELS = {"L": ERROR_CORRECT_L, "M": ERROR_CORRECT_M, "Q": ERROR_CORRECT_Q, "H": ERROR_CORRECT_H}
# Two segment headers cost about 25 bits and each character saves 2.5, so ten is where it pays.
_ALPHANUMERIC_RUN = re.compile(r"[0-9A-Z $%*+\-./:]{10,}")


@dataclass(frozen=True, slots=True)
class Symbol:
    """A QR symbol without its quiet zone.

    Attributes:
        uri: what it says.
        rows: top to bottom, left to right; True is dark.
    """

    uri: str
    rows: tuple[tuple[bool, ...], ...]

    @property
    def size(self) -> int:
        """Modules a side."""
        return len(self.rows)


def build_symbol(uri: str, *, level: Level = "M", mask: int | None = None) -> Symbol:
    """Encode a URI.

    Args:
        uri: ASCII text, usually a Digital Link.
        level: error correction: L 7 %, M 15 %, Q 25 %, H 30 % of the symbol may be damaged.
        mask: 0 to 7, or None to let the encoder choose as ISO/IEC 18004 describes.

    Raises:
        LimitExceededError: the text is longer than a label's symbol can hold.
    """
    return Symbol(uri, encode_segments(split_segments(uri), level=level, mask=mask))


def encode_segments(
    segments: Sequence[tuple[Mode, str]], *, level: Level, mask: int | None
) -> tuple[tuple[bool, ...], ...]:
    """Encode text that is cut into segments already.

    Returns:
        Rows of modules, True is dark.

    Raises:
        LimitExceededError: the text is longer than a label's symbol can hold, or not ASCII.
    """
    text = "".join(part for _, part in segments)
    if len(text) > MAX_URI_CHARS or not text.isascii():
        raise LimitExceededError(
            f"a label holds at most {MAX_URI_CHARS} ASCII characters, not {len(text)}",
            hint="Use a shorter public origin.",
        )
    code = QRCode(error_correction=_LEVELS[level], border=0, mask_pattern=mask)
    for mode, part in segments:
        code.add_data(QRData(part.encode("ascii"), mode))
    try:
        code.make(fit=True)
    except DataOverflowError as error:
        raise LimitExceededError(f"{len(text)} characters do not fit a QR code") from error
    return tuple(tuple(map(bool, row)) for row in code.get_matrix())


def split_segments(uri: str) -> list[tuple[Mode, str]]:
    """The text in the modes that need the fewest bits: byte, and alphanumeric where it pays."""
    segments: list[tuple[Mode, str]] = []
    start = 0
    for run in _ALPHANUMERIC_RUN.finditer(uri):
        if run.start() > start:
            segments.append((BYTE, uri[start : run.start()]))
        segments.append((ALPHANUMERIC, run[0]))
        start = run.end()
    if start < len(uri):
        segments.append((BYTE, uri[start:]))
    return segments
