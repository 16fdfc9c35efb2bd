"""Write to the ledger exactly once, whatever crashes.

The order that makes it so, for one intent (something that is to be written):

(1) Transactions of this key that were signed but are in no block are sent again, as they are.
(2) Transactions signed for this intent decide: one in a block means done; one whose nonce went to
    another transaction in a final block can never count, so it is dead.
(3) The next nonce is read, and only *then* the chain is asked whether the intent is written. If
    anybody writes it with the same key after that, the nonce we hold is used up and ours cannot
    be mined: the nonce is a compare-and-swap, even between two machines.
(4) The call is simulated; a refusal stops here, before anything is stored.
(5) Intent and signed transaction are stored durably, then sent, then waited for.

A crash anywhere is repaired by doing it again: before (5) nothing had happened; after it, (1) and
(2) find the stored transaction. A lock per key keeps two processes of one installation apart.

Not covered: one party that writes the same file with two different keys, from two installations,
at the same moment. The ledger takes the same record from both; let one installation do it.
"""

import contextlib
import hashlib
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import groupby
from pathlib import Path
from typing import Final

import filelock

from tracer.chain.sender import Call, Receipt, Sender
from tracer.errors import FatalError, TransientError
from tracer.operations.delivery import (
    FIRST_POLL_S,
    MAX_POLL_S,
    Delivery,
    Offer,
    SigningKey,
    patiently,
)
from tracer.store.workspace import IntentRow, SignedRow, Workspace

INTENT_DOMAIN: Final = b"tracer/intent/v1\x00"
LOCK_TIMEOUT_S: Final = 900.0  # a batch of 50 steps on a network of 12-second blocks
MAX_REVERTS: Final = 2  # a call that passes simulation but reverts twice will not pass a third time
GAP_GAS: Final = 21_000  # of a transaction without data


class Presence(StrEnum):
    """What the chain holds of an intent."""

    ABSENT = "absent"
    PRESENT = "present"
    PARTLY = "partly"  # somebody wrote a part of it: the caller plans again


@dataclass(frozen=True)
class Intent:
    """Something that is to be written once.

    Attributes:
        intent_id: hex digest of what is to be written; see `build_intent_id`.
        what: what it is, for a person.
        call: the contract call.
        presence: asks the chain whether it is written.
    """

    intent_id: str
    what: str
    call: Call
    presence: Callable[[], Presence]


@dataclass(frozen=True, slots=True)
class Written:
    """An intent that is on the chain.

    Attributes:
        tx_hash: the transaction that did it; "" when it was there and not by this installation.
        block_number: its block, or None.
        gas_used: gas, or None.
        fee_wei: what it cost, in wei, or None.
        contract_address: the created contract, or None.
        already: nothing had to be sent.
    """

    tx_hash: str
    block_number: int | None
    gas_used: int | None
    fee_wei: int | None
    contract_address: str | None
    already: bool


class Step(StrEnum):
    """What to do next about an intent."""

    DONE = "done"
    BURY = "bury"  # this transaction can never count: reverted, or its nonce went to another one
    PUSH = "push"  # send it again and wait
    WAIT = "wait"  # it will be buried, once its block is final
    SIGN = "sign"


def build_intent_id(chain: str, contract: str, actor: str, data: bytes, salt: str = "") -> str:
    """Name something that is to be written by what it is.

    Args:
        chain: chain id and genesis hash.
        contract: address of the ledger, or "" for its creation.
        actor: GLN or address on whose behalf it is written; not the key, which may be replaced.
        data: the call.
        salt: tells apart calls that may be repeated, such as naming a partner again.
    """
    facts = f"{chain}\x00{contract.lower()}\x00{actor}\x00{salt}".encode()
    return hashlib.sha256(INTENT_DOMAIN + facts + b"\x00" + data).hexdigest()


def next_step(
    attempts: Sequence[SignedRow],
    receipts: Sequence[Receipt | None],
    nonces: Sequence[int],
    final_nonces: Sequence[int],
) -> tuple[Step, SignedRow | None, Receipt | None]:
    """Decide about an intent from what is known of its transactions; pure.

    Args:
        attempts: transactions signed for it that may still count.
        receipts: of each, read *after* the nonces; None = in no block.
        nonces: of each one's sender, how many of its transactions are in blocks.
        final_nonces: the same, in final blocks only.
    """
    facts = list(zip(attempts, receipts, nonces, final_nonces, strict=True))
    for attempt, receipt, _, _ in facts:
        if receipt is not None and receipt.succeeded:
            return Step.DONE, attempt, receipt
    for attempt, receipt, _, final_nonce in facts:
        if attempt.nonce < final_nonce:
            return Step.BURY, attempt, receipt
    for attempt, receipt, nonce, _ in facts:
        return (Step.WAIT if attempt.nonce < nonce else Step.PUSH), attempt, receipt
    return Step.SIGN, None, None


