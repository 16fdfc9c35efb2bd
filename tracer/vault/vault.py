"""The vault: papers encrypted at rest, opened for their owner and for whom the owner grants it.

A paper is stored in this order: container to a temporary file, sync, rename, sync the folder,
commit the row, give the receipt. So whoever holds a receipt holds a paper that survives a power
cut, and what a crash leaves behind is at most a blob without a row, which `scrub` collects.
"""

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing
from pathlib import Path
from typing import IO, Any, Final

from sqlalchemy import Connection, Engine, select

from tracer.errors import ConflictError, InputError, NotFoundError
from tracer.store.session import driver_errors, reading
from tracer.vault.audit import AuditHead, AuditLine, add_line, read_head
from tracer.vault.blobs import PIECE_BYTES, BlobStore
from tracer.vault.container import ContainerName, decrypt
from tracer.vault.database import table_of, writing
from tracer.vault.fetch import fetch_blob
from tracer.vault.grants import MAX_PURPOSE_CHARS, Grant, seal_dek
from tracer.vault.keyring import Keyring
from tracer.vault.keys import KeyProvider
from tracer.vault.private import seal_private, unseal_private
from tracer.vault.receipts import Receipt
from tracer.vault.rotation import Progress, RotationReport, rotate_key
from tracer.vault.rows import (
    DOCUMENTS,
    ERASED,
    GRANTS,
    PART_FILE,
    PART_ROWS,
    PART_VIEW,
    STATED,
    StoredDocument,
    find_part,
    find_row,
    list_grants,
    list_rows,
    live_row,
)
from tracer.vault.scrub import ORPHAN_GRACE_S, Scrub, ScrubReport
from tracer.vault.status import VaultStatus, check_blobs, check_database, read_status
from tracer.vault.tables import Kek
from tracer.vault.upload import Stores, Upload, store_upload

__all__ = ["PART_FILE", "PART_VIEW", "Receipt", "StoredDocument", "Vault"]

COMMITMENT_BYTES: Final = 32
_KEKS: Final = table_of(Kek)


