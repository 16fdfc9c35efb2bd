"""Store two parts of a paper, for tests that break the upload at every system call.

    python tests/vault_upload.py

Reads lines of JSON: [database URL, blobs URL, folder with the parts]. For each it forks a child,
which has everything imported already, writes its process id to `<folder>/pid`, waits for SIGUSR1,
uploads, and writes every receipt to `<folder>/receipts` once the vault has given it. Then the line
"ended <exit code>" is printed; the code is negative for a signal.
"""

import ctypes
import hashlib
import json
import os
import signal
import sys
import tempfile
from pathlib import Path

from tracer.errors import TransientError
from tracer.vault.blobs import open_blobs
from tracer.vault.database import create_tables, open_vault_engine
from tracer.vault.keys import RootKey
from tracer.vault.vault import PART_FILE, PART_VIEW, Vault

ROOT = bytes(range(32))
DOC_ID = "0" * 25 + "1"
OWNER = 9_421_900_000_005
UNAVAILABLE = 4
PR_SET_PTRACER, PR_SET_PTRACER_ANY = 0x59616D61, -1
_LIBC = ctypes.CDLL(None)


def upload(database_url: str, blobs_url: str, folder: Path) -> int:
    """Upload both parts; `UNAVAILABLE` when the vault says that it is."""
    receipts = os.open(folder / "receipts", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    _LIBC.prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY, 0, 0, 0)  # some systems protect strangers
    vault = Vault(
        open_vault_engine(database_url),
        open_blobs(blobs_url),
        RootKey(ROOT),
        now=lambda: 1_800_000_000,
    )
    papers = [(part, folder / part) for part in (PART_FILE, PART_VIEW)]
    digests = [hashlib.sha256(path.read_bytes()).digest() for _, path in papers]
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGUSR1})
    (folder / "pid").write_text(f"{os.getpid()}\n")
    signal.sigwait({signal.SIGUSR1})
    try:
        for (part, source), digest in zip(papers, digests, strict=True):
            receipt = put(vault, part, source, digest)
            if not _acknowledge(receipts, receipt):
                return UNAVAILABLE
    except TransientError:
        return UNAVAILABLE
    return 0


def _acknowledge(receipts: int, receipt: dict[str, object]) -> bool:
    """Give a receipt to the client; False when it does not get through."""
    try:
        os.write(receipts, (json.dumps(receipt) + "\n").encode())
    except OSError:
        return False
    return True


def put(vault: Vault, part: str, source: Path, digest: bytes) -> dict[str, object]:
    """One part of the paper; its receipt as JSON has it."""
    receipt = vault.put(
        DOC_ID,
        org=OWNER,
        batch_id=bytes(32),
        doc_type=3,
        part=part,
        source=source,
        sha256=digest,
        private={"filename": f"{part}.pdf"},
    )
    return receipt.to_json()


def _store_once(folder: Path) -> None:
    engine = open_vault_engine(f"sqlite:///{folder / 'v.sqlite'}")
    keys = RootKey(ROOT)
    create_tables(engine, keys.root_id, 1)
    vault = Vault(engine, open_blobs((folder / "blobs").as_uri()), keys, now=lambda: 1)
    (folder / "paper").write_bytes(b"")
    for part in (PART_FILE, PART_VIEW):
        put(vault, part, folder / "paper", hashlib.sha256(b"").digest())
    engine.dispose()


def main() -> None:
    """Serve one request after another."""
    with tempfile.TemporaryDirectory() as folder:  # what is imported late is imported here
        _store_once(Path(folder))
    for line in sys.stdin:
        database_url, blobs_url, folder = json.loads(line)
        child = os.fork()
        if child == 0:
            code = 1
            try:
                code = upload(database_url, blobs_url, Path(folder))
            except Exception as error:  # noqa: BLE001 - the parent reports whatever it is
                (Path(folder) / "bug").write_text(f"{type(error).__name__}: {error}")
            finally:
                os._exit(code)
        _, status = os.waitpid(child, 0)
        print(f"ended {os.waitstatus_to_exitcode(status)}", flush=True)


if __name__ == "__main__":
    main()
