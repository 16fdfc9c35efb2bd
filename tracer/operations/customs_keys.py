"""Two kinds of keys of a customs party, besides those that write to the ledger.

The *opening key* (X25519) opens papers that a broker granted; it is made here, and only a password
opens its file. *Pinned keys* (Ed25519) are public keys of the customs system: only statements
signed by one of them are believed. Who may change that file decides what is believed, so both are
readable and writable by their owner alone.
"""

import json
import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from tracer.domain.customs_belief import PinnedKey
from tracer.domain.json_form import Form, parse_json
from tracer.durable import make_folder, replace_file
from tracer.errors import (
    ConflictError,
    DatabaseUnavailableError,
    InputError,
    KeyUnavailableError,
    NotFoundError,
)
from tracer.vault.opening import create_recipient_key, open_recipient_key

PINNED_FORMAT: Final = "tracer-pinned-keys/1"
FILE_MODE, FOLDER_MODE = 0o600, 0o700
KEY_BYTES: Final = 32
MAX_KEYS: Final = 100  # of one customs system over decades
MAX_FILE_CHARS: Final = 2**16
MAX_NAME: Final = 100
MAX_UNIX: Final = 2**40 - 1


@dataclass(frozen=True, slots=True)
class CustomsKeys:
    """The key files of one installation.

    Attributes:
        folder: `<home>/customs`.
    """

    folder: Path

    @property
    def opening_file(self) -> Path:
        """The opening key's file."""
        return self.folder / "opening-key.json"

    @property
    def public_file(self) -> Path:
        """The opening key's public half, so that showing it asks for no password."""
        return self.folder / "opening-key.pub"

    @property
    def pinned_file(self) -> Path:
        """The file of the customs system's public keys."""
        return self.folder / "pinned-keys.json"

    def create_opening_key(self, password: str, *, light: bool = False) -> bytes:
        """Make the key that opens papers.

        Args:
            password: opens the file.
            light: make guessing the password cheap; only for keys that protect nothing.

        Returns:
            The public key, 32 bytes; brokers grant papers to it.

        Raises:
            ConflictError: there is one. Papers granted to it would never open again.
            DatabaseUnavailableError: the disk is full, or the folder not ours.
        """
        public = create_recipient_key(self.opening_file, password, light=light).public
        self._write(self.public_file, f"{public.hex()}\n".encode())
        return public

    def opening_public_key(self) -> bytes:
        """The public key that brokers grant papers to, 32 bytes.

        Raises:
            KeyUnavailableError: there is none.
        """
        text = _read_private(self.public_file)
        if text is None:
            raise KeyUnavailableError(
                "there is no opening key here", hint="tracer customs key new makes one."
            )
        return read_public_key(text)

    def unlock_opening_key(self, password: str) -> bytes:
        """The private key, 32 bytes.

        Raises:
            KeyUnavailableError: there is none, others can read it, or the password is wrong.
        """
        return open_recipient_key(self.opening_file, password).private

    def pinned(self) -> dict[str, PinnedKey]:
        """The keys that statements are believed of, by key id.

        Raises:
            KeyUnavailableError: the file is damaged, or others can write it.
        """
        text = _read_private(self.pinned_file)
        if text is None:
            return {}
        try:
            value = parse_json(text, what=self.pinned_file.name, max_chars=MAX_FILE_CHARS)
            form, keys = Form(value, "keys").fields("format keys")
            if form.value != PINNED_FORMAT:
                form.fail(repr(PINNED_FORMAT))
            found = [_read_pinned(key) for key in keys.array(MAX_KEYS)]
        except InputError as error:
            raise KeyUnavailableError(f"{self.pinned_file} is damaged: {error}") from error
        return {key.key_id: key for key in found}

    def pin(self, key: PinnedKey) -> None:
        """Believe statements of a key from now on.

        Raises:
            InputError: it is no Ed25519 key, or valid at no time.
            ConflictError: it is pinned, with another name or other times.
        """
        _check_pin(key)
        known = self.pinned()
        if key.key_id in known and known[key.key_id] != key:
            raise ConflictError(
                f"the key {key.key_id} is pinned with another name or other times",
                hint=f"tracer customs key unpin {key.key_id}, then pin it again.",
            )
        self._write_pinned({**known, key.key_id: key})

    def unpin(self, key_id: str, until_unix: int | None) -> PinnedKey:
        """Believe a key no more, or only what it stated up to a moment.

        Raises:
            NotFoundError: it is not pinned.
        """
        known = self.pinned()
        if key_id not in known:
            raise NotFoundError(
                f"no key {key_id[:40]} is pinned", hint="tracer customs key list shows them."
            )
        key = known.pop(key_id)
        if until_unix is not None:
            known[key_id] = replace(key, valid_until_unix=min(until_unix, key.valid_until_unix))
        self._write_pinned(known)
        return key

    def _write_pinned(self, keys: Mapping[str, PinnedKey]) -> None:
        content = {
            "format": PINNED_FORMAT,
            "keys": [
                {
                    "publicKey": key.public_key.hex(),
                    "name": key.name,
                    "validFrom": key.valid_from_unix,
                    "validUntil": key.valid_until_unix,
                }
                for key in keys.values()
            ],
        }
        self._write(self.pinned_file, json.dumps(content, indent=1, ensure_ascii=False).encode())

    def _write(self, file: Path, data: bytes) -> None:
        try:
            make_folder(self.folder, FOLDER_MODE)
            replace_file(file, data, FILE_MODE)
        except OSError as error:
            raise DatabaseUnavailableError(
                f"{file} cannot be written: {error.strerror or error}",
                hint="Check the disk's space and the folder's owner, then run it again.",
            ) from error


