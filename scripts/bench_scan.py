"""Measure how fast scans are answered, beside the least and the plainest that a server can do.

    python scripts/bench_scan.py                   # 1 and 10 million tins, some five minutes
    python scripts/bench_scan.py --tins 20000      # small, in a minute, without targets

One JSON object a line; exit 1 when a target is missed. The server runs on one core, who asks it on
another; 32 connections are kept alive with one request in flight on each. Targets are ratios of
things that took turns. `docs/explanation/scan-speed.md` says how every figure comes about.
"""

import argparse
import contextlib
import os
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "scripts"))

from mirror_bench.databases import Postgresql, running_postgres  # noqa: E402
from mirror_bench.report import Report  # noqa: E402
from scan_bench.checks import check_html, check_json, check_plain  # noqa: E402
from scan_bench.forms import HTML, JSON  # noqa: E402
from scan_bench.naive import DATABASE  # noqa: E402
from scan_bench.programs import Generator, Server, running_server  # noqa: E402
from scan_bench.pulse import Pulse  # noqa: E402
from scan_bench.stock import Stock, build_stock  # noqa: E402
from scan_bench.turns import Case, p99_ratio, rate_ratio, take_turns  # noqa: E402

FULL_TINS, GROWTH = 10_000_000, 10
FULL_ROUNDS, FULL_SECONDS, FULL_PATHS = 5, 2.0, 40_000
SMALL_ROUNDS, SMALL_SECONDS, SMALL_PATHS = 1, 0.3, 1_000
NAIVE_LONGER = 3.0  # its answers take so long that fewer would say little

MIN_RATIO_TO_HELLO = {"uvicorn": 0.60, "granian": 0.70}
MIN_HTML_RATIO = 0.35
HTML_SERVER = "granian"  # the one that `tracer serve --help` names for many scans
MIN_RATIO_TO_NAIVE = 40.0
MAX_GROWTH = 1.25
MAX_P99_RATIO = 2.0

HELLO = "scan_bench.apps:build_hello"
FASTAPI_HELLO = "scan_bench.apps:build_fastapi_hello"
NAIVE = "scan_bench.naive:build_app"
TRACER = "tracer_api.app:create_app"


