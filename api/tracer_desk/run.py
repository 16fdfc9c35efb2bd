"""Run the desk. `tracer desk serve` calls this; uvicorn's own command lacks the time limits."""

import uvicorn

from tracer.settings import Settings
from tracer_desk.app import create_app
from tracer_desk.limits import KEEP_ALIVE_S, MAX_CONNECTIONS
from tracer_desk.protocol import DeskProtocol


def build_server(settings: Settings) -> uvicorn.Server:
    """The server, ready to run.

    Raises:
        ConfigurationError: see `create_app`.
    """
    config = uvicorn.Config(
        create_app(settings),
        host=settings.desk_host,
        port=settings.desk_port,
        http=DeskProtocol,
        ws="none",
        limit_concurrency=MAX_CONNECTIONS,
        timeout_keep_alive=KEEP_ALIVE_S,
        access_log=False,  # an address names a paper, a line names who asked for it
        server_header=False,
        date_header=True,
        log_level="warning",
    )
    return uvicorn.Server(config)


def serve(settings: Settings) -> None:
    """Serve until Ctrl-C."""
    build_server(settings).run()
