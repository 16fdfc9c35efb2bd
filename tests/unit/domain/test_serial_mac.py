"""Serials with the maker's code, and the codes under the seal."""

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from tracer.domain import inner_codes, serial_mac
from tracer.domain.identifiers import Serial
from tracer.errors import InputError

ROOT = Path(__file__).parents[3]
VECTORS = sorted((ROOT / "tests" / "vectors" / "serials").glob("*.json"))
KEY, BATCH = bytes(range(32)), bytes(32)
MAX_US_EACH = 10.0  # a run of a million shall not wait for its serials


def cases(prefix: str) -> list[Any]:
    found = [path for path in VECTORS if path.name.startswith(prefix)]
    return [pytest.param(json.loads(path.read_text("utf-8")), id=path.stem) for path in found]


@pytest.mark.parametrize("case", cases("serial"))
def test_a_serial_holds_exactly_with_its_key_and_batch(case: dict[str, Any]) -> None:
    key, batch_id = bytes.fromhex(case["key"]), bytes.fromhex(case["batchId"])
    assert serial_mac.verify_serial(key, batch_id, case["serial"]) is case["valid"]


@pytest.mark.parametrize("case", cases("inner"))
def test_a_code_holds_exactly_for_its_tin(case: dict[str, Any]) -> None:
    commitment, batch_id = bytes.fromhex(case["commitment"]), bytes.fromhex(case["batchId"])
    holds = inner_codes.verify_code(commitment, batch_id, case["serial"], case["code"])
    assert holds is case["valid"]


def test_vectors_are_what_the_script_writes() -> None:
    words = [sys.executable, "scripts/make_serial_vectors.py", "--check"]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


class TestBuildSerials:
    def test_gives_serials_that_a_label_can_hold(self) -> None:
        built = serial_mac.build_serials(KEY, BATCH, bytes(range(45)))
        assert len(built) == len(set(built)) == 6
        for text in built:
            assert Serial.parse(text).value == text
            assert len(text) == 20
            assert serial_mac.verify_serial(KEY, BATCH, text)

    def test_random_bytes_all_end_up_in_the_serial(self) -> None:
        built = {serial_mac.build_serials(KEY, BATCH, _flip(bit))[0][:12] for bit in range(60)}
        assert len(built) == 60

    @pytest.mark.parametrize("size", [1, 14, 16])
    def test_refuses_pieces(self, size: int) -> None:
        with pytest.raises(InputError):
            serial_mac.build_serials(KEY, BATCH, bytes(size))

    @pytest.mark.parametrize(("key", "batch"), [(b"short", BATCH), (KEY, b"short")])
    def test_refuses_a_key_or_batch_of_another_length(self, key: bytes, batch: bytes) -> None:
        with pytest.raises(InputError):
            serial_mac.verify_serial(key, batch, "A" * 20)

    def test_a_million_take_seconds(self) -> None:
        began = time.process_time()
        built = serial_mac.build_serials(KEY, BATCH, bytes(15 * 50_000))
        assert (time.process_time() - began) / len(built) * 1e6 < MAX_US_EACH


class TestParseCode:
    def test_takes_small_letters(self) -> None:
        assert inner_codes.parse_code("abcdefghijkl2345") == "ABCDEFGHIJKL2345"

    @pytest.mark.parametrize(
        "text", ["", "A" * 15, "A" * 17, "ABCDEFGHIJKL2340", "ABCDEFGHIJKL234\n", "ß" * 16]
    )
    def test_refuses_what_is_no_code(self, text: str) -> None:
        with pytest.raises(InputError):
            inner_codes.parse_code(text)

    def test_stands_in_the_fragment(self) -> None:
        uri = inner_codes.build_opening_uri("https://a.example/01/x?17=280210", "A" * 16)
        assert uri == "https://a.example/01/x?17=280210#open=AAAAAAAAAAAAAAAA"


def _flip(bit: int) -> bytes:
    return (1 << (119 - bit)).to_bytes(15, "big")
