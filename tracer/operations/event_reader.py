"""One EPCIS 2.0 event, from JSON to a planned record, with every rule it breaks.

The shape of events is judged by `tracer.domain.epcis`. What a batch file adds: nothing lies in the
future, every GS1 key in the event has a right check digit, and every event has a stage.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from tracer.domain.canonical import canonical_text
from tracer.domain.epcis import MAX_EVENTS, Event, find_faults
from tracer.domain.event_hash import Context, declared_prefixes, event_id
from tracer.domain.event_values import parse_timestamp
from tracer.domain.gs1_uri import ORIGIN, canonical_uri
from tracer.domain.identifiers import Gln, Gtin, Lot, Serial, Sscc
from tracer.domain.kinds import Kind
from tracer.domain.replay import MAX_CLOCK_DRIFT_S
from tracer.errors import InputError, InvalidFileError
from tracer.operations.findings import Findings, under
from tracer.operations.plan import PlannedEvent
from tracer.operations.stages import STAGE_KEY, kind_of_shape

__all__ = ["MAX_EVENTS", "EventContext", "parse_past_moment", "read_event"]

CONTEXT_KEY = "@context"
_KEY_PARSERS: Mapping[str, Callable[[str], object]] = {
    "00": Sscc.parse,
    "01": Gtin.parse,
    "10": Lot.parse,
    "21": Serial.parse,
    "414": Gln.parse,
    "417": Gln.parse,
}
"""AIs whose values can be judged without asking anybody."""


@dataclass(frozen=True, slots=True)
class EventContext:
    """What an event's document says about all its events.

    Attributes:
        context: the JSON-LD context: GS1's, and the prefixes of extensions.
        now_unix: the moment of reading, Unix seconds; nothing has happened later.
    """

    context: Context
    now_unix: int


def read_event(
    raw: object,
    place: str,
    around: EventContext,
    recorder_of: Callable[[Kind], Gln | None],
    findings: Findings,
) -> PlannedEvent | None:
    """Read one event.

    Args:
        raw: the event as JSON.
        place: its JSON path or row.
        around: what its document says about all events.
        recorder_of: who writes a record of a kind; None when nobody does (noted by it).
        findings: where broken rules go.

    Returns:
        The planned record, or None when a rule is broken.
    """
    if not isinstance(raw, dict):
        findings.add(place, raw, "must be an event, an object in braces")
        return None
    wrong = list(_find_wrong(raw, around))
    for key, value, rule in wrong:
        findings.add(under(place, key), value, rule)
    if wrong:
        return None
    given = Event(raw, declared_prefixes(raw, around.context), event_id(raw, around.context))
    try:
        kind = given.kind if given.stage else kind_of_shape(raw)
    except InputError as error:
        findings.add(under(place, STAGE_KEY), given.stage, str(error))
        return None
    recorder = recorder_of(kind)
    if recorder is None:
        return None
    event = {**raw, "eventID": given.event_id}
    text = canonical_text(event)
    return PlannedEvent(kind, recorder, given.occurred_at_unix, given.location, event, text)


def _find_wrong(raw: dict[str, Any], around: EventContext) -> Iterator[tuple[str, object, str]]:
    """Path, value and rule of everything that is wrong with an event."""
    faults = find_faults(raw, around.context)
    for fault in faults:
        yield fault.field, fault.value, fault.rule
    if faults:
        return
    try:
        parse_past_moment(raw["eventTime"], around.now_unix)
    except InputError as error:
        yield "eventTime", raw["eventTime"], str(error)
    for path, text in _texts({key: raw[key] for key in raw if key != CONTEXT_KEY}, ""):
        try:
            check_gs1_uri(text)
        except InputError as error:
            yield path, text, str(error)


def parse_past_moment(text: object, now_unix: int) -> int:
    """Unix seconds of a timestamp with offset that is not in the future.

    Raises:
        InvalidFileError: no text, or later than now and the ledger's clock drift.
        InvalidEventError: text that is no timestamp with offset.
    """
    if not isinstance(text, str):
        raise InvalidFileError("must be a timestamp with offset, like 2026-02-11T14:00:00+13:00")
    moment_unix = int(parse_timestamp(text).timestamp())
    if moment_unix > now_unix + MAX_CLOCK_DRIFT_S:
        raise InvalidFileError("lies in the future; only what has happened is recorded")
    if moment_unix < 0:
        raise InvalidFileError("lies before 1970, which the ledger cannot hold")
    return moment_unix


def check_gs1_uri(text: str) -> None:
    """Judge check digits and characters of a GS1 key written as a URI; other text passes.

    Raises:
        InvalidIdentifierError: a GTIN, GLN, SSCC, lot or serial in it is wrong.
        InvalidFileError: it stands under GS1's host and names no key.
    """
    canonical = canonical_uri(text)
    if canonical is None:
        if text.startswith(f"{ORIGIN}/"):
            raise InvalidFileError("is not a GS1 Digital Link of a known key")
        return
    path = [unquote(part) for part in canonical.removeprefix(f"{ORIGIN}/").split("/")]
    for ai, value in zip(path[::2], path[1::2], strict=True):
        if ai in _KEY_PARSERS:
            _KEY_PARSERS[ai](value)


def _texts(value: object, path: str) -> Iterator[tuple[str, str]]:
    """Every text in an event with its path below the event."""
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, dict):
        for key, child in value.items():
            yield from _texts(child, under(path, key))
    elif isinstance(value, list):
        for index, child in enumerate(value):
            yield from _texts(child, f"{path}[{index}]")
