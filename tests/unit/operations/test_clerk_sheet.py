"""Clerks' sheets: the templates work as they are; mistakes are named by row and column."""

import csv
import io
import zipfile
from collections.abc import Sequence
from datetime import UTC, datetime

import pytest
from openpyxl import Workbook, load_workbook
from operations_files import Load

from tracer.domain.identifiers import Gln
from tracer.domain.kinds import Kind
from tracer.errors import InvalidFileError
from tracer.operations.batch_file import FileDefaults
from tracer.operations.clerk_sheet import COLUMNS
from tracer.operations.plan import BatchPlan, PlannedEvent
from tracer.operations.stages import SHAPES
from tracer.samples import sample_path
from tracer.samples.sheet_templates import HELP

TEMPLATES = sample_path("nz").parent / "templates"
WAREHOUSE = "9520010002104"
WHO = FileDefaults(recorder=Gln.parse(WAREHOUSE))
BATCH = [["gtin", "09520010002012"], ["lot", "NL6C18T2"], ["owner_gln", "9520010002005"]]
HEADING = ["stage", "event_time", "location_gln", "quantity"]
ROW = ["WAREHOUSE_RECEIPT", "2026-05-31T11:00:00+08:00", WAREHOUSE, "9600"]

INPUTS = "09520010011014/RM-20260309=12441.6 KGM; 09520010011069/TIN/77=9600"

Rows = Sequence[Sequence[object]]


def as_csv(rows: Rows, delimiter: str = ",") -> str:
    buffer = io.StringIO()
    csv.writer(buffer, delimiter=delimiter).writerows(rows)
    return buffer.getvalue()


def as_xlsx(rows: Rows, **more: Rows) -> bytes:
    book = Workbook()
    assert book.active is not None
    for row in rows:
        book.active.append(list(row))
    for name, others in more.items():
        sheet = book.create_sheet(name)
        for row in others:
            sheet.append(list(row))
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def event_of(plan: BatchPlan) -> PlannedEvent:
    (item,) = plan.items
    assert isinstance(item, PlannedEvent)
    return item


def with_cell(column: str, value: object) -> list[list[object]]:
    """A sheet of one event that has this value in this column."""
    heading = HEADING if column in HEADING else [*HEADING, column]
    cells = dict(zip(HEADING, ROW, strict=True)) | {column: value}
    return [*BATCH, heading, [cells[name] for name in heading]]


class TestTemplates:
    def test_both_forms_say_the_same(self, load: Load) -> None:
        from_csv = load((TEMPLATES / "events.csv").read_bytes())
        from_excel = load((TEMPLATES / "events.xlsx").read_bytes())
        assert from_csv == from_excel
        assert [item.kind for item in from_csv.items] == [
            Kind.IMPORT_DECLARATION, Kind.UNLOAD, Kind.WAREHOUSE_RECEIPT, Kind.DISTRIBUTION,
        ]  # fmt: skip
        assert from_csv.company_prefix == "9520010002"

    def test_semicolons_and_tabs_are_noticed(self, load: Load) -> None:
        rows = list(csv.reader(io.StringIO((TEMPLATES / "events.csv").read_text("utf-8-sig"))))
        wanted = load((TEMPLATES / "events.csv").read_bytes())
        for delimiter in ";\t":
            assert load(as_csv(rows, delimiter)) == wanted
            assert load("\ufeff" + as_csv(rows, delimiter)) == wanted

    def test_every_column_is_explained(self) -> None:
        assert set(HELP) == set(COLUMNS)
        book = load_workbook(TEMPLATES / "events.xlsx")
        assert book.sheetnames == ["batch", "events", "help"]
        assert {cell.value for cell in book["help"]["F"][1:]} == {kind.name for kind in SHAPES}

    def test_cells_are_text_so_that_excel_keeps_leading_zeros(self) -> None:
        book = load_workbook(TEMPLATES / "events.xlsx")
        assert book["batch"]["B1"].value == "09520010002012"
        assert book["batch"]["B1"].number_format == "@"


