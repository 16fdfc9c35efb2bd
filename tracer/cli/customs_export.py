"""`tracer customs export`: the data of a declaration, in the order of its form."""

import sys
from pathlib import Path
from typing import Annotated, Literal

import typer

from tracer.cli.context import command_station
from tracer.cli.customs_claims import Declaration, find_batch
from tracer.cli.options import AsJson, BatchArgument
from tracer.cli.render import print_json, print_line
from tracer.domain.declaration_export import State, write_csv, write_json
from tracer.operations.customs_export import export_declaration, keep_export

ExportFormat = Literal["csv", "json"]


def export(
    batch: BatchArgument,
    *,
    file_format: Annotated[
        ExportFormat, typer.Option("--format", help="csv, for spreadsheets, or json.")
    ] = "csv",
    out: Annotated[
        Path | None,
        typer.Option(help="File to write, readable by you alone. Default: the terminal."),
    ] = None,
    declaration: Declaration = None,
    as_json: AsJson = False,
) -> None:
    """Write a declaration's data in the order of its form, headings in English and Chinese."""
    with command_station() as station:
        exported = export_declaration(station, find_batch(station, batch), declaration)
    text = write_csv(exported) if file_format == "csv" else write_json(exported)
    if out is None:
        sys.stdout.write(write_json(exported) if as_json else text)
        return
    keep_export(out, text, with_mark=file_format == "csv")
    states = [field.state for field in exported.fields]
    counts = {state.value.lower(): states.count(state) for state in State}
    if as_json:
        print_json({"file": str(out), "declaration": exported.number, **counts})
    else:
        told = ", ".join(f"{count} {name}" for name, count in counts.items())
        print_line(f"{out}: declaration {exported.number}, {told}")
