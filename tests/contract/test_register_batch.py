"""The branches of register_batch.tree."""

from support import (
    ALL_ROLES,
    FOREVER,
    K,
    ROLE,
    batch_id,
    fold,
    head0,
    low,
    make_gtin,
    record,
    refuses,
    with_check_digit,
)

GTIN = make_gtin(77)


def register(world, gtin=GTIN, lot="NZ2609A", digits=7, records=b"", who="maker"):
    by = {"from": getattr(world.key, who)}
    return world.ledger.registerBatch(gtin, lot, digits, records, by)


def test_register_batch_when_the_caller_is_no_key(world, ledger):
    with refuses("KeyUnknown", low(world.stranger)):
        ledger.registerBatch(GTIN, "A", 7, b"", {"from": world.stranger})


def test_register_batch_when_the_caller_holds_no_manufacturer_role(world, ledger, gln):
    with refuses("RoleMissing", gln.supplier, ROLE.MANUFACTURER):
        register(world, who="supplier")
    # A key without the role does not have it from its party.
    key = world.stranger
    ledger.addKey(gln.maker, key, ALL_ROLES ^ ROLE.MANUFACTURER, 0, FOREVER, {"from": world.admin})
    with refuses("RoleMissing", gln.maker, ROLE.MANUFACTURER):
        ledger.registerBatch(GTIN, "A", 7, b"", {"from": key})


def test_register_batch_when_the_gtin_has_a_wrong_check_digit(world):
    for wrong in range(10):
        gtin = GTIN[:13] + str(wrong).encode()
        if gtin != GTIN:
            with refuses("InvalidGtin", gtin):
                register(world, gtin=gtin)


def test_register_batch_when_the_gtin_holds_a_letter(world):
    for letter in b"/:Aa \0\xff":
        gtin = GTIN[:5] + bytes([letter]) + GTIN[6:]
        with refuses("InvalidGtin", gtin):
            register(world, gtin=gtin)


def test_register_batch_when_the_prefix_has_an_impossible_length(world):
    for digits in (0, 3, 13, 255):
        with refuses("InvalidPrefix", digits, 0):
            register(world, digits=digits)


def test_register_batch_when_nobody_owns_the_prefix(world, gln):
    with refuses("PrefixNotOwned", gln.maker, 8, 94123450):
        register(world, digits=8)


def test_register_batch_when_another_party_owns_the_prefix(world, gln):
    gtin = make_gtin(5, prefix="690123456")
    with refuses("PrefixNotOwned", gln.maker, 9, 690123456):
        register(world, gtin=gtin, digits=9)
    register(world, gtin=gtin, digits=9, who="rival")


def test_register_batch_when_the_lot_is_empty(world):
    with refuses("InvalidLot", ""):
        register(world, lot="")


def test_register_batch_when_the_lot_has_21_characters(world):
    with refuses("InvalidLot", "A" * 21):
        register(world, lot="A" * 21)
    register(world, lot="A" * 20)


def test_register_batch_when_the_lot_holds_a_character_outside_set_82(world):
    for character in " #$@[\\]^`{|}~\n\0é":
        with refuses("InvalidLot", f"A{character}1"):
            register(world, lot=f"A{character}1")


def test_register_batch_when_the_batch_is_already_registered(world):
    register(world)
    with refuses("BatchAlreadyRegistered", batch_id(GTIN, "NZ2609A")):
        register(world)


def test_register_batch_when_the_first_records_are_not_permitted(world, ledger, gln):
    ledger.setRoles(gln.maker, ALL_ROLES, {"from": world.governance})
    identifier = batch_id(GTIN, "NZ2609A")
    with refuses("OwnerNotIndependent", identifier, K.LAB_RESULT):
        register(world, records=record(K.CANNING) + record(K.LAB_RESULT))
    assert bytes(ledger.headOf(identifier)) == bytes(32)


def test_register_batch_when_there_are_no_records(world, ledger, gln):
    tx = register(world)
    identifier = batch_id(GTIN, "NZ2609A")
    head = "0x" + head0(ledger, identifier).hex()
    assert [event.name for event in tx.events] == ["BatchRegistered"]
    assert dict(tx.events["BatchRegistered"]) == {
        "batchId": "0x" + identifier.hex(),
        "gln": gln.maker,
        "sequence": ledger.lastSequence(),
        "gtin": "0x" + GTIN.hex(),
        "lot": "NZ2609A",
        "head": head,
    }
    assert ledger.batchOf(identifier) == (head, gln.maker, 0, 0, False)


def test_register_batch_when_there_are_records(world, ledger, gln):
    records = record(K.CANNING, tag="a") + record(K.SERIALS, tag="b")
    tx = register(world, records=records)
    identifier = batch_id(GTIN, "NZ2609A")
    head = "0x" + fold(head0(ledger, identifier), gln.maker, tx.timestamp, records).hex()
    assert [event.name for event in tx.events] == ["BatchRegistered", "Appended"]
    assert tx.events["BatchRegistered"]["sequence"] == ledger.lastSequence() - 1
    assert tx.events["Appended"]["sequence"] == ledger.lastSequence()
    assert tx.events["Appended"]["head"] == ledger.headOf(identifier) == head


def test_register_batch_when_the_same_lot_is_used_with_another_gtin(world, ledger):
    register(world)
    # The indicator digit is no part of the company prefix: a carton of the same maker.
    carton = make_gtin(77, indicator=1)
    assert carton == with_check_digit("1" + GTIN[1:13].decode()).encode()
    register(world, gtin=carton)
    heads = {bytes(ledger.headOf(batch_id(gtin, "NZ2609A"))) for gtin in (GTIN, carton)}
    assert len(heads) == 2
