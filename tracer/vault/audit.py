"""Who did what with which paper: a log whose every line pins the one before and is signed.

Whoever can write to the database but has no root key can neither change nor drop nor add a line
unnoticed; only the newest lines can be cut off, so note the head that `tracer vault status` shows.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final, NamedTuple, Self

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy import Connection, select
from sqlmodel import Session

from tracer.domain.canonical import canonical_text
from tracer.vault.database import table_of
from tracer.vault.keys import KeyProvider
from tracer.vault.tables import AuditEntry

START: Final = bytes(32)
_CONTEXT: Final = b"tracer/audit/v1\0"
_ENTRIES: Final = table_of(AuditEntry)
_PAGE: Final = 1000


@dataclass(frozen=True, slots=True)
class AuditHead:
    """The newest line: note it elsewhere, and nobody can shorten the log unnoticed."""

    number: int
    entry_hash: bytes


class AuditLine(NamedTuple):
    """What a line says.

    Attributes:
        at_unix: when.
        action: "store", "open", "grant" and so on.
        doc_id: the document; empty when it concerns none.
        detail: canonical JSON, no confidential value in it.
    """

    at_unix: int
    action: str
    doc_id: str
    detail: str

    @classmethod
    def of(cls, at_unix: int, action: str, doc_id: str = "", **detail: str | int) -> Self:
        """A line from its parts; details that are empty are left out."""
        return cls(at_unix, action, doc_id, canonical_text({k: v for k, v in detail.items() if v}))


def add_line(connection: Connection, keys: KeyProvider, line: AuditLine) -> None:
    """Write a line, in the caller's transaction, which must hold the vault's write lock."""
    head = read_head(connection)
    entry_hash = _hash(head, line)
    connection.execute(
        _ENTRIES.insert().values(
            number=head.number + 1,
            **line._asdict(),
            entry_hash=entry_hash,
            signature=keys.sign(_CONTEXT + entry_hash),
        )
    )


def read_head(connection: Connection | Session) -> AuditHead:
    """The newest line; number 0 before there is one."""
    newest = select(_ENTRIES.c.number, _ENTRIES.c.entry_hash).order_by(_ENTRIES.c.number.desc())
    row = connection.execute(newest.limit(1)).first()
    return AuditHead(0, START) if row is None else AuditHead(row.number, row.entry_hash)


def check_log(session: Session, public_key: bytes) -> int | None:
    """The first line that is not what the vault wrote there; None when all are.

    Args:
        session: one snapshot.
        public_key: the vault's Ed25519 key.
    """
    verifier = Ed25519PublicKey.from_public_bytes(public_key)
    head = AuditHead(0, START)
    for row in _rows(session):
        line = AuditLine(row.at_unix, row.action, row.doc_id, row.detail)
        after = AuditHead(head.number + 1, _hash(head, line))
        try:
            verifier.verify(row.signature, _CONTEXT + after.entry_hash)
        except InvalidSignature:
            return after.number
        if AuditHead(row.number, row.entry_hash) != after:
            return after.number
        head = after
    return None


def _rows(session: Session) -> Iterator[Any]:
    last = 0
    number = _ENTRIES.c.number
    while True:
        wanted = _ENTRIES.select().where(number > last).order_by(number).limit(_PAGE)
        page = session.execute(wanted).all()
        if not page:
            return
        yield from page
        last = page[-1].number


def _hash(before: AuditHead, line: AuditLine) -> bytes:
    text = canonical_text([before.number + 1, *line])
    return hashlib.sha256(_CONTEXT + before.entry_hash + text.encode()).digest()
