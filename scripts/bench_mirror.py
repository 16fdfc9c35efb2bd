"""Measure how fast the mirror copies a chain, beside what the node and the database do alone.

    python scripts/bench_mirror.py                    # 200,000 records twice, then 2 million
    python scripts/bench_mirror.py --records 2000     # small, in seconds, without targets

One JSON object a line; exit 1 when a target is missed. Chains, databases and programs are real and
made for this run only. `docs/explanation/mirror-speed.md` says how every figure comes about.
"""

import argparse
import contextlib
import math
import os
import statistics
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import psycopg
from mirror_bench.chain import PACKED, SINGLE, Chain, made_chain
from mirror_bench.children import Sync, run_baseline, run_sync
from mirror_bench.databases import (
    Database,
    Load,
    Postgresql,
    Sqlite,
    fresh_mirror,
    measure_floor,
    running_postgres,
)
from mirror_bench.latency import measure_follow
from mirror_bench.nodes import log_spans, measure_logs, measure_proofs
from mirror_bench.report import Report

FULL_RECORDS = 200_000
GROWTH = 10  # times as many records in the large chain
BASELINE_LOGS = 2_000  # 3 to 8 seconds of the usual indexer
FULL_ROUNDS, FULL_FOLLOWED_BLOCKS = 3, 60

MIN_RATIO_TO_FLOOR = 0.5
MIN_RATIO_TO_ORM = 30.0
MAX_PEAK_MB = 120.0
MAX_GROWTH = 1.2
MAX_FOLLOW_MS = 50.0


@dataclass
class Runs:
    """Repeated measurements of one chain in one database."""

    mirror: list[Sync] = field(default_factory=list)
    floor_s: list[float] = field(default_factory=list)
    baseline: list[Sync] = field(default_factory=list)

    @property
    def mirror_s(self) -> float:
        """Median time of the mirror."""
        return statistics.median(run.seconds for run in self.mirror)


@dataclass
class Bench:
    """One run of all measurements."""

    report: Report
    databases: Sequence[Database]
    rounds: int
    followed_blocks: int
    peak_mb: dict[str, float] = field(default_factory=dict)

    def measure_chain(self, chain: Chain, suffix: str) -> None:
        """Mirror, floors and baseline in turn, so that what disturbs one disturbs all."""
        span = min(log_spans(chain), key=lambda span: measure_logs(chain, span))
        node_s: list[float] = []
        runs = {database.name: Runs() for database in self.databases}
        loads: dict[str, Load] = {}
        for _ in range(self.rounds):
            node_s.append(measure_logs(chain, span))
            for database in self.databases:
                own = runs[database.name]
                own.mirror.append(self._sync(database, chain, loads))
                own.floor_s.append(measure_floor(database, loads[database.name]))
                own.baseline.append(_run_baseline(database, chain))
        self._report_node(chain, suffix, statistics.median(node_s), span)
        for name, own in runs.items():
            self._report_runs(f"{name}{suffix}", chain, own, statistics.median(node_s))

    def measure_growth(self, small: Chain, large: Chain) -> None:
        """What a record costs in a large mirror, against small ones made just before and after."""
        for database in self.databases:
            before = self._sync(database, small)
            grown = self._sync(database, large)
            after = self._sync(database, small)
            small_rate = 2 * small.records / (before.seconds + after.seconds)
            note = f"{large.records} records in {grown.seconds:.1f} s"
            name = f"mirror.growth.{database.name}"
            self.report.at_most(MAX_GROWTH, name, small_rate / grown.rate, "times", note)

    def measure_follow(self, chain: Chain) -> None:
        """How soon a new block's records can be read."""
        for database in self.databases:
            delays_ms = sorted(measure_follow(database, chain, self.followed_blocks))
            p95_ms = delays_ms[math.ceil(len(delays_ms) * 0.95) - 1]
            name = database.name
            median_ms = statistics.median(delays_ms)
            self.report.fact(f"mirror.follow_ms_median.{name}", median_ms, "ms")
            note = f"{len(delays_ms)} blocks of {chain.shape.records_per_block} records"
            self.report.at_most(MAX_FOLLOW_MS, f"mirror.follow_ms_p95.{name}", p95_ms, "ms", note)

    def report_peaks(self) -> None:
        """The most memory that any run of the mirror took."""
        for name, peak_mb in self.peak_mb.items():
            self.report.at_most(MAX_PEAK_MB, f"mirror.peak_mb.{name}", peak_mb, "MB")

    def _sync(self, database: Database, chain: Chain, loads: dict[str, Load] | None = None) -> Sync:
        """One run of the mirror; `loads` keeps the first one's rows for the database alone."""
        with fresh_mirror(database) as url:
            done = run_sync(chain, url)
            if loads is not None and database.name not in loads:
                loads[database.name] = database.take(url)
        self.peak_mb[database.name] = max(self.peak_mb.get(database.name, 0.0), done.peak_mb)
        return done

    def _report_node(self, chain: Chain, suffix: str, node_s: float, span: int) -> None:
        rate = chain.records / node_s
        self.report.fact(
            f"mirror.node_alone{suffix}", rate, "records/s", f"{span} blocks a request"
        )
        rate = chain.records / measure_proofs(chain)
        note = "every header and receipt, which the mirror reads to prove the logs"
        self.report.fact(f"mirror.node_alone_proofs{suffix}", rate, "records/s", note)

    def _report_runs(self, name: str, chain: Chain, runs: Runs, node_s: float) -> None:
        report, floor_s = self.report, statistics.median(runs.floor_s)
        rate = chain.records / runs.mirror_s
        report.fact(f"mirror.database_alone.{name}", chain.records / floor_s, "records/s")
        start_up_s = statistics.median(run.start_up_s for run in runs.mirror)
        report.fact(f"mirror.start_up_s.{name}", start_up_s, "s", "not counted below")
        cpu_us = statistics.median(run.cpu_s for run in runs.mirror) / chain.records * 1e6
        report.fact(f"mirror.cpu_us_per_record.{name}", cpu_us, "us", "start-up included")
        report.fact(f"mirror.records_per_s.{name}", rate, "records/s")
        slower = "the node" if node_s > floor_s else "the database"
        ratio = max(node_s, floor_s) / runs.mirror_s
        measure = f"mirror.ratio_to_floor.{name}"
        report.at_least(MIN_RATIO_TO_FLOOR, measure, ratio, "times", f"the floor is {slower}")
        baseline = statistics.median(run.rate for run in runs.baseline)
        count = runs.baseline[0].records
        note = f"against {baseline:.0f} records/s, measured over the first {count} records"
        measure = f"mirror.ratio_to_orm.{name}"
        report.at_least(MIN_RATIO_TO_ORM, measure, rate / baseline, "times", note)


