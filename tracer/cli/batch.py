"""`tracer batch`: register a batch from a file; look at batches on the ledger."""

import time
from pathlib import Path
from typing import Annotated, Any

import typer

from tracer.cli.context import command_station
from tracer.cli.options import AsJson, BatchArgument, DryRun, PasswordFile
from tracer.cli.parsing import BatchName, parse_batch
from tracer.cli.render import print_facts, print_json, print_table, spell_time
from tracer.cli.writing import run_writer
from tracer.domain.identifiers import Gln, Gtin, Lot
from tracer.operations.batch_file import FileDefaults, load_batch_plan
from tracer.operations.batch_views import (
    ListedBatch,
    ShownBatch,
    ShownRecord,
    condition_of,
    list_batches,
    show_batch,
)
from tracer.operations.register_batch import batch_registration

app = typer.Typer(help="Register a batch from a file; look at batches.")


@app.command()
def register(
    file: Annotated[
        Path, typer.Argument(help="Batch file: JSON, EPCIS 2.0 document, CSV or XLSX.")
    ],
    *,
    recorder: Annotated[
        str | None,
        typer.Option(metavar="GLN", help="Who records, where the file does not say it."),
    ] = None,
    owner: Annotated[
        str | None,
        typer.Option(metavar="GLN", help="Who registers, where the file does not say it."),
    ] = None,
    gtin: Annotated[str | None, typer.Option(help="Where the file does not say it.")] = None,
    lot: Annotated[str | None, typer.Option(help="Where the file does not say it.")] = None,
    skip_missing: Annotated[
        bool,
        typer.Option("--skip-missing", help="Go on after records of parties without a key here."),
    ] = False,
    password_file: PasswordFile = None,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Register a batch and write all its records; run it again after any interruption."""
    defaults = FileDefaults(
        recorder=Gln.parse(recorder) if recorder else None,
        owner=Gln.parse(owner) if owner else None,
        gtin=Gtin.parse(gtin) if gtin else None,
        lot=Lot.parse(lot) if lot else None,
    )
    plan = load_batch_plan(file, now_unix=int(time.time()), defaults=defaults)
    with command_station(password_file) as station:
        writer = batch_registration(station, plan, skip_missing=skip_missing)
        run_writer(writer, dry_run=dry_run, as_json=as_json)


@app.command("list")
def list_all(*, as_json: AsJson = False) -> None:
    """List all batches of the ledger."""
    with command_station() as station:
        batches = list_batches(station)
    if as_json:
        print_json({"batches": [_listed_json(it) for it in batches]})
        return
    rows = [(it.gtin, it.lot, it.owner, it.block_number, condition_of(it.state)) for it in batches]
    columns = ("GTIN", "lot", "owner", "block", "condition")
    print_table(columns, rows, "no batch is registered yet")


@app.command()
def show(batch: BatchArgument, *, as_json: AsJson = False) -> None:
    """Show a batch with all its records, as the ledger holds them."""
    name = parse_batch(batch)
    with command_station() as station:
        shown = show_batch(station, name.gtin, name.lot)
    if as_json:
        print_json({**_facts(name, shown), "records": [_shown_json(it) for it in shown.records]})
        return
    print_facts(_facts(name, shown))
    rows = [
        (spell_time(it.occurred_at_unix), it.kind, it.gln, it.location, it.digest.hex()[:16] + "…")
        for it in shown.records
    ]
    print_table(("when", "record", "by", "where", "digest"), rows, "no record yet")


@app.command()
def status(batch: BatchArgument, *, as_json: AsJson = False) -> None:
    """Say how a batch stands: registered, on hold or recalled; what is unfinished here."""
    name = parse_batch(batch)
    with command_station() as station:
        shown = show_batch(station, name.gtin, name.lot)
    facts = {
        **_facts(name, shown),
        "contentsMissingHere": sum(not it.is_here for it in shown.records),
        "unfinishedHere": list(shown.unfinished),
    }
    if as_json:
        print_json(facts)
    else:
        print_facts(facts)


def _facts(name: BatchName, shown: ShownBatch) -> dict[str, Any]:
    return {
        "gtin": name.gtin.value,
        "lot": name.lot.value,
        "batchId": shown.batch_id.hex(),
        "owner": f"{shown.state.owner:013d}",
        "condition": condition_of(shown.state),
        "heldBy": [gln.value for gln in shown.holders],
        "head": shown.state.head.hex(),
        "appends": shown.appends,
        "recordCount": len(shown.records),
    }


def _listed_json(listed: ListedBatch) -> dict[str, Any]:
    return {
        "gtin": listed.gtin,
        "lot": listed.lot,
        "owner": listed.owner.value,
        "blockNumber": listed.block_number,
        "head": listed.state.head.hex(),
        "condition": condition_of(listed.state),
    }


def _shown_json(record: ShownRecord) -> dict[str, Any]:
    return {
        "occurredAt": record.occurred_at_unix,
        "kind": record.kind,
        "gln": record.gln.value,
        "location": record.location or None,
        "digest": record.digest.hex(),
        "contentIsHere": record.is_here,
        "transactionHash": "0x" + record.transaction_hash.hex(),
    }
