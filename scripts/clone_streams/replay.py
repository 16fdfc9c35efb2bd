"""Replay a stream through the rules by which the server counts and judges."""

from collections.abc import Iterator
from dataclasses import replace

from clone_streams.people import Stream, Visit
from tracer.domain.cards import VerdictCode
from tracer.domain.clones import Assessment, History, Opening, Scan, assess
from tracer.domain.journeys import LOOK_DAYS, DayCount
from tracer.store.scans import MAX_A_DAY, MAX_REGIONS_A_DAY

MARKET = "CN"
ALARMS = frozenset({VerdictCode.SEEN_ELSEWHERE, VerdictCode.OPENED_BEFORE})


class Counts:
    """What `tracer.store.scans` keeps of one tin, in memory; a test holds the two together."""

    def __init__(self) -> None:
        self._days: dict[int, dict[str, list[int]]] = {}
        self.opened: Opening | None = None
        self.openings = 0

    def add(self, visit: Visit) -> None:
        """Count one scan or opening."""
        if visit.opens:
            self.opened = self.opened or Opening(visit.day, visit.region)
            self.openings += not visit.again
            return
        regions = self._days.setdefault(visit.day, {})
        region = visit.region
        if region not in regions and len(regions.keys() - {""}) >= MAX_REGIONS_A_DAY:
            region = ""
        counts = regions.setdefault(region, [0, 0])
        counts[visit.again] = min(counts[visit.again] + 1, MAX_A_DAY)

    def history(self, sold_day: int | None) -> History:
        """What has been counted so far."""
        scans = tuple(
            DayCount(day, region, *counts)
            for day, regions in self._days.items()
            for region, counts in regions.items()
        )
        return History(scans, self.opened, self.openings, MARKET, sold_day)


def judge(stream: Stream, *, country_only: bool = False) -> Iterator[Assessment]:
    """What the reader of each scan is told, in the order of time.

    Args:
        stream: in the order of time.
        country_only: as where no edge knows the province.
    """
    counts = Counts()
    for visit in _as_known(stream, country_only=country_only):
        yield _assess(counts, stream, visit)
        counts.add(visit)


def first_alarm(stream: Stream, *, country_only: bool = False) -> int | None:
    """At which scan the verdict changes for the first time, from 1; None = at none.

    The same as looking for it in `judge`, without judging scans by devices that come back, which
    change nothing but once in each region: when it turns out to be lived in.
    """
    counts = Counts()
    began: dict[str, int] = {}
    lived: set[str] = set()
    for number, visit in enumerate(_as_known(stream, country_only=country_only), 1):
        if not visit.opens:
            began.setdefault(visit.region, visit.day)
        is_late = not visit.opens and visit.day > began[visit.region] + LOOK_DAYS
        settles = visit.again and is_late and visit.region not in lived
        lived |= {visit.region} if settles else set()
        asked = settles or not visit.again
        if asked and _assess(counts, stream, visit).verdict in ALARMS:
            return number
        counts.add(visit)
    return None


def _assess(counts: Counts, stream: Stream, visit: Visit) -> Assessment:
    scan = Scan(visit.day, visit.region, visit.again, visit.opens)
    return assess(counts.history(stream.sold_day), scan)


def _as_known(stream: Stream, *, country_only: bool) -> Iterator[Visit]:
    for visit in stream.visits:
        region = visit.region.partition("-")[0] if country_only else visit.region
        yield replace(visit, region=region)
