"""`tracer index`: copy the ledger into the SQL mirror."""

import contextlib
import signal
import threading
from collections.abc import Iterator
from typing import Annotated, Any

import typer

from tracer.cli.context import build_options
from tracer.cli.options import AsJson
from tracer.cli.render import print_facts, print_json, print_line, print_note, progress, spell_time
from tracer.domain.blocks import BlockRef
from tracer.errors import NotFoundError, TracerError
from tracer.index.follow import follow as keep_following
from tracer.index.sync import Mirror, SyncResult
from tracer.index.watch import Watch
from tracer.operations.station import find_deployment, open_chain
from tracer.settings import Settings, load_settings
from tracer.store.lists import load_status
from tracer.store.session import open_engine, reading

app = typer.Typer(help="Copy the ledger into the SQL mirror.")


@app.command()
def sync(*, as_json: AsJson = False) -> None:
    """Take in everything up to the node's newest block, then end."""
    with _open_mirror(load_settings()) as mirror, progress("blocks", quiet=as_json) as bar:
        result = mirror.sync_once(lambda now: bar(now.block_number, now.head_number))
    if as_json:
        print_json(_result_json(result))
    else:
        print_line(
            f"the mirror is at block {result.block_number}:"
            f" {result.logs} new logs, {result.records} new records"
        )


@app.command()
def follow(
    interval: Annotated[float, typer.Option(min=0.05, help="Seconds between looks.")] = 1.0,
    *,
    as_json: AsJson = False,
) -> None:
    """Stay at the node's newest block until Ctrl-C."""
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda _number, _frame: stop.set())

    with _open_mirror(load_settings(), _Lines(as_json=as_json)) as mirror:
        keep_following(mirror, stop, interval_s=interval)


class _Lines(Watch):
    """A line for every range."""

    def __init__(self, *, as_json: bool) -> None:
        self._as_json = as_json

    def on_extend(self, last: BlockRef, blocks: int, logs: int, records: int) -> None:
        if self._as_json:
            print_json({"block": last.number, "blocks": blocks, "logs": logs, "records": records})
        elif records:
            print_line(f"block {last.number}: {records} records")

    def on_rewind(self, left: BlockRef, ancestor: BlockRef) -> None:
        print_note(f"{left} left the chain; back to {ancestor}")

    def on_failure(self, error: TracerError, pause_s: float) -> None:
        print_note(f"{error}; trying again in {pause_s:.1f} s")


@app.command()
def status(*, as_json: AsJson = False) -> None:
    """Say how far the mirror has read."""
    engine = open_engine(load_settings().database, read_only=True)
    try:
        with reading(engine) as session:
            found = load_status(session)
    finally:
        engine.dispose()
    if found.cursor is None:
        raise NotFoundError("the mirror is empty", hint="tracer index sync")
    facts = {
        "chainId": found.cursor.chain_id,
        "contract": f"0x{found.cursor.contract.hex()}",
        "block": found.cursor.block.number,
        "blockTime": spell_time(found.cursor.block.time_unix),
        "batches": found.batches,
        "records": found.records,
        "parties": found.parties,
    }
    if as_json:
        print_json(facts)
    else:
        print_facts(facts)


@contextlib.contextmanager
def _open_mirror(settings: Settings, watch: Watch | None = None) -> Iterator[Mirror]:
    with open_chain(build_options(settings)) as chain:
        deployment = find_deployment(chain)
        engine = open_engine(settings.database)
        try:
            finality = settings.finality_for(chain.chain_id)
            yield Mirror(engine, chain.node, deployment, finality, watch)
        finally:
            engine.dispose()


def _result_json(result: SyncResult) -> dict[str, Any]:
    return {
        "block": result.block_number,
        "head": result.head_number,
        "blocks": result.blocks,
        "logs": result.logs,
        "records": result.records,
        "rewinds": result.rewinds,
        "seconds": round(result.elapsed_s, 3),
    }
