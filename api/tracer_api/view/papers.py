"""Papers with their states, clearance, temperature, carbon and social responsibility."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from tracer.domain.cards import (
    CarbonCard,
    ClearanceCard,
    ConditionCard,
    CsrCard,
    JourneyStep,
    PaperCard,
    PaperState,
    PartyCard,
)
from tracer.domain.condition import Severity
from tracer.domain.status import ClearanceState
from tracer_api.view.chart import build_chart
from tracer_api.view.gauges import band_gauge, share_gauge
from tracer_api.view.model import Carbon, Clearance, Condition, Csr, Fact, Paper, Part
from tracer_api.view.texts import Texts, number
from tracer_api.view.words import pick, plain_name, say_message

_TONES: Final = {
    PaperState.CLEARED: "good",
    PaperState.CONFIRMED: "good",
    PaperState.CLAIMED: "warn",
    PaperState.UNVERIFIED: "plain",
    PaperState.WITHHELD: "plain",
    PaperState.CONFLICT: "stop",
    PaperState.INVALID: "stop",
}
MAX_REASONS: Final = 3  # the first ones say why; the technical part lists them all
_FIRST: Final = (
    "CUSTOMS_DECLARATION",
    "CIQ_CERTIFICATE",
    "HEALTH_CERTIFICATE",
    "CERTIFICATE_OF_ORIGIN",
    "FORMULA_REGISTRATION",
    "MANUFACTURER_REGISTRATION",
)
"""Papers that a parent may have heard of; the others are folded away, unless they are in doubt."""


def _paper(t: Texts, card: PaperCard, issuer: PartyCard | None) -> Paper:
    lines = []
    if card.number:
        day = t.iso_day(card.issued_at)
        lines.append(f"{t('paper.number', number=card.number)}{' · ' if day else ''}{day}")
    name = plain_name(pick(t, issuer.name_en, issuer.name_zh)) if issuer else card.issuer
    if name:
        lines.append(name)
    if card.hidden == 1:
        lines.append(t("paper.hidden_one"))
    elif card.hidden:
        lines.append(t("paper.hidden", n=card.hidden))
    title = t.code("doctype", card.doc_type) if card.doc_type else t("paper.unreadable")
    return Paper(title, say_message(t, card.message), _TONES[card.state], tuple(lines))


def build_papers(
    t: Texts, cards: Sequence[PaperCard], parties: Mapping[str, PartyCard]
) -> tuple[tuple[Paper, ...], tuple[Paper, ...]]:
    """The papers to show at once, and those to fold away."""
    rank = {name: place for place, name in enumerate(_FIRST)}
    ordered = sorted(cards, key=lambda card: rank.get(card.doc_type, len(rank)))
    first: list[Paper] = []
    others: list[Paper] = []
    for card in ordered:
        paper = _paper(t, card, parties.get(card.issuer))
        is_first = card.doc_type in rank or _TONES[card.state] == "stop"
        (first if is_first else others).append(paper)
    return tuple(first), tuple(others)


def build_clearance(t: Texts, card: ClearanceCard) -> Clearance:
    """Customs clearance against its target."""
    tones = {
        ClearanceState.CLEARED: "good",
        ClearanceState.CLAIMED: "warn",
        ClearanceState.CONFLICT: "stop",
    }
    doubted = card.message.key == "clearance.doubted"
    key = card.message.key if doubted else f"clearance.{card.state}"
    hours = arrival = ""
    gauge = None
    if card.hours is not None:
        hours = t("clearance.hours", hours=number(card.hours, 1), goal=card.target_hours)
        gauge = share_gauge(card.hours, card.target_hours)
    if card.hours_from_arrival is not None:
        arrival = t("clearance.hours_arrival", hours=number(card.hours_from_arrival, 1))
    return Clearance(
        title=say_message(t, card.message),
        tone=tones.get(card.state, "plain"),
        text=t(f"{key}.text"),
        reasons=tuple(say_message(t, message) for message in card.reasons[:MAX_REASONS]),
        hours=hours,
        arrival=arrival,
        gauge=gauge,
    )


def build_condition(t: Texts, card: ConditionCard, journey: Sequence[JourneyStep]) -> Condition:
    """What the logger measured on the way."""
    summary = card.summary
    lines = []
    if summary.min_c is not None and summary.max_c is not None and summary.mean_c is not None:
        low, high, mean = (number(c, 1) for c in (summary.min_c, summary.max_c, summary.mean_c))
        lines.append(t("condition.range", min=low, max=high, mean=mean))
    if card.max_c is not None and summary.minutes_over_max:
        hours = number(summary.minutes_over_max / 60, 0)
        lines.append(t("condition.over", hours=hours, limit=number(card.max_c)))
    elif card.max_c is not None:
        lines.append(t("condition.never_over", limit=number(card.max_c)))
    has_gauge = summary.max_c is not None and card.max_c is not None
    return Condition(
        good=summary.severity is Severity.IN_RANGE,
        headline=t(f"condition.{summary.severity}"),
        lines=tuple(lines),
        gauge=share_gauge(summary.max_c or 0.0, card.max_c or 0.0) if has_gauge else None,
        chart=build_chart(t, card, journey),
    )


def build_carbon(t: Texts, card: CarbonCard) -> Carbon | None:
    """The footprint of one tin with its parts; None when the number of tins is not known."""
    footprint = card.footprint
    if footprint.per_tin_co2e_kg is None:
        return None
    whole = sum(footprint.parts.values()) or 1.0
    parts = [
        Part(t.code("carbon.stage", stage), f"{number(kg, 2)} kg", round(100 * kg / whole))
        for stage, kg in footprint.parts.items()
    ]
    lines = [t("carbon.primary", pct=number(footprint.primary_share_pct, 0))]
    if footprint.differs:
        lines.append(say_message(t, card.message))
    gauge, band = None, ""
    per_kg = footprint.per_kg_co2e_kg
    if per_kg is not None and footprint.band:
        low, high = footprint.band
        gauge, band = (
            band_gauge(per_kg, low, high),
            t("carbon.band", low=number(low), high=number(high)),
        )
    spread = number(footprint.uncertainty_pct, 0)
    return Carbon(
        per_tin=t("carbon.per_tin", kg=number(footprint.per_tin_co2e_kg, 2)),
        per_kg="" if per_kg is None else t("carbon.per_kg", kg=number(per_kg, 2), pct=spread),
        parts=tuple(parts),
        band=band,
        gauge=gauge,
        lines=tuple(lines),
    )


def _text(fields: Mapping[str, Any], name: str) -> str:
    value = fields.get(name)
    return value if isinstance(value, str) else ""


def _listed(fields: Mapping[str, Any], name: str) -> list[Any]:
    value = fields.get(name)
    return value if isinstance(value, list) else []


def _metric(t: Texts, metric: object) -> Fact | None:
    if not isinstance(metric, dict) or not isinstance(value := metric.get("value"), int | float):
        return None
    name = pick(t, _text(metric, "nameEn"), _text(metric, "nameZh")) or _text(metric, "code")
    unit = t.code("unit", _text(metric, "unit"))
    return Fact(name, f"{number(value)} {'' if unit == '1' else unit}".rstrip())


def build_csr(t: Texts, card: CsrCard) -> Csr:
    """One social responsibility report."""
    fields = card.fields
    facts = []
    frameworks = [str(name) for name in _listed(fields, "frameworks")]
    if frameworks:
        joined = t("list.join").join(frameworks)
        facts.append(Fact(t("csr.frameworks"), joined, wide=True))
    start, end = _text(fields, "periodStart"), _text(fields, "periodEnd")
    if start and end:
        span = t("date.span", first=t.iso_day(start), last=t.iso_day(end))
        facts.append(Fact(t("csr.period"), span, wide=True))
    if scope := pick(t, _text(fields, "scopeEn"), _text(fields, "scopeZh")):
        facts.append(Fact(t("csr.scope"), plain_name(scope), wide=True))
    if provider := _text(fields, "assuranceProvider"):
        level = t.code("assurance", _text(fields, "assuranceLevel"))
        value = t("csr.assurance_value", provider=plain_name(provider), level=level)
        facts.append(Fact(t("csr.assurance"), value, wide=True))
    return Csr(
        summary=pick(t, _text(fields, "highlightsEn"), _text(fields, "highlightsZh")),
        facts=tuple(facts),
        metrics=tuple(filter(None, (_metric(t, one) for one in _listed(fields, "metrics")))),
    )
