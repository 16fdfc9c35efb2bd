"""A QR code made of half blocks, for a person with a phone in front of a terminal."""

from tracer.labels.symbol import Symbol, build_symbol

_QUIET_MODULES = 2  # enough on a screen, where nothing else is near
_BLACK_ON_WHITE = "\x1b[38;5;16;48;5;231m"
_PLAIN = "\x1b[0m"
_HALVES = {(False, False): " ", (True, False): "▀", (False, True): "▄", (True, True): "█"}


def terminal_qr(uri: str, *, colour: bool = True) -> str:
    """Lines of text that show the URI as a QR code.

    Args:
        uri: what to show, usually a tin's Digital Link.
        colour: set black on white by ANSI sequences, right on any background. Without it light
            modules are drawn, which is right on a dark background.
    """
    rows = _with_quiet_zone(build_symbol(uri, level="L"))
    if len(rows) % 2:
        rows.append([False] * len(rows[0]))
    lines = []
    for upper, lower in zip(rows[::2], rows[1::2], strict=True):
        pairs = zip(upper, lower, strict=True)
        if colour:
            line = "".join(_HALVES[pair] for pair in pairs)
            lines.append(f"{_BLACK_ON_WHITE}{line}{_PLAIN}")
        else:
            lines.append("".join(_HALVES[not top, not bottom] for top, bottom in pairs))
    return "\n".join(lines)


def _with_quiet_zone(symbol: Symbol) -> list[list[bool]]:
    blank = [False] * _QUIET_MODULES
    empty = [False] * (symbol.size + 2 * _QUIET_MODULES)
    above = [list(empty) for _ in range(_QUIET_MODULES)]
    below = [list(empty) for _ in range(_QUIET_MODULES)]
    return [*above, *([*blank, *row, *blank] for row in symbol.rows), *below]
