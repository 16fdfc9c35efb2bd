"""Measure how fast labels are made, beside others' programs, and whether each is right.

    python scripts/bench_labels.py            # a million tins at the end; about two minutes
    python scripts/bench_labels.py --small    # the same lines from few labels; nothing is judged

One JSON object a line; exit 1 when a target is missed. Both sides of a ratio run in turns in this
process and are measured in processor time, so that other programs on the machine do not count; the
median of the rounds' ratios is given. `docs/explanation/labels.md` says what the lines mean.
"""

import argparse
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import psutil
import pypdfium2
import zxingcpp

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "scripts"))

from label_bench import floors  # noqa: E402
from label_bench.floors import Work  # noqa: E402
from mirror_bench.report import Report  # noqa: E402

from tracer.domain.identifiers import Gtin, Lot  # noqa: E402
from tracer.domain.records import build_batch_id  # noqa: E402
from tracer.domain.serial_mac import RANDOM_BYTES_OF_TWO, build_serials  # noqa: E402
from tracer.labels.cells import LABELS_PER_PAGE  # noqa: E402
from tracer.labels.parts import PART_LABELS, Form  # noqa: E402
from tracer.labels.run import LabelRun  # noqa: E402
from tracer.labels.symbol import Level, build_symbol  # noqa: E402
from tracer.operations.label_runs import RunOrder, spread, write_run  # noqa: E402
from tracer.operations.print_labels import LabelSource  # noqa: E402

MILLION: Final = 1_000_000
PROCESSES: Final = 2
ROUNDS: Final = 7
SEED: Final = 20_261_128
GTIN, LOT, EXPIRY = Gtin.parse("09520010001015"), Lot.parse("A26B11K1"), "280210"
ORIGIN: Final = "https://id.example.org"
KEY: Final = bytes(range(32))
DPI_SCALE: Final = 300 / 72  # pages are drawn at 300 dpi
SAMPLED_PAGES: Final = 12
SAMPLED_SYMBOLS: Final = 60  # of each form
LEVELS: Final[tuple[Level, ...]] = ("L", "M", "Q", "H")


@dataclass(frozen=True, slots=True)
class Race:
    """Our work and another's on the same labels.

    Attributes:
        name: of the measure.
        target: least ratio of the rates.
        ours: makes labels our way.
        theirs: makes them the other way.
        labels: how many of ours and theirs a round makes.
        note: who they are.
    """

    name: str
    target: float
    ours: Work
    theirs: Work
    labels: tuple[int, int]
    note: str


RACES: Final = (
    Race(
        "symbols_ratio_to_zxing",
        100,
        floors.our_symbols,
        floors.zxing_symbols,
        (40_960, 300),
        "zxing-cpp, matrices alone",
    ),
    Race(
        "png_ratio",
        30,
        floors.our_pngs,
        floors.zxing_pngs,
        (2_048, 100),
        "zxing-cpp and pillow, 10 pixels a module",
    ),
    Race(
        "svg_ratio",
        30,
        floors.our_svgs,
        floors.zxing_svgs,
        (4_096, 200),
        "zxing-cpp's own SVG",
    ),
    Race(
        "sheet_ratio_to_reportlab",
        20,
        floors.our_sheets,
        floors.reportlab_sheets,
        (9_600, 240),
        "reportlab's inline images, symbols from our tables",
    ),
)


