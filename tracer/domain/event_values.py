"""How times and numbers are written in the pre-hash string (GS1 CBV 2.0 §8.9, rules 6 to 9)."""

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from tracer.errors import InvalidEventError

_DATE_TIME = re.compile(
    r"(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2})(?:\.(\d+))?(Z|[+-]\d{2}:\d{2})", re.ASCII
)
_FRACTION_WITH_TRAILING_ZERO = re.compile(r"[+-]?[0-9]+\.[0-9]*0|[+-]?[0-9]+\.")
MAX_FRACTION_DIGITS = 30  # xsd:dateTimeStamp has no limit; a longer fraction is no measurement


def parse_timestamp(text: str) -> datetime:
    """Read an xsd:dateTimeStamp, to the microsecond; the zone is required.

    Raises:
        InvalidEventError: not such a text, or no such moment.
    """
    match = _DATE_TIME.fullmatch(text)
    if not match or len(match[2] or "") > MAX_FRACTION_DIGITS:
        msg = f"{text[:60]!r} is not a timestamp with a time zone"
        raise InvalidEventError(msg, hint="Write it like 2026-02-11T14:00:00+13:00.")
    try:
        moment = datetime.fromisoformat(match[1] + match[3])
        fraction = timedelta(microseconds=int((match[2] or "0").ljust(6, "0")[:6]))
        return moment.astimezone(UTC) + fraction
    except (ValueError, OverflowError) as error:
        msg = f"{text[:60]!r} is no moment of any day: {error}"
        raise InvalidEventError(msg) from error


def timestamp_text(text: str) -> str:
    """UTC with milliseconds; the fourth decimal rounds half up (rules 8 and 9).

    Raises:
        InvalidEventError: not an xsd:dateTimeStamp.
    """
    moment = parse_timestamp(text)
    milliseconds, rest = divmod(moment.microsecond, 1000)
    rounded = milliseconds + (rest >= 500)  # noqa: PLR2004 - half of a millisecond
    try:
        moment = moment.replace(microsecond=0) + timedelta(milliseconds=rounded)
    except OverflowError as error:
        msg = f"{text[:60]!r} rounds to a moment after the year 9999"
        raise InvalidEventError(msg) from error
    return (
        moment.strftime("%Y").zfill(4)
        + moment.strftime("-%m-%dT%H:%M:%S")
        + (f".{moment.microsecond // 1000:03d}Z")
    )


def number_text(number: float | Decimal) -> str:
    """Plain decimal digits without exponent and without trailing zeros (rules 6 and 7).

    Raises:
        InvalidEventError: infinite or not a number.
    """
    exact = number if isinstance(number, Decimal) else Decimal(str(number))
    if not exact.is_finite():
        msg = f"{number} is not a number that an event can hold"
        raise InvalidEventError(msg)
    text = trim_trailing_zeros(format(exact, "f"))
    return "0" if text == "-0" else text


def trim_trailing_zeros(text: str) -> str:
    """Cut the zeros at the end of a decimal fraction; any other text stays as it is.

    XML does not say whether a value is a number, so text that looks like a decimal fraction is
    taken for one; digits without a point may be an identifier and keep every zero.
    """
    if _FRACTION_WITH_TRAILING_ZERO.fullmatch(text):
        return text.rstrip("0").rstrip(".")
    return text
