"""Whom a key acts for, out of the mirror: grants count once they are final, revocations at once.

The mirror's tables say what holds at its newest block, so a revoked key and a suspended party end
there. Whether what they grant is final, the logs behind them say: each carries its block.
`tracer.index.authority` is the same rule for whoever may use the chain's own types.
"""

from dataclasses import dataclass
from typing import Final

from sqlalchemy import select
from sqlmodel import Session

from tracer.domain.identifiers import Gtin, Lot
from tracer.domain.kinds import Role
from tracer.domain.policy import Actor, Batch
from tracer.errors import ConfigurationError, NotPermittedError
from tracer.settings import Settings
from tracer.store.state import MirrorCursor, load_cursor
from tracer.store.tables import Batch as BatchRow
from tracer.store.tables import Partner, Party, PartyKey, RegistryLog, table_of
from tracer.vault.signatures import keccak

ACTIVE: Final = 1
WORD: Final = 32
_PARTY: Final = table_of(Party)
_KEY: Final = table_of(PartyKey)
_PARTNER: Final = table_of(Partner)
_BATCH: Final = table_of(BatchRow)
_LOG: Final = table_of(RegistryLog)

_ADMITTED: Final = keccak(b"PartyAdmitted(uint48,uint64,uint16,address,bytes32)")
_ROLES: Final = keccak(b"PartyRolesChanged(uint48,uint64,uint16)")
_SUSPENDED: Final = keccak(b"PartySuspended(uint48,uint64)")
_REINSTATED: Final = keccak(b"PartyReinstated(uint48,uint64)")
_KEY_ADDED: Final = keccak(b"KeyAdded(uint48,address,uint64,uint16,uint40,uint40)")
_PARTNER_CHANGED: Final = keccak(b"PartnerChanged(uint48,uint48,uint64,bool)")
TOPICS: Final = (_ADMITTED, _ROLES, _SUSPENDED, _REINSTATED, _KEY_ADDED, _PARTNER_CHANGED)

_HINT: Final = "What the ledger grants counts here once its block is final, and is revoked at once."


@dataclass(frozen=True, slots=True)
class KnownBatch:
    """A batch that the mirror holds."""

    batch_id: bytes
    gtin: str
    lot: str
    owner: int


def current(session: Session) -> MirrorCursor:
    """Where the mirror stands.

    Raises:
        ConfigurationError: it has read nothing yet.
    """
    cursor = load_cursor(session)
    if cursor is None:
        raise ConfigurationError("the mirror is empty", hint="Run `tracer index sync`.")
    return cursor


def final_number(session: Session, settings: Settings) -> int:
    """The newest block whose grants count.

    A development chain of finality 0 is final at once to its readers, while the mirror keeps
    following its rewinds; see `tracer.index.sync.Mirror`.

    Raises:
        ConfigurationError: the mirror is empty.
    """
    cursor = current(session)
    is_at_once = settings.finality_for(cursor.chain_id) == 0
    return cursor.block.number if is_at_once else cursor.final_number


def load_actor(session: Session, address: bytes, at_unix: int, final: int) -> Actor:
    """Whom a key acts for now, and as what.

    Args:
        session: one snapshot of the mirror.
        address: the key's, 20 bytes.
        at_unix: now, Unix seconds.
        final: from `final_number`.

    Raises:
        NotPermittedError: for nobody, no longer, or not yet.
    """
    key = session.execute(select(_KEY).where(_KEY.c.address == address)).one_or_none()
    if key is None or key.revoked_at_unix:
        raise _refusal("the ledger does not know this key, or it was revoked")
    if not key.valid_from_unix <= at_unix <= key.valid_until_unix:
        raise _refusal("this key is not valid now")
    party = session.execute(select(_PARTY).where(_PARTY.c.gln == key.gln)).one_or_none()
    if party is None or party.status != ACTIVE or not _is_active(session, key.gln, final):
        raise _refusal(f"party {key.gln:013d} is not active")
    if _last(session, [_KEY_ADDED + _word(key.gln) + _pad(address)], final) is None:
        raise _refusal("the block that added this key is not final yet")
    roles = Role(key.roles & party.roles & _final_roles(session, key.gln, final))
    if not roles:
        raise _refusal("this key has no role that counts now")
    return Actor(key.gln, roles)


