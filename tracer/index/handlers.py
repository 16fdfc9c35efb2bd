"""One function per event of parties: what it changes in SQL. Handlers never commit.

Batches and appends, of which there are many more, are projected in bulk by `tracer.index.batches`.
"""

from collections.abc import Callable
from typing import Any, Final

from sqlalchemy import Connection

from tracer.chain.events import (
    AdminChanged,
    GovernanceProposed,
    GovernanceTransferred,
    KeyAdded,
    KeyRevoked,
    LedgerCreated,
    LedgerEvent,
    PartnerChanged,
    PartyAdmitted,
    PartyBanned,
    PartyInspected,
    PartyProfileChanged,
    PartyReinstated,
    PartyRolesChanged,
    PartySuspended,
    PrefixAssigned,
)
from tracer.errors import MirrorGapError
from tracer.index.audit import ASK_ANOTHER
from tracer.store import write
from tracer.store.state import load_distrust
from tracer.store.tables import Inspection, Party, PartyKey, Prefix

ACTIVE: Final = 1  # IPartyRegistry.Status
SUSPENDED: Final = 2
BANNED: Final = 3


def apply_registry_event(connection: Connection, event: LedgerEvent, block_time_unix: int) -> None:
    """Apply one event of parties.

    Args:
        connection: inside the range's transaction.
        event: any but those of batches.
        block_time_unix: time of the block that holds it.

    Raises:
        MirrorGapError: it speaks of a party or key that no earlier event named.
    """
    _HANDLERS[type(event)](connection, event, block_time_unix)


def on_governance(_connection: Connection, _event: LedgerEvent, _block_time_unix: int) -> None:
    """Nothing to project: the log is kept, and only the contract decides who governs."""


def on_party_admitted(connection: Connection, event: PartyAdmitted, _block_time_unix: int) -> None:
    """A new party, active from now on."""
    write.insert_row(
        connection,
        Party,
        gln=event.gln,
        roles=event.roles,
        status=ACTIVE,
        admin=event.admin,
        distrust_from_unix=0,
        profile_digest=event.profile_digest,
    )


def on_roles_changed(
    connection: Connection, event: PartyRolesChanged, _block_time_unix: int
) -> None:
    """Other roles."""
    _update_party(connection, event.gln, roles=event.roles)


def on_profile_changed(
    connection: Connection, event: PartyProfileChanged, _block_time_unix: int
) -> None:
    """Another public profile."""
    _update_party(connection, event.gln, profile_digest=event.profile_digest)


def on_suspended(connection: Connection, event: PartySuspended, _block_time_unix: int) -> None:
    """May not write for now."""
    _update_party(connection, event.gln, status=SUSPENDED)


def on_reinstated(connection: Connection, event: PartyReinstated, _block_time_unix: int) -> None:
    """May write again."""
    _update_party(connection, event.gln, status=ACTIVE)


def on_banned(connection: Connection, event: PartyBanned, _block_time_unix: int) -> None:
    """Never writes again."""
    _update_party(connection, event.gln, status=BANNED)


def on_admin_changed(connection: Connection, event: AdminChanged, _block_time_unix: int) -> None:
    """Another address manages its keys."""
    _update_party(connection, event.gln, admin=event.admin)


def on_prefix_assigned(
    connection: Connection, event: PrefixAssigned, _block_time_unix: int
) -> None:
    """A company prefix has its owner."""
    write.insert_row(connection, Prefix, digits=event.digits, prefix=event.prefix, gln=event.gln)


def on_key_added(connection: Connection, event: KeyAdded, _block_time_unix: int) -> None:
    """A new key of the party."""
    write.insert_row(
        connection,
        PartyKey,
        address=event.key,
        gln=event.gln,
        roles=event.roles,
        valid_from_unix=event.valid_from_unix,
        valid_until_unix=event.valid_until_unix,
        revoked_at_unix=0,
        distrust_from_unix=0,
    )


def on_key_revoked(connection: Connection, event: KeyRevoked, block_time_unix: int) -> None:
    """A key ends; its party is distrusted since the earliest moment that any of its keys names."""
    since = event.distrust_from_unix
    known = write.update_key(
        connection, event.key, revoked_at_unix=block_time_unix, distrust_from_unix=since
    )
    if not known:
        raise MirrorGapError(
            f"an event revokes key 0x{event.key.hex()}, which was never added", hint=ASK_ANOTHER
        )
    before = load_distrust(connection, event.gln)
    _update_party(connection, event.gln, distrust_from_unix=min(before or since, since))


def on_partner_changed(
    connection: Connection, event: PartnerChanged, _block_time_unix: int
) -> None:
    """A trading partner is named or un-named."""
    write.set_partner(connection, event.gln, event.partner, trusted=event.trusted)


def on_inspected(connection: Connection, event: PartyInspected, _block_time_unix: int) -> None:
    """One inspection; a ban that follows from it has an event of its own."""
    write.insert_row(
        connection,
        Inspection,
        inspection_id=event.inspection_id,
        sequence=event.sequence,
        gln=event.gln,
        inspector=event.inspector,
        passed=event.passed,
        consecutive_failures=event.consecutive_failures,
        digest=event.digest,
    )


def _update_party(connection: Connection, gln: int, **columns: object) -> None:
    if not write.update_party(connection, gln, **columns):
        raise MirrorGapError(
            f"an event changes party {gln:013d}, which was never admitted", hint=ASK_ANOTHER
        )


_HANDLERS: Final[dict[type[LedgerEvent], Callable[[Connection, Any, int], None]]] = {
    LedgerCreated: on_governance,
    GovernanceProposed: on_governance,
    GovernanceTransferred: on_governance,
    PartyAdmitted: on_party_admitted,
    PartyRolesChanged: on_roles_changed,
    PartyProfileChanged: on_profile_changed,
    PartySuspended: on_suspended,
    PartyReinstated: on_reinstated,
    PartyBanned: on_banned,
    AdminChanged: on_admin_changed,
    PrefixAssigned: on_prefix_assigned,
    KeyAdded: on_key_added,
    KeyRevoked: on_key_revoked,
    PartnerChanged: on_partner_changed,
    PartyInspected: on_inspected,
}
"""Every event but those of batches."""
