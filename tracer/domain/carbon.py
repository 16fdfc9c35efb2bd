"""Carbon footprint of one tin: recomputed from the activity lines that a paper states.

E = sum of quantity x factor; per tin it is divided by the tins released. Uncertainty: every factor
is lognormal with its geometric standard deviation g, half-width u = (g^1.96 - g^-1.96) / 2, lines
independent, U = sqrt(sum((E_a u_a)^2)) / E (ISO 14067 calculation as this project describes it).
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from tracer.rules import Factors

TOLERANCE_PCT = 0.5  # stated figures are rounded, line by line
DEFAULT_GSD = 1.5  # of a factor that is not in the table: wide, because nothing is known
ALLOCATED_GSD = 1.25  # at least, of a dairy co-product: how milk is shared out moves it by 30 %
COVERAGE = 1.96  # 95 %


class Band(StrEnum):
    """Where the value lies against the literature."""

    BELOW = "below"
    WITHIN = "within"
    ABOVE = "above"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class CarbonLine:
    """One activity.

    Attributes:
        stage: part of the life cycle.
        activity: as stated.
        quantity: in `unit`.
        unit: of the quantity.
        factor_id: of the emission factor, or a formula of factors.
        factor: kg CO2e per unit.
        co2e_kg: quantity x factor.
        primary_share: from 0 to 1.
        evidence: event, meter or estimate behind the quantity.
    """

    stage: str
    activity: str
    quantity: float
    unit: str
    factor_id: str
    factor: float
    co2e_kg: float
    primary_share: float
    evidence: str


@dataclass(frozen=True, slots=True)
class Footprint:
    """A recomputed footprint, beside what the paper states.

    Attributes:
        lines: activities.
        total_co2e_kg: of the batch, recomputed.
        per_tin_co2e_kg: recomputed, None without a number of tins.
        per_kg_co2e_kg: per kg of powder, None without a net weight.
        parts: stage -> kg CO2e per tin, in the order of the life cycle.
        uncertainty_pct: expanded, 95 %.
        primary_share_pct: share of the total that rests on own measurements.
        band: (low, high) per kg of powder in the literature, or None.
        band_position: where this footprint lies against it.
        stated_total_co2e_kg: what the paper says, or None.
        stated_per_tin_co2e_kg: what the paper says, or None.
        differs: the stated figures do not follow from the lines.
    """

    lines: tuple[CarbonLine, ...]
    total_co2e_kg: float
    per_tin_co2e_kg: float | None
    per_kg_co2e_kg: float | None
    parts: Mapping[str, float]
    uncertainty_pct: float
    primary_share_pct: float
    band: tuple[float, float] | None
    band_position: Band
    stated_total_co2e_kg: float | None
    stated_per_tin_co2e_kg: float | None
    differs: bool


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    return float(value)


def read_lines(activities: object) -> list[CarbonLine]:
    """The usable lines of a paper; one without quantity or factor is left out."""
    lines = []
    for row in activities if isinstance(activities, list) else []:
        if not isinstance(row, dict):
            continue
        quantity, factor = _number(row.get("quantity")), _number(row.get("factorValue"))
        if quantity is None or factor is None:
            continue
        lines.append(
            CarbonLine(
                stage=str(row.get("stage", "")),
                activity=str(row.get("activity", "")),
                quantity=quantity,
                unit=str(row.get("unit", "")),
                factor_id=str(row.get("factorId", "")),
                factor=factor,
                co2e_kg=quantity * factor,
                primary_share=min(1.0, max(0.0, _number(row.get("primaryShare")) or 0.0)),
                evidence=str(row.get("evidence", "")),
            )
        )
    return lines


def expanded_uncertainty_pct(lines: Sequence[CarbonLine], factors: Factors) -> float:
    """Expanded uncertainty (95 %) of the sum, in percent of it; 0 for a sum of 0."""
    total = math.fsum(line.co2e_kg for line in lines)
    if not total:
        return 0.0
    squares = []
    for line in lines:
        spread = _spread(line.factor_id, factors)
        half_width = (spread**COVERAGE - spread**-COVERAGE) / 2
        squares.append((line.co2e_kg * half_width) ** 2)
    return 100 * math.sqrt(math.fsum(squares)) / total


def _spread(factor_id: str, factors: Factors) -> float:
    """Geometric standard deviation of a factor, or of a formula such as "milk.NZ/DM*0.97+0.8"."""
    base, _, formula = factor_id.partition("/")
    spread = factors.gsd.get(base, DEFAULT_GSD)
    return max(spread, ALLOCATED_GSD) if formula else spread


def recompute(
    public: Mapping[str, Any], factors: Factors, *, tins: int | None, net_weight_g: float | None
) -> Footprint:
    """Recompute a CARBON_FOOTPRINT paper.

    Args:
        public: the paper's open fields.
        factors: the factor table; gives spreads and the order of stages.
        tins: tins released, from the product's data.
        net_weight_g: powder in one tin, from the product's data.
    """
    lines = read_lines(public.get("activities"))
    total = math.fsum(line.co2e_kg for line in lines)
    per_tin = total / tins if tins else None
    per_kg = per_tin / (net_weight_g / 1000) if per_tin is not None and net_weight_g else None
    stages = [*factors.stages, *(line.stage for line in lines)]
    sums = {
        stage: math.fsum(line.co2e_kg for line in lines if line.stage == stage)
        for stage in dict.fromkeys(stages)
    }
    primary = math.fsum(line.co2e_kg * line.primary_share for line in lines)
    band = _band(public.get("literatureBandPerKg"))
    stated_total = _number(public.get("totalKgCO2e"))
    stated_tin = _number(public.get("perTinKgCO2e"))
    return Footprint(
        tuple(lines),
        total,
        per_tin,
        per_kg,
        {stage: kg / (tins or 1) for stage, kg in sums.items() if kg},
        expanded_uncertainty_pct(lines, factors),
        100 * primary / total if total else 0.0,
        band,
        _position(per_kg, band),
        stated_total,
        stated_tin,
        not lines or _is_off(stated_total, total) or _is_off(stated_tin, per_tin),
    )


def _band(value: object) -> tuple[float, float] | None:
    ends = [_number(end) for end in value] if isinstance(value, list) else []
    match ends:
        case [float(low), float(high)] if low <= high:
            return low, high
        case _:
            return None


def _position(per_kg: float | None, band: tuple[float, float] | None) -> Band:
    if per_kg is None or band is None:
        return Band.NONE
    if per_kg < band[0]:
        return Band.BELOW
    return Band.ABOVE if per_kg > band[1] else Band.WITHIN


def _is_off(stated: float | None, computed: float | None) -> bool:
    """A stated figure that does not follow; what is not stated, or not computable, is not off."""
    if stated is None or computed is None:
        return False
    return abs(stated - computed) * 100 > TOLERANCE_PCT * abs(computed)