class TestEvent:
    def test_has_the_shape_of_its_stage(self, load: Load) -> None:
        event = event_of(load(as_csv([*BATCH, HEADING, ROW]), defaults=WHO))
        assert SHAPES[Kind.WAREHOUSE_RECEIPT].fits(event.event)
        assert event.location == Gln.parse(WAREHOUSE)
        assert event.event["quantityList"] == [
            {"epcClass": "https://id.gs1.org/01/09520010002012/10/NL6C18T2", "quantity": 9600}
        ]

    @pytest.mark.parametrize("kind", SHAPES, ids=lambda kind: kind.name)
    def test_every_stage_can_be_written(self, load: Load, kind: Kind) -> None:
        heading = [*HEADING, "logistic_unit", "reference_type", "reference_number", "inputs"]
        row = [kind.name, *ROW[1:], "195200012603180004", "BILL_OF_LADING", "XMPL1", INPUTS]
        event = event_of(load(as_csv([*BATCH, heading, row]), defaults=WHO))
        assert event.kind is kind
        assert SHAPES[kind].fits(event.event)

    def test_climate_note_and_paper(self, load: Load) -> None:
        heading = [*HEADING, "temperature_c", "humidity_pct", "note", "reference_type",
                   "reference_number"]  # fmt: skip
        row = [*ROW, "-1.5", "52", "seal intact, 16 pallets", "certificate of origin", "NL 1/2"]
        event = event_of(load(as_csv([*BATCH, heading, row]), defaults=WHO)).event
        reports = event["sensorElementList"][0]["sensorReport"]
        assert [(report["type"], report["value"]) for report in reports] == [
            ("Temperature", -1.5), ("RelativeHumidity", 52),
        ]  # fmt: skip
        assert event["tracer:note"] == "seal intact, 16 pallets"
        assert event["bizTransactionList"] == [
            {
                "type": "cert",
                "bizTransaction": "urn:example:tracer:doc:CERTIFICATE_OF_ORIGIN:NL%201/2",
            }
        ]

    def test_canning_carries_lot_and_dates(self, load: Load) -> None:
        rows = [*BATCH, ["production_date", "2026-03-18"], ["best_before", "2028-03-17"]]
        rows += [[*HEADING, "inputs"], ["Canning", *ROW[1:], INPUTS]]
        event = event_of(load(as_csv(rows), defaults=WHO)).event
        assert event["inputQuantityList"] == [
            {
                "epcClass": "https://id.gs1.org/01/09520010011014/10/RM-20260309",
                "quantity": 12441.6,
                "uom": "KGM",
            },
            {"epcClass": "https://id.gs1.org/01/09520010011069/10/TIN%2F77", "quantity": 9600},
        ]
        assert event["ilmd"] == {
            "cbvmda:lotNumber": "NL6C18T2",
            "cbvmda:itemExpirationDate": "2028-03-17",
            "tracer:productionDate": "2026-03-18",
        }

    def test_goods_of_another_lot(self, load: Load) -> None:
        heading = [*HEADING, "uom", "item_gtin", "item_lot"]
        row = ["MATERIAL_RECEIPT", *ROW[1:3], "61.4", "KGM", "09520010011045", "DL/ARA+26"]
        event = event_of(load(as_csv([*BATCH, heading, row]), defaults=WHO)).event
        assert event["quantityList"] == [
            {
                "epcClass": "https://id.gs1.org/01/09520010011045/10/DL%2FARA%2B26",
                "quantity": 61.4,
                "uom": "KGM",
            }
        ]

    def test_a_number_cell_of_excel_is_an_identifier(self, load: Load) -> None:
        rows = [
            ["gtin", 9520010002012],
            ["lot", "NL6C18T2"],
            HEADING,
            [*ROW[:2], 9520010002104, 9.0],
        ]
        event = event_of(load(as_xlsx(rows), defaults=WHO))
        assert event.event["quantityList"][0]["quantity"] == 9
        assert event.location == Gln.parse(WAREHOUSE)

    def test_blank_rows_and_remarks_are_skipped(self, load: Load) -> None:
        rows = [["# May"], *BATCH, [], HEADING, ["", "", "", ""], ROW, ["# end"]]
        assert len(load(as_csv(rows), defaults=WHO).items) == 1

    def test_batch_may_come_from_the_caller(self, load: Load) -> None:
        plan = load(as_csv([*BATCH, HEADING, ROW]), defaults=WHO)
        defaults = FileDefaults(WHO.recorder, plan.gtin, plan.lot, plan.owner)
        assert load(as_csv([HEADING, ROW]), defaults=defaults) == plan


