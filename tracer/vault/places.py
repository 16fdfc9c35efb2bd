"""Make a vault, or open the one that is there, from where its three pieces lie."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import tracer.vault.desk_tables  # noqa: F401 - `create_tables` makes every table that is known
from tracer.durable import make_folder
from tracer.errors import DatabaseUnavailableError
from tracer.store.session import database_file
from tracer.vault.blobs import FOLDER_MODE, open_blobs
from tracer.vault.database import check_vault, create_tables, open_vault_engine
from tracer.vault.keys import create_root_key, open_root_key
from tracer.vault.vault import Vault


@dataclass(frozen=True, slots=True)
class VaultPlaces:
    """Where a vault is.

    Attributes:
        blobs_url: see `tracer.vault.blobs.open_blobs`.
        database_url: SQLAlchemy URL of its tables.
        key_file: of its root key.
    """

    blobs_url: str
    database_url: str
    key_file: Path


def create_vault(
    places: VaultPlaces,
    passphrase: str,
    *,
    now: Callable[[], int] | None = None,
    light: bool = False,
) -> bytes:
    """Make a root key and the tables. A run that was stopped in between may be repeated.

    Args:
        places: where; the key file must not hold another vault's key.
        passphrase: opens the root key, now and later.
        now: the time, Unix seconds; default: the clock.
        light: make guessing the passphrase cheap; only for demonstrations and tests.

    Returns:
        The vault's Ed25519 public key, 32 bytes.

    Raises:
        ConfigurationError: a URL names nothing, or the tables belong to another root key.
        KeyUnavailableError: there is a key file, and the passphrase does not open it.
        DatabaseUnavailableError: something cannot be written.
    """
    open_blobs(places.blobs_url)
    engine = open_vault_engine(places.database_url)
    try:
        if places.key_file.exists():
            keys = open_root_key(places.key_file, passphrase)
        else:
            keys = create_root_key(places.key_file, passphrase, light=light)
        file = database_file(engine)
        if file is not None:
            _make_folder(file.parent)
        create_tables(engine, keys.root_id, (now or _clock)())
        return keys.public_key
    finally:
        engine.dispose()


@contextmanager
def open_vault(
    places: VaultPlaces, passphrase: str, *, now: Callable[[], int] | None = None
) -> Iterator[Vault]:
    """The vault that is there.

    Args:
        places: where.
        passphrase: opens the root key.
        now: the time, Unix seconds; default: the clock.

    Raises:
        ConfigurationError: there is none, or its pieces do not belong together.
        KeyUnavailableError: the root key does not open.
        DatabaseUnavailableError: the database does not answer.
    """
    keys = open_root_key(places.key_file, passphrase)
    engine = open_vault_engine(places.database_url)
    try:
        check_vault(engine, keys.root_id)
        yield Vault(engine, open_blobs(places.blobs_url), keys, now=now or _clock)
    finally:
        engine.dispose()


def _make_folder(folder: Path) -> None:
    try:
        make_folder(folder, FOLDER_MODE)
    except OSError as error:
        raise DatabaseUnavailableError(
            f"{folder} cannot be made: {error.strerror or error}",
            hint="Check the disk's space and the folder's owner, then try again.",
        ) from error


def _clock() -> int:
    return int(time.time())
