"""Admit parties, manage their keys, partners, prefixes and inspections; list what is there.

Each function is safe to repeat: what the ledger already holds is not written again, and what
contradicts it is a `ConflictError`.
"""

import hashlib
from dataclasses import dataclass
from typing import Final

from eth_utils.address import to_checksum_address

from tracer.chain.events import (
    KeyAdded,
    PartnerChanged,
    PartyAdmitted,
    PartyInspected,
    PrefixAssigned,
)
from tracer.chain.ledger import KeyState, PartyState, PartyStatus, Standing
from tracer.domain.identifiers import Gln
from tracer.domain.kinds import Role
from tracer.errors import ConflictError, InputError, KeyUnavailableError, NotFoundError
from tracer.operations.delivery import SigningKey
from tracer.operations.outbox import Intent, Presence, Written
from tracer.operations.plan import PartyProfile, PlannedInspection
from tracer.operations.plan_rules import spell_roles
from tracer.operations.station import Station

FOR_EVER_UNIX: Final = 2**40 - 1
PREFIX_DIGITS: Final = range(4, 13)


@dataclass(frozen=True)
class PartyView:
    """A party with everything the ledger knows of it.

    Attributes:
        state: admin, roles, status, profile digest.
        profile: its public profile's text, if it is on file here and genuine; else None.
        keys: all keys ever added.
        partners: parties that may append to its batches.
        prefixes: GS1 company prefixes it owns.
        standing: its run of failed inspections.
    """

    state: PartyState
    profile: str | None
    keys: tuple[KeyState, ...]
    partners: tuple[Gln, ...]
    prefixes: tuple[str, ...]
    standing: Standing


def governance_key(station: Station, address: str | None = None) -> SigningKey:
    """The key that admits parties: the given one, else the ledger's governance.

    Raises:
        KeyUnavailableError: it is not here.
    """
    return station.base.signing_key(address or station.ledger.governance())


def admin_key(station: Station, gln: Gln, address: str | None = None) -> SigningKey:
    """The key that manages a party: the given one, else the party's admin.

    Raises:
        NotFoundError: the ledger has no such party.
        KeyUnavailableError: the key is not here.
    """
    return station.base.signing_key(address or _known(station, gln).admin)


def plan_admission(station: Station, profile: PartyProfile, admin: str) -> Intent:
    """Admit a party.

    Args:
        station: the ledger.
        profile: GLN, roles and public profile.
        admin: checksummed address that will manage its keys.
    """
    number = profile.gln.number
    call = station.call("admitParty", number, int(profile.roles), admin, profile.digest)

    def presence() -> Presence:
        state = station.ledger.party(profile.gln)
        if state.status is PartyStatus.UNKNOWN:
            return Presence.ABSENT
        same = (state.admin, state.roles, state.profile_digest) == (
            admin,
            profile.roles,
            profile.digest,
        )
        if not same:
            raise ConflictError(
                f"party {profile.gln} is already admitted with another admin, roles or profile",
                hint=f"tracer party show {profile.gln} says which.",
            )
        return Presence.PRESENT

    return station.intent(f"admit party {profile.gln}", call, actor="governance", presence=presence)


def admit_party(
    station: Station, profile: PartyProfile, admin: str, key: SigningKey | None = None
) -> Written:
    """Admit a party and keep its public profile.

    Raises:
        ConflictError: it is admitted with other facts.
        TracerError: see `Outbox.perform`.
    """
    intent = plan_admission(station, profile, admin)
    signing = key or governance_key(station)
    if intent.presence() is Presence.ABSENT:
        station.base.sender.simulate(signing.address, intent.call)
    station.contents.put(profile.text)
    return station.write(intent, signing)


def plan_key(
    station: Station, gln: Gln, key: str, roles: Role, valid_unix: tuple[int, int]
) -> Intent:
    """Let a key write for a party.

    Args:
        station: the ledger.
        gln: the party.
        key: checksummed address.
        roles: the key acts with (party roles AND these).
        valid_unix: first and last second of its validity.
    """
    call = station.call("addKey", gln.number, key, int(roles), *valid_unix)

    def presence() -> Presence:
        state = station.ledger.keys([key])[key]
        if state.gln is None:
            return Presence.ABSENT
        if state.gln != gln or state.roles != roles:
            raise ConflictError(
                f"the key {key} belongs to party {state.gln} with the roles"
                f" {spell_roles(state.roles)}",
                hint="A key belongs to one party for ever; make a new one: tracer party key new.",
            )
        return Presence.PRESENT

    return station.intent(f"add key {key} to {gln}", call, actor=str(gln), presence=presence)


def plan_revocation(station: Station, gln: Gln, key: str, distrust_from_unix: int) -> Intent:
    """End a key.

    Args:
        station: the ledger.
        gln: the party.
        key: checksummed address.
        distrust_from_unix: verifiers name records of the key since then, Unix seconds.
    """
    call = station.call("revokeKey", gln.number, key, distrust_from_unix)

    def presence() -> Presence:
        revoked = station.ledger.keys([key])[key].revoked_at_unix != 0
        return Presence.PRESENT if revoked else Presence.ABSENT

    return station.intent(f"revoke key {key} of {gln}", call, actor=str(gln), presence=presence)


def plan_partner(station: Station, owner: Gln, partner: Gln, *, trusted: bool = True) -> Intent:
    """Name, or un-name, a party that may append to another one's batches."""
    call = station.call("setPartner", owner.number, partner.number, trusted)

    def presence() -> Presence:
        is_partner = partner in station.ledger.partners(owner, [partner])
        return Presence.PRESENT if is_partner == trusted else Presence.ABSENT

    changes = len(station.ledger.party_logs(owner, PartnerChanged))
    verb = "name" if trusted else "un-name"
    return station.intent(
        f"{verb} {partner} as a partner of {owner}",
        call,
        actor=str(owner),
        presence=presence,
        salt=f"change {changes}",
    )


