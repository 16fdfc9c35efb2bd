"""`tracer batch`: register a batch from a file; look at batches on the ledger."""

import time
from pathlib import Path
from typing import Annotated

import typer

from tracer.cli.context import command_station
from tracer.cli.options import AsJson, DryRun, PasswordFile
from tracer.cli.writing import run_writer
from tracer.domain.identifiers import Gln, Gtin, Lot
from tracer.operations.batch_file import FileDefaults, load_batch_plan
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
