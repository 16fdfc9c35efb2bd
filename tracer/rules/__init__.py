"""Rule tables: limits, profiles, factors, document types and words, as data with their sources.

The tables ship with the program and change only with it; each names its version. Reading one is
like importing a constant, which is why the pure core may use them. Numbers are `Decimal`, because
a limit's decimals are part of it: 1.20 and 1.2 round a result differently.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from importlib.resources import files
from typing import Any

NOT_READ = "low"
"""Confidence of a value that nobody has checked against a text: it judges nothing."""


@dataclass(frozen=True, slots=True)
class Limit:
    """A range that a measured value must lie in.

    Attributes:
        minimum: inclusive, None = none.
        maximum: inclusive, None = none.
        source: standard and table, for people.
        confidence: high, medium or low.
        read: how the value was obtained: text, copy or memory.
        valid_from: first production day that it judges, ISO; "" = it always did.
        is_guidance: the maximum is advice: what lies above it breaks nothing.
    """

    minimum: Decimal | None
    maximum: Decimal | None
    source: str
    confidence: str
    read: str
    valid_from: str = ""
    is_guidance: bool = False

    @property
    def is_read(self) -> bool:
        """Whether somebody checked it against a text, so that it may judge."""
        return self.confidence != NOT_READ


Limited = Mapping[str, tuple[Limit, ...]]
"""Limit set, e.g. "CN.stage1" -> its limits, the one of the latest day last."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """Something a laboratory measures.

    Attributes:
        code: stable name, e.g. "vitamin_d".
        name_en: English.
        name_zh: Chinese.
        unit: of the limits.
        basis: what the amount is per, e.g. "per_100kJ".
        optional_in: markets in which it need not be there, and is judged only when claimed.
        limits: by limit set.
    """

    code: str
    name_en: str
    name_zh: str
    unit: str
    basis: str
    optional_in: frozenset[str]
    limits: Limited


@dataclass(frozen=True, slots=True)
class Ratio:
    """A limit on the ratio of two measured values.

    Attributes:
        code: stable name.
        name_en: English.
        name_zh: Chinese.
        of: code of the upper parameter.
        to: code of the lower parameter.
        limits: by limit set.
    """

    code: str
    name_en: str
    name_zh: str
    of: str
    to: str
    limits: Limited


@dataclass(frozen=True, slots=True)
class SamplingPlan:
    """A microbiological plan: n samples, at most c of them above m, none above M.

    Attributes:
        code: organism.
        name_en: English.
        name_zh: Chinese.
        unit: "detected" for presence, else a count unit.
        jurisdiction: CN, EU, CODEX or US.
        n: samples to test.
        c: samples that may lie above m.
        m: threshold.
        upper_m: M, None in a two-class plan.
        sample_size: as text, e.g. "25 g".
        source: standard, for people.
        stages: stages it applies to; empty = all.
        confidence: high, medium or low.
        valid_from: first production day that it judges, ISO; "" = it always did.
    """

    code: str
    name_en: str
    name_zh: str
    unit: str
    jurisdiction: str
    n: int
    c: int
    m: Decimal
    upper_m: Decimal | None
    sample_size: str
    source: str
    stages: tuple[int, ...]
    confidence: str
    valid_from: str


@dataclass(frozen=True, slots=True)
class Limits:
    """The laboratory's rule table.

    Attributes:
        version: of the table.
        standards: limit set -> standard that defines it.
        parameters: code -> parameter, in the table's order.
        ratios: limits on ratios.
        plans: sampling plans.
        markets: market -> stage as text, or "all" -> limit set.
        energy_of: macronutrient -> kilojoules in a gram.
        international_units: vitamin -> micrograms in one international unit.
    """

    version: str
    standards: Mapping[str, str]
    parameters: Mapping[str, Parameter]
    ratios: tuple[Ratio, ...]
    plans: tuple[SamplingPlan, ...]
    markets: Mapping[str, Mapping[str, str]]
    energy_of: Mapping[str, Decimal]
    international_units: Mapping[str, Decimal]


@dataclass(frozen=True, slots=True)
class Profile:
    """Conditions that one product tolerates on one kind of leg.

    Attributes:
        profile_id: e.g. "POWDER_AMBIENT".
        name_en: English.
        name_zh: Chinese.
        min_c: lowest temperature, degrees Celsius; None = none.
        max_c: highest temperature.
        hard_max_c: above it the goods count as harmed; None = none.
        max_minutes_over_max: total time that may be spent above `max_c`; None = no allowance.
        mkt_window_h: window of the mean kinetic temperature, hours; None = not used.
        mkt_max_c: its limit.
        rh_max_pct: highest relative humidity; None = none.
    """

    profile_id: str
    name_en: str
    name_zh: str
    min_c: float | None
    max_c: float
    hard_max_c: float | None
    max_minutes_over_max: int | None
    mkt_window_h: int | None
    mkt_max_c: float | None
    rh_max_pct: float | None


@dataclass(frozen=True, slots=True)
class Factors:
    """Emission factors.

    Attributes:
        version: of the table.
        values: factor id -> kg CO2e per unit.
        gsd: factor id -> geometric standard deviation.
        stages: stage code -> {"en", "zh"}, in the order of a life cycle.
    """

    version: str
    values: Mapping[str, Decimal]
    gsd: Mapping[str, float]
    stages: Mapping[str, Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class Words:
    """Words for codes: code -> {"en", "zh"}; a code that is missing reads as itself."""

    kinds: Mapping[str, Mapping[str, str]]
    biz_steps: Mapping[str, Mapping[str, str]]
    dispositions: Mapping[str, Mapping[str, str]]
    roles: Mapping[str, Mapping[str, str]]
    countries: Mapping[str, Mapping[str, str]]
    trade_modes: Mapping[str, Mapping[str, str]]
    documents: Mapping[str, Mapping[str, str]]
    cross_checks: Mapping[str, Mapping[str, str]]


def _read(name: str) -> dict[str, Any]:
    text = files(__name__).joinpath(name).read_text("utf-8")
    value: dict[str, Any] = json.loads(text, parse_float=Decimal)
    return value


def _limit(row: dict[str, Any], table: dict[str, Any]) -> Limit:
    low, high = (None if row[end] is None else Decimal(row[end]) for end in ("min", "max"))
    source = row["source"]
    return Limit(
        low,
        high,
        table["sources"][source],
        row["confidence"],
        row["read"],
        row.get("validFrom", table["validFrom"][source]),
        bool(row.get("maxIsGuidance")),
    )


def _limits(rows: dict[str, Any], table: dict[str, Any]) -> Limited:
    def versions(row: Any) -> tuple[Limit, ...]:  # noqa: ANN401 - one row of JSON, or a list
        found = [_limit(each, table) for each in (row if isinstance(row, list) else [row])]
        return tuple(sorted(found, key=lambda limit: limit.valid_from))

    return {name: versions(row) for name, row in rows.items()}


def _optional_float(value: Decimal | int | None) -> float | None:
    return None if value is None else float(value)


def _plan(row: dict[str, Any], table: dict[str, Any]) -> SamplingPlan:
    return SamplingPlan(
        code=row["code"],
        name_en=row["nameEn"],
        name_zh=row["nameZh"],
        unit=row["unit"],
        jurisdiction=row["jurisdiction"],
        n=row["n"],
        c=row["c"],
        m=Decimal(row["m"]),
        upper_m=None if row["M"] is None else Decimal(row["M"]),
        sample_size=row["sampleSize"],
        source=table["sources"][row["source"]],
        stages=tuple(row.get("stages", ())),
        confidence=row["confidence"],
        valid_from=row.get("validFrom", table["validFrom"][row["source"]]),
    )


@cache
def load_limits() -> Limits:
    """Read the laboratory's rule table."""
    table = _read("limits.json")
    parameters = {
        row["code"]: Parameter(
            row["code"],
            row["nameEn"],
            row["nameZh"],
            row["unit"],
            row["basis"],
            frozenset(row.get("optionalIn", ())),
            _limits(row["limits"], table),
        )
        for row in table["parameters"]
    }
    ratios = tuple(
        Ratio(
            row["code"],
            row["nameEn"],
            row["nameZh"],
            row["of"],
            row["to"],
            _limits(row["sets"], table),
        )
        for row in table["ratios"]
    )
    return Limits(
        table["version"],
        table["standards"],
        parameters,
        ratios,
        tuple(_plan(row, table) for row in table["samplingPlans"]),
        table["markets"],
        {code: Decimal(value) for code, value in table["energyOf"].items()},
        {code: Decimal(value) for code, value in table["internationalUnits"].items()},
    )


