"""The page's words in one language, and how that language writes dates, numbers and ages."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Final

from tracer_api.negotiation import Language

_AGES: Final = (("days", 86_400), ("hours", 3_600), ("minutes", 60), ("seconds", 1))
SIGNIFICANT_DIGITS: Final = 4  # no method in use here is more exact than that


@dataclass(frozen=True, slots=True)
class Texts:
    """A message catalogue with its language.

    Attributes:
        language: "zh" or "en".
        catalogue: message key -> text with `{name}` places.
    """

    language: Language
    catalogue: Mapping[str, str]

    def __call__(self, key: str, **values: object) -> str:
        """The message of a key; tests see to it that every key in use exists."""
        return self.catalogue[key].format_map(values)

    def has(self, key: str) -> bool:
        """Whether the catalogue holds a key."""
        return key in self.catalogue

    def code(self, list_name: str, code: str) -> str:
        """The word for a value of a code list; a value outside the list stands as it is."""
        return self.catalogue.get(f"{list_name}.{code}", code)

    @property
    def html_language(self) -> str:
        """What the page's `lang` attribute says."""
        return "zh-CN" if self.language == "zh" else "en"

    @property
    def other(self) -> Language:
        """The language that the page offers instead."""
        return "en" if self.language == "zh" else "zh"

    def day(self, moment: date) -> str:
        """A date, as printed on a tin."""
        return self("date.day", day=moment.day, month=self._month(moment), year=moment.year)

    def iso_day(self, text: str) -> str:
        """A date given as ISO 8601; text that is none stands as it is."""
        try:
            return self.day(date.fromisoformat(text[:10]))
        except ValueError:
            return text

    def minute(self, moment: datetime) -> str:
        """A date and time of day, without the year."""
        return self("date.minute", date=self.short(moment), time=f"{moment:%H:%M}")

    def span(self, first: date, last: date) -> str:
        """Two dates, or one when they are the same; a shared year is written once."""
        if first == last:
            return self.day(first)
        start, end = self.day(first), self.day(last)
        if first.year == last.year and self.language == "en":
            start = self.short(first)
        elif first.year == last.year:
            end = self.short(last)
        return self("date.span", first=start, last=end)

    def _month(self, moment: date) -> str:
        return self("date.months").split()[moment.month - 1]

    def short(self, moment: date) -> str:
        """A date without its year."""
        return self("date.short", day=moment.day, month=self._month(moment))

    def age(self, seconds: int) -> str:
        """How long ago; a clock that runs behind makes it now, never the future."""
        seconds = max(seconds, 0)
        unit, size = next((pair for pair in _AGES if seconds >= 2 * pair[1]), _AGES[-1])
        return self(f"age.{unit}", n=seconds // size)


def number(value: float, decimals: int | None = None) -> str:
    """A number without an exponent: rounded to `decimals`, else to four significant digits."""
    if decimals is not None:
        return f"{value:.{decimals}f}"
    # Digits before the point are never rounded away: 10368 kg are not 10370 kg.
    places = SIGNIFICANT_DIGITS - 1 - math.floor(math.log10(abs(value))) if value else 0
    text = f"{value:.{max(places, 0)}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def local_time(unix: int, utc_offset_s: int = 0) -> datetime:
    """A moment as the clock on the wall there showed it; naive, for printing only."""
    return datetime.fromtimestamp(unix + utc_offset_s, UTC).replace(tzinfo=None)


def spell_moment(unix: int) -> str:
    """A moment for experts, to the minute in UTC; a damaged row's may be in no calendar."""
    try:
        return f"{local_time(unix):%Y-%m-%d %H:%M} UTC"
    except (OverflowError, ValueError, OSError):
        return str(unix)
