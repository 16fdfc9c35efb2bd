"""Admins, keys, partners and who a caller is; the branches of keys.tree."""

from brownie import accounts

from support import (
    ALL_ROLES,
    BANNED,
    FOREVER,
    K,
    ROLE,
    SUSPENDED,
    ZERO_ADDRESS,
    ban,
    low,
    make_gln,
    now,
    record,
    refuses,
    set_next_block_time,
)

UNKNOWN = make_gln(901)


def fresh_key():
    return accounts[25]


def add_key(world, roles=ALL_ROLES, start=0, end=FOREVER, whose="carrier", key=None, caller=None):
    party = getattr(world.gln, whose)
    by = {"from": caller or world.admin}
    return world.ledger.addKey(party, key or fresh_key(), roles, start, end, by)


# --- changeAdmin ---------------------------------------------------------------------------------


def test_change_admin_when_the_caller_is_neither_admin_nor_governance(world, ledger, gln):
    with refuses("NotAdmin", gln.carrier, low(world.other_admin)):
        ledger.changeAdmin(gln.carrier, world.other_admin, {"from": world.other_admin})


def test_change_admin_when_the_party_is_unknown(world, ledger):
    with refuses("PartyUnknown", UNKNOWN):
        ledger.changeAdmin(UNKNOWN, world.admin, {"from": world.governance})


def test_change_admin_when_the_new_admin_is_the_zero_address(world, ledger, gln):
    with refuses("ZeroAddress"):
        ledger.changeAdmin(gln.carrier, ZERO_ADDRESS, {"from": world.admin})


def test_change_admin_when_the_admin_calls(world, ledger, gln):
    tx = ledger.changeAdmin(gln.carrier, world.other_admin, {"from": world.admin})
    assert tx.events["AdminChanged"]["admin"] == world.other_admin
    with refuses("NotAdmin", gln.carrier, low(world.admin)):
        add_key(world)
    add_key(world, caller=world.other_admin)


def test_change_admin_when_governance_calls(world, ledger, gln):
    tx = ledger.changeAdmin(gln.carrier, world.other_admin, {"from": world.governance})
    assert tx.events["AdminChanged"]["gln"] == gln.carrier
    assert ledger.partyOf(gln.carrier)[0] == world.other_admin


def test_change_admin_when_the_party_is_banned(world, ledger, gln):
    ban(world, gln.carrier)
    tx = ledger.changeAdmin(gln.carrier, world.other_admin, {"from": world.governance})
    assert "AdminChanged" in tx.events


# --- addKey --------------------------------------------------------------------------------------


def test_add_key_when_the_caller_is_the_admin_of_another_party(world, gln):
    with refuses("NotAdmin", gln.carrier, low(world.other_admin)):
        add_key(world, caller=world.other_admin)


def test_add_key_when_the_caller_is_governance(world, gln):
    with refuses("NotAdmin", gln.carrier, low(world.governance)):
        add_key(world, caller=world.governance)


def test_add_key_when_the_party_is_unknown(world, ledger):
    with refuses("NotAdmin", UNKNOWN, low(world.admin)):
        ledger.addKey(UNKNOWN, fresh_key(), 1, 0, FOREVER, {"from": world.admin})


def test_add_key_when_the_party_is_banned(world, gln):
    ban(world, gln.carrier)
    with refuses("PartyIsBanned", gln.carrier):
        add_key(world)


def test_add_key_when_the_key_is_the_zero_address(world):
    with refuses("ZeroAddress"):
        add_key(world, key=ZERO_ADDRESS)


def test_add_key_when_the_key_belongs_to_another_party(world, gln, key):
    with refuses("KeyTaken", low(key.maker), gln.maker):
        add_key(world, key=key.maker)


def test_add_key_when_the_key_was_revoked(world, ledger, gln, key):
    ledger.revokeKey(gln.carrier, key.carrier, now(), {"from": world.admin})
    with refuses("KeyTaken", low(key.carrier), gln.carrier):
        add_key(world, key=key.carrier)


def test_add_key_when_the_roles_are_empty(world):
    with refuses("UnknownRoles", 0):
        add_key(world, roles=0)


