"""The CBV 2.0 event hash: an identity of an EPCIS event that does not depend on its syntax.

GS1 CBV 2.0 §8.9: concatenate all data of the event in a canonical order and spelling (the
*pre-hash string*), hash it with SHA-256, write the digest as an RFC 6920 `ni` URI. Order of keys
and list members, time zone of timestamps, bare or full words, URN or Digital Link, number format
and namespace prefixes do not matter; any other change does.

Not part of the identity: `eventID`, `recordTime`, `errorDeclaration`, comments, `@context`.

Order of the last blocks. The standard's table puts bizTransactionList, sourceList,
destinationList, sensorElementList and ilmd in this order; the reference implementation and every
published vector write sensorElementList first and then the other blocks and the extensions in
lexical order. Identifiers in circulation are made that way, so this module does the same.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from tracer.domain.event_values import number_text, timestamp_text, trim_trailing_zeros
from tracer.domain.gs1_uri import canonical_uri
from tracer.domain.vocabulary import (
    BIZ_STEP,
    BIZ_TRANSACTION_TYPE,
    COMPONENT,
    DISPOSITION,
    MEASUREMENT_TYPE,
    SENSOR_ALERT,
    SOURCE_DESTINATION_TYPE,
    STANDARD_PREFIXES,
    Vocabulary,
    expand_compact_uri,
    urn_to_web_uri,
)
from tracer.errors import InvalidEventError

MAX_DEPTH = 32  # extensions nested deeper than this are an attack on the stack
COMMENT_KEYS = frozenset({"rdfs:comment", "comment"})
OMITTED_KEYS = frozenset(
    {"type", "@context", "eventID", "recordTime", "errorDeclaration", *COMMENT_KEYS}
)
IRI_SCHEMES = frozenset({"http", "https", "urn"})  # a key may be a whole IRI, without a prefix
TIMESTAMP_KEYS = frozenset({"eventTime", "time", "startTime", "endTime"})

Context = Sequence[str | dict[str, str]]
"""A document's `@context`: the URL of the standard's and declarations of further prefixes."""

_Json = Any  # what json.loads returns; every access below checks the type it needs


@dataclass(frozen=True, slots=True)
class _Shape:
    """How an object of the standard is written.

    Attributes:
        keys: its members in canonical order; whatever else it has is an extension.
        words: members whose bare words expand to web URIs.
        objects: members that are objects themselves.
        lists: members that are lists, with what stands before each element and its shape
            (None: plain values).
    """

    keys: tuple[str, ...]
    words: Mapping[str, Vocabulary] = field(default_factory=dict)
    objects: Mapping[str, "_Shape"] = field(default_factory=dict)
    lists: Mapping[str, tuple[str, "_Shape | None"]] = field(default_factory=dict)


_QUANTITY = _Shape(("epcClass", "quantity", "uom"))
_PLACE = _Shape(("id",))
_TRANSACTION = _Shape(("type", "bizTransaction"), {"type": BIZ_TRANSACTION_TYPE})
_SOURCE = _Shape(("type", "source"), {"type": SOURCE_DESTINATION_TYPE})
_DESTINATION = _Shape(("type", "destination"), {"type": SOURCE_DESTINATION_TYPE})
_PERSISTENT_DISPOSITION = _Shape(("set", "unset"), {"set": DISPOSITION, "unset": DISPOSITION})
_SENSOR_METADATA = _Shape(
    (
        "time",
        "startTime",
        "endTime",
        "deviceID",
        "deviceMetadata",
        "rawData",
        "dataProcessingMethod",
        "bizRules",
    )
)
_SENSOR_REPORT = _Shape(
    (
        "type",
        "exception",
        "deviceID",
        "deviceMetadata",
        "rawData",
        "dataProcessingMethod",
        "time",
        "microorganism",
        "chemicalSubstance",
        "value",
        "component",
        "stringValue",
        "booleanValue",
        "hexBinaryValue",
        "uriValue",
        "minValue",
        "maxValue",
        "meanValue",
        "sDev",
        "percRank",
        "percValue",
        "uom",
        "coordinateReferenceSystem",
    ),
    words={"type": MEASUREMENT_TYPE, "exception": SENSOR_ALERT, "component": COMPONENT},
)
_SENSOR_ELEMENT = _Shape(
    ("sensorMetadata", "sensorReport"),
    objects={"sensorMetadata": _SENSOR_METADATA},
    lists={"sensorReport": ("sensorReport", _SENSOR_REPORT)},
)
_EVENT = _Shape(
    (
        "eventTime",
        "eventTimeZoneOffset",
        "certificationInfo",
        "epcList",
        "parentID",
        "inputEPCList",
        "childEPCs",
        "quantityList",
        "childQuantityList",
        "inputQuantityList",
        "outputEPCList",
        "outputQuantityList",
        "action",
        "transformationID",
        "bizStep",
        "disposition",
        "persistentDisposition",
        "readPoint",
        "bizLocation",
        "sensorElementList",
    ),
    words={"bizStep": BIZ_STEP, "disposition": DISPOSITION},
    objects={
        "persistentDisposition": _PERSISTENT_DISPOSITION,
        "readPoint": _PLACE,
        "bizLocation": _PLACE,
    },
    lists={
        "epcList": ("epc", None),
        "inputEPCList": ("epc", None),
        "childEPCs": ("epc", None),
        "outputEPCList": ("epc", None),
        "quantityList": ("quantityElement", _QUANTITY),
        "childQuantityList": ("quantityElement", _QUANTITY),
        "inputQuantityList": ("quantityElement", _QUANTITY),
        "outputQuantityList": ("quantityElement", _QUANTITY),
        "sensorElementList": ("sensorElement", _SENSOR_ELEMENT),
    },
)
_TAIL = _Shape(
    ("bizTransactionList", "destinationList", "ilmd", "sourceList"),
    objects={"ilmd": _Shape(())},
    lists={
        "bizTransactionList": ("", _TRANSACTION),
        "destinationList": ("", _DESTINATION),
        "sourceList": ("", _SOURCE),
    },
)
_UNNAMED_LISTS = frozenset({"sensorReport"})  # only their elements are named in the string


def event_id(event: dict[str, Any], context: Context) -> str:
    """The event's identity: `ni:///sha-256;<64 hex>?ver=CBV2.0`.

    Args:
        event: one EPCIS 2.0 event as parsed JSON; numbers may be int, float or Decimal.
        context: the `@context` of the document that holds it: URLs and prefix declarations.

    Raises:
        InvalidEventError: a member has the wrong type, a timestamp is none, or a key uses a
            prefix that nothing declares.
    """
    try:
        data = pre_hash(event, context).encode("utf-8")
    except UnicodeEncodeError as error:
        msg = f"event holds text that is not Unicode: {error}"
        raise InvalidEventError(msg) from error
    return f"ni:///sha-256;{hashlib.sha256(data).hexdigest()}?ver=CBV2.0"


def pre_hash(event: dict[str, Any], context: Context) -> str:
    """The string that `event_id` hashes. Arguments and errors are the same."""
    writer = _Writer(declared_prefixes(event, context))
    event_type = writer.text(event.get("type"))
    if not event_type:
        msg = "event has no type"
        raise InvalidEventError(msg, hint="An EPCIS event starts with its type.")
    known = {key: event[key] for key in _EVENT.keys if key in event}
    tail = {key: event[key] for key in _TAIL.keys if key in event}
    rest = {
        key: value
        for key, value in event.items()
        if key not in known and key not in tail and key not in OMITTED_KEYS
    }
    blocks = [writer.member(key, value, _TAIL, 1) for key, value in tail.items()]
    return "".join(
        [
            "eventType=" + event_type.removeprefix(STANDARD_PREFIXES["epcis"]),
            writer.object(known, _EVENT, 0),
            *sorted([*blocks, *writer.extensions(rest, 1)]),
        ]
    )


def declared_prefixes(event: Mapping[str, Any], context: Context) -> dict[str, str]:
    """Prefix -> namespace: the standard's, the document's, then those that the event declares."""
    prefixes = dict(STANDARD_PREFIXES)
    for part in (*context, *_listed(event.get("@context"))):
        if isinstance(part, Mapping):
            prefixes |= {key: value for key, value in part.items() if isinstance(value, str)}
    return prefixes


def _listed(value: _Json) -> list[_Json]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def _flat(value: _Json, depth: int) -> Iterator[_Json]:
    """The values of an extension; lists inside lists mean the same as one list."""
    if depth > MAX_DEPTH:
        msg = f"event nests deeper than {MAX_DEPTH} levels"
        raise InvalidEventError(msg)
    for item in _listed(value):
        if isinstance(item, list):
            yield from _flat(item, depth + 1)
        elif item is not None:
            yield item


@dataclass(frozen=True, slots=True)
class _Writer:
    """Writes pre-hash text under one set of prefixes."""

    prefixes: Mapping[str, str]

    def object(self, value: Mapping[str, _Json], shape: _Shape, depth: int) -> str:
        """Members in canonical order, then extensions (rules 1 and 21)."""
        known = [self.member(key, value[key], shape, depth) for key in shape.keys if key in value]
        rest = {key: member for key, member in value.items() if key not in shape.keys}
        return "".join([*known, *sorted(self.extensions(rest, depth + 1))])

    def member(self, key: str, value: _Json, shape: _Shape, depth: int) -> str:
        """One member with its name, or nothing if it is empty (rule 4)."""
        if value is None:
            return ""
        if key in shape.objects:
            body = self.object(_mapping(key, value), shape.objects[key], depth + 1)
            return key + body if body else ""
        if key in shape.lists:
            body = "".join(sorted(self._elements(key, value, shape.lists[key], depth + 1)))
            return body if key in _UNNAMED_LISTS or not body else key + body
        texts = [self._scalar(key, item, shape) for item in _listed(value)]
        return "".join(sorted(f"{key}={text}" for text in texts if text))

    def _elements(
        self, key: str, value: _Json, kind: tuple[str, _Shape | None], depth: int
    ) -> Iterator[str]:
        name, shape = kind
        if not isinstance(value, list):
            msg = f"{key} is not a list"
            raise InvalidEventError(msg)
        for item in value:
            if shape is None:
                if text := self.text(item):
                    yield f"{name}={text}"
            elif body := self.object(_mapping(key, item), shape, depth):
                yield name + body

    def _scalar(self, key: str, value: _Json, shape: _Shape) -> str:
        if key in TIMESTAMP_KEYS:
            if not isinstance(value, str):
                msg = f"{key} {value!r:.60} is not text"
                raise InvalidEventError(msg)
            return timestamp_text(value.strip())
        words = shape.words.get(key)
        return self.text(
            words.web_uri(value.strip()) if words and isinstance(value, str) else value
        )

    def extensions(self, value: Mapping[str, _Json], depth: int) -> list[str]:
        """One text for each value of each extension key (rules 19 to 21), sorted."""
        texts: list[str] = []
        for key, member in value.items():
            if key in COMMENT_KEYS:
                continue
            name = self.name(key)
            for item in _flat(member, depth):
                if isinstance(item, dict):
                    texts.append(name + "".join(self.extensions(item, depth + 1)))
                else:
                    text = self.text(item)
                    texts.append(f"{name}={text}" if text else name)
        return sorted(texts)

    def name(self, key: str) -> str:
        """A key with its namespace in braces."""
        prefix, colon, local = key.partition(":")
        if not colon:
            return key
        if prefix in self.prefixes:
            return f"{{{self.prefixes[prefix]}}}{local}"
        if prefix in IRI_SCHEMES:
            start = max(key.rfind(mark) for mark in "/#:") + 1
            return f"{{{key[:start]}}}{key[start:]}"
        msg = f"key {key[:60]!r} uses the prefix {prefix[:60]!r}, which @context does not declare"
        raise InvalidEventError(msg, hint="Add the prefix and its namespace to @context.")

    def text(self, value: _Json) -> str:
        """A value in canonical spelling (rules 5 to 7 and 14 to 18)."""
        if isinstance(value, bool):
            return "true" if value else "false"
        if isinstance(value, int | float | Decimal):
            return number_text(value)
        if value is None:
            return ""
        if not isinstance(value, str):
            msg = f"{value!r:.60} is not a single value"
            raise InvalidEventError(msg)
        text = trim_trailing_zeros(urn_to_web_uri(expand_compact_uri(value.strip(), self.prefixes)))
        return canonical_uri(text) or text


def _mapping(key: str, value: _Json) -> Mapping[str, _Json]:
    if isinstance(value, dict):
        return value
    msg = f"{key}: {value!r:.60} is not an object"
    raise InvalidEventError(msg)