@dataclass
class Bench:
    """One run of all measurements."""

    report: Report
    generator: Generator
    stock: Stock
    folder: Path
    rounds: int
    seconds: float

    @contextlib.contextmanager
    def _serving(self, program: str, *wanted: tuple[str, dict[str, str]]) -> Iterator[list[Server]]:
        """Servers of one program, by application and variables, until the end."""
        with contextlib.ExitStack() as stack:
            yield [
                stack.enter_context(
                    running_server(program, app, self.folder / f"{program}-{number}.log", variables)
                )
                for number, (app, variables) in enumerate(wanted)
            ]

    def measure_all(self) -> None:
        """Everything that answers from a shelf."""
        growth = [self.measure_server(program) for program in MIN_RATIO_TO_HELLO]
        few, many = self.stock.small.tins, self.stock.large.tins
        note = f"time of an answer, {many:,} tins to {few:,}; the worse server"
        self.report.at_most(MAX_GROWTH, "scan.growth_10m", max(growth), "ratio", note)
        self.measure_plain()
        self.measure_postgres()

    def measure_ceiling(self) -> None:
        """What the load generator itself can do."""
        with self._serving("bare", ("", {})) as (bare,):
            case = Case(bare, self.stock.small.paths, JSON)
            take_turns(self.generator, [case], self.rounds, self.seconds)
        note = "the load generator against a server that reads nothing"
        self.report.fact("scan.generator_per_s", case.per_s, "1/s", note)

    def measure_server(self, program: str) -> float:
        """Both shelves beside hello; the growth from one to the other."""
        small, large = self.stock.small, self.stock.large
        wanted = ((HELLO, {}), (TRACER, small.environment), (TRACER, large.environment))
        with self._serving(program, *wanted) as (hello, few, many):
            for server, shelved in ((few, small), (many, large)):
                check_json(server.port, shelved.some_paths())
                check_html(server.port, shelved.some_paths())
            hello_json = Case(hello, large.paths, JSON)
            json_large = Case(many, large.paths, JSON)
            json_small = Case(few, small.paths, JSON)
            hello_html = Case(hello, large.paths, HTML)
            html_large = Case(many, large.paths, HTML)
            cases = [hello_json, json_large, json_small, hello_html, html_large]
            take_turns(self.generator, cases, self.rounds, self.seconds)
            asleep = [Case(server, large.paths, JSON, polls=False) for server in (many, hello)]
            take_turns(self.generator, asleep, self.rounds, self.seconds / 2)
        self._report_ratios(program, hello_json, json_large, json_small)
        name, note = f"scan.woken_ratio_to_hello.{program}", "with a load generator that sleeps"
        self.report.fact(name, rate_ratio(*asleep), "ratio", note)
        self._report_html(program, hello_html, html_large)
        named = {"hello": hello_json, "json": json_large, "html": html_large}
        for name, case in named.items():
            self._report_facts(f"scan.{name}", program, case)
        return 1 / rate_ratio(json_large, json_small)

    def _report_ratios(self, program: str, hello: Case, large: Case, small: Case) -> None:
        ratio = rate_ratio(large, hello)
        note = f"{self.stock.large.tins:,} tins; hello: raw ASGI, the same server and requests"
        name = f"scan.ratio_to_hello.{program}"
        self.report.at_least(MIN_RATIO_TO_HELLO[program], name, ratio, "ratio", note)
        name, small_ratio = f"scan.small_ratio_to_hello.{program}", rate_ratio(small, hello)
        self.report.fact(name, small_ratio, "ratio", f"{self.stock.small.tins:,} tins")
        cpu = [case.median(lambda turn: turn.cpu_us) for case in (hello, large)]
        note = "the same by processor time, which other programs disturb less"
        self.report.fact(f"scan.cpu_ratio_to_hello.{program}", cpu[0] / cpu[1], "ratio", note)
        name = f"scan.p99_ratio_to_hello.{program}"
        self.report.at_most(MAX_P99_RATIO, name, p99_ratio(large, hello), "ratio")

    def _report_html(self, program: str, hello: Case, page: Case) -> None:
        ratio = rate_ratio(page, hello)
        self.report.fact(f"scan.html_ratio_to_hello.{program}", ratio, "ratio")
        if program == HTML_SERVER:
            name, note = "scan.html_ratio_to_hello", f"by {program}; pages of single tins"
            self.report.at_least(MIN_HTML_RATIO, name, ratio, "ratio", note)

    def _report_facts(self, name: str, program: str, case: Case) -> None:
        note = f"{case.median(lambda turn: turn.result.body_bytes) / 1000:.1f} kB a body"
        report = self.report
        report.fact(f"{name}_per_s.{program}", case.per_s, "1/s", note)
        p50, p99 = (
            case.median(lambda turn: turn.result.p50_ms),
            case.median(lambda turn: turn.result.p99_ms),
        )
        report.fact(f"{name}_p50_ms.{program}", p50, "ms")
        report.fact(f"{name}_p99_ms.{program}", p99, "ms")
        cpu_us = case.median(lambda turn: turn.cpu_us)
        report.fact(f"{name}_cpu_us.{program}", cpu_us, "us", "of the server's processes, each")

    def measure_plain(self) -> None:
        """The plain route and FastAPI's hello beside the shelf, by uvicorn."""
        small = self.stock.small
        wanted = (
            (TRACER, small.environment),
            (NAIVE, {DATABASE: self.stock.naive_url}),
            (FASTAPI_HELLO, {}),
        )
        with self._serving("uvicorn", *wanted) as (shelf, naive, hello):
            paths = small.some_paths()
            passport = check_json(shelf.port, paths)[0]
            check_plain(naive.port, paths[0], passport)
            shelf_case = Case(shelf, small.paths, JSON)
            naive_case = Case(naive, small.paths, JSON, longer=NAIVE_LONGER)
            hello_case = Case(hello, small.paths, JSON)
            cases = [shelf_case, naive_case, hello_case]
            take_turns(self.generator, cases, self.rounds, self.seconds)
        note = f"by uvicorn, {small.tins:,} tins"
        ratio = rate_ratio(shelf_case, naive_case)
        self.report.at_least(MIN_RATIO_TO_NAIVE, "scan.ratio_to_naive", ratio, "ratio", note)
        self._report_facts("scan.naive", "uvicorn", naive_case)
        name, ratio = "scan.ratio_to_fastapi_hello", rate_ratio(shelf_case, hello_case)
        self.report.fact(name, ratio, "ratio", note)

    def measure_postgres(self) -> None:
        """The smaller shelf in PostgreSQL, by uvicorn."""
        shelved = self.stock.postgres
        with self._serving("uvicorn", (HELLO, {}), (TRACER, shelved.environment)) as servers:
            hello, shelf = servers
            check_json(shelf.port, shelved.some_paths())
            cases = [Case(hello, shelved.paths, JSON), Case(shelf, shelved.paths, JSON)]
            take_turns(self.generator, cases, self.rounds, self.seconds)
        ratio = rate_ratio(cases[1], cases[0])
        note = f"by uvicorn, {shelved.tins:,} tins; the database shares the two cores"
        self.report.fact("scan.postgresql_ratio_to_hello", ratio, "ratio", note)
        self._report_facts("scan.postgresql", "uvicorn", cases[1])


