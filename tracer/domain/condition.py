"""Temperature on the way: what the figures of a log amount to.

Limits are FACTS of the trade held in `tracer/rules/profiles.json`. A gap is never "in range"; the
mean kinetic temperature hides short spikes, so time above the limit is always counted beside it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from tracer.rules import Profile


class Severity(StrEnum):
    """What the readings of a leg amount to."""

    IN_RANGE = "in_range"
    MINOR = "minor"
    MAJOR = "major"
    CRITICAL = "critical"
    DATA_GAP = "data_gap"
    UNKNOWN = "unknown"  # no such profile, or no usable figures


@dataclass(frozen=True, slots=True)
class ConditionSummary:
    """What a log says, in figures.

    Attributes:
        profile_id: the profile it is judged by.
        readings: how many.
        min_c: lowest.
        max_c: highest.
        mean_c: arithmetic mean.
        mkt_c: mean kinetic temperature over all readings.
        mkt_worst_c: highest mean kinetic temperature of any window; None when not known.
        minutes_over_max: readings above the limit times the interval.
        gaps: stretches without readings.
        severity: what it amounts to.
    """

    profile_id: str
    readings: int
    min_c: float | None
    max_c: float | None
    mean_c: float | None
    mkt_c: float | None
    mkt_worst_c: float | None
    minutes_over_max: int
    gaps: int
    severity: Severity


def summary_from_log(
    public: Mapping[str, Any], profiles: Mapping[str, Profile]
) -> ConditionSummary:
    """Judge by the figures that a TEMPERATURE_LOG paper states; its own verdict is not copied."""
    profile = profiles.get(str(public.get("profile")))
    figures = {
        name: float(value)
        for name in ("minC", "maxC", "meanC", "mktAllC", "mktWorstWindowC", "minutesOverMax")
        if isinstance(value := public.get(name), int | float) and not isinstance(value, bool)
    }
    count = public.get("readings")
    if profile is None or not {"maxC", "minutesOverMax"} <= figures.keys():
        return _unknown(str(public.get("profile")))
    minutes, highest = int(figures["minutesOverMax"]), figures["maxC"]
    lowest = figures.get("minC")
    is_cold = profile.min_c is not None and lowest is not None and lowest < profile.min_c
    worst = figures.get("mktWorstWindowC", figures.get("mktAllC"))
    gaps = public.get("gaps")
    gaps = gaps if isinstance(gaps, int) else 0
    severity = _severity(
        profile,
        is_hard=profile.hard_max_c is not None and highest > profile.hard_max_c,
        is_out=minutes > 0 or is_cold,
        minutes=minutes,
        mkt=worst,
        gaps=gaps,
    )
    return ConditionSummary(
        profile.profile_id,
        count if isinstance(count, int) else 0,
        lowest,
        highest,
        figures.get("meanC"),
        figures.get("mktAllC"),
        figures.get("mktWorstWindowC"),
        minutes,
        gaps,
        severity,
    )


def _unknown(profile_id: str) -> ConditionSummary:
    return ConditionSummary(profile_id, 0, None, None, None, None, None, 0, 0, Severity.UNKNOWN)


def _severity(
    profile: Profile, *, is_hard: bool, is_out: bool, minutes: int, mkt: float | None, gaps: int
) -> Severity:
    allowed = profile.max_minutes_over_max
    too_long = is_out and allowed is not None and minutes > allowed
    too_warm = mkt is not None and profile.mkt_max_c is not None and mkt > profile.mkt_max_c
    if is_hard:
        return Severity.CRITICAL
    if too_long or too_warm or (is_out and allowed is None):
        return Severity.MAJOR
    if gaps:
        return Severity.DATA_GAP
    return Severity.MINOR if is_out else Severity.IN_RANGE
