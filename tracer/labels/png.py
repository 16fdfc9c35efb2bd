"""Symbols as PNG files, many thousands a second.

Only the symbol and its quiet zone: who places pictures in artwork sets type himself. A file says
how wide its pixels are, so that it prints at its right size.
"""

import struct
import zlib
from collections.abc import Iterator
from typing import Final

import numpy as np

from tracer.labels.affine import Bytes, Tables
from tracer.labels.qr import MODULE_MM
from tracer.labels.symbol import QUIET_MODULES

MODULE_PX: Final = 10
MAX_MODULE_PX: Final = 40  # 1,000 dpi at half a millimetre a module
_ALL_LIGHT: Final = 0xFF
_AT_ONCE: Final = 32  # symbols whose pixels are in memory: they fit the processor's cache
# Nine rows of ten are nothing but zeros: looking for runs alone takes a fifth less time than
# looking for all that repeats, and gives files of 1.3 instead of 1.2 kB.
_LEVEL, _WINDOW_BITS, _MEMORY = 1, 15, 6
_SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"
_COPY_ABOVE: Final = 2  # filter "Up": the row is stored as its difference from the one above
_MM_PER_METRE: Final = 1_000
_GREY_1_BIT: Final = b"\x01\x00\x00\x00\x00"  # depth, colour type, compression, filter, interlace


def symbol_pngs(tables: Tables, symbols: Bytes, *, module_px: int = MODULE_PX) -> Iterator[bytes]:
    """A PNG of each symbol, one bit a pixel.

    Args:
        tables: that the symbols were made from.
        symbols: see `Tables.symbols`.
        module_px: pixels a module; an even number.
    """
    side = (tables.size + 2 * QUIET_MODULES) * module_px
    density = round(module_px / MODULE_MM * _MM_PER_METRE)
    head = (
        _SIGNATURE
        + _chunk(b"IHDR", struct.pack(">2I", side, side) + _GREY_1_BIT)
        + _chunk(b"pHYs", struct.pack(">2IB", density, density, 1))
    )
    tail = _chunk(b"IEND", b"")
    quiet = _light_rows(side, QUIET_MODULES * module_px)
    for start in range(0, len(symbols), _AT_ONCE):
        for rows in _pixel_rows(symbols[start : start + _AT_ONCE], (side + 7) // 8, module_px):
            packer = zlib.compressobj(_LEVEL, zlib.DEFLATED, _WINDOW_BITS, _MEMORY, zlib.Z_RLE)
            packed = packer.compress(b"".join((quiet, rows.tobytes(), quiet))) + packer.flush()
            yield head + _chunk(b"IDAT", packed) + tail


def _pixel_rows(symbols: Bytes, row_bytes: int, module_px: int) -> Bytes:
    """Rows of pixels with their filters; eight modules are a whole number of bytes."""
    count, size, _ = symbols.shape
    pixels = _expansion(module_px)[symbols].reshape(count, size, -1)
    quiet = QUIET_MODULES * module_px // 8
    rows = np.zeros((count, size, module_px, 1 + row_bytes), np.uint8)
    rows[:, :, 0, 1:] = _ALL_LIGHT
    shown = min(pixels.shape[2], row_bytes - quiet)  # what is behind a row's last module is light
    rows[:, :, 0, 1 + quiet : 1 + quiet + shown] = pixels[:, :, :shown]
    rows[:, :, 1:, 0] = _COPY_ABOVE
    return rows


def _expansion(module_px: int) -> Bytes:
    """The pixels of every byte of modules: 256 x module_px; 1 is light."""
    modules = np.unpackbits(np.arange(256, dtype=np.uint8)[:, None], axis=1)
    return np.packbits(1 - np.repeat(modules, module_px, axis=1), axis=1)


def _light_rows(side: int, count: int) -> bytes:
    row = np.packbits(np.ones(side, np.uint8)).tobytes()
    above = bytes([_COPY_ABOVE]) + bytes(len(row))
    return b"\x00" + row + above * (count - 1)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
