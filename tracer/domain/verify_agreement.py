"""Step (7): contents agree with their records, papers with each other and with the events."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from tracer.domain.bundle import ChainFacts, RecordRow
from tracer.domain.checks import Check, CheckStatus
from tracer.domain.cross_checks import Agreement, cross_check
from tracer.domain.event_values import parse_timestamp
from tracer.domain.evidence import (
    DIGEST_ONLY_KINDS,
    DOCUMENT_KINDS,
    Event,
    Evidence,
    record_subject,
)
from tracer.domain.kinds import Kind
from tracer.domain.replay import kind_name
from tracer.domain.steps import Step
from tracer.errors import InvalidEventError

AGREE = Step(7, "contents-agree")

STATEMENT_KINDS = frozenset({Kind.CORRECTION, Kind.SUPERSEDE, Kind.HOLD_OVERRIDE, Kind.SCAN})
"""Kinds whose content is a statement of any form, not an EPCIS event."""

HOLD_RECALL = "HOLD_RECALL"  # one stage of the domain, three kinds on the ledger
_STATUS = {
    Agreement.CONFIRMED: CheckStatus.VALID,
    Agreement.UNVERIFIED: CheckStatus.SKIPPED,
    Agreement.CONFLICT: CheckStatus.INVALID,
}
_GLN = re.compile(r"/414/(\d{13})(?:/254/[^/]+)?", re.ASCII)
_TIME_TOLERANCE_S = 1  # a record holds whole seconds, an event may hold fractions


def verify_agreement(evidence: Evidence, facts: ChainFacts | None = None) -> list[Check]:
    """(7) What contents say fits their records; C1 to C12."""
    checks = AGREE.conclude(list(_check_events(evidence)), count=len(evidence.events))
    if not evidence.genuine_contents:
        checks = [AGREE.skipped("none")]
    for cross in cross_check(evidence, facts=facts):
        subject = cross.subjects[0] if cross.subjects else ""
        step = Step(7, cross.code)
        message = cross.message
        checks.append(step.check(_STATUS[cross.agreement], message.key, subject, message.params))
    return checks


def _check_events(evidence: Evidence) -> Iterator[Check]:
    free = DOCUMENT_KINDS | DIGEST_ONLY_KINDS | STATEMENT_KINDS
    for record in evidence.unreadable:
        if record.kind not in free:
            yield AGREE.invalid("malformed", record_subject(record))
    for event in evidence.events:
        columns = ", ".join(_differing(event)) if event.record.kind not in free else ""
        if columns:
            yield AGREE.invalid("differs", event.subject, columns=columns)


def _differing(event: Event) -> Iterator[str]:
    """What an event says otherwise than its record: stage, time, place."""
    record, body = event.record, event.body
    stage, time = body.get("tracer:stage"), body.get("eventTime")
    if stage is not None and not _stage_fits(str(stage), record, str(body.get("disposition"))):
        yield "stage"
    if time is not None and not _time_fits(str(time), record.occurred_at_unix):
        yield "time"
    places = set(event_places(body))
    if record.location is not None and places and record.location not in places:
        yield "place"


def _stage_fits(stage: str, record: RecordRow, disposition: str) -> bool:
    if stage != HOLD_RECALL:
        return stage == kind_name(record.kind)
    if record.kind == Kind.RECALL:
        return disposition == "recalled"
    return record.kind in {Kind.HOLD, Kind.RELEASE} and disposition != "recalled"


def _time_fits(text: str, occurred_at_unix: int) -> bool:
    try:
        moment = parse_timestamp(text).timestamp()
    except InvalidEventError:
        return False
    return abs(moment - occurred_at_unix) < _TIME_TOLERANCE_S


def event_places(body: Mapping[str, Any]) -> Iterator[int]:
    """GLNs of the places that an event names, read point first."""
    for name in ("readPoint", "bizLocation"):
        place = body.get(name)
        text = place.get("id") if isinstance(place, dict) else None
        match = _GLN.search(text) if isinstance(text, str) else None
        if match:
            yield int(match[1])
