"""The key of a maker's serials: one file, never printed, never on a server.

`tracer serials issue` makes it when it draws the first serials of an installation. An inspector
who shall find invented serials offline is given a copy of the file; whoever has it can also make
serials with a right code, though none that the ledger knows.
"""

import re
import secrets
from pathlib import Path
from typing import Final

from tracer.domain.serial_mac import KEY_BYTES
from tracer.durable import create_file, make_folder
from tracer.errors import DatabaseUnavailableError, KeyUnavailableError
from tracer.operations.private_files import FILE_MODE, FOLDER_MODE

NAME: Final = "serial-mac.key"
_TEXT: Final = re.compile(rf"[0-9a-f]{{{2 * KEY_BYTES}}}\n?")


def key_path(home: Path) -> Path:
    """Where an installation keeps it."""
    return home / "private" / NAME


def load_serial_key(path: Path) -> bytes:
    """Read a key.

    Raises:
        KeyUnavailableError: there is none, or it is damaged.
    """
    try:
        text = path.read_text(encoding="ascii")
    except FileNotFoundError as error:
        raise KeyUnavailableError(
            f"there is no key of serials at {path}",
            hint="`tracer serials issue --count` makes it; an inspector gets a copy of the file.",
        ) from error
    except (OSError, UnicodeDecodeError) as error:
        raise KeyUnavailableError(f"the key of serials at {path} cannot be read") from error
    if not _TEXT.fullmatch(text):
        raise KeyUnavailableError(f"{path} is no key of serials", hint="Restore it from a backup.")
    return bytes.fromhex(text.strip())


def ensure_serial_key(home: Path) -> bytes:
    """The key of this installation; drawn if there is none. Of two programs one draws it.

    Raises:
        KeyUnavailableError: it is damaged.
        DatabaseUnavailableError: it cannot be kept.
    """
    path = key_path(home)
    if not path.exists():
        try:
            make_folder(path.parent, FOLDER_MODE)
            create_file(path, f"{secrets.token_hex(KEY_BYTES)}\n".encode(), FILE_MODE)
        except FileExistsError:
            pass
        except OSError as error:
            raise DatabaseUnavailableError(
                f"{path} cannot be written: {error.strerror or error}",
                hint="Check the disk's space and the folder's owner, then run it again.",
            ) from error
    return load_serial_key(path)
