"""Records, batch ids and heads, against the vectors that Solidity and JavaScript read too."""

import json
from pathlib import Path
from typing import Any

import pytest

from tracer.domain.identifiers import Gln, Gtin, Lot
from tracer.domain.kinds import Kind
from tracer.domain.records import (
    RECORD_BYTES,
    Append,
    Record,
    build_batch_id,
    fold,
    fold_all,
    genesis_head,
    pack_records,
    unpack_records,
)
from tracer.errors import InvalidRecordError

VECTORS = sorted((Path(__file__).parents[2] / "vectors" / "ledger").iterdir())
RECORD = Record(Kind.CANNING, 1_770_771_600, Gln.parse("9520010001015"), bytes(range(32)))


def raw(text: str) -> bytes:
    return bytes.fromhex(text.removeprefix("0x"))


def first_difference(case: dict[str, Any]) -> str:
    """Which of the three checks of tests/vectors/README.md fails first; empty if none does."""
    batch_id = build_batch_id(Gtin.parse(case["gtin"]), Lot.parse(case["lot"]))
    if batch_id != raw(case["batchId"]):
        return "batchId"
    head = genesis_head(case["chainId"], raw(case["contract"]), batch_id)
    if head != raw(case["head0"]):
        return "head0"
    appends = [
        Append(number, entry["gln"], entry["recordedAt"], b"", raw(entry["records"]))
        for number, entry in enumerate(case["appends"])
    ]
    return "" if fold_all(head, appends) == raw(case["head"]) else "head"


class TestVectors:
    @pytest.mark.parametrize("path", VECTORS, ids=lambda path: path.stem)
    def test_history(self, path: Path) -> None:
        case = json.loads(path.read_text("utf-8"))
        assert first_difference(case) == case.get("foundBy", "")
        assert case["valid"] is ("foundBy" not in case)

    @pytest.mark.parametrize("path", VECTORS, ids=lambda path: path.stem)
    def test_records_read_as_the_vector_says(self, path: Path) -> None:
        case = json.loads(path.read_text("utf-8"))
        head = raw(case["head0"])
        for append in case["appends"] if case["valid"] else []:
            data = raw(append["records"])
            head = fold(head, append["gln"], append["recordedAt"], data)
            assert head == raw(append["head"])
            if path.stem == "largest-numbers":
                with pytest.raises(InvalidRecordError, match="location is no GLN"):
                    unpack_records(data)
                continue
            records = unpack_records(data)
            assert pack_records(records) == data
            assert [
                {
                    "kind": record.kind,
                    "occurredAt": record.occurred_at_unix,
                    "location": record.location.number if record.location else 0,
                    "digest": "0x" + record.digest.hex(),
                }
                for record in records
            ] == append["fields"]


class TestRecord:
    def test_has_44_bytes(self) -> None:
        assert RECORD.pack().hex() == (
            "25" + f"{1_770_771_600:010x}" + f"{9520010001015:012x}" + bytes(range(32)).hex()
        )
        assert len(RECORD.pack()) == RECORD_BYTES

    def test_without_a_place(self) -> None:
        record = Record(Kind.SERIALS, 0, None, bytes(32))
        assert Record.unpack(record.pack()) == record

    @pytest.mark.parametrize("when", [-1, 2**40])
    def test_time_must_fit(self, when: int) -> None:
        with pytest.raises(InvalidRecordError, match="does not fit 40 bits"):
            Record(Kind.SALE, when, None, bytes(32))

    @pytest.mark.parametrize("size", [0, 31, 33])
    def test_digest_must_have_32_bytes(self, size: int) -> None:
        with pytest.raises(InvalidRecordError, match="not 32"):
            Record(Kind.SALE, 0, None, bytes(size))

    @pytest.mark.parametrize("size", [0, 43, 45, 88])
    def test_one_record_has_one_length(self, size: int) -> None:
        with pytest.raises(InvalidRecordError, match="a record has 44 bytes"):
            Record.unpack(bytes(size))

    def test_every_unknown_kind_is_refused(self) -> None:
        for number in set(range(256)) - set(Kind):
            with pytest.raises(InvalidRecordError, match=f"unknown record kind 0x{number:02x}"):
                Record.unpack(bytes([number]) + RECORD.pack()[1:])

    def test_place_that_is_no_gln_is_refused(self) -> None:
        for number in (1, 9520010001038, 2**48 - 1):
            data = RECORD.pack()
            with pytest.raises(InvalidRecordError, match="location is no GLN"):
                Record.unpack(data[:6] + number.to_bytes(6, "big") + data[12:])


class TestUnpackRecords:
    def test_of_nothing_is_nothing(self) -> None:
        assert unpack_records(b"") == []

    @pytest.mark.parametrize("size", [1, 43, 45, 87])
    def test_part_of_a_record_is_refused(self, size: int) -> None:
        with pytest.raises(InvalidRecordError, match="whole number"):
            unpack_records(bytes(size))


class TestHeads:
    def test_no_appends_leave_the_genesis_head(self) -> None:
        genesis = genesis_head(31337, bytes(20), bytes(32))
        assert fold_all(genesis, []) == genesis