def test_add_key_when_a_role_does_not_exist(world):
    with refuses("UnknownRoles", 1 << 12):
        add_key(world, roles=1 << 12)


def test_add_key_when_the_validity_ends_before_it_begins(world):
    with refuses("InvalidValidity", 2000, 1999):
        add_key(world, start=2000, end=1999)


def test_add_key_when_all_is_well(world, ledger, gln):
    tx = add_key(world, roles=ROLE.CARRIER, start=7, end=FOREVER)
    assert dict(tx.events["KeyAdded"]) == {
        "gln": gln.carrier,
        "key": fresh_key(),
        "sequence": ledger.lastSequence(),
        "roles": ROLE.CARRIER,
        "validFrom": 7,
        "validUntil": FOREVER,
    }
    assert ledger.keysOf([fresh_key()]) == ((gln.carrier, ROLE.CARRIER, 7, FOREVER, 0, 0),)
    ledger.append(world.batch, record(K.DEPARTURE), {"from": fresh_key()})


# --- revokeKey -----------------------------------------------------------------------------------


def test_revoke_key_when_the_caller_is_the_admin_of_another_party(world, ledger, gln, key):
    with refuses("NotAdmin", gln.carrier, low(world.other_admin)):
        ledger.revokeKey(gln.carrier, key.carrier, now(), {"from": world.other_admin})


def test_revoke_key_when_the_key_is_unknown(world, ledger, gln):
    with refuses("KeyUnknown", low(fresh_key())):
        ledger.revokeKey(gln.carrier, fresh_key(), now(), {"from": world.admin})


def test_revoke_key_when_the_key_belongs_to_another_party(world, ledger, gln, key):
    with refuses("KeyUnknown", low(key.maker)):
        ledger.revokeKey(gln.carrier, key.maker, now(), {"from": world.admin})


def test_revoke_key_when_the_key_is_already_revoked(world, ledger, gln, key):
    ledger.revokeKey(gln.carrier, key.carrier, now(), {"from": world.admin})
    with refuses("KeyAlreadyRevoked", low(key.carrier)):
        ledger.revokeKey(gln.carrier, key.carrier, 1, {"from": world.admin})


def test_revoke_key_when_distrust_begins_in_the_future(world, ledger, gln, key):
    later = now() + 1000
    with refuses("InvalidDistrust", later):
        ledger.revokeKey(gln.carrier, key.carrier, later, {"from": world.admin})


def test_revoke_key_when_distrust_begins_at_0(world, ledger, gln, key):
    with refuses("InvalidDistrust", 0):
        ledger.revokeKey(gln.carrier, key.carrier, 0, {"from": world.admin})


def test_revoke_key_when_all_is_well(world, ledger, gln, key, append):
    stolen = now() - 3600
    tx = ledger.revokeKey(gln.carrier, key.carrier, stolen, {"from": world.admin})
    assert tx.events["KeyRevoked"]["distrustFrom"] == stolen
    assert ledger.keysOf([key.carrier])[0][4:] == (tx.timestamp, stolen)
    assert ledger.partyOf(gln.carrier)[3] == stolen
    with refuses("KeyNotValid", low(key.carrier), 0, FOREVER, tx.timestamp):
        append("carrier", record(K.DEPARTURE))


def test_revoke_key_when_two_keys_are_revoked(world, ledger, gln, key):
    add_key(world)
    early, late = now() - 7200, now() - 3600
    ledger.revokeKey(gln.carrier, key.carrier, early, {"from": world.admin})
    ledger.revokeKey(gln.carrier, fresh_key(), late, {"from": world.admin})
    assert ledger.partyOf(gln.carrier)[3] == early
    add_key(world, key=accounts[26])
    ledger.revokeKey(gln.carrier, accounts[26], early - 1, {"from": world.admin})
    assert ledger.partyOf(gln.carrier)[3] == early - 1


def test_revoke_key_when_the_party_is_banned(world, ledger, gln, key):
    ban(world, gln.carrier)
    tx = ledger.revokeKey(gln.carrier, key.carrier, now(), {"from": world.admin})
    assert "KeyRevoked" in tx.events


