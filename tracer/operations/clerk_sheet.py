"""Sheets that clerks fill in: one row per event, CSV or Excel.

Above the heading row stands what holds for the whole sheet (GTIN, lot, owner), one name and one
value per row; in Excel it may be a sheet of its own, `batch`. Templates: tracer/samples/templates.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from tracer.domain.epcis import CONTEXT
from tracer.domain.gs1_uri import ORIGIN
from tracer.domain.identifiers import Gln, Gtin, Lot
from tracer.domain.kinds import Kind
from tracer.errors import InputError, InvalidFileError
from tracer.operations.epcis_file import FileDefaults
from tracer.operations.event_reader import MAX_EVENTS, EventContext, read_event
from tracer.operations.findings import Findings, one_finding, unknown_name
from tracer.operations.plan import BatchPlan, PlannedEvent
from tracer.operations.sheet_cells import (
    BATCH_PARSERS,
    CELL_PARSERS,
    REQUIRED_COLUMNS,
    class_uri,
    offset_of,
)
from tracer.operations.sheet_grid import Row, read_csv, read_xlsx
from tracer.operations.stages import (
    AGGREGATION,
    SHAPES,
    STAGE_KEY,
    TRANSACTION,
    TRANSFORMATION,
)

COLUMNS = tuple(CELL_PARSERS)
_REFERENCE_TYPES = {
    "BILL_OF_LADING": "bol",
    "CERTIFICATE_OF_ORIGIN": "cert",
    "CIQ_CERTIFICATE": "cert",
    "COMMERCIAL_INVOICE": "inv",
    "HEALTH_CERTIFICATE": "cert",
    "LAB_REPORT": "testres",
    "PURCHASE_ORDER": "po",
    "RELEASE_NOTE": "prodorder",
}
DOCUMENT_URN = "urn:example:tracer:doc:"


def read_sheet(
    data: bytes, *, excel: bool, defaults: FileDefaults, now_unix: int, file: str
) -> BatchPlan:
    """Read a clerk's sheet about one batch.

    Args:
        data: the file.
        excel: whether it is a workbook; CSV otherwise.
        defaults: what the sheet does not say itself.
        now_unix: the moment of reading, Unix seconds.
        file: the file's name for messages.

    Raises:
        InvalidFileError: it breaks rules; the message lists row, column, value and rule.
    """
    findings = Findings(file)
    rows = read_xlsx(data, findings) if excel else read_csv(data, findings)
    heading = next((index for index, row in enumerate(rows) if _is_heading(row)), None)
    if heading is None:
        raise one_finding(file, "heading row", None, f"is missing; it names {', '.join(COLUMNS)}")
    batch = findings.sound(_read_batch(rows[:heading], defaults, findings))
    columns = _read_heading(rows[heading], findings)
    findings.raise_if_any()
    sheet = _Sheet(batch, columns, defaults.recorder, now_unix, findings)
    below = rows[heading + 1 :]
    if not 1 <= len(below) <= MAX_EVENTS:
        findings.add("rows below the heading", len(below), f"must be 1 to {MAX_EVENTS:,}")
    events = [sheet.read_row(row) for row in below[:MAX_EVENTS]]
    findings.raise_if_any()
    read = [event for event in events if event]
    return BatchPlan(
        batch.gtin,
        batch.lot,
        batch.owner or read[0].recorder,
        batch.prefix_digits,
        (),
        tuple(sorted(read, key=lambda event: event.occurred_at_unix)),
    )


# --- what holds for the whole sheet ---------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Batch:
    """What stands above the heading."""

    gtin: Gtin
    lot: Lot
    owner: Gln | None
    prefix_digits: int | None
    dates: Mapping[str, str]


def _is_heading(row: Row) -> bool:
    return {"stage", "event_time"} <= {_column_name(cell) for cell in row.cells}


def _column_name(cell: str) -> str:
    return cell.lower().replace(" ", "_")


def _read_batch(rows: Sequence[Row], defaults: FileDefaults, findings: Findings) -> _Batch | None:
    read: dict[str, Any] = {}
    for row in rows:
        name, value = _column_name(row.cells[0]), row.cells[1] if len(row.cells) > 1 else ""
        try:
            if name in read:
                raise InvalidFileError("stands twice above the heading")
            if name not in BATCH_PARSERS:
                raise InvalidFileError(unknown_name("name", name, BATCH_PARSERS))
            read[name] = None
            read[name] = BATCH_PARSERS[name](value)
        except InputError as error:
            findings.add(f"{row.place}, {row.cells[0]}", value, str(error))
    for name, default in (("gtin", defaults.gtin), ("lot", defaults.lot)):
        if read.setdefault(name, default) is None and not findings:
            findings.add("above the heading", None, f"{name} is missing")
    if findings:
        return None
    return _Batch(
        read["gtin"],
        read["lot"],
        read.get("owner_gln", defaults.owner),
        read.get("prefix_digits", defaults.prefix_digits),
        {name: read[name] for name in ("production_date", "best_before") if name in read},
    )


def _read_heading(row: Row, findings: Findings) -> dict[str, int]:
    """Where each column stands, from 0."""
    columns: dict[str, int] = {}
    for index, cell in enumerate(row.cells):
        name = _column_name(cell)
        if not name:
            continue
        if name not in COLUMNS:
            findings.add(f"{row.place}, heading", cell, unknown_name("column", name, COLUMNS))
        elif name in columns:
            findings.add(f"{row.place}, heading", cell, "stands twice")
        columns[name] = index
    for name in REQUIRED_COLUMNS:
        if name not in columns:
            findings.add(f"{row.place}, heading", None, f"column {name} is missing")
    return columns


# --- one row, one event ---------------------------------------------------------------------


class _Sheet:
    """Turns rows into events; every cell that breaks a rule is noted with row and column."""

    def __init__(
        self,
        batch: _Batch,
        columns: Mapping[str, int],
        recorder: Gln | None,
        now_unix: int,
        findings: Findings,
    ) -> None:
        self._batch = batch
        self._columns = columns
        self._recorder = recorder
        self._findings = findings
        self._around = EventContext(CONTEXT, now_unix)

    def read_row(self, row: Row) -> PlannedEvent | None:
        """One row's event, or None when a rule is broken."""
        texts = {
            name: row.cells[index] if index < len(row.cells) else ""
            for name, index in self._columns.items()
        }
        used = set(self._columns.values())
        for index, cell in enumerate(row.cells):
            if cell and index not in used:
                self._findings.add(f"{row.place}, column {index + 1}", cell, "has no heading")
        cells = self._parse_cells(row.place, texts)
        if cells is None:
            return None
        recorder = cells["recorder_gln"] or self._recorder
        if recorder is None:
            rule = "is missing, and no party was named for the whole file"
            self._findings.add(f"{row.place}, recorder_gln", None, rule)
            return None
        event = self._build(cells)
        return read_event(event, row.place, self._around, lambda _: recorder, self._findings)

    def _parse_cells(self, place: str, texts: Mapping[str, str]) -> dict[str, Any] | None:
        cells: dict[str, Any] = {}
        ok = True
        for name, parse in CELL_PARSERS.items():
            text = texts.get(name, "")
            cells[name] = None
            try:
                if text:
                    cells[name] = parse(text)
                elif name in REQUIRED_COLUMNS:
                    raise InvalidFileError("is missing")
            except InputError as error:
                self._findings.add(f"{place}, {name}", text or None, str(error))
                ok = False
        for name, rule in _missing(cells) if ok else ():
            self._findings.add(f"{place}, {name}", cells[name], rule)
            ok = False
        return cells if ok else None

    def _build(self, cells: Mapping[str, Any]) -> dict[str, Any]:
        shape = SHAPES[cells["stage"]]
        place = {"id": f"{ORIGIN}/414/{cells['location_gln']}"}
        event = {
            "type": shape.event_type,
            "eventTime": cells["event_time"],
            "eventTimeZoneOffset": offset_of(cells["event_time"]),
            "bizStep": shape.biz_step,
            "disposition": cells["disposition"] or shape.dispositions[0],
            "readPoint": place,
            "bizLocation": place,
            STAGE_KEY: cells["stage"].name,
        }
        if shape.action:
            event["action"] = shape.action
        event |= self._goods(shape.event_type, cells)
        event |= _extras(cells)
        if cells["stage"] is Kind.CANNING:
            event["ilmd"] = self._made()
        return event

    def _goods(self, event_type: str, cells: Mapping[str, Any]) -> dict[str, Any]:
        gtin, lot = cells["item_gtin"] or self._batch.gtin, cells["item_lot"] or self._batch.lot
        quantity: dict[str, Any] = {"epcClass": class_uri(gtin, lot)}
        if cells["quantity"] is not None:
            quantity["quantity"] = cells["quantity"]
        if cells["uom"]:
            quantity["uom"] = cells["uom"]
        unit = cells["logistic_unit"]
        match event_type:
            case "AggregationEvent":
                return {"parentID": unit, "childQuantityList": [quantity]}
            case "TransformationEvent":
                return {"inputQuantityList": cells["inputs"], "outputQuantityList": [quantity]}
            case _:
                return {"quantityList": [quantity]} | ({"epcList": [unit]} if unit else {})

    def _made(self) -> dict[str, Any]:
        dates = self._batch.dates
        made = {"cbvmda:lotNumber": self._batch.lot.value}
        if "best_before" in dates:
            made["cbvmda:itemExpirationDate"] = dates["best_before"]
        if "production_date" in dates:
            made["tracer:productionDate"] = dates["production_date"]
        return made


