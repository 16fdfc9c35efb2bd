"""Headers, receipts and logs against an independent encoding of the same blocks."""

import copy
import random
from typing import Any

import msgspec
import pytest
import rlp
from eth_abi.abi import encode
from ethereum_blocks import (
    Json,
    bloom_bits,
    encode_receipt,
    hash_header,
    logs_bloom,
    ordered_root,
    receipts_root,
    tohex,
)
from hypothesis import given
from hypothesis import strategies as st

from tracer.chain import receipts as product
from tracer.chain import trie
from tracer.chain.decode import event_topic
from tracer.chain.events import Appended, KeyAdded
from tracer.chain.headers import Header, RawHeader, bloom_mask, read_header
from tracer.chain.keccak import keccak
from tracer.chain.logbook import build_logbook
from tracer.chain.receipts import RawReceipt, read_logs
from tracer.chain.rlp import encode_list, encode_string, encode_uint
from tracer.errors import MirrorGapError

CONTRACT = bytes(range(1, 21))
OTHER = bytes(range(21, 41))
EMPTY_TRIE = "56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421"


def build_log(address: bytes, topics: list[bytes], data: bytes) -> Json:
    return {"address": tohex(address), "topics": [*map(tohex, topics)], "data": tohex(data)}


def append_log(
    sequence: int, records: int = 2, gln: int = 9_520_000_000_011, address: bytes = CONTRACT
) -> Json:
    body = encode(["uint64", "bytes32", "bytes"], [sequence, bytes([7]) * 32, bytes(44 * records)])
    topics = [event_topic(Appended), bytes([9]) * 32, gln.to_bytes(32, "big")]
    return build_log(address, topics, body)


def key_log(sequence: int) -> Json:
    topics = [event_topic(KeyAdded), (5).to_bytes(32, "big"), bytes(12) + OTHER]
    body = encode(["uint64", "uint16", "uint40", "uint40"], [sequence, 2, 10, 20])
    return build_log(CONTRACT, topics, body)


def build_receipts(*transactions: list[Json], kind: int = 2) -> list[Json]:
    return [
        {
            "transactionHash": f"0x{place:064x}",
            "type": hex(kind),
            "status": "0x1",
            "cumulativeGasUsed": hex(21_000 * (place + 1)),
            "logsBloom": f"0x{logs_bloom(logs):0512x}",
            "logs": logs,
        }
        for place, logs in enumerate(transactions)
    ]


def build_header(receipts: list[Json], number: int = 7) -> Json:
    header = {
        "number": hex(number),
        "parentHash": f"0x{1:064x}",
        "sha3Uncles": f"0x{2:064x}",
        "miner": f"0x{3:040x}",
        "stateRoot": f"0x{4:064x}",
        "transactionsRoot": f"0x{5:064x}",
        "receiptsRoot": receipts_root(receipts),
        "logsBloom": f"0x{logs_bloom([log for one in receipts for log in one['logs']]):0512x}",
        "difficulty": "0x0",
        "gasLimit": "0x1c9c380",
        "gasUsed": "0x5208",
        "timestamp": "0x6b037f04",
        "extraData": "0x746573",
        "mixHash": f"0x{6:064x}",
        "nonce": "0x0000000000000000",
        "baseFeePerGas": "0x8",
        "withdrawalsRoot": f"0x{EMPTY_TRIE}",
        "blobGasUsed": "0x0",
        "excessBlobGas": "0x0",
        "parentBeaconBlockRoot": f"0x{8:064x}",
        "requestsHash": f"0x{9:064x}",
    }
    transactions = [one["transactionHash"] for one in receipts]
    return {**header, "hash": hash_header(header), "transactions": transactions}


def parse_header(header: Json) -> Header:
    return read_header(msgspec.convert(header, RawHeader))


def parse_receipts(receipts: list[Json]) -> list[RawReceipt]:
    return msgspec.convert(receipts, list[RawReceipt])


def read(receipts: list[Json], shown: list[Json] | None = None) -> Any:
    header = parse_header(build_header(receipts))
    return build_logbook(
        CONTRACT, [(header.ref, read_logs(header, parse_receipts(shown or receipts)))]
    )


class TestRlp:
    @given(st.recursive(st.binary(max_size=300), lambda inner: st.lists(inner, max_size=6)))
    def test_it_agrees_with_the_library(self, value: Any) -> None:
        def encoded(item: Any) -> bytes:
            return (
                encode_string(item) if isinstance(item, bytes) else encode_list(map(encoded, item))
            )

        assert encoded(value) == rlp.encode(value)

    @given(st.integers(0, 2**256 - 1))
    def test_numbers_too(self, value: int) -> None:
        assert encode_uint(value) == rlp.encode(value)