def _run_baseline(database: Database, chain: Chain) -> Sync:
    """The usual indexer on the first records of a chain: all of them would take too long."""
    blocks = -(-BASELINE_LOGS // chain.shape.logs_per_block)
    with database.fresh() as url:
        return run_baseline(chain, url, min(2 + blocks, chain.next_block - 1))


@contextlib.contextmanager
def made_chains(records: int) -> Iterator[list[Chain]]:
    """Chains of packed, of single, and of very many packed records; two are made at a time."""
    wanted = [(SINGLE, records), (PACKED, records), (PACKED, GROWTH * records)]
    with contextlib.ExitStack() as stack, ThreadPoolExecutor(2) as pool:
        single, packed, large = pool.map(
            lambda shape_and_count: stack.enter_context(made_chain(*shape_and_count)), wanted
        )
        yield [packed, single, large]


def main() -> int:
    """Measure everything and compare with the targets."""
    parser = argparse.ArgumentParser(description="Measure how fast the mirror copies a chain.")
    parser.add_argument("--records", type=int, default=FULL_RECORDS, help="in each of two chains")
    records = parser.parse_args().records
    is_full = records >= FULL_RECORDS
    report = Report(judged=is_full)
    rounds, followed_blocks = (FULL_ROUNDS, FULL_FOLLOWED_BLOCKS) if is_full else (1, 5)

    with running_postgres() as server, made_chains(records) as (packed, single, large):
        with psycopg.connect(server.get_uri()) as connection:
            version = str(connection.info.parameter_status("server_version"))
        report.fact("mirror.postgresql_version", version, "", "stock settings, Unix socket")
        report.fact("mirror.load_before", os.getloadavg()[0], "processes", "over one minute")
        bench = Bench(report, [Sqlite(), Postgresql(server)], rounds, followed_blocks)
        bench.measure_chain(packed, "")
        bench.measure_chain(single, ".single")
        bench.measure_growth(packed, large)
        bench.measure_follow(packed)
        bench.report_peaks()
        report.fact("mirror.load_after", os.getloadavg()[0], "processes", "over one minute")
    return 0 if report.ok else 1


if __name__ == "__main__":
    sys.exit(main())
