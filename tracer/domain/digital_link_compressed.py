"""Compressed Digital Links: the elements as bits, written in base64url, in place of the path.

Source: GS1 Digital Link Standard 1.1 §10 (later versions keep it for reading old labels). Bits of
one element: its AI, four bits a digit, or two hexadecimal digits that stand for a sequence of AIs;
then each component of the value. `F` leads in a part of the query that is no AI.

A component of digits is a number of ceil(digits * log2(10) + 0.01) bits, after its length when that
varies. Any other component starts with three bits for its alphabet. A length has
ceil(log2(maximum) + 0.01) bits.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from math import ceil, log2
from typing import Final
from urllib.parse import quote, unquote

from tracer.domain.digital_link import (
    LENIENT,
    Element,
    Gs1Link,
    LinkRules,
    find_ai,
    parse_link,
    split_path,
    split_uri,
)
from tracer.domain.element_strings import MAX_ELEMENTS, arrange
from tracer.errors import InputError, InvalidDigitalLinkError
from tracer.rules.gs1 import Ai, load_ais

MAX_COMPRESSED: Final = 500
"""Longest compressed segment. Elements of a whole symbol fit; a longer one only costs time."""

MAX_NAME: Final = 127
"""Longest name and value of another part of the query: their lengths have seven bits."""

_ALPHABET: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
_SEGMENT = re.compile(r"[A-Za-z0-9_-]+")
_HEX: Final = "0123456789abcdef"
_ASCII: Final = "".join(map(chr, range(128)))
_CODINGS: Final = (
    (re.compile(r"[0-9]+"), None, 0),
    (re.compile(r"[0-9a-f]+"), _HEX, 4),
    (re.compile(r"[0-9A-F]+"), _HEX.upper(), 4),
    (_SEGMENT, _ALPHABET, 6),
    (re.compile(r"[\x00-\x7f]*"), _ASCII, 7),
)
"""By the number that three bits give: what can be written so, its alphabet, bits a character."""

_Group = tuple[str, tuple[str, ...]]
"""What leads in some AIs, and these AIs in order."""

_FOREIGN: Final = "F"
_CHARACTER_BITS: Final = 6
_CODING_BITS: Final = 3
_NAME_BITS: Final = 7


@dataclass(frozen=True, slots=True)
class _Field:
    """A component as the bits hold it.

    Attributes:
        is_number: digits only.
        is_fixed: its length is not written.
        maximum: characters.
    """

    is_number: bool
    is_fixed: bool
    maximum: int


def _bad(what: str) -> InvalidDigitalLinkError:
    return InvalidDigitalLinkError(f"not a compressed Digital Link: {what}")


def _value_bits(digits: int) -> int:
    return ceil(digits * log2(10) + 0.01)


def _length_bits(maximum: int) -> int:
    return ceil(log2(maximum) + 0.01)


@cache
def _fields(ai: Ai) -> tuple[_Field, ...]:
    """An AI's components, neighbours of one kind taken together."""
    fields: list[_Field] = []
    for part in ai.parts:
        number = part.charset == "N"
        fixed = not part.is_optional and part.minimum == part.maximum
        last = fields[-1] if fields else None
        joins = last and last.is_number == number and (last.is_fixed == fixed or not number)
        if last and joins:
            both = last.is_fixed and fixed
            fields[-1] = _Field(number, both, last.maximum + part.maximum)
        else:
            fields.append(_Field(number, fixed, part.maximum))
    return tuple(fields)


# --- reading ---------------------------------------------------------------------------------


