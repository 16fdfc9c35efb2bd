"""Who may act for a party: grants count once they are final, revocations at once.

A block that is not final can still leave the chain. Somebody who acts on a grant in it may find
that the grant never was; somebody who goes on trusting a key that was revoked in it may lose more.
So what holds is what both the final block and the newest block say.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Self

from tracer.chain.decode import decode_event
from tracer.chain.events import (
    KeyAdded,
    KeyRevoked,
    LedgerEvent,
    PartnerChanged,
    PartyAdmitted,
    PartyBanned,
    PartyReinstated,
    PartyRolesChanged,
    PartySuspended,
)
from tracer.domain.kinds import Role
from tracer.store.state import Source, load_cursor, load_registry_logs


@dataclass(frozen=True, slots=True)
class Authority:
    """What a key may do.

    Attributes:
        gln: the party it acts for.
        roles: as which.
    """

    gln: int
    roles: Role


@dataclass(slots=True)
class Registry:
    """Parties, keys and partners as of one block.

    Attributes:
        roles: of each party.
        inactive: parties that are suspended or banned.
        keys: by address, as they were added.
        revoked: addresses.
        partners: pairs: the second may append to batches of the first.
    """

    roles: dict[int, int] = field(default_factory=dict)
    inactive: set[int] = field(default_factory=set)
    keys: dict[bytes, KeyAdded] = field(default_factory=dict)
    revoked: set[bytes] = field(default_factory=set)
    partners: set[tuple[int, int]] = field(default_factory=set)

    @classmethod
    def replay(cls, events: Iterable[LedgerEvent]) -> Self:
        """Fold events of parties, in order; others change nothing."""
        registry = cls()
        for event in events:
            registry._apply(event)
        return registry

    def _apply(self, event: LedgerEvent) -> None:
        match event:
            case PartyAdmitted(gln=gln, roles=roles) | PartyRolesChanged(gln=gln, roles=roles):
                self.roles[gln] = roles
            case PartySuspended(gln=gln) | PartyBanned(gln=gln):
                self.inactive.add(gln)
            case PartyReinstated(gln=gln):
                self.inactive.discard(gln)
            case KeyAdded(key=key):
                self.keys[key] = event
            case KeyRevoked(key=key):
                self.revoked.add(key)
            case PartnerChanged(gln=gln, partner=partner, trusted=trusted):
                (self.partners.add if trusted else self.partners.discard)((gln, partner))

    def find_authority(self, address: bytes, at_unix: int) -> Authority | None:
        """What a key may do at a moment, by this block alone; None: nothing."""
        key = self.keys.get(address)
        if key is None or address in self.revoked or key.gln in self.inactive:
            return None
        if not key.valid_from_unix <= at_unix <= key.valid_until_unix:
            return None
        roles = Role(key.roles & self.roles.get(key.gln, 0))
        return Authority(key.gln, roles) if roles else None


@dataclass(frozen=True, slots=True)
class Standing:
    """The parties at the final block and at the newest block that the mirror holds.

    Attributes:
        final: where grants count.
        newest: where revocations count.
    """

    final: Registry
    newest: Registry

    def find_authority(self, address: bytes, at_unix: int) -> Authority | None:
        """What a key may do.

        Args:
            address: the key's, 20 bytes.
            at_unix: the moment it acts, Unix seconds.

        Returns:
            None when it may do nothing, or not yet.
        """
        granted = self.final.find_authority(address, at_unix)
        left = self.newest.find_authority(address, at_unix)
        if granted is None or left is None or granted.gln != left.gln:
            return None
        roles = granted.roles & left.roles
        return Authority(granted.gln, roles) if roles else None

    def is_partner(self, owner: int, partner: int) -> bool:
        """Whether `partner` may append to batches of `owner`; both by GLN."""
        pair = (owner, partner)
        return pair in self.final.partners and pair in self.newest.partners


def load_standing(source: Source) -> Standing:
    """Read who may act, out of the mirror.

    Raises:
        DatabaseUnavailableError: locked, damaged or gone.
    """
    cursor = load_cursor(source)
    final_number = cursor.final_number if cursor else -1
    logs = list(load_registry_logs(source))
    events = [(decode_event(log.topics, log.data), log.block_number) for log in logs]
    return Standing(
        Registry.replay(event for event, number in events if number <= final_number),
        Registry.replay(event for event, _ in events),
    )
