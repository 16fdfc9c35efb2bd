"""What people do with tins and codes, in numbers.

Nobody publishes such figures for formula, so each is an assumption, and named so that it can be
doubted and changed. Shares are of tins (or of what the name says), times are days.
`docs/explanation/clones.md` discusses those that matter most.
"""

from dataclasses import dataclass
from typing import Final

PROVINCES: Final = {  # ISO 3166-2 of mainland China, inhabitants in millions (census of 2020)
    "CN-11": 22, "CN-12": 14, "CN-13": 75, "CN-14": 35, "CN-15": 24, "CN-21": 43, "CN-22": 24,
    "CN-23": 32, "CN-31": 25, "CN-32": 85, "CN-33": 65, "CN-34": 61, "CN-35": 42, "CN-36": 45,
    "CN-37": 102, "CN-41": 99, "CN-42": 58, "CN-43": 66, "CN-44": 126, "CN-45": 50, "CN-46": 10,
    "CN-50": 32, "CN-51": 84, "CN-52": 39, "CN-53": 47, "CN-54": 4, "CN-61": 40, "CN-62": 25,
    "CN-63": 6, "CN-64": 7, "CN-65": 26,
}  # fmt: skip
PORTS: Final = ("CN-31", "CN-12", "CN-33", "CN-44", "CN-37")
MAKERS: Final = ("NZ", "NL", "IE")
SHOPPERS_ABROAD: Final = ("NZ", "AU", "NL", "DE", "HK", "JP")
DATA_CENTRES: Final = ("CN-44", "CN-11", "SG", "US")


@dataclass(frozen=True, slots=True)
class Habits:
    """Assumed behaviour; see the module's text."""

    # the batch
    has_sale_record: float = 0.7  # a shop recorded its receipt or sale; the others never do
    has_inner_codes: float = 0.4
    days_to_first_sale: tuple[int, int] = (60, 150)  # from canning: release, sea, customs
    mean_days_on_sale: float = 70.0  # of a tin after the batch's first

    # how the region of a phone becomes known
    region_unknown: float = 0.02  # no time zone, no province
    country_only: float = 0.02  # the edge cannot say which province
    forgets: float = 0.08  # private windows, cleared storage: each scan looks like a new device
    uses_vpn: float = 0.01  # every other time; its zone and its address then name two countries
    exits_elsewhere: float = 0.05  # mobile data leave through the province of the phone's number
    on_mobile_data: float = 0.5  # of the scans by such a phone

    # trade
    scanned_at_factory: float = 0.02
    scanned_at_port: float = 0.01
    scanned_in_warehouse: float = 0.02
    scanned_by_shop: float = 0.1
    ordered_online: float = 0.55  # from a warehouse in another region, more often than not
    curious_shoppers: float = 0.15  # who scan and do not buy, on average
    on_display: float = 0.003
    shoppers_at_display: tuple[int, int] = (10, 60)
    inspected: float = 0.01
    sent_to_laboratory: float = 0.1  # of inspected tins, to another province

    # the family
    phones: tuple[int, int] = (1, 5)
    mean_scans_of_phone: float = 2.5
    eager: float = 0.05  # families that scan at every meal
    mean_scans_of_eager_phone: float = 25.0
    days_to_opening: tuple[int, int] = (0, 60)
    days_of_use: tuple[int, int] = (5, 28)
    uses_inner_code: float = 0.6
    uses_inner_code_on_second_phone: float = 0.05
    keeps_tin: float = 0.05  # as a box; somebody scans it again within the year

    # what takes codes elsewhere
    present: float = 0.08
    resold: float = 0.02
    travels: float = 0.05
    picture_to_relatives: float = 0.04
    relatives: tuple[int, int] = (1, 4)
    second_picture: float = 0.2
    opened_by_a_bot: float = 0.3  # of pictures and links that are sent; one that runs scripts: 0.1
    bot_runs_scripts: float = 0.1
    bought_abroad: float = 0.04  # by an agent or a relative
    agent_shows_customers: float = 0.05  # of those: a picture to a group of customers
    customers: tuple[int, int] = (3, 30)
    diverted: float = 0.02  # parallel trade: a pallet that changes hands and places
    shown_to_the_public: float = 0.002  # in a live stream or a post
    public: tuple[int, int] = (30, 500)
    viewers_scan_again: float = 0.05  # of those who scanned a picture, within a week


@dataclass(frozen=True, slots=True)
class Crime:
    """Assumed behaviour of those who copy a code, and of the people who buy the copies.

    `kinds` are shares of all copied codes. Each range is drawn from evenly, numbers of tins by
    their logarithm: small runs are more frequent than large ones.
    """

    mass: tuple[int, int] = (50, 3000)  # tins with the same code
    mass_regions: tuple[int, int] = (3, 20)
    mass_days: tuple[int, int] = (20, 150)
    small: tuple[int, int] = (8, 50)
    small_regions: tuple[int, int] = (2, 6)
    small_days: tuple[int, int] = (14, 90)
    slow: tuple[int, int] = (30, 400)
    slow_regions: tuple[int, int] = (2, 12)
    slow_days: tuple[int, int] = (200, 600)
    local: tuple[int, int] = (20, 2000)  # one region
    local_days: tuple[int, int] = (14, 150)
    leaked_before_sale: float = 0.1  # by somebody in factory or trade; else taken from a shop
    buyers_who_scan: tuple[float, float] = (0.05, 0.35)
    days_from_opening_to_refill: tuple[int, int] = (14, 150)
    refill_in_same_region: float = 0.3
    kinds: tuple[tuple[str, float], ...] = (
        ("mass", 0.35),
        ("small", 0.2),
        ("slow", 0.15),
        ("local", 0.12),
        ("refill", 0.18),
    )
