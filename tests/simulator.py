"""A small honest chain in memory that speaks JSON-RPC, with knobs for all that goes wrong.

It holds one ledger. Blocks carry the ledger's logs with right sequences and right folds, so a
mirror accepts them; dishonesty is a knob that changes an answer on its way out. Reorganisations
replace the newest blocks by others.

    chain = ChainSimulator()
    chain.mine(AdmitParty(gln), Register(gln, "LOT1"), Write(gln, "LOT1", [Kind.SALE]))
    chain.reorg(2, [[Write(gln, "LOT1", [Kind.RECALL])], []])
    chain.faults.drop = {5}
"""

import copy
import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

import msgspec
from eth_abi.abi import encode
from eth_utils.crypto import keccak

from tracer.chain import events
from tracer.chain.contract import encode_call
from tracer.chain.decode import event_topic
from tracer.chain.deployments import Deployment
from tracer.domain.identifiers import Gtin, Lot
from tracer.domain.kinds import Kind
from tracer.domain.records import build_batch_id, fold, genesis_head
from tracer.errors import RpcError, RpcUnavailableError

T = TypeVar("T")

CHAIN_ID = 900_913
CONTRACT = bytes.fromhex("5fbdb2315678afecb367f032d93f642f64180aa3")
CODE = b"the ledger"
GTIN = Gtin.parse("09520010001015")
START_UNIX = 1_790_000_000
BLOCK_S = 2


def batch_id_of(lot: str) -> bytes:
    return build_batch_id(GTIN, Lot.parse(lot))


# --- what a ledger knows, and what can be done to it ---------------------------------------------


@dataclass
class LedgerState:
    """What the contract stores, as far as its events show it."""

    sequence: int = 0
    heads: dict[bytes, bytes] = field(default_factory=dict)
    holders: dict[bytes, set[int]] = field(default_factory=dict)
    rounds: dict[bytes, int] = field(default_factory=dict)
    recalled: set[bytes] = field(default_factory=set)
    status: dict[int, int] = field(default_factory=dict)
    roles: dict[int, int] = field(default_factory=dict)
    distrust: dict[int, int] = field(default_factory=dict)
    failures: dict[int, int] = field(default_factory=dict)
    keys: dict[bytes, int] = field(default_factory=dict)
    revoked: set[bytes] = field(default_factory=set)
    partners: set[tuple[int, int]] = field(default_factory=set)

    def next_sequence(self) -> int:
        self.sequence += 1
        return self.sequence


Operation = Callable[[LedgerState, int], Iterable[events.LedgerEvent]]
"""Changes the state at a block time and yields the events; nothing where the contract reverts."""


def create() -> Operation:
    def run(state: LedgerState, _time: int) -> Iterable[events.LedgerEvent]:
        yield events.LedgerCreated(state.next_sequence(), bytes(19) + b"\x01", bytes(20))

    return run


def admit(gln: int, roles: int = 2) -> Operation:
    def run(state: LedgerState, _time: int) -> Iterable[events.LedgerEvent]:
        if gln not in state.status:
            state.status[gln], state.roles[gln] = 1, roles
            digest = hashlib.sha256(str(gln).encode()).digest()
            sequence = state.next_sequence()
            yield events.PartyAdmitted(gln, sequence, roles, gln.to_bytes(20, "big"), digest)

    return run


def change_roles(gln: int, roles: int) -> Operation:
    def run(state: LedgerState, _time: int) -> Iterable[events.LedgerEvent]:
        if state.status.get(gln) in {1, 2}:
            state.roles[gln] = roles
            yield events.PartyRolesChanged(gln, state.next_sequence(), roles)

    return run


def suspend_or_reinstate(gln: int) -> Operation:
    def run(state: LedgerState, _time: int) -> Iterable[events.LedgerEvent]:
        if state.status.get(gln) == 1:
            state.status[gln] = 2
            yield events.PartySuspended(gln, state.next_sequence())
        elif state.status.get(gln) == 2:
            state.status[gln] = 1
            yield events.PartyReinstated(gln, state.next_sequence())

    return run


def inspect(gln: int, inspector: int, *, passed: bool) -> Operation:
    def run(state: LedgerState, _time: int) -> Iterable[events.LedgerEvent]:
        if state.status.get(gln) not in {1, 2} or inspector not in state.status:
            return
        failures = 0 if passed else state.failures.get(gln, 0) + 1
        state.failures[gln] = failures
        sequence = state.next_sequence()
        name = hashlib.sha256(f"inspection {sequence} {gln}".encode()).digest()
        yield events.PartyInspected(gln, inspector, sequence, name, passed, failures, name[::-1])
        if failures >= 3:
            state.status[gln] = 3
            yield events.PartyBanned(gln, state.next_sequence())

    return run


def add_key(gln: int, number: int) -> Operation:
    def run(state: LedgerState, time: int) -> Iterable[events.LedgerEvent]:
        key = number.to_bytes(20, "big")
        if gln in state.status and key not in state.keys:
            state.keys[key] = gln
            yield events.KeyAdded(gln, key, state.next_sequence(), 2, time, time + 10**6)

    return run


