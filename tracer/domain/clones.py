"""Do the scans of one code look like the scans of one tin? Facts in; state, score, reasons out.

A code can be copied, a tin cannot: it is in one place at a time. What is known of a scan is its
day, its coarse region, and whether the same device had scanned this code before. So the question is
how often the tin would have had to travel, by the fewest journeys that explain all scans:

- Only the first scan by a device counts. Whoever scans again has had this code before; that proves
  nothing about a second tin, however often and wherever it is.
- Scans of `GLIMPSE_DAYS` days belong together. Whoever sends a picture of the code to relatives
  makes other regions appear for a day or two although the tin has not moved, and a traveller is in
  two regions on one day. Such a glimpse costs one journey for each three regions, as does a move.
- Scans before the batch was first sold are the trade's own, as long as the goods can have arrived.
- `TOLERATED` journeys are within what happens to a genuine tin: from shop to home, a present, a
  picture, a visit with the tin. As many as that make the score one half; only then does the
  verdict change, and to "seen elsewhere", never to "copied": the facts do not say which tin it is.
- One household does not own `HOUSEHOLD_DEVICES` devices; each further such number counts like a
  journey. That is all that can be seen of copies that are sold within one region.

The code under the seal is for one opening. A second one at the same place within the time in which
a tin is used up is told as a fact and changes no verdict: it may be a second phone of the family.
Elsewhere, or later, it was another tin, or the same one filled again.

`docs/explanation/clones.md` says what this cannot find. `scripts/bench_clones.py` measures it.
"""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final

from tracer.domain.cards import VerdictCode
from tracer.domain.messages import Message

TIN_KEY_BYTES: Final = 16  # 128 bits: no two of all tins ever made share a key by chance
SECONDS_A_DAY: Final = 86_400

GLIMPSE_DAYS: Final = 3
"""A picture in a family's chat is scanned on the same day or the two after it."""

GLIMPSE_REGIONS: Final = 3
"""Relatives who are sent a picture live in this many other regions at most, as a rule."""

TOLERATED: Final = 4.0
"""Journeys that make the score one half; see the module's text for what a genuine tin makes."""

HOUSEHOLD_DEVICES: Final = 40
"""Far more than a family, its visitors, and browsers that forget what they have scanned."""

EARLY_DAYS: Final = 30
"""A batch is first sold weeks after it landed; in its market a month before, it is at sea."""

USED_UP_DAYS: Final = 42
"""Powder is used within four weeks of opening; two more for tins that were kept a little longer."""

ALARM: Final = 0.5
"""Score from which on the verdict is SEEN_ELSEWHERE."""

MAX_REGIONS_SHOWN: Final = 8  # a longer list tells a reader nothing more


class CloneState(StrEnum):
    """What a code's scans say about the tin that was scanned now."""

    FIRST = "FIRST"  # the first scan in this region, and nothing speaks against the tin
    SEEN_BEFORE_HERE = "SEEN_BEFORE_HERE"  # as at home, by the family
    SEEN_ELSEWHERE = "SEEN_ELSEWHERE"  # more travelled than one tin
    OPENED_BEFORE = "OPENED_BEFORE"  # the seal was broken before, and hardly by this household
    UNKNOWN = "UNKNOWN"  # scans could not be counted; says nothing


VERDICTS: Final = {
    CloneState.SEEN_ELSEWHERE: VerdictCode.SEEN_ELSEWHERE,
    CloneState.OPENED_BEFORE: VerdictCode.OPENED_BEFORE,
}
"""States that change an otherwise good verdict."""


@dataclass(frozen=True, slots=True)
class DayCount:
    """Scans of one code on one day in one region.

    Attributes:
        day: days since 1970-01-01, UTC.
        region: ISO 3166-2 or ISO 3166-1 alpha-2 code; "" when it is not known.
        firsts: scans by devices that had not scanned this code before.
        agains: scans by devices that had.
    """

    day: int
    region: str
    firsts: int
    agains: int


@dataclass(frozen=True, slots=True)
class Opening:
    """The first use of the code under the seal."""

    day: int
    region: str


@dataclass(frozen=True, slots=True)
class History:
    """All that was counted of a code before the scan that is asked about.

    Attributes:
        scans: by day and region, in any order.
        opened: the first opening, or None.
        openings: devices that used the code under the seal, the first among them.
        market: country that the batch was made for, ISO 3166-1 alpha-2; "" if not known.
        sold_day: when a tin of the batch was first recorded in a shop; None if no record says it.
    """

    scans: tuple[DayCount, ...] = ()
    opened: Opening | None = None
    openings: int = 0
    market: str = ""
    sold_day: int | None = None


