"""Rules between the fields of one paper: dates in order, sums, numbers that repeat each other.

A rule sees the fields that passed their own checks; one that lacks a field says nothing.
`tracer/rules/documents.json` names the rules of each type.
"""

from calendar import monthrange
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from itertools import pairwise
from typing import Any, Final

from tracer.domain.messages import Message
from tracer.domain.paper_fields import FieldProblem, Found, as_number, as_time, say
from tracer.domain.times import day_unix, read_day
from tracer.rules.forms import FieldSpec, load_codes

Values = Mapping[str, Any]
Specs = Mapping[str, FieldSpec]
Rule = Callable[[Values, Specs, tuple[str, ...]], Found]

CENT: Final = Decimal("0.005")  # half of the smallest amount on an invoice
GRAM: Final = Decimal("0.0005")  # half of a gram, in kilograms
HOUR_S: Final = 3600
FIRST_ZONE_S: Final = 14 * HOUR_S  # a day begins first at UTC+14
MAX_MONTHS: Final = 120  # ten years; no formula keeps longer
DAYS_OF_GRACE: Final = 1  # makers count the first day of shelf life or leave it out
_OFFICE, _YEAR = slice(0, 4), slice(4, 8)  # in a declaration's number
_MAKER_COUNTRY: Final = slice(1, 4)  # in a manufacturer's number of 18 characters
_MAKER_LENGTH: Final = 18

SUFFIXES_OF_HS: Final[Mapping[str, frozenset[str]]] = {
    "1901101090": frozenset({"101", "102", "103"}),
}
"""Customs code -> its inspection suffixes, stages 1 to 3 of formula made from milk."""


def _differs(name: str, outcome: str, other: FieldSpec | None, **params: str | int) -> FieldProblem:
    """A problem that names another field, in both languages."""
    labels = {"name": other.label_en, "nameZh": other.label_zh} if other else {}
    return FieldProblem(name, Message(f"field.{outcome}", {**labels, **params}))


def _day(value: object) -> date | None:
    """The day of a date or a moment, on the clock of its writer."""
    if isinstance(value, str) and (day := read_day(value)):
        return day
    moment = as_time(value)
    return moment.date() if moment else None


def _numbers(values: Values, names: Iterable[str]) -> list[Decimal] | None:
    found = [as_number(values.get(name)) for name in names]
    return None if None in found else [number for number in found if number is not None]


def _declaration_office(values: Values, specs: Specs, names: tuple[str, ...]) -> Found:
    number, office = (values.get(name) for name in names)
    if isinstance(number, str) and isinstance(office, str) and number[_OFFICE] != office:
        yield _differs(names[1], "office", specs[names[0]], office=number[_OFFICE])


def _declaration_year(values: Values, specs: Specs, names: tuple[str, ...]) -> Found:
    number, day = values.get(names[0]), _day(values.get(names[1]))
    if isinstance(number, str) and day and number[_YEAR] != f"{day.year:04d}":
        yield _differs(names[0], "year", specs[names[1]], year=day.year)


def _at_least(values: Values, specs: Specs, names: tuple[str, ...]) -> Found:
    numbers = _numbers(values, names)
    if numbers and numbers[0] < numbers[1]:
        yield _differs(names[0], "less", specs[names[1]])


def _ascending(values: Values, specs: Specs, names: tuple[str, ...]) -> Found:
    present = [name for name in names if as_number(values.get(name)) is not None]
    for low, high in pairwise(present):
        yield from _at_least(values, specs, (high, low))


def _in_order(values: Values, specs: Specs, names: tuple[str, ...]) -> Found:
    present = [name for name in names if _day(values.get(name))]
    for first, second in pairwise(present):
        moments = as_time(values[first]), as_time(values[second])
        days = _day(values[first]), _day(values[second])
        earlier, later = moments if None not in moments else days
        if earlier and later and later < earlier:
            yield _differs(second, "earlier", specs[first])


def _not_after_issue(values: Values, _specs: Specs, names: tuple[str, ...]) -> Found:
    issued = as_time(values.get("issuedAt"))
    for name in names if issued else ():
        if issued and _surely_after(values.get(name), issued):
            yield say(name, "after-issue")


def _surely_after(value: object, issued: datetime) -> bool:
    """Whether a date or moment lies after another one, wherever on Earth it was."""
    if isinstance(value, str) and (day := read_day(value)):
        return day_unix(day) - FIRST_ZONE_S > issued.timestamp()
    moment = as_time(value)
    return moment is not None and moment > issued


def _product(values: Values, _specs: Specs, names: tuple[str, ...]) -> Found:
    numbers = _numbers(values, names)
    if numbers and abs(numbers[0] * numbers[1] - numbers[2]) > CENT:
        yield say(names[2], "sum", expected=_plain(numbers[0] * numbers[1]))


