"""What the ledger would refuse in a plan, said before anything is sent.

The ledger decides; this only spares a clerk half a batch on the chain and an error in the middle.
"""

from collections.abc import Iterator

from tracer.domain.kinds import CLASS_ROLES, Role
from tracer.domain.replay import LedgerState
from tracer.domain.rows import RecordRow
from tracer.operations.plan import BatchPlan, PlannedItem

_DIGEST_BYTES = 32


def find_refusals(plan: BatchPlan) -> Iterator[tuple[PlannedItem, str]]:
    """Items that the ledger would refuse, each with the rule it breaks, in words.

    A writer that the plan has no profile of is not judged: its roles stand on the ledger only.
    """
    roles = {party.gln: party.roles for party in plan.parties}
    state = LedgerState(plan.owner.number)
    for item in plan.items:
        held = roles.get(item.recorder)
        needed = CLASS_ROLES[item.kind.kind_class]
        if held is not None and not held & needed:
            yield item, f"a {item.kind.name} record needs one of the roles {spell_roles(needed)}"
            continue
        refused = len(state.refused)
        state.apply(_as_row(item))
        if len(state.refused) > refused:
            yield item, _WORDS.get(state.refused[-1][1], state.refused[-1][1])


def spell_roles(roles: Role) -> str:
    """Names of roles, in the order of their bits."""
    return ", ".join(role.name or "" for role in Role if role & roles)


_WORDS = {
    "OwnerNotIndependent": "the batch's owner may not write this itself",
    "BatchOnHold": "the batch is on hold at that moment; goods do not move",
    "BatchRecalled": "the batch is recalled at that moment; goods do not move",
    "AlreadyHolder": "this party holds the batch already",
    "NotHolder": "this party does not hold the batch",
}


def _as_row(item: PlannedItem) -> RecordRow:
    at_unix = item.occurred_at_unix
    digest = bytes(_DIGEST_BYTES)  # no rule looks at it
    return RecordRow(0, 0, item.kind, at_unix, None, digest, item.recorder.number, at_unix)