@dataclass(frozen=True, slots=True)
class Scan:
    """The scan that is asked about.

    Attributes:
        day: days since 1970-01-01, UTC.
        region: as in `DayCount`.
        again: this device has scanned the code before.
        opens: it is the code under the seal, and the right one.
    """

    day: int
    region: str
    again: bool = False
    opens: bool = False


@dataclass(frozen=True, slots=True)
class Assessment:
    """What the scans say.

    Attributes:
        state: in one word.
        score: 0 = like one tin, towards 1 = like many; from `ALARM` on the verdict changes.
        reasons: why, most important first.
        earlier: scans before this one.
    """

    state: CloneState
    score: float
    reasons: tuple[Message, ...]
    earlier: int = 0

    @property
    def verdict(self) -> VerdictCode | None:
        """What an otherwise good verdict becomes; None = it stays."""
        return VERDICTS.get(self.state)


UNKNOWN: Final = Assessment(CloneState.UNKNOWN, 0.0, (Message("clone.unknown"),))
"""Scans could not be counted: that makes nothing green and nothing red."""


def build_tin_key(batch_id: bytes, serial: str) -> bytes:
    """What a tin is called where scans are counted: the first 16 bytes of a SHA-256.

    Args:
        batch_id: 32 bytes.
        serial: as printed.
    """
    return hashlib.sha256(batch_id + serial.encode()).digest()[:TIN_KEY_BYTES]


def day_of(time_unix: int) -> int:
    """The day of a moment, UTC."""
    return time_unix // SECONDS_A_DAY


def day_text(day: int) -> str:
    """A day as ISO 8601; days out of a calendar's reach as a number."""
    try:
        return datetime.fromtimestamp(day * SECONDS_A_DAY, UTC).date().isoformat()
    except (OverflowError, OSError, ValueError):
        return str(day)


def assess(history: History, scan: Scan) -> Assessment:
    """Judge one scan by all that came before it."""
    counts = _with(history.scans, scan)
    judged = list(_evidence(counts, history))
    weight = sum(part for part, _ in judged)
    reasons = [reason for part, reason in judged if part]
    opened = _opened_reason(history, scan)
    was_opened_elsewhere = opened is not None and opened.key in _OPENED_ALARMS
    if was_opened_elsewhere:
        weight += TOLERATED
    score = weight / (weight + TOLERATED)
    said = ([opened] if opened else []) + _seen(history, scan)
    if was_opened_elsewhere:
        state, said = CloneState.OPENED_BEFORE, [said[0], *reasons, *said[1:]]
    elif score >= ALARM:
        state, said = CloneState.SEEN_ELSEWHERE, [*reasons, *said]
    else:
        state, said = _calm_state(history, scan), [*said, *_other_market(history, scan)]
    earlier = sum(it.firsts + it.agains for it in history.scans)
    return Assessment(state, score, tuple(said), earlier)


def _with(scans: Iterable[DayCount], scan: Scan) -> list[DayCount]:
    now = DayCount(scan.day, scan.region, int(not scan.again), int(scan.again))
    return [*scans, now]


def _evidence(counts: Sequence[DayCount], history: History) -> Iterator[tuple[float, Message]]:
    """What speaks for more than one tin, each with its weight in journeys."""
    first_seen = [it for it in counts if it.firsts]
    named = list(_alike([it for it in first_seen if it.region]))
    early = [it for it in named if _is_early(it, history)]
    public = [it for it in named if not _is_trade(it, history)]
    journeys = count_journeys(public)
    regions = len({it.region for it in public})
    yield journeys, Message("clone.journeys", {"count": journeys, "regions": regions})
    if early:
        days = max((history.sold_day or 0) - it.day for it in early)
        yield float(len(list(_windows(early)))), Message("clone.early", {"days": days})
    devices = sum(it.firsts for it in first_seen)
    beyond = max(0, devices - HOUSEHOLD_DEVICES) / HOUSEHOLD_DEVICES
    yield beyond, Message("clone.many-devices", {"count": devices})