class Outbox:
    """The way of every transaction of one installation to one chain.

    Args:
        workspace: what survives a crash.
        sender: the chain.
        chain: chain id and genesis hash, so that a reset chain is another one.
        locks: folder of the lock files.
        finality: block tag, or number of blocks after which a block is final.
        timeout_s: seconds to wait for a block before giving up for now.
    """

    def __init__(
        self,
        workspace: Workspace,
        sender: Sender,
        *,
        chain: str,
        locks: Path,
        finality: str | int,
        timeout_s: float,
    ) -> None:
        self.chain = chain
        self.sender = sender
        self._workspace = workspace
        self._locks = locks
        self._finality = finality
        self._timeout_s = timeout_s
        self._delivery = Delivery(workspace, sender, chain=chain, timeout_s=timeout_s)
        self._reverts: Counter[str] = Counter()

    def perform(self, intent: Intent, key: SigningKey) -> Written | None:
        """Bring an intent onto the chain, once.

        Returns:
            How it got there; None when somebody else wrote a part of it, so that the caller has
            to plan again.

        Raises:
            TracerError: the contract refuses (nothing was stored), the account cannot pay, the
                node is gone, or it was not mined in time. Doing it again continues.
        """
        with self.locked(key.address):
            self._settle(key)
            while True:
                done = self._follow(intent, key)
                if done is not None:
                    return done
                nonce = self._free_nonce(key.address)
                presence = intent.presence()
                if presence is Presence.PARTLY:
                    return None
                if presence is Presence.PRESENT:
                    return Written("", None, None, None, None, already=True)
                self._delivery.push([self._sign(intent, key, nonce)], key)

    def unfinished(self) -> list[str]:
        """What was begun here and is not on the chain, for a person; oldest first.

        A command that was killed just after its transaction was mined has left an open intent:
        those are closed here.
        """
        found: list[str] = []
        for intent in self._workspace.open_intents(self.chain):
            attempts = self._workspace.signed_for(intent.intent_id)
            hashes = [it.tx_hash for it in attempts]
            receipts = self.sender.receipts(hashes) if hashes else []
            done = next((it for it in receipts if it is not None and it.succeeded), None)
            if done is not None:
                self._close(intent.intent_id, done)
            elif attempts:
                found.append(intent.what)
        return found

    @contextlib.contextmanager
    def locked(self, name: str) -> Iterator[None]:
        """Keep other processes of this installation away from a key, or a batch.

        Raises:
            TransientError: another process held it for too long.
        """
        self._locks.mkdir(mode=0o700, parents=True, exist_ok=True)
        file = self._locks / f"{hashlib.sha256(f'{self.chain} {name}'.encode()).hexdigest()}.lock"
        lock = filelock.FileLock(file, timeout=LOCK_TIMEOUT_S, poll_interval=0.02)
        try:
            lock.acquire()
        except filelock.Timeout:
            raise TransientError(
                f"another tracer command has used {name} for {LOCK_TIMEOUT_S:.0f} s",
                hint="Wait for it, or end it; then run the same command again.",
            ) from None
        try:
            yield
        finally:
            lock.release()

    def _settle(self, key: SigningKey) -> None:
        """(1) Send again what this key signed and no block holds, by nonce."""
        stored = self._workspace.signed_from(
            self.chain, key.address, self.sender.nonce(key.address)
        )
        for nonce, attempts in groupby(stored, lambda row: row.nonce):
            for missing in range(self._free_nonce(key.address, upto=nonce), nonce):
                self._fill_gap(key, missing)
            self._delivery.push(list(attempts), key)

    def _follow(self, intent: Intent, key: SigningKey) -> Written | None:
        """(2) Let the transactions signed for an intent decide; None = a new one is needed."""
        deadline = time.monotonic() + self._timeout_s
        while True:
            attempts = self._workspace.signed_for(intent.intent_id)
            step, attempt, receipt = self._ask_step(attempts)
            if attempt is None:
                return None
            if step is Step.DONE and receipt is not None:
                return self._finish(intent, receipt)
            if step is Step.BURY:
                self._workspace.mark_dead(attempt.tx_hash)
                self._reverts[intent.intent_id] += receipt is not None
                if self._reverts[intent.intent_id] >= MAX_REVERTS:
                    raise FatalError(
                        f"{intent.what}: the contract reverts what passes simulation",
                        hint=f"Look at transaction {attempt.tx_hash}.",
                    )
            elif step is Step.PUSH:
                same = [it for it in attempts if it.nonce == attempt.nonce]
                self._delivery.push(same, key)
            else:
                if receipt is not None:
                    self.sender.simulate(attempt.sender, intent.call)  # raises with the reason
                self._pause_for_finality(attempt, deadline)

    def _ask_step(
        self, attempts: Sequence[SignedRow]
    ) -> tuple[Step, SignedRow | None, Receipt | None]:
        if not attempts:
            return Step.SIGN, None, None
        finals = {it.sender: self._final_nonce(it.sender) for it in attempts}
        nonces = {it.sender: self.sender.nonce(it.sender) for it in attempts}
        # Receipts come after the nonces: a nonce that counts as used has its receipt by now.
        receipts = patiently(lambda: self.sender.receipts([it.tx_hash for it in attempts]))
        return next_step(
            attempts,
            receipts,
            [nonces[it.sender] for it in attempts],
            [finals[it.sender] for it in attempts],
        )

    def _finish(self, intent: Intent, receipt: Receipt) -> Written:
        before = self._workspace.intent(intent.intent_id)
        self._close(intent.intent_id, receipt)
        return Written(
            receipt.tx_hash,
            receipt.block_number,
            receipt.gas_used,
            receipt.fee_wei,
            receipt.contract_address,
            already=before is not None and before.tx_hash is not None,
        )

    def _close(self, intent_id: str, receipt: Receipt) -> None:
        self._workspace.mark_done(
            intent_id, receipt.tx_hash, receipt.block_number, receipt.block_hash
        )

    def _final_nonce(self, address: str) -> int:
        if isinstance(self._finality, str):
            return self.sender.nonce(address, self._finality)
        if self._finality == 0:
            return self.sender.nonce(address)
        return self.sender.nonce_before(address, self._finality)

    def _pause_for_finality(self, attempt: SignedRow, deadline: float) -> None:
        if time.monotonic() > deadline:
            raise TransientError(
                f"transaction {attempt.tx_hash} failed in a block that is not final yet",
                hint="Run the same command again in a few minutes.",
            )
        time.sleep(MAX_POLL_S)

    def _free_nonce(self, address: str, upto: int | None = None) -> int:
        """(3) The next nonce, once nothing of this key waits in the node's pool.

        Args:
            address: the key.
            upto: a nonce that may wait there: ours.
        """
        deadline, pause = time.monotonic() + self._timeout_s, FIRST_POLL_S
        while True:
            nonce = self.sender.nonce(address)
            waiting = self.sender.nonce(address, "pending")
            if waiting <= nonce or (upto is not None and nonce >= upto):
                return nonce
            if time.monotonic() > deadline:
                raise TransientError(
                    f"another program has a transaction of {address} waiting at this node",
                    hint="Wait until it is mined, then run the same command again.",
                )
            time.sleep(pause)
            pause = min(pause * 2, MAX_POLL_S)

    def _sign(self, intent: Intent, key: SigningKey, nonce: int) -> SignedRow:
        """(4) simulate, then the first half of (5): record, sign and store."""
        gas = self.sender.estimate_gas(key.address, intent.call)
        offer = Offer(nonce, gas, self.sender.fees())
        self.sender.check_balance(key.address, gas * offer.fees.max_fee_wei)
        signer = key.unlock()
        self._record(intent.intent_id, intent.what, key.address, intent.call)
        return self._delivery.sign(intent.intent_id, intent.call, signer, offer)

    def _record(self, intent_id: str, what: str, sender: str, call: Call) -> None:
        self._workspace.record_intent(
            IntentRow(intent_id, self.chain, sender, what, call.to, call.data, str(call.value_wei))
        )

    def _fill_gap(self, key: SigningKey, nonce: int) -> None:
        """Use up a nonce that keeps later stored transactions waiting, by paying nobody nothing.

        A reorganisation can drop another program's transaction for good while ours, with the
        next nonce, is still stored. Signing ours anew would risk writing it twice.
        """
        call = Call(key.address, b"")
        intent_id = build_intent_id(self.chain, "", key.address, b"", salt=f"gap {nonce}")
        offer = Offer(nonce, GAP_GAS, self.sender.fees())
        signer = key.unlock()
        self._record(intent_id, f"fill the gap at nonce {nonce}", key.address, call)
        self._delivery.push([self._delivery.sign(intent_id, call, signer, offer)], key)
