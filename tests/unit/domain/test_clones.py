"""What a code's scans say: rules of `tracer.domain.clones`, one by one."""

import random
import time
from collections.abc import Sequence

import pytest

from tracer.domain.cards import VerdictCode
from tracer.domain.checks import CheckStatus
from tracer.domain.clones import (
    ALARM,
    UNKNOWN,
    USED_UP_DAYS,
    Assessment,
    CloneState,
    History,
    Opening,
    Scan,
    assess,
    build_tin_key,
    day_of,
    day_text,
)
from tracer.domain.journeys import DayCount, count_journeys
from tracer.domain.verify import authenticity
from tracer.domain.verify_history import verify_history

DAY = 20_000
MAX_JUDGING_S = 0.5  # on a machine that is busy with other tests
HOME, AWAY, THIRD = "CN-31", "CN-44", "CN-51"


def first(day: int, region: str, count: int = 1) -> DayCount:
    return DayCount(DAY + day, region, count, 0)


def again(day: int, region: str, count: int = 1) -> DayCount:
    return DayCount(DAY + day, region, 0, count)


def seen(scans: Sequence[DayCount], *, day: int, region: str = HOME, **more: bool) -> Assessment:
    return assess(History(tuple(scans), market="CN"), Scan(DAY + day, region, **more))


def keys(found: Assessment) -> list[str]:
    return [it.key for it in found.reasons]


class TestGenuine:
    def test_nobody_before(self) -> None:
        found = seen([], day=0)
        assert (found.state, found.score, keys(found)) == (CloneState.FIRST, 0, ["clone.first"])

    def test_a_family_with_many_phones_for_weeks(self) -> None:
        scans = [first(day, HOME) for day in range(0, 40, 4)]
        scans += [again(day, HOME, 3) for day in range(40)]
        found = seen(scans, day=40)
        assert (found.state, found.score) == (CloneState.SEEN_BEFORE_HERE, 0)
        assert found.reasons[0].params == {"count": 130, "day": day_text(DAY)}

    def test_a_present_to_another_province(self) -> None:
        found = seen([first(0, HOME), first(1, HOME)], day=20, region=AWAY)
        assert found.state is CloneState.FIRST
        assert keys(found) == ["clone.first-here", "clone.also-elsewhere"]

    def test_a_traveller_who_comes_home(self) -> None:
        scans = [first(0, HOME), again(5, AWAY), first(6, AWAY), again(9, HOME)]
        assert seen(scans, day=12).verdict is None

    def test_own_phone_anywhere_any_time_says_nothing(self) -> None:
        scans = [first(0, HOME)]
        scans += [again(day, (HOME, AWAY, THIRD)[day % 3]) for day in range(1, 60)]
        assert seen(scans, day=60, again=True).score == 0

    def test_a_picture_in_a_family_chat_is_one_glimpse(self) -> None:
        scans = [first(0, HOME), again(20, HOME)]
        chat = [first(0, AWAY), first(1, THIRD), first(2, "CN-11"), again(5, THIRD)]
        found = seen([*scans, *chat], day=30)
        assert found.verdict is None
        assert found.score == seen([*scans, first(0, AWAY)], day=30).score

    def test_a_picture_shown_to_everybody_is_scanned_once(self) -> None:
        home = [first(0, HOME), again(20, HOME)]
        crowd = [first(day, f"CN-{11 + n}") for day in range(20, 26) for n in range(20)]
        assert seen([*home, *crowd], day=30).verdict is None

    def test_a_phone_that_mobile_data_take_to_another_province(self) -> None:
        scans = [first(0, HOME)] + [again(day, (HOME, AWAY)[day % 2]) for day in range(1, 60)]
        assert seen(scans, day=60).score == 0

    def test_the_trade_on_the_way(self) -> None:
        scans = [first(0, "NZ"), first(60, "CN-12"), first(75, AWAY), first(80, HOME)]
        scans += [again(day, HOME) for day in range(81, 120, 3)]
        assert seen(scans, day=120).verdict is None

    def test_another_country_is_worth_knowing_and_no_more(self) -> None:
        found = seen([], day=0, region="NL")
        assert found.verdict is None
        assert keys(found) == ["clone.first", "clone.other-market"]

    def test_a_province_and_its_country_are_one_place(self) -> None:
        scans = [*lived("CN", HOME), *(first(day, ("CN", HOME)[day % 2]) for day in range(50))]
        assert seen(scans, day=60).score == 0

    def test_scans_from_nowhere_are_in_no_other_place(self) -> None:
        scans = [first(day, "") for day in range(0, 30, 3)]
        assert seen(scans, day=30).state is CloneState.SEEN_BEFORE_HERE


