"""What one cell of a clerk's sheet may hold, column by column.

Every parser takes a stripped, non-empty text and raises `InputError` with the rule it breaks.
"""

import re
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any
from urllib.parse import quote

from stdnum import iso6346

from tracer.domain.event_values import parse_timestamp
from tracer.domain.gs1_uri import ORIGIN
from tracer.domain.identifiers import Gln, Gtin, Lot, Sscc
from tracer.domain.kinds import Kind
from tracer.errors import InvalidFileError
from tracer.operations.stages import parse_stage
from tracer.operations.values import parse_prefix_digits, parse_text

REQUIRED_COLUMNS = ("stage", "event_time", "location_gln")
_NUMBER = re.compile(r"-?\d{1,15}(\.\d{1,9})?", re.ASCII)
_OFFSET = re.compile(r"(?:[+-]\d{2}:\d{2}|Z)$", re.ASCII)
_INPUT = re.compile(r"(\d+)/(.+)=([^= ]+)(?: +([A-Z0-9]{2,3}))?", re.ASCII)
_REFERENCE = re.compile(r"[A-Z][A-Z_]{1,39}")


def _parse_digits(text: str) -> int:
    return parse_prefix_digits(int(text) if text.isascii() and text.isdigit() else text)


def _parse_day(text: str) -> str:
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError as error:
        raise InvalidFileError("must be a day such as 2026-02-11") from error


BATCH_PARSERS: Mapping[str, Callable[[str], Any]] = {
    "gtin": Gtin.parse,
    "lot": Lot.parse,
    "owner_gln": Gln.parse,
    "prefix_digits": _parse_digits,
    "production_date": _parse_day,
    "best_before": _parse_day,
}
"""Names that may stand above the heading."""


def _parse_stage(text: str) -> Kind:
    return parse_stage(text.upper().replace(" ", "_"))


def _parse_time(text: str) -> str:
    if not _OFFSET.search(text):
        raise InvalidFileError("needs an offset at its end, like 2026-02-11T14:00:00+13:00")
    parse_timestamp(text)
    return text


def offset_of(event_time: str) -> str:
    """The offset that a time ends with."""
    return "+00:00" if event_time.endswith("Z") else event_time[-6:]


def _parse_number(text: str) -> float:
    if not _NUMBER.fullmatch(text):
        raise InvalidFileError("must be a plain number with a decimal point, such as 12441.6")
    number = float(text)
    return int(number) if number.is_integer() else number


def _parse_unit(text: str) -> str:
    """An SSCC or a container number, as EPCIS writes it."""
    if text.isascii() and text.isdigit():
        return f"{ORIGIN}/00/{Sscc.parse(text)}"
    if not iso6346.is_valid(text) or text != iso6346.compact(text):
        raise InvalidFileError("must be an SSCC of 18 digits or a container number (ISO 6346)")
    return f"urn:epc:id:bic:{text}"


def _parse_inputs(text: str) -> list[dict[str, Any]]:
    """What went in, as EPCIS writes it: GTIN/LOT=QUANTITY UOM, several separated by semicolons."""
    inputs = []
    for part in text.split(";"):
        match = _INPUT.fullmatch(part.strip())
        if not match:
            rule = f"{part.strip()[:40]!r} must be like 09520010011014/RM-1=12441.6 KGM"
            raise InvalidFileError(rule)
        gtin, lot, quantity, uom = match.groups()
        one: dict[str, Any] = {
            "epcClass": class_uri(Gtin.parse(gtin), Lot.parse(lot)),
            "quantity": _parse_number(quantity),
        }
        inputs.append(one | ({"uom": uom} if uom else {}))
    return inputs


def class_uri(gtin: Gtin, lot: Lot) -> str:
    """All goods of a lot, as EPCIS names them."""
    return f"{ORIGIN}/01/{gtin}/10/{quote(lot.value, safe='')}"


def _parse_reference(text: str) -> str:
    name = text.upper().replace(" ", "_")
    if not _REFERENCE.fullmatch(name):
        raise InvalidFileError("must be a paper's type in letters, such as BILL_OF_LADING")
    return name


CELL_PARSERS: Mapping[str, Callable[[str], Any]] = {
    "stage": _parse_stage,
    "event_time": _parse_time,
    "location_gln": Gln.parse,
    "recorder_gln": Gln.parse,
    "quantity": _parse_number,
    "uom": parse_text,
    "item_gtin": Gtin.parse,
    "item_lot": Lot.parse,
    "inputs": _parse_inputs,
    "logistic_unit": _parse_unit,
    "reference_type": _parse_reference,
    "reference_number": parse_text,
    "disposition": parse_text,
    "temperature_c": _parse_number,
    "humidity_pct": _parse_number,
    "note": parse_text,
}
"""Every column, in the template's order."""
