"""Record events of a batch that is on the ledger."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tracer.domain.epcis import CONTEXT
from tracer.domain.identifiers import Gln, Gtin, Lot
from tracer.domain.records import build_batch_id
from tracer.errors import InvalidFileError, KeyUnavailableError, NotFoundError
from tracer.operations.batch_writer import BatchWriter
from tracer.operations.epcis_file import FileDefaults, read_epcis
from tracer.operations.plan import BatchPlan, PlannedItem
from tracer.operations.station import Station
from tracer.operations.strict_json import decode_text, load_bounded, parse_json
from tracer.operations.writers import KeyRing

CONTEXT_KEY = "@context"


def load_events(path: Path, gtin: Gtin, lot: Lot, recorder: Gln, *, now_unix: int) -> BatchPlan:
    """Read an EPCIS event, or an EPCIS 2.0 document with several.

    Args:
        path: the file.
        gtin: the batch's trade item.
        lot: the batch.
        recorder: the party that writes the records.
        now_unix: the moment of reading, Unix seconds; later events are refused.

    Raises:
        InvalidFileError: it breaks rules; the message lists them.
    """
    file = str(path)
    raw = parse_json(decode_text(load_bounded(path), file), file)
    if not isinstance(raw, dict):
        raise InvalidFileError(f"{file} is no EPCIS event or document")
    document = raw if raw.get("type") == "EPCISDocument" else _wrap(raw, now_unix)
    return read_epcis(document, FileDefaults(recorder, gtin, lot), now_unix, file)


def event_writer(station: Station, plan: BatchPlan) -> BatchWriter:
    """The writer that adds a plan's events to its batch.

    Raises:
        NotFoundError: the ledger has no such batch.
    """
    return adding_writer(station, plan.gtin, plan.lot, plan.items)


def adding_writer(
    station: Station, gtin: Gtin, lot: Lot, items: Sequence[PlannedItem]
) -> BatchWriter:
    """The writer that adds some items to a batch that exists.

    Raises:
        NotFoundError: the ledger has no such batch.
    """
    owner = owner_of(station, gtin, lot)
    plan = BatchPlan(gtin, lot, owner, None, (), tuple(items))
    return BatchWriter(station, plan, registers=False)


def owner_of(station: Station, gtin: Gtin, lot: Lot) -> Gln:
    """The party that registered a batch.

    Raises:
        NotFoundError: the ledger has no such batch.
    """
    state = station.ledger.batch(build_batch_id(gtin, lot))
    if state is None:
        raise NotFoundError(
            f"the ledger has no batch {gtin}/{lot}",
            hint="Register it first: tracer batch register FILE.",
        )
    return Gln.from_number(state.owner)


def only_party(station: Station) -> Gln:
    """The one party that this installation has a valid key of.

    Raises:
        KeyUnavailableError: there is none, or more than one.
    """
    ring = KeyRing.ask(station)
    glns = {it.gln for it in ring.states.values() if it.gln and it.is_valid(ring.now_unix)}
    if len(glns) != 1:
        raise KeyUnavailableError(
            f"there are valid keys of {len(glns)} parties here",
            hint="Say who records with --as GLN; tracer party key list shows the keys.",
        )
    return glns.pop()


def _wrap(event: Mapping[str, Any], now_unix: int) -> dict[str, Any]:
    """One event as a document of its own."""
    body = {key: value for key, value in event.items() if key != CONTEXT_KEY}
    return {
        CONTEXT_KEY: event.get(CONTEXT_KEY, list(CONTEXT)),
        "type": "EPCISDocument",
        "schemaVersion": "2.0",
        "creationDate": datetime.fromtimestamp(now_unix, UTC).isoformat(),
        "epcisBody": {"eventList": [body]},
    }
