"""A footprint is recomputed from its lines, and a stated total that does not follow is named."""

import json
import math
import random
from pathlib import Path
from typing import Any

import pytest

import tracer
from tracer.domain.carbon import Band, expanded_uncertainty_pct, read_lines, recompute
from tracer.rules import load_factors

SAMPLES = Path(tracer.__file__).parent / "samples"
FACTORS = load_factors()
SEED = 20260211


def sample(name: str) -> tuple[dict[str, Any], dict[str, Any]]:
    papers = json.loads((SAMPLES / f"{name}.json").read_text("utf-8"))["documents"]
    by_type = {paper["docType"]: paper["public"] for paper in papers}
    return by_type["CARBON_FOOTPRINT"], by_type["PRODUCT"]


class TestRecompute:
    @pytest.mark.parametrize(
        ("name", "per_tin", "per_kg", "uncertainty", "primary"),
        [
            ("nz", 6.1849, 6.8721, 21.4, 6.7),
            ("nl", 8.3935, 10.4919, 23.0, 5.2),
            ("ie", 8.6377, 9.5974, 22.7, 5.5),
        ],
    )
    def test_samples(
        self, name: str, per_tin: float, per_kg: float, uncertainty: float, primary: float
    ) -> None:
        paper, product = sample(name)
        found = recompute(paper, FACTORS, tins=product["tins"], net_weight_g=product["netWeightG"])
        assert found.per_tin_co2e_kg == pytest.approx(per_tin, abs=5e-5)
        assert found.per_kg_co2e_kg == pytest.approx(per_kg, abs=5e-5)
        assert found.uncertainty_pct == pytest.approx(uncertainty, abs=0.05)
        assert found.primary_share_pct == pytest.approx(primary, abs=0.05)
        assert found.band_position is Band.WITHIN
        assert not found.differs
        assert sum(found.parts.values()) == pytest.approx(per_tin, abs=5e-5)
        assert list(found.parts) == list(FACTORS.stages)

    def test_a_total_that_does_not_follow_is_named(self) -> None:
        paper, product = sample("nz")
        paper["totalKgCO2e"] *= 0.9
        found = recompute(paper, FACTORS, tins=product["tins"], net_weight_g=900)
        assert found.differs

    def test_a_per_tin_value_that_does_not_follow_is_named(self) -> None:
        paper, product = sample("nz")
        paper["perTinKgCO2e"] *= 1.01
        assert recompute(paper, FACTORS, tins=product["tins"], net_weight_g=900).differs

    def test_without_tins_there_is_no_value_per_tin(self) -> None:
        paper, _ = sample("nz")
        found = recompute(paper, FACTORS, tins=None, net_weight_g=900)
        assert found.per_tin_co2e_kg is None
        assert found.band_position is Band.NONE
        assert not found.differs

    @pytest.mark.parametrize(("low", "high", "where"), [(7, 9, Band.BELOW), (1, 2, Band.ABOVE)])
    def test_band(self, low: float, high: float, where: Band) -> None:
        paper, product = sample("nz")
        paper["literatureBandPerKg"] = [low, high]
        found = recompute(paper, FACTORS, tins=product["tins"], net_weight_g=900)
        assert found.band_position is where

    @pytest.mark.parametrize(
        "paper",
        [
            {},
            {"activities": 1},
            {"activities": [None, {"quantity": "1"}, {"quantity": True, "factorValue": 1}]},
            {"activities": [{"quantity": 1, "factorValue": float("nan")}]},
        ],
    )
    def test_nonsense_is_never_a_footprint(self, paper: dict[str, Any]) -> None:
        found = recompute(paper, FACTORS, tins=5, net_weight_g=900)
        assert found.lines == ()
        assert found.differs


class TestUncertainty:
    def test_monte_carlo_agrees(self) -> None:
        lines = read_lines(sample("nz")[0]["activities"])
        dice = random.Random(SEED)
        print(f"seed {SEED}")
        spread = {
            line.factor_id: (
                1.25 if "/" in line.factor_id else FACTORS.gsd.get(line.factor_id, 1.5)
            )
            for line in lines
        }
        totals = sorted(
            math.fsum(
                line.co2e_kg * math.exp(dice.gauss(0, math.log(spread[line.factor_id])))
                for line in lines
            )
            for _ in range(4000)
        )
        low, high = totals[100], totals[3899]
        total = math.fsum(line.co2e_kg for line in lines)
        half_width_pct = 100 * (high - low) / 2 / total
        assert expanded_uncertainty_pct(lines, FACTORS) == pytest.approx(half_width_pct, rel=0.1)

    def test_of_nothing_is_nothing(self) -> None:
        assert expanded_uncertainty_pct([], FACTORS) == 0
