"""A secret in a file, behind a passphrase: the vault's root key, or a recipient's private key.

scrypt turns the passphrase into a key; AES-256-GCM seals the secret with what it is for as
additional data, so that one kind of file is never taken for another.
"""

import base64
import json
import os
from pathlib import Path
from typing import Any, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from tracer.durable import create_file, make_folder
from tracer.errors import ConflictError, DatabaseUnavailableError, KeyUnavailableError

FILE_MODE: Final = 0o600
FOLDER_MODE: Final = 0o700
MAX_FILE_BYTES: Final = 4096  # ours have 200
SCRYPT_N: Final = 1 << 17  # 128 MiB and half a second for each guess
LIGHT_SCRYPT_N: Final = 1 << 12  # for demonstrations and tests only
SCRYPT_R: Final = 8
_SALT_BYTES: Final = 16
_NONCE_BYTES: Final = 12


def create_key_file(
    path: Path, secret: bytes, passphrase: str, *, purpose: str, light: bool = False
) -> None:
    """Seal a secret in a new file that only its owner may read.

    Args:
        path: its folder is made when it is missing.
        secret: what the file keeps.
        passphrase: opens it.
        purpose: what the secret is for; opening must name the same.
        light: make guessing the passphrase cheap; only for keys that protect nothing.

    Raises:
        ConflictError: there is a file already; it is untouched.
        DatabaseUnavailableError: the disk is full or the folder is not ours.
    """
    rounds = LIGHT_SCRYPT_N if light else SCRYPT_N
    salt, nonce = os.urandom(_SALT_BYTES), os.urandom(_NONCE_BYTES)
    key = _stretch(passphrase, salt, rounds)
    sealed = AESGCM(key).encrypt(nonce, secret, purpose.encode())
    text = json.dumps(
        {
            "version": 1,
            "purpose": purpose,
            "scryptN": rounds,
            "salt": base64.b64encode(salt).decode(),
            "sealed": base64.b64encode(nonce + sealed).decode(),
        },
        indent=1,
    )
    try:
        make_folder(path.parent, FOLDER_MODE)
        create_file(path, text.encode(), FILE_MODE)
    except FileExistsError:
        raise ConflictError(
            f"there is a key file already: {path}", hint="What it opens would be lost without it."
        ) from None
    except OSError as error:
        raise DatabaseUnavailableError(
            f"{path} cannot be written: {error.strerror or error}",
            hint="Check the disk's space and the folder's owner, then run the command again.",
        ) from error


def open_key_file(path: Path, passphrase: str, *, purpose: str) -> bytes:
    """The secret in a key file.

    Raises:
        KeyUnavailableError: no such file, others may read it, it is damaged or for another purpose,
            or the passphrase is wrong.
    """
    fields = _load(path)
    try:
        rounds = int(fields["scryptN"])
        salt, sealed = (
            base64.b64decode(fields[name], validate=True) for name in ("salt", "sealed")
        )
    except (KeyError, TypeError, ValueError) as error:
        raise _unusable(path, "is no key file") from error
    # Other work factors are not ours; a huge one in a planted file would stop the machine.
    if rounds not in {SCRYPT_N, LIGHT_SCRYPT_N} or fields.get("purpose") != purpose:
        raise _unusable(path, f"is no file of a {purpose}")
    key = _stretch(passphrase, salt, rounds)
    try:
        return AESGCM(key).decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], purpose.encode())
    except (InvalidTag, ValueError) as error:
        raise _unusable(path, "does not open: the passphrase is wrong, or it is damaged") from error


def _load(path: Path) -> dict[str, Any]:
    try:
        with path.open("rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            data = file.read(MAX_FILE_BYTES + 1)
    except OSError as error:
        raise _unusable(path, f"cannot be read: {error.strerror or error}") from error
    if os.name == "posix" and mode & 0o077:
        raise KeyUnavailableError(
            f"the key file {path} may be read by others", hint=f"chmod 600 {path}"
        )
    try:
        fields = json.loads(data) if len(data) <= MAX_FILE_BYTES else None
    except ValueError:
        fields = None
    if not isinstance(fields, dict):
        raise _unusable(path, "is no key file")
    return fields


def _stretch(passphrase: str, salt: bytes, rounds: int) -> bytes:
    return Scrypt(salt, 32, rounds, SCRYPT_R, 1).derive(passphrase.encode())


def _unusable(path: Path, reason: str) -> KeyUnavailableError:
    return KeyUnavailableError(
        f"the key file {path} {reason}",
        hint="Without it no paper can be opened; restore it from where you keep its copy.",
    )
