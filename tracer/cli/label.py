"""`tracer label`: QR labels for tins."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from tracer.cli.context import command_station
from tracer.cli.label_run import print_run
from tracer.cli.options import AsJson, BatchArgument
from tracer.cli.parsing import parse_batch
from tracer.cli.render import print_json, print_line
from tracer.domain.identifiers import Serial
from tracer.errors import InputError
from tracer.labels.parts import Form
from tracer.labels.terminal import terminal_qr
from tracer.operations.label_runs import MAX_PROCESSES, VERIFIED, RunOrder
from tracer.operations.print_labels import load_label_source, render_labels, write_labels
from tracer.settings import load_settings

app = typer.Typer(help="Print QR labels for tins.")


class LevelName(StrEnum):
    """Error correction of labels."""

    M = "M"
    Q = "Q"
    H = "H"


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
    every: Annotated[
        bool, typer.Option("--all", help="All tins, into a folder; goes on where it stopped.")
    ] = False,
    out: Annotated[
        Path | None,
        typer.Option(
            help="File: .png, .svg, .pdf or .csv; with --all a folder. Default: the terminal."
        ),
    ] = None,
    form: Annotated[
        Form | None,
        typer.Option(
            "--format",
            help="With --all. csv for line printers (default), pdf in sheets, png or svg in ZIPs.",
        ),
    ] = None,
    level: Annotated[
        LevelName,
        typer.Option(help="M: largest modules, read from afar. Q, H: for codes that get damaged."),
    ] = LevelName.M,
    verify: Annotated[
        int, typer.Option(min=0, help="With --all: read so many labels from the files written.")
    ] = VERIFIED,
    processes: Annotated[
        int | None,
        typer.Option(min=1, max=MAX_PROCESSES, help="With --all. Default: one a processor."),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="With --all: say how much it would be; write nothing.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Print labels of tins whose serials the ledger holds. Exit code 3: a label cannot be read."""
    _check(serial, sheet, every=every, out=out, only_all=bool(form or dry_run or processes))
    name, origin = parse_batch(batch), load_settings().public_origin
    with command_station() as station:
        source = load_label_source(station, name.gtin, name.lot)
    run = source.run(origin, level.value)
    if every and out is not None:
        order = RunOrder(source, run, form or Form.CSV, out, processes)
        print_run(order, sample=verify, dry_run=dry_run, as_json=as_json)
        return
    serials = (
        source.choose([Serial.parse(text) for text in serial])
        if serial
        else source.serials[start - 1 : start - 1 + (sheet or 0)]
    )
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


def _check(
    serial: list[str] | None, sheet: int | None, *, every: bool, out: Path | None, only_all: bool
) -> None:
    """Whether the options go together."""
    if (serial is not None) + (sheet is not None) + every != 1:
        raise InputError("give one of --serial, --sheet and --all")
    if only_all and not every:
        raise InputError("--format, --processes and --dry-run go with --all")
    if every and out is None:
        raise InputError("--all writes many files", hint="Name a folder for them: --out FOLDER.")
