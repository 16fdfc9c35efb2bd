"""A small honest chain in memory and its nodes, which speak JSON-RPC and can be made dishonest.

The chain holds one ledger among other contracts. Its blocks are Ethereum's: header hash, receipts
root and bloom are right, and so are the ledger's sequences and folds. Dishonesty is a knob of the
node that changes an answer on its way out. Reorganisations replace the newest blocks by others.

    chain = ChainSimulator()
    chain.mine(admit(gln), register(gln, "LOT1"), append(gln, "LOT1", [Kind.SALE]))
    left = chain.reorg(2, [[append(gln, "LOT1", [Kind.RECALL])], []])
    chain.adopt(left)  # and back to the old fork
    chain.faults.lag = 3
"""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import msgspec
from eth_utils.crypto import keccak
from ethereum_blocks import Json, tohex, unhex
from ledger_operations import (
    CHAIN_ID,
    CONTRACT,
    LedgerState,
    Operation,
    add_key,
    admit,
    append,
    batch_id_of,
    change_roles,
    create,
    inspect,
    register,
    revoke_key,
    set_partner,
    suspend_or_reinstate,
)
from simulated_blocks import (
    BLOCK_S,
    Block,
    build_header,
    build_receipts,
    encode_event,
    foreign_transactions,
    ledger_transaction,
    place_receipts,
)

from tracer.chain.contract import encode_call
from tracer.chain.deployments import Deployment
from tracer.errors import RpcError, RpcUnavailableError

__all__ = [
    "CHAIN_ID", "CONTRACT", "Block", "Chain", "ChainSimulator", "Faults", "LedgerState",
    "Operation", "SimulatedNode", "add_key", "admit", "append", "batch_id_of", "change_roles",
    "create", "encode_event", "inspect", "register", "revoke_key", "set_partner",
    "suspend_or_reinstate",
]  # fmt: skip

T = TypeVar("T")

CODE = b"the ledger"
DEPLOY_BLOCK = 1


class Chain:
    """Blocks, and the ledger's state after the newest."""

    def __init__(self, *, salt: str = "", is_alone: bool = False) -> None:
        self._salt = salt
        self._is_alone = is_alone
        self._forks = 0
        self.state = LedgerState()
        genesis = build_header(None, [], salt, "0")
        self.blocks = [Block(genesis, [], 0, (), "0", self.state.mark())]
        self.previous = self.blocks
        """The chain as it was before the newest reorganisation."""
        self.mine(create())

    @property
    def head(self) -> Block:
        return self.blocks[-1]

    def mine(self, *operations: Operation) -> Block:
        """One block, a transaction for each operation; what the contract refuses, fails."""
        return self._mine(operations, str(self._forks))

    def reorg(self, depth: int, replacement: Sequence[Sequence[Operation]]) -> list[Block]:
        """Replace the newest `depth` blocks, never block 0; the blocks that were left."""
        self._forks += 1
        left = self._leave(len(self.blocks) - depth)
        for operations in replacement:
            self.mine(*operations)
        return left

    def adopt(self, branch: Sequence[Block]) -> list[Block]:
        """Go back to blocks that were left; those that are left for them."""
        left = self._leave(branch[0].number)
        for block in branch:
            again = self._mine(block.operations, block.fork)
            assert again.header == block.header
        return left

    def _leave(self, first: int) -> list[Block]:
        self.previous = list(self.blocks)
        left = self.blocks[max(1, first) :]
        del self.blocks[max(1, first) :]
        if left:
            self.state.go_back(left[0].mark)
        return left

    def _mine(self, operations: Sequence[Operation], fork: str) -> Block:
        parent, mark = self.head, self.state.mark()
        number, time_unix = parent.number + 1, parent.time_unix + BLOCK_S
        chance = random.Random(f"{self._salt} {fork} {number}")
        transactions = [
            ledger_transaction(tuple(operation(self.state, time_unix)), chance)
            for operation in operations
        ]
        for other in [] if self._is_alone else foreign_transactions(chance):
            transactions.insert(chance.randint(0, len(transactions)), other)
        receipts = build_receipts(transactions, self._salt, number)
        header = build_header(parent.header, receipts, self._salt, fork)
        place_receipts(receipts, header)
        block = Block(header, receipts, self.state.sequence, operations, fork, mark)
        self.blocks.append(block)
        return block


