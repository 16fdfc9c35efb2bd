"""Papers of a plan: salts are drawn once, views become contents, secrets go to a private folder.

A commitment holds random salts, so the same file would commit anew at every run. The workspace
settles the salts of each paper at its first run; every later run, and every parallel one, finds
them there.
"""

import hashlib
import json
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from tracer.domain.canonical import canonical_text
from tracer.domain.document_views import parse_view
from tracer.domain.documents import (
    DOCUMENT_SALT_BYTES,
    FIELD_SALT_BYTES,
    Document,
    DocumentSalts,
    Paper,
    Scope,
    build_document,
    salts_needed,
)
from tracer.errors import InputError, InvalidFileError, LimitExceededError
from tracer.operations.plan import PlannedDocument
from tracer.operations.private_files import private_folder, write_private
from tracer.operations.station import Station
from tracer.store.workspace import DocumentKey

MAX_PAPER_BYTES: Final = 20 * 2**20  # a scanned form of 40 pages; the same limit as an upload's


@dataclass(frozen=True)
class PaperDesk:
    """Prepares the papers of one batch.

    Attributes:
        station: the ledger.
        batch_id: 32 bytes.
    """

    station: Station
    batch_id: bytes

    def find(self, planned: PlannedDocument) -> Document | None:
        """A paper that was prepared here before; None when its salts were never drawn here."""
        paper = _read_paper(planned)
        salts = self.station.base.workspace.salts_of(self._key(paper))
        return None if salts is None else self._build(paper, salts)

    def may_be(self, planned: PlannedDocument, digest: bytes) -> bool | None:
        """Whether a commitment on the chain is this paper's, as another installation made it.

        Returns:
            What the open fields say; None when its view is not here, so that nobody can tell.
        """
        text = self.station.contents.get_document(digest)
        if text is None:
            return None
        try:
            view = parse_view(text.decode("utf-8", errors="replace"))
        except InputError:
            return None
        ours: dict[str, Any] = json.loads(canonical_text(_read_paper(planned).open_values()))
        return view.fields == ours

    def prepare(self, planned: PlannedDocument, *, keep: bool) -> Document:
        """A paper with its salts.

        Args:
            planned: the paper.
            keep: settle fresh salts for good; a dry run does not.
        """
        paper = _read_paper(planned)
        fresh = secrets.token_bytes(DOCUMENT_SALT_BYTES + salts_needed(paper) * FIELD_SALT_BYTES)
        workspace, key = self.station.base.workspace, self._key(paper)
        salts = workspace.prepare_document(key, fresh) if keep else workspace.salts_of(key)
        return self._build(paper, salts or fresh)

    def store(self, planned: PlannedDocument, document: Document) -> None:
        """Keep the public view where it is served from, all of it and the file in private."""
        commitment = document.commitment
        self.station.contents.put_document(commitment, document.public_view())
        folder = private_folder(self.station.home, self.batch_id)
        write_private(folder / f"{commitment.hex()}.json", document.full_view().encode())
        if planned.file is not None:
            data = read_paper_file(planned.file)
            name = f"{hashlib.sha256(data).hexdigest()}{planned.file.suffix.lower()}"
            write_private(folder / name, data)

    def _key(self, paper: Paper) -> DocumentKey:
        content = canonical_text(paper.values()).encode()
        return DocumentKey(
            self.station.chain,
            self.station.ledger.address,
            self.batch_id.hex(),
            int(paper.doc_type),
            paper.number,
            hashlib.sha256(paper.issuer.value.encode() + content).hexdigest(),
        )

    def _build(self, paper: Paper, salts: bytes) -> Document:
        scope = Scope(self.station.base.chain_id, self.station.ledger.contract, self.batch_id)
        field_salts = salts[DOCUMENT_SALT_BYTES:]
        return build_document(
            paper,
            scope,
            DocumentSalts(
                salts[:DOCUMENT_SALT_BYTES],
                tuple(
                    field_salts[start : start + FIELD_SALT_BYTES]
                    for start in range(0, len(field_salts), FIELD_SALT_BYTES)
                ),
            ),
        )


def read_paper_file(path: Path) -> bytes:
    """Read the file of a paper, such as its PDF.

    Raises:
        InvalidFileError: it cannot be read.
        LimitExceededError: it is larger than 20 MiB.
    """
    try:
        with path.open("rb") as stream:
            data = stream.read(MAX_PAPER_BYTES + 1)
    except OSError as error:
        raise InvalidFileError(f"{path} cannot be read: {error.strerror}") from error
    if len(data) > MAX_PAPER_BYTES:
        raise LimitExceededError(f"{path} is larger than {MAX_PAPER_BYTES:,} bytes")
    return data


def _read_paper(planned: PlannedDocument) -> Paper:
    digest = None
    if planned.file is not None:
        digest = hashlib.sha256(read_paper_file(planned.file)).digest()
    return Paper(
        planned.doc_type,
        planned.number,
        planned.issuer,
        planned.issued_at,
        planned.public,
        planned.confidential,
        digest,
    )
