"""`tracer serve`: the scan page and the API."""

from typing import Annotated, Final

import typer
import uvicorn

from tracer.settings import load_settings

app = typer.Typer(help="Serve the scan page and the API.")

APPLICATION: Final = "tracer_api.app:create_app"  # named, not imported: the server stands beside us


@app.command()
def serve(
    host: Annotated[str | None, typer.Option(help="Address. Default: TRACER_HOST.")] = None,
    port: Annotated[int | None, typer.Option(help="Port. Default: TRACER_PORT.")] = None,
    workers: Annotated[int, typer.Option(min=1, help="Processes.")] = 1,
) -> None:
    """Serve until Ctrl-C. It reads the mirror, writes nothing and holds no key."""
    settings = load_settings()
    uvicorn.run(
        APPLICATION,
        factory=True,
        host=host or settings.host,
        port=port or settings.port,
        workers=workers,
        access_log=False,  # who scanned what is nobody's business
        server_header=False,
    )
