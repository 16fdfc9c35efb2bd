"""Words of the command line to types."""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from eth_utils.address import to_checksum_address

from tracer.domain.identifiers import DigitalLink, Gtin, Lot, Serial
from tracer.domain.kinds import Role
from tracer.errors import InputError, InvalidIdentifierError

_ADDRESS: Final = re.compile(r"0x[0-9a-fA-F]{40}")


@dataclass(frozen=True, slots=True)
class BatchName:
    """A batch, and perhaps one tin of it, as somebody named it."""

    gtin: Gtin
    lot: Lot
    serial: Serial | None = None

    @property
    def link(self) -> DigitalLink:
        """The same as a Digital Link."""
        return DigitalLink(self.gtin, self.lot, self.serial)

    def __str__(self) -> str:
        return f"{self.gtin}/{self.lot}"


def parse_address(text: str) -> str:
    """Read an Ethereum address; a mixed-case one has to carry its EIP-55 check sum.

    Raises:
        InvalidIdentifierError: it is none.
    """
    if not _ADDRESS.fullmatch(text):
        raise InvalidIdentifierError(
            f"{text[:50]!r} is no address", hint="An address is 0x and 40 hexadecimal digits."
        )
    address = str(to_checksum_address(text))
    digits = text[2:]
    if digits not in {digits.lower(), digits.upper(), address[2:]}:
        raise InvalidIdentifierError(
            f"{text} has a wrong check sum", hint="One character is wrong or has the wrong case."
        )
    return address


def parse_batch(text: str) -> BatchName:
    """Read a batch: `GTIN/LOT`, or a Digital Link with a lot.

    Raises:
        InvalidIdentifierError: GTIN or lot is wrong.
        InvalidDigitalLinkError: it looks like a URI, but is no Digital Link.
        InputError: it is neither.
    """
    if text.lower().startswith(("http://", "https://")):
        link = DigitalLink.parse(text)
        if link.lot is None:
            raise InputError(f"{text[:80]} names no lot", hint="A batch is GTIN and lot.")
        return BatchName(link.gtin, link.lot, link.serial)
    gtin, slash, lot = text.partition("/")
    if not slash:
        raise InputError(
            f"{text[:40]!r} is no batch", hint="Write GTIN/LOT, or a Digital Link in quotes."
        )
    return BatchName(Gtin.parse(gtin), Lot.parse(lot))


def parse_roles(text: str) -> Role:
    """Read role names, separated by commas.

    Raises:
        InputError: a name is unknown, or there is none.
    """
    roles = Role(0)
    for word in text.replace(" ", "").split(","):
        try:
            roles |= Role[word.upper()]
        except KeyError:
            names = ", ".join(str(role.name) for role in Role)
            raise InputError(f"{word[:40]!r} is no role", hint=f"Roles are {names}.") from None
    return roles


def parse_time(text: str) -> int:
    """Read an ISO 8601 time with offset.

    Returns:
        Unix seconds.

    Raises:
        InputError: it is none, or lacks the offset.
    """
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise InputError(
            f"{text[:40]!r} is no time", hint="Write it as 2026-03-01T08:30:00+13:00, with offset."
        )
    return int(moment.timestamp())
