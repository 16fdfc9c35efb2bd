"""Values as marks on a line from 0 to 100."""

from decimal import Decimal, InvalidOperation
from typing import Final

from tracer_api.view.model import Gauge

LOW_END: Final = 20  # where two limits stand, leaving room to show what is outside;
HIGH_END: Final = 80  # app.css draws the allowed part between the same two
_EDGE: Final = 98  # the mark is wider than a hundredth and stays visible at the right end


def _read(text: str) -> float | None:
    try:
        value = Decimal(text.lstrip("<>"))
    except InvalidOperation:
        return None
    return float(value) if value.is_finite() else None


def _clamp(at: float) -> int:
    return round(min(max(at, 0), _EDGE))


def limit_gauge(value: str, minimum: str, maximum: str, *, inside: bool) -> Gauge | None:
    """A measured value against its limits, all as text; None without a value or a limit.

    With two limits the allowed part is the middle; with one it reaches to the end of the line.
    """
    at, low, high = _read(value), _read(minimum), _read(maximum)
    if at is None or (low is None and high is None):
        return None
    if low is not None and high is not None and high > low:
        span = LOW_END + (at - low) / (high - low) * (HIGH_END - LOW_END)
        return Gauge(LOW_END, HIGH_END, _clamp(span), inside, "mid")
    if high is not None:
        return Gauge(0, HIGH_END, _clamp(HIGH_END * at / high if high else 100), inside)
    if low:
        return Gauge(LOW_END, 100, _clamp(LOW_END + (at - low) / (2 * low) * 80), inside, "min")
    return None


def share_gauge(value: float, limit: float) -> Gauge:
    """A value that should stay below a limit, such as hours or degrees."""
    share = HIGH_END * value / limit if limit else 100.0
    return Gauge(0, HIGH_END, _clamp(share), value <= limit)


def band_gauge(value: float, low: float, high: float) -> Gauge:
    """A value against a band, on a line from nothing to a third more than the larger of them."""
    top = max(value, high) * 4 / 3 or 1.0
    return Gauge(
        round(low / top * 100),
        round(high / top * 100),
        _clamp(value / top * 100),
        inside=True,  # outside the literature is not outside a limit
        kind="band",
    )
