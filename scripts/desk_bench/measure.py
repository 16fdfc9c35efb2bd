"""How many papers a desk takes in: signed, sent, looked at, encrypted, synced, receipt checked.

The desk is a process of its own behind a real port, as `tracer desk serve` starts it; only the
day's quota is lifted. What is sent is a declaration of the samples as a PDF, under a new id each
time, by two clients at once, as many as the gate has children.
"""

import logging
import statistics
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import httpx
from desk_world import (
    BROKER,
    DECLARATION,
    GTIN,
    LOT,
    WITHOUT_QUOTA,
    Desk,
    serving_desk,
)
from served_world import running_world

from tracer.domain.documents import DocType
from tracer.domain.identifiers import Gtin, Lot
from tracer.operations.desk_client import load_paper_file, new_doc_id

UPLOADS: Final = 200
CLIENTS: Final = 2
WARM_UP: Final = 10
MIN_UPLOADS_S: Final = 2.0
"""A broker's day of 200 files must pass in less than two minutes, on a machine that does more."""


def measure_uploads() -> Iterator[dict[str, Any]]:
    """Yield the benchmark's lines: a dict of measure, value, unit, target, ok and note."""
    logging.getLogger("httpx").setLevel(logging.WARNING)
    with (
        tempfile.TemporaryDirectory(prefix="tracer-bench-") as folder,
        running_world(Path(folder) / "home") as world,
        serving_desk(world, command=WITHOUT_QUOTA) as (desk, _),
    ):
        _send(desk, WARM_UP, [])
        took_s: list[float] = []
        threads = [
            threading.Thread(target=_send, args=(desk, UPLOADS // CLIENTS, took_s))
            for _ in range(CLIENTS)
        ]
        begun = time.perf_counter()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        seconds = time.perf_counter() - begun
    size_kb = DECLARATION.stat().st_size / 1000
    note = f"{len(took_s)} PDFs of {size_kb:.0f} kB by {CLIENTS} clients at once"
    rate = len(took_s) / seconds
    yield _line("documents.uploads_s", rate, "uploads/s", MIN_UPLOADS_S, note)
    yield _line("documents.upload_ms", statistics.median(took_s) * 1000, "ms", None, "median")


def _send(desk: Desk, count: int, took_s: list[float]) -> None:
    """Hand in so many papers, one after another, as one machine does."""
    file, batch = load_paper_file(DECLARATION), (Gtin.parse(GTIN), Lot.parse(LOT))
    with httpx.Client() as http:
        client = desk.machine(BROKER, http)
        for _ in range(count):
            begun = time.perf_counter()
            done = client.upload(new_doc_id(), *batch, DocType.CUSTOMS_DECLARATION, file)
            took_s.append(time.perf_counter() - begun)
            assert done.is_new  # noqa: S101 - a repetition would measure something else


def _line(measure: str, value: float, unit: str, target: float | None, note: str) -> dict[str, Any]:
    return {
        "measure": measure,
        "value": float(f"{value:.4g}"),
        "unit": unit,
        "target": target,
        "ok": target is None or value >= target,
        "note": note,
    }
