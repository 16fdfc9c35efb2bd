"""Admission, roles, profile, suspension, prefixes and governance; the branches of parties.tree."""

from brownie import BatchLedger, accounts

from support import (
    ACTIVE,
    ALL_ROLES,
    BANNED,
    K,
    ROLE,
    SUSPENDED,
    ZERO_ADDRESS,
    ban,
    low,
    make_gln,
    record,
    refuses,
)

NEWCOMER = make_gln(900)
UNKNOWN = make_gln(901)
PROFILE = b"\x07" * 32


# --- constructor ---------------------------------------------------------------------------------


def test_constructor_when_governance_is_the_zero_address():
    with refuses("ZeroAddress"):
        accounts[0].deploy(BatchLedger, ZERO_ADDRESS, ZERO_ADDRESS)


def test_constructor_when_governance_is_given(ledger):
    successor = accounts[0].deploy(BatchLedger, accounts[5], ledger)
    assert successor.governance() == accounts[5]
    assert successor.predecessor() == ledger
    assert successor.lastSequence() == 1
    created = successor.tx.events["LedgerCreated"]
    assert dict(created) == {"sequence": 1, "governance": accounts[5], "predecessor": ledger}


# --- admitParty ----------------------------------------------------------------------------------


def admit(world, gln=NEWCOMER, roles=ROLE.CARRIER, admin=None, caller=None):
    by = {"from": caller or world.governance}
    return world.ledger.admitParty(gln, roles, admin or world.admin, PROFILE, by)


def test_admit_party_when_the_caller_is_not_governance(world):
    with refuses("NotGovernance", low(world.admin)):
        admit(world, caller=world.admin)


def test_admit_party_when_the_gln_has_a_wrong_check_digit(world):
    with refuses("InvalidGln", NEWCOMER + 1):
        admit(world, gln=NEWCOMER + 1)


def test_admit_party_when_the_gln_is_0(world):
    with refuses("InvalidGln", 0):
        admit(world, gln=0)


def test_admit_party_when_the_gln_has_14_digits(world):
    fourteen = 19412345000016  # its check digit is right
    with refuses("InvalidGln", fourteen):
        admit(world, gln=fourteen)


def test_admit_party_when_the_party_is_already_admitted(world):
    with refuses("PartyAlreadyAdmitted", world.gln.maker):
        admit(world, gln=world.gln.maker)


def test_admit_party_when_the_party_was_banned(world):
    ban(world, world.gln.supplier)
    with refuses("PartyAlreadyAdmitted", world.gln.supplier):
        admit(world, gln=world.gln.supplier)


def test_admit_party_when_the_admin_is_the_zero_address(world):
    with refuses("ZeroAddress"):
        admit(world, admin=ZERO_ADDRESS)


def test_admit_party_when_the_roles_are_empty(world):
    with refuses("UnknownRoles", 0):
        admit(world, roles=0)


def test_admit_party_when_a_role_does_not_exist(world):
    with refuses("UnknownRoles", 1 << 12 | 1):
        admit(world, roles=1 << 12 | 1)


def test_admit_party_when_all_is_well(world, ledger):
    before = ledger.lastSequence()
    admitted = admit(world, roles=ALL_ROLES).events["PartyAdmitted"]
    assert ledger.partyOf(NEWCOMER) == (world.admin, ALL_ROLES, ACTIVE, 0, "0x" + PROFILE.hex())
    assert dict(admitted) == {
        "gln": NEWCOMER,
        "sequence": before + 1,
        "roles": ALL_ROLES,
        "admin": world.admin,
        "profileDigest": "0x" + PROFILE.hex(),
    }
    assert ledger.lastSequence() == before + 1


# --- setRoles ------------------------------------------------------------------------------------


def test_set_roles_when_the_caller_is_not_governance(world, ledger, gln):
    with refuses("NotGovernance", low(world.admin)):
        ledger.setRoles(gln.carrier, ROLE.WAREHOUSE, {"from": world.admin})


def test_set_roles_when_the_party_is_unknown(world, ledger):
    with refuses("PartyUnknown", UNKNOWN):
        ledger.setRoles(UNKNOWN, ROLE.WAREHOUSE, {"from": world.governance})


