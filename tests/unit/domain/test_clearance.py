"""Clearance: how far it is proven, how long it took, and what contradicts it."""

import pytest
from bundle_odd import ODD
from ledger_model import LedgerModel
from sample_batches import (
    AS_OF_UNIX,
    BROKER,
    CUSTOMS,
    advance_to,
    import_batch,
    issued,
    small_batch,
)

from tracer.domain.bundle import SignerFacts
from tracer.domain.cards import PaperState, VerdictCode
from tracer.domain.checks import CheckStatus
from tracer.domain.documents import DocType
from tracer.domain.kinds import Kind
from tracer.domain.passport import Passport, build_passport
from tracer.domain.records import Record
from tracer.domain.verify import verify_bundle


def passport_of(ledger: LedgerModel) -> Passport:
    bundle = ledger.bundle()
    checks = verify_bundle(bundle, ledger.facts(bundle), as_of_unix=AS_OF_UNIX)
    return build_passport(bundle, checks, AS_OF_UNIX)


def state_of(passport: Passport, doc_type: DocType) -> PaperState:
    return next(card.state for card in passport.papers if card.doc_type == doc_type.name)


def test_without_events_claim_and_confirmation_are_the_moments() -> None:
    ledger = small_batch()
    advance_to(ledger, 32)
    claim = ledger.paper(
        DocType.CUSTOMS_DECLARATION, "224820261000300451", BROKER, issued(29), {"tins": 5}
    )
    ledger.append(BROKER, [claim])
    assert passport_of(ledger).clearance.hours is None
    confirmation = Record(Kind.CLEARANCE_CONFIRMATION, issued(30.5)[1], None, claim.digest)
    ledger.append(CUSTOMS, [confirmation])
    card = passport_of(ledger).clearance
    assert (card.state, card.hours, card.target_hours) == ("CLEARED", 36, 48)
    assert card.hours_from_arrival == 252


def test_an_objection_is_never_green_and_names_its_record() -> None:
    passport = passport_of(ODD["odd-customs-object"][2]())
    card = passport.clearance
    assert (card.state, card.message.key) == ("CONFLICT", "clearance.CONFLICT")
    (reason,) = card.reasons
    assert reason.english == (
        "customs object to the clearance in record 21 (CORRECTION): WEIGHT: 2 kg more than declared"
    )
    assert passport.verdict.code is VerdictCode.NOT_VERIFIED
    assert passport.verdict.reason.key == "reason.clearance"
    assert passport.authentic is CheckStatus.VALID
    assert state_of(passport, DocType.CUSTOMS_DECLARATION) is PaperState.CONFLICT


@pytest.mark.parametrize(
    "name",
    ["odd-customs-objected-and-confirmed", "odd-carrier-objects", "odd-objection-to-another-claim"],
)
def test_other_words_change_nothing(name: str) -> None:
    assert passport_of(ODD[name][2]()).clearance.state == "CLEARED"


def test_a_conflict_wins_over_a_confirmation_and_says_why() -> None:
    passport = passport_of(import_batch(bill_of_lading={"container": "XMPU2604028"}))
    card = passport.clearance
    assert card.state == "CONFLICT"
    assert {reason.key for reason in card.reasons} == {"cross.conflict", "clearance.conflict"}
    assert any("XMPU2604028" in reason.params.values() for reason in card.reasons)


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("odd-paper-withheld", "clearance.withheld"),
        ("odd-cited-paper-never-recorded", "clearance.cited"),
        ("odd-confirmed-by-another-office", "clearance.offices"),
    ],
)
def test_what_cannot_be_compared_is_not_cleared(name: str, key: str) -> None:
    passport = passport_of(ODD[name][2]())
    card = passport.clearance
    assert (card.state, card.message.key) == ("CLAIMED", "clearance.doubted")
    assert [reason.key for reason in card.reasons] == [key]
    assert "note.clearance-doubted" in [note.key for note in passport.verdict.notes]


def test_a_stolen_key_contradicts_the_clearance() -> None:
    ledger = import_batch()
    since = issued(29)[1]
    ledger.with_party(BROKER, distrust_from_unix=since)
    bundle = ledger.bundle()
    facts = ledger.facts(bundle)
    append = next(row for row in bundle.appends if row.gln == int(BROKER))
    signer = SignerFacts(bytes(20), int(BROKER), since)
    facts = type(facts)(
        facts.node, facts.batch, facts.parties, facts.registered, facts.appended,
        {append.sequence: signer},
    )  # fmt: skip
    checks = verify_bundle(bundle, facts, as_of_unix=AS_OF_UNIX)
    found = {check.key for check in checks if check.status is CheckStatus.INVALID}
    assert found == {"keys.distrusted", "cross.key", "clearance.conflict"}
    passport = build_passport(bundle, checks, AS_OF_UNIX)
    assert passport.clearance.state == "CONFLICT"
    assert state_of(passport, DocType.CUSTOMS_DECLARATION) is PaperState.CONFLICT
