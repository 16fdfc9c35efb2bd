"""One EPCIS 2.0 event, from JSON to a planned record, with every rule it breaks.

The checks are those that GS1's own JSON schema makes only with format checking switched on
(business steps, dispositions, timestamps, unknown keys), and those that no schema can make:
check digits, the characters of lots, and the event's own hash.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from tracer.domain.canonical import canonical_text
from tracer.domain.event_hash import event_id
from tracer.domain.event_values import parse_timestamp
from tracer.domain.gs1_uri import ORIGIN, canonical_uri
from tracer.domain.identifiers import Gln, Gtin, Lot, Serial, Sscc
from tracer.domain.kinds import Kind
from tracer.domain.vocabulary import BIZ_STEP, DISPOSITION, Vocabulary
from tracer.errors import InputError, InvalidFileError
from tracer.operations.findings import Findings, under, unknown_name
from tracer.operations.plan import PlannedEvent
from tracer.operations.stages import EVENT_TYPES, TRANSFORMATION, kind_of

Context = Sequence[str | dict[str, str]]
MAX_CLOCK_DRIFT_S = 120  # what the ledger allows between a writer's clock and a block's
MAX_EVENTS = 5_000  # of one batch: the busiest sample has 38
ACTIONS = ("ADD", "OBSERVE", "DELETE")

_COMMON = (
    "@context type eventID eventTime recordTime eventTimeZoneOffset bizStep disposition readPoint"
    " bizLocation bizTransactionList sourceList destinationList sensorElementList"
    " persistentDisposition ilmd errorDeclaration certificationInfo"
)
_KEYS = {
    "ObjectEvent": "action epcList quantityList",
    "AggregationEvent": "action parentID childEPCs childQuantityList",
    "AssociationEvent": "action parentID childEPCs childQuantityList",
    "TransactionEvent": "action parentID epcList quantityList",
    "TransformationEvent": (
        "transformationID inputEPCList inputQuantityList outputEPCList outputQuantityList"
    ),
}
ALLOWED_KEYS = {name: frozenset(f"{_COMMON} {own}".split()) for name, own in _KEYS.items()}
_REQUIRED = {
    "AggregationEvent": ("parentID",),
    "AssociationEvent": ("parentID",),
    "TransactionEvent": ("bizTransactionList",),
}
_OFFSET = re.compile(r"[+-](0\d|1[0-4]):[0-5]\d")
_UOM = re.compile(r"[A-Z0-9]{2,3}")
_OF_TEXT = frozenset({"epcList", "childEPCs", "inputEPCList", "outputEPCList"})
_OF_OBJECTS = frozenset(
    {"bizTransactionList", "sourceList", "destinationList", "sensorElementList"}
)
_KEY_PARSERS: Mapping[str, Callable[[str], object]] = {
    "00": Sscc.parse,
    "01": Gtin.parse,
    "10": Lot.parse,
    "21": Serial.parse,
    "414": Gln.parse,
    "417": Gln.parse,
}


@dataclass(frozen=True, slots=True)
class EventContext:
    """What an event's document says about all its events.

    Attributes:
        context: the JSON-LD context: GS1's, and the prefixes of extensions.
        now_unix: the moment of reading, Unix seconds; nothing has happened later.
    """

    context: list[str | dict[str, str]]
    now_unix: int


class _Reader:
    """Reads one event; every method notes what it finds wrong and goes on."""

    def __init__(self, event: Mapping[str, Any], place: str, findings: Findings) -> None:
        self._event = event
        self._place = place
        self._findings = findings
        self.ok = True

    def _bad(self, key: str, rule: str, value: object = None) -> None:
        self.ok = False
        self._findings.add(under(self._place, key), value, rule)

    def check_keys(self) -> bool:
        name = self._event.get("type")
        if name not in EVENT_TYPES:
            self._bad("type", f"must be one of {', '.join(EVENT_TYPES)}", name)
            return False
        for key in self._event:
            if key not in ALLOWED_KEYS[name] and ":" not in key:
                self._bad(key, unknown_name("key", key, ALLOWED_KEYS[name]), self._event[key])
        for key in _REQUIRED.get(name, ()):
            if key not in self._event:
                self._bad(key, f"is missing; a {name} needs it")
        return True

    def check_words(self) -> None:
        event = self._event
        if event["type"] != TRANSFORMATION and event.get("action") not in ACTIONS:
            self._bad("action", f"must be one of {', '.join(ACTIONS)}", event.get("action"))
        for key, words in (("bizStep", BIZ_STEP), ("disposition", DISPOSITION)):
            if key in event:
                self._check_word(key, event[key], words)

    def _check_word(self, key: str, value: object, words: Vocabulary) -> None:
        if isinstance(value, str) and (value in words.words or ":" in value):
            return  # a word of the standard, or a URI of somebody's own vocabulary
        self._bad(key, unknown_name(words.name, str(value), words.words), value)

    def time(self, now_unix: int) -> int:
        text = self._event.get("eventTime")
        offset = self._event.get("eventTimeZoneOffset")
        if not isinstance(offset, str) or not _OFFSET.fullmatch(offset):
            self._bad("eventTimeZoneOffset", "must be an offset such as +08:00", offset)
        try:
            return parse_past_moment(text, now_unix)
        except InputError as error:
            self._bad("eventTime", str(error), text)
            return 0

    def check_lists(self) -> None:
        for key, value in self._event.items():
            if not key.endswith("List") and key != "childEPCs":
                continue
            if not isinstance(value, list):
                self._bad(key, "must be a list in square brackets", value)
                continue
            for index, element in enumerate(value):
                self._check_element(key, f"{key}[{index}]", element)

    def _check_element(self, key: str, place: str, element: object) -> None:
        if key.endswith(("quantityList", "QuantityList")):
            self._check_quantity(place, element)
        elif key in _OF_OBJECTS and not isinstance(element, dict):
            self._bad(place, "must be an object in braces", element)
        elif key in _OF_TEXT and not isinstance(element, str):
            self._bad(place, "must be an identifier, as text", element)

    def _check_quantity(self, key: str, element: object) -> None:
        if not isinstance(element, dict) or not isinstance(element.get("epcClass"), str):
            self._bad(key, "must be an object with an epcClass", element)
            return
        quantity, uom = element.get("quantity"), element.get("uom")
        if quantity is not None and not is_positive(quantity):
            self._bad(f"{key}.quantity", "must be a number above 0", quantity)
        if uom is not None and not (isinstance(uom, str) and _UOM.fullmatch(uom)):
            self._bad(f"{key}.uom", "must be a UN/ECE Recommendation 20 code such as KGM", uom)

    def check_identifiers(self) -> None:
        for path, text in _texts(self._event, ""):
            try:
                check_gs1_uri(text)
            except InputError as error:
                self._bad(path, str(error), text)

    def kind(self) -> Kind | None:
        try:
            return kind_of(self._event)
        except InvalidFileError as error:
            self._bad("tracer:stage", str(error), self._event.get("tracer:stage"))
            return None

    def location(self) -> Gln | None:
        for key in ("readPoint", "bizLocation"):
            place = self._event.get(key)
            if place is None:
                continue
            uri = place.get("id") if isinstance(place, dict) else None
            if not isinstance(uri, str):
                self._bad(key, "must be an object with an id", place)
            elif gln := gln_of(uri):
                return gln
        return None

    def identified(self, context: Context) -> dict[str, Any]:
        """The event with its hash as `eventID`; a hash that is there must be right."""
        try:
            right = event_id(dict(self._event), context)
        except InputError as error:
            self._bad("", str(error))
            return {}
        given = self._event.get("eventID", right)
        if given != right:
            self._bad("eventID", f"is not the CBV 2.0 hash of the event, which is {right}", given)
        return {**self._event, "eventID": right}


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
    reader = _Reader(raw, place, findings)
    if not reader.check_keys():
        return None
    reader.check_words()
    reader.check_lists()
    occurred_at_unix = reader.time(around.now_unix)
    kind = reader.kind()
    if reader.ok:
        reader.check_identifiers()
    location = reader.location() if reader.ok else None
    event = reader.identified(around.context) if reader.ok else {}
    recorder = recorder_of(kind) if kind else None
    if not reader.ok or kind is None or recorder is None:
        return None
    return PlannedEvent(kind, recorder, occurred_at_unix, location, event, canonical_text(event))


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


def is_positive(value: object) -> bool:
    """Whether a JSON value is a number above zero."""
    return isinstance(value, int | float) and not isinstance(value, bool) and value > 0


def gln_of(uri: str) -> Gln | None:
    """The GLN that a location's URI names; None when it names no GS1 location.

    Raises:
        InvalidIdentifierError: its check digit is wrong.
    """
    path = _path_of(uri)
    return Gln.parse(path[1]) if path and path[0] in ("414", "417") else None


def check_gs1_uri(text: str) -> None:
    """Judge check digits and characters of a GS1 key written as a URI; other text passes.

    Raises:
        InvalidIdentifierError: a GTIN, GLN, SSCC, lot or serial in it is wrong.
    """
    path = _path_of(text)
    if path is None:
        if text.startswith(f"{ORIGIN}/"):
            raise InvalidFileError("is not a GS1 Digital Link of a known key")
        return
    for ai, value in zip(path[::2], path[1::2], strict=True):
        if ai in _KEY_PARSERS:
            _KEY_PARSERS[ai](value)


def _path_of(uri: str) -> list[str] | None:
    canonical = canonical_uri(uri)
    if canonical is None:
        return None
    return [unquote(part) for part in canonical.removeprefix(f"{ORIGIN}/").split("/")]


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
