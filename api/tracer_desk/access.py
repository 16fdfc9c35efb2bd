"""The one way from a request to a paper or batch: load it, then ask the policy."""

from dataclasses import dataclass
from typing import Final

from tracer.domain.documents import DocType
from tracer.domain.identifiers import Gtin, Lot
from tracer.domain.policy import Action, Batch, Decision, Resource, decide
from tracer.errors import InputError, NotFoundError, NotPermittedError
from tracer.store.session import reading
from tracer.vault.rows import StoredDocument, check_doc_id
from tracer_desk.auth import Caller
from tracer_desk.services import Services
from tracer_desk.standing import KnownBatch, final_number, find_batch, find_batch_by_id, to_policy

ERASED: Final = "ERASED"


@dataclass(frozen=True, slots=True)
class Access:
    """A paper that the caller may do something with.

    Attributes:
        stored: its row.
        batch: its batch.
    """

    stored: StoredDocument
    batch: KnownBatch

    @property
    def doc_type(self) -> DocType:
        """What the paper is."""
        return DocType(self.stored.doc_type)


def parse_type(text: str) -> DocType:
    """A type of paper by its name.

    Raises:
        InputError: there is none.
    """
    try:
        return DocType[text]
    except KeyError:
        raise InputError(
            f"{text[:40]!r} is no type of paper", hint="GET /v1/types lists them."
        ) from None


def load_batch(services: Services, gtin: str, lot: str) -> KnownBatch:
    """A batch by its names.

    Raises:
        InvalidIdentifierError: a name is malformed.
        NotFoundError: the mirror does not hold it.
    """
    names = Gtin.parse(gtin), Lot.parse(lot)
    with reading(services.mirror) as session:
        batch = find_batch(session, *names)
    if batch is None:
        raise NotFoundError(
            f"no batch {names[1]} of GTIN {names[0]} is on the ledger",
            hint="Its manufacturer registers it first; then the mirror has to see it.",
        )
    return batch


def authorize_batch(
    services: Services,
    caller: Caller,
    action: Action,
    batch: KnownBatch,
    doc_type: DocType | None = None,
) -> None:
    """Ask the policy about a batch itself, or about a new paper of it.

    Raises:
        NotPermittedError: no.
    """
    with reading(services.mirror) as session:
        known = to_policy(session, batch, caller.actor, final_number(session, services.settings))
    demand(decide(caller.actor, action, Resource(known, doc_type=doc_type)))


def authorize(services: Services, caller: Caller, action: Action, doc_id: str) -> Access:
    """Load a paper and ask the policy about it.

    Raises:
        InputError: the id is malformed.
        NotFoundError: there is no such paper, or the caller may not know that there is.
        NotPermittedError: no.
    """
    stored = services.vault.find(check_doc_id(doc_id))
    if stored is None:
        raise _no_such(doc_id)
    return authorize_stored(services, caller, action, stored)


def authorize_stored(
    services: Services, caller: Caller, action: Action, stored: StoredDocument
) -> Access:
    """The same for a paper that was looked up already."""
    decision, batch = judge(services, caller, action, stored)
    if batch is None or (not decision.allowed and not decision.is_visible):
        raise _no_such(stored.doc_id)
    demand(decision)
    return Access(stored, batch)


def judge(
    services: Services, caller: Caller, action: Action, stored: StoredDocument
) -> tuple[Decision, KnownBatch | None]:
    """What the policy says about a paper, and its batch; None when the mirror lost it."""
    with reading(services.mirror) as session:
        batch = find_batch_by_id(session, stored.batch_id)
        known = to_policy(session, batch, caller.actor, final_number(session, services.settings))
    is_own = stored.org == caller.actor.gln
    is_granted = not is_own and any(
        grant.grantee == caller.actor.gln and grant.is_live(services.now())
        for grant in services.vault.grants(stored.doc_id)
    )
    resource = Resource(known, stored.org, is_granted, DocType(stored.doc_type))
    return decide(caller.actor, action, resource), batch


def visible(
    services: Services, caller: Caller, batch: KnownBatch | None
) -> list[tuple[StoredDocument, KnownBatch]]:
    """Every paper that the caller may see, of a batch or at all; erased ones are left out."""
    own = caller.actor.gln
    granted = services.vault.list_documents(grantee=own)
    if batch is not None:
        found = services.vault.list_documents(batch_id=batch.batch_id)
    else:
        mine = services.vault.list_documents(org=own)
        found = sorted({*mine, *granted}, key=lambda it: (it.stored_at_unix, it.doc_id))
    granted_ids = {it.doc_id for it in granted}
    batches: dict[bytes, tuple[KnownBatch | None, Batch | None]] = {}
    seen = []
    with reading(services.mirror) as session:
        final = final_number(session, services.settings)
        for stored in found:
            if stored.batch_id not in batches:
                its = find_batch_by_id(session, stored.batch_id)
                batches[stored.batch_id] = its, to_policy(session, its, caller.actor, final)
            known, its_policy = batches[stored.batch_id]
            is_granted = stored.org != own and stored.doc_id in granted_ids
            resource = Resource(its_policy, stored.org, is_granted, DocType(stored.doc_type))
            is_seen = decide(caller.actor, Action.SEE, resource).allowed
            if is_seen and known is not None and stored.state != ERASED:
                seen.append((stored, known))
    return seen


def demand(decision: Decision) -> None:
    """Raise unless the policy said yes.

    Raises:
        NotPermittedError: it said no.
    """
    if not decision.allowed:
        raise NotPermittedError(decision.reason)


def _no_such(doc_id: str) -> NotFoundError:
    return NotFoundError(f"there is no document {doc_id}")
