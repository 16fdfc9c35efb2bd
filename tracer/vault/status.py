"""How a vault stands: what it holds, under which keys, and where its log ends."""

from dataclasses import dataclass
from typing import Final

from sqlalchemy import Engine, func, select
from sqlmodel import Session

from tracer.store.session import reading
from tracer.vault.audit import AuditHead, read_head
from tracer.vault.database import table_of
from tracer.vault.keyring import count_wraps
from tracer.vault.rows import DOCUMENTS, PART_ROWS
from tracer.vault.tables import Kek

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