BROKEN_CELLS = {
    "unknown stage": ("stage", "WAREHOUSE_RECIEPT", r"did you mean 'WAREHOUSE_RECEIPT'\?"),
    "no stage": ("stage", "", r"row 5, stage: is missing"),
    "no offset": ("event_time", "2026-05-31T11:00:00", r"needs an offset at its end"),
    "no such day": ("event_time", "2026-02-30T11:00:00+08:00", r"is no moment of any day"),
    "other order of day and month": ("event_time", "31/05/2026 11:00", r"needs an offset"),
    "future": ("event_time", "2026-12-31T11:00:00+08:00", r"row 5\.eventTime.*in the future"),
    "check digit": (
        "location_gln",
        "9520010002105",
        r"row 5, location_gln = '9520010002105'.*digit",
    ),
    "number that Excel shortened": ("location_gln", "9.52001E+12", r"is not 13 digits"),
    "decimal comma": ("quantity", "12441,6", r"row 5, quantity.*decimal point"),
    "thousands": ("quantity", "9,600", r"decimal point"),
    "zero": ("quantity", "0", r"number above zero"),
    "negative": ("quantity", "-1", r"number above zero"),
    "infinite": ("quantity", "inf", r"plain number"),
    "unit": ("logistic_unit", "XMPU2604029", r"SSCC of 18 digits or a container number"),
    "pallet": ("logistic_unit", "195200012603180005", r"check digit"),
    "reference without number": ("reference_type", "BILL_OF_LADING", r"go together"),
    "reference in other letters": ("reference_type", "提单", r"type in letters"),
    "unit of measure": ("uom", "kilogramme", r"Recommendation 20"),
    "disposition": ("disposition", "recalled", r"must be one of sellable_not_accessible"),
    "inputs": ("inputs", "09520010011014/RM-1", r"inputs.*must be like 09520010011014/RM-1=12"),
    "input's GTIN": ("inputs", "09520010011015/RM-1=1", r"row 5, inputs.*check digit"),
    "lot": ("item_lot", "A B", r"item_lot = 'A B'.*contains ' '"),
    "GTIN": ("item_gtin", "09520010002013", r"item_gtin.*check digit"),
    "two lines": ("note", "a\nb", r"row 5, note.*one line"),
    "long": ("note", "a" * 301, r"at most 300"),
    "formula": ("note", "=HYPERLINK(1)", r"row 5, column 5 = .*is a formula"),
}


class TestBrokenRules:
    @pytest.mark.parametrize(
        ("column", "value", "message"), BROKEN_CELLS.values(), ids=BROKEN_CELLS
    )
    def test_cell(self, load: Load, column: str, value: str, message: str) -> None:
        with pytest.raises(InvalidFileError, match=message):
            load(as_csv(with_cell(column, value)), defaults=WHO)

    def test_unknown_column_lists_the_allowed_and_the_nearest(self, load: Load) -> None:
        with pytest.raises(InvalidFileError) as caught:
            load(as_csv(with_cell("temprature_c", "4")), defaults=WHO)
        assert "row 4, heading = 'temprature_c': unknown column" in str(caught.value)
        assert "did you mean 'temperature_c'? allowed: disposition, event_time" in str(caught.value)

    @pytest.mark.parametrize(
        ("rows", "message"),
        [
            ([*BATCH, HEADING], "rows below the heading = 0: must be 1 to 5,000"),
            ([*BATCH, HEADING[:2], ROW[:2]], "row 4, heading: column location_gln is missing"),
            ([*BATCH, [*HEADING, "stage"], [*ROW, "SALE"]], "heading = 'stage': stands twice"),
            ([*BATCH, HEADING, [*ROW, "7"]], "row 5, column 5 = '7': has no heading"),
            ([BATCH[0], HEADING, ROW], "above the heading: lot is missing"),
            ([*BATCH, BATCH[1], HEADING, ROW], "row 4, lot = 'NL6C18T2': stands twice"),
            ([*BATCH, ["colour", "red"], HEADING, ROW], "row 4, colour = 'red': unknown name"),
            ([["gtin", "1"], BATCH[1], HEADING, ROW], "row 1, gtin = '1': GTIN '1' is not"),
            ([*BATCH, ["prefix_digits", "ten"], HEADING, ROW], "a number from 4 to 12"),
            ([*BATCH, ["best_before", "17.3.28"], HEADING, ROW], "must be a day such as"),
        ],
    )
    def test_sheet(self, load: Load, rows: Rows, message: str) -> None:
        with pytest.raises(InvalidFileError) as caught:
            load(as_csv(rows), defaults=WHO)
        assert message in str(caught.value)

    def test_needs_of_a_stage(self, load: Load) -> None:
        rows = [[stage, *ROW[1:]] for stage in ("UNLOAD", "IMPORT_DECLARATION", "DRY_BLEND")]
        with pytest.raises(InvalidFileError) as caught:
            load(as_csv([*BATCH, HEADING, *rows]), defaults=WHO)
        assert "row 5, logistic_unit: is missing; UNLOAD needs an SSCC" in str(caught.value)
        assert "row 6, reference_number: is missing; IMPORT_DECLARATION" in str(caught.value)
        assert "row 7, inputs: are missing; DRY_BLEND" in str(caught.value)

    def test_several_mistakes_are_told_at_once(self, load: Load) -> None:
        rows = [["SOLD", "today", "1", "many"], ROW, [ROW[0], "", *ROW[2:]]]
        with pytest.raises(InvalidFileError, match=r"batch\.json breaks 5 rules") as caught:
            load(as_csv([*BATCH, HEADING, *rows]), defaults=WHO)
        assert "row 7, event_time: is missing" in str(caught.value)

    def test_nobody_is_named_as_recorder(self, load: Load) -> None:
        with pytest.raises(InvalidFileError, match=r"row 5, recorder_gln: is missing"):
            load(as_csv([*BATCH, HEADING, ROW]))

    def test_quote_that_never_ends(self, load: Load) -> None:
        with pytest.raises(InvalidFileError, match=r"row 5"):
            load(as_csv([*BATCH, HEADING]) + '"WAREHOUSE_RECEIPT,2026')

    def test_too_many_rows(self, load: Load) -> None:
        text = as_csv([*BATCH, HEADING]) + (",".join(ROW) + "\r\n") * 6_000
        with pytest.raises(InvalidFileError, match=r"at most 6,000 rows"):
            load(text, defaults=WHO)


