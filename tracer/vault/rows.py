"""What the vault's rows say of documents, parts and grants."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, and_, func, select
from sqlmodel import Session

from tracer.errors import InputError, NotFoundError
from tracer.vault.database import table_of
from tracer.vault.grants import Grant
from tracer.vault.tables import Document, GrantRow, Part

PART_FILE: Final = "file"
PART_VIEW: Final = "view"
PARTS: Final = frozenset({PART_FILE, PART_VIEW})

UPLOADED: Final = "UPLOADED"
STATED: Final = "STATED"
ERASED: Final = "ERASED"

DOCUMENTS: Final = table_of(Document)
PART_ROWS: Final = table_of(Part)
GRANTS: Final = table_of(GrantRow)
MAX_LISTED: Final = 10_000  # papers in one listing; a batch has fifteen

_ULID: Final = re.compile(r"[0-7][0-9A-HJKMNP-TV-Z]{25}")


@dataclass(frozen=True, slots=True)
class StoredDocument:
    """A document as its row has it; no confidential value is in it.

    Attributes:
        doc_id: ULID.
        org: GLN of its owner.
        batch_id: 32 bytes.
        doc_type: number of the paper's type.
        state: UPLOADED, STATED or ERASED.
        size: of the file, in bytes; 0 when there is none.
        stored_at_unix: when its first part was stored.
        commitment: of the full view, once it is stated.
        erased_at_unix: when it was erased; None while it is not.
    """

    doc_id: str
    org: int
    batch_id: bytes
    doc_type: int
    state: str
    size: int
    stored_at_unix: int
    commitment: bytes | None
    erased_at_unix: int | None


def check_doc_id(doc_id: str) -> str:
    """A document's id as a client may choose it.

    Raises:
        InputError: no ULID in capital letters.
    """
    if not _ULID.fullmatch(doc_id):
        raise InputError(
            f"{doc_id[:40]!r} is no document id",
            hint="It is a ULID: 26 characters of 0-9 and A-Z without I, L, O and U.",
        )
    return doc_id


def find_row(session: Connection | Session, doc_id: str) -> Any | None:  # noqa: ANN401 - a row of Document
    """A document's row; None when there is none."""
    return session.execute(DOCUMENTS.select().where(DOCUMENTS.c.doc_id == doc_id)).first()


def live_row(session: Connection | Session, doc_id: str) -> Any:  # noqa: ANN401 - a row of Document
    """The row of a document that can be opened.

    Raises:
        NotFoundError: there is none, or it is erased.
    """
    row = find_row(session, doc_id)
    if row is None:
        raise NotFoundError(f"there is no document {doc_id[:40]}")
    if row.erased_at_unix is not None:
        raise NotFoundError(
            f"document {doc_id} was erased", hint="What it committed to stays on the ledger."
        )
    return row


def find_part(session: Connection | Session, doc_id: str, part: str) -> Any | None:  # noqa: ANN401 - a row of Part
    """A part's row; None when there is none."""
    wanted = PART_ROWS.select().where(PART_ROWS.c.doc_id == doc_id, PART_ROWS.c.part == part)
    return session.execute(wanted).first()


def list_rows(
    session: Session,
    *,
    doc_id: str | None = None,
    org: int | None = None,
    batch_id: bytes | None = None,
    grantee: int | None = None,
    now_unix: int,
) -> list[StoredDocument]:
    """Documents, the newest last; each argument that is given narrows the list.

    Args:
        session: one snapshot.
        doc_id: this one.
        org: those of this owner.
        batch_id: those of this batch.
        grantee: those that this party may open at `now_unix` by a grant.
        now_unix: when grants must hold.
    """
    file = and_(PART_ROWS.c.doc_id == DOCUMENTS.c.doc_id, PART_ROWS.c.part == PART_FILE)
    wanted = select(DOCUMENTS, func.coalesce(PART_ROWS.c.size, 0).label("size"))
    wanted = wanted.select_from(DOCUMENTS.outerjoin(PART_ROWS, file))
    given = {"doc_id": doc_id, "org": org, "batch_id": batch_id}
    for name, value in given.items():
        wanted = wanted if value is None else wanted.where(DOCUMENTS.c[name] == value)
    if grantee is not None:
        granted = select(GRANTS.c.doc_id).where(
            GRANTS.c.grantee == grantee,
            GRANTS.c.sealed_dek.is_not(None),
            GRANTS.c.expires_at_unix > now_unix,
        )
        wanted = wanted.where(DOCUMENTS.c.doc_id.in_(granted))
    wanted = wanted.order_by(DOCUMENTS.c.stored_at_unix, DOCUMENTS.c.doc_id).limit(MAX_LISTED)
    return [_document_of(row) for row in session.execute(wanted)]


def list_grants(session: Connection | Session, doc_id: str) -> list[Grant]:
    """Every grant of a document, expired and revoked ones too, the oldest first."""
    wanted = GRANTS.select().where(GRANTS.c.doc_id == doc_id)
    rows: Sequence[Any] = session.execute(
        wanted.order_by(GRANTS.c.created_at_unix, GRANTS.c.grant_id)
    ).all()
    return [Grant(**row._mapping) for row in rows]  # noqa: SLF001 - SQLAlchemy's documented name


def _document_of(row: Any) -> StoredDocument:  # noqa: ANN401 - a row of Document and its size
    return StoredDocument(
        doc_id=row.doc_id,
        org=row.org,
        batch_id=row.batch_id,
        doc_type=row.doc_type,
        state=row.state,
        size=row.size,
        stored_at_unix=row.stored_at_unix,
        commitment=row.commitment,
        erased_at_unix=row.erased_at_unix,
    )
