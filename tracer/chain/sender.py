"""Simulate, price, send and look up transactions; no memory of its own.

What must survive a crash (which transaction was signed for what) is kept by
`tracer.operations.outbox`; this module asks the node and names what it answers.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from tracer.chain.contract import Revert, decode_revert
from tracer.chain.refusals import explain_revert
from tracer.chain.rpc import Node
from tracer.errors import InsufficientFundsError, RpcError, TracerError, TransientError

GAS_MARGIN_PCT: Final = 120  # state may change between estimate and block; unused gas is returned
BUMP_PCT: Final = 113  # nodes ask for 10 % (anvil, besu) to 12.5 % (geth rounds up) more
DEFAULT_TIP_WEI: Final = 10**9  # for nodes that do not know eth_maxPriorityFeePerGas
WEI_PER_GWEI: Final = 10**9
WEI_PER_ETHER: Final = 10**18


@dataclass(frozen=True, slots=True)
class Call:
    """What a transaction does: a call of `to`, or the creation of a contract when `to` is None.

    Attributes:
        to: checksummed address, or None.
        data: call data or creation code.
        value_wei: ether to hand over, in wei; the ledger takes none.
    """

    to: str | None
    data: bytes
    value_wei: int = 0


@dataclass(frozen=True, slots=True)
class Fees:
    """An EIP-1559 offer, in wei per gas."""

    max_fee_wei: int
    priority_fee_wei: int


@dataclass(frozen=True, slots=True)
class Receipt:
    """A transaction that is in a block.

    Attributes:
        tx_hash: 0x and 64 hexadecimal digits.
        block_number: the block's number.
        block_hash: the block's hash, 0x and 64 hexadecimal digits.
        succeeded: False when the contract reverted it.
        gas_used: gas.
        fee_wei: what it cost.
        contract_address: the created contract, or None.
    """

    tx_hash: str
    block_number: int
    block_hash: str
    succeeded: bool
    gas_used: int
    fee_wei: int
    contract_address: str | None


class SendAnswer(StrEnum):
    """What a node says to a signed transaction."""

    ACCEPTED = "accepted"
    KNOWN = "known"  # it has this very transaction
    NONCE_USED = "nonce-used"  # another transaction (or this one) is in a block with the nonce
    UNDERPRICED = "underpriced"  # another one waits with the nonce and offers about as much
    FEE_TOO_LOW = "fee-too-low"  # below the base fee or the node's minimum


# Words of anvil, geth, besu, nethermind, erigon and reth, lower case. The first match counts.
_WORDS: Final[Sequence[tuple[str, SendAnswer]]] = (
    ("already known", SendAnswer.KNOWN),
    ("alreadyknown", SendAnswer.KNOWN),
    ("already imported", SendAnswer.KNOWN),
    ("known transaction", SendAnswer.KNOWN),
    ("already in mempool", SendAnswer.KNOWN),
    ("nonce too low", SendAnswer.NONCE_USED),
    ("nonce_too_low", SendAnswer.NONCE_USED),
    ("nonce below", SendAnswer.NONCE_USED),
    ("oldnonce", SendAnswer.NONCE_USED),
    ("replacement transaction underpriced", SendAnswer.UNDERPRICED),
    ("replacementnotallowed", SendAnswer.UNDERPRICED),
    ("replacement_underpriced", SendAnswer.UNDERPRICED),
    ("max fee per gas less than block base fee", SendAnswer.FEE_TOO_LOW),
    ("transaction underpriced", SendAnswer.FEE_TOO_LOW),
    ("gas price below", SendAnswer.FEE_TOO_LOW),
    ("gas_price_too_low", SendAnswer.FEE_TOO_LOW),
    ("fee too low", SendAnswer.FEE_TOO_LOW),
    ("feetoolow", SendAnswer.FEE_TOO_LOW),
    ("base fee exceeds gas limit", SendAnswer.FEE_TOO_LOW),
)
_POOR: Final = (
    "insufficient funds",
    "insufficientfunds",
    "insufficient balance",
    "upfront cost exceeds account balance",
    "upfront_cost_exceeds_balance",
    "doesn't have enough funds",
)


def classify_refusal(words: str) -> SendAnswer | None:
    """Name a node's refusal of a signed transaction; None when it is of no known sort."""
    lower = words.lower()
    return next((answer for needle, answer in _WORDS if needle in lower), None)


