"""An EPCIS 2.0 document: events in, planned records out.

A document says what happened, not who writes it to the ledger and which batch is meant; that
comes from the caller (`FileDefaults`), the batch also from the events themselves.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from tracer.domain.epcis import CONTEXT
from tracer.domain.event_hash import Context
from tracer.domain.gs1_uri import ORIGIN, canonical_uri
from tracer.domain.identifiers import Gln, Gtin, Lot
from tracer.domain.kinds import Kind
from tracer.errors import InvalidFileError
from tracer.operations.event_reader import CONTEXT_KEY, MAX_EVENTS, EventContext, read_event
from tracer.operations.findings import FIX_AND_RERUN, Findings, unknown_name
from tracer.operations.plan import BatchPlan, PlannedEvent

SCHEMA_VERSION = "2.0"
_DOCUMENT_KEYS = frozenset(
    {
        CONTEXT_KEY,
        "creationDate",
        "epcisBody",
        "epcisHeader",
        "id",
        "instanceIdentifier",
        "receiver",
        "schemaVersion",
        "sender",
        "type",
    }
)


@dataclass(frozen=True, slots=True)
class FileDefaults:
    """What a file that is not of our own format leaves open.

    Attributes:
        recorder: the party that writes all records of the file.
        gtin: the batch's trade item; None: take it from the file.
        lot: the batch's lot; None: take it from the file.
        owner: the party that registers the batch; None: the recorder.
        prefix_digits: length of the company prefix that the owner claims; None: ask the ledger.
    """

    recorder: Gln | None = None
    gtin: Gtin | None = None
    lot: Lot | None = None
    owner: Gln | None = None
    prefix_digits: int | None = None


def read_epcis(
    raw: Mapping[str, Any], defaults: FileDefaults, now_unix: int, file: str
) -> BatchPlan:
    """Read an EPCIS 2.0 document about one batch.

    Args:
        raw: the file's JSON object.
        defaults: who writes, and what the events leave open.
        now_unix: the moment of reading, Unix seconds.
        file: the file's name for messages.

    Raises:
        InvalidFileError: it breaks rules, or nobody is named as recorder.
    """
    recorder = require_recorder(defaults, file)
    findings = Findings(file)
    events = read_document(raw, "", lambda _kind: recorder, now_unix, findings)
    findings.raise_if_any()
    gtin, lot = _batch_of(events, defaults, file)
    return BatchPlan(
        gtin,
        lot,
        defaults.owner or recorder,
        defaults.prefix_digits,
        (),
        tuple(sorted(events, key=lambda event: event.occurred_at_unix)),
    )


def require_recorder(defaults: FileDefaults, file: str) -> Gln:
    """The party that writes a file's records.

    Raises:
        InvalidFileError: nobody is named.
    """
    if defaults.recorder is None:
        raise InvalidFileError(
            f"{file} does not say who records its events", hint="Name the party by its GLN."
        )
    return defaults.recorder


def read_document(
    raw: Mapping[str, Any],
    place: str,
    recorder_of: Callable[[Kind], Gln | None],
    now_unix: int,
    findings: Findings,
) -> list[PlannedEvent]:
    """Read the events of an EPCIS 2.0 document.

    Args:
        raw: the document as JSON.
        place: its JSON path.
        recorder_of: who writes a record of a kind; None when nobody does (noted by it).
        now_unix: the moment of reading, Unix seconds.
        findings: where broken rules go.

    Returns:
        The events that break no rule, in the document's order.
    """
    prefix = f"{place}." if place else ""
    for key in raw.keys() - _DOCUMENT_KEYS:
        if ":" not in key:
            findings.add(prefix + key, raw[key], unknown_name("key", key, _DOCUMENT_KEYS))
    if raw.get("type") != "EPCISDocument":
        findings.add(f"{prefix}type", raw.get("type"), "must be 'EPCISDocument'")
    if raw.get("schemaVersion") != SCHEMA_VERSION:
        version = raw.get("schemaVersion")
        findings.add(f"{prefix}schemaVersion", version, f"must be '{SCHEMA_VERSION}'")
    context = _read_context(raw.get(CONTEXT_KEY), f"{prefix}{CONTEXT_KEY}", findings)
    body = raw.get("epcisBody")
    events = body.get("eventList") if isinstance(body, dict) else None
    where = f"{prefix}epcisBody.eventList"
    if not isinstance(events, list) or not 1 <= len(events) <= MAX_EVENTS:
        findings.add(where, None, f"must list 1 to {MAX_EVENTS:,} events")
        return []
    around = EventContext(context, now_unix)
    return _read_events(events, where, around, recorder_of, findings)


def _read_events(
    events: Sequence[Any],
    where: str,
    around: EventContext,
    recorder_of: Callable[[Kind], Gln | None],
    findings: Findings,
) -> list[PlannedEvent]:
    planned: dict[str, PlannedEvent] = {}
    for index, raw in enumerate(events):
        place = f"{where}[{index}]"
        event = read_event(_with_context(raw, around), place, around, recorder_of, findings)
        if event is None:
            continue
        event_id = event.event["eventID"]
        if event_id in planned:
            findings.add(
                f"{place}.eventID", event_id, "stands twice: the same event was given before"
            )
        planned[event_id] = event
    return list(planned.values())


def _with_context(raw: Any, around: EventContext) -> Any:  # noqa: ANN401  # checked by the reader
    """The event with its document's context, unless that is the one all readers assume."""
    if isinstance(raw, dict) and CONTEXT_KEY not in raw and list(around.context) != list(CONTEXT):
        return {**raw, CONTEXT_KEY: list(around.context)}
    return raw


