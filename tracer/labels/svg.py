"""Symbols as SVG files, many thousands a second: one path, sized in millimetres."""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Final

import numpy as np

from tracer.labels.affine import Bytes, Tables
from tracer.labels.qr import MODULE_MM
from tracer.labels.symbol import QUIET_MODULES

_VALUES: Final = 256
_DARK: Final = re.compile("1+")
_KEPT_SIZES: Final = 8  # sizes of symbols that one run may mix


def symbol_svgs(tables: Tables, symbols: Bytes) -> Iterator[str]:
    """An SVG of each symbol; only the symbol and its quiet zone."""
    size = tables.size
    side = size + 2 * QUIET_MODULES
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{side * MODULE_MM}mm" '
        f'height="{side * MODULE_MM}mm" viewBox="0 0 {side} {side}">'
        f'<path fill="#fff" d="M0 0h{side}v{side}H0z"/>'
        '<path shape-rendering="crispEdges" d="'
    )
    piece = _pieces(size, tables.row_bytes).__getitem__
    places = np.arange(size * tables.row_bytes) * _VALUES
    for symbol in (symbols.reshape(len(symbols), -1) + places).tolist():
        yield f'{head}{"".join(map(piece, symbol))}"/></svg>\n'


@lru_cache(_KEPT_SIZES)
def _pieces(size: int, row_bytes: int) -> list[str]:
    """The path of every eight modules at every place: a rectangle for each run of dark ones."""
    return [
        "".join(
            f"M{run.start() + 8 * byte + QUIET_MODULES} {y + QUIET_MODULES}h{len(run[0])}"
            f"v1h-{len(run[0])}z"
            for run in _DARK.finditer(f"{value:08b}")
        )
        for y in range(size)
        for byte in range(row_bytes)
        for value in range(_VALUES)
    ]