def load_roles(session: Session, gln: int) -> Role:
    """The roles of an active party, as of the newest block; none of any other."""
    wanted = select(_PARTY.c.roles).where(_PARTY.c.gln == gln, _PARTY.c.status == ACTIVE)
    return Role(session.execute(wanted).scalar() or 0)


def find_batch(session: Session, gtin: Gtin, lot: Lot) -> KnownBatch | None:
    """A batch by its names; None when the mirror does not hold it."""
    return _batch(session, _BATCH.c.gtin == gtin.value, _BATCH.c.lot == lot.value)


def find_batch_by_id(session: Session, batch_id: bytes) -> KnownBatch | None:
    """A batch by its id; None when the mirror does not hold it."""
    return _batch(session, _BATCH.c.batch_id == batch_id)


def to_policy(session: Session, batch: KnownBatch | None, actor: Actor, final: int) -> Batch | None:
    """What the policy must know of a batch and who asks."""
    if batch is None:
        return None
    return Batch(batch.owner, _is_partner(session, batch.owner, actor.gln, final))


def _batch(session: Session, *where: object) -> KnownBatch | None:
    row = session.execute(select(_BATCH).where(*where).limit(1)).one_or_none()  # type: ignore[arg-type]
    return None if row is None else KnownBatch(row.batch_id, row.gtin, row.lot, row.owner)


def _is_partner(session: Session, owner: int, partner: int, final: int) -> bool:
    """Whether the owner names the party a partner, now and at the final block."""
    columns = _PARTNER.c
    wanted = select(columns.gln).where(columns.gln == owner, columns.partner == partner)
    if session.execute(wanted).first() is None:
        return False
    topics = _PARTNER_CHANGED + _word(owner) + _word(partner)
    data = _last(session, [topics], final)
    return data is not None and any(data[WORD : 2 * WORD])


def _is_active(session: Session, gln: int, final: int) -> bool:
    """Whether the last word about a party, of those that are final, lets it act."""
    own = _word(gln)
    suspended = _last_sequence(session, _SUSPENDED + own, final)
    reinstated = _last_sequence(session, _REINSTATED + own, final)
    return suspended == 0 or reinstated > suspended


def _final_roles(session: Session, gln: int, final: int) -> int:
    data = _last(session, [_ADMITTED + _word(gln), _ROLES + _word(gln)], final)
    return 0 if data is None else int.from_bytes(data[WORD : 2 * WORD], "big")


def _last(session: Session, topics: list[bytes], final: int) -> bytes | None:
    """The data of the newest final log with one of these topics; None without one."""
    wanted = (
        select(_LOG.c.data)
        .where(_LOG.c.topics.in_(topics), _LOG.c.block_number <= final)
        .order_by(_LOG.c.sequence.desc())
        .limit(1)
    )
    return session.execute(wanted).scalar()


def _last_sequence(session: Session, topics: bytes, final: int) -> int:
    wanted = (
        select(_LOG.c.sequence)
        .where(_LOG.c.topics == topics, _LOG.c.block_number <= final)
        .order_by(_LOG.c.sequence.desc())
        .limit(1)
    )
    return session.execute(wanted).scalar() or 0


def _word(number: int) -> bytes:
    return number.to_bytes(WORD, "big")


def _pad(address: bytes) -> bytes:
    return address.rjust(WORD, b"\x00")


def _refusal(reason: str) -> NotPermittedError:
    return NotPermittedError(reason, hint=_HINT)
