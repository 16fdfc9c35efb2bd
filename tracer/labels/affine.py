"""All symbols of a run from a few: QR codes of texts of one form are an affine space over GF(2).

Packing bits, Reed-Solomon, interleaving, placement and masking are linear in the bits of the text
(ISO/IEC 18004 §7), so symbols of one form (the same segments and lengths, version, level and mask)
differ by sums of what single changes make: `symbol = base XOR sum of table_u[value_u]`, with one
table for each character or pair of characters that varies. The tables come from the encoder
itself, asked some 200 times; after that a symbol is a dozen look-ups.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import xor
from typing import Final

import numpy as np
from numpy.typing import NDArray

from tracer.labels.symbol import ALPHANUMERIC, Level, Mode, encode_segments, split_segments

Bytes = NDArray[np.uint8]
Words = NDArray[np.uint64]

_ALPHABET: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"  # ISO/IEC 18004, table 5
_BASE: Final = len(_ALPHABET)
_PAIR_BITS, _BYTE_BITS = 11, 7
# Any of their bits may be flipped and they are still a pair and a character; and they are not
# zero, for the encoder fails on a block of nothing but zeros.
_BASE_PAIR, _BASE_CHARACTER = 0b01010101010, 0b1010101
_WORD_BYTES: Final = 8

_CODES: Final[Bytes] = np.zeros(128, np.uint8)
_CODES[[*map(ord, _ALPHABET)]] = range(_BASE)


@dataclass(frozen=True, slots=True)
class Unit:
    """A part of the text that is encoded as one number.

    Attributes:
        places: of the characters that vary in it, counted from the varying part's beginning. Two
            are a pair of an alphanumeric segment; one may stand beside a character that is fixed.
        mode: of its segment.
    """

    places: tuple[int, ...]
    mode: Mode


@dataclass(frozen=True, slots=True)
class Tables:
    """What a run's symbols are made of. Rows of a symbol begin at whole bytes; 1 is dark.

    Attributes:
        size: modules a side.
        base: words of the symbol that the tables' zeros stand for.
        units: what varies.
        tables: of each unit, by its value: what it changes.
    """

    size: int
    base: Words
    units: Sequence[Unit]
    tables: Sequence[Words]

    @property
    def row_bytes(self) -> int:
        """Bytes of one row of modules."""
        return (self.size + 7) // 8

    def symbols(self, texts: Bytes) -> Bytes:
        """Symbols of many texts.

        Args:
            texts: n x length, ASCII: the varying parts, all of the form of the tables.

        Returns:
            n x size x row_bytes; the bits after a row's last module are 0.
        """
        found = np.tile(self.base, (len(texts), 1))
        codes = _CODES[texts]
        for unit, table in zip(self.units, self.tables, strict=True):
            found ^= table[_values(unit, texts, codes)]
        plain = found.view(np.uint8)[:, : self.size * self.row_bytes]
        return plain.reshape(len(texts), self.size, self.row_bytes)


def _values(unit: Unit, texts: Bytes, codes: Bytes) -> NDArray[np.intp]:
    """The row of the unit's table for each text."""
    if unit.mode != ALPHANUMERIC:
        return texts[:, unit.places[0]].astype(np.intp)
    first = codes[:, unit.places[0]].astype(np.intp)
    return first if len(unit.places) == 1 else first * _BASE + codes[:, unit.places[1]]


def form_of(prefix: str, text: str, suffix: str) -> tuple[tuple[Mode, int], ...]:
    """What texts must have in common to be made from the same tables."""
    return tuple((mode, len(part)) for mode, part in split_segments(prefix + text + suffix))


def build_tables(prefix: str, text: str, suffix: str, *, level: Level, mask: int) -> Tables:
    """Ask the encoder what each part of `text` changes.

    Args:
        prefix: what all texts of the run begin with.
        text: the varying part of any of them; ASCII, not empty.
        suffix: what all end with.
        level: error correction.
        mask: 0 to 7.

    Raises:
        LimitExceededError: the text is longer than a label's symbol can hold.
    """
    units = _find_units(prefix, text, suffix)
    form = form_of(prefix, text, suffix)
    whole = [*(prefix + text + suffix)]
    for unit in units:
        for place, character in zip(unit.places, _characters(unit, _base_of(unit)), strict=True):
            whole[len(prefix) + place] = character

    def encode(unit: Unit, value: int) -> Words:
        changed = whole.copy()
        for place, character in zip(unit.places, _characters(unit, value), strict=True):
            changed[len(prefix) + place] = character
        return _pack(encode_segments(_cut(form, "".join(changed)), level=level, mask=mask))

    rows = encode_segments(_cut(form, "".join(whole)), level=level, mask=mask)
    base = _pack(rows)
    tables = [_tabulate(unit, base, encode) for unit in units]
    return Tables(len(rows), base, units, tables)


def _find_units(prefix: str, text: str, suffix: str) -> list[Unit]:
    units, start = [], -len(prefix)
    for mode, part in split_segments(prefix + text + suffix):
        step = 2 if mode == ALPHANUMERIC else 1
        for at in range(0, len(part), step):
            places = range(start + at, start + min(at + step, len(part)))
            varying = tuple(place for place in places if 0 <= place < len(text))
            if varying:
                units.append(Unit(varying, mode))
        start += len(part)
    return units


def _base_of(unit: Unit) -> int:
    if unit.mode != ALPHANUMERIC:
        return _BASE_CHARACTER
    return _BASE_PAIR if len(unit.places) > 1 else _BASE_PAIR % _BASE


def _characters(unit: Unit, value: int) -> str:
    """The characters that give a unit this value."""
    if unit.mode != ALPHANUMERIC:
        return chr(value)
    if len(unit.places) == 1:
        return _ALPHABET[value]
    return _ALPHABET[value // _BASE] + _ALPHABET[value % _BASE]


def _tabulate(unit: Unit, base: Words, encode: Callable[[Unit, int], Words]) -> Words:
    """What each value of a unit changes."""
    if unit.mode == ALPHANUMERIC and len(unit.places) == 1:
        return np.array([encode(unit, code) ^ base for code in range(_BASE)])
    bits = _PAIR_BITS if unit.mode == ALPHANUMERIC else _BYTE_BITS
    zero = _base_of(unit)
    changes = [encode(unit, zero ^ (1 << bit)) ^ base for bit in range(bits)]
    table = np.zeros((1, len(base)), np.uint64)
    for change in changes:  # the next bit doubles the table
        table = np.concatenate([table, table ^ change])
    origin = reduce(xor, (table[1 << bit] for bit in range(bits) if zero >> bit & 1))
    table ^= origin
    return table


def _cut(form: Sequence[tuple[Mode, int]], text: str) -> list[tuple[Mode, str]]:
    """The text in segments of this form, whatever characters stand in it."""
    parts, at = [], 0
    for mode, length in form:
        parts.append((mode, text[at : at + length]))
        at += length
    return parts


def _pack(rows: Sequence[Sequence[bool]]) -> Words:
    plain = np.packbits(np.array(rows, bool), axis=1).ravel()
    padded = np.zeros(-(-len(plain) // _WORD_BYTES) * _WORD_BYTES, np.uint8)
    padded[: len(plain)] = plain
    return padded.view(np.uint64)
