"""How long the gate takes and how much memory it needs, for bombs and for ordinary papers."""

import re
import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from gate_bench.bombs import BOMBS, HEAVY

from tracer.gate.gate import inspect_file
from tracer.gate.limits import MIB
from tracer.samples import SAMPLE_NAMES, sample_path

MAX_BOMB_S = 2.0
MAX_BOMB_MIB = 256.0
ROUNDS = 3  # papers are judged so often; the median counts
_RESIDENT = re.compile(r"^VmRSS:\s+(\d+) kB$", re.MULTILINE)
_KIB_PER_MIB = 1024


def measure_gate() -> Iterator[dict[str, Any]]:
    """Judge every bomb and every sample paper.

    Yields:
        Lines of a benchmark. Memory is what this process and the child have resident together;
        pages that both map count twice.
    """
    with tempfile.TemporaryDirectory() as folder:
        yield from _measure_papers()
        yield from _measure_bombs(Path(folder))


def _measure_papers() -> Iterator[dict[str, Any]]:
    papers = sorted(
        path
        for name in SAMPLE_NAMES
        for path in sample_path(name).parent.glob(f"documents/{name}/*.pdf")
    )
    inspect_file(papers[0])  # starts the process that children are forked from
    times_ms = []
    for path in papers * ROUNDS:
        began = time.perf_counter()
        if not inspect_file(path, declared="application/pdf").accepted:
            raise RuntimeError(f"the gate refuses {path}")
        times_ms.append(1_000 * (time.perf_counter() - began))
    note = f"median of {len(papers)} sample papers, {ROUNDS} times each"
    yield _line("documents.gate_ms", statistics.median(times_ms), "ms", None, note)


def _measure_bombs(folder: Path) -> Iterator[dict[str, Any]]:
    worst_s, worst_mib, refused = 0.0, 0.0, 0
    for name, (make, media_type) in {**BOMBS, **HEAVY}.items():
        path = folder / name
        path.write_bytes(make())
        began = time.perf_counter()
        report = inspect_file(path, declared=media_type)
        seconds = time.perf_counter() - began
        mib = _resident_mib() + report.peak_bytes / MIB
        if name in BOMBS and report.accepted:
            raise RuntimeError(f"the gate lets the bomb {name} in")
        refused += not report.accepted
        worst_s, worst_mib = max(worst_s, seconds), max(worst_mib, mib)
        note = f"{path.stat().st_size:,} bytes; {report.reason.code}"
        yield _line(f"documents.gate_bomb_s.{name}", seconds, "s", MAX_BOMB_S, note)
        yield _line(f"documents.gate_bomb_mib.{name}", mib, "MiB", MAX_BOMB_MIB, note)
        path.unlink()
    note = f"the worst of {len(BOMBS) + len(HEAVY)}; {refused} refused"
    yield _line("documents.gate_bomb_s", worst_s, "s", MAX_BOMB_S, note)
    yield _line("documents.gate_bomb_mib", worst_mib, "MiB", MAX_BOMB_MIB, note)


def _resident_mib() -> float:
    status = Path("/proc/self/status").read_text(encoding="ascii")
    found = _RESIDENT.search(status)
    return int(found[1]) / _KIB_PER_MIB if found else 0.0


def _line(measure: str, value: float, unit: str, target: float | None, note: str) -> dict[str, Any]:
    is_met = target is None or value <= target
    shown = float(f"{value:.4g}")
    return {
        "measure": measure,
        "value": shown,
        "unit": unit,
        "target": target,
        "ok": is_met,
        "note": note,
    }
