"""What stands on each kind of paper, as blocks that flow down one page."""

import csv
import io
from collections.abc import Mapping, Sequence
from typing import Any

from reportlab.lib.units import mm
from reportlab.platypus import Flowable, Spacer, Table, TableStyle

from tracer.rules import load_factors, load_limits, load_profiles, load_words
from tracer.samples.papers.chart import Bars, LineChart
from tracer.samples.papers.style import BODY_WIDTH, GOLD, GREEN, RULE, TINT, label, right, text
from tracer.samples.papers.words import BASIS, FIELDS, PARTS, VALUES, Words

_HALF = BODY_WIDTH / 2
_FULL_SIZE = 8  # points; a full report has 26 rows in each half and takes smaller type
_FEW = 8  # rows that leave room
_CELL: list[Any] = [
    ("VALIGN", (0, 0), (-1, -1), "TOP"),
    ("LEFTPADDING", (0, 0), (-1, -1), 4),
    ("RIGHTPADDING", (0, 0), (-1, -1), 4),
    ("TOPPADDING", (0, 0), (-1, -1), 1.6),
    ("BOTTOMPADDING", (0, 0), (-1, -1), 2.2),
    ("LINEBELOW", (0, 0), (-1, -1), 0.4, RULE),
]
_HEAD: list[Any] = [
    *_CELL,
    ("BACKGROUND", (0, 0), (-1, 0), TINT),
    ("LINEBELOW", (0, 0), (-1, 0), 0.8, GREEN),
]
Blocks = list[Flowable]
Json = Mapping[str, Any]


def build_body(bundle: Json, document: Json, log_csv: str) -> Blocks:
    """The blocks of one paper, top to bottom.

    Args:
        bundle: the batch file.
        document: one of its documents.
        log_csv: the batch's logger file.
    """
    special = _SPECIAL.get(document["docType"])
    public = document["public"]
    nested = {key for key, value in public.items() if _is_nested(value)}
    blocks = _parties(bundle, document)
    airy = not nested
    plain = {key: value for key, value in public.items() if key not in nested}
    blocks += _section("particulars", [_pairs(plain, airy=airy)])
    if special:
        blocks += special(public, log_csv)
    if document["confidential"]:
        blocks += _section("confidential", [_pairs(document["confidential"], airy=airy)])
    return blocks


def _is_nested(value: object) -> bool:
    """Whether a value has a table of its own (or none, being empty)."""
    if isinstance(value, list):
        return all(isinstance(one, dict) for one in value)
    return isinstance(value, dict)


def _section(name: str, blocks: Sequence[Flowable]) -> Blocks:
    words = PARTS[name]
    heading = text(f"{words.en}  {words.zh}", 9, bold=True, textColor=GREEN)
    return [Spacer(0, 3.2 * mm), heading, Spacer(0, 1 * mm), *blocks]


def _parties(bundle: Json, document: Json) -> Blocks:
    issuer = next(one for one in bundle["parties"] if one["gln"] == document["issuer"])
    product = next(one for one in bundle["documents"] if one["docType"] == "PRODUCT")["public"]
    left = [
        label(PARTS["issued_by"]),
        text(issuer["nameEn"], 9, bold=True),
        text(issuer["nameZh"], 9),
        text(f"GLN {issuer['gln']}   {issuer['city']}, {issuer['country']}", 7.5),
    ]
    goods = [
        label(PARTS["goods"]),
        text(product["nameEn"], 9, bold=True),
        text(product["nameZh"], 9),
        text(f"GTIN {product['gtin']}   LOT {product['lot']}", 7.5),
    ]
    table = Table([[left, goods]], colWidths=[_HALF, _HALF])
    table.setStyle(TableStyle([*_CELL[:3], ("LINEAFTER", (0, 0), (0, 0), 0.6, RULE)]))
    return [table]


