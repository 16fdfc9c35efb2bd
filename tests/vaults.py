"""Vaults for tests: real folders, real databases, a root key whose passphrase is cheap to try."""

import hashlib
import random
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import Engine

from tracer.vault.blobs import BlobStore, FileBlobs
from tracer.vault.database import create_tables, open_vault_engine
from tracer.vault.keys import RootKey
from tracer.vault.vault import PART_FILE, Receipt, Vault

ROOT = bytes(range(32))
OWNER, CUSTOMS = 9_421_900_000_005, 6_901_234_000_009
BATCH = hashlib.sha256(b"batch").digest()
ULID_DIGITS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def doc_id_of(number: int) -> str:
    """The n-th document id."""
    digits = ""
    for _ in range(26):
        number, digit = divmod(number, 32)
        digits = ULID_DIGITS[digit] + digits
    return digits


@dataclass
class VaultWorld:
    """A vault, and what it is made of.

    Attributes:
        now_unix: what the vault takes for the time; tests move it.
        urls: of the database and the blob store, for tests that start other programs.
    """

    folder: Path
    engine: Engine
    blobs: BlobStore
    keys: RootKey = field(default_factory=lambda: RootKey(ROOT))
    now_unix: int = field(default_factory=lambda: int(time.time()))
    urls: tuple[str, str] = ("", "")

    def __post_init__(self) -> None:
        create_tables(self.engine, self.keys.root_id, self.now_unix)
        self.vault = Vault(self.engine, self.blobs, self.keys, now=lambda: self.now_unix)

    def write(self, data: bytes, name: str = "paper") -> Path:
        path = self.folder / name
        path.write_bytes(data)
        return path

    def put(self, number: int, data: bytes, part: str = PART_FILE, **changes: Any) -> Receipt:
        """Store a document of these bytes under the n-th id."""
        doc_id = doc_id_of(number)
        facts: dict[str, Any] = {
            "org": OWNER,
            "batch_id": BATCH,
            "doc_type": 3,
            "part": part,
            "source": self.write(data, f"{doc_id}.{part}"),
            "sha256": hashlib.sha256(data).digest(),
            "private": {},
        }
        return self.vault.put(doc_id, **(facts | changes))

    def read(self, number: int, part: str = PART_FILE) -> bytes:
        return b"".join(self.vault.open(doc_id_of(number), part))


def sqlite_world(folder: Path) -> VaultWorld:
    """A vault in a folder of its own."""
    engine = open_vault_engine(f"sqlite:///{folder / 'vault.sqlite'}")
    return VaultWorld(folder, engine, FileBlobs(folder / "blobs"))


def some_bytes(size: int, seed: int) -> bytes:
    """Bytes that no compression would shorten, the same for the same seed."""
    return random.Random(seed).randbytes(size)
