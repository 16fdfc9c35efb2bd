"""Checks of single values on papers: kinds, patterns, check digits, codes.

Pure. A check says what is wrong with a value as a message; it never repairs one, and a value of
the wrong kind is never guessed to be another. `tracer/rules/documents.json` names the check of
each field.
"""

import math
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from tracer.domain.event_values import parse_timestamp
from tracer.domain.identifiers import Gln, Gtin, Lot
from tracer.domain.messages import Message
from tracer.domain.paper_fields_digits import is_container, is_imo, is_uscc
from tracer.domain.times import read_day
from tracer.errors import InvalidEventError, InvalidIdentifierError
from tracer.rules import load_profiles
from tracer.rules.forms import FieldSpec, load_accreditations, load_codes, load_patterns

MAX_TEXT: Final = 2000  # characters; the longest text of a form is a description of goods
MAX_ITEMS: Final = 2000  # rows of a list; a packing list by pallet has some dozens
MIN_C, MAX_C = -90, 90  # degrees Celsius; no logger shows more, so more is another unit
MAX_PERCENT: Final = 100
MAX_STAGE: Final = 3

_LOCODE = re.compile(r"([A-Z]{2})[A-Z2-9]{3}")
_INVENTED = re.compile(r" ?(?:\(invented\)|[(\uff08]虚构[)\uff09])$")
_IMPORT, _EXPORT = "1", "0"
_DIRECTION: Final = 8  # place of the import flag in a declaration's number


@dataclass(frozen=True, slots=True)
class FieldProblem:
    """What is wrong with one field.

    Attributes:
        name: the field; inside a list or object with its place, e.g. "results[3].value".
        message: what is wrong, in both languages.
    """

    name: str
    message: Message


Found = Iterator[FieldProblem]
Checker = Callable[[str, Any], Found]


def say(name: str, outcome: str, **params: str | int) -> FieldProblem:
    """A problem, by the last part of its key."""
    return FieldProblem(name, Message(f"field.{outcome}", params))


def as_number(value: object) -> Decimal | None:
    """A JSON number as it was written; None for anything else, not a number and infinity."""
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        return None
    return Decimal(str(value)) if math.isfinite(value) else None


def as_time(value: object) -> datetime | None:
    """A moment: ISO 8601 with its offset from UTC."""
    try:
        return parse_timestamp(value) if isinstance(value, str) else None
    except InvalidEventError:
        return None


def plain_text(value: str) -> str:
    """A text without the mark of invented data that samples carry."""
    return _INVENTED.sub("", value)


# --- kinds --------------------------------------------------------------------------------------


def _is_text(value: object) -> bool:
    return (
        isinstance(value, str)
        and value.strip() == value != ""
        and len(value) <= MAX_TEXT
        and all(character.isprintable() or character == "\n" for character in value)
    )


def _is_date(value: object) -> bool:
    return isinstance(value, str) and read_day(value) is not None


def _is_integer(value: object) -> bool:
    number = as_number(value)
    return number is not None and number == number.to_integral_value()


def _is_list(value: object) -> bool:
    return isinstance(value, list | tuple) and len(value) <= MAX_ITEMS


def _is_country(value: object) -> bool:
    return isinstance(value, str) and value in load_codes().countries


_KINDS: Final[Mapping[str, Callable[[object], bool]]] = {
    "text": _is_text,
    "choice": lambda value: isinstance(value, str),
    "number": lambda value: as_number(value) is not None,
    "integer": _is_integer,
    "date": _is_date,
    "time": lambda value: as_time(value) is not None,
    "list": _is_list,
    "object": lambda value: isinstance(value, Mapping),
    "flag": lambda value: isinstance(value, bool),
    "country": _is_country,
}


def check_value(spec: FieldSpec, value: object) -> Found:
    """What is wrong with a value of a field: its kind first, then its own check."""
    if not _KINDS[spec.kind](value):
        yield say(spec.name, f"not-{spec.kind}")
    elif spec.choices and value not in spec.choices:
        yield say(spec.name, "not-listed", choices=", ".join(spec.choices))
    elif spec.check:
        yield from CHECKS[spec.check](spec.name, value)


