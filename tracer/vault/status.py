"""How a vault stands: whether its stores are there, what it holds, and where its log ends."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sqlalchemy import Engine, func, select
from sqlmodel import Session

from tracer.errors import DatabaseUnavailableError
from tracer.store.session import database_file, reading
from tracer.vault.audit import AuditHead, read_head
from tracer.vault.blobs import BlobStore
from tracer.vault.database import check_vault, table_of
from tracer.vault.keyring import count_wraps
from tracer.vault.rows import DOCUMENTS, ERASED, PART_ROWS
from tracer.vault.tables import Kek

LOOKED_FOR: Final = 3  # of the newest blobs; one may be damaged, or be erased at this moment
_KEKS: Final = table_of(Kek)


@dataclass(frozen=True, slots=True)
class KeyStatus:
    """One version of an organisation's key.

    Attributes:
        org: GLN.
        version: 1, 2, 3, ...; the highest wraps what is new.
        documents: how many documents' keys it wraps.
        created_at_unix: when it was made.
        destroyed_at_unix: when it was destroyed; None while it is there.
    """

    org: int
    version: int
    documents: int
    created_at_unix: int
    destroyed_at_unix: int | None


@dataclass(frozen=True, slots=True)
class VaultStatus:
    """How the vault stands.

    Attributes:
        documents: how many, by state.
        plaintext_bytes: of all parts.
        keys: every version of every organisation's key.
        head: the newest line of the audit log.
    """

    documents: dict[str, int]
    plaintext_bytes: int
    keys: tuple[KeyStatus, ...]
    head: AuditHead


def read_status(engine: Engine) -> VaultStatus:
    """Read it in one snapshot. No key is needed."""
    states = select(DOCUMENTS.c.state, func.count()).group_by(DOCUMENTS.c.state)
    size = select(func.coalesce(func.sum(PART_ROWS.c.size), 0))
    with reading(engine) as session:
        return VaultStatus(
            documents={row.state: row[1] for row in session.execute(states)},
            plaintext_bytes=int(session.execute(size).scalar_one()),
            keys=tuple(_read_keys(session)),
            head=read_head(session),
        )


def check_database(engine: Engine, root_id: bytes) -> None:
    """Make sure that the vault's tables answer and are this root key's.

    Raises:
        DatabaseUnavailableError: they do not answer.
        ConfigurationError: there are none, or another vault's.
    """
    file = database_file(engine)
    if file is not None and not _is_there(file):  # asking SQLite would make an empty one
        raise DatabaseUnavailableError(
            "the vault's database is not there", hint="TRACER_VAULT_DATABASE_URL names it."
        )
    check_vault(engine, root_id)


def check_blobs(engine: Engine, blobs: BlobStore) -> None:
    """Make sure that the blob store answers and is the one that the tables speak of.

    A disk that is not mounted leaves a folder that is there, and empty.

    Raises:
        DatabaseUnavailableError: it does not answer, or none of the newest blobs is in it.
    """
    blobs.check()
    newest = (
        select(PART_ROWS.c.blob)
        .join(DOCUMENTS, DOCUMENTS.c.doc_id == PART_ROWS.c.doc_id)
        .where(DOCUMENTS.c.state != ERASED)
        .order_by(PART_ROWS.c.stored_at_unix.desc())
        .limit(LOOKED_FOR)
    )
    with reading(engine) as session:
        names = session.execute(newest).scalars().all()
    if names and not any(blobs.has(name) for name in names):
        raise DatabaseUnavailableError(
            "the blob store lacks the newest papers",
            hint="Is its disk mounted, is TRACER_VAULT_URL right? Then run `tracer vault scrub`.",
        )


def _is_there(file: Path) -> bool:
    try:
        return file.exists()
    except OSError:  # its folder is closed to us
        return False


def _read_keys(session: Session) -> list[KeyStatus]:
    rows = session.execute(_KEKS.select().order_by(_KEKS.c.org, _KEKS.c.version)).all()
    return [
        KeyStatus(
            org=row.org,
            version=row.version,
            documents=count_wraps(session, row.org, row.version),
            created_at_unix=row.created_at_unix,
            destroyed_at_unix=row.destroyed_at_unix,
        )
        for row in rows
    ]