def revoke_key(number: int, ago_s: int) -> Operation:
    def run(state: LedgerState, time: int) -> Iterable[events.LedgerEvent]:
        key = number.to_bytes(20, "big")
        if key in state.keys and key not in state.revoked:
            gln, since = state.keys[key], time - ago_s
            state.revoked.add(key)
            state.distrust[gln] = min(state.distrust.get(gln, since), since)
            yield events.KeyRevoked(gln, key, state.next_sequence(), since)

    return run


def set_partner(gln: int, partner: int, *, trusted: bool) -> Operation:
    def run(state: LedgerState, _time: int) -> Iterable[events.LedgerEvent]:
        if gln in state.status and partner in state.status:
            (state.partners.add if trusted else state.partners.discard)((gln, partner))
            yield events.PartnerChanged(gln, partner, state.next_sequence(), trusted)

    return run


def register(gln: int, lot: str) -> Operation:
    def run(state: LedgerState, _time: int) -> Iterable[events.LedgerEvent]:
        batch_id = batch_id_of(lot)
        if batch_id not in state.heads:
            head = genesis_head(CHAIN_ID, CONTRACT, batch_id)
            state.heads[batch_id] = head
            sequence = state.next_sequence()
            gtin = GTIN.value.encode()
            yield events.BatchRegistered(batch_id, gln, sequence, gtin, lot, head)

    return run


def append(gln: int, lot: str, kinds: Sequence[int], salt: int = 0) -> Operation:
    def run(state: LedgerState, time: int) -> Iterable[events.LedgerEvent]:
        batch_id = batch_id_of(lot)
        if batch_id not in state.heads or not kinds:
            return
        records = b""
        for place, kind in enumerate(kinds):
            if not _change_status(state, batch_id, gln, kind):
                continue
            digest = hashlib.sha256(f"{salt} {place} {kind}".encode()).digest()
            location = (gln if place % 2 else 0).to_bytes(6, "big")
            records += bytes([kind]) + time.to_bytes(5, "big") + location + digest
        if records:
            head = fold(state.heads[batch_id], gln, time, records)
            state.heads[batch_id] = head
            yield events.Appended(batch_id, gln, state.next_sequence(), head, records)

    return run


def _change_status(state: LedgerState, batch_id: bytes, gln: int, kind: int) -> bool:
    """Whether the contract takes the record."""
    holders = state.holders.setdefault(batch_id, set())
    if (kind == Kind.HOLD and gln in holders) or (kind == Kind.RELEASE and gln not in holders):
        return False
    if kind == Kind.HOLD:
        holders.add(gln)
    elif kind == Kind.RELEASE:
        holders.remove(gln)
    elif kind == Kind.HOLD_OVERRIDE:
        holders.clear()
        state.rounds[batch_id] = state.rounds.get(batch_id, 0) + 1
    elif kind == Kind.RECALL:
        state.recalled.add(batch_id)
    return True


# --- the chain -----------------------------------------------------------------------------------


@dataclass
class Block:
    number: int
    block_hash: bytes
    time_unix: int
    logs: list[dict[str, Any]]
    state: LedgerState


@dataclass
class Faults:
    """What the node gets wrong. Counters count answers down; 0 = never, -1 = always.

    Attributes:
        lag: blocks that the node is behind.
        refuse: answers to any request that fail as if the node were gone.
        kept_states: newest blocks whose state it can still ask; 0 = all.
        most_blocks: largest range of logs it serves; 0 = any.
        edit_logs: changes the logs of an answer.
        edits: how many answers are changed.
        before_logs: called before logs are read: what happens to the chain meanwhile.
        block_times: whether logs carry their block's time.
    """

    lag: int = 0
    refuse: int = 0
    kept_states: int = 0
    most_blocks: int = 0
    edit_logs: Callable[[list[dict[str, Any]]], list[dict[str, Any]]] | None = None
    edits: int = -1
    before_logs: Callable[[], None] | None = None
    block_times: bool = True


