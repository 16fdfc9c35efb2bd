"""Random inputs against single calls: payload bytes, key windows, shared appends, identifiers."""

import brownie
import hypothesis.strategies as st
import pytest
from brownie import ExposedLibraries
from hypothesis import given, settings

from conftest import CAST
from driver import Driver, wait_for_receipt
from ledger_model import SET_82, Batch, LedgerModel, Refused
from support import (
    ALL_ROLES,
    K,
    RECORD_LENGTH,
    TABLE,
    ask_node,
    batch_id,
    fold,
    make_gtin,
    now,
    record,
    rewound,
    set_next_block_time,
    with_check_digit,
)

KINDS = list(TABLE["kinds"].values())
PIECES = st.one_of(
    st.sampled_from(KINDS).map(record),
    st.binary(min_size=RECORD_LENGTH, max_size=RECORD_LENGTH),
    st.binary(max_size=60),
)
PAYLOADS = st.one_of(
    st.binary(max_size=200),
    st.lists(st.sampled_from(KINDS), max_size=6).map(lambda kinds: b"".join(map(record, kinds))),
    st.lists(PIECES, max_size=5).map(b"".join),
)


@pytest.fixture(scope="session")
def driver(world):
    return Driver(world.ledger.abi, world.ledger.address)


@pytest.fixture(scope="session")
def exposed():
    libraries = brownie.accounts[0].deploy(ExposedLibraries)
    return Driver(libraries.abi, libraries.address)


@settings(max_examples=150)
@given(payload=PAYLOADS, who=st.sampled_from(["maker", "authority", "customs", "carrier"]))
def test_any_payload_is_refused_whole_or_folded_exactly(world, driver, payload, who):
    """Invariant 14: arbitrary bytes revert and change nothing, or move the head exactly."""
    with rewound():
        before = driver.read("batchOf", world.batch), driver.read("lastSequence")
        outcome = driver.send(getattr(world.key, who).address, "append", world.batch, payload)
        after = driver.read("batchOf", world.batch), driver.read("lastSequence")

        gln = getattr(world.gln, who)
        model = Batch(before[0][0], world.gln.maker)
        try:
            predict(model, gln, CAST[who], outcome.when, payload)
        except Refused as refusal:
            assert outcome.error[0] == str(refusal)
            assert after == before
        else:
            assert outcome.error is None
            assert after[0][0] == model.head == fold(before[0][0], gln, outcome.when, payload)
            assert after[1] == before[1] + 1


def predict(batch, gln, roles, when, payload):
    ledger = LedgerModel("", None)
    ledger.batches, ledger.partners = {b"": batch}, {(batch.owner, gln)}
    ledger._append(gln, roles, when, b"", payload)


@settings(max_examples=30)
@given(
    kinds=st.lists(
        st.sampled_from([K.DEPARTURE, K.ARRIVAL, K.DOCUMENT, K.HOLD]),
        min_size=1,
        max_size=3,
        unique=True,
    ).map(sorted),
    count=st.integers(1, 4),
)
def test_a_shared_append_equals_separate_ones(world, driver, kinds, count):
    """Invariant 15: the same heads as separate appends of the same records at the same time."""
    with rewound():
        lots = [f"S{i}" for i in range(count)]
        for lot in lots:
            call = ("registerBatch", make_gtin(1), lot, 7, b"")
            assert driver.send(world.key.maker.address, *call).error is None
        ids = sorted(batch_id(make_gtin(1), lot) for lot in lots)
        records = b"".join(record(kind, 1_700_000_000, tag=str(kind)) for kind in kinds)
        sender, moment = world.key.carrier.address, now() + 1_000

        with rewound():
            set_next_block_time(moment)
            assert driver.send(sender, "appendShared", ids, records).error is None
            shared = [driver.read("batchOf", identifier) for identifier in ids]

        ask_node("evm_setAutomine", False)
        try:
            calls = [driver.prepare(sender, "append", identifier, records) for identifier in ids]
            sent = [ask_node("eth_sendTransaction", call) for call in calls]
            set_next_block_time(moment)
            ask_node("evm_mine")
        finally:
            ask_node("evm_setAutomine", True)
        assert all(wait_for_receipt(transaction)["status"] == "0x1" for transaction in sent)
        assert [driver.read("batchOf", identifier) for identifier in ids] == shared


