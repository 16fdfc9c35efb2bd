"""Phones, households and the stream that their scans make."""

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass, field

from clone_streams.habits import PROVINCES, Habits


@dataclass(frozen=True, slots=True, order=True)
class Visit:
    """One scan, as the server gets to know it.

    Attributes:
        day: from the batch's canning.
        order: of the visits of a day.
        region: as the edge or the time zone says.
        again: the phone remembers the code.
        opens: it is the code under the seal.
        is_copy: of a tin that is none of the maker's; only the judge of the judge knows.
    """

    day: int
    order: int
    region: str
    again: bool
    opens: bool = False
    is_copy: bool = False


@dataclass(slots=True)
class Stream:
    """All scans of one code.

    Attributes:
        kind: what happened to the tin.
        sold_day: first sale that a record of the batch states, or None.
        visits: in the order of time.
        is_copied: there is more than one tin with the code.
        tellable: what is known could tell so; see `cloned.is_tellable`.
        phones: of buyers of copies that scanned.
        on_sale: day until which the genuine tin stood in a shop.
        detours: a phone's address is not always where the phone is.
    """

    kind: str
    sold_day: int | None = None
    visits: list[Visit] = field(default_factory=list)
    is_copied: bool = False
    tellable: bool = False
    phones: int = 0
    on_sale: int = 0
    detours: bool = False


@dataclass(slots=True)
class Phone:
    """One device.

    Attributes:
        region: where it is, truly.
        forgets: it never knows that it was here before.
        vpn: every other time its address is in another country than its time zone.
        exits: where its mobile data leave the network, or "".
    """

    region: str
    forgets: bool
    vpn: bool
    exits: str
    scans: int = 0
    openings: int = 0


class People:
    """Draws phones and households, and writes their scans into a stream.

    Args:
        draw: the only source of chance.
        habits: what people do.
    """

    def __init__(self, draw: random.Random, habits: Habits) -> None:
        self.draw, self.habits = draw, habits
        self._provinces, self._weights = list(PROVINCES), list(PROVINCES.values())

    def happens(self, share: float) -> bool:
        """Whether something that happens in this share of cases happens now."""
        return self.draw.random() < share

    def between(self, bounds: tuple[int, int]) -> int:
        """A whole number between two, both included."""
        return self.draw.randint(*bounds)

    def by_logarithm(self, bounds: tuple[int, int]) -> int:
        """A whole number between two, small ones more often."""
        low, high = map(math.log, bounds)
        return round(math.exp(self.draw.uniform(low, high)))

    def wait(self, mean: float) -> int:
        """Days until something that may happen on any day alike."""
        return int(self.draw.expovariate(1 / mean))

    def count(self, mean: float) -> int:
        """How often something happens that happens so often on average."""
        limit, total, events = math.exp(-mean), self.draw.random(), 0
        while total > limit:
            total *= self.draw.random()
            events += 1
        return events

    def province(self, *, other_than: str = "") -> str:
        """A province, by its inhabitants."""
        while (found := self.draw.choices(self._provinces, self._weights)[0]) == other_than:
            pass
        return found

    def provinces(self, count: int) -> Sequence[str]:
        """So many different provinces."""
        found: dict[str, None] = {}
        while len(found) < count:
            found[self.province()] = None
        return list(found)

    def phone(self, region: str) -> Phone:
        """Somebody's device."""
        exits = self.province() if self.happens(self.habits.exits_elsewhere) else ""
        forgets, vpn = (self.happens(it) for it in (self.habits.forgets, self.habits.uses_vpn))
        return Phone(region, forgets, vpn, exits)

    def scan(
        self,
        stream: Stream,
        phone: Phone,
        day: int,
        region: str = "",
        *,
        opens: bool = False,
        is_copy: bool = False,
    ) -> None:
        """One scan by a phone, at home or in another region."""
        known = (phone.openings if opens else phone.scans) > 0 and not phone.forgets
        stream.detours |= phone.vpn or bool(phone.exits)
        phone.openings += opens
        phone.scans += not opens
        shown = self._shown(phone, region or phone.region)
        order = self.draw.randrange(2**30)
        stream.visits.append(Visit(day, order, shown, known, opens, is_copy))

    def _shown(self, phone: Phone, region: str) -> str:
        if (phone.vpn and self.happens(0.5)) or self.happens(self.habits.region_unknown):
            return ""
        if phone.exits and "-" in region and self.happens(self.habits.on_mobile_data):
            region = phone.exits
        return region.partition("-")[0] if self.happens(self.habits.country_only) else region

    def household(self, region: str) -> list[Phone]:
        """The phones of a family, of which one scans first."""
        return [self.phone(region) for _ in range(self.between(self.habits.phones))]

    def live_with(
        self,
        stream: Stream,
        phones: Sequence[Phone],
        day: int,
        *,
        inner: bool,
        is_copy: bool = False,
    ) -> int:
        """A family buys a tin, scans it, opens it, uses it up; returns the day of opening."""
        habits = self.habits
        opened = day + self.between(habits.days_to_opening)
        ends = opened + self.between(habits.days_of_use)
        mean = habits.mean_scans_of_phone
        if self.happens(habits.eager):
            mean = habits.mean_scans_of_eager_phone
        self.scan(stream, phones[0], day, is_copy=is_copy)
        for phone in phones:
            for _ in range(self.count(mean)):
                self.scan(stream, phone, self.between((day, ends)), is_copy=is_copy)
        if inner and self.happens(habits.uses_inner_code):
            self.scan(stream, phones[0], opened, opens=True, is_copy=is_copy)
            if self.happens(habits.uses_inner_code_on_second_phone):
                later = self.between((opened, ends))
                self.scan(stream, phones[-1], later, opens=True, is_copy=is_copy)
        if self.happens(habits.keeps_tin):
            finder = self.draw.choice([*phones, self.phone(phones[0].region)])
            self.scan(stream, finder, ends + self.between((30, 365)), is_copy=is_copy)
        return opened
