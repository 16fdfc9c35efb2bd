"""Our decoder against the compiled ABI, against another library, and against damage."""

import json
from typing import Any

import pytest
from eth_abi.abi import encode
from hypothesis import given
from hypothesis import strategies as st
from simulator import encode_event

from tracer.chain.contract import load_artifact
from tracer.chain.decode import (
    RawLog,
    canonical_signature,
    decode_event,
    event_topic,
    parse_bytes,
    parse_log,
    parse_quantity,
)
from tracer.chain.events import EVENTS, Appended, BatchRegistered, LedgerEvent, PartyAdmitted
from tracer.errors import MirrorGapError

CONTRACT = bytes(range(20))
EVENT = Appended(bytes(range(32)), 9520010000018, 7, bytes(32), bytes(range(88)))


def parameters(event: type[LedgerEvent]) -> list[list[str]]:
    return [part.split() for part in event.declaration.rstrip(")").partition("(")[2].split(",")]


def values_of(solidity_type: str) -> st.SearchStrategy[Any]:
    if solidity_type.startswith("uint"):
        return st.integers(0, 2 ** int(solidity_type[4:]) - 1)
    if solidity_type == "bytes":
        return st.binary(max_size=200)
    if solidity_type == "string":
        return st.text(st.characters(max_codepoint=127), max_size=40)
    if solidity_type == "bool":
        return st.booleans()
    size = 20 if solidity_type == "address" else int(solidity_type[5:])
    return st.binary(min_size=size, max_size=size)


def build(event: type[LedgerEvent]) -> st.SearchStrategy[LedgerEvent]:
    return st.builds(event, *(values_of(part[0]) for part in parameters(event)))


any_event = st.one_of([build(event) for event in EVENTS])


class TestDeclarations:
    def test_they_are_the_compiled_contracts(self) -> None:
        compiled = {
            item["name"]: [(part["type"], part["indexed"], part["name"]) for part in item["inputs"]]
            for item in load_artifact()["abi"]
            if item["type"] == "event"
        }
        ours = {
            event.__name__: [(part[0], "indexed" in part, part[-1]) for part in parameters(event)]
            for event in EVENTS
        }
        assert ours == compiled

    def test_fields_are_named_as_the_parameters(self) -> None:
        for event in EVENTS:
            fields = [name.removesuffix("_unix").replace("_", "") for name in event.__slots__]
            names = [part[-1].lower() for part in parameters(event)]
            assert fields == names

    def test_a_signature_has_types_alone(self) -> None:
        assert canonical_signature(Appended.declaration) == (
            "Appended(bytes32,uint48,uint64,bytes32,bytes)"
        )


class TestDecodeEvent:
    @given(any_event)
    def test_reads_what_another_library_writes(self, event: LedgerEvent) -> None:
        topics, data = encode_event(event)
        assert decode_event(b"".join(topics), data) == event

    @given(any_event, st.data())
    def test_whatever_it_accepts_encodes_back_to_the_same_bytes(
        self, event: LedgerEvent, data: st.DataObject
    ) -> None:
        topics, body = encode_event(event)
        log = bytearray(b"".join(topics) + body)
        place = data.draw(st.integers(32, len(log) - 1))
        log[place] ^= 1 << data.draw(st.integers(0, 7))
        size = 32 * len(topics)
        try:
            read = decode_event(bytes(log[:size]), bytes(log[size:]))
        except MirrorGapError:
            return
        again, body_again = encode_event(read)
        assert b"".join(again) + body_again == bytes(log)

    @pytest.mark.parametrize("cut", [1, 31, 32, 33, 96])
    def test_a_cut_log_is_refused(self, cut: int) -> None:
        topics, data = encode_event(EVENT)
        with pytest.raises(MirrorGapError, match="malformed Appended"):
            decode_event(b"".join(topics), data[:-cut])
        with pytest.raises(MirrorGapError, match="malformed Appended"):
            decode_event(b"".join(topics), data + bytes(cut))

    def test_a_dynamic_value_elsewhere_is_refused(self) -> None:
        topics, _ = encode_event(EVENT)
        moved = encode(["uint64", "bytes32", "uint256"], [7, bytes(32), 2**255])
        with pytest.raises(MirrorGapError, match="not where it belongs"):
            decode_event(b"".join(topics), moved + bytes(64))

    @pytest.mark.parametrize("count", [0, 1, 2, 4])
    def test_another_number_of_topics_is_refused(self, count: int) -> None:
        topics, data = encode_event(EVENT)
        with pytest.raises(MirrorGapError):
            decode_event(b"".join([*topics, bytes(32)][:count]), data)

    def test_an_unknown_topic_is_refused(self) -> None:
        with pytest.raises(MirrorGapError, match="no event of the ledger has topic 0x0000"):
            decode_event(bytes(32), b"")

    def test_text_beyond_ascii_is_refused(self) -> None:
        event = BatchRegistered(bytes(32), 1, 1, b"0" * 14, "LOT", bytes(32))
        topics, data = encode_event(event)
        with pytest.raises(MirrorGapError, match="not ASCII"):
            decode_event(b"".join(topics), data.replace(b"LOT", b"L\xffT"))


