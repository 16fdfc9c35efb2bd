"""From settings and options to a client of a desk."""

import contextlib
from collections.abc import Iterator
from typing import Annotated

import httpx
import typer

from tracer.domain.statements import DeskIdentity
from tracer.operations.delivery import SigningKey
from tracer.operations.desk_client import DeskClient
from tracer.operations.desk_papers import desk_key
from tracer.operations.station import Station
from tracer.settings import load_settings

DeskUrl = Annotated[
    str | None,
    typer.Option(
        "--desk",
        metavar="URL",
        help="Origin of the desk. Default: TRACER_DESK_ORIGIN.",
        show_default=False,
    ),
]


def desk_identity(station: Station, desk: str | None) -> DeskIdentity:
    """The desk that signatures are for.

    Args:
        station: chain and ledger.
        desk: its origin; None = that of the settings.
    """
    origin = (desk or load_settings().desk_address).rstrip("/")
    return DeskIdentity(station.base.chain_id, station.ledger.contract, origin)


@contextlib.contextmanager
def open_desk(station: Station, desk: str | None, key: SigningKey) -> Iterator[DeskClient]:
    """A client that signs with a key of this installation."""
    with httpx.Client() as http:
        yield DeskClient(desk_identity(station, desk), desk_key(key), http)


def choose_key(station: Station, address: str | None) -> SigningKey:
    """The key that was named, else the only one here.

    Raises:
        KeyUnavailableError: it is not here, or there is not exactly one.
    """
    return station.base.only_key() if address is None else station.base.signing_key(address)
