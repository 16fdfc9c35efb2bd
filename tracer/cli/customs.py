"""`tracer customs`: what a customs party does about brokers' claims."""

import time
from typing import Annotated

import typer

from tracer.cli import customs_key
from tracer.cli.context import command_station
from tracer.cli.customs_claims import Customs, Declaration, claim_json, find_claim, spell_hours
from tracer.cli.customs_export import export
from tracer.cli.customs_open import open_paper
from tracer.cli.customs_statements import sync, watch
from tracer.cli.options import AsJson, BatchArgument, DryRun, PasswordFile
from tracer.cli.parsing import parse_time
from tracer.cli.preview import preview, written_json
from tracer.cli.render import print_json, print_line, print_table, spell_time
from tracer.domain.customs_statement import Reason
from tracer.domain.identifiers import Gln
from tracer.domain.kinds import Kind
from tracer.domain.status import CLEARANCE_TARGET_HOURS
from tracer.errors import InputError
from tracer.operations.customs_answer import (
    check_claim,
    customs_party,
    plan_confirmation,
    plan_objection,
    write_confirmation,
    write_objection,
)
from tracer.operations.customs_answer import (
    customs_key as find_customs_key,
)
from tracer.operations.customs_claims import (
    Answer,
    Claim,
    fetch_batches,
    fetch_claims,
    spell_digest,
)
from tracer.operations.customs_sync import open_log
from tracer.operations.outbox import Written
from tracer.operations.station import Station

app = typer.Typer(help="Answer brokers' claims: compare, confirm, object.")
app.add_typer(customs_key.app, name="key")
app.command("open")(open_paper)
app.command()(export)
app.command()(sync)
app.command()(watch)

AnswerTime = Annotated[
    str | None,
    typer.Option("--at", metavar="TIME", help="When customs ruled. Default: now."),
]


@app.command("list")
def list_claims(
    *,
    every: Annotated[bool, typer.Option("--all", help="Also those that were answered.")] = False,
    office: Annotated[
        str, typer.Option(metavar="CODE", help="Only declarations at this customs office.")
    ] = "",
    as_json: AsJson = False,
) -> None:
    """Show the claims that wait for customs, oldest first, and how long since arrival."""
    now_unix = int(time.time())
    with command_station() as station:
        claims = [
            claim
            for claim in fetch_claims(station, fetch_batches(station))
            if (every or claim.answer is Answer.WAITING) and office in {"", claim.office}
        ]
        claims.sort(key=lambda claim: claim.claimed_at_unix)
        said = [_newest_ruling(station, claim) for claim in claims]
    if as_json:
        listed = [
            {**claim_json(claim, now_unix), "customsSystem": ruling}
            for claim, ruling in zip(claims, said, strict=True)
        ]
        print_json({"claims": listed, "targetHours": CLEARANCE_TARGET_HOURS})
        return
    rows = [
        (
            claim.name,
            claim.number or spell_digest(claim.commitment),
            claim.broker,
            spell_time(claim.claimed_at_unix),
            spell_hours(claim.hours_since_arrival(now_unix)),
            claim.answer if ruling is None else f"{claim.answer} ({ruling})",
        )
        for claim, ruling in zip(claims, said, strict=True)
    ]
    columns = ("batch", "declaration", "broker", "declared", "since arrival", "customs")
    print_table(columns, rows, "no claim waits for customs")


@app.command()
def confirm(
    batch: BatchArgument,
    *,
    declaration: Declaration = None,
    at: AnswerTime = None,
    customs: Customs = None,
    password_file: PasswordFile = None,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Confirm a broker's claim: the same commitment, signed by customs. The page shows cleared."""
    with command_station(password_file) as station:
        claim = find_claim(station, batch, declaration)
        party = Gln.parse(customs) if customs else customs_party(station)
        check_claim(claim, declaration)
        moment = parse_time(at) if at else int(time.time())
        intent = plan_confirmation(station, claim, party, moment)
        if dry_run:
            key = find_customs_key(station, party, Kind.CLEARANCE_CONFIRMATION)
            preview(station, intent, key, as_json=as_json)
            return
        written = write_confirmation(station, intent, party)
        _show_answer(find_claim(station, batch, claim.number), written, as_json=as_json)


@app.command("object")
def object_to(
    batch: BatchArgument,
    *,
    reason: Annotated[
        list[str], typer.Option(metavar="CODE=TEXT", help="Why; may be given several times.")
    ],
    declaration: Declaration = None,
    at: AnswerTime = None,
    customs: Customs = None,
    password_file: PasswordFile = None,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Object to a broker's claim, with reasons that everybody can read."""
    reasons = [_parse_reason(text) for text in reason]
    with command_station(password_file) as station:
        claim = find_claim(station, batch, declaration)
        party = Gln.parse(customs) if customs else customs_party(station)
        moment = parse_time(at) if at else int(time.time())
        intent, text = plan_objection(station, claim, party, reasons, moment)
        if dry_run:
            key = find_customs_key(station, party, Kind.CORRECTION)
            preview(station, intent, key, as_json=as_json)
            return
        written = write_objection(station, intent, text, party)
        _show_answer(find_claim(station, batch, claim.number), written, as_json=as_json)


def _newest_ruling(station: Station, claim: Claim) -> str | None:
    """What the customs system stated last, if it did."""
    said = open_log(station).about(claim.batch_id, claim.commitment)
    return said[-1].ruling.value if said else None


def _parse_reason(text: str) -> Reason:
    code, equals, words = text.partition("=")
    if not equals:
        raise InputError(f"{text[:40]!r} is no reason", hint="Write CODE=TEXT.")
    return Reason(code.strip(), words.strip())


def _show_answer(claim: Claim, written: Written, *, as_json: bool) -> None:
    now_unix = int(time.time())
    if as_json:
        print_json({**claim_json(claim, now_unix), **written_json(written)})
        return
    what = f"declaration {claim.number or spell_digest(claim.commitment)} of {claim.name}"
    said = f"{what} is {claim.answer.value.lower()}"
    if written.already:
        print_line(f"{said} already; nothing was sent")
    else:
        print_line(f"{said}: transaction {written.tx_hash} in block {written.block_number}")
    print_line(f"from arrival: {spell_hours(claim.hours_since_arrival(now_unix))}")
