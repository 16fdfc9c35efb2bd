"""`tracer label`: QR labels for tins."""

from pathlib import Path
from typing import Annotated

import typer

from tracer.cli.context import command_station
from tracer.cli.options import AsJson, BatchArgument
from tracer.cli.parsing import parse_batch
from tracer.cli.render import print_json, print_line
from tracer.domain.identifiers import Serial
from tracer.errors import InputError
from tracer.labels.terminal import terminal_qr
from tracer.operations.print_labels import load_label_source, render_labels, write_labels
from tracer.settings import load_settings

app = typer.Typer(help="Print QR labels for tins.")


@app.command("print")
def print_labels(
    batch: BatchArgument,
    *,
    serial: Annotated[
        list[str] | None, typer.Option(help="A tin's serial; may be given several times.")
    ] = None,
    sheet: Annotated[
        int | None, typer.Option(min=1, help="So many tins, from the first serial on.")
    ] = None,
    start: Annotated[int, typer.Option(min=1, help="With --sheet: begin at this tin.")] = 1,
    out: Annotated[
        Path | None,
        typer.Option(help="File: .png, .svg, .pdf or .csv. Default: show it in the terminal."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Print labels of tins whose serials the ledger holds."""
    if (serial is None) == (sheet is None):
        raise InputError("give either --serial or --sheet")
    name, origin = parse_batch(batch), load_settings().public_origin
    with command_station() as station:
        source = load_label_source(station, name.gtin, name.lot)
    serials = (
        source.choose([Serial.parse(text) for text in serial])
        if serial
        else source.serials[start - 1 : start - 1 + (sheet or 0)]
    )
    run = source.run(origin)
    if out is not None:
        write_labels(out, render_labels(run, serials, out.suffix.lower()))
    uris = [run.uri(text) for text in serials]
    if as_json:
        print_json({"labels": len(uris), "file": str(out) if out else None, "uris": uris})
        return
    for uri in uris if out is None else []:
        print_line(terminal_qr(uri, colour=False))
        print_line(uri)
    if out is not None:
        print_line(f"{len(uris)} labels in {out}")