@cache
def load_profiles() -> Mapping[str, Profile]:
    """Read the condition profiles: id -> profile."""
    return {
        row["id"]: Profile(
            profile_id=row["id"],
            name_en=row["nameEn"],
            name_zh=row["nameZh"],
            min_c=_optional_float(row.get("minC")),
            max_c=float(row["maxC"]),
            hard_max_c=_optional_float(row.get("hardMaxC")),
            max_minutes_over_max=row.get("maxMinutesOverMax"),
            mkt_window_h=row.get("mktWindowH"),
            mkt_max_c=_optional_float(row.get("mktMaxC")),
            rh_max_pct=_optional_float(row.get("rhMax")),
        )
        for row in _read("profiles.json")["profiles"]
    }


@cache
def load_factors() -> Factors:
    """Read the emission factors."""
    table = _read("factors.json")
    return Factors(
        table["version"],
        {row["id"]: Decimal(row["value"]) for row in table["factors"]},
        {row["id"]: float(row["gsd"]) for row in table["factors"]},
        {row["code"]: {"en": row["nameEn"], "zh": row["nameZh"]} for row in table["stages"]},
    )


@cache
def load_words() -> Words:
    """Read the words for codes."""
    table, documents = _read("words.json"), _read("documents.json")

    def named(rows: list[dict[str, Any]]) -> dict[str, dict[str, str]]:
        return {row["code"]: {"en": row["nameEn"], "zh": row["nameZh"]} for row in rows}

    return Words(
        kinds=table["kinds"],
        biz_steps=table["bizSteps"],
        dispositions=table["dispositions"],
        roles=table["roles"],
        countries=table["countries"],
        trade_modes=table["tradeModes"],
        documents=named(documents["types"]),
        cross_checks=named(documents["crossChecks"]),
    )