def test_set_roles_when_the_party_is_banned(world, ledger, gln):
    ban(world, gln.carrier)
    with refuses("PartyIsBanned", gln.carrier):
        ledger.setRoles(gln.carrier, ROLE.WAREHOUSE, {"from": world.governance})


def test_set_roles_when_a_role_does_not_exist(world, ledger, gln):
    with refuses("UnknownRoles", 1 << 15):
        ledger.setRoles(gln.carrier, 1 << 15, {"from": world.governance})


def test_set_roles_when_all_is_well(world, ledger, gln, append):
    append("carrier", record(K.DEPARTURE))
    tx = ledger.setRoles(gln.carrier, ROLE.RETAILER, {"from": world.governance})
    assert tx.events["PartyRolesChanged"]["roles"] == ROLE.RETAILER
    append("carrier", record(K.SALE))
    with refuses("KindNotPermitted", gln.carrier, K.DEPARTURE):
        append("carrier", record(K.DEPARTURE))


# --- setProfile ----------------------------------------------------------------------------------


def test_set_profile_when_the_caller_is_not_governance(world, ledger, gln):
    with refuses("NotGovernance", low(world.admin)):
        ledger.setProfile(gln.carrier, PROFILE, {"from": world.admin})


def test_set_profile_when_the_party_is_unknown(world, ledger):
    with refuses("PartyUnknown", UNKNOWN):
        ledger.setProfile(UNKNOWN, PROFILE, {"from": world.governance})


def test_set_profile_when_all_is_well(world, ledger, gln):
    tx = ledger.setProfile(gln.carrier, PROFILE, {"from": world.governance})
    assert tx.events["PartyProfileChanged"]["profileDigest"] == "0x" + PROFILE.hex()
    assert ledger.partyOf(gln.carrier)[4] == "0x" + PROFILE.hex()


# --- suspendParty --------------------------------------------------------------------------------


def test_suspend_party_when_the_caller_is_not_governance(world, ledger, gln):
    with refuses("NotGovernance", low(world.stranger)):
        ledger.suspendParty(gln.carrier, {"from": world.stranger})


def test_suspend_party_when_the_party_is_unknown(world, ledger):
    with refuses("PartyUnknown", UNKNOWN):
        ledger.suspendParty(UNKNOWN, {"from": world.governance})


def test_suspend_party_when_the_party_is_banned(world, ledger, gln):
    ban(world, gln.carrier)
    with refuses("PartyIsBanned", gln.carrier):
        ledger.suspendParty(gln.carrier, {"from": world.governance})


def test_suspend_party_when_the_party_is_suspended(world, ledger, gln):
    ledger.suspendParty(gln.carrier, {"from": world.governance})
    with refuses("PartyNotActive", gln.carrier, SUSPENDED):
        ledger.suspendParty(gln.carrier, {"from": world.governance})


def test_suspend_party_when_the_party_is_active(world, ledger, gln, append):
    tx = ledger.suspendParty(gln.carrier, {"from": world.governance})
    assert tx.events["PartySuspended"]["gln"] == gln.carrier
    assert ledger.partyOf(gln.carrier)[2] == SUSPENDED
    with refuses("PartyNotActive", gln.carrier, SUSPENDED):
        append("carrier", record(K.DEPARTURE))


# --- reinstateParty ------------------------------------------------------------------------------


def test_reinstate_party_when_the_caller_is_not_governance(world, ledger, gln):
    with refuses("NotGovernance", low(world.admin)):
        ledger.reinstateParty(gln.carrier, {"from": world.admin})


def test_reinstate_party_when_the_party_is_unknown(world, ledger):
    with refuses("PartyUnknown", UNKNOWN):
        ledger.reinstateParty(UNKNOWN, {"from": world.governance})


def test_reinstate_party_when_the_party_is_banned(world, ledger, gln):
    ban(world, gln.carrier)
    with refuses("PartyIsBanned", gln.carrier):
        ledger.reinstateParty(gln.carrier, {"from": world.governance})
    assert ledger.partyOf(gln.carrier)[2] == BANNED


def test_reinstate_party_when_the_party_is_active(world, ledger, gln):
    with refuses("PartyNotSuspended", gln.carrier, ACTIVE):
        ledger.reinstateParty(gln.carrier, {"from": world.governance})


