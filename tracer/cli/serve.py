"""`tracer serve`: the scan page and the API."""

import contextlib
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from typing import Annotated, Final, Literal

import typer
import uvicorn

from tracer.settings import load_settings

app = typer.Typer(help="Serve the scan page and the API.")

APPLICATION: Final = "tracer_api.app:create_app"  # named, not imported: the server stands beside us
PUBLISHER: Final = "tracer_api.shelf"
RESTART_S: Final = 5.0  # a publisher that ended by itself is started again after this
END_S: Final = 10.0  # a publisher ends after the batch at hand, which takes less

Server = Literal["uvicorn", "granian"]


@app.command()
def serve(
    host: Annotated[str | None, typer.Option(help="Address. Default: TRACER_HOST.")] = None,
    port: Annotated[int | None, typer.Option(help="Port. Default: TRACER_PORT.")] = None,
    workers: Annotated[int, typer.Option(min=1, help="Processes.")] = 1,
    server: Annotated[
        Server, typer.Option(help="Program that speaks HTTP; granian answers more scans.")
    ] = "uvicorn",
    *,
    publish: Annotated[
        bool,
        typer.Option(
            "--publish/--no-publish", help="Keep a publisher beside the server, see tracer publish."
        ),
    ] = True,
) -> None:
    """Serve until Ctrl-C. It holds no key, and never writes to the ledger or to the mirror.

    It counts scans by day and region in scans.sqlite. The publisher beside it keeps finished pages
    in shelf.sqlite, which may be deleted. Both lie in TRACER_HOME, or, where the mirror is in
    PostgreSQL, in schemas of that database.
    """
    settings = load_settings()
    run = _serve_granian if server == "granian" else _serve_uvicorn
    with _publisher() if publish else contextlib.nullcontext():
        run(host or settings.host, port or settings.port, workers)


def _serve_uvicorn(host: str, port: int, workers: int) -> None:
    uvicorn.run(
        APPLICATION,
        factory=True,
        host=host,
        port=port,
        workers=workers,
        access_log=False,  # who scanned what is nobody's business
        server_header=False,
    )


def _serve_granian(host: str, port: int, workers: int) -> None:
    from granian import Granian  # noqa: PLC0415 - starts threads of its own when imported
    from granian.constants import Interfaces, Loops  # noqa: PLC0415

    Granian(
        APPLICATION,
        factory=True,
        address=host,
        port=port,
        workers=workers,
        interface=Interfaces.ASGI,
        loop=Loops.uvloop,
        websockets=False,
        log_access=False,  # as above
    ).serve()


@contextlib.contextmanager
def _publisher() -> Iterator[None]:
    """A publisher in a process of its own, started again if it ends; it ends with this one."""
    ends = threading.Event()
    children: list[subprocess.Popen[bytes]] = []
    words = [sys.executable, "-m", PUBLISHER, str(os.getpid())]

    def keep() -> None:
        while not ends.is_set():
            with subprocess.Popen(words) as child:  # noqa: S603 - our own interpreter and module
                children[:] = [child]
                child.wait()
            ends.wait(RESTART_S)

    # Servers raise the signal that ended them again, and its default would end us before the child.
    before = signal.signal(signal.SIGTERM, _end)
    keeper = threading.Thread(target=keep, name="publisher", daemon=True)
    keeper.start()
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
        ends.set()
        for child in children:
            child.terminate()
        keeper.join(END_S)


def _end(number: int, _frame: object) -> None:
    raise SystemExit(128 + number)
