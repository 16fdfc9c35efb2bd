"""Streams of codes that are on more than one tin: a genuine tin's own, and the copies' on top."""

from clone_streams.genuine import genuine_stream
from clone_streams.habits import Crime
from clone_streams.people import People, Stream

MIN_PHONES = 8
"""Of buyers of copies. Below, a code was scanned no more than a genuine tin's is; nothing that is
counted tells the two apart."""

USED_UP_DAYS = 42
"""As the score has it: within it, a second opening in the region may be the family's."""


def cloned_stream(people: People, crime: Crime) -> Stream:
    """One code that was copied, or one tin that was filled again."""
    kinds, shares = zip(*crime.kinds, strict=True)
    kind = people.draw.choices(kinds, shares)[0]
    return _refilled(people, crime) if kind == "refill" else _copied(people, crime, kind)


def _copied(people: People, crime: Crime, kind: str) -> Stream:
    """The code of one tin is printed on many, which are sold over some weeks or months."""
    stream = genuine_stream(people)
    stream.kind, stream.is_copied = kind, True
    tins, regions, days = {
        "mass": (crime.mass, crime.mass_regions, crime.mass_days),
        "small": (crime.small, crime.small_regions, crime.small_days),
        "slow": (crime.slow, crime.slow_regions, crime.slow_days),
        "local": (crime.local, (1, 1), crime.local_days),
    }[kind]
    places = people.provinces(people.between(regions))
    begins = _copy_day(people, crime, stream)
    length = people.between(days)
    share = people.draw.uniform(*crime.buyers_who_scan)
    used = set()
    for _ in range(people.by_logarithm(tins)):
        if people.happens(share):
            place = people.draw.choice(places)
            used.add(place)
            household = people.household(place)
            before = len(stream.visits)
            day = begins + people.draw.randrange(length)
            people.live_with(stream, household, day, inner=False, is_copy=True)
            stream.phones += sum(not it.again for it in stream.visits[before:])
    stream.visits.sort()
    stream.tellable = len(used) > 1 and stream.phones >= MIN_PHONES
    return stream


def _copy_day(people: People, crime: Crime, stream: Stream) -> int:
    """When the copies reach the shops; printing and filling them takes some weeks."""
    leaked = people.happens(crime.leaked_before_sale)
    return (people.between((0, 60)) if leaked else stream.on_sale) + people.between((20, 90))


def _refilled(people: People, crime: Crime) -> Stream:
    """A family's empty tin is filled again, closed again, and sold to another family."""
    stream = Stream("refill", is_copied=True)
    habits, home = people.habits, people.province()
    inner = people.happens(habits.has_inner_codes)
    day = people.between(habits.days_to_first_sale)
    opened = people.live_with(stream, people.household(home), day, inner=inner)
    used = [it for it in stream.visits if it.opens]
    stays = people.happens(crime.refill_in_same_region)
    place = home if stays else people.province(other_than=home)
    sold = opened + people.between(crime.days_from_opening_to_refill)
    before = len(stream.visits)
    people.live_with(stream, people.household(place), sold, inner=inner, is_copy=True)
    reused = [it for it in stream.visits[before:] if it.opens]
    stream.phones = sum(not it.again for it in stream.visits[before:])
    late = bool(used and reused) and reused[0].day - used[0].day > USED_UP_DAYS
    stream.tellable = bool(used and reused) and (not stays or late)
    stream.visits.sort()
    return stream
