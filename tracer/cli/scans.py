"""`tracer scans`: what the server counted of a batch's tins, and forgetting it."""

import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from typing import Annotated, Any

import typer

from tracer.cli.options import AsJson, BatchArgument
from tracer.cli.parsing import parse_batch
from tracer.cli.render import print_json, print_line, print_table
from tracer.domain.clones import day_of, day_text
from tracer.domain.identifiers import Serial
from tracer.operations.scan_counts import TinHistory, load_tin_histories
from tracer.settings import load_settings
from tracer.store.scans import ScanStore, scans_url
from tracer.store.session import open_engine

app = typer.Typer(help="See how often a batch's tins were scanned; forget it.")


@app.command()
def show(
    batch: BatchArgument,
    *,
    serial: Annotated[str | None, typer.Option(help="One tin only.")] = None,
    alarms: Annotated[
        bool, typer.Option("--alarms", help="Only tins that look like more than one.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Show scans by tin, day and region. Nothing else about them is known to anybody."""
    settings, name = load_settings(), parse_batch(batch)
    link = replace(name.link, serial=Serial.parse(serial)) if serial else name.link
    engine = open_engine(settings.database, read_only=True)
    with closing(ScanStore(scans_url(settings.database, settings.home))) as store:
        found = load_tin_histories(engine, settings.home, store, link)
    engine.dispose()
    if alarms:
        found = [it for it in found if it.judged.verdict is not None]
    if as_json:
        tins = [_tin_json(it) for it in found]
        print_json({"gtin": name.gtin.value, "lot": name.lot.value, "tins": tins})
        return
    rows = [row for it in found for row in _rows(it)]
    columns = ("serial", "day", "region", "first", "again", "state", "score")
    print_table(columns, rows, "no scan was counted")


@app.command()
def prune(
    *,
    keep_days: Annotated[
        int | None, typer.Option(min=0, help="Days to keep. Default: TRACER_SCAN_DAYS.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Forget counts that are older. The server does the same by itself once a day."""
    settings = load_settings()
    days = settings.scan_days if keep_days is None else keep_days
    before = day_of(int(time.time())) - days
    with closing(ScanStore(scans_url(settings.database, settings.home))) as store:
        gone = store.prune(before)
    if as_json:
        print_json({"keepDays": days, "before": day_text(before), "rows": gone})
    else:
        print_line(f"{gone} counts from before {day_text(before)} are forgotten")


def _rows(tin: TinHistory) -> Iterator[tuple[object, ...]]:
    """A line for each day and region; what is said of the tin stands in its first line."""
    judged: tuple[object, ...] = (tin.judged.state.value, f"{tin.judged.score:.2f}")
    name = tin.serial
    for it in tin.scans:
        yield name, day_text(it.day), it.region or "?", it.firsts, it.repeats, *judged
        name, judged = "", ("", "")
    if tin.opened:
        place = tin.opened.region or "?"
        yield name, day_text(tin.opened.day), place, "opened", "", *judged


def _tin_json(tin: TinHistory) -> dict[str, Any]:
    return {
        "serial": tin.serial,
        "state": tin.judged.state.value,
        "score": round(tin.judged.score, 3),
        "reasons": [it.to_json() for it in tin.judged.reasons],
        "openedOn": day_text(tin.opened.day) if tin.opened else None,
        "openedIn": tin.opened.region if tin.opened else None,
        "scans": [
            {"day": day_text(it.day), "region": it.region, "first": it.firsts, "again": it.repeats}
            for it in tin.scans
        ],
    }