def draw_serials(count: int) -> list[str]:
    """Serials as a maker draws them, in the order of the ledger."""
    draw = random.Random(SEED).randbytes(-(-count // 2) * RANDOM_BYTES_OF_TWO)  # noqa: S311
    return sorted(build_serials(KEY, build_batch_id(GTIN, LOT), draw)[:count])


def build_run(level: Level = "M", expiry: str | None = EXPIRY) -> LabelRun:
    """What all labels have in common."""
    return LabelRun(GTIN, LOT, expiry, ORIGIN, level)


def labels_per_s(work: Work, run: LabelRun, serials: Sequence[str]) -> float:
    """Labels in a second of processor time."""
    start = time.process_time()
    work(run, serials)
    return len(serials) / (time.process_time() - start)


def report_race(report: Report, race: Race, run: LabelRun, *, small: bool) -> None:
    """Run both in turns."""
    ours, theirs = race.labels if not small else (240, 24)
    serials, rounds = draw_serials(max(ours, theirs)), 1 if small else ROUNDS
    rates = [
        (
            labels_per_s(race.theirs, run, serials[:theirs]),
            labels_per_s(race.ours, run, serials[:ours]),
        )
        for _ in range(rounds)
    ]
    ratio = statistics.median(mine / other for other, mine in rates)
    report.at_least(race.target, f"labels.{race.name}", ratio, "x", race.note)
    name = race.name.split("_", maxsplit=1)[0]
    note = "of processor time, one process"
    report.fact(f"labels.{name}_per_s", statistics.median(it for _, it in rates), "1/s", note)
    report.fact(f"labels.{name}_per_s_of_others", statistics.median(it for it, _ in rates), "1/s")


def report_mismatches(report: Report, *, small: bool) -> None:
    """Compare symbols with those that the encoder makes one by one, in every form."""
    serials = draw_serials(8 if small else SAMPLED_SYMBOLS)
    wrong = compared = 0
    for level in LEVELS:
        for expiry in (None, EXPIRY):
            run = build_run(level, expiry)
            for names, tables, symbols in run.symbols(serials):
                for serial, packed in zip(names, symbols, strict=True):
                    alone = build_symbol(run.uri(serial), level=level, mask=run.mask)
                    modules = np.unpackbits(packed, axis=1)[:, : tables.size]
                    wrong += not np.array_equal(modules, np.array(alone.rows, np.uint8))
                    compared += 1
    report.at_most(0, "labels.mismatches", wrong, "symbols", f"of {compared} in 8 forms")


def report_million(report: Report, folder: Path, count: int) -> LabelSource:
    """Serials, symbols and PDF files, as `tracer label print --all` writes them."""
    start = time.perf_counter()
    serials = draw_serials(count)
    drawn_s = time.perf_counter() - start
    source = LabelSource(GTIN, LOT, serials, EXPIRY, [])
    order = RunOrder(source, source.run(ORIGIN), Form.PDF, folder, PROCESSES)
    peak_bytes = 0

    def watch(_done: int, _total: int) -> None:
        nonlocal peak_bytes
        children = psutil.Process().children()
        peak_bytes = max([peak_bytes, *(child.memory_info().rss for child in children)])

    done = write_run(order, tick=watch)
    took_s = time.perf_counter() - start
    note = f"{count:,} tins, {PROCESSES} processes, PDF in parts of {PART_LABELS:,}"
    report.at_most(60, "labels.million_s", took_s, "s", note)
    report.fact("labels.million_serials_s", drawn_s, "s", "of which serials, in one process")
    report.fact("labels.pdf_bytes", done.size_bytes / count, "bytes", "a label")
    report.fact("labels.process_mb", peak_bytes / 1e6, "MB", "the largest process that writes")
    return source


def report_decoded(report: Report, folder: Path, source: LabelSource) -> None:
    """Draw pages of the run as a printer of 300 dpi would, and read them."""
    run, serials = source.run(ORIGIN), source.serials
    read = total = 0
    for page in spread(-(-len(serials) // LABELS_PER_PAGE), SAMPLED_PAGES):
        first = page * LABELS_PER_PAGE
        part, place = divmod(first, PART_LABELS)
        document = pypdfium2.PdfDocument(folder / f"labels-{part + 1:04d}.pdf")
        picture = document[place // LABELS_PER_PAGE].render(scale=DPI_SCALE).to_pil()
        document.close()
        found = {code.text for code in zxingcpp.read_barcodes(picture)}
        wanted = {run.uri(it) for it in serials[first : first + LABELS_PER_PAGE]}
        read, total = read + len(wanted & found), total + len(wanted)
    note = f"{total} labels, spread over the run, at 300 dpi by zxing-cpp"
    report.at_least(100, "labels.decoded_pct", 100 * read / total, "%", note)


def main() -> int:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--small", action="store_true", help="few labels, no targets")
    small = parser.parse_args().small
    report, run = Report(judged=not small), build_run()
    start = time.process_time()
    next(run.symbols(draw_serials(2)))
    report.fact("labels.tables_s", time.process_time() - start, "s", "before the first symbol")
    for race in RACES:
        report_race(report, race, run, small=small)
    report_mismatches(report, small=small)
    with tempfile.TemporaryDirectory(prefix="labels-") as name:
        folder = Path(name)
        source = report_million(report, folder, 480 if small else MILLION)
        report_decoded(report, folder, source)
    return 0 if report.ok else 1


if __name__ == "__main__":
    sys.exit(main())
