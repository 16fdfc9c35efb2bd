"""One part of a document on its way into the vault: durable before it is acknowledged."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection, Engine
from sqlmodel import Session

from tracer.errors import ConflictError, DatabaseUnavailableError, InputError
from tracer.store.session import reading
from tracer.vault.audit import AuditLine, add_line
from tracer.vault.blobs import BlobStore
from tracer.vault.container import ContainerName, encrypt
from tracer.vault.database import writing
from tracer.vault.keyring import Keyring
from tracer.vault.keys import KEY_BYTES, KeyProvider
from tracer.vault.private import seal_private, unseal_private
from tracer.vault.receipts import Receipt
from tracer.vault.rows import (
    DOCUMENTS,
    PART_ROWS,
    PARTS,
    UPLOADED,
    check_doc_id,
    find_part,
    find_row,
)

ATTEMPTS: Final = 3  # another writer's document, then its part: after that nothing new can be found
BATCH_ID_BYTES: Final = 32
DIGEST_BYTES: Final = 32
MAX_GLN: Final = 10**13


class Stores(NamedTuple):
    """Where an upload goes.

    Attributes:
        engine: the vault's database.
        blobs: its containers.
        keys: the root key.
    """

    engine: Engine
    blobs: BlobStore
    keys: KeyProvider


@dataclass(frozen=True, slots=True)
class Upload:
    """What a client announces.

    Attributes:
        doc_id: ULID, chosen by the client.
        org: GLN of the owner.
        batch_id: 32 bytes.
        doc_type: number of the paper's type.
        part: "file" or "view".
        source: the plaintext.
        sha256: of the plaintext, 32 bytes.
        private: attributes to keep encrypted; they replace those of the same name.
    """

    doc_id: str
    org: int
    batch_id: bytes
    doc_type: int
    part: str
    source: Path
    sha256: bytes
    private: Mapping[str, Any] = field(repr=False)

    def check(self) -> None:
        """Refuse what no row could hold.

        Raises:
            InputError: the id, the owner, the batch, the part or the digest is malformed.
        """
        check_doc_id(self.doc_id)
        if self.part not in PARTS:
            raise InputError(f"a document has no part {self.part[:20]!r}")
        if len(self.batch_id) != BATCH_ID_BYTES or len(self.sha256) != DIGEST_BYTES:
            raise InputError("a batch id and a SHA-256 have 32 bytes each")
        if not 0 < self.org < MAX_GLN:
            raise InputError(f"{self.org} is no GLN")


@dataclass(frozen=True, slots=True)
class _Sealed:
    """A container that is stored, but that no row names yet."""

    dek: bytes = field(repr=False)
    blob: str
    size: int


def store_upload(stores: Stores, upload: Upload, now_unix: int) -> Receipt:
    """Store one part durably; `Vault.put` says what it promises.

    Args:
        stores: where it goes.
        upload: what the client announces.
        now_unix: the time on the receipt of a new part.
    """
    upload.check()
    return _Storing(stores, upload, now_unix).run()


@dataclass(frozen=True, slots=True)
class _Storing:
    """The steps of one upload."""

    stores: Stores
    upload: Upload
    now_unix: int

    def run(self) -> Receipt:
        fingerprint = self.stores.keys.fingerprint(self.upload.sha256)
        for _ in range(ATTEMPTS):
            with reading(self.stores.engine) as session:
                known = self._known(session, fingerprint)
                dek = self._dek(session)
            if known is not None:
                return known
            sealed = self._seal(dek)
            try:
                receipt = self._commit(sealed, fingerprint)
            except ConflictError:
                self.stores.blobs.delete(sealed.blob)
                raise
            if receipt is not None:
                return receipt
            self.stores.blobs.delete(sealed.blob)  # another upload of this document was faster
        raise DatabaseUnavailableError(
            f"document {self.upload.doc_id} changes all the time", hint="Send it again."
        )

    def _known(self, session: Connection | Session, fingerprint: bytes) -> Receipt | None:
        """The receipt of a part that is stored already; None when it is new.

        Raises:
            ConflictError: the id stands for another document, or the part has another content.
        """
        upload = self.upload
        row = find_row(session, upload.doc_id)
        if row is None:
            return None
        same = (row.org, row.batch_id, row.doc_type) == (
            upload.org,
            upload.batch_id,
            upload.doc_type,
        )
        if not same or row.erased_at_unix is not None:
            raise ConflictError(
                f"document id {upload.doc_id} is taken", hint="Choose a new id: a fresh ULID."
            )
        part = find_part(session, upload.doc_id, upload.part)
        if part is None:
            return None
        if part.fingerprint != fingerprint:
            raise ConflictError(
                f"document {upload.doc_id} ({upload.part}) is stored with another content",
                hint="A stored paper never changes; send the new one under a new id.",
            )
        return self._receipt(part.blob, part.size, part.stored_at_unix)

    def _dek(self, session: Session) -> bytes:
        row = find_row(session, self.upload.doc_id)
        if row is None:
            return os.urandom(KEY_BYTES)
        return Keyring(self.stores.keys).unwrap(session, row)

    def _seal(self, dek: bytes) -> _Sealed:
        """Encrypt into the blob store; when this returns, the container survives a power cut."""
        upload = self.upload
        name = ContainerName(upload.doc_id, upload.org, upload.part)
        try:
            with upload.source.open("rb") as file:
                size = os.fstat(file.fileno()).st_size
                pieces = encrypt(file, name, dek, size=size, sha256=upload.sha256)
                return _Sealed(dek, self.stores.blobs.put(pieces), size)
        except (FileNotFoundError, IsADirectoryError, PermissionError) as error:
            raise InputError(f"cannot read {upload.source}: {error.strerror}") from error
        except OSError as error:
            raise DatabaseUnavailableError(
                f"{upload.source} cannot be read, or its copy not be written: {error}",
                hint="Check the disk; nothing is half-stored. Then send it again.",
            ) from error

    def _commit(self, sealed: _Sealed, fingerprint: bytes) -> Receipt | None:
        """Write the rows; None when another upload has made the document or the part meanwhile."""
        stores, upload = self.stores, self.upload
        with writing(stores.engine) as connection:
            row = find_row(connection, upload.doc_id)
            if row is None:
                self._add_document(connection, sealed.dek)
            elif self._is_late(connection, row, sealed, fingerprint):
                return None
            elif upload.private:
                self._update_private(connection, row, sealed.dek)
            if not stores.blobs.has(sealed.blob):
                raise DatabaseUnavailableError(
                    "a scrub removed what was being stored", hint="Send it again."
                )
            connection.execute(
                PART_ROWS.insert().values(
                    doc_id=upload.doc_id,
                    part=upload.part,
                    blob=sealed.blob,
                    size=sealed.size,
                    fingerprint=fingerprint,
                    stored_at_unix=self.now_unix,
                )
            )
            details = {"part": upload.part, "blob": sealed.blob}
            line = AuditLine.of(self.now_unix, "store", upload.doc_id, **details)
            add_line(connection, stores.keys, line)
        return self._receipt(sealed.blob, sealed.size, self.now_unix)

    def _is_late(
        self,
        connection: Connection,
        row: Any,  # noqa: ANN401 - a row
        sealed: _Sealed,
        fingerprint: bytes,
    ) -> bool:
        """Whether another upload has stored this part, or made the document with another key."""
        if self._known(connection, fingerprint) is not None:
            return True
        return Keyring(self.stores.keys).unwrap(connection, row) != sealed.dek

    def _add_document(self, connection: Connection, dek: bytes) -> None:
        upload = self.upload
        # Wrapped here, under the lock: a rotation cannot retire this key before the row is there.
        wrap = Keyring(self.stores.keys).wrap(connection, upload.org, dek, self.now_unix)
        connection.execute(
            DOCUMENTS.insert().values(
                doc_id=upload.doc_id,
                org=upload.org,
                batch_id=upload.batch_id,
                doc_type=upload.doc_type,
                state=UPLOADED,
                kek_version=wrap.kek_version,
                wrapped_dek=wrap.wrapped,
                private_sealed=seal_private(upload.private, upload.doc_id, dek),
                stored_at_unix=self.now_unix,
            )
        )

    def _update_private(self, connection: Connection, row: Any, dek: bytes) -> None:  # noqa: ANN401 - a row
        merged = unseal_private(row.private_sealed, row.doc_id, dek) | dict(self.upload.private)
        connection.execute(
            DOCUMENTS.update()
            .where(DOCUMENTS.c.doc_id == row.doc_id)
            .values(private_sealed=seal_private(merged, row.doc_id, dek))
        )

    def _receipt(self, blob: str, size: int, stored_at_unix: int) -> Receipt:
        """Ed25519 is deterministic: the same facts give the same receipt."""
        upload = self.upload
        unsigned = Receipt(
            upload.doc_id, upload.org, upload.part, upload.sha256, size, stored_at_unix, blob
        )
        return unsigned.signed(self.stores.keys.sign(unsigned.message()))