def raw(**changes: Any) -> RawLog:
    topics, data = encode_event(EVENT)
    members = {
        "address": f"0x{CONTRACT.hex()}",
        "topics": [f"0x{topic.hex()}" for topic in topics],
        "data": f"0x{data.hex()}",
        "block_number": "0x10",
        "block_hash": f"0x{bytes(32).hex()}",
        "transaction_hash": f"0x{bytes(32).hex()}",
        "log_index": "0x2",
        "block_timestamp": "0x6ab00000",
    }
    return RawLog(**members | changes)


class TestParseLog:
    def test_reads_place_and_event(self) -> None:
        log = parse_log(raw(), CONTRACT)
        assert (log.block_number, log.log_index, log.block_time_unix) == (16, 2, 0x6AB00000)
        assert log.event == EVENT
        assert str(log) == "log 2 of block 16"

    def test_a_node_may_leave_the_time_out(self) -> None:
        assert parse_log(raw(block_timestamp=None), CONTRACT).block_time_unix == 0

    @pytest.mark.parametrize(
        "changes",
        [
            {"address": f"0x{bytes(20).hex()}"},
            {"address": "0x12"},
            {"removed": True},
            {"topics": []},
            {"topics": ["0x12"]},
            {"data": "0x"},
            {"data": "0x1"},
            {"data": "0x zz"},
            {"block_number": "16"},
            {"block_number": "0x"},
            {"block_hash": "0x00"},
            {"transaction_hash": ""},
            {"log_index": "-0x1"},
            {"block_timestamp": "0x1_0"},
        ],
    )
    def test_anything_else_is_refused_with_its_place(self, changes: dict[str, Any]) -> None:
        with pytest.raises(MirrorGapError, match=r"log .* of block ") as caught:
            parse_log(raw(**changes), CONTRACT)
        assert caught.value.hint


class TestParts:
    @pytest.mark.parametrize("text", ["0x", "12", "0xg", None, 3, "0x" + "f" * 17, "0x1 ", "0x+1"])
    def test_no_quantity(self, text: object) -> None:
        with pytest.raises(MirrorGapError, match="not a quantity"):
            parse_quantity(text, "what")

    @pytest.mark.parametrize("text", ["", "12", "0x1", "0x 12", "0x12 ", None, b"0x12"])
    def test_no_bytes(self, text: object) -> None:
        with pytest.raises(MirrorGapError):
            parse_bytes(text, "what")

    def test_topics_are_those_of_the_shared_vectors(self, pytestconfig: pytest.Config) -> None:
        vectors = json.loads((pytestconfig.rootpath / "tests/vectors/abi.json").read_text())
        ours = {
            canonical_signature(event.declaration): f"0x{event_topic(event).hex()}"
            for event in EVENTS
        }
        assert ours == vectors["events"]

    def test_party_admitted_is_read_by_hand(self) -> None:
        """One log written out by hand, so that the two libraries cannot be wrong together."""
        topics = event_topic(PartyAdmitted) + bytes(26) + (5).to_bytes(6, "big")
        data = (
            (9).to_bytes(32, "big") + (2).to_bytes(32, "big") + bytes(12) + b"\x07" * 20
            + b"\x08" * 32
        )  # fmt: skip
        expected = PartyAdmitted(5, 9, 2, b"\x07" * 20, b"\x08" * 32)
        assert decode_event(topics, data) == expected
