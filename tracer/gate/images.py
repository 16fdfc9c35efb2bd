"""Checks that a PNG or JPEG is one whole image and nothing else, by walking its own structure.

Nothing is decoded: lengths, checksums and sizes are read from the headers.
"""

import struct
import zlib

from tracer.gate.limits import MAX_CHUNKS, MAX_PIXELS, MAX_SIDE
from tracer.gate.reasons import RefusedError

_PNG_START = 8  # bytes of the signature
_PNG_FRAME = 12  # length, type and checksum of a chunk
_PNG_HEADER = struct.Struct(">2I5B")
_ANIMATION = b"acTL"

_MARKER = 0xFF
_END, _SCAN = 0xD9, 0xDA
_ALONE = frozenset({0x01, *range(0xD0, 0xD9)})  # markers without a length
_FRAMES = frozenset({*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC})  # they hold height and width
_RESTARTS = frozenset({0x00, *range(0xD0, 0xD8)})  # may follow FF inside a scan


def check_png(data: bytes) -> tuple[int, int]:
    """Walk a PNG's chunks to its end.

    Returns:
        Width and height in pixels.

    Raises:
        RefusedError: damaged, too large, animated, or something follows its end.
    """
    at, size = _PNG_START, (0, 0)
    for index in range(MAX_CHUNKS):
        kind, body, at = _next_chunk(data, at)
        if index == 0:
            size = _png_size(kind, bytes(body[: _PNG_HEADER.size + 1]))
        if kind == _ANIMATION:
            raise RefusedError("image-animated")
        if kind == b"IEND":
            _check_end(data, at)
            return size
    raise RefusedError("damaged", detail="the PNG has too many chunks")


def _next_chunk(data: bytes, at: int) -> tuple[bytes, memoryview, int]:
    """A chunk's type and body, and where the next one begins."""
    length, kind = int.from_bytes(data[at : at + 4], "big"), data[at + 4 : at + 8]
    after = at + _PNG_FRAME + length
    if after > len(data):
        raise RefusedError("damaged", detail="a PNG chunk is longer than the file")
    body = memoryview(data)[at + 8 : after - 4]
    if zlib.crc32(body, zlib.crc32(kind)) != int.from_bytes(data[after - 4 : after], "big"):
        raise RefusedError("damaged", detail="a PNG chunk has a wrong checksum")
    return kind, body, after


def _check_end(data: bytes, at: int) -> None:
    if at != len(data):
        raise RefusedError("trailing-data")


def _png_size(kind: bytes, header: bytes) -> tuple[int, int]:
    if kind != b"IHDR" or len(header) != _PNG_HEADER.size:
        raise RefusedError("damaged", detail="the PNG does not begin with its header")
    width, height, *_ = _PNG_HEADER.unpack(header)
    return check_size(width, height)


def check_jpeg(data: bytes) -> tuple[int, int]:
    """Walk a JPEG's segments to its end.

    Returns:
        Width and height in pixels.

    Raises:
        RefusedError: damaged, too large, or something follows its end.
    """
    at, size = 2, (0, 0)
    for _ in range(MAX_CHUNKS):
        marker, at = _next_marker(data, at)
        if marker == _END:
            _check_end(data, at)
            break
        if marker in _ALONE:
            continue
        after = _after_segment(data, at)
        if marker in _FRAMES:
            if size != (0, 0):
                raise RefusedError("image-animated")
            size = _jpeg_size(data[at + 2 : after])
        at = _end_of_scan(data, after) if marker == _SCAN else after
    if size == (0, 0):
        raise RefusedError("damaged", detail="the JPEG has no frame, or too many segments")
    return size


def _after_segment(data: bytes, at: int) -> int:
    length = int.from_bytes(data[at : at + 2], "big")
    if length < 2 or at + length > len(data):  # noqa: PLR2004 - the length counts itself
        raise RefusedError("damaged", detail="a JPEG segment has a wrong length")
    return at + length


def _next_marker(data: bytes, at: int) -> tuple[int, int]:
    if at >= len(data) or data[at] != _MARKER:
        raise RefusedError("damaged", detail="a JPEG segment does not begin with its mark")
    while at < len(data) and data[at] == _MARKER:
        at += 1
    if at >= len(data):
        raise RefusedError("damaged", detail="the JPEG stops before its end")
    return data[at], at + 1


def _jpeg_size(frame: bytes) -> tuple[int, int]:
    if len(frame) < 6:  # noqa: PLR2004 - precision, height, width, components
        raise RefusedError("damaged", detail="the JPEG's frame is too short")
    height, width = struct.unpack_from(">xHH", frame)
    return check_size(width, height)


def _end_of_scan(data: bytes, at: int) -> int:
    """Where the next marker begins: in a scan, FF is followed by 00 or by a restart."""
    while True:
        at = data.find(b"\xff", at)
        if at < 0 or at + 1 >= len(data):
            raise RefusedError("damaged", detail="the JPEG stops before its end")
        if data[at + 1] not in _RESTARTS:
            return at
        at += 2


def check_size(width: int, height: int) -> tuple[int, int]:
    """The size, if it is one that we decode.

    Raises:
        RefusedError: no pixels, or too many.
    """
    if width == 0 or height == 0:
        raise RefusedError("damaged", detail="the image has no pixels")
    if width * height > MAX_PIXELS or max(width, height) > MAX_SIDE:
        raise RefusedError("image-too-large", width=width, height=height)
    return width, height
