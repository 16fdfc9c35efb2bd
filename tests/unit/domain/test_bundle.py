"""The bundle's JSON form is strict: what is read back is exactly what was written."""

import dataclasses
import json

import pytest

from tracer.domain.bundle import (
    AppendedLog,
    AppendRow,
    BatchFacts,
    BatchRow,
    Bundle,
    ChainFacts,
    ChainRow,
    MirrorRow,
    NodeRow,
    OtherRow,
    PartyFacts,
    PartyRow,
    RecordRow,
    RegisteredLog,
    SignerFacts,
    TinRow,
)
from tracer.errors import InvalidFileError, LimitExceededError

HASH = bytes(range(32))
PLACE = {"block_number": 4, "block_hash": HASH, "transaction_hash": HASH, "log_index": 0}

BUNDLE = Bundle(
    ChainRow(31337, b"\x05" * 20, HASH, 3),
    MirrorRow(120, HASH, 1_790_000_000),
    BatchRow(
        batch_id=HASH,
        gtin="09520010001015",
        lot="A26B11K1",
        owner=9520010001008,
        head=HASH,
        holds=0,
        hold_round=0,
        recalled=False,
        sequence=17,
        **PLACE,
    ),
    (AppendRow(18, 9520010001008, 1_790_000_000, HASH, bytes(44), **PLACE),),
    (RecordRow(0, 18, 0x11, 1_790_000_000, None, HASH, 9520010001008, 1_790_000_000),),
    {HASH: "{}"},
    {HASH: "{}"},
    {9520010001008: PartyRow("{}", HASH, 2, 1, b"\x01" * 20, 0)},
    TinRow("KBB7F21FC", 5, 11520, (HASH, HASH), HASH),
    {HASH: OtherRow("09520010002012", "NL6C18T2", "{}")},
    {9520010003149: 1_770_000_000},
    ("content 00 is missing",),
)
FACTS = ChainFacts(
    NodeRow(31337, HASH, None, 121, HASH, 1_790_000_000, True, 120, HASH, None),
    BatchFacts(HASH, 9520010001008, 0, 0, False),
    {9520010001008: PartyFacts(b"\x01" * 20, 2, 1, 0, HASH)},
    RegisteredLog(17, 9520010001008, "09520010001015", "A26B11K1", HASH, **PLACE),
    (AppendedLog(18, 9520010001008, HASH, bytes(44), **PLACE),),
    {18: SignerFacts(b"\x02" * 20, 9520010001008, 1_789_999_999)},
)


def tampered(**changes: object) -> object:
    value = BUNDLE.to_json()
    value.update(changes)
    return value


class TestBundle:
    def test_reads_back_what_it_wrote(self) -> None:
        assert Bundle.parse(json.dumps(BUNDLE.to_json(), ensure_ascii=False)) == BUNDLE

    def test_reads_back_a_batch_without_a_tin(self) -> None:
        bundle = dataclasses.replace(BUNDLE, tin=None)
        assert Bundle.from_json(bundle.to_json()) == bundle

    def test_json_names_are_those_of_the_format(self) -> None:
        value = BUNDLE.to_json()
        assert list(value["chain"]) == ["chainId", "contract", "genesisHash", "deployBlock"]
        assert value["mirror"]["blockTime"] == 1_790_000_000
        assert value["records"][0] == {
            "position": 0,
            "sequence": 18,
            "kind": 17,
            "occurredAt": 1_790_000_000,
            "location": None,
            "digest": HASH.hex(),
            "gln": "9520010001008",
            "recordedAt": 1_790_000_000,
        }

    @pytest.mark.parametrize(
        ("changes", "place"),
        [
            ({"format": "tracer-bundle/1"}, "bundle.format"),
            ({"extra": 1}, "unknown key 'extra'"),
            ({"batch": None}, "bundle.batch"),
            ({"records": {}}, "bundle.records"),
            ({"contents": {"00": "x"}}, "bundle.contents[00] key"),
            ({"contents": {HASH.hex().upper(): "x"}}, "lower-case"),
            ({"contents": {HASH.hex(): "\ud800"}}, "lone surrogates"),
            ({"contents": {HASH.hex(): 1}}, "is not text"),
            ({"parties": {"952": {}}}, "13 digits"),
            ({"mirror": {"blockNumber": True, "blockHash": HASH.hex(), "blockTime": 1}}, "Number"),
            ({"mirror": {"blockNumber": 1.0, "blockHash": HASH.hex(), "blockTime": 1}}, "Number"),
            ({"mirror": {"blockNumber": 1, "blockHash": "0x00", "blockTime": 1}}, "blockHash"),
            ({"mirror": {"blockNumber": 1, "blockHash": HASH.hex(), "blockTime": 2**40}}, "Time"),
            ({"mirror": {"blockNumber": 1}}, "'blockHash' is missing"),
        ],
    )
    def test_names_the_place_of_anything_else(self, changes: dict, place: str) -> None:
        with pytest.raises(InvalidFileError) as caught:
            Bundle.from_json(tampered(**changes))
        assert place in str(caught.value)

    @pytest.mark.parametrize("text", ["", "{", "[" * 100_000, "NaN", '{"a":1,"a":2}', "null"])
    def test_refuses_what_is_not_a_bundle(self, text: str) -> None:
        with pytest.raises(InvalidFileError):
            Bundle.parse(text)

    def test_bounds_what_comes_from_outside(self) -> None:
        tin = BUNDLE.to_json()["tin"] | {"proof": [HASH.hex()] * 65}
        with pytest.raises(LimitExceededError, match="more than 64"):
            Bundle.from_json(tampered(tin=tin))


class TestChainFacts:
    def test_reads_back_what_it_wrote(self) -> None:
        assert ChainFacts.from_json(json.loads(json.dumps(FACTS.to_json()))) == FACTS

    def test_unknown_mirror_block_and_unregistered_batch_are_null(self) -> None:
        facts = dataclasses.replace(FACTS, registered=None, appended=())
        value = facts.to_json()
        assert value["registered"] is None
        assert value["node"]["deployBlock"] is None
        assert ChainFacts.from_json(value) == facts

    @pytest.mark.parametrize("sequence", ["x", "", "01", "-1", "1" * 17])
    def test_refuses_a_sequence_that_is_no_plain_number(self, sequence: str) -> None:
        value = FACTS.to_json()
        value["signers"] = {sequence: value["signers"]["18"]}
        with pytest.raises((InvalidFileError, LimitExceededError)):
            ChainFacts.from_json(value)
