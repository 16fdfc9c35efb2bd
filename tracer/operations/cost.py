"""What writing would cost, found by simulation; nothing is sent or stored."""

from collections.abc import Sequence
from dataclasses import dataclass

from tracer.chain.sender import Call, Sender


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


def estimate_cost(sender: Sender, calls: Sequence[tuple[str, Call]]) -> Cost:
    """Simulate calls one after the other.

    Args:
        sender: the chain.
        calls: address that would sign, and the call.

    Raises:
        TracerError: the contract refuses one of them; the error says why.
    """
    if not calls:
        return Cost((), 0)
    fees, base_wei = sender.fees(), sender.base_fee_wei()
    fee_wei = min(base_wei + fees.priority_fee_wei, fees.max_fee_wei)
    gas = sender.simulate_all(calls)
    if gas is not None:
        return Cost(tuple(gas), fee_wei)
    sender.simulate(*calls[0])
    first = sender.estimate_gas(*calls[0])
    return Cost((first, *[None] * (len(calls) - 1)), fee_wei)
