"""Temperature logs: what the figures of a paper amount to; the samples' figures are true."""

import csv
import json
from datetime import datetime, timedelta
from itertools import pairwise
from math import exp, log
from pathlib import Path
from statistics import fmean
from typing import Any

import pytest

import tracer
from tracer.domain.condition import Severity, summary_from_log
from tracer.rules import load_profiles

SAMPLES = Path(tracer.__file__).parent / "samples"
PROFILES = load_profiles()
POWDER = PROFILES["POWDER_AMBIENT"]
KELVIN = 83.144 / 0.0083144  # USP <1160>: activation energy by gas constant


def temperatures(name: str) -> list[float]:
    """The hourly readings of a sample's logger."""
    lines = (SAMPLES / f"{name}_templog.csv").read_text("utf-8").splitlines()
    rows = csv.DictReader(line for line in lines if not line.startswith("#"))
    return [float(row["temperature_c"]) for row in rows]


def kinetic_mean(readings: list[float]) -> float:
    return KELVIN / -log(fmean(exp(-KELVIN / (each + 273.15)) for each in readings)) - 273.15


def paper(name: str) -> dict[str, Any]:
    papers = json.loads((SAMPLES / f"{name}.json").read_text("utf-8"))["documents"]
    found: dict[str, Any] = next(p["public"] for p in papers if p["docType"] == "TEMPERATURE_LOG")
    return found


def judge(profile: str = "POWDER_AMBIENT", **figures: object) -> Severity:
    """The severity of a log at 20 degrees, but for the figures given."""
    stated = {"profile": profile, "minC": 20, "maxC": 20, "minutesOverMax": 0, "gaps": 0}
    return summary_from_log(stated | figures, PROFILES).severity


class TestSamples:
    @pytest.mark.parametrize("name", ["nz", "nl", "ie"])
    def test_papers_state_what_the_loggers_recorded(self, name: str) -> None:
        readings, stated = temperatures(name), paper(name)
        assert stated["readings"] == len(readings)
        assert (stated["minC"], stated["maxC"]) == (min(readings), max(readings))
        assert stated["meanC"] == round(fmean(readings), 2)
        assert stated["mktAllC"] == round(kinetic_mean(readings), 2)
        assert stated["minutesOverMax"] == 60 * sum(each > POWDER.max_c for each in readings)
        hours = POWDER.mkt_window_h or 0
        windows = (readings[i : i + hours] for i in range(max(1, len(readings) - hours + 1)))
        worst = max(map(kinetic_mean, windows))
        assert stated["mktWorstWindowC"] == pytest.approx(worst, abs=0.011)

    @pytest.mark.parametrize("name", ["nz", "nl", "ie"])
    def test_loggers_have_no_gaps(self, name: str) -> None:
        lines = (SAMPLES / f"{name}_templog.csv").read_text("utf-8").splitlines()
        times = [datetime.fromisoformat(line[:20]) for line in lines if line.startswith("20")]
        assert paper(name)["gaps"] == 0
        assert all(later - earlier == timedelta(hours=1) for earlier, later in pairwise(times))

    @pytest.mark.parametrize(
        ("name", "severity"),
        [("nz", Severity.IN_RANGE), ("nl", Severity.MAJOR), ("ie", Severity.IN_RANGE)],
    )
    def test_severity(self, name: str, severity: Severity) -> None:
        assert summary_from_log(paper(name), PROFILES).severity is severity


class TestSeverity:
    def test_above_the_hard_limit_is_critical(self) -> None:
        assert judge(maxC=41, minutesOverMax=60) is Severity.CRITICAL

    def test_a_short_warm_spell_is_minor_a_long_one_is_not(self) -> None:
        assert judge(maxC=32, minutesOverMax=1440) is Severity.MINOR
        assert judge(maxC=32, minutesOverMax=1441) is Severity.MAJOR

    def test_a_warm_mean_is_major_though_no_reading_is_too_warm(self) -> None:
        assert judge(mktAllC=25.1) is Severity.MAJOR
        assert judge(mktAllC=25.1, mktWorstWindowC=25) is Severity.IN_RANGE

    def test_powder_at_3_degrees_is_no_excursion_but_chilled_goods_at_1_are(self) -> None:
        assert judge(minC=3, maxC=3) is Severity.IN_RANGE
        assert judge("CHILLED_2_8", minC=1, maxC=1) is Severity.MAJOR

    def test_silence_is_never_in_range(self) -> None:
        assert judge(gaps=1) is Severity.DATA_GAP

    @pytest.mark.parametrize(
        "public", [{}, {"profile": "NONE"}, {"profile": "POWDER_AMBIENT", "maxC": "warm"}]
    )
    def test_unusable_figures_are_unknown(self, public: dict[str, Any]) -> None:
        assert summary_from_log(public, PROFILES).severity is Severity.UNKNOWN

    def test_the_log_s_own_verdict_is_not_copied(self) -> None:
        public = paper("nl") | {"verdict": "in_range"}
        assert summary_from_log(public, PROFILES).severity is Severity.MAJOR
