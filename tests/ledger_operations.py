"""What can be done to a simulated ledger, and the events that it emits.

An operation changes the ledger's state at a block's time and yields events; where the contract
would revert it yields none. Every change is noted, so that blocks can be taken back.
"""

import hashlib
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Generic, TypeVar

from tracer.chain import events
from tracer.domain.identifiers import Gtin, Lot
from tracer.domain.kinds import Kind
from tracer.domain.records import build_batch_id, fold, genesis_head

CHAIN_ID = 900_913
CONTRACT = bytes.fromhex("5fbdb2315678afecb367f032d93f642f64180aa3")
GTIN = Gtin.parse("09520010001015")

K = TypeVar("K")
V = TypeVar("V")
_ABSENT: Any = object()


def batch_id_of(lot: str) -> bytes:
    return build_batch_id(GTIN, Lot.parse(lot))


class Tracked(dict[K, V], Generic[K, V]):
    """A dict that notes what each change replaced."""

    def __init__(self, changes: list[tuple["Tracked[Any, Any]", Any, Any]]) -> None:
        super().__init__()
        self._changes = changes

    def __setitem__(self, key: K, value: V) -> None:
        self._changes.append((self, key, self.get(key, _ABSENT)))
        super().__setitem__(key, value)

    def put_back(self, key: K, value: V) -> None:
        if value is _ABSENT:
            del self[key]
        else:
            super().__setitem__(key, value)


class LedgerState:
    """What the contract stores, as far as its events show it."""

    def __init__(self) -> None:
        self.sequence = 0
        self._changes: list[tuple[Tracked[Any, Any], Any, Any]] = []
        self.heads: dict[bytes, bytes] = Tracked(self._changes)
        self.holders: dict[bytes, frozenset[int]] = Tracked(self._changes)
        self.rounds: dict[bytes, int] = Tracked(self._changes)
        self.recalled: dict[bytes, bool] = Tracked(self._changes)
        self.status: dict[int, int] = Tracked(self._changes)
        self.roles: dict[int, int] = Tracked(self._changes)
        self.distrust: dict[int, int] = Tracked(self._changes)
        self.failures: dict[int, int] = Tracked(self._changes)
        self.keys: dict[bytes, int] = Tracked(self._changes)
        self.revoked: dict[bytes, bool] = Tracked(self._changes)
        self.partners: dict[tuple[int, int], bool] = Tracked(self._changes)

    def next_sequence(self) -> int:
        self.sequence += 1
        return self.sequence

    def mark(self) -> tuple[int, int]:
        """A point to go back to."""
        return self.sequence, len(self._changes)

    def go_back(self, mark: tuple[int, int]) -> None:
        self.sequence, size = mark
        while len(self._changes) > size:
            tracked, key, value = self._changes.pop()
            tracked.put_back(key, value)


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
            state.revoked[key] = True
            state.distrust[gln] = min(state.distrust.get(gln, since), since)
            yield events.KeyRevoked(gln, key, state.next_sequence(), since)

    return run


def set_partner(gln: int, partner: int, *, trusted: bool) -> Operation:
    def run(state: LedgerState, _time: int) -> Iterable[events.LedgerEvent]:
        if gln in state.status and partner in state.status:
            state.partners[gln, partner] = trusted
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
    holders = state.holders.get(batch_id, frozenset())
    if (kind == Kind.HOLD and gln in holders) or (kind == Kind.RELEASE and gln not in holders):
        return False
    if kind == Kind.HOLD:
        state.holders[batch_id] = holders | {gln}
    elif kind == Kind.RELEASE:
        state.holders[batch_id] = holders - {gln}
    elif kind == Kind.HOLD_OVERRIDE:
        state.holders[batch_id] = frozenset()
        state.rounds[batch_id] = state.rounds.get(batch_id, 0) + 1
    elif kind == Kind.RECALL:
        state.recalled[batch_id] = True
    return True
