"""The branches of append_many.tree."""

import pytest

from support import K, batch_id, fold, low, make_gtin, record, refuses

LOTS = ("L2", "L3", "L4")


@pytest.fixture
def batches(world):
    """Register three more batches; return all four ids in ascending order."""
    for lot in LOTS:
        world.ledger.registerBatch(make_gtin(1), lot, 7, b"", {"from": world.key.maker})
    return sorted([world.batch, *(batch_id(make_gtin(1), lot) for lot in LOTS)])


def heads(world, batches):
    return [bytes(world.ledger.headOf(batch)) for batch in batches]


# --- appendMany ----------------------------------------------------------------------------------


def test_append_many_when_the_lists_differ_in_length(world, ledger, key):
    with refuses("LengthMismatch", 1, 2):
        ledger.appendMany([world.batch], [record(K.CANNING)] * 2, {"from": key.maker})


def test_append_many_when_the_lists_are_empty(ledger, key):
    with refuses("NoRecords", bytes(32)):
        ledger.appendMany([], [], {"from": key.maker})


def test_append_many_when_the_caller_is_no_key(world, ledger):
    with refuses("KeyUnknown", low(world.stranger)):
        ledger.appendMany([world.batch], [record(K.CANNING)], {"from": world.stranger})


def test_append_many_when_one_batch_is_refused(world, ledger, key, batches):
    before, sequence = heads(world, batches), ledger.lastSequence()
    ids = [*batches, b"\x05" * 32]
    with refuses("BatchUnknown", b"\x05" * 32):
        ledger.appendMany(ids, [record(K.CANNING)] * len(ids), {"from": key.maker})
    assert heads(world, batches) == before
    assert ledger.lastSequence() == sequence


def test_append_many_when_all_is_well(world, ledger, gln, key, batches):
    before, sequence = heads(world, batches), ledger.lastSequence()
    written = [record(K.CANNING, tag=str(i)) * (i + 1) for i in range(len(batches))]
    tx = ledger.appendMany(batches[::-1], written, {"from": key.maker})
    events = tx.events["Appended"]
    assert [event["batchId"] for event in events] == ["0x" + id_.hex() for id_ in batches[::-1]]
    assert [event["sequence"] for event in events] == [sequence + 1 + i for i in range(4)]
    assert ledger.lastSequence() == sequence + 4
    after = [
        fold(head, gln.maker, tx.timestamp, records)
        for head, records in zip(before, written[::-1], strict=True)
    ]
    assert heads(world, batches) == after


def test_append_many_when_a_batch_is_named_twice(world, ledger, gln, key):
    head = bytes(ledger.headOf(world.batch))
    one, two = record(K.CANNING, tag="1"), record(K.CANNING, tag="2")
    tx = ledger.appendMany([world.batch] * 2, [one, two], {"from": key.maker})
    head = fold(fold(head, gln.maker, tx.timestamp, one), gln.maker, tx.timestamp, two)
    assert heads(world, [world.batch]) == [head]


# --- appendShared --------------------------------------------------------------------------------


def test_append_shared_when_there_is_no_batch(ledger, key):
    with refuses("NoRecords", bytes(32)):
        ledger.appendShared([], record(K.CANNING), {"from": key.maker})


def test_append_shared_when_the_ids_descend(ledger, key, batches):
    with refuses("BatchIdsNotAscending", batches[1], batches[0]):
        ledger.appendShared([batches[1], batches[0]], record(K.CANNING), {"from": key.maker})


def test_append_shared_when_an_id_is_repeated(ledger, key, batches):
    with refuses("BatchIdsNotAscending", batches[0], batches[0]):
        ledger.appendShared([batches[0]] * 2, record(K.CANNING), {"from": key.maker})


def test_append_shared_when_the_first_id_is_zero(ledger, key, batches):
    with refuses("BatchIdsNotAscending", bytes(32), bytes(32)):
        ledger.appendShared([bytes(32), *batches], record(K.CANNING), {"from": key.maker})


def test_append_shared_when_the_caller_is_no_key(world, ledger, batches):
    with refuses("KeyUnknown", low(world.stranger)):
        ledger.appendShared(batches, record(K.CANNING), {"from": world.stranger})


def test_append_shared_when_one_batch_is_refused(world, ledger, key, batches, append):
    append("carrier", record(K.HOLD), batches[-1])
    before, sequence = heads(world, batches), ledger.lastSequence()
    with refuses("BatchOnHold", batches[-1], K.DEPARTURE):
        ledger.appendShared(batches, record(K.DEPARTURE), {"from": key.carrier})
    assert heads(world, batches) == before
    assert ledger.lastSequence() == sequence


def test_append_shared_when_all_is_well(world, ledger, gln, key, batches):
    before, sequence = heads(world, batches), ledger.lastSequence()
    records = record(K.CONTAINER_LOADING) + record(K.DEPARTURE)
    tx = ledger.appendShared(batches, records, {"from": key.carrier})
    assert heads(world, batches) == [
        fold(head, gln.carrier, tx.timestamp, records) for head in before
    ]
    assert [event["records"] for event in tx.events["Appended"]] == ["0x" + records.hex()] * 4
    assert ledger.lastSequence() == sequence + 4