def _read_context(raw: object, place: str, findings: Findings) -> Context:
    entries = raw if isinstance(raw, list) else [raw]
    context: list[str | dict[str, str]] = []
    for entry in entries:
        if isinstance(entry, str) or (
            isinstance(entry, dict) and all(isinstance(uri, str) for uri in entry.values())
        ):
            context.append(entry)
        else:
            findings.add(place, entry, "must list GS1's context and objects of prefixes")
    return context


def _batch_of(
    events: Sequence[PlannedEvent], defaults: FileDefaults, file: str
) -> tuple[Gtin, Lot]:
    """The batch that the caller names, or the only one that the events name."""
    if defaults.gtin and defaults.lot:
        return defaults.gtin, defaults.lot
    found = _made_lots(events) or _all_lots(events)
    if len(found) != 1:
        names = ", ".join(sorted(f"{gtin} {lot}" for gtin, lot in found)) or "none"
        raise InvalidFileError(
            f"{file} does not say which batch it is about; its events name: {names}",
            hint="Name the batch by GTIN and lot." if found else FIX_AND_RERUN,
        )
    return found.pop()


def _made_lots(events: Sequence[PlannedEvent]) -> set[tuple[Gtin, Lot]]:
    """The lots that canning made."""
    canned = [event.event for event in events if event.kind is Kind.CANNING]
    return _lots([q for event in canned for q in event.get("outputQuantityList", ())])


def _all_lots(events: Sequence[PlannedEvent]) -> set[tuple[Gtin, Lot]]:
    """Every lot that a quantity names."""
    lists = [value for event in events for key, value in event.event.items() if _is_quantity(key)]
    return _lots([quantity for quantities in lists for quantity in quantities])


def _is_quantity(key: str) -> bool:
    return key.lower().endswith("quantitylist")


def _lots(quantities: Sequence[Mapping[str, Any]]) -> set[tuple[Gtin, Lot]]:
    found = set()
    for quantity in quantities:
        path = (canonical_uri(quantity["epcClass"]) or "").removeprefix(f"{ORIGIN}/").split("/")
        match path:
            case ["01", gtin, "10", lot]:
                found.add((Gtin.parse(gtin), Lot.parse(unquote(lot))))
    return found
