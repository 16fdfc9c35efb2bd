"""Temperature on the way: excursions, kinetic mean, gaps, and what they amount to.

Rules are FACTS of the trade held in `tracer/rules/profiles.json`: an excursion opens and closes
after two readings in a row; a gap is never "in range"; the mean kinetic temperature hides short
spikes, so time above the limit is always counted beside it.
"""

import math
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from typing import Any

from tracer.rules import Profile

OPEN_AFTER = 2  # readings in a row outside open an excursion, as many inside close it
GAP_INTERVALS = 2  # silence longer than this many intervals is a gap
ACTIVATION_KJ_PER_MOL = 83.144  # USP <1160>
GAS_CONSTANT_KJ = 0.0083144
ZERO_C_IN_K = 273.15
_MINUTE_S, _HOUR_S = 60, 3600


class Severity(StrEnum):
    """What the readings of a leg amount to."""

    IN_RANGE = "in_range"
    MINOR = "minor"
    MAJOR = "major"
    CRITICAL = "critical"
    DATA_GAP = "data_gap"
    UNKNOWN = "unknown"  # no such profile, or no usable figures


@dataclass(frozen=True, slots=True)
class Reading:
    """One reading of a logger.

    Attributes:
        time_unix: when.
        temperature_c: degrees Celsius.
        humidity_pct: relative humidity, or None.
    """

    time_unix: int
    temperature_c: float
    humidity_pct: float | None = None


@dataclass(frozen=True, slots=True)
class Excursion:
    """A run of readings outside the range.

    Attributes:
        start_unix: first reading outside.
        end_unix: last reading outside.
        readings: how many.
        peak_c: the worst of them.
        degree_minutes: degrees outside times minutes, summed.
    """

    start_unix: int
    end_unix: int
    readings: int
    peak_c: float
    degree_minutes: float


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


def mean_kinetic_temperature(temperatures_c: Sequence[float]) -> float:
    """Mean kinetic temperature in degrees Celsius (USP <1160>).

    Raises:
        ValueError: no temperature.
    """
    if not temperatures_c:
        msg = "no temperature to take a mean of"
        raise ValueError(msg)
    ratio = ACTIVATION_KJ_PER_MOL / GAS_CONSTANT_KJ
    mean = math.fsum(map(_arrhenius, temperatures_c)) / len(temperatures_c)
    return ratio / -math.log(mean) - ZERO_C_IN_K


def _arrhenius(temperature_c: float) -> float:
    return math.exp(-ACTIVATION_KJ_PER_MOL / GAS_CONSTANT_KJ / (temperature_c + ZERO_C_IN_K))


def worst_window_mkt(readings: Sequence[Reading], window_h: int) -> float:
    """The highest mean kinetic temperature of any whole window; of the whole log if it is shorter.

    Raises:
        ValueError: no reading.
    """
    window: deque[tuple[int, float]] = deque()
    total, worst = 0.0, 0.0
    span_s = window_h * _HOUR_S
    step_s = interval_s(readings)
    for reading in readings:
        rate = _arrhenius(reading.temperature_c)
        window.append((reading.time_unix, rate))
        total += rate
        while reading.time_unix - window[0][0] >= span_s:
            total -= window.popleft()[1]
        if reading.time_unix - window[0][0] + step_s >= span_s:
            worst = max(worst, total / len(window))
    if not worst:
        return mean_kinetic_temperature([reading.temperature_c for reading in readings])
    return ACTIVATION_KJ_PER_MOL / GAS_CONSTANT_KJ / -math.log(worst) - ZERO_C_IN_K


def find_excursions(readings: Sequence[Reading], profile: Profile) -> Iterator[Excursion]:
    """Yield runs of readings outside the profile's range.

    Missing data is the caller's gap, never a pass.
    """
    run: list[Reading] = []
    inside = 0
    for reading in readings:
        if _degrees_outside(reading, profile) > 0:
            run.append(reading)
            inside = 0
            continue
        inside += 1
        if len(run) < OPEN_AFTER:
            run = []
        elif inside == OPEN_AFTER:
            yield _excursion(run, readings, profile)
            run = []
    if len(run) >= OPEN_AFTER:
        yield _excursion(run, readings, profile)


def _degrees_outside(reading: Reading, profile: Profile) -> float:
    below = 0.0 if profile.min_c is None else profile.min_c - reading.temperature_c
    return max(reading.temperature_c - profile.max_c, below)


def _excursion(run: Sequence[Reading], all_: Sequence[Reading], profile: Profile) -> Excursion:
    minutes = interval_s(all_) / _MINUTE_S
    degrees = [_degrees_outside(reading, profile) for reading in run]
    peak = max(run, key=lambda reading: _degrees_outside(reading, profile))
    return Excursion(
        run[0].time_unix,
        run[-1].time_unix,
        len(run),
        peak.temperature_c,
        math.fsum(degrees) * minutes,
    )


def interval_s(readings: Sequence[Reading]) -> int:
    """The logger's interval in seconds: the median step between readings; 0 for fewer than two."""
    steps = sorted(later.time_unix - earlier.time_unix for earlier, later in pairwise(readings))
    return steps[len(steps) // 2] if steps else 0


def count_gaps(readings: Sequence[Reading]) -> int:
    """Silences longer than two intervals, and clocks that jump back."""
    limit = GAP_INTERVALS * interval_s(readings)
    steps = [later.time_unix - earlier.time_unix for earlier, later in pairwise(readings)]
    return sum(step <= 0 or step > limit for step in steps)


def summarise(readings: Sequence[Reading], profile: Profile) -> ConditionSummary:
    """Judge a log by a profile. Readings stand in the order in which the logger made them."""
    if not readings:
        return _unknown(profile.profile_id)
    values = [reading.temperature_c for reading in readings]
    over = sum(value > profile.max_c for value in values) * interval_s(readings) // _MINUTE_S
    window = profile.mkt_window_h
    worst = worst_window_mkt(readings, window) if window else None
    gaps = count_gaps(readings)
    hard = [r for r in readings if profile.hard_max_c and r.temperature_c > profile.hard_max_c]
    is_out = any(True for _ in find_excursions(readings, profile))
    return ConditionSummary(
        profile.profile_id,
        len(readings),
        min(values),
        max(values),
        math.fsum(values) / len(values),
        mean_kinetic_temperature(values),
        worst,
        over,
        gaps,
        _severity(profile, is_hard=bool(hard), is_out=is_out, minutes=over, mkt=worst, gaps=gaps),
    )


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