class ChainSimulator:
    """The chain and its one node."""

    def __init__(self, *, final_depth: int = 64, salt: str = "") -> None:
        self.faults = Faults()
        self.final_depth = final_depth
        self.requests = 0
        self._salt = salt
        self._forks = 0
        self.blocks = [Block(0, self._hash(0), START_UNIX, [], LedgerState())]
        self.mine(create())
        self.deployment = Deployment(
            CHAIN_ID, CONTRACT, 1, self.blocks[0].block_hash, keccak(CODE), self._hash(-1)
        )

    @property
    def head(self) -> Block:
        return self.blocks[-1]

    @property
    def state(self) -> LedgerState:
        return self.head.state

    def mine(self, *operations: Operation) -> Block:
        """One block; operations that the contract would refuse leave no log."""
        parent = self.head
        state = copy.deepcopy(parent.state)
        number, time = parent.number + 1, parent.time_unix + BLOCK_S
        block = Block(number, self._hash(number), time, [], state)
        for place, operation in enumerate(operations):
            for event in operation(state, time):
                block.logs.append(self._log(block, place, event))
        self.blocks.append(block)
        return block

    def reorg(self, depth: int, replacement: Sequence[Sequence[Operation]]) -> None:
        """Replace the newest `depth` blocks; block 0 stays."""
        self._forks += 1
        del self.blocks[max(1, len(self.blocks) - depth) :]
        for operations in replacement:
            self.mine(*operations)

    def _hash(self, number: int) -> bytes:
        return hashlib.sha256(f"{self._salt} {self._forks} {number}".encode()).digest()

    def _log(self, block: Block, place: int, event: events.LedgerEvent) -> dict[str, Any]:
        topics, data = encode_event(event)
        return {
            "address": f"0x{CONTRACT.hex()}",
            "topics": [f"0x{topic.hex()}" for topic in topics],
            "data": f"0x{data.hex()}",
            "blockNumber": hex(block.number),
            "blockHash": f"0x{block.block_hash.hex()}",
            "blockTimestamp": hex(block.time_unix),
            "transactionHash": f"0x{keccak(block.block_hash + bytes([place])).hex()}",
            "transactionIndex": hex(place),
            "logIndex": hex(len(block.logs)),
            "removed": False,
        }

    # --- JSON-RPC ----------------------------------------------------------------------------

    def call(self, method: str, *params: object) -> Any:
        return self.batch([(method, params)])[0]

    def call_as(self, result_type: type[T], method: str, *params: object) -> T:
        return msgspec.convert(self.call(method, *params), result_type)

    def batch(self, calls: Sequence[tuple[str, Sequence[object]]]) -> list[Any]:
        self.requests += 1
        if self.faults.refuse:
            self.faults.refuse -= 1
            raise RpcUnavailableError("the simulated node is gone")
        # Like a real node, every answer is JSON and nothing is shared with the asker.
        answers = [self._answer(method, *params) for method, params in calls]
        decoded: list[Any] = msgspec.json.decode(msgspec.json.encode(answers))
        return decoded

    def _answer(self, method: str, *params: Any) -> Any:
        match method:
            case "eth_chainId":
                return hex(CHAIN_ID)
            case "eth_getCode":
                return f"0x{CODE.hex()}"
            case "eth_getBlockByNumber":
                return self._block(self._number(params[0]))
            case "eth_getLogs":
                return self._logs(params[0])
            case "eth_call":
                return self._view(*params)
        raise _refusal(-32601, f"method {method} not found")

    def _shown(self) -> list[Block]:
        return self.blocks[: max(1, len(self.blocks) - self.faults.lag)]

    def _number(self, where: str) -> int:
        top = self._shown()[-1].number
        named = {"latest": top, "finalized": max(0, top - self.final_depth), "safe": top}
        return named[where] if where in named else int(where, 16)

    def _block(self, number: int) -> dict[str, Any] | None:
        if number >= len(self._shown()):
            return None
        block = self.blocks[number]
        return {
            "number": hex(number),
            "hash": f"0x{block.block_hash.hex()}",
            "timestamp": hex(block.time_unix),
            "transactions": [],
        }

    def _logs(self, wanted: dict[str, Any]) -> list[dict[str, Any]]:
        if self.faults.before_logs is not None:
            hook, self.faults.before_logs = self.faults.before_logs, None
            hook()
        first, last = self._number(wanted["fromBlock"]), self._number(wanted["toBlock"])
        if self.faults.most_blocks and last - first >= self.faults.most_blocks:
            raise _refusal(-32602, f"range {last - first + 1} exceeds limit")
        shown = self._shown()[first : last + 1]
        logs = [dict(log) for block in shown for log in block.logs]
        if not self.faults.block_times:
            for log in logs:
                del log["blockTimestamp"]
        if self.faults.edit_logs is not None and self.faults.edits:
            self.faults.edits -= 1
            logs = self.faults.edit_logs(logs)
        return logs

    def _view(self, call: dict[str, str], where: dict[str, str]) -> str:
        if call["data"] != f"0x{encode_call('lastSequence').hex()}":
            raise _refusal(3, "execution reverted")
        for block in self._shown()[-self.faults.kept_states :]:
            if f"0x{block.block_hash.hex()}" == where["blockHash"]:
                return f"0x{block.state.sequence:064x}"
        raise _refusal(-32000, "unknown block")


def _refusal(code: int, words: str) -> RpcError:
    return RpcError(f"the simulated node refuses: {words}", rpc_code=code, rpc_message=words)


def encode_event(event: events.LedgerEvent) -> tuple[list[bytes], bytes]:
    """Topics and data as the EVM emits them, by a library that is not ours."""
    parameters = event.declaration.rstrip(")").partition("(")[2].split(",")
    topics, types, values = [event_topic(type(event))], [], []
    for parameter, name in zip(parameters, event.__slots__, strict=True):
        kind, value = parameter.split()[0], getattr(event, name)
        value = f"0x{value.hex()}" if kind == "address" else value
        if "indexed" in parameter.split():
            topics.append(encode([kind], [value]))
        else:
            types.append(kind)
            values.append(value)
    return topics, encode(types, values)
