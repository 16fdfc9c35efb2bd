"""Open a paper that a broker granted: the encrypted container and the key sealed for customs."""

import io
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tracer.domain.json_form import Form, parse_json
from tracer.errors import InvalidFileError, LimitExceededError, NotFoundError
from tracer.operations.customs_claims import MAX_VIEW_BYTES
from tracer.vault.container import ContainerName
from tracer.vault.grants import SEALED_BYTES
from tracer.vault.opening import open_container

GRANT_FORMAT: Final = "tracer-grant/1"
MAX_GRANT_CHARS: Final = 4096  # ours have 400
MAX_CONTAINER_BYTES: Final = MAX_VIEW_BYTES + 2**16  # header and tags
DOC_ID_CHARS: Final = 26


@dataclass(frozen=True, slots=True)
class SealedKey:
    """What a grant gives its recipient, as a file.

    Attributes:
        name: the container that it opens: document, owner and part.
        sealed: 80 bytes that only the recipient's private key opens.
    """

    name: ContainerName
    sealed: bytes

    @classmethod
    def parse(cls, text: str) -> "SealedKey":
        """Read `{"format", "docId", "org", "part", "sealedKey"}`.

        Raises:
            InvalidFileError: it is none.
            LimitExceededError: it is too long.
        """
        value = parse_json(text, what="grant", max_chars=MAX_GRANT_CHARS)
        names = "format docId org part sealedKey"
        parts = dict(zip(names.split(), Form(value, "grant").fields(names), strict=True))
        if parts["format"].value != GRANT_FORMAT:
            parts["format"].fail(repr(GRANT_FORMAT))
        name = ContainerName(
            parts["docId"].text(DOC_ID_CHARS), parts["org"].gln(), parts["part"].text(DOC_ID_CHARS)
        )
        return cls(name, parts["sealedKey"].hex(SEALED_BYTES))


def read_grant(path: Path) -> SealedKey:
    """A grant that was handed over as a file.

    Raises:
        NotFoundError: there is no such file.
        InvalidFileError: it is no grant.
        LimitExceededError: it is too large.
    """
    try:
        return SealedKey.parse(read_bounded(path, MAX_GRANT_CHARS).decode("utf-8"))
    except UnicodeDecodeError as error:
        raise InvalidFileError(f"{path} is no grant: it is no text") from error


def open_granted(container: bytes, grant: SealedKey, private_key: bytes) -> bytes:
    """The paper's full view; all of the container is verified before a byte is returned.

    Args:
        container: as the vault keeps it.
        grant: what opens it.
        private_key: customs' X25519 key, 32 bytes.

    Raises:
        VerificationError: the key was sealed for somebody else, or the container is not exactly
            what its owner stored.
        LimitExceededError: the paper is longer than any view.
    """
    view = bytearray()
    pieces = open_container(io.BytesIO(container), grant.name, grant.sealed, private_key)
    for piece in pieces:
        view += piece
        if len(view) > MAX_VIEW_BYTES:
            raise LimitExceededError(f"the paper is larger than {MAX_VIEW_BYTES:,} bytes")
    return bytes(view)


def read_bounded(path: Path, most: int) -> bytes:
    """A file of at most so many bytes.

    Raises:
        NotFoundError: there is no such file.
        InvalidFileError: it cannot be read.
        LimitExceededError: it is larger.
    """
    try:
        with path.open("rb") as stream:
            data = stream.read(most + 1)
    except FileNotFoundError:
        raise NotFoundError(f"there is no file {path}", hint="Check the path.") from None
    except OSError as error:
        raise InvalidFileError(f"{path} cannot be read: {error.strerror}") from error
    if len(data) > most:
        raise LimitExceededError(f"{path} is larger than {most:,} bytes")
    return data
