"""Every custom error of the ledger becomes a sentence with facts and a hint."""

import re
from typing import Any

import pytest
from eth_abi.abi import encode
from eth_hash.auto import keccak

from tracer.chain.contract import Revert, decode_revert, load_artifact
from tracer.chain.refusals import REFUSALS, explain_revert
from tracer.errors import FatalError, NotPermittedError

ERRORS = [entry for entry in load_artifact()["abi"] if entry["type"] == "error"]
SAMPLES: dict[str, Any] = {
    "uint48": 9520010001008,
    "uint8": 0x31,
    "uint16": 4,
    "uint40": 1_790_000_000,
    "uint64": 5,
    "uint256": 7,
    "bytes32": bytes(range(32)),
    "bytes14": b"09520010001015",
    "address": "0x" + "ab" * 20,
    "string": "LÖT",
}


def sample(entry: dict[str, Any]) -> dict[str, Any]:
    values = {it["name"]: SAMPLES[it["type"]] for it in entry["inputs"]}
    return values | ({"status": 2} if "status" in values else {})


def test_the_table_holds_exactly_the_errors_of_the_contract() -> None:
    assert set(REFUSALS) == {entry["name"] for entry in ERRORS}


@pytest.mark.parametrize("entry", ERRORS, ids=lambda it: it["name"])
def test_each_error_is_decoded_and_explained(entry: dict[str, Any]) -> None:
    types = [it["type"] for it in entry["inputs"]]
    values = sample(entry)
    selector = keccak(f"{entry['name']}({','.join(types)})".encode())[:4]

    revert = decode_revert(selector + encode(types, list(values.values())))

    assert revert.name == entry["name"]
    error = explain_revert(revert)
    assert type(error) is REFUSALS[entry["name"]].error
    for text in (str(error), error.hint):
        assert not re.search(r"[{}]", text)
        assert "Role." not in text
    assert "9520010001008" in str(error) or "gln" not in values or entry["name"] == "KeyTaken"


def test_a_missing_role_is_named_with_who_has_it() -> None:
    error = explain_revert(Revert("KindNotPermitted", {"gln": 9520010001008, "kind": 0x31}))
    assert isinstance(error, NotPermittedError)
    assert str(error) == "party 9520010001008 may not record LAB_RESULT"
    assert error.hint.startswith("LAB_RESULT is for LABORATORY;")


def test_a_prefix_keeps_its_leading_zeros() -> None:
    error = explain_revert(
        Revert("PrefixNotOwned", {"gln": 9520010001008, "digits": 7, "prefix": 12345})
    )
    assert "0012345 (7 digits)" in str(error)


def test_times_are_spelled() -> None:
    error = explain_revert(
        Revert("OccurredInFuture", {"occurredAt": 2**40 - 1, "latest": 1_790_000_000})
    )
    assert "the year 10000 or later" in str(error)
    assert "2026-09-21T14:13:20Z" in str(error)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x01",
        bytes.fromhex("deadbeef"),
        bytes.fromhex("08c379a0") + b"\x00" * 5,
        bytes.fromhex("4e487b71") + (17).to_bytes(32, "big"),
        bytes.fromhex("08c379a0") + encode(["string"], ["not a ledger"]),
    ],
)
def test_what_is_no_error_of_the_ledger_is_fatal_not_guessed(data: bytes) -> None:
    error = explain_revert(decode_revert(data))
    assert isinstance(error, FatalError)
    assert error.hint
