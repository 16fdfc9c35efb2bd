"""`tracer publish`: finish the pages of all batches ahead of time."""

import sys
import time
from collections.abc import Callable
from importlib import import_module
from typing import Annotated, Any, Final

import typer

from tracer.cli.options import AsJson
from tracer.cli.render import print_json, print_line, print_note, progress
from tracer.errors import TracerError
from tracer.index.lines import Level, Line, build_json, count
from tracer.settings import load_settings
from tracer.signals import stopping

app = typer.Typer(help="Finish the pages of all batches ahead of time.")

RUNNER: Final = "tracer_api.shelf.run"  # named, not imported: the server stands beside us


class _Lines:
    """What a publisher does, as lines on stderr."""

    def __init__(self, *, as_json: bool) -> None:
        self._as_json = as_json
        self._is_waiting = False

    def on_published(self, name: str, elapsed_s: float) -> None:
        self._is_waiting = False
        facts = {"batch": name, "seconds": round(elapsed_s, 3)}
        self._write("published", f"published {name}", "info", facts)

    def on_unpublished(self, name: str, reason: str) -> None:
        text = f"{name} stays with the ordinary route: {reason}"
        self._write("unpublished", text, "warning", {"batch": name, "reason": reason})

    def on_wait(self, error: TracerError) -> None:
        if not self._is_waiting:
            facts = {"code": error.code, "hint": error.hint}
            self._write("waiting", f"waiting: {error}", "warning", facts)
        self._is_waiting = True

    def on_progress(self, so_far: Any) -> None:  # noqa: ANN401 - the publisher's own class
        del so_far

    def _write(self, event: str, text: str, level: Level, facts: dict[str, Any]) -> None:
        if self._as_json:
            line = Line(event, text, level, facts)
            sys.stderr.write(build_json(line, time.time()) + "\n")
            sys.stderr.flush()
        else:
            print_note(text)


class _Bar(_Lines):
    """The same, with a bar in the place of what goes well."""

    def __init__(self, show: Callable[[int, int], None], *, as_json: bool) -> None:
        super().__init__(as_json=as_json)
        self._show = show

    def on_published(self, name: str, elapsed_s: float) -> None:
        del name, elapsed_s

    def on_progress(self, so_far: Any) -> None:  # noqa: ANN401
        done = so_far.published + so_far.failed
        self._show(done, done + so_far.left)


@app.command()
def publish(
    *,
    once: Annotated[
        bool, typer.Option("--once", help="End when every page is up to date.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Follow the mirror and keep finished pages for the server, until Ctrl-C.

    `tracer serve` does this by itself. Of several publishers one works, the others wait. Batches
    that cannot be published are named; the server makes their pages when they are asked for.
    """
    settings, runner = load_settings(), import_module(RUNNER)
    with stopping() as stop:
        if not once:
            runner.follow(settings, _Lines(as_json=as_json), stop)
            return
        with progress("publishing", quiet=as_json) as show:
            done = runner.publish_once(settings, _Bar(show, as_json=as_json), stop)
    if as_json:
        print_json({"published": done.published, "failed": done.failed, "left": done.left})
    else:
        print_line(f"published {count(done.published, 'page')}; {done.failed} could not be")
