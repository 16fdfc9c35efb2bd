"""Is the process alive, and is what it would answer fresh?"""

from http import HTTPStatus
from importlib.metadata import version
from typing import Final

from fastapi import APIRouter, Response
from fastapi.responses import PlainTextResponse
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Gauge, generate_latest
from sqlalchemy import Engine

from tracer.errors import ConfigurationError, DatabaseUnavailableError
from tracer.settings import DEV_CHAIN_IDS
from tracer.store.session import reading
from tracer.store.state import MirrorCursor, load_cursor
from tracer_api.limits import AHEAD_SECONDS, RETRY_SECONDS, STALE_SECONDS
from tracer_api.schemas import Health, Ready
from tracer_api.services import ServicesDep

EMPTY: Final = Ready(status="empty", reason="the mirror holds nothing yet")
UNREACHABLE: Final = Ready(
    status="unreachable", reason="the mirror's database does not answer usably"
)

router = APIRouter(tags=["health"])


@router.get("/healthz", summary="The process runs")
def get_health() -> Health:
    """Answers as long as the process does; asks nobody."""
    return Health()


def build_ready(cursor: MirrorCursor, now_unix: int) -> Ready:
    """What the mirror's position means.

    A development chain mines on demand, so the age of its newest block says nothing there.
    """
    age = now_unix - cursor.block.time_unix
    is_on_demand = cursor.chain_id in DEV_CHAIN_IDS
    if is_on_demand:
        is_stale, reason = False, "this chain mines on demand: the age of a block says nothing"
    elif age < -AHEAD_SECONDS:
        is_stale, reason = True, f"the newest block is {-age} s ahead of this server's clock"
    else:
        is_stale = age > STALE_SECONDS
        reason = f"the newest block is {max(age, 0)} s old; stale is more than {STALE_SECONDS} s"
    return Ready(
        status="stale" if is_stale else "ready",
        reason=reason,
        chain_id=cursor.chain_id,
        contract=cursor.contract.hex(),
        block_number=cursor.block.number,
        block_time=cursor.block.time_unix,
        age_seconds=max(age, 0),
        lag_seconds=None if is_on_demand else max(age, 0),
        next_sequence=cursor.next_sequence,
    )


def read_ready(engine: Engine, now_unix: int) -> Ready:
    """Ask the mirror where it stands; never an error."""
    try:
        with reading(engine) as session:
            cursor = load_cursor(session)
    except ConfigurationError:  # the database has no tables yet
        return EMPTY
    except DatabaseUnavailableError:
        return UNREACHABLE
    return EMPTY if cursor is None else build_ready(cursor, now_unix)


@router.get(
    "/readyz",
    summary="The mirror can be read and is fresh",
    responses={503: {"model": Ready, "description": "empty, stale or out of reach"}},
)
def get_ready(services: ServicesDep, response: Response) -> Ready:
    """503 when the mirror is empty, stale or out of reach; the body says which, and why."""
    ready = read_ready(services.engine, services.now())
    if ready.status != "ready":
        response.status_code = HTTPStatus.SERVICE_UNAVAILABLE
        response.headers["Retry-After"] = str(RETRY_SECONDS)
    return ready


@router.get("/metrics", summary="The same for Prometheus", response_class=PlainTextResponse)
def get_metrics(services: ServicesDep) -> Response:
    """What `/readyz` knows, as figures. What is not known is left out."""
    text = generate_latest(build_metrics(read_ready(services.engine, services.now())))
    return Response(text, media_type=CONTENT_TYPE_LATEST)


def build_metrics(ready: Ready) -> CollectorRegistry:
    """Figures that are the same in every process of the server; it counts no requests."""
    registry = CollectorRegistry()
    figures = {
        "ready": (int(ready.status == "ready"), "1: the mirror can be read and is fresh."),
        "mirror_block": (ready.block_number, "Newest block that the mirror has taken in."),
        "mirror_age_seconds": (ready.age_seconds, "How old that block is by this clock."),
        "mirror_lag_seconds": (ready.lag_seconds, "What the mirror lacks at most, in seconds."),
    }
    for name, (value, meaning) in figures.items():
        if value is not None:
            Gauge(f"tracer_{name}", meaning, registry=registry).set(value)
    build = Gauge("tracer_build_info", "The program.", ["version"], registry=registry)
    build.labels(version("formula-tracer")).set(1)
    return registry
