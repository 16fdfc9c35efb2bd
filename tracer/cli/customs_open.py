"""`tracer customs open`: look at a claimed declaration beside everything else that is said."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from tracer.cli.context import command_station, password_reader
from tracer.cli.customs_claims import Customs, Declaration, claim_json, find_claims, spell_hours
from tracer.cli.desk_opening import open_desk
from tracer.cli.options import AsJson, BatchArgument, PasswordFile
from tracer.cli.render import print_facts, print_json, print_line, print_note, print_table
from tracer.domain.checks import CheckStatus
from tracer.domain.cross_checks import Agreement as CrossAgreement
from tracer.domain.cross_checks import CrossCheck
from tracer.domain.customs_comparison import Agreement, ComparedField
from tracer.domain.identifiers import Gln
from tracer.domain.kinds import Kind
from tracer.domain.messages import render_english
from tracer.errors import InputError, VerificationError
from tracer.operations.customs_answer import customs_key, customs_party
from tracer.operations.customs_claims import Claim, choose_claim
from tracer.operations.customs_desk import fetch_paper
from tracer.operations.customs_keys import CustomsKeys
from tracer.operations.customs_open import (
    Reading,
    compare_claim,
    keep_paper,
    read_granted,
    read_paper,
)
from tracer.operations.station import Station
from tracer.settings import Settings, load_settings


def open_paper(
    batch: BatchArgument,
    *,
    paper: Annotated[
        Path | None,
        typer.Option(
            help="The paper, handed over as a file: its full view, or with --grant its container.",
            show_default=False,
        ),
    ] = None,
    grant: Annotated[
        Path | None,
        typer.Option(help="File with the container's key, sealed for you.", show_default=False),
    ] = None,
    desk: Annotated[
        str | None,
        typer.Option(
            metavar="URL", help="Fetch it from this desk, by your grant.", show_default=False
        ),
    ] = None,
    declaration: Declaration = None,
    customs: Customs = None,
    password_file: PasswordFile = None,
    as_json: AsJson = False,
) -> None:
    """Check that a paper is the one that was claimed, and show it beside all others."""
    if desk is not None and paper is not None:
        raise InputError("the paper is a file or at a desk, not both")
    settings = load_settings()
    password = password_reader(password_file or settings.key_password_file)
    with command_station(password_file, settings) as station:
        claims = find_claims(station, batch)
        if desk is None:
            data = _read(settings, paper, grant, password)
        else:
            wanted = choose_claim(claims, declaration)
            data = _fetch(station, desk, wanted, customs, password)
        if data is not None:
            opened = keep_paper(station, claims, data)
            claims = [
                claim
                for claim in find_claims(station, batch)
                if claim.commitment == opened.commitment
            ]
        claim = choose_claim(claims, declaration)
        reading = compare_claim(station, claim, settings.database)
    if as_json:
        print_json(_reading_json(reading))
    else:
        _print_reading(reading)
    if reading.status is CheckStatus.INVALID:
        raise VerificationError(
            "what the mirror holds of this batch is not genuine",
            hint="tracer verify says what is wrong; do not compare with it.",
        )


def _read(
    settings: Settings, paper: Path | None, grant: Path | None, password: Callable[[], str]
) -> bytes | None:
    """The full view that was handed over; None when there is none."""
    if grant is None:
        return None if paper is None else read_paper(paper)
    if paper is None:
        raise InputError("a grant opens a container", hint="Name it: --paper FILE.")
    keys = CustomsKeys(settings.home / "customs")
    return read_granted(paper, grant, keys.unlock_opening_key(password()))


def _fetch(
    station: Station, desk: str, claim: Claim, customs: str | None, password: Callable[[], str]
) -> bytes:
    """The full view from a desk, decrypted here."""
    party = Gln.parse(customs) if customs else customs_party(station)
    key = customs_key(station, party, Kind.CLEARANCE_CONFIRMATION)
    private = CustomsKeys(station.home / "customs").unlock_opening_key(password())
    with open_desk(station, desk, key) as client:
        return fetch_paper(client, claim, private)


def _print_reading(reading: Reading) -> None:
    claim = reading.claim
    print_facts(
        {
            "batch": claim.name,
            "declaration": claim.number,
            "broker": claim.broker,
            "commitment": claim.commitment.hex(),
            "customs": claim.answer.value,
            "from arrival": spell_hours(claim.hours_since_arrival(int(time.time()))),
        }
    )
    rows = [_field_row(field) for field in reading.fields]
    print_table(("field", "declared", "", "others say"), rows, "no field is open")
    if reading.hidden:
        print_line(f"{reading.hidden} fields are not open here")
    checks = [_check_row(check) for check in _worst_first(reading)]
    print_table(("check", "result", "reason"), checks, "no cross check was made")
    if reading.missing:
        print_note(f"not compared: {reading.missing}")
    elif reading.status is not CheckStatus.VALID:
        print_note(f"what it was compared with is {reading.status.value}, not VALID")


def _field_row(field: ComparedField) -> tuple[str, str, str, str]:
    mark = {
        Agreement.SAME: "same",
        Agreement.DIFFERS: "DIFFERS",
        Agreement.ALONE: "alone",
    }[field.agreement]
    words = [
        other.subject if field.agreement is Agreement.SAME else f"{other.subject}: {other.text}"
        for other in field.others
    ]
    name = field.name if field.is_public else f"{field.name} (confidential)"
    return name, field.text, mark, ", ".join(words)


def _worst_first(reading: Reading) -> list[CrossCheck]:
    order = [CrossAgreement.CONFLICT, CrossAgreement.UNVERIFIED, CrossAgreement.CONFIRMED]
    return sorted(reading.checks, key=lambda check: order.index(check.agreement))


def _check_row(check: CrossCheck) -> tuple[str, str, str]:
    reason = render_english(check.message.key, check.message.params)
    return check.code, check.agreement.value, reason


def _reading_json(reading: Reading) -> dict[str, Any]:
    return {
        **claim_json(reading.claim, int(time.time())),
        "comparedWith": reading.status.value,
        "notCompared": reading.missing or None,
        "hiddenFields": reading.hidden,
        "fields": [
            {
                "name": field.name,
                "value": field.text,
                "public": field.is_public,
                "agreement": field.agreement.value,
                "others": [{"subject": it.subject, "value": it.text} for it in field.others],
            }
            for field in reading.fields
        ],
        "checks": [
            {
                "code": check.code,
                "result": check.agreement.value,
                "reason": render_english(check.message.key, check.message.params),
                "subjects": list(check.subjects),
            }
            for check in reading.checks
        ],
    }