def _pairs(fields: Json, *, airy: bool) -> Table:
    """Names and values, two pairs in a row; airy on papers that have nothing else."""
    size, padding = (9.5, 5) if airy else (8.5, 1.8)
    cells = [
        (label(FIELDS[key], size - 1.5), text(_spell(key, value), size))
        for key, value in fields.items()
    ]
    if len(cells) % 2:
        cells.append((text(""), text("")))
    rows = [[*cells[index], *cells[index + 1]] for index in range(0, len(cells), 2)]
    table = Table(rows, colWidths=[0.235 * BODY_WIDTH, 0.265 * BODY_WIDTH] * 2)
    table.setStyle(
        TableStyle(
            [
                *_CELL,
                ("VALIGN", (0, 0), (-1, -1), "MIDDLE"),
                ("TOPPADDING", (0, 0), (-1, -1), padding),
                ("BOTTOMPADDING", (0, 0), (-1, -1), padding + 0.8),
            ]
        )
    )
    return table


def _spell(key: str, value: object) -> str:
    """A value as a printed form has it."""
    words = load_words()
    if isinstance(value, list):
        return ", ".join(str(one) for one in value)
    if isinstance(value, bool):
        return "yes  是" if value else "no  否"
    if isinstance(value, int | float):
        return f"{int(value):,}" if value == int(value) else f"{value:,}"
    tables = {"originCountry": words.countries, "tradeMode": words.trade_modes}
    if row := tables.get(key, {}).get(str(value)):
        return f"{value}  {row['en']}  {row['zh']}"
    if named := VALUES.get(str(value)):
        return f"{named.en}  {named.zh}"
    return str(value)


def _grid(
    heads: Sequence[Words],
    rows: Sequence[Sequence[Flowable]],
    widths: Sequence[float],
    *,
    numeric: Sequence[int] = (),
    padding: float = 1.6,
) -> Table:
    """A table with a heading; numeric columns are set flush right."""
    top = [
        (right if index in numeric else text)(f"{head.en}  {head.zh}".strip(), 6.5)
        for index, head in enumerate(heads)
    ]
    table = Table([top, *(list(row) for row in rows)], colWidths=list(widths))
    pad = [
        ("TOPPADDING", (0, 0), (-1, -1), padding),
        ("BOTTOMPADDING", (0, 0), (-1, -1), padding + 0.5),
    ]
    table.setStyle(TableStyle([*_HEAD, *pad]))
    return table


# --- laboratory -----------------------------------------------------------------------------


def _lab(public: Json, _log_csv: str) -> Blocks:
    results, half = public["results"], (len(public["results"]) + 1) // 2
    size = 6.1 if half > _FEW else _FULL_SIZE
    halves = [_results(part, size) for part in (results[:half], results[half:]) if part]
    blocks = _section("results", [_side_by_side(halves)])
    if public["samplingResults"]:
        blocks += _section("sampling", [_sampling(public["samplingResults"])])
    return blocks


def _side_by_side(tables: Sequence[Table]) -> Table:
    outer = Table([list(tables)], colWidths=[_HALF] * len(tables), hAlign="LEFT")
    style = [("LEFTPADDING", (0, 0), (-1, -1), 0), ("RIGHTPADDING", (0, 0), (-1, -1), 4)]
    outer.setStyle(TableStyle([*style, ("VALIGN", (0, 0), (-1, -1), "TOP")]))
    return outer


def _results(results: Sequence[Json], size: float) -> Table:
    rows = []
    for result in results:
        sign = "< " if result["qualifier"] == "<" else ""
        per = BASIS.get(result["basis"], Words(result["basis"], "")).en
        rows.append(
            [
                text(_parameter(result["code"]), size),
                right(f"{sign}{result['value']}", size, bold=True),
                text(f"{result['unit']} {per}".strip(), size),
            ]
        )
    heads = [PARTS[name] for name in ("parameter", "value", "unit")]
    width = _HALF - 6
    widths = [0.5 * width, 0.18 * width, 0.32 * width]
    return _grid(heads, rows, widths, numeric=(1,), padding=0.5 if size < _FULL_SIZE else 1.8)


