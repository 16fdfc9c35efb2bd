"""The page's script, joined for phones and module by module for readers."""

from typing import Final

from fastapi import APIRouter, Response

from tracer.errors import NotFoundError
from tracer_api.limits import ASSET_SECONDS
from tracer_api.negotiation import LANGUAGES
from tracer_api.services import ServicesDep

router = APIRouter(prefix="/app", include_in_schema=False)

JAVASCRIPT: Final = "text/javascript; charset=utf-8"


@router.get("/{digest}/{language}.js")
def get_script(services: ServicesDep, digest: str, language: str) -> Response:
    """The whole script in one language. Its address holds its digest, so it never changes."""
    for known in LANGUAGES:
        if known == language and services.assets.digests[known] == digest:
            cache = f"public, max-age={ASSET_SECONDS}, immutable"
            return Response(
                services.assets.scripts[known],
                media_type=JAVASCRIPT,
                headers={"Cache-Control": cache},
            )
    raise NotFoundError("no such script", hint="Load the page again; it names the newest one.")


@router.get("/{name}.js")
def get_module(services: ServicesDep, name: str) -> Response:
    """One module as it is in the repository, for whoever wants to read what the page runs."""
    text = services.assets.modules.get(f"{name}.js")
    if text is None:
        raise NotFoundError(f"no module {name}.js")
    return Response(text, media_type=JAVASCRIPT)
