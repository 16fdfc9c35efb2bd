"""What would be written (`--dry-run`: simulated and priced, nothing sent or stored), what was."""

from collections.abc import Mapping, Sequence
from typing import Any

from tracer.chain.sender import Sender
from tracer.cli.render import (
    WEI_PER_GWEI,
    print_json,
    print_line,
    print_table,
    spell_ether,
)
from tracer.operations.cost import Cost, PlannedCall, estimate_cost
from tracer.operations.delivery import SigningKey
from tracer.operations.outbox import Intent, Presence, Written
from tracer.operations.station import Station


def show_plan(
    sender: Sender,
    steps: Sequence[PlannedCall],
    *,
    as_json: bool,
    details: Mapping[str, Any] | None = None,
) -> None:
    """Simulate some calls and print what they would cost.

    Args:
        sender: the chain.
        steps: the calls, in order.
        as_json: print one JSON object.
        details: more facts for the JSON object.

    Raises:
        TracerError: the ledger would refuse one of them.
    """
    cost = estimate_cost(sender, steps)
    if as_json:
        print_json({"dryRun": True, **(details or {}), **_cost_json(steps, cost)})
        return
    rows = [
        (step.what, step.sender, "later" if gas is None else f"{gas:,}")
        for step, gas in zip(steps, cost.gas, strict=True)
    ]
    print_table(("would write", "signed by", "gas"), rows, "nothing to write: it is all there")
    if steps:
        price = f"{cost.fee_per_gas_wei / WEI_PER_GWEI:.3f} gwei per gas"
        print_line(f"{cost.known_gas:,} gas, {spell_ether(cost.fee_wei)} at {price}")
    print_line("dry run: nothing was written")


def preview(station: Station, intent: Intent, key: SigningKey, *, as_json: bool) -> None:
    """Show what writing one intent would send: nothing, if the ledger holds it already."""
    missing = intent.presence() is Presence.ABSENT
    steps = [PlannedCall(intent.what, key.address, intent.call)] if missing else []
    show_plan(station.base.sender, steps, as_json=as_json)


def show_written(what: str, written: Written, *, as_json: bool) -> None:
    """Say that something is on the ledger, and which transaction put it there."""
    if as_json:
        print_json({"what": what, **written_json(written)})
    elif written.already:
        print_line(f"{what} already; nothing was sent")
    else:
        print_line(f"{what}: transaction {written.tx_hash} in block {written.block_number}")


def written_json(written: Written) -> dict[str, Any]:
    """A transaction, for a JSON object."""
    return {
        "already": written.already,
        "transactionHash": written.tx_hash or None,
        "blockNumber": written.block_number,
        "gasUsed": written.gas_used,
        "feeWei": written.fee_wei,
    }


def _cost_json(steps: Sequence[PlannedCall], cost: Cost) -> dict[str, Any]:
    return {
        "transactions": [
            {"what": step.what, "sender": step.sender, "gas": gas}
            for step, gas in zip(steps, cost.gas, strict=True)
        ],
        "gas": cost.known_gas,
        "feePerGasWei": cost.fee_per_gas_wei,
        "feeWei": cost.fee_wei,
    }