def _missing(cells: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Columns that this row needs because of what stands in others."""
    shape = SHAPES[cells["stage"]]
    if shape.event_type == AGGREGATION and not cells["logistic_unit"]:
        yield "logistic_unit", f"is missing; {cells['stage'].name} needs an SSCC or a container"
    if shape.event_type == TRANSFORMATION and not cells["inputs"]:
        yield "inputs", f"are missing; {cells['stage'].name} makes goods out of others"
    if shape.event_type == TRANSACTION and not cells["reference_number"]:
        yield "reference_number", f"is missing; {cells['stage'].name} refers to a paper"
    if bool(cells["reference_type"]) != bool(cells["reference_number"]):
        yield "reference_type", "and reference_number go together"
    if cells["uom"] and cells["quantity"] is None:
        yield "quantity", "is missing; a unit of measure needs one"
    if cells["disposition"] and cells["disposition"] not in shape.dispositions:
        yield "disposition", f"must be one of {', '.join(shape.dispositions)} for this stage"


def _extras(cells: Mapping[str, Any]) -> dict[str, Any]:
    """Reference, climate and note, as far as the row has them."""
    extras: dict[str, Any] = {}
    if reference := cells["reference_type"]:
        own = f"{DOCUMENT_URN}TYPE:{reference}"
        number = quote(cells["reference_number"], safe="/")
        extras["bizTransactionList"] = [
            {
                "type": _REFERENCE_TYPES.get(reference, own),
                "bizTransaction": f"{DOCUMENT_URN}{reference}:{number}",
            }
        ]
    measured = {"Temperature": ("temperature_c", "CEL"), "RelativeHumidity": ("humidity_pct", "P1")}
    reports = [
        {"type": name, "value": cells[column], "uom": uom}
        for name, (column, uom) in measured.items()
        if cells[column] is not None
    ]
    if reports:
        metadata = {"time": cells["event_time"]}
        extras["sensorElementList"] = [{"sensorMetadata": metadata, "sensorReport": reports}]
    if cells["note"]:
        extras["tracer:note"] = cells["note"]
    return extras
