"""Which members an EPCIS 2.0 event may have and what each must look like.

GS1's own JSON schema leaves business steps, dispositions, timestamps and unknown keys to format
checkers that most validators do not run; these rules need none. They follow GS1 EPCIS 2.0 §7.4
(events) and §9 (JSON binding) and CBV 2.0 §7 (words).

A rule looks at one value and yields a `Fault` for each thing that is wrong with it.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Any, TypeGuard

from tracer.domain.event_hash import IRI_SCHEMES, MAX_DEPTH
from tracer.domain.event_values import parse_timestamp
from tracer.domain.gs1_uri import MAX_URI_CHARS
from tracer.domain.vocabulary import (
    BIZ_STEP,
    BIZ_TRANSACTION_TYPE,
    COMPONENT,
    DISPOSITION,
    ERROR_REASON,
    MEASUREMENT_TYPE,
    SENSOR_ALERT,
    SOURCE_DESTINATION_TYPE,
    Vocabulary,
    expand_compact_uri,
)
from tracer.errors import InvalidEventError

MAX_MEMBERS = 20_000  # of one list or object: a batch has 11,520 tins
MAX_TEXT_CHARS = 10_000  # one value; longer text belongs into a document
MAX_SHOWN = 60  # characters of a wrong value that a fault repeats

_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\s<>\"{}|\\^`]+")
_OFFSET = re.compile(r"[+-](?:0[0-9]|1[0-3]):[0-5][0-9]|[+-]14:00")
_UOM = re.compile(r"[A-Z0-9]{2,3}")
_HEX = re.compile(r"[0-9A-Fa-f]+")


@dataclass(frozen=True, slots=True)
class Fault:
    """One broken rule.

    Attributes:
        field: path of the member inside the event, e.g. `quantityList[0].uom`.
        value: what stands there; None if it is missing.
        rule: what should.
    """

    field: str
    value: object
    rule: str

    def __str__(self) -> str:
        shown = repr(self.value)
        shown = shown if len(shown) <= MAX_SHOWN else shown[:MAX_SHOWN] + "…"
        return f"{self.field}: {shown} {self.rule}"


Prefixes = Mapping[str, str]
Rule = Callable[[object, str, Prefixes], Iterator[Fault]]


def _matching(pattern: re.Pattern[str], rule: str, most: int = MAX_TEXT_CHARS) -> Rule:
    def check(value: object, at: str, _: Prefixes) -> Iterator[Fault]:
        if not isinstance(value, str) or len(value) > most or not pattern.fullmatch(value):
            yield Fault(at, value, rule)

    return check


_any_text = _matching(re.compile(r".+", re.DOTALL), f"is not text of 1 to {MAX_TEXT_CHARS} letters")
_uri = _matching(_URI, "is not a URI", MAX_URI_CHARS)
_offset = _matching(_OFFSET, "is not an offset from UTC such as +08:00")
_uom = _matching(_UOM, "is not a code of UN/ECE Recommendation 20 such as KGM")
_hex = _matching(_HEX, "is not hexadecimal")


def _is_timestamp(value: object) -> bool:
    try:
        return isinstance(value, str) and parse_timestamp(value) is not None
    except InvalidEventError:
        return False


def _timestamp(value: object, at: str, _: Prefixes) -> Iterator[Fault]:
    if not _is_timestamp(value):
        yield Fault(at, value, "is not a timestamp with time zone such as 2026-02-11T14:00:00Z")


def _is_number(value: object) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool) and isfinite(value)


def _number(value: object, at: str, _: Prefixes) -> Iterator[Fault]:
    if not _is_number(value):
        yield Fault(at, value, "is not a number")


def _quantity(value: object, at: str, _: Prefixes) -> Iterator[Fault]:
    if not _is_number(value) or value <= 0:
        yield Fault(at, value, "is not a number above zero")


def _boolean(value: object, at: str, _: Prefixes) -> Iterator[Fault]:
    if not isinstance(value, bool):
        yield Fault(at, value, "is not true or false")


def _one_of(*words: str) -> Rule:
    return _matching(re.compile("|".join(words)), f"is not one of {', '.join(words)}")


def _word(vocabulary: Vocabulary, *, own: bool = True) -> Rule:
    """A word of the vocabulary in any spelling or, if `own`, a URI of another vocabulary."""

    def check(value: object, at: str, prefixes: Prefixes) -> Iterator[Fault]:
        rule = f"is no {vocabulary.name} of CBV 2.0"
        if not isinstance(value, str):
            yield Fault(at, value, rule)
            return
        whole = expand_compact_uri(value, prefixes)
        claims_to_be_standard = vocabulary.web_uri(whole).startswith(vocabulary.web_prefix)
        is_own = own and not claims_to_be_standard and _URI.fullmatch(whole)
        if vocabulary.bare(whole) is None and not is_own:
            yield Fault(at, value, rule)

    return check


def _list_of(rule: Rule, *, least: int = 0) -> Rule:
    def check(value: object, at: str, prefixes: Prefixes) -> Iterator[Fault]:
        if not isinstance(value, list) or not least <= len(value) <= MAX_MEMBERS:
            yield Fault(at, value, f"is not a list of {least} to {MAX_MEMBERS} members")
            return
        for index, item in enumerate(value):
            yield from rule(item, f"{at}[{index}]", prefixes)

    return check


def _one_or_list(rule: Rule) -> Rule:
    many = _list_of(rule, least=1)
    return lambda value, at, prefixes: (many if isinstance(value, list) else rule)(
        value, at, prefixes
    )


def _object(members: Mapping[str, Rule], required: Sequence[str] = ()) -> Rule:
    """An object with known members; further keys must carry a declared prefix."""

    def check(value: object, at: str, prefixes: Prefixes) -> Iterator[Fault]:
        if not isinstance(value, dict):
            yield Fault(at, value, "is not an object")
            return
        for name in required:
            if name not in value:
                yield Fault(_under(at, name), None, "is missing")
        for name, member in value.items():
            inner = _under(at, name)
            if name in members:
                yield from members[name](member, inner, prefixes)
            else:
                yield from _extension(name, member, inner, prefixes)

    return check


def _under(at: str, name: str) -> str:
    return f"{at}.{name[:MAX_SHOWN]}" if at else name[:MAX_SHOWN]


def _extension(name: str, value: object, at: str, prefixes: Prefixes) -> Iterator[Fault]:
    """A member that the standard does not name: the key needs a prefix, the value a bound."""
    prefix, colon, _ = name.partition(":")
    if not colon:
        yield Fault(
            at, value, "is no member that EPCIS 2.0 has here; members of your own need a prefix"
        )
    elif prefix not in prefixes and prefix not in IRI_SCHEMES:
        yield Fault(at, value, f"has the prefix {prefix!r}, which @context does not declare")
    else:
        yield from _bounded(value, at, prefixes, 1)


def _bounded(value: object, at: str, prefixes: Prefixes, depth: int) -> Iterator[Fault]:
    if depth > MAX_DEPTH:
        yield Fault(at, "…", f"is nested deeper than {MAX_DEPTH} levels")
    elif isinstance(value, str):
        if len(value) > MAX_TEXT_CHARS:
            yield Fault(at, value, f"has more than {MAX_TEXT_CHARS} letters")
    elif isinstance(value, float):
        yield from _number(value, at, prefixes)
    elif isinstance(value, dict | list):
        if len(value) > MAX_MEMBERS:
            yield Fault(at, "…", f"has more than {MAX_MEMBERS} members")
        pairs = value.items() if isinstance(value, dict) else enumerate(value)
        for name, member in pairs:
            inner = f"{at}[{name}]" if isinstance(name, int) else _under(at, name)
            yield from _bounded(member, inner, prefixes, depth + 1)


def _anything(_value: object, _at: str, _prefixes: Prefixes) -> Iterator[Fault]:
    return iter(())


# --- tables ---------------------------------------------------------------------------------

_PLACE = _object({"id": _uri}, ["id"])
_QUANTITIES = _list_of(
    _object({"epcClass": _uri, "quantity": _quantity, "uom": _uom}, ["epcClass"])
)
_TRANSACTION = _object(
    {"type": _word(BIZ_TRANSACTION_TYPE), "bizTransaction": _uri}, ["bizTransaction"]
)
_SOURCE = _object({"type": _word(SOURCE_DESTINATION_TYPE), "source": _uri}, ["type", "source"])
_DESTINATION = _object(
    {"type": _word(SOURCE_DESTINATION_TYPE), "destination": _uri}, ["type", "destination"]
)
_DEVICE = {
    "time": _timestamp,
    "deviceID": _uri,
    "deviceMetadata": _uri,
    "rawData": _uri,
    "dataProcessingMethod": _uri,
}
_SENSOR_METADATA = _object(
    {**_DEVICE, "startTime": _timestamp, "endTime": _timestamp, "bizRules": _uri}
)
_SENSOR_REPORT = _object(
    {
        **_DEVICE,
        "type": _word(MEASUREMENT_TYPE),
        "exception": _word(SENSOR_ALERT, own=False),
        "microorganism": _uri,
        "chemicalSubstance": _uri,
        "value": _number,
        "component": _word(COMPONENT),
        "stringValue": _any_text,
        "booleanValue": _boolean,
        "hexBinaryValue": _hex,
        "uriValue": _uri,
        "minValue": _number,
        "maxValue": _number,
        "meanValue": _number,
        "sDev": _number,
        "percRank": _number,
        "percValue": _number,
        "uom": _uom,
        "coordinateReferenceSystem": _uri,
    },
    ["type"],
)
_SENSOR_ELEMENT = _object(
    {"sensorMetadata": _SENSOR_METADATA, "sensorReport": _list_of(_SENSOR_REPORT, least=1)},
    ["sensorReport"],
)
_DISPOSITIONS = _list_of(_word(DISPOSITION), least=1)
_ERROR_DECLARATION = _object(
    {
        "declarationTime": _timestamp,
        "reason": _word(ERROR_REASON),
        "correctiveEventIDs": _list_of(_uri),
    },
    ["declarationTime"],
)
_COMMON: dict[str, Rule] = {
    "@context": _anything,
    "type": _anything,
    "eventID": _uri,
    "eventTime": _timestamp,
    "recordTime": _timestamp,
    "eventTimeZoneOffset": _offset,
    "certificationInfo": _one_or_list(_uri),
    "errorDeclaration": _ERROR_DECLARATION,
    "bizStep": _word(BIZ_STEP),
    "disposition": _word(DISPOSITION),
    "persistentDisposition": _object({"set": _DISPOSITIONS, "unset": _DISPOSITIONS}),
    "readPoint": _PLACE,
    "bizLocation": _PLACE,
    "bizTransactionList": _list_of(_TRANSACTION),
    "sourceList": _list_of(_SOURCE),
    "destinationList": _list_of(_DESTINATION),
    "sensorElementList": _list_of(_SENSOR_ELEMENT),
}
_EPCS = _list_of(_uri)
_ACTION: dict[str, Rule] = {"action": _one_of("ADD", "OBSERVE", "DELETE")}
_CHILDREN: dict[str, Rule] = {
    "parentID": _uri,
    "childEPCs": _EPCS,
    "childQuantityList": _QUANTITIES,
}
_ALWAYS = ("eventTime", "eventTimeZoneOffset")

EVENT_RULES: Mapping[str, Rule] = {
    "ObjectEvent": _object(
        {**_COMMON, **_ACTION, "epcList": _EPCS, "quantityList": _QUANTITIES, "ilmd": _object({})},
        [*_ALWAYS, "action"],
    ),
    "AggregationEvent": _object({**_COMMON, **_ACTION, **_CHILDREN}, [*_ALWAYS, "action"]),
    "AssociationEvent": _object(
        {**_COMMON, **_ACTION, **_CHILDREN}, [*_ALWAYS, "action", "parentID"]
    ),
    "TransactionEvent": _object(
        {
            **_COMMON,
            **_ACTION,
            "parentID": _uri,
            "epcList": _EPCS,
            "quantityList": _QUANTITIES,
            "bizTransactionList": _list_of(_TRANSACTION, least=1),
        },
        [*_ALWAYS, "action", "bizTransactionList"],
    ),
    "TransformationEvent": _object(
        {
            **_COMMON,
            "transformationID": _uri,
            "inputEPCList": _EPCS,
            "inputQuantityList": _QUANTITIES,
            "outputEPCList": _EPCS,
            "outputQuantityList": _QUANTITIES,
            "ilmd": _object({}),
        },
        _ALWAYS,
    ),
}
"""Event type -> the rule for its members."""


def find_object_faults(event: Mapping[str, Any]) -> Iterator[Fault]:
    """Rules about which lists an event needs (EPCIS 2.0 §7.4.2 to §7.4.6)."""

    def has(*names: str) -> bool:
        return any(event.get(name) for name in names)

    match event["type"]:
        case "ObjectEvent" if not has("epcList", "quantityList", "sensorElementList"):
            yield Fault("epcList", None, "is missing; what was it that was observed?")
        case "AggregationEvent" if event.get("action") != "OBSERVE" and not has("parentID"):
            yield Fault("parentID", None, "is missing; ADD and DELETE name what they pack into")
        case "AggregationEvent" | "AssociationEvent" if event.get("action") != "DELETE" and not has(
            "childEPCs", "childQuantityList"
        ):
            yield Fault("childEPCs", None, "is missing; only DELETE may leave out the children")
        case "TransformationEvent" if not has("transformationID"):
            if not has("inputEPCList", "inputQuantityList"):
                yield Fault("inputQuantityList", None, "is missing, and so is transformationID")
            if not has("outputEPCList", "outputQuantityList"):
                yield Fault("outputQuantityList", None, "is missing, and so is transformationID")
