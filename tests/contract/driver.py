"""Sends transactions straight to the node and reads what they did.

Brownie's own transactions take several times as long; the random tests send thousands.
"""

import time
from dataclasses import dataclass, field
from typing import Any

from eth_abi import decode, encode
from eth_utils import keccak, to_checksum_address

from support import NodeError, ask_node, ask_node_all

GAS = hex(16_000_000)
RECEIPT_TIMEOUT_S = 20


@dataclass
class Log:
    """One event: its name and arguments."""

    name: str
    arguments: dict[str, Any]

    def __getattr__(self, name: str) -> Any:
        try:
            return self.__dict__["arguments"][name]
        except KeyError:
            raise AttributeError(name) from None


@dataclass
class Outcome:
    """What a transaction did: logs, or the name and arguments of the error it reverted with."""

    when: int  # time of its block, Unix s
    logs: list[Log] = field(default_factory=list)
    error: tuple | None = None


class Driver:
    """One contract, called by name."""

    def __init__(self, abi: list[dict], address: str):
        self.address = address
        self._functions = {e["name"]: e for e in abi if e["type"] == "function"}
        self._selectors = {name: _signature(e)[:4] for name, e in self._functions.items()}
        self._errors = {_signature(e)[:4]: e for e in abi if e["type"] == "error"}
        self._events = {_signature(e): e for e in abi if e["type"] == "event"}

    def send(self, sender: str, function: str, *arguments) -> Outcome:
        """Mine one transaction in a block of its own."""
        call = self.prepare(sender, function, *arguments)
        return self.outcome_of(ask_node("eth_sendTransaction", call), call)

    def prepare(self, sender: str, function: str, *arguments) -> dict:
        """Return a transaction for the node to sign."""
        data = self.encode(function, *arguments)
        return {"from": sender, "to": self.address, "data": data, "gas": GAS, "gasPrice": "0x0"}

    def outcome_of(self, transaction: str, call: dict | None = None) -> Outcome:
        receipt = wait_for_receipt(transaction)
        block = ask_node("eth_getBlockByNumber", receipt["blockNumber"], False)
        when = int(block["timestamp"], 16)
        if receipt["status"] == "0x1":
            return Outcome(when, [self.decode(log) for log in receipt["logs"]])
        # The state after its block is the state before it, and so is the answer to the same call.
        try:
            ask_node("eth_call", call, receipt["blockNumber"])
        except NodeError as refusal:
            data = bytes.fromhex(refusal.args[1]["data"][2:])
        error = self._errors[data[:4]]
        return Outcome(when, error=(error["name"], *decode(_types(error["inputs"]), data[4:])))

    def read(self, function: str, *arguments) -> Any:
        """Return the one value that a view function answers, or a list of several."""
        return self.read_many([(function, *arguments)])[0]

    def read_many(self, questions: list[tuple]) -> list:
        """Answer several questions, each a function with its arguments, at once."""
        calls = [{"to": self.address, "data": self.encode(*question)} for question in questions]
        answers = ask_node_all([("eth_call", call, "latest") for call in calls])
        return [
            self._decode_answer(function, bytes.fromhex(answer[2:]))
            for (function, *_), answer in zip(questions, answers, strict=True)
        ]

    def _decode_answer(self, function: str, answer: bytes) -> Any:
        outputs = self._functions[function]["outputs"]
        values = list(map(_tidy, outputs, decode(_types(outputs), answer)))
        return values[0] if len(values) == 1 else values

    def encode(self, function: str, *arguments) -> str:
        types = _types(self._functions[function]["inputs"])
        return "0x" + (self._selectors[function] + encode(types, arguments)).hex()

    def decode(self, log: dict) -> Log:
        event = self._events[bytes.fromhex(log["topics"][0][2:])]
        indexed = [entry for entry in event["inputs"] if entry["indexed"]]
        plain = [entry for entry in event["inputs"] if not entry["indexed"]]
        topics = b"".join(bytes.fromhex(topic[2:]) for topic in log["topics"][1:])
        values = [
            *zip(indexed, decode(_types(indexed), topics), strict=True),
            *zip(plain, decode(_types(plain), bytes.fromhex(log["data"][2:])), strict=True),
        ]
        return Log(event["name"], {entry["name"]: _tidy(entry, value) for entry, value in values})


def wait_for_receipt(transaction: str) -> dict:
    """The node mines on its own, a moment after it has answered."""
    deadline = time.monotonic() + RECEIPT_TIMEOUT_S
    while not (receipt := ask_node("eth_getTransactionReceipt", transaction)):
        if time.monotonic() > deadline:
            raise TimeoutError(transaction)
        time.sleep(0.001)
    return receipt


def _types(entries: list[dict]) -> list[str]:
    return [_type(entry) for entry in entries]


def _type(entry: dict) -> str:
    if entry["type"].startswith("tuple"):
        return f"({','.join(_types(entry['components']))}){entry['type'][5:]}"
    return entry["type"]


def _signature(entry: dict) -> bytes:
    return keccak(text=f"{entry['name']}({','.join(_types(entry['inputs']))})")


def _tidy(entry: dict, value: Any) -> Any:
    """Spell addresses as accounts do, also inside structs."""
    if entry["type"] == "address":
        return to_checksum_address(value)
    if entry["type"] == "tuple":
        return tuple(map(_tidy, entry["components"], value))
    if entry["type"].endswith("[]"):
        return [_tidy({**entry, "type": entry["type"][:-2]}, item) for item in value]
    return value
