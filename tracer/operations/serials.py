"""Serials of sample batches.

Real serials are drawn by `tracer serials issue` or by the packing line, at random and with at least
40 bits, and stand in a list.
Only sample files name a seed: whoever reads it can foretell every serial.
"""

import hashlib
from collections.abc import Iterable

from tracer.domain.identifiers import Serial

MAX_SERIALS = 1_000_000  # a filler of 400 tins a minute needs 42 hours for as many
SERIAL_DOMAIN = b"tracer/sample-serial/v1\x00"
RANDOM_BYTES = 4  # written as eight hexadecimal digits


def build_sample_serials(
    seed: str, prefix: str, count: int, include: Iterable[Serial]
) -> list[Serial]:
    """Make the serials of a sample batch: the prefix and eight hexadecimal digits each.

    Args:
        seed: any text; the same seed gives the same serials.
        prefix: stands before the digits.
        count: how many, those of `include` among them.
        include: serials that the batch's events name.

    Returns:
        All serials, ascending.

    Raises:
        InvalidIdentifierError: the prefix does not fit a serial.
    """
    serials = set(include)
    draw = 0
    while len(serials) < count:
        random = hashlib.sha256(SERIAL_DOMAIN + f"{seed}\x00{draw}".encode()).hexdigest()
        serials.add(Serial.parse(prefix + random[: 2 * RANDOM_BYTES].upper()))
        draw += 1
    return sorted(serials)