def _parameter(code: str) -> str:
    limits = load_limits()
    found = limits.parameters.get(code) or next((p for p in limits.plans if p.code == code), None)
    words = Words(found.name_en, found.name_zh) if found else PARTS[code]
    return f"{words.en}  {words.zh}"


def _sampling(results: Sequence[Json]) -> Table:
    rows = []
    for result in results:
        values = result["values"]
        found = ", ".join(map(str, values)) if any(values) else f"0 in all {len(values)}"
        cells = [_parameter(result["code"]), result["jurisdiction"], result.get("sampleSize", "")]
        rows.append([*(text(cell, 7) for cell in cells), text(found, 7, bold=True)])
    heads = [PARTS[name] for name in ("parameter", "plan", "size", "value")]
    return _grid(heads, rows, [part * BODY_WIDTH for part in (0.4, 0.15, 0.15, 0.3)])


# --- other papers with tables ---------------------------------------------------------------


def _product(public: Json, _log_csv: str) -> Blocks:
    rows = [
        [
            text(gln, 7),
            text(f"{place['nameEn']}  {place['nameZh']}", 7),
            text(f"{place['city']}, {place['country']}", 7),
        ]
        for gln, place in public["places"].items()
    ]
    heads = [Words("GLN", ""), PARTS["name"], PARTS["place"]]
    widths = [part * BODY_WIDTH for part in (0.15, 0.63, 0.22)]
    grid = _grid(heads, rows, widths, padding=2.4)
    return _section("places", [grid])


def _carbon(public: Json, _log_csv: str) -> Blocks:
    stages = load_factors().stages
    totals = public["stageTotalsKgCO2e"]
    bars = [(f"{stages[key]['en']}  {stages[key]['zh']}", value) for key, value in totals.items()]
    rows = [
        [
            text(line["activity"], 6.6),
            right(f"{line['quantity']:,} {line['unit']}", 6.6),
            right(f"{line['factorValue']}  ({line['factorId']})", 6.6),
            right(f"{line['kgCO2e']:,.1f}", 6.6, bold=True),
        ]
        for line in public["activities"]
    ]
    heads = [PARTS[name] for name in ("activity", "quantity", "factor")]
    widths = [part * BODY_WIDTH for part in (0.42, 0.18, 0.26, 0.14)]
    heads.append(Words("kg CO2e", ""))
    grid = _grid(heads, rows, widths, numeric=(1, 2, 3), padding=1)
    return _section("carbon", [Bars(bars, GREEN, "kg")]) + _section("lines", [grid])


def _csr(public: Json, _log_csv: str) -> Blocks:
    rows = [
        [
            text(metric["code"], 8),
            text(f"{metric['nameEn']}  {metric['nameZh']}", 8),
            right(f"{metric['value']:,}", 9, bold=True),
            text("" if metric["unit"] == "1" else metric["unit"], 8),
        ]
        for metric in public["metrics"]
    ]
    heads = [PARTS["code"], PARTS["metric"], PARTS["value"], PARTS["unit"]]
    widths = [part * BODY_WIDTH for part in (0.14, 0.56, 0.16, 0.14)]
    grid = _grid(heads, rows, widths, numeric=(2,), padding=3)
    return _section("metrics", [grid])


def _log(public: Json, log_csv: str) -> Blocks:
    rows = [row for row in csv.reader(io.StringIO(log_csv)) if row and not row[0].startswith("#")]
    points = [(row[0], float(row[1]), float(row[2])) for row in rows[1:]]
    limit_c = load_profiles()[public["profile"]].max_c
    return _section("chart", [LineChart(points, limit_c, GREEN, GOLD)])


_SPECIAL = {
    "LAB_REPORT": _lab,
    "PRODUCT": _product,
    "CARBON_FOOTPRINT": _carbon,
    "CSR_REPORT": _csr,
    "TEMPERATURE_LOG": _log,
}