@dataclass
class Faults:
    """What a node lacks or gets wrong; nothing, as it is made.

    Attributes:
        lag: blocks that it is behind.
        refuse: requests to come that fail as if the node were gone.
        kept_states: newest blocks whose state it can still ask; 0 = all.
        most_blocks: largest range of logs that it serves; 0 = any.
        most_logs: largest number of logs in an answer; 0 = any.
        batch_limit: most calls in one request; 0 = any.
        has_block_receipts: whether it knows `eth_getBlockReceipts`.
        has_block_times: whether logs carry their block's time.
        is_stale: asked at every request: whether it goes to a node that has not yet heard of the
            newest reorganisation.
        meanwhile: called once in the middle of the answers, when so many more were given.
        alter: changes answers: method, parameters, answer -> answer.
    """

    lag: int = 0
    refuse: int = 0
    kept_states: int = 0
    most_blocks: int = 0
    most_logs: int = 0
    batch_limit: int = 0
    has_block_receipts: bool = True
    has_block_times: bool = True
    is_stale: Callable[[], bool] | None = None
    meanwhile: tuple[int, Callable[[], object]] | None = None
    alter: Callable[[str, Sequence[Any], Any], Any] | None = None


class SimulatedNode:
    """A node of a simulated chain; see `tracer.chain.rpc.Node`."""

    def __init__(self, chain: Chain, final_depth: int = 64) -> None:
        self.chain = chain
        self.final_depth = final_depth
        self.faults = Faults()
        self.requests = 0
        self._blocks = chain.blocks

    def call(self, method: str, *params: object) -> Any:
        return self.batch([(method, params)])[0]

    def call_as(self, result_type: type[T], method: str, *params: object) -> T:
        return self.batch_as(result_type, [(method, params)])[0]

    def batch_as(
        self, result_type: type[T], calls: Sequence[tuple[str, Sequence[object]]]
    ) -> list[T]:
        try:
            return [msgspec.convert(result, result_type) for result in self.batch(calls)]
        except msgspec.ValidationError as error:
            raise RpcUnavailableError(f"the simulated node says something else: {error}") from error

    def batch(self, calls: Sequence[tuple[str, Sequence[object]]]) -> list[Any]:
        self.requests += 1
        faults = self.faults
        if faults.refuse:
            faults.refuse -= 1
            raise RpcUnavailableError("the simulated node is gone")
        if faults.batch_limit and len(calls) > faults.batch_limit:
            raise _refusal(-32600, f"batch of more than {faults.batch_limit} calls")
        is_stale = faults.is_stale is not None and faults.is_stale()
        return [self._answer_once(is_stale, method, params) for method, params in calls]

    def _answer_once(self, is_stale: bool, method: str, params: Sequence[Any]) -> Any:
        if self.faults.meanwhile is not None:
            left, what = self.faults.meanwhile
            self.faults.meanwhile = (left - 1, what) if left else None
            if not left:
                what()
        self._blocks = self.chain.previous if is_stale else self.chain.blocks
        # Like a real node, every answer is JSON and nothing is shared with the asker.
        answer = msgspec.json.decode(msgspec.json.encode(self._answer(method, params)))
        return self.faults.alter(method, params, answer) if self.faults.alter else answer

    def _answer(self, method: str, params: Sequence[Any]) -> Any:
        answers: dict[str, Callable[..., Any]] = {
            "eth_chainId": lambda: hex(CHAIN_ID),
            "eth_blockNumber": lambda: hex(self._top),
            "eth_syncing": lambda: bool(self.faults.lag),
            "eth_getCode": self._code,
            "eth_getBlockByNumber": lambda where, _: self._header(self._find(where)),
            "eth_getBlockByHash": lambda block_hash, _: self._header(self._find(block_hash)),
            "eth_getTransactionReceipt": self._receipt,
            "eth_getLogs": self._logs,
            "eth_call": self._view,
        }
        if self.faults.has_block_receipts:
            answers["eth_getBlockReceipts"] = self._receipts
        if method not in answers:
            raise _refusal(-32601, f"the method {method} does not exist")
        return answers[method](*params)

    # --- what it shows ---------------------------------------------------------------------------

    @property
    def _top(self) -> int:
        return max(0, len(self._blocks) - 1 - self.faults.lag)

    def _number(self, where: str) -> int:
        named = {
            "earliest": 0,
            "latest": self._top,
            "safe": self._top,
            "finalized": max(0, self._top - self.final_depth),
        }
        return named[where] if where in named else int(where, 16)

    def _find(self, where: str) -> Block | None:
        """A block by number, tag or hash."""
        if len(where) == len("0x") + 64:
            shown = self._blocks[self._top :: -1]
            return next((block for block in shown if block.header["hash"] == where), None)
        number = self._number(where)
        return self._blocks[number] if number <= self._top else None

    def _code(self, address: str, where: str) -> str:
        is_there = address == tohex(CONTRACT) and self._number(where) >= DEPLOY_BLOCK
        return tohex(CODE) if is_there else "0x"

    def _header(self, block: Block | None) -> Json | None:
        return block.header if block else None

    def _receipts(self, where: str) -> list[Json] | None:
        block = self._find(where)
        return block.receipts if block else None

    def _receipt(self, key: str) -> Json | None:
        for block in self._blocks[self._top :: -1]:
            if key in block.header["transactions"]:
                place: int = block.header["transactions"].index(key)
                return block.receipts[place]
        return None

    def _logs(self, wanted: Json) -> list[Json]:
        if "blockHash" in wanted:
            block = self._find(wanted["blockHash"])
            if block is None:
                raise _refusal(-32000, "unknown block")
            first = last = block.number
        else:
            first, last = self._number(wanted["fromBlock"]), self._number(wanted["toBlock"])
        if self.faults.most_blocks and last - first >= self.faults.most_blocks:
            raise _refusal(-32602, f"range {last - first + 1} exceeds limit")
        shown = self._blocks[first : min(last, self._top) + 1]
        logs = [log for block in shown for log in block.logs if log["address"] == wanted["address"]]
        if self.faults.most_logs and len(logs) > self.faults.most_logs:
            raise _refusal(-32005, f"query returned more than {self.faults.most_logs} results")
        if not self.faults.has_block_times:
            logs = [{key: log[key] for key in log if key != "blockTimestamp"} for log in logs]
        return logs

    def _view(self, call: dict[str, str], where: str | dict[str, str]) -> str:
        block = self._find(where if isinstance(where, str) else where["blockHash"])
        if block is None:
            raise _refusal(-32000, "unknown block")
        if self.faults.kept_states and block.number <= self._top - self.faults.kept_states:
            raise _refusal(-32000, "missing trie node")
        if block.number < DEPLOY_BLOCK:
            return "0x"
        if call["data"] != tohex(encode_call("lastSequence")):
            raise _refusal(3, "execution reverted")
        return f"0x{block.last_sequence:064x}"


class ChainSimulator(Chain, SimulatedNode):
    """A chain and its one node in one; more nodes of it are `SimulatedNode(chain)`.

    Args:
        final_depth: blocks behind the head at which the node calls a block final.
        salt: chains of another salt begin with another block.
        is_alone: no transactions but the ledger's.
    """

    def __init__(self, *, final_depth: int = 64, salt: str = "", is_alone: bool = False) -> None:
        Chain.__init__(self, salt=salt, is_alone=is_alone)
        SimulatedNode.__init__(self, self, final_depth)
        created = next(log for log in self.blocks[1].logs if log["address"] == tohex(CONTRACT))
        self.deployment = Deployment(
            CHAIN_ID,
            CONTRACT,
            DEPLOY_BLOCK,
            self.blocks[0].block_hash,
            keccak(CODE),
            unhex(created["transactionHash"]),
        )


def _refusal(code: int, words: str) -> RpcError:
    return RpcError(f"the simulated node refuses: {words}", rpc_code=code, rpc_message=words)
