"""CSV and Excel files as rows of text, before anyone asks what the text means.

Nothing is evaluated and nothing is guessed: a formula, an error value or a date cell is refused,
because what the clerk saw on the screen is not what the file holds.
"""

import csv
import io
import re
import warnings
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, time
from typing import Any

from openpyxl import load_workbook

from tracer.errors import InvalidFileError
from tracer.operations.findings import FIX_AND_RERUN, Findings, one_finding
from tracer.operations.strict_json import decode_text

MAX_ROWS = 6_000  # 5,000 events and their headings
MAX_COLUMNS = 64  # four times what the template has
MAX_CELL = 2_000  # characters: a long note; a printed page has no more
MAX_PARTS = 200  # files inside an .xlsx; Excel writes about 15
MAX_UNPACKED_BYTES = 100 * 1024 * 1024  # five times the file limit: beyond it is a zip bomb
BATCH_SHEET = "batch"
EVENTS_SHEET = "events"
_DELIMITERS = ",;\t"
_FORMULA, _ERROR = "f", "e"


@dataclass(frozen=True, slots=True)
class Row:
    """One row that is not blank.

    Attributes:
        place: its number as the clerk's program shows it, with the sheet's name if it has one.
        cells: stripped texts, one per column.
    """

    place: str
    cells: tuple[str, ...]


def read_csv(data: bytes, findings: Findings) -> list[Row]:
    """Read comma-, semicolon- or tab-separated rows.

    Args:
        data: the file, UTF-8 with or without a byte order mark.
        findings: where broken rules go.

    Raises:
        InvalidFileError: it is no text, or a quote never ends, or it is too long.
    """
    text = decode_text(data, findings.file)
    if "\x00" in text:
        raise one_finding(findings.file, "text", None, "holds a zero byte: this is no CSV file")
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text), strict=True)
    rows: list[Row] = []
    start = 1
    try:
        for cells in reader:
            _keep(rows, Row(f"row {start}", tuple(cell.strip() for cell in cells)), findings)
            start = reader.line_num + 1
    except csv.Error as error:
        raise one_finding(findings.file, f"row {start}", None, f"{error}") from error
    return rows


def _delimiter(text: str) -> str:
    """The separator of the heading row, which has the most columns; of the first row else."""
    lines = text.splitlines()
    heading = next((line for line in lines if re.search(r"\bstage\b", line, re.IGNORECASE)), "")
    line = heading or (lines[0] if lines else "")
    return max(_DELIMITERS, key=line.count)


def _keep(rows: list[Row], row: Row, findings: Findings) -> None:
    """Add a row unless it is blank or a remark; judge the size of what it adds to."""
    if not any(row.cells) or row.cells[0].startswith("#"):
        return
    if len(rows) >= MAX_ROWS:
        raise one_finding(findings.file, row.place, None, f"a sheet has at most {MAX_ROWS:,} rows")
    if len(row.cells) > MAX_COLUMNS and any(row.cells[MAX_COLUMNS:]):
        findings.add(row.place, None, f"has more than {MAX_COLUMNS} columns")
    for number, cell in enumerate(row.cells, start=1):
        if len(cell) > MAX_CELL:
            findings.add(f"{row.place}, column {number}", cell, f"is longer than {MAX_CELL}")
        elif cell.startswith("="):
            findings.add(f"{row.place}, column {number}", cell, "is a formula; write the value")
    rows.append(row)


# --- Excel ----------------------------------------------------------------------------------


def read_xlsx(data: bytes, findings: Findings) -> list[Row]:
    """Read the sheets `batch` and `events` of a workbook, or its first sheet if it has neither.

    Args:
        data: the .xlsx file.
        findings: where broken rules go.

    Raises:
        InvalidFileError: it is no workbook, or unpacks to more than 100 MiB.
    """
    _check_package(data, findings.file)
    rows: list[Row] = []
    try:
        with warnings.catch_warnings(action="ignore"):  # openpyxl warns of styles it does not know
            book = load_workbook(io.BytesIO(data), read_only=True, data_only=False)
            names = [name for name in (BATCH_SHEET, EVENTS_SHEET) if name in book.sheetnames]
            for name in names or book.sheetnames[:1]:
                for row in _sheet_rows(book[name], name, findings):
                    _keep(rows, row, findings)
            book.close()
    except InvalidFileError:
        raise
    except Exception as error:  # a broken package raises whatever its parts raise
        raise InvalidFileError(
            f"{findings.file} is no Excel workbook that can be read: {error}", hint=FIX_AND_RERUN
        ) from error
    return rows


def _check_package(data: bytes, file: str) -> None:
    """Refuse zip bombs and entity tricks before any XML reader sees them."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as package:
            parts = package.infolist()
            unpacked = sum(part.file_size for part in parts)
            if len(parts) > MAX_PARTS or unpacked > MAX_UNPACKED_BYTES:
                raise one_finding(
                    file, f"{len(parts)} parts, {unpacked:,} bytes", None, "unpacks to too much"
                )
            for part in parts:
                if part.filename.endswith((".xml", ".rels")) and b"<!DOCTYPE" in package.read(part):
                    raise one_finding(file, part.filename, None, "declares a document type")
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError) as error:
        raise InvalidFileError(
            f"{file} is no Excel workbook that can be read: {error}", hint=FIX_AND_RERUN
        ) from error


def _sheet_rows(sheet: Any, name: str, findings: Findings) -> Iterator[Row]:  # noqa: ANN401
    """The rows of a sheet; openpyxl's read-only sheet has no public type."""
    previous: tuple[Any, ...] = ()
    for number, cells in enumerate(sheet.iter_rows(max_col=MAX_COLUMNS + 1), start=1):
        if cells is previous:
            continue  # a gap: openpyxl gives the same blank row again and again
        previous = cells
        place = f"sheet {name}, row {number}"
        if number > MAX_ROWS and any(cell.value is not None for cell in cells):
            rule = f"lies below row {MAX_ROWS:,}, the last that is read"
            raise one_finding(findings.file, place, None, rule)
        yield Row(place, tuple(_cell_text(cell, place, findings) for cell in cells))


def _cell_text(cell: Any, place: str, findings: Findings) -> str:  # noqa: ANN401
    value = cell.value
    if value is None:
        return ""
    where = f"{place}, column {cell.column_letter}"
    if cell.data_type == _FORMULA:
        findings.add(where, value, "is a formula; paste the value instead")
    elif cell.data_type == _ERROR:
        findings.add(where, value, "is an error value of a formula")
    elif isinstance(value, date | time):
        rule = "is an Excel date, which has no time zone; format the column as text"
        findings.add(where, str(value), rule)
    elif isinstance(value, bool):
        findings.add(where, value, "is TRUE or FALSE; write text or a number")
    elif isinstance(value, float) and value.is_integer():
        return str(int(value))
    else:
        return str(value).strip()
    return ""
