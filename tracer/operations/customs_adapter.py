"""How statements and requests travel between a customs system and this installation.

An adapter only carries: it decides nothing about a statement. Each way to travel is one class;
`tests/customs_contract.py` holds all of them to the same behaviour:

- a statement that waits is listed until it is settled, also after a crash or by a new adapter;
- settling is safe to repeat, and a settled statement is not listed again;
- what is fetched is whole, or `TransientError`: half a file never arrives;
- a request that is made again is the same request;
- a place that cannot be asked is a `TransientError`, never an empty list.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Protocol

from tracer.domain.canonical import canonical_text
from tracer.domain.times import utc_text

REQUEST_FORMAT: Final = "tracer-customs-request/1"
MAX_STATEMENT_BYTES: Final = 2**17  # four bytes a character of the longest statement
MAX_WAITING: Final = 10_000  # listed at once; a port clears fewer consignments a day


class Settlement(StrEnum):
    """What became of a statement."""

    ACCEPTED = "accepted"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True)
class ClearanceRequest:
    """Asks a customs system to rule on a declaration. Nothing in it is confidential.

    Attributes:
        chain_id: EIP-155 chain id.
        contract: 20 bytes, the ledger's address.
        batch_id: 32 bytes.
        gtin: 14 digits.
        lot: as printed.
        declaration: the declaration's number.
        commitment: 32 bytes, what a statement has to repeat.
        declared_at_unix: Unix seconds.
        arrived_at_unix: Unix seconds, or None.
    """

    chain_id: int
    contract: bytes
    batch_id: bytes
    gtin: str
    lot: str
    declaration: str
    commitment: bytes
    declared_at_unix: int
    arrived_at_unix: int | None

    @property
    def name(self) -> str:
        """File name; the same claim has always the same."""
        return f"{self.commitment.hex()}.json"

    @property
    def text(self) -> str:
        """RFC 8785 text."""
        arrived = None if self.arrived_at_unix is None else utc_text(self.arrived_at_unix)
        return canonical_text(
            {
                "format": REQUEST_FORMAT,
                "chainId": self.chain_id,
                "contract": self.contract.hex(),
                "batchId": self.batch_id.hex(),
                "gtin": self.gtin,
                "lot": self.lot,
                "declaration": self.declaration,
                "commitment": self.commitment.hex(),
                "declaredAt": utc_text(self.declared_at_unix),
                "arrivedAt": arrived,
            }
        )


class CustomsAdapter(Protocol):
    """One way to a customs system."""

    @property
    def place(self) -> str:
        """Where statements come from, for people; no credentials."""

    def request(self, request: ClearanceRequest) -> None:
        """Ask for a statement.

        Raises:
            TransientError: the customs system cannot be reached.
        """

    def waiting(self) -> list[str]:
        """Names of statements that are not settled, ascending; at most `MAX_WAITING`.

        Raises:
            TransientError: it cannot be asked.
        """

    def fetch(self, name: str) -> bytes | None:
        """A waiting statement, whole; None when it has gone meanwhile.

        Returns:
            At most `MAX_STATEMENT_BYTES` + 1 bytes, so that a longer one shows.

        Raises:
            TransientError: it cannot be fetched.
        """

    def settle(self, name: str, data: bytes, settlement: Settlement, reason: str) -> None:
        """Take a statement off the list for good.

        Args:
            name: of the statement.
            data: what was fetched.
            settlement: what became of it.
            reason: one line for people; "" when it was accepted.

        Raises:
            TransientError: it cannot be settled now.
        """
