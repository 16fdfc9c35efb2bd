"""`tracer label print --all`: how far the run is, and what came of it."""

import contextlib
from collections.abc import Callable, Iterator
from typing import Final

from rich.progress import (
    BarColumn,
    Progress,
    ProgressColumn,
    SpinnerColumn,
    Task,
    TextColumn,
    TimeRemainingColumn,
)
from rich.text import Text

from tracer.cli.render import error_console, print_facts, print_json
from tracer.operations.label_runs import MANIFEST, RunOrder, estimate_bytes, write_run

_BYTES_PER_MB: Final = 1_000_000
_COUNTS: Final = "{task.completed:,.0f} of {task.total:,.0f} labels"


def print_run(order: RunOrder, *, sample: int, dry_run: bool, as_json: bool) -> None:
    """Write the run, or say what it would be."""
    size_bytes = 0
    facts: dict[str, object] = {
        "folder": str(order.folder),
        "format": order.form.value,
        "labels": len(order.source.serials),
        "parts": len(order.parts),
    }
    if dry_run:
        size_bytes = estimate_bytes(order)
    else:
        with _bar(quiet=as_json) as tick:
            done = write_run(order, sample=sample, tick=tick)
        size_bytes = done.size_bytes
        facts |= {
            "written": done.written,
            "kept": done.kept,
            "verified": done.verified,
            "manifest": str(order.folder / MANIFEST),
        }
    if as_json:
        print_json({"dryRun": dry_run, **facts, "bytes": size_bytes})
        return
    size = f"{'about ' if dry_run else ''}{size_bytes / _BYTES_PER_MB:,.1f} MB"
    print_facts({**facts, "labels": f"{len(order.source.serials):,}", "size": size})


class _RateColumn(ProgressColumn):
    """Labels a second, of late."""

    def render(self, task: Task) -> Text:
        """What the column shows."""
        return Text(f"{task.speed:,.0f}/s" if task.speed else "", style="dim")


@contextlib.contextmanager
def _bar(*, quiet: bool) -> Iterator[Callable[[int, int], None]]:
    """A bar on stderr; the body calls what it is given with (done, total)."""
    out = error_console()
    if quiet or not out.is_terminal:
        yield lambda _done, _total: None
        return
    columns = (
        SpinnerColumn(),
        TextColumn(_COUNTS),
        BarColumn(),
        _RateColumn(),
        TimeRemainingColumn(compact=True),
    )
    with Progress(*columns, console=out, transient=True) as bar:
        task = bar.add_task("", total=None, visible=False)

        def show(done: int, total: int) -> None:
            if bar.tasks[0].total is None:  # what was there already says nothing of the rate
                bar.reset(task, completed=done, total=total, visible=True)
            bar.update(task, completed=done)

        yield show