def plan_prefix(station: Station, gln: Gln, prefix: str) -> Intent:
    """Give a GS1 company prefix to a party, once and for ever.

    Raises:
        InputError: not 4 to 12 digits.
    """
    if not (prefix.isascii() and prefix.isdigit()) or len(prefix) not in PREFIX_DIGITS:
        raise InputError(f"{prefix[:20]!r} is no GS1 company prefix", hint="It has 4 to 12 digits.")
    call = station.call("assignPrefix", gln.number, len(prefix), int(prefix))

    def presence() -> Presence:
        owner = station.ledger.prefix_owner(len(prefix), int(prefix))
        return Presence.PRESENT if owner == gln else Presence.ABSENT

    return station.intent(
        f"assign prefix {prefix} to {gln}", call, actor="governance", presence=presence
    )


def plan_inspection(station: Station, inspection: PlannedInspection) -> Intent:
    """Record an inspection of a party; the third failure in a row bans it for good."""
    gln = inspection.gln
    call = station.call(
        "inspectParty", gln.number, inspection.inspection_id, inspection.passed, inspection.digest
    )

    def presence() -> Presence:
        for log in station.ledger.party_logs(gln, PartyInspected):
            event = log.event
            if (
                isinstance(event, PartyInspected)
                and event.inspection_id == inspection.inspection_id
            ):
                return _same_inspection(event, inspection)
        return Presence.ABSENT

    actor = str(inspection.inspector)
    return station.intent(f"inspect {gln}", call, actor=actor, presence=presence)


def _same_inspection(event: PartyInspected, inspection: PlannedInspection) -> Presence:
    if (event.passed, event.digest) != (inspection.passed, inspection.digest):
        raise ConflictError(
            f"inspection {inspection.inspection_id.hex()} of {inspection.gln} is already counted"
            " with another outcome or report",
            hint="An inspection counts once; a new one needs a new number.",
        )
    return Presence.PRESENT


def inspect_party(
    station: Station, inspection: PlannedInspection, key: SigningKey | None = None
) -> Written:
    """Record an inspection and keep its report.

    Raises:
        KeyUnavailableError: no inspector's key of that party is here.
        ConflictError: the inspection is counted with another outcome.
    """
    signing = key or operator_key(station, inspection.inspector, Role.INSPECTOR)
    intent = plan_inspection(station, inspection)
    if intent.presence() is Presence.ABSENT:
        station.base.sender.simulate(signing.address, intent.call)
    station.contents.put(inspection.text)
    return station.write(intent, signing)


def operator_key(station: Station, gln: Gln, *needs: Role) -> SigningKey:
    """A key of this installation that may write for a party.

    Raises:
        KeyUnavailableError: there is none.
    """
    key = station.operator_key(gln, needs)
    if key is None:
        names = " and ".join(str(role.name) for role in needs)
        wanted = f" with {names}" if needs else ""
        raise KeyUnavailableError(
            f"no valid key of party {gln}{wanted} is here",
            hint=f"tracer party key new, then tracer party key add {gln} ADDRESS.",
        )
    return key


def list_parties(station: Station) -> list[PartyState]:
    """All parties ever admitted, by GLN."""
    logs = station.ledger.logs(PartyAdmitted)
    numbers = sorted({log.event.gln for log in logs if isinstance(log.event, PartyAdmitted)})
    glns = [Gln.from_number(number) for number in numbers]
    return list(station.ledger.parties(glns).values()) if glns else []


def show_party(station: Station, gln: Gln) -> PartyView:
    """Everything the ledger knows of a party.

    Raises:
        NotFoundError: it was never admitted.
    """
    state, ledger = _known(station, gln), station.ledger
    prefixes = [log.event for log in ledger.party_logs(gln, PrefixAssigned)]
    changes = [log.event for log in ledger.party_logs(gln, PartnerChanged)]
    numbers = sorted({event.partner for event in changes if isinstance(event, PartnerChanged)})
    candidates = [Gln.from_number(number) for number in numbers]
    return PartyView(
        state,
        _profile(station, state),
        tuple(list_keys(station, gln)),
        tuple(sorted(ledger.partners(gln, candidates))) if candidates else (),
        tuple(
            f"{event.prefix:0{event.digits}d}"
            for event in prefixes
            if isinstance(event, PrefixAssigned)
        ),
        ledger.standing(gln),
    )


def list_keys(station: Station, gln: Gln) -> list[KeyState]:
    """All keys ever added to a party, oldest first."""
    events = [log.event for log in station.ledger.party_logs(gln, KeyAdded)]
    addresses = [_address(event.key) for event in events if isinstance(event, KeyAdded)]
    return list(station.ledger.keys(addresses).values()) if addresses else []


def _known(station: Station, gln: Gln) -> PartyState:
    state = station.ledger.party(gln)
    if state.status is PartyStatus.UNKNOWN:
        raise NotFoundError(
            f"the ledger has no party {gln}", hint="Governance admits it: tracer party admit."
        )
    return state


def _profile(station: Station, state: PartyState) -> str | None:
    data = station.contents.get(state.profile_digest)
    if data is None or hashlib.sha256(data).digest() != state.profile_digest:
        return None
    return data.decode("utf-8", errors="replace")


def _address(key: bytes) -> str:
    return str(to_checksum_address(key))
