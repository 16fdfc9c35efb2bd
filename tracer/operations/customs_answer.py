"""Customs' answer to a broker's claim: a confirmation, or an objection with reasons.

A confirmation repeats the claim's commitment; an objection is a correction whose content names it.
Both are safe to repeat: what the ledger already holds is success, and nothing is sent.
"""

from collections.abc import Callable, Sequence

from tracer.domain.canonical import digest_text
from tracer.domain.customs_statement import Reason, build_objection
from tracer.domain.identifiers import Gln
from tracer.domain.kinds import Kind, Role
from tracer.domain.records import Record
from tracer.domain.replay import MAX_CLOCK_DRIFT_S
from tracer.domain.times import utc_text
from tracer.errors import KeyUnavailableError, NotPermittedError, VerificationError
from tracer.operations.customs_claims import (
    Answer,
    Claim,
    fetch_batch,
    fetch_claims,
    spell_digest,
)
from tracer.operations.delivery import SigningKey
from tracer.operations.outbox import Intent, Presence, Written
from tracer.operations.station import Station
from tracer.operations.steps import fetch_written
from tracer.operations.writers import KeyRing, check_writers, roles_needed


def customs_party(station: Station) -> Gln:
    """The one customs party that this installation has a valid key of.

    Raises:
        KeyUnavailableError: there is none, or more than one.
    """
    ring = KeyRing.ask(station)
    glns = {
        state.gln
        for state in ring.states.values()
        if state.gln and state.is_valid(ring.now_unix) and state.roles & Role.CUSTOMS
    }
    if len(glns) != 1:
        raise KeyUnavailableError(
            f"there are valid keys of {len(glns)} customs parties here",
            hint="Say who answers with --as GLN; tracer party key list shows the keys.",
        )
    return glns.pop()


def customs_key(station: Station, customs: Gln, kind: Kind) -> SigningKey:
    """A key of a customs party that may write a record of this kind.

    Raises:
        NotPermittedError: the party is no customs party, or may not write now.
        KeyUnavailableError: no key of it is here.
    """
    check_writers(station.ledger, customs, {customs: [Role.CUSTOMS]})
    key = station.operator_key(customs, [Role.CUSTOMS, *roles_needed([kind])])
    if key is None:
        raise KeyUnavailableError(
            f"no valid key of the customs party {customs} is here",
            hint="tracer party key list shows the keys that are here.",
        )
    return key


def check_claim(claim: Claim, declaration: str | None) -> None:
    """Refuse to confirm a claim whose paper was not compared, or is another one.

    Args:
        claim: the broker's.
        declaration: the number that customs know it by; None = that of the paper.

    Raises:
        VerificationError: the paper is not at hand, is another one, or not the broker's own.
    """
    if claim.paper is None:
        raise VerificationError(
            f"the paper behind the commitment {spell_digest(claim.commitment)} is not at hand",
            hint=f"Open it first: tracer customs open {claim.name} --paper FILE.",
        )
    if declaration is not None and claim.number != declaration:
        raise VerificationError(
            f"the paper is declaration {claim.number}, not {declaration}",
            hint="Confirm only the declaration that you released.",
        )
    if claim.paper.issuer != claim.broker:
        raise VerificationError(
            f"the paper is of party {claim.paper.issuer}, the claim of {claim.broker}",
            hint="A broker claims its own declarations; object to this one.",
        )


def plan_confirmation(
    station: Station, claim: Claim, customs: Gln, confirmed_at_unix: int
) -> Intent:
    """Confirm a claim.

    Args:
        station: the ledger.
        claim: compared with its paper, see `check_claim`.
        customs: who confirms.
        confirmed_at_unix: when customs released the goods, Unix seconds.

    Raises:
        NotPermittedError: the claim is the customs party's own, or younger than the release.
    """
    _check_answer(claim, customs, confirmed_at_unix)
    record = Record(Kind.CLEARANCE_CONFIRMATION, confirmed_at_unix, None, claim.commitment)
    what = f"confirm declaration {claim.number} of {claim.name} by {customs}"

    def is_same(newest: Claim) -> bool:
        return newest.answer is Answer.CONFIRMED

    return _plan(station, claim, customs, record, what=what, is_same=is_same)


def plan_objection(
    station: Station, claim: Claim, customs: Gln, reasons: Sequence[Reason], stated_at_unix: int
) -> tuple[Intent, str]:
    """Object to a claim.

    Args:
        station: the ledger.
        claim: the broker's; its paper need not be at hand.
        customs: who objects.
        reasons: why, at least one.
        stated_at_unix: when customs refused, Unix seconds.

    Returns:
        What to write, and the content to keep before it is written.

    Raises:
        InvalidFileError: no reason, or too many.
        NotPermittedError: the claim is the customs party's own, or younger than the refusal.
    """
    _check_answer(claim, customs, stated_at_unix)
    text = build_objection(claim.commitment, reasons, stated_at_unix)
    record = Record(Kind.CORRECTION, stated_at_unix, None, digest_text(text))
    number = claim.number or spell_digest(claim.commitment)
    what = f"object to declaration {number} of {claim.name} by {customs}"

    def is_same(newest: Claim) -> bool:
        return newest.answer is Answer.OBJECTED and newest.reasons == tuple(reasons)

    return _plan(station, claim, customs, record, what=what, is_same=is_same), text


def write_confirmation(station: Station, intent: Intent, customs: Gln) -> Written:
    """Bring a confirmation onto the chain, once.

    Raises:
        TracerError: see `customs_key` and `Outbox.perform`.
    """
    return station.write(intent, customs_key(station, customs, Kind.CLEARANCE_CONFIRMATION))


def write_objection(station: Station, intent: Intent, text: str, customs: Gln) -> Written:
    """Keep an objection's content, then bring its record onto the chain, once.

    Raises:
        TracerError: see `customs_key` and `Outbox.perform`.
    """
    key = customs_key(station, customs, Kind.CORRECTION)
    station.contents.put(text)
    return station.write(intent, key)


def _plan(
    station: Station,
    claim: Claim,
    customs: Gln,
    record: Record,
    *,
    what: str,
    is_same: Callable[[Claim], bool],
) -> Intent:
    """An answer that is there when this very record is, or when the newest one says the same."""
    packed = record.pack()

    def presence() -> Presence:
        if (customs.number, packed) in fetch_written(station, claim.batch_id):
            return Presence.PRESENT
        batch = fetch_batch(station, claim.batch_id)
        for newest in fetch_claims(station, [] if batch is None else [batch]):
            if newest.commitment == claim.commitment and is_same(newest):
                return Presence.PRESENT
        return Presence.ABSENT

    call = station.call("append", claim.batch_id, packed)
    return station.intent(what, call, actor=str(customs), presence=presence)


def _check_answer(claim: Claim, customs: Gln, answered_at_unix: int) -> None:
    if claim.broker == customs:
        raise NotPermittedError(
            f"party {customs} made this claim itself", hint="Somebody else has to look at it."
        )
    if answered_at_unix < claim.claimed_at_unix - MAX_CLOCK_DRIFT_S:
        raise NotPermittedError(
            f"the declaration is of {utc_text(claim.claimed_at_unix)}, the answer of"
            f" {utc_text(answered_at_unix)}",
            hint="Customs answer what was declared before.",
        )