# --- checks of single values --------------------------------------------------------------------


def _by_pattern(pattern: str) -> Checker:
    def check(name: str, value: str) -> Found:
        form = load_patterns()[pattern]
        if not form.expression.fullmatch(value):
            yield say(name, "pattern", example=form.example)

    return check


def _by_digit(holds: Callable[[str], bool], example: str) -> Checker:
    def check(name: str, value: str) -> Found:
        if not holds(value):
            yield say(name, "check-digit", example=example)

    return check


def _parses(parse: Callable[[str], object]) -> Callable[[str], bool]:
    def holds(text: str) -> bool:
        try:
            parse(text)
        except InvalidIdentifierError:
            return False
        return True

    return holds


def _by_range(low: int | None, high: int | None, *, open_low: bool = False) -> Checker:
    def check(name: str, value: object) -> Found:
        number = as_number(value)
        if number is None:
            yield say(name, "not-number")
        elif low is not None and (number < low or (open_low and number == low)):
            yield say(name, "not-positive" if open_low else "too-small", limit=low)
        elif high is not None and number > high:
            yield say(name, "too-large", limit=high)

    return check


def _by_list(outcome: str, is_listed: Callable[[str], bool]) -> Checker:
    def check(name: str, value: str) -> Found:
        if not is_listed(value):
            yield say(name, outcome)

    return check


def _is_locode(text: str) -> bool:
    found = _LOCODE.fullmatch(text)
    return found is not None and found[1] in load_codes().countries


def accreditation_scheme(text: str) -> str:
    """The scheme whose numbers look like this one; "" when none that is known does."""
    schemes = load_accreditations()
    return next((s.scheme for s in schemes if s.pattern.expression.fullmatch(plain_text(text))), "")


def _check_accreditation(name: str, value: str) -> Found:
    if not accreditation_scheme(value):
        schemes = ", ".join(each.pattern.example for each in load_accreditations())
        yield say(name, "accreditation", schemes=schemes)


def _check_declaration(name: str, value: str) -> Found:
    form = load_patterns()["declaration-number"]
    if not form.expression.fullmatch(value):
        yield say(name, "pattern", example=form.example)
    elif value[_DIRECTION] != _IMPORT:
        yield say(name, "export", place=_DIRECTION + 1)


# --- checks of lists and objects ----------------------------------------------------------------


def _each(check: Callable[[str, Any], Found]) -> Checker:
    def check_all(name: str, values: list[Any]) -> Found:
        for place, value in enumerate(values):
            yield from check(f"{name}[{place}]", value)

    return check_all


def _text_item(name: str, value: object) -> Found:
    if not _is_text(value):
        yield say(name, "not-text")


def _number_item(name: str, value: object) -> Found:
    if as_number(value) is None:
        yield say(name, "not-number")


def _lot_item(name: str, value: object) -> Found:
    if not isinstance(value, str) or not _parses(Lot.parse)(value):
        yield say(name, "lot")


def _members(required: Mapping[str, str], optional: Mapping[str, str]) -> Checker:
    """Every item is an object with members of given kinds; others are not looked at."""

    def check(name: str, value: object) -> Found:
        if not isinstance(value, Mapping):
            yield say(name, "not-object")
            return
        for member in required:
            if member not in value:
                yield say(f"{name}.{member}", "missing")
        for member, kind in {**required, **optional}.items():
            if member in value and not _KINDS[kind](value[member]):
                yield say(f"{name}.{member}", f"not-{kind}")

    return check


_RESULT = _members(
    {"code": "text", "unit": "text", "basis": "text", "value": "number"}, {"method": "text"}
)
_SAMPLES = _members({"code": "text", "jurisdiction": "text", "values": "list"}, {})
_APART: Final = ("jurisdiction", "basis")  # energy may stand per 100 g and per 100 mL
QUALIFIERS: Final = ("=", "<", ">")


