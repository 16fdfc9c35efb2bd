"""Turns what is printed into a value, or into nothing: a reading that could be wrong is none."""

import re
import unicodedata
from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from tracer.domain.documents import DocType
from tracer.domain.identifiers import Gln, Gtin
from tracer.domain.paper_types import FieldSpec
from tracer.errors import InvalidIdentifierError
from tracer.gate.field_words import CHOICES, kind_of
from tracer.rules import load_words

MAX_TEXT = 400  # characters of a text value; a name or a paragraph, not a page
Reader = Callable[[str], Any]

_NUMBER = re.compile(r"-?(?:\d{1,3}(?:,\d{3})+|\d{1,15})(?:\.\d{1,9})?")
_TWO_WAYS = re.compile(r"-?[1-9]\d{0,2}\.\d{3}")  # 10.368 is ten thousand to half of Europe
_CODE = re.compile(r"[^\W_][\w/.\-]{0,39}")
_LOT = re.compile(r"[A-Z0-9][A-Z0-9/.\-]{2,19}", re.IGNORECASE)
_DIGITS = re.compile(r"\d{2,18}")
_HS6 = re.compile(r"\d{6}")
_LOCODE = re.compile(r"[A-Z]{2}[A-Z2-9]{3}")
_CONTAINER = re.compile(r"[A-Z]{3}[UJZ]\d{7}")
_HEX = re.compile(r"[0-9a-f]{64}")
_TAG = re.compile(r"[a-z]{2,3}(?:-[A-Za-z]{2,4})?")
_GLN = re.compile(r"\bGLN\s{0,4}(\d{13})\b")
_UNITS = {
    "kg": "kg|kgs|千克|公斤",
    "g": "g|克",
    "months": "months?|个月|月",
    "count": "tins?|cartons?|pallets?|罐|箱|托盘|段",
}
_MONTHS = {
    name: month
    for month, names in enumerate(
        (
            *("jan january", "feb february", "mar march", "apr april", "may", "jun june"),
            *("jul july", "aug august", "sep sept september", "oct october"),
            *("nov november", "dec december"),
        ),
        start=1,
    )
    for name in names.split()
}
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d)?(?:Z|[+\-]\d\d:\d\d)")
_YEAR_FIRST = re.compile(r"(\d{4})(?:-|/|\.|年)(\d{1,2})(?:-|/|\.|月)(\d{1,2})日?")
_COMPACT = re.compile(r"(20\d\d)(\d\d)(\d\d)")
_DAY_NAMED = re.compile(r"(\d{1,2})(?:st|[nr]d|th)?[ \-]([A-Za-z]{3,9})\.?,?[ \-](\d{4})")
_MONTH_NAMED = re.compile(r"([A-Za-z]{3,9})\.? (\d{1,2})(?:st|[nr]d|th)?,? (\d{4})")
_YEAR_LAST = re.compile(r"(\d{1,2})[/.\-](\d{1,2})[/.\-](\d{4})")
_LAST_MONTH = 12


def read_value(spec: FieldSpec, doc_type: DocType, text: str) -> Any:  # noqa: ANN401 - JSON
    """The value that a text says, None when it says none or could say two.

    Args:
        spec: the field.
        doc_type: the paper's.
        text: as printed, without its label.
    """
    kind = kind_of(spec)
    text = unicodedata.normalize("NFKC", text) if kind != "text" else text
    text = re.sub(r"\s+", " ", text).strip()
    if kind == "choice":
        return _choice(spec, doc_type, text)
    return _READERS[kind](text) if text else None


def to_json_number(text: str) -> int | float:
    """A number as JSON has it: whole when it is."""
    number = Decimal(text.replace(",", ""))
    return int(number) if number == number.to_integral_value() else float(number)


def _number(text: str, unit: str = "") -> int | float | None:
    if unit:
        text = re.sub(rf" ?(?:{_UNITS[unit]})\.?\Z", "", text, flags=re.IGNORECASE)
    if not _NUMBER.fullmatch(text):
        return None
    if unit == "kg" and _TWO_WAYS.fullmatch(text):
        return None
    return to_json_number(text)


def _whole(text: str, unit: str) -> int | None:
    number = _number(text, unit)
    return number if isinstance(number, int) and number >= 0 else None


def _matched(pattern: re.Pattern[str], text: str) -> str | None:
    return text if pattern.fullmatch(text) else None


def _text(text: str) -> str | None:
    return text if len(text) <= MAX_TEXT else None


def _digits(text: str, pattern: re.Pattern[str] = _DIGITS) -> str | None:
    return _matched(pattern, re.sub(r"(?<=\d)[. ](?=\d)", "", text))


