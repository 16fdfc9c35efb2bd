"""The page's scripts, joined for phones and module by module for readers."""

from typing import Final

from fastapi import APIRouter, Request, Response

from tracer.errors import NotFoundError
from tracer_api.assets import Script
from tracer_api.coding import choose_packed
from tracer_api.limits import ASSET_SECONDS
from tracer_api.services import ServicesDep

router = APIRouter(prefix="/app", include_in_schema=False)

JAVASCRIPT: Final = "text/javascript; charset=utf-8"
IMMUTABLE: Final = f"public, max-age={ASSET_SECONDS}, immutable"


def answer_script(script: Script, accept_encoding: str) -> Response:
    """A script in the smallest form that the browser takes; its address never changes."""
    headers = {"Cache-Control": IMMUTABLE, "Vary": "Accept-Encoding"}
    if packed := choose_packed(script.packed, accept_encoding):
        # With a Content-Encoding of its own, the answer passes the server's compression as it is.
        coding, body = packed
        return Response(body, media_type=JAVASCRIPT, headers=headers | {"Content-Encoding": coding})
    return Response(script.body, media_type=JAVASCRIPT, headers=headers)


@router.get("/{digest}/{name}.js")
def get_script(request: Request, services: ServicesDep, digest: str, name: str) -> Response:
    """A whole script in one language. Its address holds its digest, so it never changes."""
    for scripts in services.assets.scripts.values():
        for script in scripts.values():
            if script.name == name and script.digest == digest:
                return answer_script(script, request.headers.get("accept-encoding", ""))
    raise NotFoundError("no such script", hint="Load the page again; it names the newest one.")


@router.get("/{name}.js")
def get_module(services: ServicesDep, name: str) -> Response:
    """One module as it is in the repository, for whoever wants to read what the page runs."""
    text = services.assets.modules.get(f"{name}.js")
    if text is None:
        raise NotFoundError(f"no module {name}.js")
    return Response(text, media_type=JAVASCRIPT)
