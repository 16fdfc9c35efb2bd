"""What writing would cost, found by simulation; nothing is sent or stored."""

from collections.abc import Sequence
from dataclasses import dataclass

from tracer.chain.sender import Call, Sender
from tracer.errors import TracerError


@dataclass(frozen=True, slots=True)
class PlannedCall:
    """A transaction that is still missing: what for, who would sign it, and the call."""

    what: str
    sender: str
    call: Call


@dataclass(frozen=True, slots=True)
class Cost:
    """An estimate for several transactions.

    Attributes:
        gas: of each, in order; None where the node cannot simulate it, because it lacks
            `eth_simulateV1` and the transaction builds on one before it.
        fee_per_gas_wei: what a unit of gas costs now, in wei.
    """

    gas: tuple[int | None, ...]
    fee_per_gas_wei: int

    @property
    def known_gas(self) -> int:
        """Gas of all that could be simulated."""
        return sum(gas or 0 for gas in self.gas)

    @property
    def fee_wei(self) -> int:
        """What `known_gas` costs now, in wei."""
        return self.known_gas * self.fee_per_gas_wei


def estimate_cost(sender: Sender, calls: Sequence[PlannedCall]) -> Cost:
    """Simulate calls one after the other.

    Args:
        sender: the chain.
        calls: in order.

    Raises:
        TracerError: the contract refuses one of them; the error says why.
    """
    if not calls:
        return Cost((), 0)
    fees, base_wei = sender.fees(), sender.base_fee_wei()
    fee_wei = min(base_wei + fees.priority_fee_wei, fees.max_fee_wei)
    results = sender.simulate_all([(it.sender, it.call) for it in calls])
    if results is None:
        first = sender.estimate_gas(calls[0].sender, calls[0].call)
        return Cost((first, *[None] * (len(calls) - 1)), fee_wei)
    for planned, result in zip(calls, results, strict=True):
        if isinstance(result, TracerError):
            raise type(result)(f"{planned.what}: {result}", hint=result.hint)
    return Cost(tuple(it for it in results if isinstance(it, int)), fee_wei)
