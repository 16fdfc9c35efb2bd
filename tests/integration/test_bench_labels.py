"""The benchmark of labels runs, small; its figures are judged on a quiet machine only."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[2] / "scripts" / "bench_labels.py"
MEASURES = {
    f"labels.{name}"
    for name in (
        "symbols_ratio_to_zxing",
        "png_ratio",
        "svg_ratio",
        "sheet_ratio_to_reportlab",
        "million_s",
        "mismatches",
        "decoded_pct",
    )
}


@pytest.mark.integration
@pytest.mark.slow
def test_every_line_of_the_benchmark_is_printed() -> None:
    words = [sys.executable, str(SCRIPT), "--small"]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    lines = {line["measure"]: line for line in map(json.loads, done.stdout.splitlines())}
    assert set(lines) >= MEASURES
    assert lines["labels.mismatches"]["value"] == 0
    assert lines["labels.decoded_pct"]["value"] == 100
    assert all(line["target"] is None for line in lines.values())
