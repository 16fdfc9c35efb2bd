"""From settings and options to an open station."""

import contextlib
import getpass
import sys
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Final

from tracer.errors import KeyUnavailableError
from tracer.operations.station import (
    ChainStation,
    Station,
    StationOptions,
    open_chain,
    open_station,
)
from tracer.settings import Settings, load_settings

MAX_PASSWORD_FILE_BYTES: Final = 4096  # one line; a larger file is the wrong file
WEI_PER_GWEI: Final = 10**9


@contextlib.contextmanager
def command_chain(
    password_file: Path | None = None, settings: Settings | None = None
) -> Iterator[ChainStation]:
    """The chain that the settings name."""
    with open_chain(build_options(settings or load_settings(), password_file)) as chain:
        yield chain


@contextlib.contextmanager
def command_station(
    password_file: Path | None = None, settings: Settings | None = None
) -> Iterator[Station]:
    """The ledger that the settings name."""
    with open_station(build_options(settings or load_settings(), password_file)) as station:
        yield station


def build_options(settings: Settings, password_file: Path | None = None) -> StationOptions:
    """What the operations need to know from the settings and the command line."""
    return StationOptions(
        home=settings.home,
        rpc_url=settings.rpc_url,
        contract=settings.contract,
        max_fee_wei=int(settings.max_fee_gwei * WEI_PER_GWEI),
        receipt_timeout_s=settings.receipt_timeout_s,
        finality=settings.finality_for,
        password=password_reader(password_file or settings.key_password_file),
    )


def password_reader(file: Path | None, *, confirm: bool = False) -> Callable[[], str]:
    """How to get the key password: from a file, else by asking; at most once.

    Args:
        file: its first line is the password.
        confirm: ask twice, for a password that is new.
    """

    @cache
    def read() -> str:
        return _ask_password(confirm=confirm) if file is None else _read_password(file)

    return read


def _read_password(file: Path) -> str:
    try:
        with file.open(encoding="utf-8") as stream:
            line = stream.read(MAX_PASSWORD_FILE_BYTES).split("\n", 1)[0].rstrip("\r")
    except (OSError, UnicodeDecodeError) as error:
        raise KeyUnavailableError(
            f"cannot read the password file {file}",
            hint="TRACER_KEY_PASSWORD_FILE or --password-file names it.",
        ) from error
    if not line:
        raise KeyUnavailableError(f"the password file {file} starts with an empty line")
    return line


def _ask_password(*, confirm: bool) -> str:
    if not sys.stdin.isatty():
        raise KeyUnavailableError(
            "a key has to be opened, but nobody can be asked for its password",
            hint="Give --password-file or set TRACER_KEY_PASSWORD_FILE.",
        )
    password = getpass.getpass("Key password: ")
    if confirm and getpass.getpass("Once more: ") != password:
        raise KeyUnavailableError("the two passwords differ")
    if not password:
        raise KeyUnavailableError("an empty password opens nothing and protects nothing")
    return password