def _container(text: str) -> str | None:
    """ISO 6346: the last digit is the sum of the others, letters counted from 10 without 11s."""
    bare = re.sub(r"[ \-]", "", text).upper()
    if not _CONTAINER.fullmatch(bare):
        return None
    values = [_LETTER_VALUES.get(char) or int(char) for char in bare[:10]]
    total = sum(value << place for place, value in enumerate(values))
    return bare if total % 11 % 10 == int(bare[10]) else None


_LETTER_VALUES = dict(
    zip(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZ",
        (value for value in range(10, 39) if value % 11),
        strict=True,
    )
)


def _gtin(text: str) -> str | None:
    try:
        return Gtin.parse(text.replace(" ", "")).value
    except InvalidIdentifierError:
        return None


def _gln(text: str) -> str | None:
    bare = text if text.isdigit() else None
    found = {bare} if bare else set(_GLN.findall(text))
    if len(found) != 1:
        return None
    try:
        return Gln.parse(found.pop()).value
    except InvalidIdentifierError:
        return None


def _country(text: str) -> str | None:
    """A code, a name in either language, or several that agree."""
    found = {
        code
        for code, names in load_words().countries.items()
        if _bare(text) in _spellings(code, names["en"], names["zh"])
    }
    return found.pop() if len(found) == 1 else None


def _trade(text: str) -> str | None:
    code = text[:4]
    named = load_words().trade_modes.get(code)
    if named is None:
        return None
    return code if _bare(text) in _spellings(code, named["en"], named["zh"]) else None


def _choice(spec: FieldSpec, doc_type: DocType, text: str) -> str | None:
    """The code of a word in either language, or of both side by side."""
    if text in spec.choices:
        return text
    rows = CHOICES.get(f"{spec.name}.{doc_type.name}") or CHOICES.get(spec.name, ())
    found = {code for code, en, zh in rows if _bare(text) in _spellings(code, en, zh)}
    return found.pop() if len(found) == 1 else None


def _bare(text: str) -> str:
    return re.sub(r"[\s/]", "", text).casefold()


def _spellings(code: str, en: str, zh: str) -> set[str]:
    both = (f"{en}{zh}", f"{zh}{en}")
    return {
        _bare(text) for text in (code, en, zh, *both, *(f"{code}{one}" for one in (en, zh, *both)))
    }


def _yes(text: str) -> bool | None:
    return _YES.get(text.replace(" ", "").casefold())


_YES = {"yes": True, "是": True, "yes是": True, "no": False, "否": False, "no否": False}


def _split(text: str, pattern: re.Pattern[str]) -> list[str] | None:
    parts = [part.strip() for part in re.split(r"[,;、]", text)]
    return parts if all(pattern.fullmatch(part) for part in parts) else None


def _numbers(text: str) -> list[int | float] | None:
    parts = text.split(", ")
    if not all(_NUMBER.fullmatch(part) for part in parts):
        return None
    return [to_json_number(part) for part in parts]


def _date(text: str) -> str | None:
    """A day as ISO 8601; 02/03/2026 is two days and therefore none."""
    if match := _YEAR_FIRST.fullmatch(text) or _COMPACT.fullmatch(text):
        return _day(*map(int, match.groups()))
    if match := _DAY_NAMED.fullmatch(text):
        return _day(int(match[3]), _MONTHS.get(match[2].lower(), 0), int(match[1]))
    if match := _MONTH_NAMED.fullmatch(text):
        return _day(int(match[3]), _MONTHS.get(match[1].lower(), 0), int(match[2]))
    if match := _YEAR_LAST.fullmatch(text):
        one, other, year = map(int, match.groups())
        if one > _LAST_MONTH or one == other:
            return _day(year, other, one)
        if other > _LAST_MONTH:
            return _day(year, one, other)
    return None


def _day(year: int, month: int, day: int) -> str | None:
    try:
        return date(year, month, day).isoformat()
    except ValueError:
        return None


_READERS: Mapping[str, Reader] = {
    "text": _text,
    "number": _number,
    "kg": lambda text: _number(text, "kg"),
    "g": lambda text: _whole(text, "g"),
    "months": lambda text: _whole(text, "months"),
    "count": lambda text: _whole(text, "count"),
    "numbers": _numbers,
    "date": _date,
    "day": lambda text: _matched(_TIME, text) or _date(text),
    "time": lambda text: _matched(_TIME, text),
    "code": lambda text: _matched(_CODE, text),
    "digits": _digits,
    "hs6": lambda text: _digits(text, _HS6),
    "lot": lambda text: _matched(_LOT, text),
    "lots": lambda text: _split(text, _LOT),
    "list": lambda _text: None,  # items of a free list hold commas themselves
    "tags": lambda text: _split(text, _TAG),
    "locode": lambda text: _matched(_LOCODE, text),
    "container": _container,
    "gtin": _gtin,
    "gln": _gln,
    "hex": lambda text: _matched(_HEX, text.replace(" ", "").lower()),
    "country": _country,
    "trade": _trade,
    "yes": _yes,
}
