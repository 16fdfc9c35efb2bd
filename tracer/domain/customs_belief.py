"""Whether a customs system's statement may be acted upon: signature, claim, paper, time, order.

Nothing here raises for a bad statement: it is believed or not, and each check says what was
compared with what. INVALID is a statement that must change nothing; ERROR one that cannot be
judged yet.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from tracer.domain.checks import Check
from tracer.domain.customs_statement import Statement, key_id_of, parse_statement, signed_bytes
from tracer.domain.replay import MAX_CLOCK_DRIFT_S
from tracer.domain.times import utc_text
from tracer.errors import InputError

STEP: Final = 8  # of the verification protocol: clearance is a status


@dataclass(frozen=True, slots=True)
class PinnedKey:
    """A key of a customs system that the customs party believes.

    Attributes:
        public_key: 32 bytes, Ed25519.
        name: whose it is, for people.
        valid_from_unix: first second at which it may have signed.
        valid_until_unix: last one.
    """

    public_key: bytes
    name: str
    valid_from_unix: int
    valid_until_unix: int

    @property
    def key_id(self) -> str:
        """Names it in statements."""
        return key_id_of(self.public_key)


@dataclass(frozen=True, slots=True)
class KnownClaim:
    """A broker's claim as the ledger and the opened paper have it.

    Attributes:
        declaration: number on the paper that hashes to the commitment; None when no such paper is
            at hand, so that nobody can compare.
        claimed_at_unix: when the declaration was made, by the broker; Unix seconds.
    """

    declaration: str | None
    claimed_at_unix: int


@dataclass(frozen=True, slots=True)
class ClaimFacts:
    """What a statement is compared with, once its signature holds.

    Attributes:
        chain_id: EIP-155 chain id.
        contract: 20 bytes, the ledger's address.
        is_batch: the ledger has the batch that the statement names.
        claim: the claim with the commitment that it names; None when there is none.
        newest_unix: time of the newest statement taken in about this claim, Unix seconds; or None.
        taken: identities of the statements taken in about this claim.
        now_unix: Unix seconds.
    """

    chain_id: int
    contract: bytes
    is_batch: bool
    claim: KnownClaim | None
    newest_unix: int | None
    taken: frozenset[bytes]
    now_unix: int


def read_signed(data: bytes, keys: Mapping[str, PinnedKey]) -> tuple[Statement | None, Check]:
    """Read a statement and check who signed it.

    Args:
        data: the file, as it came.
        keys: key id -> pinned key.

    Returns:
        The statement, None when it cannot be read, and the check.
    """
    try:
        statement, signature = parse_statement(data.decode("utf-8"))
    except UnicodeDecodeError:
        return None, Check.invalid(STEP, "statement-form", "it is no UTF-8 text")
    except InputError as error:
        return None, Check.invalid(STEP, "statement-form", str(error))
    return statement, _check_signature(statement, signature, keys)


def _check_signature(
    statement: Statement, signature: bytes, keys: Mapping[str, PinnedKey]
) -> Check:
    key = keys.get(statement.key_id)
    if key is None:
        return Check.invalid(STEP, "statement-key", f"nobody pinned the key {statement.key_id}")
    if not key.valid_from_unix <= statement.stated_at_unix <= key.valid_until_unix:
        stated = utc_text(statement.stated_at_unix)
        reason = f"{key.name}'s key {key.key_id} was not valid at {stated}"
        return Check.invalid(STEP, "statement-key", reason)
    try:
        Ed25519PublicKey.from_public_bytes(key.public_key).verify(
            signature, signed_bytes(statement.payload)
        )
    except (InvalidSignature, ValueError):
        reason = f"the signature is not one of {key.name}'s key {key.key_id}"
        return Check.invalid(STEP, "statement-signature", reason)
    return Check.valid(STEP, "statement-signature", f"signed by {key.name}")


def check_statement(statement: Statement, facts: ClaimFacts) -> list[Check]:
    """Decide whether a statement whose signature holds may be acted upon.

    Returns:
        Checks; it may be acted upon when none is INVALID or ERROR.
    """
    return [*_check_claim(statement, facts), *_check_time(statement, facts)]


def _check_claim(statement: Statement, facts: ClaimFacts) -> Iterator[Check]:
    """It is about this ledger, a batch on it, a claim of the batch, and that claim's paper."""
    claim = facts.claim
    if (statement.chain_id, statement.contract) != (facts.chain_id, facts.contract):
        reason = (
            f"it is about the ledger 0x{statement.contract.hex()} on chain {statement.chain_id},"
            f" not 0x{facts.contract.hex()} on chain {facts.chain_id}"
        )
        yield Check.invalid(STEP, "statement-chain", reason)
    elif not facts.is_batch:
        reason = f"the ledger has no batch {statement.batch_id.hex()}"
        yield Check.invalid(STEP, "statement-batch", reason)
    elif claim is None:
        reason = f"no broker claimed {statement.commitment.hex()} for this batch"
        yield Check.invalid(STEP, "statement-claim", reason)
    elif claim.declaration is None:
        reason = "the declaration it names cannot be compared: the paper is not at hand"
        yield Check.error(STEP, "statement-declaration", reason)
    elif claim.declaration != statement.declaration:
        reason = f"it names declaration {statement.declaration}, the paper {claim.declaration}"
        yield Check.invalid(STEP, "statement-declaration", reason)
    else:
        yield Check.valid(STEP, "statement-declaration", f"about {claim.declaration}")


def _check_time(statement: Statement, facts: ClaimFacts) -> Iterator[Check]:
    stated_unix, claim, newest = statement.stated_at_unix, facts.claim, facts.newest_unix
    stated = utc_text(stated_unix)
    if statement.identity in facts.taken:
        yield Check.invalid(STEP, "statement-new", "it was taken in before")
    elif newest is not None and stated_unix <= newest:
        reason = f"it is of {stated}; one of {utc_text(newest)} was taken in before"
        yield Check.invalid(STEP, "statement-order", reason)
    if stated_unix > facts.now_unix + MAX_CLOCK_DRIFT_S:
        yield Check.invalid(STEP, "statement-time", f"it is of {stated}, which is in the future")
    elif statement.valid_until_unix < facts.now_unix:
        reason = f"it expired at {utc_text(statement.valid_until_unix)}"
        yield Check.invalid(STEP, "statement-time", reason)
    elif claim is not None and stated_unix < claim.claimed_at_unix - MAX_CLOCK_DRIFT_S:
        reason = f"it is of {stated}, the declaration of {utc_text(claim.claimed_at_unix)}"
        yield Check.invalid(STEP, "statement-time", reason)
