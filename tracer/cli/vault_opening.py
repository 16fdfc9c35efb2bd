"""From settings and options to an open vault."""

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from tracer.cli.context import password_reader
from tracer.errors import KeyUnavailableError
from tracer.settings import Settings, load_settings
from tracer.vault.places import VaultPlaces, open_vault
from tracer.vault.vault import Vault

PassphraseFile = Annotated[
    Path | None,
    typer.Option(
        "--passphrase-file",
        help="File whose first line opens the vault's root key."
        " Default: TRACER_VAULT_PASSPHRASE_FILE.",
        show_default=False,
    ),
]


@contextlib.contextmanager
def command_vault(
    passphrase_file: Path | None = None, settings: Settings | None = None
) -> Iterator[Vault]:
    """The vault that the settings name."""
    chosen = settings or load_settings()
    with open_vault(vault_places(chosen), read_passphrase(chosen, passphrase_file)) as vault:
        yield vault


def vault_places(settings: Settings) -> VaultPlaces:
    """Where the settings say that the vault is."""
    return VaultPlaces(settings.vault_blobs, settings.vault_database, settings.vault_key)


def read_passphrase(settings: Settings, file: Path | None, *, confirm: bool = False) -> str:
    """The passphrase of the root key: from a file, else by asking.

    Args:
        settings: name the file when the command line does not.
        file: its first line is the passphrase.
        confirm: ask twice, for a passphrase that is new.

    Raises:
        KeyUnavailableError: no such file, or nobody can be asked.
    """
    try:
        return password_reader(file or settings.vault_passphrase_file, confirm=confirm)()
    except KeyUnavailableError as error:
        raise KeyUnavailableError(
            f"the vault's root key cannot be opened: {error}",
            hint="Give --passphrase-file or set TRACER_VAULT_PASSPHRASE_FILE.",
        ) from error
