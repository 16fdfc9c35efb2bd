"""Is the process alive, and are the mirror and the vault there?"""

from http import HTTPStatus

from fastapi import APIRouter, Response
from tracer_api.schemas import Health

from tracer_desk.limits import RETRY_S
from tracer_desk.schemas import DeskReady
from tracer_desk.services import ServicesDep

router = APIRouter(tags=["health"])


@router.get("/healthz", summary="The process runs")
def get_health() -> Health:
    """Answers as long as the process does; asks nobody."""
    return Health()


@router.get(
    "/readyz",
    summary="Mirror and vault are there",
    responses={503: {"model": DeskReady, "description": "a part is away, empty or stale"}},
)
async def get_ready(services: ServicesDep, response: Response) -> DeskReady:
    """503 when mirror, vault database or blob store cannot be used; the body says which, and why.

    Everybody may ask, so the parts are looked at once a second at most.
    """
    ready = await services.readiness.ask()
    if ready.status != "ready":
        response.status_code = HTTPStatus.SERVICE_UNAVAILABLE
        response.headers["Retry-After"] = str(RETRY_S)
    return ready
