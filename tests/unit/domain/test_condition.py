"""Temperature logs: excursions, kinetic mean, gaps and severity."""

import csv
import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

import tracer
from tracer.domain.condition import (
    Reading,
    Severity,
    count_gaps,
    find_excursions,
    mean_kinetic_temperature,
    summarise,
    summary_from_log,
    worst_window_mkt,
)
from tracer.rules import load_profiles

SAMPLES = Path(tracer.__file__).parent / "samples"
PROFILES = load_profiles()
POWDER, CHILLED = PROFILES["POWDER_AMBIENT"], PROFILES["CHILLED_2_8"]
HOUR_S = 3600


def log(name: str) -> list[Reading]:
    lines = (SAMPLES / f"{name}_templog.csv").read_text("utf-8").splitlines()
    rows = csv.DictReader(line for line in lines if not line.startswith("#"))
    return [
        Reading(
            int(datetime.fromisoformat(row["timestamp_utc"]).timestamp()),
            float(row["temperature_c"]),
            float(row["humidity_pct"]),
        )
        for row in rows
    ]


def paper(name: str) -> dict[str, Any]:
    papers = json.loads((SAMPLES / f"{name}.json").read_text("utf-8"))["documents"]
    found: dict[str, Any] = next(p["public"] for p in papers if p["docType"] == "TEMPERATURE_LOG")
    return found


def hourly(*temperatures: float) -> list[Reading]:
    return [Reading(hour * HOUR_S, each) for hour, each in enumerate(temperatures)]


class TestSummarise:
    @pytest.mark.parametrize(
        ("name", "severity", "worst"),
        [
            ("nz", Severity.IN_RANGE, 23.84),
            ("nl", Severity.MAJOR, 27.06),
            ("ie", Severity.IN_RANGE, 24.12),
        ],
    )
    def test_sample_logs(self, name: str, severity: Severity, worst: float) -> None:
        summary, stated = summarise(log(name), POWDER), paper(name)
        assert summary.severity is severity
        assert summary.mkt_worst_c is not None
        assert round(summary.mkt_worst_c, 2) == worst
        assert summary.readings == stated["readings"]
        assert summary.minutes_over_max == stated["minutesOverMax"]
        assert summary.mean_c is not None
        assert round(summary.mean_c, 2) == stated["meanC"]
        assert summary.mkt_c is not None
        assert round(summary.mkt_c, 2) == stated["mktAllC"]
        assert summary_from_log(stated, PROFILES).severity is severity

    def test_above_the_hard_limit_is_critical(self) -> None:
        assert summarise(hourly(20, 20, 41, 20, 20), POWDER).severity is Severity.CRITICAL

    def test_a_short_warm_spell_is_minor(self) -> None:
        assert summarise(hourly(*[20] * 40, 31, 32, 20), POWDER).severity is Severity.MINOR

    def test_powder_at_3_degrees_is_no_excursion_but_chilled_goods_at_1_are(self) -> None:
        assert summarise(hourly(3, 3, 3), POWDER).severity is Severity.IN_RANGE
        assert summarise(hourly(1, 1, 1), CHILLED).severity is Severity.MAJOR

    def test_silence_is_never_in_range(self) -> None:
        readings = [*hourly(20, 20, 20), Reading(9 * HOUR_S, 20)]
        assert summarise(readings, POWDER).severity is Severity.DATA_GAP

    def test_a_log_without_readings_is_unknown(self) -> None:
        assert summarise([], POWDER).severity is Severity.UNKNOWN


class TestFindExcursions:
    def test_sample_with_two_spells(self) -> None:
        found = list(find_excursions(log("nl"), POWDER))
        assert [(e.readings, e.peak_c, round(e.degree_minutes)) for e in found] == [
            (13, 33.0, 1494),
            (22, 33.1, 2958),
        ]

    def test_one_reading_opens_nothing_and_one_closes_nothing(self) -> None:
        assert list(find_excursions(hourly(20, 35, 20, 20, 35, 20), POWDER)) == []
        (one,) = find_excursions(hourly(31, 31, 20, 31, 20, 20), POWDER)
        assert (one.readings, one.start_unix, one.end_unix) == (3, 0, 3 * HOUR_S)

    def test_an_open_end_counts(self) -> None:
        (one,) = find_excursions(hourly(20, 31, 32), POWDER)
        assert one.peak_c == 32
        assert one.degree_minutes == 180


class TestMeanKineticTemperature:
    def test_constant_temperature_is_itself(self) -> None:
        assert mean_kinetic_temperature([25.0] * 9) == pytest.approx(25)

    def test_lies_above_the_mean_and_below_the_peak(self) -> None:
        assert 25 < mean_kinetic_temperature([20, 20, 35]) < 35

    def test_of_nothing_is_an_error(self) -> None:
        with pytest.raises(ValueError, match="no temperature"):
            mean_kinetic_temperature([])

    def test_worst_window_finds_the_warm_day(self) -> None:
        readings = hourly(*([20.0] * 48 + [30.0] * 24 + [20.0] * 48))
        assert worst_window_mkt(readings, 24) == pytest.approx(30)
        assert worst_window_mkt(readings, 240) == pytest.approx(
            mean_kinetic_temperature([reading.temperature_c for reading in readings])
        )


class TestGaps:
    def test_counts_silence_and_clocks_that_jump_back(self) -> None:
        assert count_gaps(hourly(1, 2, 3)) == 0
        assert count_gaps([*hourly(1, 2, 3), Reading(5 * HOUR_S, 4)]) == 1
        assert count_gaps([*hourly(1, 2, 3), Reading(HOUR_S, 4)]) == 1


class TestSummaryFromLog:
    @pytest.mark.parametrize(
        "public", [{}, {"profile": "NONE"}, {"profile": "POWDER_AMBIENT", "maxC": "warm"}]
    )
    def test_unusable_figures_are_unknown(self, public: dict[str, Any]) -> None:
        assert summary_from_log(public, PROFILES).severity is Severity.UNKNOWN

    def test_the_log_s_own_verdict_is_not_copied(self) -> None:
        public = paper("nl") | {"verdict": "in_range"}
        assert summary_from_log(public, PROFILES).severity is Severity.MAJOR
