"""The three samples verify, and their passports say what their stories end in."""

from functools import cache
from typing import Any

import pytest
from sample_ledger import TODAY_UNIX, SampleLedger, sample_ledger

from tracer.domain.cards import PaperState, VerdictCode
from tracer.domain.checks import Check, CheckStatus
from tracer.domain.identifiers import DigitalLink
from tracer.domain.passport import Passport, build_passport
from tracer.domain.verify import authenticity, verify_bundle

STORIES = {
    "nz": (VerdictCode.OK, 30.5, []),
    "nl": (
        VerdictCode.OK_WITH_NOTE,
        43.17,
        ["note.condition-major", "note.lab-NOT_JUDGED", "note.hold-lifted"],
    ),
    "ie": (VerdictCode.RECALLED, 32.25, ["note.lab-fail-unjudged"]),
}


@cache
def passport(name: str) -> tuple[Passport, tuple[Check, ...]]:
    ledger: SampleLedger = sample_ledger(name)
    serial = ledger.serials[len(ledger.serials) // 2]
    bundle = ledger.bundle(serial)
    link = DigitalLink.parse(f"https://example.org/01/{ledger.gtin}/10/{ledger.lot}/21/{serial}")
    checks = verify_bundle(bundle, ledger.facts(bundle), as_of_unix=TODAY_UNIX, link=link)
    return build_passport(bundle, checks, TODAY_UNIX), tuple(checks)


@pytest.fixture(params=STORIES)
def name(request: pytest.FixtureRequest) -> Any:
    return request.param


def test_everything_shown_is_genuine(name: str) -> None:
    _, checks = passport(name)
    assert authenticity(checks) is CheckStatus.VALID
    crosses = {check.name: check.key for check in checks if check.name.startswith("C")}
    banned_later = {"C11": "cross.supplier-since"} if name == "ie" else {}
    assert crosses == {f"C{n}": f"C{n}.confirmed" for n in range(1, 13)} | banned_later


def test_the_verdict_is_the_story_s_end(name: str) -> None:
    shown, _ = passport(name)
    verdict, hours, notes = STORIES[name]
    assert shown.verdict.code is verdict
    assert [note.key for note in shown.verdict.notes] == notes
    assert shown.clearance.hours is not None
    assert round(shown.clearance.hours, 2) == hours


def test_every_paper_is_by_its_issuer(name: str) -> None:
    shown, _ = passport(name)
    states = {paper.state for paper in shown.papers}
    assert states == {PaperState.CONFIRMED, PaperState.CLEARED}


def test_every_part_of_the_page_has_something_to_show(name: str) -> None:
    shown, _ = passport(name)
    assert shown.product.name_zh
    assert shown.labs
    assert shown.conditions
    assert shown.carbon
    assert shown.csr
    assert all(party.name_zh and party.name_en for party in shown.parties)
    assert all(step.place is None or step.place.name_zh for step in shown.journey)
