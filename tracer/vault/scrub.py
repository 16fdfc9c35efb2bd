"""Read every blob again: which are damaged, which are missing, and which belong to nobody."""

from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Engine, select

from tracer.errors import DamagedDocumentError, KeyUnavailableError
from tracer.store.session import reading
from tracer.vault.audit import AuditLine, add_line, check_log
from tracer.vault.blobs import BlobStore
from tracer.vault.container import ContainerName, verify
from tracer.vault.database import writing
from tracer.vault.fetch import fetch_blob
from tracer.vault.keyring import Keyring
from tracer.vault.keys import KeyProvider
from tracer.vault.rotation import Progress
from tracer.vault.rows import DOCUMENTS, PART_ROWS

ORPHAN_GRACE_S: Final = 3600  # an upload takes a minute at most between its blob and its row


@dataclass(frozen=True, slots=True)
class Damage:
    """A part of a document that does not open.

    Attributes:
        doc_id: the document.
        part: "file" or "view".
        reason: one sentence.
    """

    doc_id: str
    part: str
    reason: str


@dataclass(frozen=True, slots=True)
class ScrubReport:
    """What a scrub found and did.

    Attributes:
        parts: how many rows name a blob.
        plaintext_bytes: of those that open.
        damaged: parts whose blob or key was changed.
        missing: parts whose blob is gone.
        orphans: blobs that no row names, and half-written leftovers; removed.
        waiting: orphans too young to be removed: an upload may be about to name them.
        audit_fault: the first line of the audit log that was changed; None when none was.
    """

    parts: int
    plaintext_bytes: int
    damaged: tuple[Damage, ...]
    missing: tuple[Damage, ...]
    orphans: tuple[str, ...]
    waiting: int
    audit_fault: int | None

    @property
    def is_clean(self) -> bool:
        """Every document opens, and nobody touched the log."""
        return not self.damaged and not self.missing and self.audit_fault is None


@dataclass(frozen=True, slots=True)
class Scrub:
    """One run over the whole vault; uploads may go on meanwhile.

    Attributes:
        engine: the vault's database.
        blobs: where its containers lie.
        keys: the root key.
        now_unix: by the blob store's clock, for the age of orphans.
        grace_s: how old an orphan must be to be removed.
    """

    engine: Engine
    blobs: BlobStore
    keys: KeyProvider
    now_unix: int
    grace_s: int = ORPHAN_GRACE_S

    def run(self, progress: Progress) -> ScrubReport:
        """Check every part, then remove what belongs to nobody.

        Args:
            progress: called after every part.

        Raises:
            DatabaseUnavailableError: the blob store or the database does not answer.
        """
        with reading(self.engine) as session:
            wanted = select(PART_ROWS.c.doc_id, PART_ROWS.c.part).order_by(PART_ROWS.c.doc_id)
            names = session.execute(wanted).all()
            audit_fault = check_log(session, self.keys.public_key)
        size = 0
        damaged: list[Damage] = []
        missing: list[Damage] = []
        for done, (doc_id, part) in enumerate(names, start=1):
            found = self._check(doc_id, part)
            if isinstance(found, int):
                size += found
            else:
                (missing if found.reason == MISSING else damaged).append(found)
            progress(done, len(names))
        orphans, waiting = self._collect()
        return ScrubReport(
            len(names), size, tuple(damaged), tuple(missing), orphans, waiting, audit_fault
        )

    def _check(self, doc_id: str, part: str) -> int | Damage:
        """Bytes of a part that opens; else what is wrong with it."""
        row = self._find(doc_id, part)
        if row is None:  # erased since the names were read
            return 0
        try:
            with reading(self.engine) as session:
                dek = Keyring(self.keys).unwrap(session, row)
            with fetch_blob(self.blobs, doc_id, part, row.blob) as source:
                return verify(source, ContainerName(doc_id, row.org, part), dek)
        except (DamagedDocumentError, KeyUnavailableError) as error:
            if self._find(doc_id, part) is None:
                return 0
            gone = not self.blobs.has(row.blob)
            return Damage(doc_id, part, MISSING if gone else str(error))

    def _find(self, doc_id: str, part: str) -> Any | None:  # noqa: ANN401 - a row
        wanted = (
            select(DOCUMENTS, PART_ROWS.c.part, PART_ROWS.c.blob)
            .join(PART_ROWS, PART_ROWS.c.doc_id == DOCUMENTS.c.doc_id)
            .where(
                DOCUMENTS.c.doc_id == doc_id,
                PART_ROWS.c.part == part,
                DOCUMENTS.c.erased_at_unix.is_(None),
            )
        )
        with reading(self.engine) as session:
            return session.execute(wanted).first()

    def _collect(self) -> tuple[tuple[str, ...], int]:
        """Remove orphans; the names of those removed, and how many are too young."""
        with reading(self.engine) as session:
            known = set(session.execute(_LIVE_BLOBS).scalars())
        orphans, waiting = [], 0
        for blob in self.blobs.list_blobs():
            if blob.name in known:
                continue
            if blob.modified_unix > self.now_unix - self.grace_s:
                waiting += 1
            elif self._remove(blob.name):
                orphans.append(blob.name)
        return tuple(orphans), waiting

    def _remove(self, name: str) -> bool:
        """Remove a blob unless it has got a row: nobody can give it one while we hold the lock."""
        with writing(self.engine) as connection:
            if connection.execute(_LIVE_BLOBS.where(PART_ROWS.c.blob == name)).first() is not None:
                return False
            self.blobs.delete(name)
            line = AuditLine.of(self.now_unix, "remove-orphan", blob=name)
            add_line(connection, self.keys, line)
            return True


MISSING: Final = "its blob is gone"
_LIVE_BLOBS: Final = (
    select(PART_ROWS.c.blob)
    .join(DOCUMENTS, DOCUMENTS.c.doc_id == PART_ROWS.c.doc_id)
    .where(DOCUMENTS.c.erased_at_unix.is_(None))
)
