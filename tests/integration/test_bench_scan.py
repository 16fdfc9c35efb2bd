"""The benchmark of the scan runs, small; its figures are judged on a quiet machine only."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = ROOT / "scripts" / "bench_scan.py"
BINDING = {
    "scan.ratio_to_hello.uvicorn",
    "scan.ratio_to_hello.granian",
    "scan.ratio_to_naive",
    "scan.growth_10m",
    "scan.p99_ratio_to_hello.uvicorn",
    "scan.p99_ratio_to_hello.granian",
    "scan.html_ratio_to_hello",
}
FACTS = {
    f"scan.{what}_{figure}.{server}"
    for what in ("hello", "json", "html")
    for figure in ("per_s", "p50_ms", "p99_ms", "cpu_us")
    for server in ("uvicorn", "granian")
} | {"scan.generator_per_s", "scan.naive_per_s.uvicorn", "scan.postgresql_per_s.uvicorn"}


@pytest.mark.integration
@pytest.mark.slow
def test_every_line_of_the_benchmark_is_printed() -> None:
    words = [sys.executable, str(SCRIPT), "--tins", "20000"]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    for line in lines:
        assert {"measure", "value", "unit", "target", "ok"} <= set(line) <= {*line, "note"}
    measures = [line["measure"] for line in lines]
    assert set(measures) >= BINDING | FACTS
    assert len(set(measures)) == len(measures)
    assert all(line["value"] > 0 for line in lines if line["measure"] in BINDING | FACTS)
    assert all(line["target"] is None for line in lines)
