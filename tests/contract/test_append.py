"""The branches of append.tree."""

import pytest

from support import (
    ALL_ROLES,
    DRIFT,
    K,
    TABLE,
    fold,
    now,
    record,
    refuses,
    set_next_block_time,
)

CLASS_NAMES = {value: name for name, value in TABLE["classes"].items()}
PASS_WHILE_HELD = {
    name: kind
    for name, kind in TABLE["kinds"].items()
    if CLASS_NAMES[kind >> 4] in TABLE["classesWhileHeld"]
}
MOVE_GOODS = {n: kind for n, kind in TABLE["kinds"].items() if n not in PASS_WHILE_HELD}


@pytest.fixture
def jack_of_all_trades(world, ledger, gln):
    """Let the authority, which may write to any batch, write every kind."""
    ledger.setRoles(gln.authority, ALL_ROLES, {"from": world.governance})


def status(world):
    """Return holds, holdRound and recalled."""
    return tuple(world.ledger.batchOf(world.batch))[2:]


# --- what is malformed ---------------------------------------------------------------------------


def test_append_when_the_batch_is_unknown(append):
    with refuses("BatchUnknown", b"\x05" * 32):
        append("maker", record(K.CANNING), b"\x05" * 32)


def test_append_when_there_are_no_records(world, append):
    with refuses("NoRecords", world.batch):
        append("maker", b"")


def test_append_when_the_last_record_is_cut_short(append):
    for length in (1, 5, 6, 43, 45, 87):
        with refuses("RecordsNotWhole", length):
            append("maker", (record(K.CANNING) * 2)[:length])


def test_append_when_the_kind_does_not_exist(append, jack_of_all_trades):
    for kind in (0x00, 0x0F, 0x10, 0x12, 0x2A, 0x44, 0xE3, 0xF0, 0xFF):
        with refuses("UnknownKind", kind):
            append("authority", record(kind))


# --- who may write -------------------------------------------------------------------------------


def test_append_when_the_writers_roles_do_not_permit_the_kind(gln, append):
    for name, kind in (
        ("carrier", K.CANNING),
        ("maker", K.SALE),
        ("laboratory", K.RECALL),
        ("authority", K.CLEARANCE_CONFIRMATION),
        ("customs", K.EXPORT_CERTIFICATION),
        ("supplier", K.HOLD),
    ):
        with refuses("KindNotPermitted", getattr(gln, name), kind):
            append(name, record(kind))


def test_append_when_the_writer_is_neither_owner_nor_partner_nor_authority(world, gln, append):
    for name, kind in (
        ("warehouse", K.WAREHOUSE_RECEIPT),
        ("rival", K.CANNING),
        ("rival", K.CORRECTION),
    ):
        with refuses("NotOwnerNorPartner", world.batch, getattr(gln, name)):
            append(name, record(kind))


def test_append_when_the_writer_named_the_owner_its_partner(world, ledger, gln, append):
    ledger.setPartner(gln.rival, gln.maker, True, {"from": world.other_admin})
    with refuses("NotOwnerNorPartner", world.batch, gln.rival):
        append("rival", record(K.CANNING))


def test_append_when_the_owner_writes_an_independent_class(world, ledger, gln, append):
    ledger.setRoles(gln.maker, ALL_ROLES, {"from": world.governance})
    for name, kind in TABLE["kinds"].items():
        if CLASS_NAMES[kind >> 4] in TABLE["independentClasses"]:
            with refuses("OwnerNotIndependent", world.batch, kind):
                append("maker", record(kind))
        elif name not in ("RELEASE",):  # it holds nothing
            append("maker", record(K.HOLD) + record(K.RELEASE) if name == "HOLD" else record(kind))
            if name == "RECALL":
                break  # the rest is about recalled batches


# --- when ----------------------------------------------------------------------------------------


def test_append_when_the_event_is_dated_beyond_the_clock_drift(append):
    moment = now() + 50
    for ahead in (1, 1000):
        when = moment + DRIFT + ahead
        set_next_block_time(moment)
        with refuses("OccurredInFuture", when, moment + DRIFT):
            append("maker", record(K.CANNING, when))
        moment = now() + 50
    with refuses("OccurredInFuture", 2**40 - 1, now() + DRIFT + 7):
        set_next_block_time(now() + 7)
        append("maker", record(K.CANNING, 2**40 - 1))


def test_append_when_the_event_is_dated_within_the_clock_drift(append):
    moment = now() + 50
    set_next_block_time(moment)
    assert append("maker", record(K.CANNING, moment + DRIFT)).timestamp == moment
    append("maker", record(K.CANNING, 0))


# --- all or nothing ------------------------------------------------------------------------------


def test_append_when_a_later_record_breaks_a_rule(world, ledger, append):
    head, sequence = ledger.headOf(world.batch), ledger.lastSequence()
    with refuses("UnknownKind", 0xFF):
        append("maker", record(K.CANNING) * 19 + record(0xFF))
    assert ledger.headOf(world.batch) == head
    assert ledger.lastSequence() == sequence


# --- what is written -----------------------------------------------------------------------------


def test_append_when_the_owner_writes(world, ledger, gln, append):
    head, sequence = bytes(ledger.headOf(world.batch)), ledger.lastSequence()
    records = record(K.CANNING, location=gln.maker, tag="a")
    tx = append("maker", records)
    expected = "0x" + fold(head, gln.maker, tx.timestamp, records).hex()
    assert ledger.headOf(world.batch) == expected
    assert dict(tx.events["Appended"]) == {
        "batchId": "0x" + world.batch.hex(),
        "gln": gln.maker,
        "sequence": sequence + 1,
        "head": expected,
        "records": "0x" + records.hex(),
    }


