"""Whether a value fits its Application Identifier: length, characters, check digits, dates, codes.

Source: GS1 General Specifications §3 (formats), §7.9 (check digits and check characters), §7.11
(character sets), §7.12 (years: nothing here depends on the century). The forms of all AIs are data,
`tracer/rules/gs1_ais.json`; each check that a form names is a function of this module.
"""

import re
from collections.abc import Callable, Mapping
from datetime import date
from typing import Final

from tracer.domain.gs1_digits import CSET82, check_digit
from tracer.errors import InvalidIdentifierError
from tracer.rules.forms import load_codes
from tracer.rules.gs1 import Ai, Part, load_code_lists

MIN_PREFIX_DIGITS: Final = 4
"""The shortest GS1 company prefix has four digits; who holds which is not known here."""

PRIMES: Final = (
    2,
    3,
    5,
    7,
    11,
    13,
    17,
    19,
    23,
    29,
    31,
    37,
    41,
    43,
    47,
    53,
    59,
    61,
    67,
    71,
    73,
    79,
    83,
)
"""Weights of the check characters, from the right; the longest such key has 23 characters before
them (General Specifications §7.9.5)."""

_ORDER82: Final = "".join(sorted(CSET82))
_CHECK32: Final = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
_CHARACTERS: Final = {
    "N": re.compile(r"[0-9]*"),
    "X": re.compile("[" + re.escape(_ORDER82) + "]*"),
    "Y": re.compile(r"[#/0-9A-Z-]*"),
    "Z": re.compile(r"[A-Za-z0-9_-]*={0,2}"),
}
_SETS: Final = {
    "N": "digits",
    "X": "GS1 character set 82",
    "Y": "GS1 character set 39",
    "Z": "base64url",
}


def check_characters(text: str) -> str:
    """The two check characters of an alphanumeric key (General Specifications §7.9.5).

    Args:
        text: the key without them, at most as long as there are weights.
    """
    weights = PRIMES[: len(text)][::-1]
    total = sum(_ORDER82.index(c) * w for c, w in zip(text, weights, strict=True)) % 1021
    return _CHECK32[total >> 5] + _CHECK32[total & 31]


def _is_check_pair(text: str) -> bool:
    body = text[:-2]
    fits = len(text) > 1 and len(body) <= len(PRIMES)
    return fits and check_characters(body) == text[-2:]


def _is_date(text: str) -> bool:
    """YYMMDD or YYYYMMDD. Of two-digit years, all that divide by four are leap years until 2100."""
    digits = text.rjust(8, "_").replace("__", "20")
    try:
        date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    except ValueError:
        return False
    return True


def _is_day(text: str) -> bool:
    """YYMMDD, where day 00 means the end of the month."""
    return _is_date(text[:4] + "01" if text.endswith("00") else text)


def _is_below(limit: int) -> Callable[[str], bool]:
    return lambda text: int(text) < limit


def _matches(pattern: str) -> Callable[[str], bool]:
    compiled = re.compile(pattern)
    return lambda text: compiled.fullmatch(text) is not None


def _starts_with_prefix(offset: int) -> Callable[[str], bool]:
    return lambda text: _is_number(text[offset : offset + MIN_PREFIX_DIGITS])


def _is_number(text: str) -> bool:
    return len(text) == MIN_PREFIX_DIGITS and text.isascii() and text.isdigit()


def _is_iban(text: str) -> bool:
    """ISO 13616: country, two check digits, account; modulo 97 is 1."""
    if (
        not re.fullmatch(r"[A-Z]{2}[0-9]{2}[0-9A-Z]+", text)
        or text[:2] not in load_codes().countries
    ):
        return False
    return int("".join(str(int(c, 36)) for c in text[4:] + text[:4])) % 97 == 1


def _is_piece(text: str) -> bool:
    """Two digits of a piece, two of how many there are."""
    half = len(text) // 2
    return 0 < int(text[:half]) <= int(text[half:])


