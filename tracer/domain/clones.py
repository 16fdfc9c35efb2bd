"""Do the scans of one code look like the scans of one tin? Facts in; state, score, reasons out.

A code can be copied, a tin cannot: it is in one place at a time. What is known of a scan is its
day, its coarse region, and whether the same device had scanned this code before. So the question is
how often the tin would have had to travel, by the fewest journeys that explain all scans:

- Only the first scan by a device counts. Whoever scans again has had this code before; that proves
  nothing about a second tin, however often it is, and wherever: a phone on mobile data often
  seems to be in the province that its number is from.
- Scans of three days belong together. In one window a tin may be where it was, or move,
  which costs one journey; each further region that is lived in costs one more.
- A region is lived in when devices scan there again after more than ten days. Elsewhere
  somebody was shown a picture of the code, or walked past the tin in a shop. Such glimpses cost a
  quarter for a window, however many people were shown the picture.
- `TOLERATED` journeys are more than what happens to most genuine tins: from shop to home, a
  present, a visit with the tin. So many make the score one half; only then does the verdict change,
  and to "seen elsewhere", never to "copied": the facts do not say which tin it is.
- One household does not own `HOUSEHOLD_DEVICES` devices; each further such number weighs like a
  journey. That is all that can be seen of copies that are sold within one region. It is not added
  to the journeys, because browsers that forget make both from one family; the larger counts.

The code under the seal is for one opening. A second one at the same place within the time in which
a tin is used up is told as a fact and changes no verdict: it may be a second phone of the family.
Elsewhere, or later, it was another tin, or the same one filled again.

`docs/explanation/clones.md` says what this cannot find. `scripts/bench_clones.py` measures it.
"""

import hashlib
import math
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final

from tracer.domain.cards import VerdictCode
from tracer.domain.journeys import DayCount, count_journeys, split_windows
from tracer.domain.messages import Message, Params

TIN_KEY_BYTES: Final = 16  # 128 bits: no two of all tins ever made share a key by chance
SECONDS_A_DAY: Final = 86_400

TOLERATED: Final = 3.0
"""Journeys that make the score one half; see the module's text for what a genuine tin makes."""

HOUSEHOLD_DEVICES: Final = 60
"""Far more than a family, its visitors, and browsers that forget what they have scanned."""

EARLY_DAYS: Final = 30
"""A batch is first sold weeks after it landed; in its market a month before, it is at sea."""

EMPTIED_DAYS: Final = 7
"""A tin lasts a baby a week; before, none was emptied, filled and sold again."""

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
    weight = max(part for part, _ in judged)
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
    earlier = sum(it.firsts + it.repeats for it in history.scans)
    return Assessment(state, score, tuple(said), earlier)


def _with(scans: Iterable[DayCount], scan: Scan) -> list[DayCount]:
    now = DayCount(scan.day, scan.region, int(not scan.again), int(scan.again))
    return [*scans, now]


def _evidence(counts: Sequence[DayCount], history: History) -> Iterator[tuple[float, Message]]:
    """What speaks for more than one tin, each with its weight in journeys."""
    named = _told_apart([it for it in counts if it.region])
    early = [it for it in named if it.firsts and _is_early(it, history)]
    windows = len(list(split_windows(early)))
    journeys = count_journeys(named)
    regions = len({it.region for it in named if it.firsts})
    params = {"count": math.ceil(journeys), "regions": regions}
    yield journeys + windows, Message("clone.journeys", params)
    if early:
        days = max((history.sold_day or 0) - it.day for it in early)
        yield float(windows), Message("clone.early", {"days": days})
    devices = sum(it.firsts for it in counts)
    beyond = max(0, devices - HOUSEHOLD_DEVICES) / HOUSEHOLD_DEVICES
    yield beyond, Message("clone.many-devices", {"count": devices})


def _told_apart(counts: Sequence[DayCount]) -> list[DayCount]:
    """Without scans of which only the country is known, where others name its provinces.

    A province and the country that it is in are no two places.
    """
    divided = {country_of(it.region) for it in counts if "-" in it.region}
    return [it for it in counts if it.region not in divided]


def country_of(region: str) -> str:
    """The country of a region's code."""
    return region.partition("-")[0]


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
    if scan.opens and is_elsewhere and scan.day - opened.day > EMPTIED_DAYS:
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
    counts, days = Counter[str](), dict[str, int]()
    for it in history.scans:
        counts[it.region] += it.firsts + it.repeats
        days[it.region] = min(it.day, days.get(it.region, it.day))
    if not counts.total():
        return [Message("clone.first")]
    here = [region for region in counts if not _is_elsewhere(region, scan.region)]
    said = [Message("clone.first-here")]
    if here:
        params: Params = {
            "count": sum(counts[region] for region in here),
            "day": day_text(min(days[region] for region in here)),
        }
        said = [Message("clone.seen-here", params)]
    if away := len(counts) - len(here):
        said.append(Message("clone.also-elsewhere", {"count": away}))
    return said


def _calm_state(history: History, scan: Scan) -> CloneState:
    known = {it.region for it in history.scans}
    known |= {history.opened.region} if history.opened else set()
    was_here = any(not _is_elsewhere(region, scan.region) for region in known)
    return CloneState.SEEN_BEFORE_HERE if was_here else CloneState.FIRST


def _other_market(history: History, scan: Scan) -> list[Message]:
    """Goods that are sold outside their market are no copies for it; it is worth knowing."""
    country = country_of(scan.region)
    if history.market and country and country != history.market:
        return [Message("clone.other-market", {"country": history.market})]
    return []
