"""`tracer index`: copy the ledger into the SQL mirror."""

import contextlib
import random
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import version
from typing import Annotated, Any, Final, Literal

import typer
from rich.text import Text

from tracer.chain.backoff import Backoff
from tracer.chain.deployments import Deployment
from tracer.chain.heads import open_heads
from tracer.chain.rpc import RpcClient
from tracer.cli.collecting import collecting_rarely
from tracer.cli.context import build_options
from tracer.cli.index_bar import sync_bar
from tracer.cli.index_rebuild import rebuild
from tracer.cli.index_status import status
from tracer.cli.main import DISTRIBUTION, exit_code_of
from tracer.cli.options import AsJson
from tracer.cli.render import error_console, print_json, print_line, print_note
from tracer.errors import TracerError, TransientError
from tracer.index.follow import follow as keep_following
from tracer.index.lines import Line, Lines, build_json, error_line, spell_moment
from tracer.index.sync import Mirror, SyncResult
from tracer.index.watch import Watch, watch_all
from tracer.operations.station import find_deployment, open_chain
from tracer.settings import Settings, load_settings
from tracer.signals import stopping
from tracer.store.lead import Lead, open_lead
from tracer.store.session import open_engine, spell_database

app = typer.Typer(help="Copy the ledger into the SQL mirror.")
app.command()(status)
app.command()(rebuild)

STYLES: Final = {"info": "", "warning": "yellow", "error": "bold red"}
LogFormat = Literal["text", "json"]


@dataclass(frozen=True, slots=True)
class _Opened:
    """A mirror that is ready to be filled, and what there is to say of it."""

    mirror: Mirror
    lead: Lead
    deployment: Deployment
    node: str
    database: str
    finality: int | str


@app.command()
def sync(*, as_json: AsJson = False) -> None:
    """Take in everything up to the node's newest block, then end.

    It is safe beside an indexer that follows: each takes in what the other has not yet.
    """
    with _open_mirror(load_settings()) as opened:
        leader = opened.lead.leader()
        if leader and not as_json:
            print_note(f"{leader} leads; taking in blocks beside it")
        with sync_bar(quiet=as_json) as show:
            result = opened.mirror.sync_once(show)
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
    metrics_port: Annotated[
        int | None,
        typer.Option(
            min=1,
            max=65535,
            help="Serve Prometheus metrics on this port. Default: TRACER_METRICS_PORT.",
            show_default=False,
        ),
    ] = None,
    log_format: Annotated[
        LogFormat | None,
        typer.Option(
            help="How stderr tells what happens: text, or one JSON object a line."
            " Default: text in a terminal, else json.",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Stay at the node's newest block until Ctrl-C.

    Several may run: one writes, the others stand by and take its place when it is gone.

    What passes is waited out; it ends by itself only when going on would do harm, and says why.
    """
    settings = load_settings()
    as_json = (log_format or ("text" if sys.stderr.isatty() else "json")) == "json"
    lines = Lines(_write_json if as_json else _write_text)
    try:
        with (
            stopping() as stop,
            _metrics(settings, metrics_port or settings.metrics_port) as metrics,
        ):
            _follow(settings, stop, interval, lines, watch_all(lines, *metrics))
    except TracerError as error:
        if not as_json:
            raise
        lines.write(error_line("stopped", error, str(error), "error"))
        raise typer.Exit(exit_code_of(error)) from None
    lines.flush()
    lines.write(Line("stopped", "told to stop; the mirror is kept"))


def _follow(
    settings: Settings, stop: threading.Event, interval_s: float, lines: Lines, watch: Watch
) -> None:
    with contextlib.ExitStack() as stack:
        opened = _open_when_ready(stack, settings, stop, watch)
        if opened is not None:
            lines.write(_describe_start(opened))
            heads = stack.enter_context(open_heads(settings.heads_url, stop))
            keep_following(
                opened.mirror, stop, interval_s=interval_s, lead=opened.lead, heads=heads
            )


def _open_when_ready(
    stack: contextlib.ExitStack, settings: Settings, stop: threading.Event, watch: Watch
) -> _Opened | None:
    """Wait for node and database to be there; None when told to stop before."""
    backoff = Backoff(random.SystemRandom())
    while not stop.is_set():
        try:
            return stack.enter_context(_open_mirror(settings, watch))
        except TransientError as error:
            pause_s = backoff.next_pause_s()
            watch.on_failure(error, pause_s)
            stop.wait(pause_s)
    return None


@contextlib.contextmanager
def _open_mirror(settings: Settings, watch: Watch | None = None) -> Iterator[_Opened]:
    url = settings.witness_rpc_url
    with (
        open_chain(build_options(settings)) as chain,
        collecting_rarely(),
        contextlib.ExitStack() as stack,
    ):
        deployment = find_deployment(chain)
        engine = open_engine(settings.database)
        lead = open_lead(engine, deployment.chain_id, deployment.contract)
        try:
            finality = settings.finality_for(chain.chain_id)
            witness = stack.enter_context(RpcClient(url)) if url else None
            mirror = Mirror(engine, chain.node, deployment, finality, watch, witness=witness)
            name = spell_database(engine)
            yield _Opened(mirror, lead, deployment, chain.node.name, name, finality)
        finally:
            lead.release()
            engine.dispose()


@contextlib.contextmanager
def _metrics(settings: Settings, port: int | None) -> Iterator[list[Watch]]:
    """Serve metrics if there is a port for them; what is to watch the mirror."""
    if port is None:
        yield []
        return
    from tracer.index import metrics  # noqa: PLC0415 - only who serves figures pays for them

    watch = metrics.MetricsWatch(version(DISTRIBUTION))
    with metrics.serve_metrics(watch, settings.host, port):
        yield [watch]


def _describe_start(opened: _Opened) -> Line:
    contract = f"0x{opened.deployment.contract.hex()}"
    text = f"following {contract} on chain {opened.deployment.chain_id} at {opened.node}"
    facts = {
        "version": version(DISTRIBUTION),
        "chainId": opened.deployment.chain_id,
        "contract": contract,
        "node": opened.node,
        "database": opened.database,
        "finality": opened.finality,
    }
    return Line("started", f"{text} into {opened.database}", facts=facts)


def _write_json(line: Line) -> None:
    sys.stderr.write(build_json(line, time.time()) + "\n")
    sys.stderr.flush()


def _write_text(line: Line) -> None:
    if line.event == "extended" and not line.facts["logs"]:
        return
    moment = spell_moment(time.time()).partition(".")[0].replace("T", " ")
    text = Text.assemble((f"{moment}Z  ", "dim"), (line.text, STYLES[line.level]))
    error_console().print(text)


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
