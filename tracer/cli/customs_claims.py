"""What the commands of `tracer customs` share: naming a claim, and showing one."""

from typing import Annotated, Any

import typer

from tracer.cli.parsing import parse_batch
from tracer.domain.records import build_batch_id
from tracer.domain.status import CLEARANCE_TARGET_HOURS
from tracer.errors import NotFoundError
from tracer.operations.customs_claims import (
    BatchRecords,
    Claim,
    choose_claim,
    fetch_batch,
    fetch_claims,
)
from tracer.operations.station import Station

Customs = Annotated[
    str | None,
    typer.Option("--as", metavar="GLN", help="Who answers. Default: the one customs party here."),
]
Declaration = Annotated[
    str | None,
    typer.Option(metavar="NUMBER", help="The declaration. Default: the batch's only one."),
]


def claim_json(claim: Claim, now_unix: int) -> dict[str, Any]:
    """A claim, for a JSON object."""
    return {
        "gtin": claim.gtin,
        "lot": claim.lot,
        "batchId": claim.batch_id.hex(),
        "declaration": claim.number,
        "office": claim.office or None,
        "commitment": claim.commitment.hex(),
        "broker": claim.broker.value,
        "declaredAt": claim.claimed_at_unix,
        "arrivedAt": claim.arrived_at_unix,
        "hoursSinceArrival": claim.hours_since_arrival(now_unix),
        "overTarget": claim.is_slow(now_unix),
        "answer": claim.answer.value,
        "answeredAt": claim.answered_at_unix,
        "reasons": [reason.to_json() for reason in claim.reasons],
    }


def spell_hours(hours: float | None) -> str:
    """Hours from arrival beside the target, for people."""
    if hours is None:
        return "no arrival recorded"
    verdict = "over" if hours > CLEARANCE_TARGET_HOURS else "within"
    return f"{hours:.1f} h, {verdict} {CLEARANCE_TARGET_HOURS} h"


def find_claims(station: Station, batch: str) -> list[Claim]:
    """The claims of a batch that somebody named.

    Raises:
        NotFoundError: the ledger has no such batch.
        InputError: it names no batch.
    """
    return fetch_claims(station, [find_batch(station, batch)])


def find_batch(station: Station, batch: str) -> BatchRecords:
    """The records of a batch that somebody named; errors as in `find_claims`."""
    name = parse_batch(batch)
    found = fetch_batch(station, build_batch_id(name.gtin, name.lot))
    if found is None:
        raise NotFoundError(
            f"the ledger has no batch {name}", hint="tracer batch list shows those that it has."
        )
    return found


def find_claim(station: Station, batch: str, declaration: str | None) -> Claim:
    """One claim of a batch; see `find_claims` and `choose_claim`."""
    return choose_claim(find_claims(station, batch), declaration)
