"""The journey: records grouped into the legs that a parent would name."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from itertools import groupby
from typing import Final

from tracer.domain.cards import ContentState, JourneyStep, PaperCard, PartyCard, Place
from tracer_api.view.model import Phase, Run, Step
from tracer_api.view.texts import Texts, local_time, number
from tracer_api.view.words import pick, plain_name

_PHASES: Final[Mapping[str, tuple[str, tuple[str, ...]]]] = {
    "farm": ("farm", ("MILK_COLLECTION", "MILK_RECEIPT", "MATERIAL_RECEIPT")),
    "factory": ("factory", ("WET_PROCESS", "DRY_BLEND", "CANNING", "PACK_AGGREGATE", "SERIALS")),
    "release": ("lab", ("LAB_SAMPLING", "LAB_RESULT", "LAB_REPORT", "FACTORY_RELEASE")),
    "export": ("paper", ("EXPORT_CERTIFICATION", "EXPORT_DECLARATION", "CERTIFICATE")),
    "sea": (
        "ship",
        ("CONTAINER_LOADING", "DEPARTURE", "TRANSPORT_CONDITION", "TELEMETRY", "ARRIVAL"),
    ),
    "import": (
        "customs",
        (
            "IMPORT_DECLARATION",
            "CLEARANCE_CLAIM",
            "CUSTOMS_RELEASE",
            "CLEARANCE_CONFIRMATION",
            "CIQ_INSPECTION",
            "CUSTOMS_DOCUMENT",
        ),
    ),
    "shop": ("shop", ("UNLOAD", "WAREHOUSE_RECEIPT", "DISTRIBUTION", "RETAIL_RECEIPT", "SALE")),
    "action": (
        "alert",
        ("HOLD", "RELEASE", "HOLD_OVERRIDE", "RECALL", "DESTRUCTION", "INSPECTION"),
    ),
    "paper": ("paper", ("DOCUMENT", "SCAN", "CORRECTION", "SUPERSEDE")),
}
"""Phase -> its icon and the kinds of records that belong to it, in the order of the page."""


Known = tuple[Mapping[str, PartyCard], Mapping[str, str]]
"""GLN -> who it is, and commitment -> type of the paper."""

_PAPERS: Final = frozenset({"DOCUMENT", "CERTIFICATE", "CUSTOMS_DOCUMENT"})
"""Kinds that say less than the paper's own type does."""


def build_phases(
    t: Texts,
    journey: Sequence[JourneyStep],
    parties: Sequence[PartyCard],
    papers: Sequence[PaperCard],
) -> tuple[Phase, ...]:
    """The phases that have records. A kind that no phase names stands with the papers."""
    types = {paper.commitment: paper.doc_type for paper in papers if paper.doc_type}
    phase_of = {kind: name for name, (_, kinds) in _PHASES.items() for kind in kinds}
    signers = {party.gln: party for party in parties}
    phases = []
    for name, (icon, _) in _PHASES.items():
        steps = [step for step in journey if phase_of.get(step.kind, "paper") == name]
        if steps:
            steps.sort(key=lambda step: (step.occurred_at_unix, step.position))
            phases.append(_phase(t, name, icon, steps, (signers, types)))
    return tuple(phases)


def _phase(t: Texts, name: str, icon: str, steps: Sequence[JourneyStep], known: Known) -> Phase:
    return Phase(
        icon=icon,
        title=t(f"phase.{name}"),
        when=t.span(_day(steps[0]), _day(steps[-1])),
        where=_where(t, [step.place for step in steps]),
        runs=tuple(
            Run(_signer(t, gln, known[0].get(gln)), tuple(_step(t, one, known[1]) for one in run))
            for gln, run in groupby(steps, key=lambda step: step.signer)
        ),
    )


def _day(step: JourneyStep) -> date:
    return local_time(step.occurred_at_unix, step.utc_offset_s).date()


def _where(t: Texts, places: Iterable[Place | None]) -> str:
    """The countries of a phase, first to last."""
    names = [t.code("country", place.country) for place in places if place and place.country]
    return t("list.join").join(dict.fromkeys(names))


def _place(t: Texts, place: Place | None) -> str:
    if place is None:
        return ""
    return plain_name(pick(t, place.name_en, place.name_zh)) or place.gln


def _signer(t: Texts, gln: str, party: PartyCard | None) -> str:
    if party is None:
        return t("journey.signed", who=gln)
    name = plain_name(pick(t, party.name_en, party.name_zh)) or gln
    roles = t("list.join").join(t.code("role", role) for role in party.roles)
    return t("journey.signed", who=t("journey.who", name=name, roles=roles) if roles else name)


def _chips(t: Texts, step: JourneyStep) -> tuple[str, ...]:
    chips = []
    if step.quantity_kg is not None:
        chips.append(t("journey.fact.kg", kg=number(step.quantity_kg, 0)))
    if step.min_c is not None and step.max_c is not None:
        low, high = number(step.min_c, 1), number(step.max_c, 1)
        if low == high:
            chips.append(t("journey.fact.temperature", c=low))
        else:
            chips.append(t("journey.fact.temperature_range", min=low, max=high))
    return tuple(chips)


def _title(t: Texts, step: JourneyStep, types: Mapping[str, str]) -> str:
    if step.kind in _PAPERS and step.digest in types:
        return t.code("doctype", types[step.digest])
    return t.code("kind", step.kind)


def _when(t: Texts, step: JourneyStep) -> str:
    """By the clock on the wall there; a step without a place has no wall."""
    shown = t.minute(local_time(step.occurred_at_unix, step.utc_offset_s))
    return shown if step.place or step.utc_offset_s else f"{shown} UTC"


def _step(t: Texts, step: JourneyStep, types: Mapping[str, str]) -> Step:
    bad = step.content in {ContentState.INVALID, ContentState.MISSING}
    reason = pick(t, step.reason_en, step.reason_zh)
    return Step(
        position=step.position,
        title=_title(t, step, types),
        when=_when(t, step),
        place=_place(t, step.place),
        chips=_chips(t, step),
        reason=t("journey.reason", reason=reason) if reason else "",
        bad=t(f"journey.content.{step.content}") if bad else "",
    )


def ends_of(t: Texts, journey: Sequence[JourneyStep]) -> tuple[str, str] | None:
    """The countries where the journey begins and ends, if they are known and differ."""
    ordered = sorted(journey, key=lambda step: step.occurred_at_unix)
    named = [step.place.country for step in ordered if step.place and step.place.country]
    if not named or named[0] == named[-1]:
        return None
    return t.code("country", named[0]), t.code("country", named[-1])
