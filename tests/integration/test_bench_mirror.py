"""The benchmark of the mirror runs, small; its figures are judged on a quiet machine only."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = ROOT / "scripts" / "bench_mirror.py"
DATABASES = ("sqlite", "postgresql")
BY_CHAIN = ("ratio_to_floor", "ratio_to_orm", "records_per_s")
ONCE = ("growth", "follow_ms_p95", "peak_mb")


@pytest.mark.integration
@pytest.mark.slow
def test_every_line_of_the_benchmark_is_printed() -> None:
    words = [sys.executable, str(SCRIPT), "--records", "500"]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    for line in lines:
        assert {"measure", "value", "unit", "target", "ok"} <= set(line) <= {*line, "note"}
    measures = [line["measure"] for line in lines]
    wanted = {f"mirror.{name}.{database}" for name in ONCE for database in DATABASES}
    for suffix in ("", ".single"):
        wanted |= {f"mirror.{name}.{base}{suffix}" for name in BY_CHAIN for base in DATABASES}
    assert wanted <= set(measures)
    assert len(set(measures)) == len(measures)
    assert all(line["value"] > 0 for line in lines if line["measure"] in wanted)
    assert all(line["target"] is None for line in lines)
