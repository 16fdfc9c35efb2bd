"""The web server: reads the mirror, shows it, proves it. It counts scans and holds no key."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from importlib.metadata import version

from fastapi import FastAPI
from starlette.middleware.gzip import GZipMiddleware
from starlette.types import ASGIApp

from tracer.settings import Settings, load_settings
from tracer_api import problems
from tracer_api.limits import GZIP_LEVEL, GZIP_MIN_BYTES
from tracer_api.openapi import describe
from tracer_api.routes import (
    assets,
    batches,
    contents,
    health,
    history,
    offline,
    resolver,
    scan,
    scanner,
)
from tracer_api.security import Envelope, silence_access_log
from tracer_api.services import Services, build_services
from tracer_api.shelf.fast import FastPath
from tracer_api.shelf.store import shelf_url

DESCRIPTION = """\
Everything served here can be checked without trusting this server: a proof bundle holds
the records, contents and parties of a batch, and a node of the visitor's choice holds the head.
"""


def build_api(settings: Settings, now: Callable[[], int] | None = None) -> FastAPI:
    """The application with its routes, without what `create_app` puts around it.

    Args:
        settings: of this installation.
        now: Unix seconds; the clock of the machine unless a test says otherwise.

    Raises:
        ConfigurationError: a setting is wrong or a file of the page is missing.
    """
    services = build_services(settings, now)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        silence_access_log()
        yield
        services.engine.dispose()
        services.scans.close()

    app = FastAPI(
        title="Tracer",
        version=version("formula-tracer"),
        description=DESCRIPTION,
        lifespan=lifespan,
        docs_url=None,  # the documentation pages load scripts from a third party
        redoc_url=None,
        swagger_ui_oauth2_redirect_url=None,
    )
    app.state.services = services
    problems.install(app)
    for routes in (scan, batches, contents, history, health, assets, scanner, offline, resolver):
        app.include_router(routes.router)
    app.openapi = lambda: describe(app)  # type: ignore[method-assign]  # FastAPI's documented way
    return app


def create_app(settings: Settings | None = None, now: Callable[[], int] | None = None) -> ASGIApp:
    """The whole server, for uvicorn's `--factory` and for tests.

    Args:
        settings: read from the environment when not given.
        now: see `build_api`.

    Raises:
        ConfigurationError: a setting is wrong or a file of the page is missing.
    """
    api = build_api(settings or load_settings(), now)
    inside = Envelope(GZipMiddleware(api, minimum_size=GZIP_MIN_BYTES, compresslevel=GZIP_LEVEL))
    services: Services = api.state.services
    return FastPath(inside, services, shelf_url(services.settings.database, services.settings.home))
