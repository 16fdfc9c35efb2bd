"""The ledger's functions and errors as bytes, from the committed build artifact.

`tracer/chain/abi/BatchLedger.json` is compiled from `contracts/` and checked against them in CI.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Final

from eth_abi.abi import decode as abi_decode
from eth_abi.abi import encode as abi_encode
from eth_abi.exceptions import DecodingError, EncodingError
from eth_hash.auto import keccak

from tracer.errors import InputError

SELECTOR_BYTES: Final = 4
_PANIC = keccak(b"Panic(uint256)")[:SELECTOR_BYTES]
_REASON = keccak(b"Error(string)")[:SELECTOR_BYTES]


@dataclass(frozen=True, slots=True)
class Revert:
    """Why the contract refused.

    Attributes:
        name: the custom error, `Error` for a text, `Panic`, or "" when unknown.
        arguments: by parameter name.
    """

    name: str
    arguments: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class _Entry:
    name: str
    selector: bytes
    inputs: tuple[str, ...]
    input_names: tuple[str, ...]
    outputs: tuple[str, ...]


@cache
def load_artifact() -> dict[str, Any]:
    """The committed artifact: abi, bytecode, deployedBytecode, compiler."""
    text = files("tracer.chain").joinpath("abi", "BatchLedger.json").read_text(encoding="utf-8")
    artifact: dict[str, Any] = json.loads(text)
    return artifact


def encode_call(function: str, *arguments: object) -> bytes:
    """Call data of a function of the ledger.

    Raises:
        InputError: an argument does not fit its type.
    """
    entry = _entries("function")[function]
    return entry.selector + _encode(function, entry.inputs, arguments)


def decode_result(function: str, data: bytes) -> tuple[Any, ...]:
    """What a function answered.

    Raises:
        InputError: the bytes are not such an answer; most likely no ledger is there.
    """
    try:
        return tuple(abi_decode(_entries("function")[function].outputs, data))
    except DecodingError as error:
        raise InputError(
            f"{function} answered {len(data)} bytes that do not decode",
            hint="Is the ledger at this address? tracer chain info shows what is.",
        ) from error


def encode_creation(governance: str, predecessor: str) -> bytes:
    """Creation code and constructor arguments of a new ledger.

    Args:
        governance: address that will admit parties.
        predecessor: the ledger that this one continues; the zero address = none.
    """
    code = bytes.fromhex(str(load_artifact()["bytecode"]).removeprefix("0x"))
    return code + _encode("constructor", ("address", "address"), (governance, predecessor))


def decode_revert(data: bytes) -> Revert:
    """Name the error in revert data; unknown bytes give a Revert without a name."""
    selector, body = data[:SELECTOR_BYTES], data[SELECTOR_BYTES:]
    try:
        if selector == _REASON:
            return Revert("Error", {"text": abi_decode(["string"], body)[0]})
        if selector == _PANIC:
            return Revert("Panic", {"number": abi_decode(["uint256"], body)[0]})
        for entry in _entries("error").values():
            if entry.selector == selector:
                values = abi_decode(entry.inputs, body)
                return Revert(entry.name, dict(zip(entry.input_names, values, strict=True)))
    except DecodingError:
        pass
    return Revert("", {"data": data.hex()})


def _encode(name: str, types: Sequence[str], arguments: Sequence[object]) -> bytes:
    try:
        return abi_encode(types, arguments)
    except (EncodingError, OverflowError) as error:
        raise InputError(f"{name} does not take these arguments: {error}") from error


@cache
def _entries(kind: str) -> dict[str, _Entry]:
    return {
        item["name"]: _build_entry(item) for item in load_artifact()["abi"] if item["type"] == kind
    }


def _build_entry(item: Mapping[str, Any]) -> _Entry:
    inputs = tuple(_type_of(parameter) for parameter in item["inputs"])
    signature = f"{item['name']}({','.join(inputs)})"
    return _Entry(
        name=item["name"],
        selector=keccak(signature.encode("ascii"))[:SELECTOR_BYTES],
        inputs=inputs,
        input_names=tuple(parameter["name"] for parameter in item["inputs"]),
        outputs=tuple(_type_of(parameter) for parameter in item.get("outputs", ())),
    )


def _type_of(parameter: Mapping[str, Any]) -> str:
    """ABI type of a parameter; a tuple is spelled by its parts."""
    kind = str(parameter["type"])
    if not kind.startswith("tuple"):
        return kind
    parts = ",".join(_type_of(part) for part in parameter["components"])
    return f"({parts}){kind.removeprefix('tuple')}"
