"""Moments as text."""

from datetime import UTC, datetime


def utc_text(unix: int) -> str:
    """A moment as ISO 8601 in UTC, to the second: 2026-02-11T01:00:00Z."""
    return datetime.fromtimestamp(unix, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
