"""Questions to the ledger at its newest block, answered in types.

The mirror and the verifier read at fixed blocks with their own code; this is what a writer asks
before and after it writes.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, Final

from eth_utils.address import to_checksum_address

from tracer.chain.contract import decode_result, encode_call
from tracer.chain.decode import LedgerLog, RawLog, event_topic, parse_logs
from tracer.chain.events import Appended, BatchRegistered, LedgerEvent
from tracer.chain.rpc import Node
from tracer.domain.identifiers import Gln
from tracer.domain.kinds import Role

CALLS_AT_ONCE: Final = 500  # public nodes take up to 1,000 calls in one request
GLN_TOPIC_DIGITS: Final = 64  # an indexed uint48 stands in 32 bytes


class PartyStatus(IntEnum):
    """`IPartyRegistry.Status`."""

    UNKNOWN = 0
    ACTIVE = 1
    SUSPENDED = 2
    BANNED = 3


@dataclass(frozen=True, slots=True)
class BatchState:
    """`IBatchLedger.Batch`: head, owner (GLN as a number), holds, hold round, recalled."""

    head: bytes
    owner: int
    holds: int
    hold_round: int
    recalled: bool


@dataclass(frozen=True, slots=True)
class PartyState:
    """`IPartyRegistry.Party` of one GLN.

    Attributes:
        gln: the party.
        admin: checksummed address that manages its keys.
        roles: what it does.
        status: UNKNOWN when it was never admitted.
        distrust_from_unix: Unix seconds; 0 = no key reported compromised.
        profile_digest: SHA-256 of its public profile.
    """

    gln: Gln
    admin: str
    roles: Role
    status: PartyStatus
    distrust_from_unix: int
    profile_digest: bytes


@dataclass(frozen=True, slots=True)
class KeyState:
    """`IPartyRegistry.Key` of one address.

    Attributes:
        address: checksummed.
        gln: the party it belongs to; None = the ledger does not know the key.
        roles: the key acts with (party roles AND these).
        valid_from_unix: Unix seconds, inclusive.
        valid_until_unix: Unix seconds, inclusive.
        revoked_at_unix: Unix seconds; 0 = not revoked.
        distrust_from_unix: Unix seconds; 0 = not revoked.
    """

    address: str
    gln: Gln | None
    roles: Role
    valid_from_unix: int
    valid_until_unix: int
    revoked_at_unix: int
    distrust_from_unix: int

    def is_valid(self, time_unix: int) -> bool:
        """Whether the ledger takes its signature at this block time."""
        return (
            self.gln is not None
            and self.revoked_at_unix == 0
            and self.valid_from_unix <= time_unix <= self.valid_until_unix
        )


@dataclass(frozen=True, slots=True)
class Standing:
    """`IPartyRegistry.Standing`: failed inspections in a row, and who counted first."""

    consecutive_failures: int
    first_inspector: Gln | None
    independent: bool


class Ledger:
    """One deployed ledger, read through one node.

    Args:
        node: the JSON-RPC node.
        contract: 20 bytes, the ledger's address.
        deploy_block: the block that created it; no log is older.
    """

    def __init__(self, node: Node, contract: bytes, deploy_block: int) -> None:
        self._node = node
        self.contract = contract
        self.address = to_checksum_address(contract)
        self.deploy_block = deploy_block

    def batch(self, batch_id: bytes) -> BatchState | None:
        """A batch; None when it is not registered."""
        (values,) = self._ask("batchOf", batch_id)
        state = BatchState(*values)
        return state if any(state.head) else None

    def batches(self, batch_ids: Sequence[bytes]) -> list[BatchState]:
        """Batches that are known to be registered."""
        calls = [("eth_call", [self._call("batchOf", it), "latest"]) for it in batch_ids]
        answers: list[str] = []
        for start in range(0, len(calls), CALLS_AT_ONCE):
            answers += self._node.batch(calls[start : start + CALLS_AT_ONCE])
        return [
            BatchState(*decode_result("batchOf", bytes.fromhex(answer[2:]))[0])
            for answer in answers
        ]

    def parties(self, glns: Sequence[Gln]) -> dict[Gln, PartyState]:
        """Parties by GLN; those never admitted have the status UNKNOWN."""
        (rows,) = self._ask("partiesOf", [gln.number for gln in glns])
        return {gln: _party(gln, row) for gln, row in zip(glns, rows, strict=True)}

    def party(self, gln: Gln) -> PartyState:
        """One party."""
        return self.parties([gln])[gln]

    def keys(self, addresses: Sequence[str]) -> dict[str, KeyState]:
        """Keys by address."""
        (rows,) = self._ask("keysOf", list(addresses))
        return {address: _key(address, row) for address, row in zip(addresses, rows, strict=True)}

    def partners(self, owner: Gln, candidates: Sequence[Gln]) -> set[Gln]:
        """Which of the candidates the owner has named as trading partners."""
        (flags,) = self._ask("partnersOf", owner.number, [gln.number for gln in candidates])
        return {gln for gln, trusted in zip(candidates, flags, strict=True) if trusted}

    def prefix_owner(self, digits: int, prefix: int) -> Gln | None:
        """The party that owns a GS1 company prefix."""
        (number,) = self._ask("prefixOwner", digits, prefix)
        return Gln.from_number(number) if number else None

    def standing(self, gln: Gln) -> Standing:
        """A party's run of failed inspections."""
        ((failures, inspector, independent),) = self._ask("standingOf", gln.number)
        first = Gln.from_number(inspector) if inspector else None
        return Standing(failures, first, independent)

    def governance(self) -> str:
        """Checksummed address that admits parties."""
        (address,) = self._ask("governance")
        return to_checksum_address(address)

    def predecessor(self) -> str | None:
        """The ledger that this one continues, checksummed; None when it is the first."""
        (address,) = self._ask("predecessor")
        return to_checksum_address(address) if int(address, 16) else None

    def last_sequence(self) -> int:
        """The counter of the newest event."""
        (number,) = self._ask("lastSequence")
        return int(number)

    def block_time_unix(self) -> int:
        """Time of the newest block, Unix seconds."""
        return int(self._node.call("eth_getBlockByNumber", "latest", False)["timestamp"], 16)

    def batch_logs(self, batch_id: bytes) -> list[LedgerLog]:
        """Everything written to one batch: BatchRegistered and Appended, in order."""
        return self._logs([_topics(BatchRegistered, Appended), "0x" + batch_id.hex()])

    def party_logs(self, gln: Gln, *events: type[LedgerEvent]) -> list[LedgerLog]:
        """Events of these types about one party, in order."""
        return self._logs([_topics(*events), f"0x{gln.number:0{GLN_TOPIC_DIGITS}x}"])

    def logs(self, *events: type[LedgerEvent]) -> list[LedgerLog]:
        """All events of these types, in order."""
        return self._logs([_topics(*events)])

    def _logs(self, topics: list[object]) -> list[LedgerLog]:
        wanted = {
            "address": self.address,
            "fromBlock": hex(self.deploy_block),
            "toBlock": "latest",
            "topics": topics,
        }
        return parse_logs(self._node.call_as(list[RawLog], "eth_getLogs", wanted), self.contract)

    def _ask(self, function: str, *arguments: object) -> tuple[Any, ...]:
        answer = self._node.call_as(str, "eth_call", self._call(function, *arguments), "latest")
        return decode_result(function, bytes.fromhex(answer.removeprefix("0x")))

    def _call(self, function: str, *arguments: object) -> dict[str, str]:
        return {"to": self.address, "data": "0x" + encode_call(function, *arguments).hex()}


def _topics(*events: type[LedgerEvent]) -> list[str]:
    return ["0x" + event_topic(event).hex() for event in events]


def _party(gln: Gln, row: tuple[Any, ...]) -> PartyState:
    admin, roles, status, distrust_from, profile_digest = row
    return PartyState(
        gln,
        to_checksum_address(admin),
        Role(roles),
        PartyStatus(status),
        distrust_from,
        profile_digest,
    )


def _key(address: str, row: tuple[Any, ...]) -> KeyState:
    number, roles, valid_from, valid_until, revoked_at, distrust_from = row
    return KeyState(
        address,
        Gln.from_number(number) if number else None,
        Role(roles),
        valid_from,
        valid_until,
        revoked_at,
        distrust_from,
    )
