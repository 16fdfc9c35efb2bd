"""`tracer document`: commit to a paper of a batch."""

import time
from pathlib import Path
from typing import Annotated

import typer

from tracer.cli.context import command_station
from tracer.cli.options import AsJson, BatchArgument, DryRun, PasswordFile
from tracer.cli.parsing import parse_batch
from tracer.cli.writing import run_writer
from tracer.operations.add_document import load_document
from tracer.operations.record_event import adding_writer

app = typer.Typer(help="Commit to a paper: certificate, report, declaration.")


@app.command()
def add(
    batch: BatchArgument,
    file: Annotated[
        Path, typer.Argument(help="JSON: docType, number, issuer, issuedAt, public, …, file.")
    ],
    *,
    password_file: PasswordFile = None,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Record the commitment of a paper; its issuer signs. Confidential fields stay here."""
    name = parse_batch(batch)
    planned = load_document(file, now_unix=int(time.time()))
    with command_station(password_file) as station:
        writer = adding_writer(station, name.gtin, name.lot, [planned])
        run_writer(writer, dry_run=dry_run, as_json=as_json)
