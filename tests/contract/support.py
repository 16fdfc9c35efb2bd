"""What every contract test needs: identifiers, records, and an independent refold."""

import json
import time
from contextlib import contextmanager
from hashlib import sha256
from http.client import HTTPConnection
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import urlsplit

import brownie

VECTORS = Path(__file__).resolve().parents[1] / "vectors"
TABLE = json.loads((VECTORS / "kinds.json").read_text(encoding="utf-8"))
K = SimpleNamespace(**TABLE["kinds"])
ROLE = SimpleNamespace(**TABLE["roles"])
ALL_ROLES = TABLE["packed"]["anyRole"]

ZERO_ADDRESS = "0x" + "00" * 20
FOREVER = 2**40 - 1
RECORD_LENGTH = 44
DRIFT = 120  # BatchLedger.MAX_CLOCK_DRIFT

ACTIVE, SUSPENDED, BANNED = 1, 2, 3


def with_check_digit(digits: str) -> str:
    """Append the GS1 check digit: weights 3, 1, 3, … from the right."""
    total = sum(int(d) * (3 if i % 2 == 0 else 1) for i, d in enumerate(reversed(digits)))
    return digits + str(-total % 10)


def make_gln(number: int) -> int:
    return int(with_check_digit(f"{941234500000 + number:012d}"))


def make_gtin(item: int, prefix: str = "9412345", indicator: int = 0) -> bytes:
    room = 12 - len(prefix)
    return with_check_digit(f"{indicator}{prefix}{item:0{room}d}").encode()


def batch_id(gtin: bytes, lot: str) -> bytes:
    return sha256(b"tracer/batch/v1\0" + gtin + b"\0" + lot.encode()).digest()


def head0(ledger, identifier: bytes) -> bytes:
    place = brownie.chain.id.to_bytes(8, "big") + bytes.fromhex(str(ledger.address)[2:])
    return sha256(b"tracer/head/v1\0" + place + identifier).digest()


def fold(head: bytes, gln: int, recorded_at: int, records: bytes) -> bytes:
    return sha256(head + gln.to_bytes(6, "big") + recorded_at.to_bytes(5, "big") + records).digest()


def record(kind: int, occurred_at: int | None = None, location: int = 0, tag: str = "") -> bytes:
    """Return one record; its digest is made from `tag`."""
    when = now() if occurred_at is None else occurred_at
    digest = sha256(tag.encode()).digest()
    return kind.to_bytes(1, "big") + when.to_bytes(5, "big") + location.to_bytes(6, "big") + digest


def now() -> int:
    return brownie.chain[-1].timestamp


def ask_node(method: str, *parameters):
    """Return the node's answer to one JSON-RPC call."""
    return _result(method, node.post({"method": method, "params": parameters, **RPC}))


def ask_node_all(calls: list[tuple]) -> list:
    """Return the answers to several calls, asked at once."""
    answers = node.post(
        [{"method": m, "params": p, **RPC, "id": i} for i, (m, *p) in enumerate(calls)]
    )
    answers.sort(key=lambda answer: answer["id"])
    return [_result(call[0], answer) for call, answer in zip(calls, answers, strict=True)]


def _result(method: str, answer: dict):
    if "error" in answer:
        raise NodeError(method, answer["error"])
    return answer["result"]


class NodeError(Exception):
    """The node answered with an error: `args` are the method and the error object."""


class Node:
    """JSON-RPC on one open connection: brownie's takes four times as long for the same answer."""

    def __init__(self):
        self.connection = None
        self.used = 0.0

    def post(self, body):
        if time.monotonic() - self.used > 2:  # the other side may have closed it since
            address = urlsplit(brownie.web3.provider.endpoint_uri)
            self.connection = HTTPConnection(address.hostname, address.port, timeout=30)
        headers = {"Content-Type": "application/json"}
        self.connection.request("POST", "/", json.dumps(body), headers)
        answer = json.loads(self.connection.getresponse().read())
        self.used = time.monotonic()
        return answer


RPC = {"jsonrpc": "2.0", "id": 1}
node = Node()


@contextmanager
def rewound():
    """Undo afterwards what was done inside. Brownie's own revert would cost a third of a second."""
    snapshot = ask_node("evm_snapshot")
    try:
        yield
    finally:
        ask_node("evm_revert", snapshot)


def set_next_block_time(moment: int):
    ask_node("evm_setNextBlockTimestamp", moment)


def refuses(error: str, *arguments):
    """Expect the custom error with exactly these arguments."""
    spelled = (str(bytes(a) if isinstance(a, bytes) else a) for a in arguments)
    return brownie.reverts(f"{error}: {', '.join(spelled)}")


def low(account) -> str:
    """Spell an address as decoded errors do."""
    return str(account).lower()


def inspect(world, inspector: str, gln: int, passed: bool, tag: str):
    """Record an inspection; its id and digest are made from `tag`."""
    digest = sha256(tag.encode()).digest()
    by = {"from": getattr(world.key, inspector)}
    return world.ledger.inspectParty(gln, digest, passed, digest, by)


def ban(world, gln: int):
    """Let two inspectors fail a party three times."""
    inspect(world, "inspector", gln, False, "first failure")
    inspect(world, "inspector2", gln, False, "second failure")
    return inspect(world, "inspector", gln, False, "third failure")