def lived(*regions: str) -> list[DayCount]:
    """Devices that come back for weeks."""
    return [it for region in regions for it in (first(0, region), again(40, region))]


class TestCopies:
    def test_homes_that_take_turns(self) -> None:
        scans = [*lived(HOME, AWAY), *(first(4 * n, (HOME, AWAY)[n % 2]) for n in range(9))]
        found = seen(scans, day=40)
        assert found.state is CloneState.SEEN_ELSEWHERE
        assert found.verdict is VerdictCode.SEEN_ELSEWHERE
        assert found.reasons[0].key == "clone.journeys"
        assert found.reasons[0].params["regions"] == 2

    def test_homes_in_many_regions_at_once(self) -> None:
        scans = lived(*(f"CN-{11 + number}" for number in range(5)))
        assert seen(scans, day=41).verdict is VerdictCode.SEEN_ELSEWHERE

    def test_glimpses_that_never_end(self) -> None:
        scans = [first(day, (HOME, AWAY)[day % 2]) for day in range(60)]
        assert seen(scans, day=60).verdict is VerdictCode.SEEN_ELSEWHERE

    def test_one_home_elsewhere_alone_is_no_copy(self) -> None:
        assert seen(lived(HOME, AWAY), day=41).verdict is None

    def test_more_devices_than_a_household_has(self) -> None:
        scans = [first(day, HOME, 10) for day in range(30)]
        found = seen(scans, day=30)
        assert (found.state, found.reasons[0].key) == (
            CloneState.SEEN_ELSEWHERE,
            "clone.many-devices",
        )

    def test_scans_in_the_market_while_the_goods_are_at_sea(self) -> None:
        scans = tuple(first(day, HOME) for day in range(0, 20, 4))
        history = History(scans, market="CN", sold_day=DAY + 60)
        found = assess(history, Scan(DAY + 61, HOME))
        assert found.state is CloneState.SEEN_ELSEWHERE
        assert {"days": 60} in [it.params for it in found.reasons if it.key == "clone.early"]

    def test_score_only_grows_with_more_places(self) -> None:
        scores = [
            seen(
                [*lived(HOME, AWAY), *(first(4 * n, (HOME, AWAY)[n % 2]) for n in range(turns))],
                day=4 * turns,
            ).score
            for turns in range(10, 40, 2)
        ]
        assert scores == sorted(scores)
        assert scores[-1] < 1


class TestSeal:
    OPENED = History((first(0, HOME),), Opening(DAY, HOME), 1, "CN")

    def test_first_use(self) -> None:
        found = assess(History(market="CN"), Scan(DAY, HOME, opens=True))
        assert (found.state, found.reasons[0].key) == (CloneState.FIRST, "clone.opening")

    @pytest.mark.parametrize(
        ("day", "region", "opens", "own", "key", "alarms"),
        [
            (3, HOME, True, False, "clone.reopened", False),
            (8, AWAY, True, False, "clone.reopened-elsewhere", True),
            (7, AWAY, True, False, "clone.reopened", False),
            (USED_UP_DAYS, HOME, True, False, "clone.reopened", False),
            (USED_UP_DAYS + 1, HOME, True, False, "clone.reopened-late", True),
            (USED_UP_DAYS + 1, HOME, True, True, "clone.opened", False),
            (3, AWAY, False, False, "clone.opened", False),
            (USED_UP_DAYS + 1, HOME, False, False, "clone.opened", False),
            (USED_UP_DAYS + 1, AWAY, False, False, "clone.opened-elsewhere", True),
            (USED_UP_DAYS + 1, AWAY, True, True, "clone.opened", False),
            (3, "CN", True, False, "clone.reopened", False),
            (3, "", True, False, "clone.reopened", False),
        ],
        ids=[
            "second-phone",
            "elsewhere",
            "not-empty-yet",
            "last-day-of-use",
            "after-use",
            "own-phone",
            "carried",
            "kept-tin",
            "refilled",
            "own-phone-abroad",
            "country-only",
            "no-region",
        ],
    )
    def test_a_tin_that_was_opened(
        self, day: int, region: str, *, opens: bool, own: bool, key: str, alarms: bool
    ) -> None:
        found = assess(self.OPENED, Scan(DAY + day, region, again=own, opens=opens))
        assert found.reasons[0].key == key
        assert found.reasons[0].params == {"day": day_text(DAY)}
        assert (found.verdict is VerdictCode.OPENED_BEFORE) is alarms
        assert (found.score >= ALARM) is alarms