def _total(values: Values, _specs: Specs, names: tuple[str, ...]) -> Found:
    """Every line is quantity times price; all of them, with freight and insurance, the total."""
    lines, total = values.get(names[0]), as_number(values.get(names[1]))
    if not isinstance(lines, list):
        return
    amounts = []
    for place, line in enumerate(lines):
        row = _numbers(line, ("quantity", "unitPrice", "amount")) if _is_row(line) else None
        if row is None:
            return
        if abs(row[0] * row[1] - row[2]) > CENT:
            yield say(f"{names[0]}[{place}].amount", "sum", expected=_plain(row[0] * row[1]))
        amounts.append(row[2])
    extras = [as_number(values.get(name)) or Decimal(0) for name in ("freight", "insurance")]
    goods = sum(amounts, Decimal(0))
    # Under CIF the price holds freight and insurance already; under EXW they may stand apart.
    allowed = {goods, goods + extras[0], goods + extras[1], goods + sum(extras)}
    if total is not None and all(abs(each - total) > CENT for each in allowed):
        yield say(names[1], "sum", expected=_plain(goods))


def _counts(values: Values, _specs: Specs, names: tuple[str, ...]) -> Found:
    rows, count = values.get(names[0]), as_number(values.get(names[1]))
    if isinstance(rows, list) and count is not None and len(rows) != count:
        yield say(names[1], "sum", expected=str(len(rows)))


def _sums(values: Values, _specs: Specs, names: tuple[str, ...]) -> Found:
    rows = values.get(names[0])
    if not isinstance(rows, list) or not rows:
        return
    for name in names[1:]:
        parts = [as_number(row.get(name)) if _is_row(row) else None for row in rows]
        total, known = as_number(values.get(name)), [part for part in parts if part is not None]
        if total is None or len(known) < len(parts):
            continue
        if abs(sum(known, Decimal(0)) - total) > GRAM:
            yield say(name, "sum", expected=_plain(sum(known, Decimal(0))))


def _hs_suffix(values: Values, _specs: Specs, names: tuple[str, ...]) -> Found:
    code, suffix = values.get(names[0]), values.get(names[1])
    allowed = SUFFIXES_OF_HS.get(code) if isinstance(code, str) else None
    if allowed and suffix not in allowed:
        yield say(names[1], "not-listed", choices=", ".join(sorted(allowed)))


def _maker_country(values: Values, specs: Specs, names: tuple[str, ...]) -> Found:
    number, country = (values.get(name) for name in names)
    if not isinstance(number, str) or len(number) != _MAKER_LENGTH:
        return  # a local number names no country
    wanted = load_codes().countries.get(country) if isinstance(country, str) else None
    if wanted and number[_MAKER_COUNTRY] != wanted:
        yield _differs(names[0], "maker-country", specs[names[1]], code=number[_MAKER_COUNTRY])


def _differ(values: Values, specs: Specs, names: tuple[str, ...]) -> Found:
    one, other = (values.get(name) for name in names)
    if one is not None and one == other:
        yield _differs(names[1], "same", specs[names[0]])


def _months(day: date) -> tuple[int, int]:
    return day.year * 12 + day.month, day.day


def _at_most_years(values: Values, specs: Specs, names: tuple[str, ...]) -> Found:
    start, end = (_day(values.get(name)) for name in names[:2])
    years = int(names[2])
    if start and end and _months(end) > (_months(start)[0] + 12 * years, start.day):
        yield _differs(names[1], "years", specs[names[0]], years=years)


def _shelf_life(values: Values, _specs: Specs, names: tuple[str, ...]) -> Found:
    made, best = (_day(values.get(name)) for name in names[:2])
    months = as_number(values.get(names[2]))
    if made and best and months and 0 < months <= MAX_MONTHS:
        expected = _add_months(made, int(months))
        if abs(best.toordinal() - expected.toordinal()) > DAYS_OF_GRACE:
            yield say(names[1], "shelf-life", expected=expected.isoformat())


def _add_months(day: date, months: int) -> date:
    """The same day some months later, or the last one of a month that is shorter."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def _unless(values: Values, _specs: Specs, names: tuple[str, ...]) -> Found:
    if values.get(names[0]) == names[1] and not values.get(names[2]):
        yield say(names[2], "missing")


def _is_row(value: object) -> bool:
    return isinstance(value, Mapping)


def _plain(number: Decimal) -> str:
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


RULES: Final[Mapping[str, Rule]] = {
    "declaration-office": _declaration_office,
    "declaration-year": _declaration_year,
    "at-least": _at_least,
    "ascending": _ascending,
    "in-order": _in_order,
    "not-after-issue": _not_after_issue,
    "product": _product,
    "total": _total,
    "counts": _counts,
    "sums": _sums,
    "hs-suffix": _hs_suffix,
    "maker-country": _maker_country,
    "differ": _differ,
    "at-most-years": _at_most_years,
    "shelf-life": _shelf_life,
    "unless": _unless,
}
"""Name of a rule -> what it says about a paper's values."""
