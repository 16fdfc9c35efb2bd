"""How often one tin would have had to travel to be where its code was scanned.

`tracer.domain.clones` says what that means and why each cost is what it is.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Final

WINDOW_DAYS: Final = 3
"""A picture in a family's chat is scanned on the same day or the two after it."""

LOOK_DAYS: Final = 10
"""Who uses a tin scans it for weeks; who was shown a picture looks again within days or never."""

GLIMPSE: Final = 0.25
"""Journeys for all regions of one window in which nobody comes back to the code: one picture
reaches one province or thirty."""

MAX_PLACES: Final = 32
"""Regions in which the tin may be thought to be, those with most devices; a code that is in more is
on many tins wherever they are. It bounds the work for a stream that somebody made up."""


@dataclass(frozen=True, slots=True)
class DayCount:
    """Scans of one code on one day in one region.

    Attributes:
        day: days since 1970-01-01, UTC.
        region: ISO 3166-2 or ISO 3166-1 alpha-2 code; "" when it is not known.
        firsts: scans by devices that had not scanned this code before.
        repeats: scans by devices that had.
    """

    day: int
    region: str
    firsts: int
    repeats: int


def count_journeys(counts: Sequence[DayCount]) -> float:
    """The fewest journeys that explain where devices first scanned a code.

    Window by window, the cheapest way to end in each region is kept: having stayed there, or
    having come from the region that was cheapest before. Every window's other regions are added.

    Args:
        counts: of named regions.
    """
    seen = [it for it in counts if it.firsts]
    lived = _lived_in(counts)
    devices = Counter[str]()
    for it in seen:
        devices[it.region] += it.firsts
    cost = {region: 0.0 for region, _ in devices.most_common(MAX_PLACES)}
    for regions in split_windows(seen):
        cheapest = min(cost.values())
        cost = {place: _cheapest(place, cost, cheapest, regions, lived) for place in cost}
    return min(cost.values(), default=0.0)


def _lived_in(counts: Sequence[DayCount]) -> set[str]:
    """Regions in which devices scan again after more than a look."""
    began: dict[str, int] = {}
    for it in counts:
        began[it.region] = min(it.day, began.get(it.region, it.day))
    return {it.region for it in counts if it.repeats and it.day > began[it.region] + LOOK_DAYS}


def _cheapest(
    place: str,
    cost: Mapping[str, float],
    cheapest: float,
    regions: AbstractSet[str],
    lived: AbstractSet[str],
) -> float:
    """The cost of being in a place after a window in which these regions were seen.

    Where the tin came from matters only if it was seen there in this window.
    """
    others = regions - {place}
    homes = len(others & lived)
    glimpses = len(others) - homes
    best = min(cost[place], cheapest + 1) + homes + GLIMPSE * (glimpses > 0)
    for origin in others & cost.keys():
        is_home = origin in lived
        rest = homes - is_home + GLIMPSE * (glimpses > (not is_home))
        best = min(best, cost[origin] + 1 + rest)
    return best


def split_windows(counts: Iterable[DayCount]) -> Iterator[set[str]]:
    """Regions of days that belong together, in the order of time."""
    began, regions = 0, set[str]()
    for it in sorted(counts, key=lambda it: it.day):
        if regions and it.day >= began + WINDOW_DAYS:
            yield regions
            regions = set()
        if not regions:
            began = it.day
        regions.add(it.region)
    if regions:
        yield regions
