"""The journey of a passport: every record, in order, as one step."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from tracer.domain.bundle import AppendRow, RecordRow
from tracer.domain.cards import ContentState, JourneyStep
from tracer.domain.columns import gln_text
from tracer.domain.evidence import DIGEST_ONLY_KINDS, Evidence
from tracer.domain.party_cards import Places, number_of, text_of
from tracer.domain.replay import kind_name
from tracer.domain.verify_agreement import event_places

_OFFSET = re.compile(r"([+-])(\d{2}):(\d{2})", re.ASCII)
_QUANTITIES = ("quantityList", "outputQuantityList", "childQuantityList")


def build_journey(evidence: Evidence) -> tuple[JourneyStep, ...]:
    """One step for each record."""
    places = Places(evidence)
    appends = {append.sequence: append for append in evidence.bundle.appends}
    bodies = {event.record.position: event.body for event in evidence.events}
    return tuple(
        _step(evidence, record, bodies.get(record.position, {}), appends[record.sequence], places)
        for record in evidence.records
    )


def _step(
    evidence: Evidence,
    record: RecordRow,
    body: Mapping[str, Any],
    append: AppendRow,
    places: Places,
) -> JourneyStep:
    location = record.location or next(event_places(body), None)
    temperatures = list(_temperatures(body))
    return JourneyStep(
        position=record.position,
        kind=kind_name(record.kind),
        occurred_at_unix=record.occurred_at_unix,
        utc_offset_s=_offset_s(text_of(body, "eventTimeZoneOffset")),
        recorded_at_unix=record.recorded_at_unix,
        place=None if location is None else places.find(location),
        signer=gln_text(record.gln),
        content=_content_state(evidence, record),
        digest=record.digest.hex(),
        biz_step=text_of(body, "bizStep"),
        disposition=text_of(body, "disposition"),
        min_c=min(temperatures, default=None),
        max_c=max(temperatures, default=None),
        quantity_kg=_quantity_kg(body),
        reason_en=text_of(body, "tracer:reason"),
        reason_zh=text_of(body, "tracer:reasonZh"),
        sequence=append.sequence,
        block_number=append.block_number,
        transaction_hash=append.transaction_hash.hex(),
    )


def _content_state(evidence: Evidence, record: RecordRow) -> ContentState:
    bundle = evidence.bundle
    paper = next((p for p in evidence.papers if p.commitment == record.digest), None)
    if record.digest in evidence.genuine_contents or (paper and paper.genuine):
        return ContentState.VALID
    if record.digest in bundle.contents or paper:
        return ContentState.INVALID
    return ContentState.NONE if record.kind in DIGEST_ONLY_KINDS else ContentState.MISSING


def _offset_s(text: str) -> int:
    match = _OFFSET.fullmatch(text)
    if not match:
        return 0
    seconds = int(match[2]) * 3600 + int(match[3]) * 60
    return -seconds if match[1] == "-" else seconds


def _objects(value: object) -> Iterator[Mapping[str, Any]]:
    yield from (
        (member for member in value if isinstance(member, dict)) if isinstance(value, list) else ()
    )


def _temperatures(body: Mapping[str, Any]) -> Iterator[float]:
    """Temperatures in degrees Celsius that an event's sensors report."""
    for element in _objects(body.get("sensorElementList")):
        for report in _objects(element.get("sensorReport")):
            if report.get("type") == "Temperature" and report.get("uom") == "CEL":
                values = (number_of(report, name) for name in ("value", "minValue", "maxValue"))
                yield from (value for value in values if value is not None)


def _quantity_kg(body: Mapping[str, Any]) -> float | None:
    """Kilograms that an event moves or makes; None when it counts pieces or nothing."""
    for name in _QUANTITIES:
        amounts = [
            amount
            for row in _objects(body.get(name))
            if row.get("uom") == "KGM" and (amount := number_of(row, "quantity")) is not None
        ]
        if amounts:
            return sum(amounts)
    return None
