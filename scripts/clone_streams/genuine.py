"""Streams of genuine tins: one tin each, and everything that may happen to it."""

from clone_streams.habits import DATA_CENTRES, MAKERS, PORTS, SHOPPERS_ABROAD
from clone_streams.people import People, Phone, Stream

FAMILY = "family"
"""Bought and used at home by people whose phones say where they are: nothing may alarm them."""


def genuine_stream(people: People) -> Stream:
    """One tin's life, from the filling line to the last scan."""
    habits = people.habits
    stream = Stream(FAMILY)
    first_sale = people.between(habits.days_to_first_sale)
    if people.happens(habits.has_sale_record):
        stream.sold_day = first_sale
    day = first_sale + people.wait(habits.mean_days_on_sale)
    home = people.province()
    shop = people.province() if people.happens(habits.ordered_online) else home
    _make_and_ship(people, stream, first_sale)
    _offer(people, stream, first_sale, day, shop)
    stream.on_sale = day
    if people.happens(habits.bought_abroad):
        day = _buy_abroad(people, stream, day, home)
    elif people.happens(habits.diverted):
        _divert(people, stream, first_sale, day)
    _own(people, stream, day, home)
    if stream.kind == FAMILY and stream.detours:
        stream.kind = "family on other networks"
    stream.visits.sort()
    return stream


def _make_and_ship(people: People, stream: Stream, first_sale: int) -> None:
    habits = people.habits
    if people.happens(habits.scanned_at_factory):
        people.scan(stream, people.phone(people.draw.choice(MAKERS)), people.between((0, 20)))
    if people.happens(habits.scanned_at_port):
        when = people.between((first_sale - 40, first_sale))
        people.scan(stream, people.phone(people.draw.choice(PORTS)), when)


def _offer(people: People, stream: Stream, first_sale: int, day: int, shop: str) -> None:
    """The tin is in a warehouse and a shop until somebody buys it."""
    habits = people.habits
    if people.happens(habits.scanned_in_warehouse):
        people.scan(stream, people.phone(shop), people.between((first_sale - 10, day)))
    if people.happens(habits.scanned_by_shop):
        people.scan(stream, people.phone(shop), people.between((first_sale, day)))
    shoppers = people.count(habits.curious_shoppers)
    if people.happens(habits.on_display):
        stream.kind, shoppers = "on display", people.between(habits.shoppers_at_display)
    for _ in range(shoppers):
        people.scan(stream, people.phone(shop), people.between((first_sale, day)))
    if people.happens(habits.inspected):
        stream.kind, when = "inspected", people.between((first_sale, day))
        people.scan(stream, people.phone(shop), when)
        if people.happens(habits.sent_to_laboratory):
            people.scan(stream, people.phone(people.province(other_than=shop)), when + 4)


def _buy_abroad(people: People, stream: Stream, day: int, home: str) -> int:
    """An agent buys it in another country and sends it; returns the day on which it arrives."""
    stream.kind = "bought abroad"
    habits, arrives = people.habits, day + people.between((7, 30))
    people.scan(stream, people.phone(people.draw.choice(SHOPPERS_ABROAD)), day)
    if people.happens(0.3):  # the customer scans the picture that the agent sends
        _show(people, stream, day, [people.phone(home)], mean_days=0.7)
    if people.happens(habits.agent_shows_customers):
        stream.kind = "shown to customers"
        number = people.between(habits.customers)
        customers = [people.phone(people.province()) for _ in range(number)]
        _show(people, stream, day, customers, mean_days=1.5)
    return arrives


def _divert(people: People, stream: Stream, first_sale: int, day: int) -> None:
    """A pallet changes hands on its way; some who take it over scan a tin."""
    stream.kind = "parallel trade"
    for _ in range(people.between((1, 3))):
        if people.happens(0.6):
            where = people.draw.choice(["HK", *(people.province() for _ in range(3))])
            people.scan(stream, people.phone(where), people.between((first_sale - 20, day)))


def _own(people: People, stream: Stream, day: int, home: str) -> None:
    """Somebody buys it; it stays, or goes on as a present or second-hand."""
    habits = people.habits
    for share, kind in ((habits.present, "present"), (habits.resold, "resold")):
        if people.happens(share):
            stream.kind = kind
            if people.happens(0.5):
                people.scan(stream, people.phone(home), day)
            day, home = day + people.between((1, 40)), people.province(other_than=home)
    phones = people.household(home)
    inner = people.happens(habits.has_inner_codes)
    opened = people.live_with(stream, phones, day, inner=inner)
    if people.happens(habits.travels):
        _travel(people, stream, phones, opened)
    _tell(people, stream, home, day, opened)


def _tell(people: People, stream: Stream, home: str, day: int, opened: int) -> None:
    """Pictures of the tin are sent to relatives, or shown to everybody."""
    habits = people.habits
    if people.happens(habits.picture_to_relatives):
        stream.kind = "shown to relatives"
        for _ in range(1 + people.happens(habits.second_picture)):
            number = people.between(habits.relatives)
            relatives = [people.phone(people.province(other_than=home)) for _ in range(number)]
            when = people.between((day, opened + 20))
            _show(people, stream, when, relatives, mean_days=0.7)
    if people.happens(habits.shown_to_the_public):
        stream.kind = "shown to the public"
        number, when = people.by_logarithm(habits.public), people.between((day, opened))
        viewers = [people.phone(people.province()) for _ in range(number)]
        _show(people, stream, when, viewers, mean_days=2.0)


def _travel(people: People, stream: Stream, phones: list[Phone], opened: int) -> None:
    """The family takes the opened tin along, shows it there, and comes home with it."""
    stream.kind = "travels"
    there = people.province(other_than=phones[0].region)
    begins, days = opened + people.between((0, 15)), people.between((3, 15))
    for phone in phones:
        for _ in range(people.count(1.0)):
            people.scan(stream, phone, begins + people.between((0, days)), there)
    for _ in range(people.count(0.6)):
        people.scan(stream, people.phone(there), begins + people.between((0, days)))
    if people.happens(0.3):
        visitor = people.phone(phones[0].region)
        people.scan(stream, visitor, begins + days + people.between((0, 10)))


def _show(
    people: People, stream: Stream, day: int, phones: list[Phone], *, mean_days: float
) -> None:
    """A picture of the code is sent; who gets it scans it soon, and so may the chat's server."""
    habits = people.habits
    for phone in phones:
        when = day + people.wait(mean_days)
        people.scan(stream, phone, when)
        if people.happens(habits.viewers_scan_again):
            people.scan(stream, phone, when + people.between((0, 7)))
    if people.happens(habits.opened_by_a_bot * habits.bot_runs_scripts):
        for _ in range(people.between((1, 3))):
            bot = Phone(people.draw.choice(DATA_CENTRES), forgets=True, vpn=False, exits="")
            people.scan(stream, bot, day)
