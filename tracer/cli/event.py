"""`tracer event`: record something that happened to a batch."""

import time
from pathlib import Path
from typing import Annotated

import typer

from tracer.cli.context import command_station
from tracer.cli.options import AsJson, BatchArgument, DryRun, PasswordFile
from tracer.cli.parsing import parse_batch
from tracer.cli.writing import run_writer
from tracer.domain.identifiers import Gln
from tracer.operations.record_event import event_writer, load_events, only_party

app = typer.Typer(help="Record something that happened to a batch.")


@app.command()
def record(
    batch: BatchArgument,
    file: Annotated[Path, typer.Argument(help="An EPCIS 2.0 event, or a document of events.")],
    *,
    recorder: Annotated[
        str | None,
        typer.Option("--as", metavar="GLN", help="Who records. Default: the one party here."),
    ] = None,
    password_file: PasswordFile = None,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Append events to a batch. What the ledger holds already is not written again."""
    name = parse_batch(batch)
    with command_station(password_file) as station:
        party = Gln.parse(recorder) if recorder else only_party(station)
        plan = load_events(file, name.gtin, name.lot, party, now_unix=int(time.time()))
        run_writer(event_writer(station, plan), dry_run=dry_run, as_json=as_json)
