"""Codes under the seals of a batch: drawn once, listed privately, committed to publicly."""

import base64
import secrets
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from tracer.domain.identifiers import Serial
from tracer.domain.inner_codes import CODE_BYTES, CODE_CHARS, build_commitment, parse_code
from tracer.errors import ConflictError, InputError, InvalidFileError
from tracer.operations.private_files import private_folder, write_private
from tracer.store.contents import ContentStore

NAME: Final = "inner.csv"
HEADER: Final = "serial,code"


def inner_path(home: Path, batch_id: bytes) -> Path:
    """The private list of a batch: what the printer of the seals needs."""
    return home / "private" / batch_id.hex() / NAME


def issue_inner_codes(
    home: Path, contents: ContentStore, batch_id: bytes, root: bytes, serials: Sequence[Serial]
) -> None:
    """Give each tin a code, once; a rerun publishes the same again.

    The private list is on the disk before anything is public: a commitment whose code is lost
    would call every buyer of the tin wrong.

    Args:
        home: of this installation.
        contents: where the commitments go.
        batch_id: 32 bytes.
        root: of the serials.
        serials: all of the batch, ascending.

    Raises:
        ConflictError: codes were issued for other serials of this batch.
        InvalidFileError: the private list is damaged.
        DatabaseUnavailableError: a file cannot be written.
    """
    path = inner_path(home, batch_id)
    codes = load_inner_codes(path) if path.exists() else None
    if codes is None:
        codes = dict(zip((it.value for it in serials), draw_codes(len(serials)), strict=True))
        private_folder(home, batch_id)
        lines = (f"{serial},{code}\n" for serial, code in codes.items())
        write_private(path, f"{HEADER}\n{''.join(lines)}".encode("ascii"))
    if list(codes) != [it.value for it in serials]:
        raise ConflictError(
            "codes were issued for other serials of this batch", hint=f"They are in {path}."
        )
    commitments = [build_commitment(batch_id, serial, code) for serial, code in codes.items()]
    contents.put_inner(root, commitments)


def draw_codes(count: int) -> list[str]:
    """So many codes of 80 random bits each."""
    text = base64.b32encode(secrets.token_bytes(CODE_BYTES * count)).decode("ascii")
    return [text[at : at + CODE_CHARS] for at in range(0, len(text), CODE_CHARS)]


def load_inner_codes(path: Path) -> dict[str, str]:
    """The private list: serial -> code.

    Raises:
        InvalidFileError: it is damaged.
    """
    try:
        header, *lines = path.read_text(encoding="ascii").splitlines()
        pairs = [line.split(",") for line in lines]
        codes = {str(Serial.parse(serial)): parse_code(code) for serial, code in pairs}
    except (OSError, ValueError, InputError) as error:
        raise InvalidFileError(f"{path} cannot be read", hint="Restore it.") from error
    if header != HEADER or len(codes) != len(lines):
        raise InvalidFileError(f"{path} is no list of codes", hint="Restore it.")
    return codes