def read_public_key(text: str) -> bytes:
    """A public key as 64 hexadecimal digits, 32 bytes.

    Raises:
        InputError: it is none.
    """
    try:
        key = bytes.fromhex(text.strip())
    except ValueError:
        key = b""
    if len(key) != KEY_BYTES:
        raise InputError(
            f"{text[:40]!r} is no public key", hint="It has 64 hexadecimal digits (32 bytes)."
        )
    return key


def _check_pin(key: PinnedKey) -> None:
    try:
        Ed25519PublicKey.from_public_bytes(key.public_key)
    except ValueError:
        raise InputError(f"{key.public_key.hex()} is no Ed25519 key") from None
    if not key.name.strip() or not key.name.isprintable() or len(key.name) > MAX_NAME:
        raise InputError(f"a key needs a name of one line, at most {MAX_NAME} characters")
    if key.valid_from_unix > key.valid_until_unix:
        raise InputError("the key would be valid at no time")


def _read_pinned(form: Form) -> PinnedKey:
    public, name, first, last = form.fields("publicKey name validFrom validUntil")
    return PinnedKey(
        public.hex(KEY_BYTES), name.text(MAX_NAME), first.whole(MAX_UNIX), last.whole(MAX_UNIX)
    )


def _read_private(file: Path) -> str | None:
    """A file that nobody else can read or write; None when there is none.

    Raises:
        KeyUnavailableError: others can, or it cannot be read.
    """
    try:
        with file.open(encoding="utf-8") as stream:
            mode: Any = os.fstat(stream.fileno()).st_mode
            if os.name != "nt" and stat.S_IMODE(mode) & 0o077:
                raise KeyUnavailableError(
                    f"other users of this machine can reach {file}", hint=f"chmod 600 {file}"
                )
            return stream.read(MAX_FILE_CHARS + 1)
    except FileNotFoundError:
        return None
    except UnicodeDecodeError:
        raise KeyUnavailableError(f"{file} is damaged: it is no text") from None
    except OSError as error:
        raise KeyUnavailableError(f"{file} cannot be read: {error.strerror}") from error
