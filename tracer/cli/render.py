"""What the command line prints: text or one JSON object on stdout, all else on stderr."""

import contextlib
import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn
from rich.table import Table

from tracer.errors import TracerError

WEI_PER_ETHER: Final = 10**18
WEI_PER_GWEI: Final = 10**9
PIPE_WIDTH: Final = 240


def console() -> Console:
    """Where results go; a file or pipe gets wide lines, so that nothing is folded there."""
    width = None if sys.stdout.isatty() else PIPE_WIDTH
    return Console(file=sys.stdout, highlight=False, soft_wrap=True, width=width)


def error_console() -> Console:
    """Where errors, progress and notes go."""
    return Console(file=sys.stderr, highlight=False, soft_wrap=True)


def print_json(value: Mapping[str, Any]) -> None:
    """One JSON object on one line of stdout."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False, separators=(", ", ": ")) + "\n")


def print_line(text: str) -> None:
    """One line of text on stdout, exactly as it is."""
    console().print(text, markup=False)


def print_facts(facts: Mapping[str, object]) -> None:
    """Names and values, one per line; empty values are left out."""
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(style="bold", no_wrap=True)
    table.add_column(overflow="fold")
    for name, value in facts.items():
        if value or value == 0:
            text = ", ".join(map(str, value)) if isinstance(value, (list, tuple)) else str(value)
            table.add_row(name, escape(text))
    console().print(table)


def print_table(columns: Sequence[str], rows: Sequence[Sequence[object]], empty: str) -> None:
    """A table on stdout, or one line when there is nothing to show."""
    if not rows:
        print_line(empty)
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*(escape(str(cell)) for cell in row))
    console().print(table)


def print_note(text: str) -> None:
    """One line on stderr."""
    error_console().print(text, markup=False, style="dim")


def print_error(error: TracerError, *, as_json: bool) -> None:
    """An error on stderr: two lines for a person, or one JSON object."""
    print_failure(error.code, str(error), error.hint, as_json=as_json)


def print_failure(code: str, message: str, hint: str, *, as_json: bool) -> None:
    """An error on stderr by its parts."""
    if as_json:
        body = {"error": {"code": code, "message": message, "hint": hint}}
        sys.stderr.write(json.dumps(body, ensure_ascii=False) + "\n")
        return
    out = error_console()
    out.print(f"[bold red]error[/bold red]{escape(f'[{code}]')}: {escape(message)}")
    if hint:
        out.print(f"hint: {hint}", markup=False)


@contextlib.contextmanager
def progress(label: str, *, quiet: bool) -> Iterator[Callable[[int, int], None]]:
    """A bar on stderr; the body calls what it is given with (done, total).

    Args:
        label: what is going on.
        quiet: show nothing, as with `--json` or when stderr is no terminal.
    """
    out = error_console()
    if quiet or not out.is_terminal:
        yield lambda done, total: None  # noqa: ARG005 - the same call, to nobody
        return
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=out, transient=True) as bar:
        task = bar.add_task(label, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


@contextlib.contextmanager
def progress_by_phase() -> Iterator[Callable[[str, int, int], None]]:
    """A bar on stderr for work in phases; the body calls it with (phase, done, total).

    Without a terminal each phase is one line.
    """
    out = error_console()
    if not out.is_terminal:
        seen: set[str] = set()

        def note(phase: str, _done: int, _total: int) -> None:
            if phase not in seen:
                seen.add(phase)
                print_note(phase)

        yield note
        return
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=out, transient=True) as bar:
        task = bar.add_task("starting", total=None)
        yield lambda phase, done, total: bar.update(
            task, description=phase, completed=done, total=total
        )


def spell_time(time_unix: int) -> str:
    """A Unix time for people, UTC."""
    try:
        return datetime.fromtimestamp(time_unix, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    except (OverflowError, ValueError, OSError):
        return "for ever"


def spell_ether(wei: int) -> str:
    """An amount for people."""
    return f"{wei / WEI_PER_ETHER:.9f}".rstrip("0").rstrip(".") + " ether"
