"""The desk: takes papers in, keeps them encrypted, publishes what is public."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from importlib.metadata import version

from fastapi import FastAPI
from starlette.types import ASGIApp
from tracer_api.openapi import describe
from tracer_api.security import silence_access_log

from tracer.settings import Settings, load_settings
from tracer_desk import problems
from tracer_desk.door import Door
from tracer_desk.routes import batch, documents, grants, health, page, session
from tracer_desk.services import Services, build_services

DESCRIPTION = """\
Papers of batches: handed in by their issuers, kept encrypted, opened for whom the issuer grants it.
A machine signs every request (EIP-712), a browser signs in (EIP-4361); what a key may do, the
ledger's mirror says at that moment. docs/howto/broker.md shows the way of a paper.
"""


def build_api(services: Services | None) -> FastAPI:
    """The application with its routes, without what stands before them.

    Args:
        services: what the routes work with; None to describe them only.
    """

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        silence_access_log()
        yield
        if services is not None:
            services.close()

    app = FastAPI(
        title="Tracer desk",
        version=version("formula-tracer"),
        description=DESCRIPTION,
        lifespan=lifespan,
        redirect_slashes=False,  # an address is right or wrong
        docs_url=None,  # the documentation pages load scripts from a third party
        redoc_url=None,
        swagger_ui_oauth2_redirect_url=None,
    )
    app.state.services = services
    problems.install(app)
    for routes in (page, session, batch, documents, grants):
        app.include_router(routes.router)
    app.include_router(health.router)
    app.include_router(session.public)
    app.openapi = lambda: describe(app)  # type: ignore[method-assign]  # FastAPI's documented way
    return app


def create_app(settings: Settings | None = None, now: Callable[[], int] | None = None) -> ASGIApp:
    """The whole desk, for uvicorn and for tests.

    Args:
        settings: read from the environment when not given.
        now: Unix seconds; the clock of the machine unless a test says otherwise.

    Raises:
        ConfigurationError: a setting is wrong, there is no vault, or a file is missing.
        KeyUnavailableError: the vault's root key does not open.
        DatabaseUnavailableError: a database does not answer.
    """
    chosen = settings or load_settings()
    host = chosen.desk_address.partition("://")[2]
    return Door(build_api(build_services(chosen, now)), host)
