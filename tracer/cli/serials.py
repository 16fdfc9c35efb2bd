"""`tracer serials`: issue the serial numbers of a batch's tins."""

import time
from pathlib import Path
from typing import Annotated

import typer

from tracer.cli.context import command_station
from tracer.cli.options import AsJson, BatchArgument, DryRun, PasswordFile
from tracer.cli.parsing import parse_batch
from tracer.cli.writing import run_writer
from tracer.errors import InputError
from tracer.operations.issue_serials import SerialOrder, serials_writer

app = typer.Typer(help="Issue the serial numbers of a batch's tins.")


@app.command()
def issue(
    batch: BatchArgument,
    *,
    count: Annotated[int | None, typer.Option(help="Draw so many at random.")] = None,
    file: Annotated[Path | None, typer.Option(help="Take them from a file, one a line.")] = None,
    password_file: PasswordFile = None,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Record the Merkle root of a batch's serials, once; the owner signs."""
    if (count is None) == (file is None):
        raise InputError("give either --count or --file")
    order = SerialOrder.from_file(file) if file else SerialOrder.random(count or 0)
    name, now_unix = parse_batch(batch), int(time.time())
    with command_station(password_file) as station:
        writer = serials_writer(
            station, name.gtin, name.lot, order, now_unix=now_unix, keep=not dry_run
        )
        run_writer(writer, dry_run=dry_run, as_json=as_json)
