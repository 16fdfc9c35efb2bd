"""Is the process alive, and is what it would answer fresh?"""

from http import HTTPStatus

from fastapi import APIRouter, Response

from tracer.errors import ConfigurationError
from tracer.settings import DEV_CHAIN_IDS
from tracer.store.session import reading
from tracer.store.state import MirrorCursor, load_cursor
from tracer_api.limits import RETRY_SECONDS, STALE_SECONDS
from tracer_api.schemas import Health, Ready
from tracer_api.services import ServicesDep

router = APIRouter(tags=["health"])


@router.get("/healthz", summary="The process runs")
def get_health() -> Health:
    """Answers as long as the process does; asks nobody."""
    return Health()


def build_ready(cursor: MirrorCursor | None, now_unix: int) -> Ready:
    """What the mirror's position means.

    A development chain mines on demand, so the age of its newest block says nothing there.
    """
    if cursor is None:
        return Ready(status="empty")
    age = max(now_unix - cursor.block.time_unix, 0)
    is_stale = age > STALE_SECONDS and cursor.chain_id not in DEV_CHAIN_IDS
    return Ready(
        status="stale" if is_stale else "ready",
        chain_id=cursor.chain_id,
        contract=cursor.contract.hex(),
        block_number=cursor.block.number,
        block_time=cursor.block.time_unix,
        age_seconds=age,
        next_sequence=cursor.next_sequence,
    )


@router.get(
    "/readyz",
    summary="The mirror can be read and is fresh",
    responses={503: {"model": Ready, "description": "empty or stale"}},
)
def get_ready(services: ServicesDep, response: Response) -> Ready:
    """503 when the mirror is empty, stale or out of reach."""
    try:
        with reading(services.engine) as session:
            cursor = load_cursor(session)
    except ConfigurationError:  # the database has no tables yet
        cursor = None
    ready = build_ready(cursor, services.now())
    if ready.status != "ready":
        response.status_code = HTTPStatus.SERVICE_UNAVAILABLE
        response.headers["Retry-After"] = str(RETRY_SECONDS)
    return ready
