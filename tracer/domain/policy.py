"""Who may do what at the desk: one pure function, which says no unless a row of its table says yes.

Everything that the desk does asks `decide` first, with the caller's roles as the mirror shows them
at that moment, and with what the paper or batch is to the caller. Nothing else in the desk
compares organisations or roles.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from tracer.domain.documents import DOCUMENT_KIND, DocType
from tracer.domain.kinds import (
    ANY_ROLE,
    AUTHORITY_ROLES,
    CLASS_ROLES,
    INDEPENDENT_CLASSES,
    Role,
)


class Action(StrEnum):
    """What somebody wants to do."""

    UPLOAD = "upload"  # a new paper of a batch
    LIST = "list"  # the papers of a batch, as far as they may be seen
    SEE = "see"  # that a paper is there: type, state, size
    READ_FILE = "read-file"
    READ_VIEW = "read-view"  # every field
    READ_RENDITION = "read-rendition"  # the public fields
    REPLACE = "replace"  # hand in the same file again
    STATE = "state"  # check and confirm the fields
    GRANT = "grant"  # list, give and take back grants
    OPEN_CONTAINER = "open-container"  # the ciphertext, with the key sealed for the caller
    ERASE = "erase"


class Relation(StrEnum):
    """What a paper, or a batch, is to the caller."""

    OWN = "own"  # the caller's organisation handed it in
    GRANTED = "granted"  # its owner gave the caller a grant that holds
    BATCH_OWNER = "batch-owner"  # it belongs to a batch of the caller's
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Actor:
    """Who asks.

    Attributes:
        gln: the party.
        roles: what its key may act as now; none when it is suspended, banned or revoked.
    """

    gln: int
    roles: Role


@dataclass(frozen=True, slots=True)
class Batch:
    """What the mirror says of a batch.

    Attributes:
        owner: GLN of the party that registered it.
        is_partner: the owner has named the caller a partner.
    """

    owner: int
    is_partner: bool


@dataclass(frozen=True, slots=True)
class Resource:
    """What is asked for.

    Attributes:
        batch: the batch; None when the mirror does not know it.
        org: GLN of the organisation that handed the paper in; None for the batch itself.
        is_granted: the caller has a grant that holds.
        doc_type: the paper's type; None for the batch itself.
    """

    batch: Batch | None
    org: int | None = None
    is_granted: bool = False
    doc_type: DocType | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """The answer.

    Attributes:
        allowed: do it.
        is_visible: when not allowed: whether the caller may know that the thing is there.
        reason: when not allowed: one sentence.
    """

    allowed: bool
    is_visible: bool = True
    reason: str = ""


_EVERYBODY: Final = frozenset(Relation)
_INSIDERS: Final = frozenset({Relation.OWN, Relation.GRANTED, Relation.BATCH_OWNER})

RULES: Final[Mapping[Action, frozenset[Relation]]] = {
    Action.UPLOAD: _EVERYBODY,  # and see `_may_write`
    Action.LIST: _EVERYBODY,  # what is listed is asked for one by one, with SEE
    Action.SEE: _INSIDERS,
    Action.READ_FILE: frozenset({Relation.OWN, Relation.GRANTED}),
    Action.READ_VIEW: frozenset({Relation.OWN, Relation.GRANTED}),
    Action.READ_RENDITION: _INSIDERS,
    Action.REPLACE: frozenset({Relation.OWN}),
    Action.STATE: frozenset({Relation.OWN}),
    Action.GRANT: frozenset({Relation.OWN}),
    Action.OPEN_CONTAINER: frozenset({Relation.GRANTED}),
    Action.ERASE: frozenset({Relation.OWN}),
}
"""Who may do it. What has no row nobody may do."""

_WRITING: Final = frozenset({Action.UPLOAD, Action.REPLACE, Action.STATE})
"""Actions that only lead anywhere if the ledger will take the paper's record."""


def relations(actor: Actor, resource: Resource) -> frozenset[Relation]:
    """Everything that a paper or batch is to the caller; OTHER when nothing else."""
    batch = resource.batch
    found = {
        Relation.OWN: resource.org is not None and resource.org == actor.gln,
        Relation.GRANTED: resource.is_granted,
        Relation.BATCH_OWNER: batch is not None and batch.owner == actor.gln,
    }
    return frozenset(it for it, holds in found.items() if holds) or frozenset({Relation.OTHER})


def decide(actor: Actor, action: Action, resource: Resource) -> Decision:
    """Whether somebody may do something, as the ledger's rules and the owner's grants have it."""
    if not actor.roles & ANY_ROLE:
        return Decision(allowed=False, reason="the key may not act for an active party now")
    is_batch = resource.org is None
    held = relations(actor, resource)
    is_visible = is_batch or bool(held & RULES[Action.SEE])
    if not held & RULES.get(action, frozenset()):
        return Decision(
            allowed=False,
            is_visible=is_visible,
            reason="only the organisation that handed the paper in may do this"
            if is_visible
            else "there is no such paper",
        )
    if action in _WRITING and (refusal := _refuse_writing(actor, resource)):
        return Decision(allowed=False, reason=refusal)
    return Decision(allowed=True)


def _refuse_writing(actor: Actor, resource: Resource) -> str:
    """Why the ledger would not take the caller's record of this paper; "" when it would."""
    batch, doc_type = resource.batch, resource.doc_type
    if batch is None or doc_type is None:
        return "the batch is not on the ledger"
    kind_class = DOCUMENT_KIND[doc_type].kind_class
    if not actor.roles & CLASS_ROLES[kind_class]:
        return f"the key's roles do not issue a {doc_type.name}"
    if batch.owner == actor.gln:
        if kind_class in INDEPENDENT_CLASSES:
            return f"the batch's owner does not issue its own {doc_type.name}"
        return ""
    if batch.is_partner or actor.roles & AUTHORITY_ROLES:
        return ""
    return "the batch's owner has not named this party a partner"
