"""Get a stored transaction into a block: send, wait, send again, offer more.

Nothing here decides *whether* something is written; `tracer.operations.outbox` does.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

from tracer.chain.sender import Call, Fees, SendAnswer, Sender
from tracer.chain.signer import Signer
from tracer.errors import FatalError, RpcError, RpcUnavailableError, TransientError
from tracer.store.workspace import SignedRow, Workspace

T = TypeVar("T")

FIRST_POLL_S: Final = 0.01  # a local node mines at once
MAX_POLL_S: Final = 1.0
RESEND_AFTER_S: Final = 5.0  # a node may forget its pool when it restarts
BUMP_AFTER_S: Final = 30.0  # two to three blocks of a public network
RPC_TRIES: Final = 5
RPC_FIRST_DELAY_S: Final = 0.2  # 0.2 + 0.4 + 0.8 + 1.6: a restarting local node is back by then


@dataclass(frozen=True)
class SigningKey:
    """A key that may be asked to sign; its password is needed only then."""

    address: str
    unlock: Callable[[], Signer]


@dataclass(frozen=True, slots=True)
class Offer:
    """What a transaction is sent with: nonce, gas limit and fees."""

    nonce: int
    gas: int
    fees: Fees


class Delivery:
    """Sends what is stored, and stores what it sends.

    Args:
        workspace: what survives a crash.
        sender: the chain.
        chain: chain id and genesis hash.
        timeout_s: seconds to wait for a block before giving up for now.
    """

    def __init__(
        self, workspace: Workspace, sender: Sender, *, chain: str, timeout_s: float
    ) -> None:
        self._workspace = workspace
        self._sender = sender
        self._chain = chain
        self._timeout_s = timeout_s

    def sign(self, intent_id: str, call: Call, signer: Signer, offer: Offer) -> SignedRow:
        """Sign a call and store it durably; it is not sent yet."""
        fields = self._sender.build(call, offer.nonce, offer.gas, offer.fees)
        signed = signer.sign(fields)
        row = SignedRow(
            signed.tx_hash,
            intent_id,
            self._chain,
            signer.address,
            offer.nonce,
            offer.gas,
            offer.fees.max_fee_wei,
            offer.fees.priority_fee_wei,
            signed.raw,
        )
        self._workspace.store_signed(row)
        return row

    def push(self, attempts: Sequence[SignedRow], key: SigningKey) -> None:
        """Send the newest of some transactions with one nonce until a block uses the nonce.

        Args:
            attempts: stored transactions, newest first.
            key: signs a replacement when the offer is too low, if they are its own.

        Raises:
            TransientError: not mined in time, or dearer than the configured limit.
            InsufficientFundsError: the account cannot pay for it.
        """
        newest, deadline = attempts[0], time.monotonic() + self._timeout_s
        bump_at = time.monotonic() + BUMP_AFTER_S
        while True:
            answer = self._send(newest)
            if answer is SendAnswer.NONCE_USED or self._is_used(newest, answer):
                return
            too_low = answer is SendAnswer.FEE_TOO_LOW or time.monotonic() > bump_at
            too_low = too_low or self._sender.base_fee_wei() > newest.max_fee_wei
            if too_low and newest.sender == key.address:
                newest = self._replace(newest, key)
                bump_at = time.monotonic() + BUMP_AFTER_S
            elif too_low:
                time.sleep(MAX_POLL_S)  # another key's: it can only be offered again
            if time.monotonic() > deadline:
                raise TransientError(
                    f"transaction {newest.tx_hash} was sent, but is in no block after"
                    f" {self._timeout_s:.0f} s",
                    hint="Run the same command again: it goes on with this transaction.",
                )

    def _send(self, row: SignedRow) -> SendAnswer:
        return patiently(lambda: self._sender.send(row.sender, row.raw))

    def _is_used(self, row: SignedRow, answer: SendAnswer) -> bool:
        """Wait a while for a block that uses the nonce."""
        if answer is SendAnswer.FEE_TOO_LOW:
            return False
        pause, until = FIRST_POLL_S, time.monotonic() + min(RESEND_AFTER_S, self._timeout_s)
        while time.monotonic() < until:
            if patiently(lambda: self._sender.nonce(row.sender)) > row.nonce:
                return True
            time.sleep(pause)
            pause = min(pause * 1.5, MAX_POLL_S)
        return False

    def _replace(self, row: SignedRow, key: SigningKey) -> SignedRow:
        """Sign the same call with the same nonce and a higher offer."""
        fees = self._sender.fees(Fees(row.max_fee_wei, row.priority_fee_wei))
        intent = self._workspace.intent(row.intent_id)
        if intent is None:  # the schema forbids it
            raise FatalError(f"transaction {row.tx_hash} belongs to no intent")
        call = Call(intent.call_to, intent.call_data, int(intent.value_wei))
        return self.sign(row.intent_id, call, key.unlock(), Offer(row.nonce, row.gas, fees))


def patiently(ask: Callable[[], T]) -> T:
    """Ask again while the node does not answer; what it refuses is final.

    Raises:
        RpcUnavailableError: it never answered.
    """
    delay = RPC_FIRST_DELAY_S
    for _ in range(RPC_TRIES - 1):
        try:
            return ask()
        except RpcError:
            raise
        except RpcUnavailableError:
            time.sleep(delay)
            delay *= 2
    return ask()
