"""The clerks' templates: what they see first, filled in with events that can be tried out."""

import csv
import io
import re
import zipfile
from datetime import datetime

from openpyxl import Workbook
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from tracer.operations.clerk_sheet import COLUMNS
from tracer.operations.sheet_cells import REQUIRED_COLUMNS
from tracer.operations.sheet_grid import BATCH_SHEET, EVENTS_SHEET
from tracer.operations.stages import STAGE_NAMES

BATCH = (
    ("gtin", "09520010002012"),
    ("lot", "NL6C18T2"),
    ("owner_gln", "9520010002005"),
    ("prefix_digits", "10"),
    ("production_date", "2026-03-18"),
    ("best_before", "2028-03-17"),
)
EVENTS = (
    {
        "stage": "IMPORT_DECLARATION",
        "event_time": "2026-05-28T15:00:00+08:00",
        "location_gln": "9520010002074",
        "recorder_gln": "9520010002098",
        "quantity": "9600",
        "reference_type": "CUSTOMS_DECLARATION",
        "reference_number": "310420261000500778",
    },
    {
        "stage": "UNLOAD",
        "event_time": "2026-05-31T09:00:00+08:00",
        "location_gln": "9520010002104",
        "recorder_gln": "9520010002104",
        "quantity": "9600",
        "logistic_unit": "XMPU2604028",
    },
    {
        "stage": "WAREHOUSE_RECEIPT",
        "event_time": "2026-05-31T11:00:00+08:00",
        "location_gln": "9520010002104",
        "recorder_gln": "9520010002104",
        "quantity": "9600",
        "temperature_c": "21.8",
        "humidity_pct": "52",
        "note": "16 pallets, seal NL5527781 intact",
    },
    {
        "stage": "DISTRIBUTION",
        "event_time": "2026-06-20T07:00:00+08:00",
        "location_gln": "9520010002104",
        "recorder_gln": "9520010002104",
        "quantity": "600",
        "logistic_unit": "195200012603180004",
    },
)
HELP = {
    "stage": ("What happened; choose from the list", "发生的环节,从列表中选择"),
    "event_time": ("When, with offset: 2026-05-31T09:00:00+08:00", "时间,须带时区"),
    "location_gln": ("Where: 13 digits", "地点GLN,13位数字"),
    "recorder_gln": ("Who writes it; empty: whoever sends the file", "记录方GLN,可留空"),
    "quantity": ("Number with a decimal point", "数量,小数点用英文句点"),
    "uom": ("Unit: KGM for kilograms; empty: pieces", "单位:KGM为千克,留空为件"),
    "item_gtin": ("If the goods are not the batch itself", "若货物不是本批次:GTIN"),
    "item_lot": ("If the goods are not the batch itself", "若货物不是本批次:批号"),
    "inputs": (
        "What went in: 09520010011014/RM-1=12441.6 KGM; the next one",
        "投入物:GTIN/批号=数量 单位,分号分隔",
    ),
    "logistic_unit": ("Pallet (SSCC, 18 digits) or container number", "托盘SSCC或集装箱号"),
    "reference_type": ("Type of the paper, e.g. BILL_OF_LADING", "单证类型"),
    "reference_number": ("Number of the paper", "单证编号"),
    "disposition": ("Only for results: conformant or non_conformant", "仅检验结果填写"),
    "temperature_c": ("Degrees Celsius", "温度,摄氏度"),
    "humidity_pct": ("Relative humidity, percent", "相对湿度,百分比"),
    "note": ("Anything else, one line; everybody can read it", "备注,一行,公开可见"),
}
_FIXED = datetime(2026, 1, 1)  # noqa: DTZ001  # the format has no time zone; any fixed day will do
_WIDTH = 20  # characters
_LAST_ROW = 500  # how far the list of stages reaches


def build_csv_template() -> bytes:
    """The CSV template: UTF-8 with a byte order mark, as Excel wants it."""
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, lineterminator="\r\n")
    writer.writerow(["# invented data: replace it 示例数据,请替换"])
    writer.writerows(BATCH)
    writer.writerow([])
    writer.writerow(COLUMNS)
    writer.writerows([[event.get(name, "") for name in COLUMNS] for event in EVENTS])
    return buffer.getvalue().encode("utf-8-sig")


def build_xlsx_template() -> bytes:
    """The Excel template: sheets `batch`, `events`, and `help`, which is not read."""
    book = Workbook()
    batch = book.active
    if not isinstance(batch, Worksheet):
        raise TypeError("a new workbook has a sheet")
    batch.title = BATCH_SHEET
    for row in BATCH:
        batch.append(row)
    _style_sheet(batch, heading=False)
    events = book.create_sheet(EVENTS_SHEET)
    events.append(COLUMNS)
    for event in EVENTS:
        events.append([event.get(name) for name in COLUMNS])
    _style_sheet(events, heading=True)
    events.freeze_panes = "A2"
    _add_help(book.create_sheet("help"))
    stages = DataValidation(type="list", formula1=f"help!$F$2:$F${len(STAGE_NAMES) + 1}")
    stages.add(f"A2:A{_LAST_ROW}")
    events.add_data_validation(stages)
    buffer = io.BytesIO()
    book.save(buffer)
    return _without_clock(buffer.getvalue())


def _add_help(sheet: Worksheet) -> None:
    sheet.append(["column", "must be filled in", "English", "中文", None, "stages"])
    names = sorted(STAGE_NAMES)
    for index in range(max(len(COLUMNS), len(names))):
        row: list[str | None] = [None] * 6
        if index < len(COLUMNS):
            name = COLUMNS[index]
            row[:4] = [name, "yes" if name in REQUIRED_COLUMNS else None, *HELP[name]]
        row[5] = names[index] if index < len(names) else None
        sheet.append(row)
    _style_sheet(sheet, heading=True)
    sheet.column_dimensions["C"].width = sheet.column_dimensions["D"].width = 3 * _WIDTH


def _style_sheet(sheet: Worksheet, *, heading: bool) -> None:
    """Every cell is text, so that Excel neither rounds nor reformats identifiers."""
    for row in sheet.iter_rows():
        for cell in row:
            cell.number_format = "@"
            cell.alignment = Alignment(vertical="top")
    bold = sheet[1] if heading else [row[0] for row in sheet.iter_rows()]
    for cell in bold:
        cell.font = Font(bold=True, color="FFFFFF")
        cell.fill = PatternFill("solid", fgColor="17453B")
    for column in sheet.columns:
        letter = column[0].column_letter  # type: ignore[union-attr]  # no merged cells here
        sheet.column_dimensions[letter].width = _WIDTH + 4


def _without_clock(data: bytes) -> bytes:
    """The same workbook with one fixed time everywhere, and stored, not compressed."""
    buffer = io.BytesIO()
    moment = _FIXED.strftime("%Y-%m-%dT%H:%M:%SZ").encode()
    with zipfile.ZipFile(io.BytesIO(data)) as source, zipfile.ZipFile(buffer, "w") as target:
        for name in sorted(source.namelist()):
            part = source.read(name)
            if name == "docProps/core.xml":
                part = re.sub(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", moment, part)
            target.writestr(zipfile.ZipInfo(name, _FIXED.timetuple()[:6]), part)
    return buffer.getvalue()
