"""Where a scan comes from, as coarse as it is known."""

import pytest
from starlette.datastructures import Headers
from tracer_api.regions import load_regions

REGIONS = load_regions("X-Edge-Region")
NO_EDGE = load_regions(None)


@pytest.mark.parametrize(
    ("zone", "country"),
    [
        ("Asia/Shanghai", "CN"),
        ("Asia/Urumqi", "CN"),
        ("Asia/Hong_Kong", "HK"),
        ("Europe/Amsterdam", "NL"),
        ("Pacific/Auckland", "NZ"),
        ("Europe/Dublin", "IE"),
        ("Asia/Calcutta", "IN"),
        ("Asia/Saigon", "VN"),
        ("PRC", "CN"),
        ("UTC", ""),
        ("Etc/GMT-8", ""),
        ("", ""),
        ("asia/shanghai", ""),
        ("x" * 1000, ""),
    ],
)
def test_a_time_zone_names_a_country_or_nothing(zone: str, country: str) -> None:
    assert NO_EDGE.find(Headers(), zone) == country


@pytest.mark.parametrize(
    ("given", "zone", "region"),
    [
        ("CN-31", "Asia/Shanghai", "CN-31"),
        ("cn-31", "", "CN-31"),
        ("NZ", "Pacific/Auckland", "NZ"),
        ("CN-310", "", "CN-310"),
        ("CN-3100", "Asia/Shanghai", "CN"),
        ("CHN", "Asia/Shanghai", "CN"),
        ("CN_31", "Asia/Shanghai", "CN"),
        ("", "Asia/Shanghai", "CN"),
        ("SG", "Asia/Shanghai", ""),
        ("CN-31", "Europe/Amsterdam", ""),
    ],
)
def test_the_edge_knows_better_unless_the_two_contradict_each_other(
    given: str, zone: str, region: str
) -> None:
    assert REGIONS.find(Headers({"x-edge-region": given}), zone) == region


def test_other_headers_say_nothing() -> None:
    headers = Headers({"x-edge-region": "CN-31", "cf-ipcountry": "CN"})
    assert NO_EDGE.find(headers, "") == ""
