"""The branches of inspections.tree."""

from hashlib import sha256

from support import BANNED, K, ROLE, ban, inspect, low, make_gln, record, refuses

UNKNOWN = make_gln(901)


def standing(world, name="supplier"):
    return tuple(world.ledger.standingOf(getattr(world.gln, name)))


def status(world, name="supplier"):
    return world.ledger.partyOf(getattr(world.gln, name))[2]


def test_inspect_party_when_the_caller_is_no_key(world, ledger, gln):
    with refuses("KeyUnknown", low(world.stranger)):
        ledger.inspectParty(gln.supplier, b"\1", False, b"\1", {"from": world.stranger})


def test_inspect_party_when_the_caller_is_no_inspector(world, gln):
    with refuses("RoleMissing", gln.authority, ROLE.INSPECTOR):
        inspect(world, "authority", gln.supplier, False, "a")


def test_inspect_party_when_the_inspector_inspects_itself(world, gln):
    with refuses("SelfInspection", gln.inspector):
        inspect(world, "inspector", gln.inspector, True, "a")


def test_inspect_party_when_the_party_is_unknown(world):
    with refuses("PartyUnknown", UNKNOWN):
        inspect(world, "inspector", UNKNOWN, True, "a")


def test_inspect_party_when_the_party_is_banned(world, gln):
    ban(world, gln.supplier)
    for passed in (True, False):
        with refuses("PartyIsBanned", gln.supplier):
            inspect(world, "inspector", gln.supplier, passed, "a")


def test_inspect_party_when_the_inspection_id_was_counted(world, gln):
    inspect(world, "inspector", gln.supplier, False, "a")
    for inspector, passed in (("inspector", False), ("inspector2", False), ("inspector", True)):
        with refuses("InspectionAlreadyCounted", sha256(b"a").digest()):
            inspect(world, inspector, gln.supplier, passed, "a")
    assert standing(world) == (1, gln.inspector, False)


def test_inspect_party_when_the_inspection_id_was_counted_for_another_party(world, gln):
    inspect(world, "inspector", gln.carrier, True, "a")
    with refuses("InspectionAlreadyCounted", sha256(b"a").digest()):
        inspect(world, "inspector", gln.supplier, False, "a")


def test_inspect_party_when_the_party_fails(world, ledger, gln):
    tx = inspect(world, "inspector", gln.supplier, False, "a")
    assert standing(world) == (1, gln.inspector, False)
    digest = "0x" + sha256(b"a").hexdigest()
    assert dict(tx.events["PartyInspected"]) == {
        "gln": gln.supplier,
        "inspector": gln.inspector,
        "sequence": ledger.lastSequence(),
        "inspectionId": digest,
        "passed": False,
        "consecutiveFailures": 1,
        "digest": digest,
    }


def test_inspect_party_when_the_party_passes(world, gln):
    inspect(world, "inspector", gln.supplier, False, "a")
    inspect(world, "inspector2", gln.supplier, False, "b")
    assert standing(world) == (2, gln.inspector, True)
    tx = inspect(world, "inspector2", gln.supplier, True, "c")
    assert tx.events["PartyInspected"]["consecutiveFailures"] == 0
    assert standing(world) == (0, 0, False)


def test_inspect_party_when_the_party_is_suspended(world, ledger, gln):
    ledger.suspendParty(gln.supplier, {"from": world.governance})
    ban(world, gln.supplier)
    assert status(world) == BANNED


def test_inspect_party_when_three_failures_come_from_two_inspectors(world, ledger, gln, append):
    tx = ban(world, gln.supplier)
    assert [event.name for event in tx.events] == ["PartyInspected", "PartyBanned"]
    assert tx.events["PartyBanned"]["sequence"] == ledger.lastSequence()
    assert tx.events["PartyInspected"]["sequence"] == ledger.lastSequence() - 1
    with refuses("PartyNotActive", gln.supplier, BANNED):
        append("supplier", record(K.MILK_COLLECTION))


def test_inspect_party_when_three_failures_come_from_one_inspector(world, gln):
    for tag in "abcde":
        inspect(world, "inspector", gln.supplier, False, tag)
    assert standing(world) == (5, gln.inspector, False)
    assert status(world) != BANNED


def test_inspect_party_when_another_inspector_fails_it_after_three_failures_from_one(world, gln):
    for tag in "abc":
        inspect(world, "inspector", gln.supplier, False, tag)
    tx = inspect(world, "inspector2", gln.supplier, False, "d")
    assert "PartyBanned" in tx.events
    assert status(world) == BANNED


def test_inspect_party_when_a_pass_comes_before_the_third_failure(world, gln):
    for round_ in range(3):
        inspect(world, "inspector", gln.supplier, False, f"a{round_}")
        inspect(world, "inspector2", gln.supplier, False, f"b{round_}")
        inspect(world, "inspector2", gln.supplier, True, f"c{round_}")
    assert status(world) != BANNED


def test_inspect_party_when_the_second_inspector_failed_it_before_a_pass(world, gln):
    inspect(world, "inspector2", gln.supplier, False, "a")
    inspect(world, "inspector2", gln.supplier, True, "b")
    for tag in "cde":
        inspect(world, "inspector", gln.supplier, False, tag)
    assert standing(world) == (3, gln.inspector, False)
    assert status(world) != BANNED
