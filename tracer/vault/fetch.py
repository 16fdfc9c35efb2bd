"""A blob, copied to where nobody else can change it, and proved to be the one that was stored."""

import hashlib
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Final

from tracer.errors import DamagedDocumentError
from tracer.vault.blobs import BlobStore

IN_MEMORY_BYTES: Final = 1 << 20  # a larger container waits in a nameless file; it is ciphertext


@contextmanager
def fetch_blob(blobs: BlobStore, doc_id: str, part: str, blob: str) -> Iterator[IO[bytes]]:
    """The bytes of a blob whose SHA-256 is its name, at their start.

    What was verified is what is then read, even if somebody overwrites the blob meanwhile.

    Raises:
        DamagedDocumentError: it is gone, or its bytes are not those that were stored.
        DatabaseUnavailableError: the blob store does not answer.
    """
    pieces = blobs.open(blob)
    if pieces is None:
        raise _damaged(doc_id, part, "its blob is gone")
    with tempfile.SpooledTemporaryFile(IN_MEMORY_BYTES) as spool:
        digest = hashlib.sha256()
        for piece in pieces:
            digest.update(piece)
            spool.write(piece)
        if digest.hexdigest() != blob:
            raise _damaged(doc_id, part, "its blob has other bytes than were stored")
        spool.seek(0)
        yield spool


def _damaged(doc_id: str, part: str, reason: str) -> DamagedDocumentError:
    return DamagedDocumentError(
        f"document {doc_id} ({part}) is damaged: {reason}",
        hint="Nothing of it is shown. Restore the blob from a backup; `tracer vault scrub` lists"
        " all that are damaged.",
    )
