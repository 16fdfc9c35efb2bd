"""Who may write what: checked against the ledger before anything is sent."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from tracer.chain.ledger import KeyState, Ledger, PartyState, PartyStatus
from tracer.domain.identifiers import Gln, Gtin
from tracer.domain.kinds import AUTHORITY_ROLES, CLASS_ROLES, Kind, Role
from tracer.errors import NotFoundError, NotPermittedError
from tracer.operations.delivery import SigningKey
from tracer.operations.plan_rules import spell_roles
from tracer.operations.station import Station

PREFIX_DIGITS: Final = range(12, 3, -1)  # the longest prefix is the most particular one


@dataclass(frozen=True)
class KeyRing:
    """The keys of this installation, as the ledger knew them when it was asked.

    Attributes:
        station: the ledger.
        states: address -> what the ledger knows of the key.
        now_unix: block time, Unix seconds.
    """

    station: Station
    states: Mapping[str, KeyState]
    now_unix: int

    @classmethod
    def ask(cls, station: Station) -> "KeyRing":
        """Ask the ledger about all keys of this installation."""
        return cls(station, station.key_states(), station.ledger.block_time_unix())

    def find(self, gln: Gln, needs: Iterable[Role]) -> SigningKey | None:
        """A key that may write for a party, with at least one role of each need."""
        wanted = list(needs)
        for address, state in self.states.items():
            valid = state.gln == gln and state.is_valid(self.now_unix)
            if valid and all(state.roles & roles for roles in wanted):
                return self.station.base.signing_key(address)
        return None


def roles_needed(kinds: Iterable[Kind]) -> tuple[Role, ...]:
    """For each class among the kinds, the roles of which the writer needs one."""
    classes = sorted({kind.kind_class for kind in kinds})
    return tuple(CLASS_ROLES[kind_class] for kind_class in classes)


def check_writers(ledger: Ledger, owner: Gln, writers: Mapping[Gln, Sequence[Role]]) -> None:
    """Refuse what the ledger would refuse for want of admission, standing, roles or partnership.

    Args:
        ledger: the ledger.
        owner: the batch's owner.
        writers: party -> sets of roles of which it needs at least one each.

    Raises:
        NotFoundError: a party is not admitted.
        NotPermittedError: a party may not write this.
    """
    parties = ledger.parties([owner, *(gln for gln in writers if gln != owner)])
    unknown = [str(gln) for gln, state in parties.items() if state.status is PartyStatus.UNKNOWN]
    if unknown:
        raise NotFoundError(
            f"the ledger has no party {', '.join(unknown)}",
            hint="Governance admits a party: tracer party admit.",
        )
    others = [
        gln for gln, state in parties.items() if gln != owner and not state.roles & AUTHORITY_ROLES
    ]
    partners = ledger.partners(owner, others) if others else set()
    for gln, needs in writers.items():
        _check_party(parties[gln], needs)
        if gln in others and gln not in partners:
            raise NotPermittedError(
                f"party {gln} is neither the batch's owner {owner} nor its trading partner",
                hint=f"The owner's admin names it: tracer party partner add {owner} {gln}.",
            )


def _check_party(state: PartyState, needs: Iterable[Role]) -> None:
    if state.status is not PartyStatus.ACTIVE:
        raise NotPermittedError(
            f"party {state.gln} is {state.status.name.lower()}; only an active party may write",
            hint=f"tracer party show {state.gln}",
        )
    for roles in needs:
        if not state.roles & roles:
            raise NotPermittedError(
                f"party {state.gln} has none of the roles {spell_roles(roles)}",
                hint=f"tracer party show {state.gln} lists its roles; governance sets them.",
            )


def find_prefix_digits(ledger: Ledger, owner: Gln, gtin: Gtin, claimed: int | None) -> int:
    """Length of the owner's GS1 company prefix in a GTIN.

    Args:
        ledger: the ledger.
        owner: who will register the batch.
        gtin: the trade item.
        claimed: the length that a file names; None = any prefix of the owner will do.

    Raises:
        NotPermittedError: the owner does not own such a prefix.
    """
    for digits in PREFIX_DIGITS if claimed is None else [claimed]:
        if ledger.prefix_owner(digits, int(gtin.value[1 : 1 + digits])) == owner:
            return digits
    prefix = gtin.value[1 : 1 + claimed] if claimed else gtin.value[1:]
    raise NotPermittedError(
        f"party {owner} does not own the GS1 company prefix of GTIN {gtin} ({prefix})",
        hint=f"Governance assigns it once: tracer party prefix assign {owner} PREFIX.",
    )