def test_reinstate_party_when_the_party_is_suspended(world, ledger, gln, append):
    ledger.suspendParty(gln.carrier, {"from": world.governance})
    tx = ledger.reinstateParty(gln.carrier, {"from": world.governance})
    assert tx.events["PartyReinstated"]["gln"] == gln.carrier
    append("carrier", record(K.DEPARTURE))


# --- assignPrefix --------------------------------------------------------------------------------


def test_assign_prefix_when_the_caller_is_not_governance(world, ledger, gln):
    with refuses("NotGovernance", low(world.admin)):
        ledger.assignPrefix(gln.maker, 4, 1234, {"from": world.admin})


def test_assign_prefix_when_the_party_is_unknown(world, ledger):
    with refuses("PartyUnknown", UNKNOWN):
        ledger.assignPrefix(UNKNOWN, 4, 1234, {"from": world.governance})


def test_assign_prefix_when_the_prefix_is_shorter_than_4_digits(world, ledger, gln):
    with refuses("InvalidPrefix", 3, 123):
        ledger.assignPrefix(gln.maker, 3, 123, {"from": world.governance})


def test_assign_prefix_when_the_prefix_is_longer_than_12_digits(world, ledger, gln):
    with refuses("InvalidPrefix", 13, 123):
        ledger.assignPrefix(gln.maker, 13, 123, {"from": world.governance})


def test_assign_prefix_when_the_number_has_more_digits_than_it_claims(world, ledger, gln):
    with refuses("InvalidPrefix", 4, 10_000):
        ledger.assignPrefix(gln.maker, 4, 10_000, {"from": world.governance})


def test_assign_prefix_when_the_prefix_is_already_assigned(world, ledger, gln):
    for claimant in (gln.rival, gln.maker):
        with refuses("PrefixTaken", 7, 9412345, gln.maker):
            ledger.assignPrefix(claimant, 7, 9412345, {"from": world.governance})


def test_assign_prefix_when_all_is_well(world, ledger, gln):
    for digits, prefix in ((4, 0), (4, 9999), (12, 10**12 - 1), (8, 94123450)):
        tx = ledger.assignPrefix(gln.maker, digits, prefix, {"from": world.governance})
        assigned = tx.events["PrefixAssigned"]
        assert (assigned["gln"], assigned["digits"], assigned["prefix"]) == (
            gln.maker,
            digits,
            prefix,
        )
        assert ledger.prefixOwner(digits, prefix) == gln.maker
    assert ledger.prefixOwner(5, 0) == 0  # 0000 and 00000 are different prefixes


# --- governance ----------------------------------------------------------------------------------


def test_propose_governance_when_the_caller_is_not_governance(world, ledger):
    with refuses("NotGovernance", low(world.admin)):
        ledger.proposeGovernance(world.admin, {"from": world.admin})


def test_propose_governance_when_an_address_is_proposed(world, ledger):
    tx = ledger.proposeGovernance(world.admin, {"from": world.governance})
    assert tx.events["GovernanceProposed"]["proposed"] == world.admin
    assert ledger.governance() == world.governance


def test_propose_governance_when_the_zero_address_is_proposed(world, ledger):
    ledger.proposeGovernance(world.admin, {"from": world.governance})
    ledger.proposeGovernance(ZERO_ADDRESS, {"from": world.governance})
    with refuses("NotProposedGovernance", low(world.admin)):
        ledger.acceptGovernance({"from": world.admin})


def test_accept_governance_when_the_caller_was_not_proposed(world, ledger):
    ledger.proposeGovernance(world.admin, {"from": world.governance})
    with refuses("NotProposedGovernance", low(world.governance)):
        ledger.acceptGovernance({"from": world.governance})


def test_accept_governance_when_the_proposed_address_calls(world, ledger):
    ledger.proposeGovernance(world.admin, {"from": world.governance})
    transferred = ledger.acceptGovernance({"from": world.admin}).events["GovernanceTransferred"]
    assert transferred["previous"] == world.governance
    assert transferred["current"] == ledger.governance() == world.admin
    with refuses("NotGovernance", low(world.governance)):
        ledger.proposeGovernance(world.governance, {"from": world.governance})
    with refuses("NotProposedGovernance", low(world.admin)):
        ledger.acceptGovernance({"from": world.admin})
