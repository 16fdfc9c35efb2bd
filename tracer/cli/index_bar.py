"""The bar of `tracer index sync`: how far, how fast, how long still."""

import contextlib
from collections.abc import Callable, Iterator

from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeRemainingColumn

from tracer.cli.render import error_console
from tracer.index.sync import SyncResult

_WORDS = "block {task.fields[block]:,} of {task.fields[head]:,}"
_RATE = "[dim]{task.fields[records]:,} records, {task.fields[rate]:,}/s"


@contextlib.contextmanager
def sync_bar(*, quiet: bool) -> Iterator[Callable[[SyncResult], None]]:
    """A bar on stderr; the body calls what it is given after every range.

    Args:
        quiet: show nothing, as with `--json` or when stderr is no terminal.
    """
    out = error_console()
    if quiet or not out.is_terminal:
        yield lambda _so_far: None
        return
    columns = (
        SpinnerColumn(),
        TextColumn(_WORDS),
        BarColumn(),
        TextColumn(_RATE),
        TimeRemainingColumn(compact=True),
    )
    with Progress(*columns, console=out, transient=True) as bar:
        task = bar.add_task("", total=None, visible=False, block=0, head=0, records=0, rate=0)

        def show(so_far: SyncResult) -> None:
            start = so_far.block_number - so_far.blocks  # a rewind moves it, and the bar stays true
            bar.update(
                task,
                visible=True,
                completed=so_far.blocks,
                total=so_far.head_number - start,
                block=so_far.block_number,
                head=so_far.head_number,
                records=so_far.records,
                rate=round(so_far.records / so_far.elapsed_s) if so_far.elapsed_s else 0,
            )

        yield show
