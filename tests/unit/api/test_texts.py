from datetime import UTC, date, datetime

import pytest
from tracer_api.assets import load_assets
from tracer_api.view.texts import Texts, local_time, number

DASH = "\N{EN DASH}"
ASSETS = load_assets()
EN = Texts("en", ASSETS.catalogues["en"])
ZH = Texts("zh", ASSETS.catalogues["zh"])


class TestDates:
    def test_day(self) -> None:
        assert EN.day(date(2026, 2, 11)) == "11 Feb 2026"
        assert ZH.day(date(2026, 2, 11)) == "2026年2月11日"

    def test_minute(self) -> None:
        assert EN.minute(datetime(2026, 2, 3, 7, 10, tzinfo=UTC)) == "3 Feb, 07:10"
        assert ZH.minute(datetime(2026, 2, 3, 7, 10, tzinfo=UTC)) == "2月3日 07:10"

    def test_a_shared_year_is_written_once(self) -> None:
        first, last = date(2026, 1, 28), date(2026, 2, 3)
        assert EN.span(first, last) == f"28 Jan {DASH} 3 Feb 2026"
        assert ZH.span(first, last) == f"2026年1月28日 {DASH} 2月3日"

    def test_other_years_and_one_day(self) -> None:
        assert EN.span(date(2025, 12, 31), date(2026, 1, 1)) == f"31 Dec 2025 {DASH} 1 Jan 2026"
        assert EN.span(date(2026, 1, 1), date(2026, 1, 1)) == "1 Jan 2026"

    def test_local_time_follows_the_offset_of_the_event(self) -> None:
        assert local_time(1770095400, 13 * 3600).isoformat() == "2026-02-03T18:10:00"


class TestAge:
    @pytest.mark.parametrize(
        ("seconds", "text"),
        [
            (-5, "0 seconds ago"),
            (59, "59 seconds ago"),
            (119, "119 seconds ago"),
            (120, "2 minutes ago"),
            (3 * 3600, "3 hours ago"),
            (15 * 86400, "15 days ago"),
        ],
    )
    def test_uses_the_largest_unit_of_which_there_are_two(self, seconds: int, text: str) -> None:
        assert EN.age(seconds) == text


class TestNumber:
    @pytest.mark.parametrize(
        ("value", "decimals", "text"),
        [
            (16.8088, None, "16.81"),
            (0.0096, None, "0.0096"),
            (277, None, "277"),
            (10368.0, None, "10368"),
            (123456.4, None, "123456"),
            (0.00001234, None, "0.00001234"),
            (6.1849, 2, "6.18"),
            (6.0, 2, "6.00"),
            (0.0, None, "0"),
        ],
    )
    def test_never_shows_an_exponent(self, value: float, decimals: int | None, text: str) -> None:
        assert number(value, decimals) == text


class TestCodes:
    def test_an_unknown_code_stands_as_it_is(self) -> None:
        assert EN.code("country", "NZ") == "New Zealand"
        assert EN.code("country", "XX") == "XX"
