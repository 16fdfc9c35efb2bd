"""The ledger's events as Python types, one class per event of `contracts/interfaces/`.

Each class quotes the Solidity declaration it stands for; its fields are the declaration's
parameters in order. `tracer.chain.decode` reads logs by these declarations, and a test compares
them with the compiled ABI.
"""

from dataclasses import dataclass
from typing import ClassVar


class LedgerEvent:
    """Base of all events.

    Attributes:
        declaration: the event as Solidity declares it.
        sequence: the contract's gap-free counter over all its events; the first has 1.
    """

    __slots__ = ()

    declaration: ClassVar[str]
    sequence: int


@dataclass(frozen=True, slots=True)
class BatchRegistered(LedgerEvent):
    """A batch exists from here on; `head` is its head before any record."""

    declaration = (
        "BatchRegistered(bytes32 indexed batchId, uint48 indexed gln, uint64 sequence,"
        " bytes14 gtin, string lot, bytes32 head)"
    )

    batch_id: bytes
    gln: int
    sequence: int
    gtin: bytes
    lot: str
    head: bytes


@dataclass(frozen=True, slots=True)
class Appended(LedgerEvent):
    """Party `gln` wrote records (n x 44 bytes); `head` is the batch's head after them."""

    declaration = (
        "Appended(bytes32 indexed batchId, uint48 indexed gln, uint64 sequence, bytes32 head,"
        " bytes records)"
    )

    batch_id: bytes
    gln: int
    sequence: int
    head: bytes
    records: bytes


@dataclass(frozen=True, slots=True)
class LedgerCreated(LedgerEvent):
    """The contract exists; always its first event."""

    declaration = "LedgerCreated(uint64 sequence, address governance, address predecessor)"

    sequence: int
    governance: bytes
    predecessor: bytes


@dataclass(frozen=True, slots=True)
class GovernanceProposed(LedgerEvent):
    """First of two steps; the zero address withdraws a proposal."""

    declaration = "GovernanceProposed(uint64 sequence, address indexed proposed)"

    sequence: int
    proposed: bytes


@dataclass(frozen=True, slots=True)
class GovernanceTransferred(LedgerEvent):
    """Second of two steps."""

    declaration = (
        "GovernanceTransferred(uint64 sequence, address indexed previous, address indexed current)"
    )

    sequence: int
    previous: bytes
    current: bytes


@dataclass(frozen=True, slots=True)
class PartyAdmitted(LedgerEvent):
    """Governance let a party in."""

    declaration = (
        "PartyAdmitted(uint48 indexed gln, uint64 sequence, uint16 roles, address admin,"
        " bytes32 profileDigest)"
    )

    gln: int
    sequence: int
    roles: int
    admin: bytes
    profile_digest: bytes


@dataclass(frozen=True, slots=True)
class PartyRolesChanged(LedgerEvent):
    """The party's roles are now these."""

    declaration = "PartyRolesChanged(uint48 indexed gln, uint64 sequence, uint16 roles)"

    gln: int
    sequence: int
    roles: int


@dataclass(frozen=True, slots=True)
class PartyProfileChanged(LedgerEvent):
    """The party's public profile is now the one with this digest."""

    declaration = "PartyProfileChanged(uint48 indexed gln, uint64 sequence, bytes32 profileDigest)"

    gln: int
    sequence: int
    profile_digest: bytes


@dataclass(frozen=True, slots=True)
class PartySuspended(LedgerEvent):
    """The party may not write until reinstated."""

    declaration = "PartySuspended(uint48 indexed gln, uint64 sequence)"

    gln: int
    sequence: int


@dataclass(frozen=True, slots=True)
class PartyReinstated(LedgerEvent):
    """The party may write again."""

    declaration = "PartyReinstated(uint48 indexed gln, uint64 sequence)"

    gln: int
    sequence: int


@dataclass(frozen=True, slots=True)
class PartyBanned(LedgerEvent):
    """The party never writes again."""

    declaration = "PartyBanned(uint48 indexed gln, uint64 sequence)"

    gln: int
    sequence: int


@dataclass(frozen=True, slots=True)
class AdminChanged(LedgerEvent):
    """Another address manages the party's keys."""

    declaration = "AdminChanged(uint48 indexed gln, uint64 sequence, address admin)"

    gln: int
    sequence: int
    admin: bytes


@dataclass(frozen=True, slots=True)
class PrefixAssigned(LedgerEvent):
    """A GS1 company prefix belongs to the party for ever."""

    declaration = "PrefixAssigned(uint48 indexed gln, uint64 sequence, uint8 digits, uint48 prefix)"

    gln: int
    sequence: int
    digits: int
    prefix: int


@dataclass(frozen=True, slots=True)
class KeyAdded(LedgerEvent):
    """A key may write for the party; times are Unix seconds, inclusive."""

    declaration = (
        "KeyAdded(uint48 indexed gln, address indexed key, uint64 sequence, uint16 roles,"
        " uint40 validFrom, uint40 validUntil)"
    )

    gln: int
    key: bytes
    sequence: int
    roles: int
    valid_from_unix: int
    valid_until_unix: int


@dataclass(frozen=True, slots=True)
class KeyRevoked(LedgerEvent):
    """A key writes no more; what it signed since `distrust_from_unix` may be forged."""

    declaration = (
        "KeyRevoked(uint48 indexed gln, address indexed key, uint64 sequence, uint40 distrustFrom)"
    )

    gln: int
    key: bytes
    sequence: int
    distrust_from_unix: int


@dataclass(frozen=True, slots=True)
class PartnerChanged(LedgerEvent):
    """`partner` may (or may no longer) append to the party's batches."""

    declaration = (
        "PartnerChanged(uint48 indexed gln, uint48 indexed partner, uint64 sequence, bool trusted)"
    )

    gln: int
    partner: int
    sequence: int
    trusted: bool


@dataclass(frozen=True, slots=True)
class PartyInspected(LedgerEvent):
    """An inspector passed or failed the party; `digest` commits to the report."""

    declaration = (
        "PartyInspected(uint48 indexed gln, uint48 indexed inspector, uint64 sequence,"
        " bytes32 inspectionId, bool passed, uint16 consecutiveFailures, bytes32 digest)"
    )

    gln: int
    inspector: int
    sequence: int
    inspection_id: bytes
    passed: bool
    consecutive_failures: int
    digest: bytes


EVENTS: tuple[type[LedgerEvent], ...] = (
    BatchRegistered,
    Appended,
    LedgerCreated,
    GovernanceProposed,
    GovernanceTransferred,
    PartyAdmitted,
    PartyRolesChanged,
    PartyProfileChanged,
    PartySuspended,
    PartyReinstated,
    PartyBanned,
    AdminChanged,
    PrefixAssigned,
    KeyAdded,
    KeyRevoked,
    PartnerChanged,
    PartyInspected,
)
"""Every event the contract can emit."""
