"""Who tested what: contradictions are conflicts, silence is unverified, never assumed."""

from typing import Any

import pytest

from tracer.domain.cross_comparison import Agreement
from tracer.domain.kinds import Role
from tracer.domain.lab_identity import LabIdentity, LabParty, judge_identity

LAB = LabParty("9520010001039", Role.LABORATORY, is_owner=False, is_maker=False)
LOT = "A26B11K1"
FULL: dict[str, Any] = {
    "lot": LOT,
    "accreditation": "IANZ 9999 (invented)",
    "accreditedFrom": "2024-01-01",
    "accreditedUntil": "2027-12-31",
    "accreditedMethods": ["GB 5009.5", "GB 5009.12"],
    "sampledAt": "2026-02-12",
    "receivedAt": "2026-02-12",
    "testedFrom": "2026-02-12",
    "testedTo": "2026-02-24",
    "issuedAt": "2026-02-24T16:00:00+13:00",
    "results": [{"code": "protein", "method": "GB 5009.5"}],
}


def judged(issuer: LabParty = LAB, **changes: Any) -> LabIdentity:
    said = {k: v for k, v in {**FULL, **changes}.items() if v is not None}
    return judge_identity(said, issuer, LOT)


def keys(identity: LabIdentity, state: Agreement) -> set[str]:
    return {f.message.key.removeprefix("lab-id.") for f in identity.findings if f.state is state}


def test_a_report_that_says_everything_is_confirmed() -> None:
    identity = judged()
    assert identity.state is Agreement.CONFIRMED
    assert identity.scheme == "IANZ"
    assert keys(identity, Agreement.CONFIRMED) == {
        "independent", "same-lot", "dates", "scheme", "in-force", "in-scope",
    }  # fmt: skip
    assert identity.conflicts == ()


@pytest.mark.parametrize(
    ("party", "state", "outcome"),
    [
        (LabParty("1", Role.LABORATORY, is_owner=True, is_maker=False), "CONFLICT", "owner"),
        (LabParty("1", Role.LABORATORY, is_owner=False, is_maker=True), "CONFLICT", "maker"),
        (
            LabParty("1", Role.LABORATORY | Role.MANUFACTURER, is_owner=False, is_maker=False),
            "CONFLICT",
            "maker",
        ),
        (LabParty("1", Role.BROKER, is_owner=False, is_maker=False), "UNVERIFIED", "no-role"),
        (LabParty("1", None, is_owner=False, is_maker=False), "UNVERIFIED", "no-role"),
    ],
)
def test_independence(party: LabParty, state: str, outcome: str) -> None:
    identity = judged(party)
    assert identity.state == state
    assert outcome in keys(identity, Agreement(state))


@pytest.mark.parametrize(
    ("changes", "outcome"),
    [
        ({"lot": "A26B11K2"}, "other-lot"),
        ({"receivedAt": "2026-02-11"}, "received"),
        ({"testedFrom": "2026-02-11"}, "tested"),
        ({"testedTo": "2026-02-11"}, "ended"),
        ({"testedTo": "2026-02-26"}, "issued"),
        ({"accreditedUntil": "2026-02-23"}, "lapsed"),
        ({"accreditedFrom": "2026-02-13"}, "lapsed"),
    ],
)
def test_what_contradicts_the_report_is_a_conflict(changes: dict[str, Any], outcome: str) -> None:
    identity = judged(**changes)
    assert identity.state is Agreement.CONFLICT
    assert keys(identity, Agreement.CONFLICT) == {outcome}
    (message,) = identity.conflicts
    assert message.to_json()["english"]


@pytest.mark.parametrize(
    ("changes", "outcome"),
    [
        ({"lot": None}, "no-lot"),
        ({"sampledAt": None}, "no-dates"),
        ({"issuedAt": "yesterday"}, "no-dates"),
        ({"accreditation": None}, "no-number"),
        ({"accreditation": 5}, "no-number"),
        ({"accreditation": "UKAS 1234"}, "no-scheme"),
        ({"accreditation": "CNAS L12"}, "no-scheme"),
        ({"accreditedUntil": None}, "no-validity"),
        ({"accreditedUntil": "for ever"}, "no-validity"),
        ({"accreditedFrom": None}, "no-start"),
        ({"accreditedMethods": None}, "no-scope"),
        ({"accreditedMethods": ["GB 5009.12"]}, "scope"),
        ({"results": [{"method": "per report"}]}, "unnamed-method"),
        ({"results": None}, "unnamed-method"),
    ],
)
def test_what_the_report_does_not_say_is_unverified(changes: dict[str, Any], outcome: str) -> None:
    identity = judged(**changes)
    assert identity.state is Agreement.UNVERIFIED
    assert outcome in keys(identity, Agreement.UNVERIFIED)


@pytest.mark.parametrize(
    ("number", "scheme"),
    [
        ("IANZ 1", "IANZ"),
        ("RvA L123", "RvA"),
        ("INAB 99T", "INAB"),
        ("CNAS L1234", "CNAS"),
        ("CNAS L12345", "CNAS"),
        ("CMA 210000000001", "CMA"),
        ("RvA 123", ""),
        ("INAB 99", ""),
        ("CMA 21000000001", ""),
        ("CMA 2100000000\uff101", ""),
    ],
)
def test_schemes(number: str, scheme: str) -> None:
    assert judged(accreditation=number).scheme == scheme


def test_a_lapse_on_the_last_day_is_none() -> None:
    assert judged(accreditedUntil="2026-02-24").state is Agreement.CONFIRMED
    assert judged(accreditedFrom="2026-02-12").state is Agreement.CONFIRMED


def test_a_report_signed_east_of_the_laboratory_is_not_too_early() -> None:
    """Days have no zone: the 24th began at UTC+14 fourteen hours before it did in UTC."""
    assert judged(issuedAt="2026-02-23T10:00:00+00:00").state is Agreement.CONFIRMED
    assert judged(issuedAt="2026-02-23T09:59:59+00:00").state is Agreement.CONFLICT


@pytest.mark.parametrize("nonsense", [{}, {"lot": [], "results": {}, "accreditedMethods": "all"}])
def test_nonsense_is_unverified(nonsense: dict[str, Any]) -> None:
    assert judge_identity(nonsense, LAB, LOT).state is Agreement.UNVERIFIED