class TestCountJourneys:
    @pytest.mark.parametrize(
        ("visits", "journeys"),
        [
            ("", 0),
            ("A", 0),
            ("A A A", 0),
            ("A B", 1),
            ("A B A", 1),
            ("A B A B", 2),
            ("A B C D", 3),
            ("AB", 1),
            ("AB AB AB", 3),
            ("ABC ABC", 4),
            ("Aa", 0.25),
            ("Aabc", 0.25),
            ("A a A b A", 0.5),
            ("A Bab B", 1.25),
        ],
    )
    def test_of_windows(self, visits: str, journeys: float) -> None:
        """Each word is a window; capitals are lived in, small letters are glimpses."""
        assert count_journeys(windows(visits)) == journeys

    def test_is_the_least_of_all_ways(self) -> None:
        """Compared with trying out every place for every window."""
        seed = random.randrange(2**32)
        print(f"seed {seed}")
        draw = random.Random(seed)
        for _ in range(100):
            words = [
                "".join(draw.sample("ABCab", k=draw.randint(1, 3)))
                for _ in range(draw.randint(1, 5))
            ]
            assert count_journeys(windows(" ".join(words))) == pytest.approx(least(words))


def windows(text: str) -> list[DayCount]:
    words = text.split()
    seen = [first(3 * at, f"CN-{it}") for at, word in enumerate(words) for it in word]
    return seen + [again(500, it.region) for it in seen if it.region[-1].isupper()]


def least(words: list[str]) -> float:
    """The fewest journeys, by brute force over where the tin is after each window."""
    places = sorted({it for word in words for it in word})

    def cost(word: set[str]) -> float:
        homes = sum(it.isupper() for it in word)
        return homes + 0.25 * (len(word) > homes)

    def ways(here: str, rest: list[str]) -> float:
        if not rest:
            return 0
        return min(
            (there != here) + cost(set(rest[0]) - {here, there}) + ways(there, rest[1:])
            for there in places
        )

    return min(ways(start, words) for start in places)


class TestStep:
    @pytest.mark.parametrize(
        ("state", "status"),
        [
            (CloneState.FIRST, CheckStatus.VALID),
            (CloneState.SEEN_BEFORE_HERE, CheckStatus.VALID),
            (CloneState.SEEN_ELSEWHERE, CheckStatus.INVALID),
            (CloneState.OPENED_BEFORE, CheckStatus.INVALID),
            (CloneState.UNKNOWN, CheckStatus.SKIPPED),
        ],
    )
    def test_each_state_has_its_status(self, state: CloneState, status: CheckStatus) -> None:
        check = verify_history(Assessment(state, 0.0, (), 3))
        assert (check.step, check.name, check.status) == (9, "scan-history", status)

    def test_nobody_asked(self) -> None:
        assert verify_history(None).key == "scan-history.none"

    def test_scans_say_nothing_about_the_records(self) -> None:
        warned = verify_history(Assessment(CloneState.SEEN_ELSEWHERE, 0.9, ()))
        held = verify_history(Assessment(CloneState.FIRST, 0.0, ()))
        assert authenticity([warned]) == authenticity([held]) == CheckStatus.ERROR


def test_unknown_is_neither_good_nor_bad() -> None:
    assert (UNKNOWN.verdict, UNKNOWN.score) == (None, 0.0)


def test_a_tin_is_named_by_batch_and_serial() -> None:
    names = {build_tin_key(bytes([batch]) * 32, it) for batch in (0, 1) for it in ("A1", "A2")}
    assert len(names) == 4
    assert {len(it) for it in names} == {16}


def test_days() -> None:
    assert day_text(day_of(1_793_016_000)) == "2026-10-26"
    assert day_text(10**12) == str(10**12)


def test_a_stream_that_somebody_made_up_is_judged_soon() -> None:
    """As many regions and days as the store gives back."""
    regions = [f"{one}{two}" for one in "ABCDEFGH" for two in "ABCDEFGHIJKLMNOPQRSTUVWXY"]
    scans = [
        DayCount(DAY + number // 40, regions[number % len(regions)], 5, 5) for number in range(2000)
    ]
    began = time.process_time()
    found = seen(scans, day=60, region="NL")
    assert time.process_time() - began < MAX_JUDGING_S
    assert found.verdict is VerdictCode.SEEN_ELSEWHERE