def report_stock(report: Report, stock: Stock) -> None:
    """What making the shelves took, and what they take."""
    report.fact("scan.original_s", stock.original_s, "s", "the real batch, chain and publisher")
    report.fact("scan.filling_s", stock.filling_s, "s", f"{stock.large.tins:,} tins and the rest")
    for name, shelved in (("small", stock.small), ("large", stock.large)):
        each = shelved.disk_bytes / shelved.tins
        note = f"{shelved.tins:,} tins, documents of their batches included"
        report.fact(f"scan.disk_bytes_per_tin.{name}", each, "B", note)


def report_load(report: Report, name: str) -> None:
    """How busy the machine is, where that is known."""
    with contextlib.suppress(OSError, AttributeError):
        report.fact(name, os.getloadavg()[0], "processes")


def main(words: Sequence[str]) -> int:
    """Run the benchmark; 1 when a target is missed."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--tins", type=int, default=FULL_TINS, help="on the larger shelf")
    parser.add_argument("--rounds", type=int, help="turns of each measurement")
    parser.add_argument("--seconds", type=float, help="of each turn")
    chosen = parser.parse_args(words)
    full = chosen.tins >= FULL_TINS
    report = Report(judged=full)
    report_load(report, "scan.load_before")
    with (
        tempfile.TemporaryDirectory(prefix="tracer-scan-", ignore_cleanup_errors=True) as name,
        running_postgres() as server,
        Postgresql(server).fresh() as postgres_url,
        Generator() as generator,
    ):
        folder, paths = Path(name), FULL_PATHS if full else SMALL_PATHS
        stock = build_stock(folder, chosen.tins, GROWTH, paths, postgres_url)
        report_stock(report, stock)
        bench = Bench(
            report,
            generator,
            stock,
            folder,
            chosen.rounds or (FULL_ROUNDS if full else SMALL_ROUNDS),
            chosen.seconds or (FULL_SECONDS if full else SMALL_SECONDS),
        )
        bench.measure_ceiling()
        with Pulse([it.url for it in (stock.small, stock.large, stock.postgres)], stock.original):
            bench.measure_all()
    report_load(report, "scan.load_after")
    return 0 if report.ok else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
