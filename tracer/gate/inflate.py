"""Inflates every stream of a PDF within one budget, keeping nothing, before a parser sees the file.

Streams are found by the word that opens them, whatever the dictionary before it claims: object
streams and cross-reference streams are streams like any other. A stream that inflates to another
compressed stream is inflated on, as its filter chain would be.
"""

import re
import zlib
from collections.abc import Iterator

from tracer.gate.limits import MAX_FILTERS, MAX_INFLATED_BYTES, MAX_REREAD
from tracer.gate.reasons import RefusedError

_OPENING = re.compile(rb"(?<!end)stream(?:\r\n|\n|\r)")
_SLICE = 65_536  # bytes inflated at a time, so that a bomb is seen before it has grown
_DEFLATE = 8  # the method in a zlib header
_ZLIB_CHECK = 31  # divides every zlib header
_BLANKS = b" \t\r\n\f\0"
_BASE85 = re.compile(rb"[!-uz \t\r\n\f\0]{16}")
_ROW = 5 * 16_384  # digits decoded at a time
_ZERO, _DIGITS = 33, 85  # the first digit's character, and how many digits there are
_DIGIT_VALUES = bytes(char - _ZERO if _ZERO <= char < _ZERO + _DIGITS else 0 for char in range(256))


class Budget:
    """What is left to inflate.

    Args:
        size: bytes of the file.
    """

    def __init__(self, size: int) -> None:
        self._out = MAX_INFLATED_BYTES
        self._in = MAX_REREAD * size + _SLICE

    def spend(self, *, read: int = 0, made: int = 0) -> None:
        """Take bytes off.

        Raises:
            RefusedError: nothing is left.
        """
        self._in -= read
        self._out -= made
        if self._in < 0 or self._out < 0:
            raise RefusedError("inflates", most=MAX_INFLATED_BYTES)


def check_streams(data: bytes) -> None:
    """Inflate all streams of a PDF.

    Args:
        data: the whole file.

    Raises:
        RefusedError: together they are larger than `MAX_INFLATED_BYTES`.
    """
    budget = Budget(len(data))
    for opening in _OPENING.finditer(data):
        body = memoryview(data)[opening.end() :]
        if _is_zlib(bytes(body[:2])):
            _feed_all(_slices(body), budget)
        elif _BASE85.match(body):
            _feed_all(decode85(body), budget)


def _is_zlib(start: bytes) -> bool:
    if len(start) < 2:  # noqa: PLR2004 - a zlib header has two bytes
        return False
    return start[0] & 0x0F == _DEFLATE and int.from_bytes(start, "big") % _ZLIB_CHECK == 0


def _slices(body: memoryview) -> Iterator[bytes]:
    for at in range(0, len(body), _SLICE):
        yield bytes(body[at : at + _SLICE])


def _feed_all(chunks: Iterator[bytes], budget: Budget) -> None:
    stage: _Stage | None = None
    for chunk in chunks:
        if stage is None:
            if not _is_zlib(chunk[:2]):
                return
            stage = _Stage(budget, MAX_FILTERS)
        if not stage.feed(chunk):
            return


class _Stage:
    """One compression of a chain.

    Args:
        budget: shared by the whole file.
        levels: how many compressions may lie in each other, from here on.
    """

    def __init__(self, budget: Budget, levels: int) -> None:
        self._budget = budget
        self._levels = levels
        self._inflater = zlib.decompressobj()
        self._start = b""
        self._inner: _Stage | None = None
        self._is_plain = levels == 1

    def feed(self, chunk: bytes) -> bool:
        """Inflate a chunk; False when the stream has ended or is none."""
        while chunk:
            try:
                made = self._inflater.decompress(chunk, _SLICE)
            except zlib.error:
                return False  # damaged: the parser's own limits are what is left
            rest = self._inflater.unconsumed_tail
            self._budget.spend(read=len(chunk) - len(rest), made=len(made))
            self._pass_on(made)
            if self._inflater.eof or (rest == chunk and not made):
                return False
            chunk = rest
        return True

    def _pass_on(self, made: bytes) -> None:
        if self._is_plain or not made:
            return
        if self._inner is None:
            self._start += made
            if len(self._start) < 2:  # noqa: PLR2004 - a zlib header has two bytes
                return
            if not _is_zlib(self._start[:2]):
                self._is_plain = True
                return
            self._inner, made = _Stage(self._budget, self._levels - 1), self._start
        self._is_plain = not self._inner.feed(made)


def decode85(body: memoryview) -> Iterator[bytes]:
    """Decode the printable base-85 coding, as long as it is one."""
    digits = b""
    for chunk in _slices(body):
        text, end, _ = chunk.partition(b"~")
        digits += text.translate(None, _BLANKS).replace(b"z", b"!!!!!")
        whole = len(digits) if end else len(digits) // _ROW * _ROW
        for at in range(0, whole, _ROW):
            part = digits[at : min(at + _ROW, whole)]
            yield _quads(part)
        digits = digits[whole:]
        if end:
            return


def _quads(digits: bytes) -> bytes:
    """Five digits to four bytes, for many at once: each five take one 64-bit lane of an integer.

    The lanes never run into each other, because 85 ** 5 is less than 2 ** 64.
    """
    short = -len(digits) % 5
    digits += b"u" * short
    lanes = 0
    for place in range(5):
        spread = bytearray(8 * (len(digits) // 5))
        spread[7::8] = digits[place::5].translate(_DIGIT_VALUES)
        lanes = lanes * _DIGITS + int.from_bytes(spread, "big")
    wide = lanes.to_bytes(8 * (len(digits) // 5), "big")
    made = bytearray(4 * (len(digits) // 5))
    for place in range(4):
        made[place::4] = wide[4 + place :: 8]
    return bytes(made[: len(made) - short])
