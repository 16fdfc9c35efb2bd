"""The vault's tables: what is stored, under which key, for whom. No confidential value is in them.

A wrap is a document's data key (DEK), encrypted under a key of its organisation (KEK); a KEK's own
wrap is encrypted under the root key, which is in no table. Private attributes are sealed. The
SHA-256 of a plaintext is kept only as an HMAC, because the digest of a form with one unknown number
can be guessed.

The tables have a MetaData of their own: the vault and the mirror share no database.
"""

from typing import Any, Final

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, LargeBinary, String
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel

SCHEMA_VERSION: Final = 1
_BIG = BigInteger().with_variant(Integer(), "sqlite")


def big(*, nullable: bool = False, primary_key: bool = False) -> Any:  # noqa: ANN401 - what sqlmodel.Field returns
    """A column of 64 bits: a GLN, a Unix time, a size."""
    column: Column[int] = Column(
        _BIG, nullable=nullable, primary_key=primary_key, autoincrement=False
    )
    return Field(default=None, sa_column=column)


def octets(*, nullable: bool = False, primary_key: bool = False) -> Any:  # noqa: ANN401
    """A column of bytes."""
    return Field(
        default=None, sa_column=Column(LargeBinary, nullable=nullable, primary_key=primary_key)
    )


def _document(*, primary_key: bool = False) -> Any:  # noqa: ANN401
    """The document that a row belongs to."""
    return Field(
        sa_column=Column(
            String(26), ForeignKey("document.doc_id"), primary_key=primary_key, nullable=False
        )
    )


class VaultModel(SQLModel, registry=registry()):
    """Base of the vault's tables, and of the desk's."""


class VaultInfo(VaultModel, table=True):
    """What this database is. One row, id 1.

    Attributes:
        root_id: names the root key, so that another vault's key is refused at once.
    """

    __tablename__ = "vault_info"

    id: int = Field(default=1, primary_key=True)
    schema_version: int
    root_id: bytes = octets()
    created_at_unix: int = big()


class Kek(VaultModel, table=True):
    """One version of an organisation's key. The highest version wraps what is new.

    Attributes:
        wrapped: under the root key; None once it is destroyed.
    """

    org: int = big(primary_key=True)
    version: int = Field(sa_column=Column(Integer, primary_key=True, autoincrement=False))
    wrapped: bytes | None = octets(nullable=True)
    created_at_unix: int = big()
    destroyed_at_unix: int | None = big(nullable=True)


class Document(VaultModel, table=True):
    """One paper. After erasure the row stays, without key and attributes.

    Attributes:
        doc_id: ULID, chosen by the client.
        org: GLN of the party that uploaded it.
        doc_type: number of the paper's type.
        state: UPLOADED, STATED or ERASED.
        wrapped_dek: 40 bytes, AES-256-KWP under KEK `kek_version` of `org`.
        private_sealed: the private attributes, encrypted under a key derived from the DEK.
        commitment: of the full view, once it is stated.
    """

    __table_args__ = (
        Index("ix_document_batch", "batch_id"),
        Index("ix_document_org", "org", "kek_version"),
    )

    doc_id: str = Field(sa_column=Column(String(26), primary_key=True))
    org: int = big()
    batch_id: bytes = octets()
    doc_type: int
    state: str
    kek_version: int
    wrapped_dek: bytes | None = octets(nullable=True)
    private_sealed: bytes | None = octets(nullable=True)
    commitment: bytes | None = octets(nullable=True)
    stored_at_unix: int = big()
    erased_at_unix: int | None = big(nullable=True)


class Part(VaultModel, table=True):
    """One container of a document: the file as uploaded, or the full view.

    Attributes:
        blob: SHA-256 of the container, hexadecimal: its name in the blob store.
        size: bytes of plaintext.
        fingerprint: HMAC of the plaintext's SHA-256 under a key that only the root key gives.
    """

    doc_id: str = _document(primary_key=True)
    part: str = Field(sa_column=Column(String(16), primary_key=True))
    blob: str = Field(sa_column=Column(String(64), nullable=False, unique=True))
    size: int = big()
    fingerprint: bytes = octets()
    stored_at_unix: int = big()


class GrantRow(VaultModel, table=True):
    """Somebody else may open a document.

    Attributes:
        grantee: GLN of the party.
        public_key: X25519, 32 bytes.
        sealed_dek: the DEK under that key (HPKE); None once revoked or erased.
    """

    __tablename__ = "document_grant"
    __table_args__ = (
        Index("ix_grant_document", "doc_id"),
        Index("ix_grant_grantee", "grantee"),
    )

    grant_id: str = Field(sa_column=Column(String(32), primary_key=True))
    doc_id: str = _document()
    grantee: int = big()
    public_key: bytes = octets()
    sealed_dek: bytes | None = octets(nullable=True)
    purpose: str
    created_at_unix: int = big()
    expires_at_unix: int = big()
    revoked_at_unix: int | None = big(nullable=True)


class AuditEntry(VaultModel, table=True):
    """One line of the log of who did what. Each line pins the one before.

    Attributes:
        number: 1, 2, 3, ... without a gap.
        detail: canonical JSON; never a confidential value.
        entry_hash: SHA-256 over the entry before and this one's text.
        signature: the vault's Ed25519 signature of `entry_hash`.
    """

    __tablename__ = "audit_entry"

    number: int = big(primary_key=True)
    at_unix: int = big()
    action: str
    doc_id: str
    detail: str
    entry_hash: bytes = octets()
    signature: bytes = octets()
