"""Rules by which papers agree: tolerances, forms of numbers, packs that took effect on a date.

`scanner_app/rules.js` holds the same table for the browser; `tests/browser/rules.test.js` compares.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any


@dataclass(frozen=True, slots=True)
class RulePack:
    """Rules that took effect on a date.

    Attributes:
        code: stable name.
        valid_from: first day of declaration on which they count, ISO date.
        name_en: English.
        name_zh: Chinese.
        registration_renews_itself: a manufacturer's registration whose date has passed may have
            been renewed, so that the date alone contradicts nothing.
    """

    code: str
    valid_from: str
    name_en: str
    name_zh: str
    registration_renews_itself: bool


@dataclass(frozen=True, slots=True)
class PaperRules:
    """Who may issue a paper, and how far papers may differ from each other.

    Attributes:
        pack: what the law said when the goods were declared.
        net_pct: by how much net weights may differ, percent.
        gross_pct: the same for gross weights.
        certified_pct: by how much all uses of a certificate may exceed what it certifies, percent.
        max_gross_per_net: heaviest packing that is plausible; tins and pallets add a third.
        min_shelf_life_months: left at declaration.
        origin_grace_days: a certificate of origin may be issued so long after shipping.
        dry_gain: how much more powder than dry matter may come out; powder holds some water.
        fill: how much more than is there may be used or filled; scales differ.
        place_km: how far from its registered place an event may be.
        port_km: how far a port's terminals lie from the port's registered place.
        declaration_number: pattern of an import declaration's number.
        formula_number: pattern of a formula registration number.
        hs_code: pattern of the customs code of registered infant formula.
        manufacturer_number: pattern of an overseas manufacturer's number.
        ciq_suffix_of_stage: stage as text -> suffix of the customs code.
        age_of_stage: stage as text -> months of age as text.
        country_of_maker: ISO 3166-1 alpha-3, as in manufacturers' numbers -> alpha-2.
        ports: UN/LOCODE -> degrees north and east.
        country_boxes: ISO 3166-1 alpha-2 -> outermost degrees south, west, north and east.
        issuer_roles: document type -> names of the roles that may issue it.
        open_issuers: types that others may record too; then they are shown as unverified.
    """

    pack: RulePack
    net_pct: float
    gross_pct: float
    certified_pct: float
    max_gross_per_net: float
    min_shelf_life_months: int
    origin_grace_days: int
    dry_gain: float
    fill: float
    place_km: float
    port_km: float
    declaration_number: str
    formula_number: str
    hs_code: str
    manufacturer_number: str
    ciq_suffix_of_stage: Mapping[str, str]
    age_of_stage: Mapping[str, str]
    country_of_maker: Mapping[str, str]
    ports: Mapping[str, tuple[float, float]]
    country_boxes: Mapping[str, tuple[float, float, float, float]]
    issuer_roles: Mapping[str, tuple[str, ...]]
    open_issuers: frozenset[str]


def _read(name: str) -> dict[str, Any]:
    value: dict[str, Any] = json.loads(files(__package__).joinpath(name).read_text("utf-8"))
    return value


@cache
def load_rule_packs() -> tuple[RulePack, ...]:
    """Every pack, the oldest first."""
    return tuple(
        RulePack(
            row["code"],
            row["validFrom"],
            row["nameEn"],
            row["nameZh"],
            row["registrationRenewsItself"],
        )
        for row in _read("papers.json")["packs"]
    )


@cache
def load_paper_rules(declared_on: str = "") -> PaperRules:
    """Read the rules of papers.

    Args:
        declared_on: day of the customs declaration, ISO date; "" for the newest rules. A day
            before the oldest pack gets the oldest one.
    """
    packs = load_rule_packs()
    in_force = [pack for pack in packs if not declared_on or pack.valid_from <= declared_on]
    table = _read("papers.json")
    near, forms = table["tolerances"], table["patterns"]
    return PaperRules(
        pack=in_force[-1] if in_force else packs[0],
        net_pct=near["netPct"],
        gross_pct=near["grossPct"],
        certified_pct=near["certifiedPct"],
        max_gross_per_net=near["maxGrossPerNet"],
        min_shelf_life_months=near["minShelfLifeMonths"],
        origin_grace_days=near["originGraceDays"],
        dry_gain=near["dryGain"],
        fill=near["fill"],
        place_km=near["placeKm"],
        port_km=near["portKm"],
        declaration_number=forms["declaration"],
        formula_number=forms["formula"],
        hs_code=forms["hs"],
        manufacturer_number=forms["manufacturer"],
        ciq_suffix_of_stage=table["ciqSuffixOfStage"],
        age_of_stage=table["ageOfStage"],
        country_of_maker=table["countryOfMaker"],
        ports={code: (lat, lon) for code, (lat, lon) in table["ports"].items()},
        country_boxes={
            code: (south, west, north, east)
            for code, (south, west, north, east) in table["countryBoxes"].items()
        },
        issuer_roles={
            row["code"]: tuple(row["issuerRoles"]) for row in _read("documents.json")["types"]
        },
        open_issuers=frozenset(table["openIssuers"]),
    )