class _Bits:
    """Bits that are read once, from the left."""

    def __init__(self, segment: str) -> None:
        if not _SEGMENT.fullmatch(segment) or len(segment) > MAX_COMPRESSED:
            raise _bad(f"{segment[:40]!r} is not base64url of at most {MAX_COMPRESSED} characters")
        self._bits = "".join(f"{_ALPHABET.index(c):06b}" for c in segment)
        self._at = 0

    def take(self, count: int) -> int:
        bits = self._bits[self._at : self._at + count]
        if len(bits) < count:
            raise _bad("it ends too early")
        self._at += count
        return int(bits or "0", 2)

    def has_more(self) -> bool:
        """Whether an element follows; fewer bits than a character has, all zero, only fill it."""
        rest = self._bits[self._at :]
        return len(rest) >= _CHARACTER_BITS or "1" in rest

    def digits(self, count: int) -> str:
        text = str(self.take(_value_bits(count))).zfill(count)
        if len(text) > max(count, 1) or (not count and text != "0"):
            raise _bad(f"a number has more than {count} digits")
        return text if count else ""

    def text(self, coding: int, count: int) -> str:
        if coding >= len(_CODINGS):
            raise _bad(f"there is no alphabet {coding}")
        _, alphabet, width = _CODINGS[coding]
        if alphabet is None:
            return self.digits(count)
        return "".join(alphabet[self.take(width)] for _ in range(count))


def _read_value(bits: _Bits, ai: Ai) -> str:
    value = ""
    for field in _fields(ai):
        coding = 0 if field.is_number else bits.take(_CODING_BITS)
        count = field.maximum if field.is_fixed else bits.take(_length_bits(field.maximum))
        value += bits.text(coding, count)
    return value


def _read_codes(bits: _Bits, lead: str) -> tuple[str, ...]:
    """The AIs that two hexadecimal digits, and those behind them, stand for."""
    table = load_ais()
    if lead in table.sequences:
        return table.sequences[lead]
    size = table.lengths.get(lead)
    if size is None:
        raise _bad(f"{lead} starts no AI")
    return (lead + "".join(f"{bits.take(4):X}" for _ in range(size - 2)),)


def _read_foreign(bits: _Bits, second: int) -> str:
    size = second << 3 | bits.take(3)
    name = bits.text(3, size)
    coding = bits.take(_CODING_BITS)
    value = bits.text(coding, bits.take(_NAME_BITS))
    if not name or name.isdigit():
        raise _bad(f"a part of the query has the name {name!r}")
    return f"{name}={quote(value, safe='')}"


def decompress(segment: str) -> tuple[list[Element], list[str]]:
    """The elements of a compressed segment, and the other parts of the query.

    Neither values nor places are judged.

    Raises:
        InvalidDigitalLinkError: it is none.
    """
    bits = _Bits(segment)
    elements: list[Element] = []
    parameters: list[str] = []
    while bits.has_more():
        if len(elements) + len(parameters) >= MAX_ELEMENTS:
            raise _bad(f"it has more than {MAX_ELEMENTS} elements")
        first, second = bits.take(4), bits.take(4)
        if f"{first:X}" == _FOREIGN:
            parameters.append(_read_foreign(bits, second))
            continue
        codes = _read_codes(bits, f"{first:X}{second:X}")
        elements += [Element(code, _read_value(bits, find_ai(code))) for code in codes]
    return elements, parameters


def _expand(uri: str, rules: LinkRules) -> Gs1Link:
    """Read a compressed link; the primary key may stand uncompressed before the segment."""
    root, path, query = split_uri(uri)
    head, _, segment = path.removesuffix("/" if rules.slash else "").rpartition("/")
    stem, pairs = split_path(head, rules)
    elements, parameters = decompress(segment)
    if len(pairs) == 1:
        elements.insert(0, Element(pairs[0][0], unquote(pairs[0][1])))
    elif pairs:
        raise _bad("only the primary key may stand before it")
    else:
        stem = head
    if len({code for code, _ in elements}) != len(elements):
        raise _bad("an AI stands twice")
    plain = arrange(elements, root + stem)
    attributes = [f"{code}={quote(value, safe='')}" for code, value in plain.attributes]
    whole = "&".join((*attributes, *parameters, *filter(None, query.split("&"))))
    return parse_link(f"{plain.stem}{plain.path()}{'?' if whole else ''}{whole}", rules)


