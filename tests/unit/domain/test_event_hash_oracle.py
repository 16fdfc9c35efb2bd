"""Where the reference implementation 1.9.3 and this one differ, and which rule says so.

The published vectors hold for both. Each case here is outside of them; the named rule of
CBV 2.0 §8.9 decides. `tests/property/test_event_hash.py` shows that the two agree elsewhere.
"""

import json
from typing import Any

import pytest
from epcis_event_hash_generator import hash_generator, json_to_py

from tracer.domain.event_hash import pre_hash

CONTEXT: list[Any] = [
    "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld",
    {"ex": "https://x.example/"},
]
HEAD = "eventType=ObjectEventeventTime=2026-01-01T00:00:00.000ZeventTimeZoneOffset=+00:00"
EX = "{https://x.example/}"
PACKING = "bizStep=https://ref.gs1.org/cbv/BizStep-packing"

pytestmark = pytest.mark.filterwarnings("ignore:open_text is deprecated")


def event(**members: Any) -> dict[str, Any]:
    return {
        "type": "ObjectEvent",
        "eventTime": "2026-01-01T00:00:00Z",
        "eventTimeZoneOffset": "+00:00",
        **members,
    }


def reference(members: dict[str, Any], context: list[Any]) -> str:
    """What the reference implementation writes; empty if it drops the event."""
    document = {"@context": context, "epcisBody": {"eventList": [event(**members)]}}
    json_to_py._namespaces.clear()
    parsed = json_to_py.event_list_from_epcis_document_json(json.loads(json.dumps(document)))
    return "".join(hash_generator.derive_prehashes_from_events(parsed))


CASES = {
    "master-data-prefix-not-declared-in-line": (  # rules 15 and 19
        {"ilmd": {"cbvmda:lotNumber": "A"}},
        "ilmd{urn:epcglobal:cbv:mda:}lotNumber=A",
        "ilmdcbvmda:lotNumber=A",
    ),
    "identifier-of-digits-loses-leading-zeros": (  # rule 6 is about trailing zeros of quantities
        {"ex:seal": "007"}, f"{EX}seal=007", f"{EX}seal=7",
    ),
    "identifier-of-18-digits-is-rounded": (
        {"ex:sscc": "195200012602110002"},
        f"{EX}sscc=195200012602110002",
        f"{EX}sscc=195200012602110016",
    ),
    "text-taken-for-a-power-of-ten": (
        {"ex:lot": "1e5"}, f"{EX}lot=1e5", f"{EX}lot=100000",
    ),
    "small-number-with-exponent": (  # rule 6: the same quantity has one spelling
        {"ex:n": 1e-7}, f"{EX}n=0.0000001", f"{EX}n=1e-07",
    ),
    "boolean-in-python-spelling": (  # XML writes true
        {"ex:b": True}, f"{EX}b=true", f"{EX}b=True",
    ),
    "free-text-that-is-also-a-word": (  # rule 16 is about vocabulary elements only
        {"bizStep": "packing", "ex:note": "packing"},
        PACKING + f"{EX}note=packing",
        PACKING + f"{EX}note=https://ref.gs1.org/cbv/BizStep-packing",
    ),
    "needless-escape-in-a-digital-link": (  # rule 18: canonical
        {"epcList": ["https://a.example/01/09520010001015/21/A%2D1"]},
        "epcListepc=https://id.gs1.org/01/09520010001015/21/A-1",
        "epcListepc=https://a.example/01/09520010001015/21/A%2D1",
    ),
    "digital-link-of-a-host-without-a-dot": (  # rule 18, I
        {"epcList": ["http://mirror/01/09520010001015/21/A1"]},
        "epcListepc=https://id.gs1.org/01/09520010001015/21/A1",
        "epcListepc=http://mirror/01/09520010001015/21/A1",
    ),
    "order-of-keys-in-a-transaction": (  # every published vector puts the type first
        {"bizTransactionList": [{"bizTransaction": "urn:x:t", "type": "po"}]},
        "bizTransactionListtype=https://ref.gs1.org/cbv/BTT-pobizTransaction=urn:x:t",
        "bizTransactionListbizTransaction=urn:x:ttype=https://ref.gs1.org/cbv/BTT-po",
    ),
    "parent-of-a-transaction": (  # property order: epcList is 4, parentID is 5
        {"epcList": ["urn:x:a"], "parentID": "urn:x:p"},
        "epcListepc=urn:x:aparentID=urn:x:p",
        "parentID=urn:x:pepcListepc=urn:x:a",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("members", "ours", "theirs"), CASES.values(), ids=CASES)
def test_differences(members: dict[str, Any], ours: str, theirs: str) -> None:
    assert pre_hash(event(**members), CONTEXT) == HEAD + ours
    assert reference(members, CONTEXT) == HEAD + theirs


@pytest.mark.parametrize(
    ("written", "ours", "theirs"),
    [
        # rule 9: 5 to 9 in the fourth decimal round up; the reference rounds half to even
        ("2026-01-01T00:00:00.0005Z", "2026-01-01T00:00:00.001Z", "2026-01-01T00:00:00.000Z"),
        ("2026-01-01T00:00:00.0025Z", "2026-01-01T00:00:00.003Z", "2026-01-01T00:00:00.002Z"),
    ],
)
def test_rounding(written: str, ours: str, theirs: str) -> None:
    members = {"eventTime": written}
    assert f"eventTime={ours}" in pre_hash(event(**members), CONTEXT)
    assert f"eventTime={theirs}" in reference(members, CONTEXT)


@pytest.mark.parametrize(
    "members", [{"eventTime": "2025-12-31T23:59:59.9996Z"}, {"ex:note": "infinity"}]
)
def test_events_that_the_reference_drops(members: dict[str, Any]) -> None:
    assert pre_hash(event(**members), CONTEXT)
    assert reference(members, CONTEXT) == ""


def test_declared_in_line_the_two_agree_on_master_data() -> None:
    context = [*CONTEXT, {"cbvmda": "urn:epcglobal:cbv:mda:"}]
    members = {"ilmd": {"cbvmda:lotNumber": "A"}}
    assert pre_hash(event(**members), context) == reference(members, context)