def count_journeys(counts: Sequence[DayCount]) -> int:
    """The fewest moves and glimpses that explain where a code was first seen by devices.

    The tin stays in a region at no cost. A move to another costs one, before a window of
    `GLIMPSE_DAYS` days; regions of a window where the tin is not cost one for each
    `GLIMPSE_REGIONS` of them. The cheapest way through all windows is found region by region.

    Args:
        counts: days with a region and at least one first scan.
    """
    cost = {it.region: 0 for it in counts}
    for regions in _windows(counts):
        cheapest = min(cost.values())
        cost = {
            place: min(spent, cheapest + 1) + -(-len(regions - {place}) // GLIMPSE_REGIONS)
            for place, spent in cost.items()
        }
    return min(cost.values(), default=0)


def _windows(counts: Iterable[DayCount]) -> Iterator[set[str]]:
    """Regions of days that belong together, in the order of time."""
    began, regions = -GLIMPSE_DAYS, set[str]()
    for it in sorted(counts, key=lambda it: it.day):
        if regions and it.day >= began + GLIMPSE_DAYS:
            yield regions
            regions = set()
        if not regions:
            began = it.day
        regions.add(it.region)
    if regions:
        yield regions


def _alike(counts: Sequence[DayCount]) -> Iterator[DayCount]:
    """Provinces count as their country where a scan is known by its country alone.

    A province and the country that it is in are no two places.
    """
    whole = {it.region for it in counts if "-" not in it.region}
    for it in counts:
        country = country_of(it.region)
        region = country if country in whole else it.region
        yield DayCount(it.day, region, it.firsts, it.agains)


def country_of(region: str) -> str:
    """The country of a region's code."""
    return region.partition("-")[0]


def _is_trade(it: DayCount, history: History) -> bool:
    """Before the batch was first in a shop, those who move it scan it."""
    return history.sold_day is not None and it.day < history.sold_day


def _is_early(it: DayCount, history: History) -> bool:
    return (
        history.sold_day is not None
        and it.day < history.sold_day - EARLY_DAYS
        and country_of(it.region) == history.market != ""
    )


_OPENED_ALARMS: Final = frozenset(
    {"clone.reopened-elsewhere", "clone.reopened-late", "clone.opened-elsewhere"}
)


def _opened_reason(history: History, scan: Scan) -> Message | None:
    """What the code under the seal tells about this scan; None = it was never used."""
    opened = history.opened
    if opened is None:
        return Message("clone.opening") if scan.opens else None
    params = {"day": day_text(opened.day)}
    if scan.again:
        return Message("clone.opened", params)
    is_late = scan.day - opened.day > USED_UP_DAYS
    is_elsewhere = _is_elsewhere(opened.region, scan.region)
    if scan.opens and is_elsewhere:
        return Message("clone.reopened-elsewhere", params)
    if scan.opens and is_late:
        return Message("clone.reopened-late", params)
    if is_elsewhere and is_late:
        return Message("clone.opened-elsewhere", params)
    return Message("clone.reopened" if scan.opens else "clone.opened", params)


def _is_elsewhere(one: str, other: str) -> bool:
    """Whether two regions are surely two; a country holds its provinces, "" may be anywhere."""
    if not one or not other:
        return False
    if country_of(one) != country_of(other):
        return True
    return "-" in one and "-" in other and one != other


def _seen(history: History, scan: Scan) -> list[Message]:
    """How often and where it was scanned before, as plain facts."""
    count = sum(it.firsts + it.agains for it in history.scans)
    if not count:
        return [Message("clone.first")]
    here = [it for it in history.scans if not _is_elsewhere(it.region, scan.region)]
    away = {it.region for it in history.scans if _is_elsewhere(it.region, scan.region)}
    said = []
    if here:
        seen = sum(it.firsts + it.agains for it in here)
        since = day_text(min(it.day for it in here))
        said.append(Message("clone.seen-here", {"count": seen, "day": since}))
    else:
        said.append(Message("clone.first-here"))
    if away:
        said.append(Message("clone.also-elsewhere", {"count": len(away)}))
    return said


def _calm_state(history: History, scan: Scan) -> CloneState:
    known = [it.region for it in history.scans if it.firsts + it.agains]
    known += [history.opened.region] if history.opened else []
    was_here = any(not _is_elsewhere(region, scan.region) for region in known)
    return CloneState.SEEN_BEFORE_HERE if was_here else CloneState.FIRST


def _other_market(history: History, scan: Scan) -> list[Message]:
    """Goods that are sold outside their market are no copies for it; it is worth knowing."""
    country = country_of(scan.region)
    if history.market and country and country != history.market:
        return [Message("clone.other-market", {"country": history.market})]
    return []
