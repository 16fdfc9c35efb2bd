"""How fast papers are encrypted, opened, and stored for good."""

import hashlib
import io
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from tracer.vault.blobs import FileBlobs
from tracer.vault.container import ContainerName, decrypt, encrypt
from tracer.vault.database import create_tables, open_vault_engine
from tracer.vault.keys import RootKey
from tracer.vault.vault import PART_FILE, Vault

PAPER_BYTES = 20 << 20  # the largest upload
ROUNDS = 5
UPLOADS, UPLOAD_BYTES = 200, 20_000
MB = 1_000_000
MIN_MB_S = 100.0  # a fifth of what two shared cores with AES instructions do
NAME = ContainerName("0" * 26, 9_421_900_000_005, PART_FILE)
_DIGITS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def measure_crypto() -> Iterator[dict[str, Any]]:
    """Yield the benchmark's lines: a dict of measure, value, unit, target, ok and note."""
    paper, dek = os.urandom(PAPER_BYTES), os.urandom(32)
    digest = hashlib.sha256(paper).digest()

    def seal() -> bytes:
        source = io.BytesIO(paper)
        return b"".join(encrypt(source, NAME, dek, size=PAPER_BYTES, sha256=digest))

    sealed = seal()

    def unseal() -> None:
        for _ in decrypt(io.BytesIO(sealed), NAME, dek):
            pass

    note = f"{PAPER_BYTES >> 20} MiB, median of {ROUNDS}"
    yield _line("documents.encrypt_mb_s", _rate_mb_s(seal), "MB/s", MIN_MB_S, note)
    twice = f"{note}; every byte is decrypted twice: to be verified, then to be released"
    yield _line("documents.decrypt_mb_s", _rate_mb_s(unseal), "MB/s", MIN_MB_S, twice)
    uploads = f"{UPLOADS} files of {UPLOAD_BYTES // 1000} kB, one after another, each synced"
    yield _line("documents.vault_puts_s", _measure_uploads(), "uploads/s", None, uploads)


def _rate_mb_s(work: Callable[[], object]) -> float:
    seconds = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - start)
    return PAPER_BYTES / MB / statistics.median(seconds)


def _measure_uploads() -> float:
    """How many `Vault.put` end in a second, each synced before its receipt is given."""
    with tempfile.TemporaryDirectory(prefix="tracer-bench-") as name:
        folder = Path(name)
        engine = open_vault_engine(f"sqlite:///{folder / 'vault.sqlite'}")
        keys = RootKey(os.urandom(32))
        create_tables(engine, keys.root_id, 0)
        vault = Vault(engine, FileBlobs(folder / "blobs"), keys, now=lambda: int(time.time()))
        source = folder / "paper"
        source.write_bytes(os.urandom(UPLOAD_BYTES))
        digest = hashlib.sha256(source.read_bytes()).digest()
        start = time.perf_counter()
        for number in range(UPLOADS):
            vault.put(
                "0" * 24 + _DIGITS[number // 32] + _DIGITS[number % 32],
                org=NAME.org,
                batch_id=bytes(32),
                doc_type=1,
                part=PART_FILE,
                source=source,
                sha256=digest,
                private={"filename": "paper.pdf", "mediaType": "application/pdf"},
            )
        seconds = time.perf_counter() - start
        engine.dispose()
    return UPLOADS / seconds


def _line(measure: str, value: float, unit: str, target: float | None, note: str) -> dict[str, Any]:
    return {
        "measure": measure,
        "value": float(f"{value:.4g}"),
        "unit": unit,
        "target": target,
        "ok": target is None or value >= target,
        "note": note,
    }
