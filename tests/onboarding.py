"""Bring all parties of a plan onto a development ledger: admitted, with a funded key each.

One key is governance and everybody's admin; real parties each have their own.
"""

from collections.abc import Callable
from typing import Final

from tracer.chain.ledger import PartyStatus
from tracer.domain.identifiers import Gln
from tracer.domain.kinds import Role
from tracer.operations.chain_admin import fund_account
from tracer.operations.delivery import SigningKey
from tracer.operations.outbox import Presence
from tracer.operations.parties import (
    FOR_EVER_UNIX,
    admit_party,
    governance_key,
    plan_key,
    plan_partner,
    plan_prefix,
)
from tracer.operations.plan import BatchPlan, PartyProfile
from tracer.operations.station import Station
from tracer.operations.writers import find_prefix_digits

KEY_ETHER: Final = 10.0  # a sample batch costs less than a hundredth of it


def onboard_parties(
    station: Station, plan: BatchPlan, password: str, progress: Callable[[int, int], None]
) -> None:
    """Admit every party of a plan and give it what it needs to write; safe to repeat.

    Args:
        station: a ledger on a development chain, whose governance key is here.
        plan: names the parties, the owner's prefix and its partners.
        password: opens the key files that are made; they are of the light kind.
        progress: called with (parties done, parties in all).

    Raises:
        KeyUnavailableError: the chain is not for development, or the governance key is not here.
    """
    governance = governance_key(station)
    for done, party in enumerate(plan.parties):
        progress(done, len(plan.parties))
        if station.ledger.party(party.gln).status is PartyStatus.UNKNOWN:
            admit_party(station, party, governance.address, governance)
        _give_key(station, party, password, governance)
    if plan.prefix_digits is not None:
        prefix = plan.gtin.value[1 : 1 + plan.prefix_digits]
        station.write(plan_prefix(station, plan.owner, prefix), governance)
    find_prefix_digits(station.ledger, plan.owner, plan.gtin, plan.prefix_digits)
    named = station.ledger.partners(plan.owner, plan.partners) if plan.partners else set()
    for partner in plan.partners:
        if partner not in named:
            station.write(plan_partner(station, plan.owner, partner), governance)
    progress(len(plan.parties), len(plan.parties))


def _give_key(station: Station, party: PartyProfile, password: str, governance: SigningKey) -> None:
    address = _address_of(station, party.gln)
    if address is None:
        address = station.base.keys.create(password, light=True)
        valid_unix = (station.ledger.block_time_unix(), FOR_EVER_UNIX)
        intent = plan_key(station, party.gln, address, Role(party.roles), valid_unix)
        if intent.presence() is Presence.ABSENT:
            station.write(intent, governance)
    fund_account(station.base, address, KEY_ETHER)


def _address_of(station: Station, gln: Gln) -> str | None:
    states = station.key_states()
    return next((it.address for it in states.values() if it.gln == gln), None)
