"""Step (6): who wrote, whether the ledger knows them so, and what is held against them now."""

import hashlib
from collections.abc import Iterator, Mapping
from typing import Protocol

from tracer.domain.bundle import AppendRow, PartyFacts, SignerFacts
from tracer.domain.checks import Check
from tracer.domain.columns import differing_columns
from tracer.domain.evidence import Evidence, append_subject, party_subject
from tracer.domain.kinds import CLASS_ROLES, Kind
from tracer.domain.replay import kind_name
from tracer.domain.steps import COULD_NOT_ASK, Step
from tracer.domain.times import utc_text

PARTIES = Step(6, "parties-on-chain")
PROFILES = Step(6, "profiles")
ROLES = Step(6, "roles")
STANDING = Step(6, "standing")
KEYS = Step(6, "keys")

UNKNOWN, ACTIVE, SUSPENDED, BANNED = range(4)  # IPartyRegistry.Status


class PartyWord(Protocol):
    """What a node says about parties and keys; a part of all facts and of the core's."""

    @property
    def parties(self) -> Mapping[int, PartyFacts]:
        """GLN as a number -> what `partiesOf` returned."""

    @property
    def signers(self) -> Mapping[int, SignerFacts]:
        """Sequence of an append -> the key that signed it, where that had to be asked."""


def verify_parties(evidence: Evidence, facts: PartyWord | None, error: str) -> list[Check]:
    """(6) Profiles are those that the ledger pins; and what `verify_writers` checks."""
    found, rows = list(_check_profiles(evidence)), evidence.bundle.parties
    return [
        *PROFILES.conclude(found, count=len(rows)),
        *verify_writers(evidence, facts, error),
    ]


def verify_writers(evidence: Evidence, facts: PartyWord | None, error: str) -> list[Check]:
    """(6) Each signer's party had its role, is not since banned; revoked keys are named."""
    rows = evidence.bundle.parties
    if facts is None:
        asked = (PARTIES, ROLES, STANDING, KEYS)
        return [step.error(COULD_NOT_ASK, error=error) for step in asked]
    return [
        *PARTIES.conclude(
            list(_check_rows(evidence, facts)), count=len(evidence.parties | rows.keys())
        ),
        *ROLES.conclude(list(_check_roles(evidence, facts))),
        *STANDING.conclude(list(_check_standing(evidence, facts))),
        *KEYS.conclude(list(_check_keys(evidence, facts))),
    ]


def _check_profiles(evidence: Evidence) -> Iterator[Check]:
    for gln, row in sorted(evidence.bundle.parties.items()):
        if not row.profile:
            yield PROFILES.skipped("missing", party_subject(gln))
        elif hashlib.sha256(row.profile.encode("utf-8", "replace")).digest() != row.profile_digest:
            yield PROFILES.invalid("wrong", party_subject(gln))


def _check_rows(evidence: Evidence, facts: PartyWord) -> Iterator[Check]:
    rows = evidence.bundle.parties
    for gln in sorted(evidence.parties | rows.keys()):
        row, fact = rows.get(gln), facts.parties.get(gln)
        if gln not in evidence.parties and gln not in evidence.suppliers:
            yield PARTIES.invalid("unreferenced", party_subject(gln))
        elif row is None:
            yield PARTIES.invalid("missing", party_subject(gln))
        elif fact is None:
            yield PARTIES.error("unasked", party_subject(gln))
        elif columns := differing_columns(row, fact):
            yield PARTIES.invalid("differs", party_subject(gln), columns=columns)


def _check_roles(evidence: Evidence, facts: PartyWord) -> Iterator[Check]:
    """Name writers that lost a role. The ledger enforced it when each record was appended."""
    for gln in sorted(evidence.parties & facts.parties.keys()):
        roles = facts.parties[gln].roles
        lost = {
            record.kind
            for record in evidence.records
            if record.gln == gln
            and record.kind in set(Kind)
            and not CLASS_ROLES[Kind(record.kind).kind_class] & roles
        }
        if lost:
            kinds = ", ".join(kind_name(kind) for kind in sorted(lost))
            yield ROLES.skipped("changed", party_subject(gln), kinds=kinds)


def _check_standing(evidence: Evidence, facts: PartyWord) -> Iterator[Check]:
    for gln in sorted(evidence.parties & facts.parties.keys()):
        status = facts.parties[gln].status
        if status == BANNED:
            yield STANDING.invalid("banned", party_subject(gln))
        elif status == SUSPENDED:
            yield STANDING.skipped("suspended", party_subject(gln))
        elif status != ACTIVE:
            yield STANDING.invalid("unknown", party_subject(gln))


def _check_keys(evidence: Evidence, facts: PartyWord) -> Iterator[Check]:
    """Name records signed by a distrusted key.

    A party's `distrustFrom` moves with every revocation, ordinary ones too, so it only says for
    which appends the signing key must be looked at.
    """
    for append in evidence.bundle.appends:
        party = facts.parties.get(append.gln)
        since = party.distrust_from_unix if party else 0
        if since and append.recorded_at_unix >= since:
            yield from _check_signer(append, facts)


def _check_signer(append: AppendRow, facts: PartyWord) -> Iterator[Check]:
    signer = facts.signers.get(append.sequence)
    subject = f"{append_subject(append)} of {party_subject(append.gln)}"
    if signer is None or signer.gln != append.gln:
        yield KEYS.error("unknown", subject)
    elif signer.distrust_from_unix and append.recorded_at_unix >= signer.distrust_from_unix:
        yield KEYS.invalid("distrusted", subject, since=utc_text(signer.distrust_from_unix))
