"""EPCIS 2.0 events, read strictly, and what the ledger needs from them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from tracer.domain.epcis_rules import EVENT_RULES, Fault, find_object_faults
from tracer.domain.event_hash import Context, declared_prefixes, event_id
from tracer.domain.event_values import parse_timestamp
from tracer.domain.gs1_uri import ORIGIN, canonical_uri
from tracer.domain.identifiers import Gln
from tracer.domain.kinds import Kind
from tracer.domain.vocabulary import DISPOSITION, STANDARD_CONTEXT, expand_compact_uri
from tracer.errors import InputError, InvalidEventError

NAMESPACE = "https://example.org/tracer/vocab/"
CONTEXT: Context = (STANDARD_CONTEXT, {"tracer": NAMESPACE})
"""The context of events that stand alone, as their kept content does."""

MAX_EVENTS = 5_000  # of one document: the busiest sample batch has 35
MAX_FAULTS_SHOWN = 10  # an error names so many and counts the rest

HOLD_RECALL = "HOLD_RECALL"  # one stage of the domain model, two kinds on the ledger
_WITHOUT_EVENT = {
    Kind.SERIALS,
    Kind.LAB_REPORT,
    Kind.CERTIFICATE,
    Kind.CLEARANCE_CLAIM,
    Kind.CLEARANCE_CONFIRMATION,
    Kind.CUSTOMS_DOCUMENT,
    Kind.TELEMETRY,
    Kind.DOCUMENT,
    Kind.INSPECTION,
    Kind.CORRECTION,
    Kind.SUPERSEDE,
}
EVENT_KINDS = frozenset(Kind) - _WITHOUT_EVENT
"""Kinds of record whose content is an EPCIS event; the event's stage has the kind's name."""

_EPC_LISTS = ("epcList", "childEPCs", "inputEPCList", "outputEPCList")
_QUANTITY_LISTS = (
    "quantityList",
    "childQuantityList",
    "inputQuantityList",
    "outputQuantityList",
)


@dataclass(frozen=True, slots=True)
class Item:
    """Something that an event is about.

    Attributes:
        role: the list it stands in, e.g. `inputQuantityList`.
        uri: its identifier in canonical spelling.
        quantity: how much, in `uom`; None for a single instance or an unknown amount.
        uom: code of UN/ECE Recommendation 20; empty for a number of pieces.
    """

    role: str
    uri: str
    quantity: float | None = None
    uom: str = ""


@dataclass(frozen=True, slots=True)
class Event:
    """One event that breaks no rule.

    Attributes:
        data: the event as parsed JSON, unchanged.
        prefixes: prefix -> namespace, as its document declares them.
        event_id: its CBV 2.0 hash, whether or not `data` holds it.
    """

    data: Mapping[str, Any]
    prefixes: Mapping[str, str]
    event_id: str

    @property
    def occurred_at_unix(self) -> int:
        """When it happened, whole Unix seconds."""
        return int(parse_timestamp(self.data["eventTime"]).timestamp())

    @property
    def location(self) -> Gln | None:
        """The GLN of its read point, else of its business location, else None."""
        for name in ("readPoint", "bizLocation"):
            if name in self.data and (gln := gln_of(self.data[name]["id"])):
                return gln
        return None

    @property
    def stage(self) -> str | None:
        """What its stage extension says, or None without one."""
        stage = self.extension("stage")
        return stage if isinstance(stage, str) else None

    @property
    def kind(self) -> Kind:
        """The kind of record that carries it.

        Raises:
            InvalidEventError: it names no stage, or one that is no kind of event.
        """
        if self.stage == HOLD_RECALL:
            word = expand_compact_uri(self.data.get("disposition", ""), self.prefixes)
            return Kind.RECALL if DISPOSITION.bare(word) == "recalled" else Kind.HOLD
        kind = Kind.__members__.get(self.stage or "")
        if kind in EVENT_KINDS:
            return kind
        msg = f"tracer:stage: {self.stage!r:.60} is no stage of a batch's life"
        raise InvalidEventError(msg, hint="Use a stage such as CANNING or DEPARTURE.")

    @property
    def items(self) -> tuple[Item, ...]:
        """What it is about: parent, instances, then quantities of classes."""
        return tuple(self._items())

    def _items(self) -> Iterator[Item]:
        if parent := self.data.get("parentID"):
            yield Item("parentID", _spelled(parent))
        for role in _EPC_LISTS:
            for uri in self.data.get(role, ()):
                yield Item(role, _spelled(uri))
        for role in _QUANTITY_LISTS:
            for entry in self.data.get(role, ()):
                amount = entry.get("quantity")
                yield Item(role, _spelled(entry["epcClass"]), amount, entry.get("uom", ""))

    def extension(self, name: str) -> object:
        """The value of a member in this project's namespace, or None.

        Raises:
            InvalidEventError: two keys name the same member; readers would disagree.
        """
        found = []
        for key, value in self.data.items():
            prefix, _, local = key.partition(":")
            if key == NAMESPACE + name or self.prefixes.get(prefix, "") + local == NAMESPACE + name:
                found.append(value)
        if len(found) > 1:
            msg = f"two members mean {NAMESPACE}{name}"
            raise InvalidEventError(msg)
        return found[0] if found else None


def _spelled(uri: str) -> str:
    return canonical_uri(uri) or uri


def gln_of(uri: str) -> Gln | None:
    """The GLN that a place's or party's URI names; None if it names none.

    Raises:
        InvalidIdentifierError: its check digit is wrong.
    """
    ai, _, value = _spelled(uri).removeprefix(f"{ORIGIN}/").partition("/")
    return Gln.parse(unquote(value.partition("/")[0])) if ai in {"414", "417"} else None


def find_faults(event: dict[str, Any], context: Context = CONTEXT) -> list[Fault]:
    """Everything that is wrong with an event, in the order of its members."""
    rule = EVENT_RULES.get(str(event.get("type")))
    if rule is None:
        known = ", ".join(EVENT_RULES)
        return [Fault("type", event.get("type"), f"is not one of {known}")]
    faults = [*rule(event, "", declared_prefixes(event, context)), *find_object_faults(event)]
    return faults or list(_find_deep_faults(event, context))


def _find_deep_faults(event: dict[str, Any], context: Context) -> Iterator[Fault]:
    """Rules that can only be asked of an event whose shape is right."""
    for name in ("readPoint", "bizLocation"):
        try:
            gln_of(event.get(name, {}).get("id", ""))
        except InputError as error:
            yield Fault(f"{name}.id", event[name]["id"], f"names a wrong GLN: {error}")
    try:
        right = event_id(event, context)
    except InputError as error:
        yield Fault("", None, f"has no event hash: {error}")
        return
    given = event.get("eventID", right)
    if given != right:
        yield Fault("eventID", given, f"is not the event's CBV 2.0 hash, {right}")


def parse_event(event: object, context: Context = CONTEXT, *, position: int = 0) -> Event:
    """Read one event.

    Args:
        event: parsed JSON.
        context: the `@context` of its document; the default is that of kept contents.
        position: its place in the document, for messages.

    Raises:
        InvalidEventError: it breaks rules; the message names event, field, value and rule of each.
    """
    if not isinstance(event, dict):
        msg = f"event {position}: {event!r:.60} is not an object in braces"
        raise InvalidEventError(msg)
    if faults := find_faults(event, context):
        shown = [f"event {position}: {fault}" for fault in faults[:MAX_FAULTS_SHOWN]]
        more = len(faults) - len(shown)
        msg = "\n".join([*shown, *([f"and {more} more"] if more else [])])
        raise InvalidEventError(msg)
    return Event(event, declared_prefixes(event, context), event_id(event, context))