class TestExcel:
    def test_sheets_batch_and_events_are_read_and_no_other(self, load: Load) -> None:
        data = as_xlsx([["nonsense"]], batch=BATCH, events=[HEADING, ROW], help=[["=1+1"]])
        assert len(load(data, defaults=WHO).items) == 1

    @pytest.mark.parametrize(
        ("value", "message"),
        [
            ("=1+1", "column D = '=1+1': is a formula"),
            (datetime(2026, 5, 31, 11, tzinfo=UTC).replace(tzinfo=None), "is an Excel date"),
            (True, "column D = True: is TRUE or FALSE"),
            ("#N/A", "is an error value"),
        ],
    )
    def test_refuses_what_the_clerk_did_not_type(
        self, load: Load, value: object, message: str
    ) -> None:
        data = as_xlsx([*BATCH, HEADING, [*ROW[:3], value]])
        with pytest.raises(InvalidFileError) as caught:
            load(data, defaults=WHO)
        assert "sheet Sheet, row 5" in str(caught.value)
        assert message in str(caught.value)

    def test_broken_package(self, load: Load) -> None:
        with pytest.raises(InvalidFileError, match="no Excel workbook that can be read"):
            load(as_xlsx([*BATCH, HEADING, ROW])[:-300], defaults=WHO)

    def test_archive_that_is_no_workbook(self, load: Load) -> None:
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as package:
            package.writestr("hello.txt", "x")
        with pytest.raises(InvalidFileError, match="no Excel workbook that can be read"):
            load(buffer.getvalue())

    def test_zip_bomb(self, load: Load) -> None:
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as package:
            package.writestr("xl/workbook.xml", b" " * (101 * 1024 * 1024))
        assert len(buffer.getvalue()) < 1_000_000
        with pytest.raises(InvalidFileError, match="unpacks to too much"):
            load(buffer.getvalue())

    def test_document_type_is_refused(self, load: Load) -> None:
        source = zipfile.ZipFile(io.BytesIO(as_xlsx([*BATCH, HEADING, ROW])))
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as package:
            for name in source.namelist():
                part = source.read(name)
                if name == "xl/workbook.xml":
                    part = b'<!DOCTYPE x [<!ENTITY a "aa">]>' + part
                package.writestr(name, part)
        with pytest.raises(InvalidFileError, match=r"xl/workbook\.xml: declares a document type"):
            load(buffer.getvalue(), defaults=WHO)

    def test_row_far_below(self, load: Load) -> None:
        book = load_workbook(io.BytesIO(as_xlsx([*BATCH, HEADING, ROW])))
        assert book.active is not None
        book.active["A1048576"] = "SALE"
        buffer = io.BytesIO()
        book.save(buffer)
        with pytest.raises(InvalidFileError, match="lies below row 6,000"):
            load(buffer.getvalue(), defaults=WHO)
