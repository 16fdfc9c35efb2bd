"""Where labels stand on an A4 sheet: 3 columns of 8, 70 x 37.125 mm each, in millimetres."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

COLUMNS, ROWS = 3, 8
LABELS_PER_PAGE: Final = COLUMNS * ROWS
LABEL_WIDTH_MM, LABEL_HEIGHT_MM = 70.0, 37.125  # the common self-adhesive sheet: 3 x 8 fill A4
PAGE_WIDTH_MM, PAGE_HEIGHT_MM = 210.0, 297.0
SYMBOL_MM: Final = 28.0  # with its quiet zone
MARGIN_MM: Final = 4.5  # office printers leave 4.2 mm of the sheet's edges blank
TEXT_X_MM: Final = MARGIN_MM + SYMBOL_MM + 0.5  # the quiet zone is a gap already
LINE_MM: Final = 3.8
CUT_MM: Final = 2.0  # length of the cutting marks on either side
GREY: Final = 0.72  # of the cutting marks
_TYPE_MM: Final = 2.75
_CAP_HEIGHT: Final = 0.72  # of the type size, Helvetica
_SERIAL_GLYPH: Final = 0.66  # of the type size, Helvetica: the mean of base 32's characters
# The widest of their kind, because a lot may consist of nothing else.
_NARROW_GLYPH, _CAPITAL_GLYPH, _WIDE_GLYPH = 0.585, 0.78, 1.02
_WIDE: Final = frozenset("MWmw%@")
_USUAL_WIDE: Final = 5  # of 20 characters of base 32, one in 2,000 serials has more


@dataclass(frozen=True, slots=True)
class Cell:
    """One label's place on the page.

    Attributes:
        left_mm: from the page's left edge.
        top_mm: from the page's top edge.
    """

    left_mm: float
    top_mm: float

    @classmethod
    def at(cls, index: int) -> "Cell":
        """The place of the label with this 0-based number."""
        row, column = divmod(index % LABELS_PER_PAGE, COLUMNS)
        return cls(column * LABEL_WIDTH_MM, row * LABEL_HEIGHT_MM)

    @property
    def symbol_left_mm(self) -> float:
        """Left edge of the symbol's quiet zone."""
        return self.left_mm + MARGIN_MM

    @property
    def symbol_top_mm(self) -> float:
        """Upper edge of the symbol's quiet zone."""
        return self.top_mm + (LABEL_HEIGHT_MM - SYMBOL_MM) / 2


def type_mm(lines: Sequence[str]) -> float:
    """Size of the type, so that the longest line stays inside the label's margin.

    Of a serial only the length and `is_wide` count: labels of a run have one size of type.
    """
    room_mm = LABEL_WIDTH_MM - TEXT_X_MM - MARGIN_MM
    return min(_TYPE_MM, room_mm / max(map(_width, lines)))


def is_wide(serial: str) -> bool:
    """Whether a serial may be much wider than others of its length."""
    count = serial.count  # asked of every label: a loop would take three times as long
    return count("W") + count("M") + count("m") + count("@") > _USUAL_WIDE


def _width(line: str) -> float:
    """About how wide a line is, in sizes of its type."""
    if line.startswith("(21)"):
        return len(line) * (_WIDE_GLYPH if is_wide(line) else _SERIAL_GLYPH)
    return sum(
        _WIDE_GLYPH if char in _WIDE else _CAPITAL_GLYPH if char.isupper() else _NARROW_GLYPH
        for char in line
    )


def first_line_mm(cell: Cell, lines: Sequence[str]) -> float:
    """Base line of the first text line, so that the block stands in the middle of the label."""
    capital_mm = _CAP_HEIGHT * type_mm(lines)
    block_mm = (len(lines) - 1) * LINE_MM + capital_mm
    return cell.top_mm + (LABEL_HEIGHT_MM - block_mm) / 2 + capital_mm


def cutting_marks() -> Iterator[tuple[float, float, float, float]]:
    """Crosses between the labels, as lines: x and y of both ends."""
    for column in range(1, COLUMNS):
        for row in range(ROWS + 1):
            x, y = column * LABEL_WIDTH_MM, row * LABEL_HEIGHT_MM
            yield x - CUT_MM, y, x + CUT_MM, y
            yield x, y - CUT_MM, x, y + CUT_MM
