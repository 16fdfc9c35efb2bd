"""Values as marks on a line from 0 to 100."""

from decimal import Decimal, InvalidOperation
from typing import Final

from tracer_api.view.model import Gauge

_LOW_END, _HIGH_END = 20.0, 80.0  # where two limits stand, leaving room to show what is outside
_EDGE: Final = 1.0  # marks stay visible at either end of the line


def _read(text: str) -> float | None:
    try:
        value = Decimal(text.lstrip("<>"))
    except InvalidOperation:
        return None
    return float(value) if value.is_finite() else None


def _clamp(at: float) -> float:
    return round(min(max(at, _EDGE), 100 - _EDGE), 1)


def limit_gauge(value: str, minimum: str, maximum: str, *, inside: bool) -> Gauge | None:
    """A measured value against its limits, all as text; None without a value or a limit.

    With two limits the allowed part is the middle; with one it reaches to the end of the line.
    """
    at, low, high = _read(value), _read(minimum), _read(maximum)
    if at is None or (low is None and high is None):
        return None
    if low is not None and high is not None and high > low:
        span = _LOW_END + (at - low) / (high - low) * (_HIGH_END - _LOW_END)
        return Gauge(_LOW_END, _HIGH_END, _clamp(span), inside)
    if high is not None:
        return Gauge(0.0, _HIGH_END, _clamp(_HIGH_END * at / high if high else 100.0), inside)
    if low:
        return Gauge(_LOW_END, 100.0, _clamp(_LOW_END + (at - low) / (2 * low) * 80), inside)
    return None


def share_gauge(value: float, limit: float) -> Gauge:
    """A value that should stay below a limit, such as hours or degrees."""
    share = _HIGH_END * value / limit if limit else 100.0
    return Gauge(0.0, _HIGH_END, _clamp(share), value <= limit)


def band_gauge(value: float, low: float, high: float) -> Gauge:
    """A value against a band, on a line from nothing to a third more than the larger of them."""
    top = max(value, high) * 4 / 3 or 1.0
    return Gauge(
        round(low / top * 100, 1),
        round(high / top * 100, 1),
        _clamp(value / top * 100),
        inside=True,  # outside the literature is not outside a limit
    )