class Vault:
    """Documents of any number of organisations. Any number of programs may use it at once.

    Every method raises DatabaseUnavailableError when the database or the blob store does not
    answer; what it was asked to do is then done wholly, or not at all, and may be asked again.

    Args:
        engine: from `tracer.vault.database.open_vault_engine`, with its tables made.
        blobs: where the containers lie.
        keys: the root key.
        now: the time, Unix seconds.
    """

    def __init__(
        self, engine: Engine, blobs: BlobStore, keys: KeyProvider, *, now: Callable[[], int]
    ) -> None:
        self._engine, self._blobs, self._keys, self._now = engine, blobs, keys, now
        self._keyring = Keyring(keys)

    @property
    def public_key(self) -> bytes:
        """Ed25519 key that receipts verify with, 32 bytes."""
        return self._keys.public_key

    def put(
        self,
        doc_id: str,
        *,
        org: int,
        batch_id: bytes,
        doc_type: int,
        part: str,
        source: Path,
        sha256: bytes,
        private: Mapping[str, Any],
    ) -> Receipt:
        """Store one part of a document; once this returns, it survives a power cut.

        The same part with the same SHA-256 gives the same receipt, however often and from however
        many programs at once it is sent.

        Args:
            doc_id: ULID, chosen by the client.
            org: GLN of the owner.
            batch_id: 32 bytes.
            doc_type: number of the paper's type.
            part: `PART_FILE` or `PART_VIEW`.
            source: file with the plaintext.
            sha256: of the plaintext, 32 bytes.
            private: attributes to keep encrypted; they replace those of the same name.

        Raises:
            ConflictError: the part is stored with another content, or the id is another document's.
            InputError: an argument is malformed, or the file is not the one that was announced.
            LimitExceededError: the file or the attributes are too large.
        """
        upload = Upload(doc_id, org, batch_id, doc_type, part, source, sha256, private)
        return store_upload(Stores(self._engine, self._blobs, self._keys), upload, self._now())

    def open(self, doc_id: str, part: str, *, actor: str = "") -> Iterator[bytes]:
        """The plaintext, in chunks; all of it is verified before this returns.

        Raises:
            NotFoundError: no such document or part, or it is erased.
            DamagedDocumentError: it is not what was stored; not one byte is released.
        """
        name, dek, source, resources = self._fetch(doc_id, part)
        with resources:
            chunks = decrypt(source, name, dek)
            self._note("open", doc_id, part=part, by=actor)
            kept = resources.pop_all()
        return _with(kept, chunks)

    def container(self, doc_id: str, part: str, *, actor: str = "") -> Iterator[bytes]:
        """The ciphertext, for somebody with a grant who decrypts at home; its SHA-256 is checked.

        Raises:
            NotFoundError: no such document or part, or it is erased.
            DamagedDocumentError: it is not what was stored.
        """
        _, _, source, resources = self._fetch(doc_id, part)
        with resources:
            self._note("container", doc_id, part=part, by=actor)
            kept = resources.pop_all()
        return _with(kept, iter(lambda: source.read(PIECE_BYTES), b""))

    def private(self, doc_id: str) -> Mapping[str, Any]:
        """The private attributes.

        Raises:
            NotFoundError: no such document, or it is erased.
            DamagedDocumentError: they are not what was stored.
        """
        with reading(self._engine) as session:
            row = live_row(session, doc_id)
            dek = self._keyring.unwrap(session, row)
        return unseal_private(row.private_sealed, doc_id, dek)

    def set_private(self, doc_id: str, private: Mapping[str, Any]) -> None:
        """Replace all private attributes.

        Raises:
            NotFoundError: no such document, or it is erased.
            LimitExceededError: they are too large.
        """
        with writing(self._engine) as connection:
            row = live_row(connection, doc_id)
            sealed = seal_private(private, doc_id, self._keyring.unwrap(connection, row))
            _update(connection, doc_id, private_sealed=sealed)

    def find(self, doc_id: str) -> StoredDocument | None:
        """A document, erased or not; None when there never was one."""
        with reading(self._engine) as session:
            found = list_rows(session, doc_id=doc_id, now_unix=self._now())
        return found[0] if found else None

    def list_documents(
        self, *, org: int | None = None, batch_id: bytes | None = None, grantee: int | None = None
    ) -> list[StoredDocument]:
        """Documents, the newest last; each argument that is given narrows the list.

        Args:
            org: those of this owner.
            batch_id: those of this batch.
            grantee: those that this party may open now by a grant.
        """
        with reading(self._engine) as session:
            return list_rows(
                session, org=org, batch_id=batch_id, grantee=grantee, now_unix=self._now()
            )

    def state(self, doc_id: str, commitment: bytes, *, actor: str = "") -> None:
        """Settle what a document commits to: once, for ever.

        Raises:
            ConflictError: it has another commitment already.
            NotFoundError: no such document, or it is erased.
            InputError: not 32 bytes.
        """
        if len(commitment) != COMMITMENT_BYTES:
            raise InputError(f"a commitment has {COMMITMENT_BYTES} bytes, not {len(commitment)}")
        with writing(self._engine) as connection:
            row = live_row(connection, doc_id)
            if row.commitment == commitment:
                return
            if row.commitment is not None:
                raise ConflictError(
                    f"document {doc_id} is stated already, with another commitment",
                    hint="What was stated stays; send a new paper under a new id.",
                )
            _update(connection, doc_id, commitment=commitment, state=STATED)
            self._log(connection, "state", doc_id, commitment=commitment.hex(), by=actor)

    def grant(
        self,
        doc_id: str,
        *,
        grantee: int,
        public_key: bytes,
        expires_at_unix: int,
        purpose: str,
        actor: str = "",
    ) -> Grant:
        """Seal a document's key for somebody else.

        It opens every part, those too that are stored later. What the recipient has opened, no
        revocation takes back.

        Args:
            doc_id: the document.
            grantee: GLN of the party.
            public_key: its X25519 key, 32 bytes.
            expires_at_unix: from then on the vault serves it no longer.
            purpose: why, for the log.
            actor: who grants it.

        Raises:
            NotFoundError: no such document, or it is erased.
            InputError: the key is unusable, the time has passed, or the purpose is empty or long.
        """
        now = self._now()
        if not purpose.strip() or len(purpose) > MAX_PURPOSE_CHARS:
            raise InputError(f"a purpose has 1 to {MAX_PURPOSE_CHARS} characters")
        if expires_at_unix <= now:
            raise InputError("a grant that has expired already opens nothing")
        with writing(self._engine) as connection:
            dek = self._keyring.unwrap(connection, live_row(connection, doc_id))
            grant = Grant(
                grant_id=os.urandom(16).hex(),
                doc_id=doc_id,
                grantee=grantee,
                public_key=public_key,
                sealed_dek=seal_dek(dek, doc_id, public_key),
                purpose=purpose,
                created_at_unix=now,
                expires_at_unix=expires_at_unix,
            )
            connection.execute(GRANTS.insert().values(grant.to_row()))
            self._log(connection, "grant", doc_id, grant=grant.grant_id, grantee=grantee, by=actor)
        return grant

    def grants(self, doc_id: str) -> list[Grant]:
        """Every grant of a document, expired and revoked ones too, the oldest first."""
        with reading(self._engine) as session:
            return list_grants(session, doc_id)

    def revoke_grant(self, doc_id: str, grant_id: str, *, actor: str = "") -> None:
        """Take a grant back; the sealed key is deleted. Doing it again changes nothing.

        Raises:
            NotFoundError: the document has no such grant.
        """
        with writing(self._engine) as connection:
            grants = {grant.grant_id: grant for grant in list_grants(connection, doc_id)}
            if grant_id not in grants:
                raise NotFoundError(f"document {doc_id[:40]} has no grant {grant_id[:40]}")
            if grants[grant_id].revoked_at_unix is not None:
                return
            gone = {"sealed_dek": None, "revoked_at_unix": self._now()}
            connection.execute(GRANTS.update().where(GRANTS.c.grant_id == grant_id).values(gone))
            self._log(connection, "revoke", doc_id, grant=grant_id, by=actor)

    def erase(self, doc_id: str, *, actor: str = "") -> None:
        """Destroy a document: its key, every grant, its attributes and its containers.

        The row stays as a tombstone, and so does what was published: the ledger stays honest.
        Doing it again finishes what was stopped.

        Raises:
            NotFoundError: there never was such a document.
        """
        now = self._now()
        with writing(self._engine) as connection:
            row = find_row(connection, doc_id)
            if row is None:
                raise NotFoundError(f"there is no document {doc_id[:40]}")
            if row.erased_at_unix is None:
                gone = {"wrapped_dek": None, "private_sealed": None, "erased_at_unix": now}
                _update(connection, doc_id, state=ERASED, **gone)
                sealed = GRANTS.update().where(GRANTS.c.doc_id == doc_id)
                connection.execute(sealed.values(sealed_dek=None))
                self._log(connection, "erase", doc_id, by=actor)
            parts = PART_ROWS.c.doc_id == doc_id
            blobs = connection.execute(select(PART_ROWS.c.blob).where(parts)).scalars().all()
        for blob in blobs:  # unreadable since the commit; now they go
            self._blobs.delete(blob)
        with writing(self._engine) as connection:
            connection.execute(PART_ROWS.delete().where(parts))
        self._forget_log()

    def organisations(self) -> list[int]:
        """GLN of every organisation that has a key, ascending."""
        with reading(self._engine) as session:
            return sorted(session.execute(select(_KEKS.c.org).distinct()).scalars())

    def rotate(self, org: int, progress: Progress) -> RotationReport:
        """Give an organisation a new key, or finish a rotation that was stopped.

        Args:
            org: GLN.
            progress: called after every renewed wrap with how many are done, and of how many.
        """
        return rotate_key(self._engine, self._keys, org, self._now(), progress)

    def scrub(self, progress: Progress, *, grace_s: int = ORPHAN_GRACE_S) -> ScrubReport:
        """Read every blob again and remove what belongs to nobody.

        Args:
            progress: called after every part with how many are done, and of how many.
            grace_s: how old an orphan must be; an upload may be about to name it.
        """
        return Scrub(self._engine, self._blobs, self._keys, self._now(), grace_s).run(progress)

    def status(self) -> VaultStatus:
        """What the vault holds, under which keys, and where its log ends."""
        return read_status(self._engine)

    def check_database(self) -> None:
        """Make sure that the tables answer; see `tracer.vault.status.check_database`."""
        check_database(self._engine, self._keys.root_id)

    def check_blobs(self) -> None:
        """Make sure that the blob store answers; see `tracer.vault.status.check_blobs`."""
        check_blobs(self._engine, self._blobs)

    def audit_head(self) -> AuditHead:
        """The newest line of the log; noted elsewhere, it shows whether the log was cut."""
        with reading(self._engine) as session:
            return read_head(session)

    def _fetch(self, doc_id: str, part: str) -> tuple[ContainerName, bytes, IO[bytes], ExitStack]:
        """What a part is, its key, and its container, for as long as the stack is open."""
        with reading(self._engine) as session:
            row = live_row(session, doc_id)
            found = find_part(session, doc_id, part)
            if found is None:
                raise NotFoundError(f"document {doc_id} has no {part[:20]}")
            dek = self._keyring.unwrap(session, row)
        resources = ExitStack()
        source = resources.enter_context(fetch_blob(self._blobs, doc_id, part, found.blob))
        return ContainerName(doc_id, row.org, part), dek, source, resources

    def _note(self, action: str, doc_id: str, **detail: str | int) -> None:
        with writing(self._engine) as connection:
            self._log(connection, action, doc_id, **detail)

    def _log(self, connection: Connection, action: str, doc_id: str, **detail: str | int) -> None:
        add_line(connection, self._keys, AuditLine.of(self._now(), action, doc_id, **detail))

    def _forget_log(self) -> None:
        """Take erased keys out of SQLite's write-ahead log too, unless a reader still needs it."""
        if self._engine.dialect.name == "sqlite":
            with driver_errors(), closing(self._engine.raw_connection()) as connection:
                connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _update(connection: Connection, doc_id: str, **values: object) -> None:
    connection.execute(DOCUMENTS.update().where(DOCUMENTS.c.doc_id == doc_id).values(values))


def _with(resources: ExitStack, chunks: Iterator[bytes]) -> Iterator[bytes]:
    with resources:
        yield from chunks