def _is_coupon(text: str) -> bool:
    """North American coupon code: what stands in every one; the optional fields only as digits.

    Funder's prefix (6 to 12 digits), offer code, saving, and the first purchase: amount, kind and
    family. A digit before a field tells its length.
    """
    match = re.fullmatch(r"([0-6])([0-9]+)", text)
    if not match:
        return False
    rest = match[2][6 + int(match[1]) + 6 :]
    for _ in ("saving", "purchase"):
        size = re.match(r"[1-5]", rest)
        if not size or len(rest) <= int(size[0]):
            return False
        rest = rest[1 + int(size[0]) :]
    return re.match(r"[0-49][0-9]{3}", rest) is not None


def _is_offer(text: str) -> bool:
    """Positive offer file: format, funder (6 to 12 digits), offer code, serial (6 to 15 digits)."""
    match = re.fullmatch(r"[01]([0-6])([0-9]+)", text)
    if not match:
        return False
    rest = match[2][6 + int(match[1]) + 6 :]
    return bool(rest) and len(rest) == 1 + 6 + int(rest[0])


CHECKS: Final[Mapping[str, Callable[[str], bool]]] = {
    "bit": _matches(r"[01]"),
    "check": lambda text: check_digit(text[:-1]) == int(text[-1]),
    "checkpair": _is_check_pair,
    "country": lambda text: text in load_code_lists().countries,
    "country2": lambda text: text in load_codes().countries,
    "country999": lambda text: text == "999" or text in load_code_lists().countries,
    "coupon": _is_coupon,
    "currency": lambda text: text in load_code_lists().currencies,
    "date": _is_date,
    "day": _is_day,
    "escaped": _matches(r"(?:[^%]|%[0-9A-Fa-f]{2})*"),
    "fulldate": _is_date,
    "hour": _is_below(24),
    "iban": _is_iban,
    "importer": _matches(r"[A-Za-z0-9_-]"),
    "latitude": _is_below(1_800_000_001),
    "longitude": _is_below(3_600_000_001),
    "media": lambda text: text in load_code_lists().media,
    "minus": _matches("-"),
    "nolead": _matches(r"0|[1-9][0-9]*"),
    "nondigit": _matches(r".*[^0-9].*"),
    "nonzero": lambda text: int(text) > 0,
    "offer": _is_offer,
    "order": lambda text: bool(re.fullmatch(r"[1-9]/[1-9]", text)) and text[0] <= text[2],
    "package": lambda text: text in load_code_lists().packages,
    "pieces": _is_piece,
    "prefix1": _starts_with_prefix(0),
    "prefix2": _starts_with_prefix(1),
    "sex": _matches(r"[0129]"),
    "sixty": _is_below(60),
    "time": _matches(r"(?:[01][0-9]|2[0-3])[0-5][0-9]"),
    "winding": _matches(r"[019]"),
    "zero": lambda text: int(text) == 0,
}
"""Name in a form -> whether a component passes. A component is tried only once its characters and
its length are right."""


def _fault(part: Part, text: str) -> str:
    """What is wrong with one component; "" when nothing is."""
    if len(text) < part.minimum:
        return f"ends after {len(text)} of {part.minimum} characters"
    if not _CHARACTERS[part.charset].fullmatch(text):
        return f"{text[:40]!r} is not made of {_SETS[part.charset]}"
    failed = next((name for name in part.checks if not CHECKS[name](text)), "")
    return f"{text[:40]!r} breaks the rule {failed!r}" if failed else ""


def check_value(ai: Ai, value: str) -> None:
    """Refuse a value that its AI does not allow.

    Raises:
        InvalidIdentifierError: the message names AI, value and rule.
    """
    fault = ""
    if not ai.minimum <= len(value) <= ai.maximum:
        fault = f"has {len(value)} characters, not {ai.minimum} to {ai.maximum}"
    position = 0
    for part in ai.parts:
        component = value[position : position + part.maximum]
        if fault or (part.is_optional and not component):
            break
        fault = _fault(part, component)
        position += len(component)
    if fault:
        raise InvalidIdentifierError(
            f"AI {ai.code} ({ai.title}) {value[:40]!r}: {fault}",
            hint="The General Specifications of GS1 say what each AI may hold.",
        )