def _result_item(name: str, value: Any) -> Found:  # noqa: ANN401 - whatever JSON can hold
    problems = list(_RESULT(name, value))
    yield from problems
    if problems:
        return
    if value.get("qualifier", "=") not in QUALIFIERS:
        yield say(f"{name}.qualifier", "not-listed", choices=", ".join(QUALIFIERS))
    if Decimal(str(value["value"])) < 0:
        yield say(f"{name}.value", "too-small", limit=0)


def _samples_item(name: str, value: Any) -> Found:  # noqa: ANN401 - whatever JSON can hold
    problems = list(_SAMPLES(name, value))
    yield from problems
    for place, count in enumerate([] if problems else value["values"]):
        yield from _by_range(0, None)(f"{name}.values[{place}]", count)


def _check_places(name: str, value: Mapping[str, Any]) -> Found:
    place = _members({}, {"country": "country", "lat": "number", "lon": "number"})
    for gln, where in value.items():
        if not _parses(Gln.parse)(gln):
            yield say(f"{name}.{gln}", "check-digit", example="9520010001008")
        yield from place(f"{name}.{gln}", where)


def _unique(check: Checker, member: str) -> Checker:
    """A list whose items must not name the same thing twice; so none can cover up another."""

    def check_all(name: str, values: list[Any]) -> Found:
        yield from _each(check)(name, values)
        seen: set[tuple[str, ...]] = set()
        for place, value in enumerate(values):
            if isinstance(value, Mapping):
                key = tuple(str(value.get(name, "")) for name in (member, *_APART))
                if key in seen:
                    yield say(f"{name}[{place}].{member}", "twice")
                seen.add(key)

    return check_all


_PALLET = _members(
    {"tins": "integer"},
    {"sscc": "text", "netKg": "number", "grossKg": "number", "cartons": "integer"},
)
_LINE = _members(
    {"quantity": "number", "unitPrice": "number", "amount": "number"}, {"description": "text"}
)
_METRIC = _members({"code": "text", "value": "number", "unit": "text"}, {})
_ACTIVITY = _members(
    {"stage": "text", "activity": "text", "quantity": "number", "kgCO2e": "number"}, {}
)

CHECKS: Final[Mapping[str, Checker]] = {
    **{
        name: _by_pattern(name)
        for name in (
            "list-number", "co-number", "health-number", "ciq-number", "bl-number",
            "formula-number", "maker-number", "free-number", "office", "hs10", "hs6",
            "ciq-suffix", "customs-code", "seal", "voyage", "sha256", "organic-code", "months",
        )
    },
    "declaration-number": _check_declaration,
    "accreditation": _check_accreditation,
    "gtin": _by_digit(_parses(Gtin.parse), "09520010001015"),
    "gln": _by_digit(_parses(Gln.parse), "9520010001008"),
    "uscc": _by_digit(is_uscc, "91310115MA1K00015K"),
    "container": _by_digit(is_container, "XMPU2603016"),
    "imo": _by_digit(is_imo, "9999993"),
    "lot": _by_list("lot", _parses(Lot.parse)),
    "locode": _by_list("locode", _is_locode),
    "currency": _by_list("currency", lambda text: text in load_codes().currencies),
    "incoterm": _by_list("incoterm", lambda text: text in load_codes().incoterms),
    "profile": _by_list("profile", lambda text: text in load_profiles()),
    "positive": _by_range(0, None, open_low=True),
    "not-negative": _by_range(0, None),
    "percent": _by_range(0, MAX_PERCENT),
    "celsius": _by_range(MIN_C, MAX_C),
    "stage": _by_range(1, MAX_STAGE),
    "lots": _each(_lot_item),
    "texts": _each(_text_item),
    "numbers": _each(_number_item),
    "lab-results": _unique(_result_item, "code"),
    "lab-samples": _unique(_samples_item, "code"),
    "pallet-list": _each(_PALLET),
    "invoice-lines": _each(_LINE),
    "metrics": _each(_METRIC),
    "activities": _each(_ACTIVITY),
    "places": _check_places,
}  # fmt: skip
"""Name of a check -> what it says about a value of the right kind."""