# --- setPartner ----------------------------------------------------------------------------------


def test_set_partner_when_the_caller_is_the_admin_of_another_party(world, ledger, gln):
    with refuses("NotAdmin", gln.maker, low(world.other_admin)):
        ledger.setPartner(gln.maker, gln.rival, True, {"from": world.other_admin})


def test_set_partner_when_the_partner_is_unknown(world, ledger, gln):
    with refuses("PartyUnknown", UNKNOWN):
        ledger.setPartner(gln.maker, UNKNOWN, True, {"from": world.admin})


def test_set_partner_when_the_party_is_banned(world, ledger, gln):
    ban(world, gln.maker)
    with refuses("PartyIsBanned", gln.maker):
        ledger.setPartner(gln.maker, gln.warehouse, True, {"from": world.admin})


def test_set_partner_when_a_partner_is_named(world, ledger, gln, append):
    tx = ledger.setPartner(gln.maker, gln.warehouse, True, {"from": world.admin})
    changed = tx.events["PartnerChanged"]
    assert (changed["gln"], changed["partner"], changed["trusted"]) == (
        gln.maker,
        gln.warehouse,
        True,
    )
    assert ledger.isPartner(gln.maker, gln.warehouse)
    assert not ledger.isPartner(gln.warehouse, gln.maker)
    assert ledger.partnersOf(gln.maker, [gln.warehouse, gln.rival]) == (True, False)
    append("warehouse", record(K.WAREHOUSE_RECEIPT))


def test_set_partner_when_a_partner_is_no_longer_named(world, ledger, gln, append):
    append("carrier", record(K.DEPARTURE))
    tx = ledger.setPartner(gln.maker, gln.carrier, False, {"from": world.admin})
    assert tx.events["PartnerChanged"]["trusted"] is False
    with refuses("NotOwnerNorPartner", world.batch, gln.carrier):
        append("carrier", record(K.ARRIVAL))


# --- authentication ------------------------------------------------------------------------------


def append_as_fresh_key(world, kind=K.DEPARTURE):
    return world.ledger.append(world.batch, record(kind), {"from": fresh_key()})


def test_authentication_when_the_caller_is_no_key(world):
    with refuses("KeyUnknown", low(fresh_key())):
        append_as_fresh_key(world)


def test_authentication_when_the_key_is_not_yet_valid(world):
    start = now() + 1000
    add_key(world, start=start, end=start + 10)
    set_next_block_time(start - 1)
    with refuses("KeyNotValid", low(fresh_key()), start, start + 10, 0):
        append_as_fresh_key(world)


def test_authentication_when_the_key_has_expired(world):
    end = now() + 1000
    add_key(world, end=end)
    append_as_fresh_key(world)
    set_next_block_time(end)
    append_as_fresh_key(world)
    set_next_block_time(end + 1)
    with refuses("KeyNotValid", low(fresh_key()), 0, end, 0):
        append_as_fresh_key(world)


def test_authentication_when_the_block_is_in_the_first_or_last_second_of_the_validity(world):
    # One second of validity, which is first and last at once.
    moment = now() + 1000
    add_key(world, start=moment, end=moment)
    set_next_block_time(moment)
    assert append_as_fresh_key(world).timestamp == moment


def test_authentication_when_the_party_is_suspended(world, ledger, gln, append):
    ledger.suspendParty(gln.maker, {"from": world.governance})
    with refuses("PartyNotActive", gln.maker, SUSPENDED):
        append("maker", record(K.CANNING))


def test_authentication_when_the_party_is_banned(world, gln, append):
    ban(world, gln.maker)
    with refuses("PartyNotActive", gln.maker, BANNED):
        append("maker", record(K.CANNING))


def test_authentication_when_the_key_has_fewer_roles_than_its_party(world, ledger, gln):
    ledger.setRoles(gln.carrier, ROLE.CARRIER | ROLE.RETAILER, {"from": world.governance})
    add_key(world, roles=ROLE.RETAILER)
    append_as_fresh_key(world, K.SALE)
    with refuses("KindNotPermitted", gln.carrier, K.DEPARTURE):
        append_as_fresh_key(world, K.DEPARTURE)
