"""`tracer serials`: issue the serial numbers of a batch's tins, and check them without network."""

import time
from pathlib import Path
from typing import Annotated

import typer

from tracer.cli.context import command_station
from tracer.cli.options import AsJson, BatchArgument, DryRun, PasswordFile
from tracer.cli.parsing import BatchName, parse_batch
from tracer.cli.render import print_json, print_note, print_table
from tracer.cli.writing import run_writer
from tracer.domain.identifiers import Serial
from tracer.domain.records import build_batch_id
from tracer.domain.serial_mac import verify_serial
from tracer.errors import InputError, VerificationError
from tracer.operations.inner_lists import inner_path
from tracer.operations.issue_serials import SerialOrder, serials_writer
from tracer.operations.serial_keys import key_path, load_serial_key
from tracer.settings import load_settings

app = typer.Typer(help="Issue the serial numbers of a batch's tins.")


@app.command()
def issue(
    batch: BatchArgument,
    *,
    count: Annotated[int | None, typer.Option(help="Draw so many at random.")] = None,
    file: Annotated[Path | None, typer.Option(help="Take them from a file, one a line.")] = None,
    inner: Annotated[
        bool,
        typer.Option(
            "--inner", help="Also draw a code for under each seal; only commitments are public."
        ),
    ] = False,
    password_file: PasswordFile = None,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Record the Merkle root of a batch's serials, once; the owner signs.

    Drawn serials end in 8 characters that only this installation's key gives; see `check`.
    """
    if (count is None) == (file is None):
        raise InputError("give either --count or --file")
    order = SerialOrder.from_file(file) if file else SerialOrder.random(count or 0)
    name, now_unix = parse_batch(batch), int(time.time())
    with command_station(password_file) as station:
        writer = serials_writer(
            station,
            name.gtin,
            name.lot,
            order,
            now_unix=now_unix,
            keep=not dry_run,
            with_inner=inner,
        )
        run_writer(writer, dry_run=dry_run, as_json=as_json)
        if inner and not dry_run and not as_json:
            path = inner_path(station.home, build_batch_id(name.gtin, name.lot))
            print_note(f"codes for under the seals: {path} (secret until the tins are sealed)")


@app.command()
def check(
    batch: BatchArgument,
    serials: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[SERIAL]...", help="As printed; not needed where a Digital Link names one."
        ),
    ] = None,
    *,
    key_file: Annotated[
        Path | None,
        typer.Option(help="The maker's key. Default: the one of this installation."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Say whether serials carry the maker's code; offline. Exit code 3: one of them does not.

    A right code means that the maker drew the serial for this batch. It does not mean that the tin
    is no copy, and serials that were issued from a list carry none.
    """
    name = parse_batch(batch)
    wanted = _wanted(name, serials or [])
    key = load_serial_key(key_file or key_path(load_settings().home))
    batch_id = build_batch_id(name.gtin, name.lot)
    held = {it: verify_serial(key, batch_id, it.value) for it in wanted}
    if as_json:
        rows = [{"serial": it.value, "holds": ok} for it, ok in held.items()]
        print_json({"gtin": name.gtin.value, "lot": name.lot.value, "serials": rows})
    else:
        lines = [(it.value, "holds" if ok else "DOES NOT HOLD") for it, ok in held.items()]
        print_table(("serial", "code"), lines, "no serial was given")
    if wrong := [it.value for it, ok in held.items() if not ok]:
        raise VerificationError(
            f"{len(wrong)} of {len(held)} serials do not carry the maker's code: {wrong[0]}",
            hint="Ask the ledger: `tracer verify` says whether the serial was issued.",
        )


def _wanted(name: BatchName, serials: list[str]) -> list[Serial]:
    found = [Serial.parse(text) for text in serials]
    if name.serial is not None:
        found.append(name.serial)
    if not found:
        raise InputError("which serials?", hint="tracer serials check GTIN/LOT SERIAL...")
    return list(dict.fromkeys(found))