class TestTrie:
    def test_an_empty_list_has_the_known_root(self) -> None:
        assert trie.ordered_root([]).hex() == EMPTY_TRIE

    @pytest.mark.parametrize("count", [1, 2, 15, 16, 17, 127, 128, 129, 255, 256, 257, 700])
    def test_it_agrees_with_another_implementation(self, count: int) -> None:
        print(f"seed {count}")
        die = random.Random(count)
        values = [die.randbytes(die.choice([1, 20, 31, 32, 33, 400])) for _ in range(count)]
        assert trie.ordered_root(values) == ordered_root(values)


class TestHeader:
    def test_its_hash_is_recomputed(self) -> None:
        header = build_header(build_receipts([append_log(1)]))
        found = parse_header(header)
        assert tohex(found.ref.block_hash) == header["hash"]
        assert (found.ref.number, found.ref.time_unix) == (7, 0x6B037F04)

    @pytest.mark.parametrize(
        "left_out",
        [
            [],
            ["requestsHash"],
            ["requestsHash", "parentBeaconBlockRoot", "excessBlobGas", "blobGasUsed"],
            [
                "requestsHash",
                "parentBeaconBlockRoot",
                "excessBlobGas",
                "blobGasUsed",
                "withdrawalsRoot",
                "baseFeePerGas",
            ],
        ],
    )
    def test_blocks_of_older_forks_have_fewer_fields(self, left_out: list[str]) -> None:
        header = {name: value for name, value in build_header([]).items() if name not in left_out}
        header["hash"] = hash_header(header)
        assert parse_header(header).ref.number == 7

    @pytest.mark.parametrize("name", sorted(set(build_header([])) - {"transactions"}))
    def test_no_field_can_change(self, name: str) -> None:
        header = build_header([])
        digits = header[name]
        header[name] = digits[:-1] + ("1" if digits[-1] == "0" else "0")
        with pytest.raises(MirrorGapError, match=r"block \w+ is not what its hash|malformed"):
            parse_header(header)

    @pytest.mark.parametrize("text", ["", "0x", "0xzz", "7", "0x7 7", "x"])
    def test_what_is_no_number_is_named(self, text: str) -> None:
        with pytest.raises(MirrorGapError):
            parse_header({**build_header([]), "gasUsed": text, "parentHash": text})

    def test_the_bloom_names_who_wrote(self) -> None:
        mask = bloom_mask(CONTRACT)
        assert mask == bloom_bits(CONTRACT)
        ours = parse_header(build_header(build_receipts([append_log(1)])))
        theirs = parse_header(build_header(build_receipts([append_log(1, address=OTHER)])))
        assert ours.bloom & mask == mask
        assert theirs.bloom & mask != mask


