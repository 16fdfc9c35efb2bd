"""`tracer index status`: where the mirror stands, once or as a live table."""

import contextlib
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any, Final

import typer
from rich.console import Group, RenderableType
from rich.live import Live
from rich.table import Table
from rich.text import Text
from sqlalchemy import Engine

from tracer.chain.rpc import RpcClient
from tracer.cli.options import AsJson
from tracer.cli.render import console, print_json, spell_time
from tracer.errors import InputError, TracerError
from tracer.index.lines import count
from tracer.index.status import Status, fetch_status
from tracer.settings import Settings, load_settings
from tracer.signals import stopping
from tracer.store.session import open_engine, spell_database

REFRESH_S: Final = 1.0
NODE_TIMEOUT_S: Final = 2.0  # whoever asks for the status does not wait long for a dead node
UNKNOWN_LEADER: Final = "not known on a replica"


@dataclass(frozen=True, slots=True)
class _Desk:
    """Where everything is asked for."""

    settings: Settings
    engine: Engine
    node: RpcClient

    def ask(self) -> Status:
        return fetch_status(self.engine, self.node)

    def rule(self, chain_id: int) -> str:
        """What makes a block final, in words."""
        rule = self.settings.finality_for(chain_id)
        return count(rule, "block") if isinstance(rule, int) else rule


def status(
    *,
    watch: Annotated[bool, typer.Option("--watch", help="Refresh every second.")] = False,
    as_json: AsJson = False,
) -> None:
    """Say how far the mirror has read, how far the node is, and who writes."""
    if watch and not as_json and not sys.stdout.isatty():
        raise InputError("--watch needs a terminal", hint="Or add --json: one object a second.")
    with _open_desk(load_settings()) as desk:
        if not watch:
            now = desk.ask()
            if as_json:
                print_json(build_facts(desk, now))
            else:
                console().print(build_table(desk, now, None))
            return
        with stopping() as stop:
            (_print_on if as_json else _show_on)(desk, stop)


@contextlib.contextmanager
def _open_desk(settings: Settings) -> Iterator[_Desk]:
    engine = open_engine(settings.database, read_only=True)
    try:
        with RpcClient(settings.rpc_url, timeout_s=NODE_TIMEOUT_S) as node:
            yield _Desk(settings, engine, node)
    finally:
        engine.dispose()


def _print_on(desk: _Desk, stop: threading.Event) -> None:
    """One object a second; while the mirror cannot be read, its error."""
    while True:
        try:
            print_json(build_facts(desk, desk.ask()))
        except TracerError as error:
            print_json({"error": {"code": error.code, "message": str(error), "hint": error.hint}})
        sys.stdout.flush()
        if stop.wait(REFRESH_S):
            return


def _show_on(desk: _Desk, stop: threading.Event) -> None:
    """The table, drawn anew every second; while the mirror cannot be read, why."""
    footer = Text(f"every {REFRESH_S:.0f} s until Ctrl-C", "dim")
    before: tuple[float, Status] | None = None
    with Live(console=console(), auto_refresh=False) as live:
        while True:
            try:
                now = desk.ask()
                shown: RenderableType = build_table(desk, now, before)
                before = time.monotonic(), now
            except TracerError as error:
                shown, before = Text(f"{error}\n{error.hint}".strip(), "yellow"), None
            live.update(Group(shown, footer), refresh=True)
            if stop.wait(REFRESH_S):
                live.update(shown, refresh=True)
                return


def build_table(desk: _Desk, now: Status, before: tuple[float, Status] | None) -> Table:
    """The table, with rates since `before` (monotonic seconds, and what was then)."""
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(style="bold", no_wrap=True)
    table.add_column(overflow="fold")
    for name, value in _rows(desk, now, before):
        table.add_row(name, value)
    return table


def _rows(
    desk: _Desk, now: Status, before: tuple[float, Status] | None
) -> Iterator[tuple[str, RenderableType]]:
    cursor, sizes = now.cursor, now.sizes
    block = cursor.block
    yield "ledger", f"0x{cursor.contract.hex()} on chain {cursor.chain_id}"
    yield (
        "mirror",
        f"block {block.number:,} of {spell_time(block.time_unix)}, {_age_s(now):,} s ago",
    )
    yield "node", _spell_node(desk, now)
    yield "lag", _spell_lag(now)
    yield "final", f"up to block {cursor.final_number:,} (rule: {desk.rule(cursor.chain_id)})"
    yield "batches", f"{sizes.batches:,}"
    yield "records", f"{sizes.records:,}{_spell_rate(now, before)}"
    yield "parties", f"{sizes.parties:,}"
    yield "leader", UNKNOWN_LEADER if now.leader is None else now.leader or "nobody"
    yield "database", spell_database(desk.engine)


def _spell_node(desk: _Desk, now: Status) -> Text:
    head, trouble = now.node.head, now.node.trouble
    words = f"block {head.number:,} of {spell_time(head.time_unix)}" if head else ""
    text = Text(words)
    if trouble:
        text.append(f"{', ' if words else ''}{trouble}", "yellow")
    return text.append(f"  {desk.node.name}", "dim")


def _spell_lag(now: Status) -> Text:
    if now.lag is None:
        return Text("not known", "yellow")
    blocks, seconds = now.lag
    if blocks < 0:
        return Text(f"none: the node is {count(-blocks, 'block')} behind the mirror", "yellow")
    if blocks == 0:
        return Text("none", "green")
    return Text(f"{count(blocks, 'block')}, {max(seconds, 0):,} s", "yellow")


def _spell_rate(now: Status, before: tuple[float, Status] | None) -> str:
    if before is None:
        return ""
    more = now.sizes.records - before[1].sizes.records
    elapsed_s = time.monotonic() - before[0]
    return f"  +{round(more / elapsed_s):,}/s" if more > 0 and elapsed_s > 0 else ""


def _age_s(now: Status) -> int:
    """How old the mirror's newest block is by this machine's clock."""
    return max(int(time.time()) - now.cursor.block.time_unix, 0)


def build_facts(desk: _Desk, now: Status) -> dict[str, Any]:
    """The same for programs. What is not known is null."""
    cursor, sizes, head = now.cursor, now.sizes, now.node.head
    lag_blocks, lag_s = now.lag or (None, None)
    return {
        "chainId": cursor.chain_id,
        "contract": f"0x{cursor.contract.hex()}",
        "block": cursor.block.number,
        "blockTime": spell_time(cursor.block.time_unix),
        "ageSeconds": _age_s(now),
        "nodeBlock": head.number if head else None,
        "nodeTrouble": now.node.trouble,
        "lagBlocks": lag_blocks,
        "lagSeconds": lag_s,
        "finalBlock": cursor.final_number,
        "finality": desk.rule(cursor.chain_id),
        "batches": sizes.batches,
        "records": sizes.records,
        "parties": sizes.parties,
        "leader": now.leader,
        "node": desk.node.name,
        "database": spell_database(desk.engine),
    }