@settings(max_examples=40)
@given(
    start=st.integers(10, 500),
    length=st.integers(0, 500),
    edge=st.booleans(),
    past_it=st.sampled_from([-1, 0, 1, -300, 300]),
    revoked=st.sampled_from([False, False, False, True]),
)
def test_a_key_writes_only_in_its_time(world, driver, start, length, edge, past_it, revoked):
    """Invariant 9: a revoked, expired or not yet valid key always reverts."""
    with rewound():
        admin, key, gln = world.admin.address, brownie.accounts[30].address, world.gln.maker
        begun = now() + 10
        window = (begun + start, begun + start + length)
        assert driver.send(admin, "addKey", gln, key, ALL_ROLES, *window).error is None
        if revoked:
            assert driver.send(admin, "revokeKey", gln, key, 1).error is None
        moment = max(window[edge] + past_it, begun + 5)
        set_next_block_time(moment)
        outcome = driver.send(key, "append", world.batch, record(K.CANNING, 0))
        assert outcome.when == moment
        valid = not revoked and window[0] <= outcome.when <= window[1]
        assert (outcome.error is None) == valid
        if not valid:
            assert outcome.error[0] == "KeyNotValid"


@settings(max_examples=20)
@given(reports=st.lists(st.integers(1, 10_000), min_size=1, max_size=4))
def test_a_party_is_distrusted_from_the_earliest_report(world, driver, reports):
    with rewound():
        admin, gln = world.admin.address, world.gln.maker
        for account, since in zip(brownie.accounts[30:], reports, strict=False):
            call = ("addKey", gln, account.address, ALL_ROLES, 0, 1)
            assert driver.send(admin, *call).error is None
            call = ("revokeKey", gln, account.address, since)
            assert driver.send(admin, *call).error is None
        assert driver.read("partyOf", gln)[3] == min(reports)


@settings(max_examples=40)
@given(inspections=st.lists(st.tuples(st.booleans(), st.integers(0, 6)), min_size=3, max_size=12))
def test_one_inspector_never_bans(world, driver, inspections):
    """Invariant 12: whatever one inspector finds, it takes two to ban. Invariant 13 on the way."""
    with rewound():
        counted, failures = set(), 0
        for passed, tag in inspections:
            identifier = bytes([tag]) * 32
            call = ("inspectParty", world.gln.supplier, identifier, passed, identifier)
            outcome = driver.send(world.key.inspector.address, *call)
            if identifier in counted:
                assert outcome.error == ("InspectionAlreadyCounted", identifier)
            else:
                assert [log.name for log in outcome.logs] == ["PartyInspected"]
                failures = 0 if passed else failures + 1
                counted.add(identifier)
            assert driver.read("standingOf", world.gln.supplier)[0] == failures


# --- identifiers ---------------------------------------------------------------------------------


@settings(max_examples=80)
@given(
    number=st.one_of(
        st.integers(0, 2**48 - 1),
        st.integers(0, 10**12 - 1).map(lambda n: int(with_check_digit(f"{n:012d}"))),
        st.integers(10**12, 10**13 - 1).map(lambda n: int(with_check_digit(str(n)))),  # 14 digits
    )
)
def test_a_gln_has_13_digits_and_a_check_digit(exposed, number):
    digits = f"{number:013d}"
    expected = 0 < number < 10**13 and with_check_digit(digits[:-1]) == digits
    assert exposed.read("isGln", number) == expected


@settings(max_examples=60)
@given(
    digits=st.text("0123456789", min_size=13, max_size=13),
    damage=st.integers(0, 13 * 2),
    byte=st.integers(0, 255),
    length=st.integers(4, 12),
)
def test_a_gtin_has_14_digits_and_a_check_digit(exposed, digits, damage, byte, length):
    gtin = bytearray(with_check_digit(digits).encode())
    if damage < 13:
        gtin[damage] = byte
    text = gtin.decode("latin-1")
    expected = all(c in "0123456789" for c in text) and with_check_digit(text[:-1]) == text
    assert exposed.read("parseGtin", bytes(gtin))[0] == expected
    if expected:
        assert exposed.read("parseGtin", bytes(gtin)) == [True, int(text)]
        prefix = exposed.read("companyPrefix", int(text), length)
        assert prefix == int(text[1 : 1 + length])


@settings(max_examples=60)
@given(
    lot=st.one_of(
        st.text(sorted(SET_82), max_size=25),
        st.text(st.characters(max_codepoint=0x17F), max_size=6),
    )
)
def test_a_lot_is_1_to_20_characters_of_set_82(exposed, lot):
    assert exposed.read("isLot", lot) == (1 <= len(lot) <= 20 and set(lot) <= SET_82)


def test_every_character_of_set_82_and_no_other(exposed):
    allowed = {chr(code) for code in range(256) if exposed.read("isLot", chr(code))}
    assert allowed == SET_82
    assert len(SET_82) == 82