def test_append_when_a_partner_writes(gln, append):
    tx = append("carrier", record(K.DEPARTURE))
    assert tx.events["Appended"]["gln"] == gln.carrier


def test_append_when_an_authority_writes(gln, append):
    for name, kind in (
        ("authority", K.EXPORT_CERTIFICATION),
        ("customs", K.CLEARANCE_CONFIRMATION),
        ("inspector", K.INSPECTION),
    ):
        assert append(name, record(kind)).events["Appended"]["gln"] == getattr(gln, name)


def test_append_when_several_records_share_an_append(world, ledger, gln, append):
    head = bytes(ledger.headOf(world.batch))
    records = b"".join(record(K.CANNING, tag=str(i)) for i in range(20))
    tx = append("maker", records)
    assert len(tx.events) == 1
    expected = fold(head, gln.maker, tx.timestamp, records)
    assert ledger.headOf(world.batch) == "0x" + expected.hex()


# --- holds ---------------------------------------------------------------------------------------


def test_append_when_the_batch_is_on_hold(world, ledger, gln, append, jack_of_all_trades):
    append("retailer", record(K.HOLD))
    assert status(world) == (1, 0, False)
    assert ledger.holdsBatch(world.batch, gln.retailer)
    for kind in MOVE_GOODS.values():
        with refuses("BatchOnHold", world.batch, kind):
            append("authority", record(kind))
    with refuses("AlreadyHolder", world.batch, gln.retailer):
        append("retailer", record(K.HOLD))
    passing = [kind for kind in PASS_WHILE_HELD.values() if kind != K.HOLD_OVERRIDE]
    passing.remove(K.RELEASE)  # after the hold of the same party, in the order of the table
    append("authority", b"".join(map(record, [*passing, K.RELEASE])))
    assert status(world) == (1, 0, True)


def test_append_when_two_parties_hold_the_batch(world, append):
    append("retailer", record(K.HOLD))
    append("inspector", record(K.HOLD))
    append("retailer", record(K.RELEASE))
    with refuses("BatchOnHold", world.batch, K.DEPARTURE):
        append("carrier", record(K.DEPARTURE))
    append("inspector", record(K.RELEASE))
    append("carrier", record(K.DEPARTURE))
    assert status(world) == (0, 0, False)


def test_append_when_a_party_without_a_hold_releases(world, gln, append):
    append("retailer", record(K.HOLD))
    for name in ("maker", "authority", "inspector"):
        with refuses("NotHolder", world.batch, getattr(gln, name)):
            append(name, record(K.RELEASE))


def test_append_when_a_party_releases_twice(world, gln, append):
    append("retailer", record(K.HOLD))
    append("retailer", record(K.RELEASE))
    with refuses("NotHolder", world.batch, gln.retailer):
        append("retailer", record(K.RELEASE))


def test_append_when_an_authority_overrides_the_holds(world, ledger, gln, append):
    append("retailer", record(K.HOLD))
    append("inspector", record(K.HOLD))
    append("authority", record(K.HOLD_OVERRIDE))
    assert status(world) == (0, 1, False)
    assert not ledger.holdsBatch(world.batch, gln.retailer)
    append("carrier", record(K.DEPARTURE))
    with refuses("NotHolder", world.batch, gln.retailer):
        append("retailer", record(K.RELEASE))
    append("retailer", record(K.HOLD))
    assert status(world) == (1, 1, False)
    assert ledger.holdsBatch(world.batch, gln.retailer)
    assert not ledger.holdsBatch(world.batch, gln.inspector)


# --- recalls -------------------------------------------------------------------------------------


def test_append_when_the_batch_is_recalled(world, append, jack_of_all_trades):
    append("maker", record(K.RECALL))
    assert status(world) == (0, 0, True)
    for kind in MOVE_GOODS.values():
        with refuses("BatchRecalled", world.batch, kind):
            append("authority", record(kind))
    append("authority", b"".join(map(record, PASS_WHILE_HELD.values())))
    append("authority", record(K.HOLD_OVERRIDE))
    with refuses("BatchRecalled", world.batch, K.DEPARTURE):
        append("carrier", record(K.DEPARTURE))


# --- several records in one append ---------------------------------------------------------------


def test_append_when_a_hold_is_followed_by_a_shipment_in_one_append(world, append):
    with refuses("BatchOnHold", world.batch, K.DEPARTURE):
        append("carrier", record(K.HOLD) + record(K.DEPARTURE))
    assert status(world) == (0, 0, False)


def test_append_when_a_recall_is_followed_by_a_shipment_in_one_append(world, append):
    with refuses("BatchRecalled", world.batch, K.DEPARTURE):
        append("maker", record(K.RECALL) + record(K.DEPARTURE))


def test_append_when_a_recall_is_followed_by_a_destruction_in_one_append(world, append):
    append("maker", record(K.RECALL) + record(K.DESTRUCTION))
    assert status(world) == (0, 0, True)


def test_append_when_a_release_is_followed_by_a_shipment_in_one_append(world, append):
    append("carrier", record(K.HOLD))
    append("carrier", record(K.RELEASE) + record(K.DEPARTURE))
    assert status(world) == (0, 0, False)


def test_append_when_a_hold_and_its_release_share_an_append(world, ledger, gln, append):
    append("carrier", record(K.HOLD) + record(K.RELEASE))
    assert status(world) == (0, 0, False)
    assert not ledger.holdsBatch(world.batch, gln.carrier)