class TestReceipts:
    @pytest.mark.parametrize("kind", [0, 1, 2, 3, 4])
    @pytest.mark.parametrize(
        "logs",
        [
            [],
            [append_log(1, 20)],
            [append_log(1), key_log(2), append_log(3)],
            [build_log(OTHER, [], b"")],
            [build_log(OTHER, [bytes(32)], b"\x7f")],
            [build_log(OTHER, [bytes(32)] * 4, b"\x80")],
            [build_log(OTHER, [bytes(32)] * 2, bytes(55)), build_log(OTHER, [], bytes(70_000))],
        ],
    )
    def test_they_encode_as_another_implementation_does(self, kind: int, logs: list[Json]) -> None:
        (receipt,) = build_receipts(logs, kind=kind)
        (raw,) = parse_receipts([receipt])
        assert product.encode_receipt(raw) == encode_receipt(receipt)

    def test_old_receipts_hold_a_state_root_instead_of_a_status(self) -> None:
        """EIP-658 replaced it."""
        (receipt,) = build_receipts([], kind=0)
        bloom = bytes(256)
        wanted = rlp.encode([bytes([3]) * 32, 21_000, bloom, []])
        old = {**receipt, "status": None, "root": tohex(bytes([3]) * 32)}
        assert product.encode_receipt(parse_receipts([old])[0]) == wanted

    def test_deposits_of_the_op_stack_hold_two_more_fields(self) -> None:
        (receipt,) = build_receipts([], kind=0x7E)
        deposit = {**receipt, "depositNonce": "0x5", "depositReceiptVersion": "0x1"}
        wanted = b"\x7e" + rlp.encode([1, 21_000, bytes(256), [], 5, 1])
        assert product.encode_receipt(parse_receipts([deposit])[0]) == wanted

    def test_logs_are_picked_out_in_order(self) -> None:
        receipts = build_receipts(
            [append_log(1), append_log(9, address=OTHER), append_log(2)],
            [],
            [key_log(3), append_log(4, 1), append_log(5, 1)],
        )
        book = read(receipts)
        assert book.sequences == [1, 2, 3, 4, 5]
        assert book.appends.sequence == [1, 2, 4, 5]
        assert book.appends.log_index == [0, 2, 4, 5]
        assert [int.from_bytes(key) for key in book.appends.transaction_hash] == [0, 0, 2, 2]
        assert [len(records) for records in book.appends.records] == [88, 88, 44, 44]
        assert [(log.log_index, log.event.sequence) for log in book.others] == [(3, 3)]
        assert [block.number for block in book.blocks] == [7]
        assert set(book.appends.gln) == {9_520_000_000_011}

    def test_a_block_without_the_ledgers_logs_is_not_kept(self) -> None:
        book = read(build_receipts([append_log(1, address=OTHER)], []))
        assert (len(book), book.blocks) == (0, [])

    def test_none_can_be_left_out_or_changed(self) -> None:
        receipts = build_receipts([append_log(1), key_log(2)], [append_log(3)])
        for alter in (
            lambda some: some[:1],
            lambda some: some[::-1],
            lambda some: [*some, some[-1]],
            lambda some: [{**some[0], "logs": some[0]["logs"][1:]}, some[1]],
            lambda some: [{**some[0], "logs": some[0]["logs"][::-1]}, some[1]],
            lambda some: [{**some[0], "status": "0x0"}, some[1]],
            lambda some: [{**some[0], "type": "0x1"}, some[1]],
            lambda some: [{**some[0], "cumulativeGasUsed": "0x1"}, some[1]],
            lambda some: [{**some[0], "logsBloom": f"0x{0:0512x}"}, some[1]],
            lambda some: [{**some[0], "transactionHash": f"0x{9:064x}"}, some[1]],
        ):
            with pytest.raises(MirrorGapError, match=r"receipts of block 7"):
                read(receipts, alter(copy.deepcopy(receipts)))

    def test_every_digit_of_a_log_counts(self) -> None:
        receipts = build_receipts([append_log(1)])
        text = msgspec.json.encode(receipts[0]["logs"][0]).decode()
        changed = 0
        for place, digit in enumerate(text):
            if digit in "0123456789abcdef" and text[place + 1] != "x":
                other = "1" if digit == "0" else "0"
                try:
                    log = msgspec.json.decode((text[:place] + other + text[place + 1 :]).encode())
                    if set(log) != set(receipts[0]["logs"][0]):
                        continue
                except msgspec.DecodeError:
                    continue
                with pytest.raises(MirrorGapError):
                    read(receipts, [{**receipts[0], "logs": [log]}])
                changed += 1
        assert changed > 500

    def test_white_space_hides_no_log(self) -> None:
        """A reader that skips white space would see the right root and another address."""
        receipts = build_receipts([append_log(1)])
        log = dict(receipts[0]["logs"][0])
        log["address"] = log["address"][:10] + " " + log["address"][10:]
        with pytest.raises(MirrorGapError, match="malformed receipt"):
            read(receipts, [{**receipts[0], "logs": [log]}])

    def test_a_node_without_receipts_is_named(self) -> None:
        header = parse_header(build_header([]))
        with pytest.raises(MirrorGapError, match="no receipts of block 7"):
            read_logs(header, None)


class TestLogBook:
    @pytest.mark.parametrize(
        "change",
        [
            lambda data: data[:32] + bytes(32) + data[64:-32] + bytes(31) + b"\x01",
            lambda data: b"\x01" + data[1:],
            lambda data: data[:95] + b"\x61" + data[96:],
            lambda data: data[:127] + bytes([data[127] + 9]) + data[128:],
            lambda data: data[:100],
        ],
    )
    def test_what_the_contract_cannot_have_written_is_named(self, change: Any) -> None:
        bad = append_log(2)
        bad["data"] = tohex(change(bytes.fromhex(bad["data"][2:])))
        with pytest.raises(MirrorGapError, match=r"log 1 of block 7: .*Appended"):
            read(build_receipts([append_log(1), bad, append_log(3)]))

    def test_a_party_has_48_bits(self) -> None:
        with pytest.raises(MirrorGapError, match="log 0 of block 7"):
            read(build_receipts([append_log(1, gln=2**48)]))

    def test_an_unknown_event_is_named(self) -> None:
        with pytest.raises(MirrorGapError, match="log 0 of block 7: no event of the ledger"):
            read(build_receipts([build_log(CONTRACT, [bytes(32)], b"")]))

    def test_an_event_without_topics_is_named(self) -> None:
        with pytest.raises(MirrorGapError, match="log 0 of block 7"):
            read(build_receipts([build_log(CONTRACT, [], b"")]))


def test_keccak_is_ethereums() -> None:
    assert keccak(b"").hex() == "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470"