def is_poor(words: str) -> bool:
    """Whether a node says that the sender cannot pay."""
    return any(needle in words.lower() for needle in _POOR)


class Sender:
    """Transactions to one chain.

    Args:
        node: the JSON-RPC node.
        chain_id: EIP-155 chain id, already checked against the node.
        max_fee_wei: highest fee per gas to offer, in wei.
        now_unix: the time, for simulating the next block.
    """

    def __init__(
        self,
        node: Node,
        chain_id: int,
        max_fee_wei: int,
        now_unix: Callable[[], float] = time.time,
    ) -> None:
        self._node = node
        self._chain_id = chain_id
        self._max_fee_wei = max_fee_wei
        self._now_unix = now_unix

    def simulate(self, sender: str, call: Call) -> None:
        """Try a call on the pending block without sending it.

        Raises:
            TracerError: the contract refuses; the error says why.
        """
        try:
            self._node.call("eth_call", _call_object(sender, call), "pending")
        except RpcError as error:
            raise self._refusal(error, sender) from error

    def simulate_all(self, calls: Sequence[tuple[str, Call]]) -> list[int | TracerError] | None:
        """Try calls of several senders one after the other, each on top of those before it.

        Returns:
            For each, the gas it used or why the contract refuses it; None when the node cannot
            simulate several (it lacks `eth_simulateV1`, or takes less at once).
        """
        head = self._node.call("eth_getBlockByNumber", "latest", False)
        time_unix = max(int(head["timestamp"], 16) + 1, int(self._now_unix()))
        block = {
            "blockOverrides": {"time": hex(time_unix)},
            "calls": [_call_object(sender, call) for sender, call in calls],
        }
        try:
            answer = self._node.call("eth_simulateV1", {"blockStateCalls": [block]}, "latest")
        except RpcError:
            return None
        return [_read_simulated(result) for result in answer[0]["calls"]]

    def estimate_gas(self, sender: str, call: Call) -> int:
        """Gas limit for a call, with a margin.

        Raises:
            TracerError: the contract refuses; the error says why.
        """
        try:
            answer = self._node.call("eth_estimateGas", _call_object(sender, call), "pending")
        except RpcError as error:
            raise self._refusal(error, sender) from error
        return int(answer, 16) * GAS_MARGIN_PCT // 100

    def base_fee_wei(self) -> int:
        """Base fee of the newest block, in wei per gas."""
        head = self._node.call("eth_getBlockByNumber", "latest", False)
        return int(head.get("baseFeePerGas") or "0x0", 16)

    def fees(self, replaced: Fees | None = None) -> Fees:
        """What to offer now.

        Args:
            replaced: the offer of the same nonce that this one has to beat.

        Raises:
            TransientError: the network asks for more than the configured limit.
        """
        tip, base = self._tip_wei(), self.base_fee_wei()
        wanted = Fees(2 * base + tip, tip)
        needed = base + tip
        if replaced is not None:
            tip = max(tip, _bumped(replaced.priority_fee_wei))
            needed = max(base + tip, _bumped(replaced.max_fee_wei))
            wanted = Fees(max(wanted.max_fee_wei, needed), tip)
        if needed > self._max_fee_wei:
            raise TransientError(
                f"the network asks for {needed / WEI_PER_GWEI:.3f} gwei per gas, more than the"
                f" limit of {self._max_fee_wei / WEI_PER_GWEI:.3f}",
                hint="Wait until it is cheaper, or raise TRACER_MAX_FEE_GWEI.",
            )
        return Fees(min(wanted.max_fee_wei, self._max_fee_wei), wanted.priority_fee_wei)

    def nonce(self, address: str, block: str = "latest") -> int:
        """How many transactions of an address are in blocks (or in the given block tag)."""
        return int(self._node.call("eth_getTransactionCount", address, block), 16)

    def nonce_before(self, address: str, depth: int) -> int:
        """How many transactions of an address are in blocks at least `depth` below the head."""
        head = int(self._node.call("eth_blockNumber"), 16)
        return self.nonce(address, hex(max(0, head - depth)))

    def balance_wei(self, address: str) -> int:
        """Balance of an address, in wei."""
        return int(self._node.call("eth_getBalance", address, "latest"), 16)

    def check_balance(self, address: str, needed_wei: int) -> None:
        """Ask whether an account can pay before anything is signed.

        Raises:
            InsufficientFundsError: it cannot.
        """
        balance_wei = self.balance_wei(address)
        if balance_wei < needed_wei:
            raise _poor(address, balance_wei, needed_wei)

    def build(self, call: Call, nonce: int, gas: int, fees: Fees) -> dict[str, Any]:
        """The fields of an EIP-1559 transaction, ready to sign."""
        return {
            "type": 2,
            "chainId": self._chain_id,
            "nonce": nonce,
            "to": call.to,
            "value": call.value_wei,
            "data": call.data,
            "gas": gas,
            "maxFeePerGas": fees.max_fee_wei,
            "maxPriorityFeePerGas": fees.priority_fee_wei,
            "accessList": [],
        }

    def send(self, sender: str, raw: bytes) -> SendAnswer:
        """Hand a signed transaction to the node; sending one again does no harm.

        Raises:
            InsufficientFundsError: the sender cannot pay for it.
            RpcUnavailableError: no usable answer; the node may have it all the same.
        """
        try:
            self._node.call("eth_sendRawTransaction", "0x" + raw.hex())
        except RpcError as error:
            answer = classify_refusal(error.rpc_message)
            if answer is not None:
                return answer
            raise self._refusal(error, sender) from error
        return SendAnswer.ACCEPTED

    def receipts(self, tx_hashes: Sequence[str]) -> list[Receipt | None]:
        """The receipts of transactions; None for each that is in no block."""
        answers = self._node.batch([("eth_getTransactionReceipt", [it]) for it in tx_hashes])
        return [_read_receipt(it) if it and it.get("blockHash") else None for it in answers]

    def _tip_wei(self) -> int:
        try:
            return int(self._node.call("eth_maxPriorityFeePerGas"), 16)
        except RpcError:
            return DEFAULT_TIP_WEI

    def _refusal(self, error: RpcError, sender: str) -> TracerError:
        """The error that a node's answer to a call or transaction stands for."""
        if is_poor(error.rpc_message):
            return _poor(sender, self.balance_wei(sender))
        revert = _revert_in(error.rpc_data)
        if revert.name or "revert" in error.rpc_message.lower():
            return explain_revert(revert)
        return error