def parse_any_link(uri: str, rules: LinkRules = LENIENT) -> Gs1Link:
    """Read a Digital Link, compressed, partly compressed or neither.

    Raises:
        InvalidDigitalLinkError: it is none, in any of these forms.
        InvalidIdentifierError: the value of an AI breaks the AI's format.
    """
    _, path, _ = split_uri(uri)
    if split_path(path, rules)[1]:
        return parse_link(uri, rules)
    try:
        return _expand(uri, rules)
    except InputError as error:
        # What a reader of an ordinary link needs to know is what is wrong with that.
        raise InvalidDigitalLinkError(
            f"no primary key of GS1 in {uri[:80]!r}, and {error}",
            hint="A path such as /01/<gtin>/10/<lot>/21/<serial>, in digits.",
        ) from error


# --- writing ---------------------------------------------------------------------------------


def _number(text: str) -> str:
    return f"{int(text or '0'):0{_value_bits(len(text))}b}"


def _text(text: str, length: str) -> str:
    coding = next(n for n, (form, _, _) in enumerate(_CODINGS) if form.fullmatch(text))
    _, alphabet, width = _CODINGS[coding]
    if alphabet is None:
        body = _number(text)
    else:
        body = "".join(f"{alphabet.index(c):0{width}b}" for c in text)
    return f"{coding:0{_CODING_BITS}b}{length}{body}"


def _write_value(ai: Ai, value: str) -> Iterator[str]:
    position = 0
    for field in _fields(ai):
        text = value[position : position + field.maximum]
        position += len(text)
        length = "" if field.is_fixed else f"{len(text):0{_length_bits(field.maximum)}b}"
        yield length + _number(text) if field.is_number else _text(text, length)


def _write_code(code: str) -> str:
    return "".join(f"{int(digit, 16):04b}" for digit in code)


def _groups(codes: Iterable[str], known: Mapping[str, tuple[str, ...]]) -> Iterator[_Group]:
    """How AIs are led in: sequences that save most digits first, then each by itself."""
    left = sorted(codes)
    while fitting := [(lead, seq) for lead, seq in known.items() if set(seq) <= set(left)]:
        lead, sequence = max(fitting, key=lambda pair: len("".join(pair[1])))
        left = [code for code in left if code not in sequence]
        yield lead, sequence
    yield from ((code, (code,)) for code in left)


def _write_foreign(parameter: str) -> str:
    name, _, text = parameter.partition("=")
    value = unquote(text)
    fits = _SEGMENT.fullmatch(name) and value.isascii() and max(len(name), len(value)) <= MAX_NAME
    if not fits:
        raise InvalidDigitalLinkError(f"{parameter[:40]!r} cannot be compressed")
    letters = "".join(f"{_ALPHABET.index(c):06b}" for c in name)
    size = f"{len(name):0{_NAME_BITS}b}"
    return f"1111{size}{letters}{_text(value, f'{len(value):0{_NAME_BITS}b}')}"


def compress(
    elements: Sequence[Element], parameters: Sequence[str] = (), *, sequences: bool = True
) -> str:
    """The compressed segment of elements whose values have been checked.

    Args:
        elements: in any order.
        parameters: other parts of the query, percent-encoded.
        sequences: write usual sequences of AIs with two digits; shorter, and as easy to read.

    Raises:
        InvalidDigitalLinkError: a part of the query cannot be compressed.
    """
    values = dict(elements)
    bits = ""
    for lead, codes in _groups(values, load_ais().sequences if sequences else {}):
        bits += _write_code(lead)
        bits += "".join(
            part for code in codes for part in _write_value(find_ai(code), values[code])
        )
    bits += "".join(map(_write_foreign, parameters))
    bits += "0" * (-len(bits) % 6)
    return "".join(_ALPHABET[int(bits[i : i + 6], 2)] for i in range(0, len(bits), 6))


def compress_link(link: Gs1Link, *, keep_key: bool = False) -> str:
    """The compressed form of a link. Parts of its query that are no AIs stay as they are.

    Args:
        link: as read.
        keep_key: leave the primary key readable.
    """
    elements = (*link.path_elements, *link.attributes)
    head, packed = link.stem, elements
    if keep_key:
        code, value = link.key
        head, packed = f"{link.stem}/{code}/{quote(value, safe='')}", elements[1:]
    path = f"{head}/{compress(packed)}" if packed else head
    return path + ("?" + "&".join(link.parameters) if link.parameters else "")
