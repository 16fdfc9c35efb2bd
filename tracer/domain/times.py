"""Days and moments, to and from text."""

import re
from datetime import UTC, date, datetime

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


def utc_text(unix: int) -> str:
    """A moment as ISO 8601 in UTC, to the second: 2026-02-11T01:00:00Z."""
    return datetime.fromtimestamp(unix, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def read_day(text: str) -> date | None:
    """A day as people and papers write it, 2026-02-11; None for anything else."""
    try:
        return date.fromisoformat(text) if _DAY.fullmatch(text) else None
    except ValueError:
        return None


def day_unix(day: date) -> int:
    """The first second of a day in UTC."""
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp())