def _call_object(sender: str, call: Call) -> dict[str, str]:
    fields = {"from": sender, "data": "0x" + call.data.hex(), "value": hex(call.value_wei)}
    return fields if call.to is None else {**fields, "to": call.to}


def _poor(address: str, balance_wei: int, needed_wei: int | None = None) -> InsufficientFundsError:
    needed = "" if needed_wei is None else f"; it needs up to {needed_wei / WEI_PER_ETHER:.6f}"
    return InsufficientFundsError(
        f"{address} holds {balance_wei / WEI_PER_ETHER:.6f} ether and cannot pay for the"
        f" transaction{needed}",
        hint=f"Send ether to {address}, then run the same command again.",
    )


def _bumped(fee_wei: int) -> int:
    return fee_wei * BUMP_PCT // 100 + 1


def _revert_in(data: object, result: object = None) -> Revert:
    """Revert data stands in `error.data`, in an object there, or in `returnData`."""
    if isinstance(data, dict):
        data = data.get("data") or data.get("result")
    if not isinstance(data, str) and isinstance(result, dict):
        data = result.get("returnData")
    if not isinstance(data, str) or not data.startswith("0x"):
        return Revert("", {})
    try:
        return decode_revert(bytes.fromhex(data[2:]))
    except ValueError:
        return Revert("", {})


def _read_simulated(result: dict[str, Any]) -> int | TracerError:
    if int(result["status"], 16) == 1:
        return int(result["gasUsed"], 16)
    return explain_revert(_revert_in((result.get("error") or {}).get("data"), result))


def _read_receipt(answer: dict[str, Any]) -> Receipt:
    gas_used = int(answer["gasUsed"], 16)
    return Receipt(
        tx_hash=answer["transactionHash"],
        block_number=int(answer["blockNumber"], 16),
        block_hash=answer["blockHash"],
        succeeded=int(answer["status"], 16) == 1,
        gas_used=gas_used,
        fee_wei=gas_used * int(answer.get("effectiveGasPrice") or "0x0", 16),
        contract_address=answer.get("contractAddress"),
    )
