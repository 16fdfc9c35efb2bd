"""The tools beside a tin's page: scan a code, check a saved proof, read a photo's codes."""

import asyncio
import hashlib
from collections.abc import Mapping
from http import HTTPStatus
from typing import Annotated, Final
from urllib.parse import urlsplit

from fastapi import APIRouter, HTTPException, Query, Request, Response
from fastapi.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect

from tracer.errors import (
    InputError,
    LimitExceededError,
    NotFoundError,
    NotPermittedError,
    UploadTooSlowError,
)
from tracer.gate.limits import MAX_PHOTO_BYTES
from tracer_api.coding import choose_packed, pack_once
from tracer_api.limits import ASSET_SECONDS, MAX_NODE_CHARS
from tracer_api.negotiation import LANGUAGES, Language
from tracer_api.photos import ARRIVAL_S, MAX_ARRIVING, MAX_READING, PHOTO_TYPES, Places, read_photo
from tracer_api.routes.scan import choose_node
from tracer_api.schemas import Photo, Problem
from tracer_api.security import PAGE_HEADERS, origin_of
from tracer_api.services import LanguageDep, Services, ServicesDep
from tracer_api.tools import Style, ToolScript, check_script, load_tools, scan_words
from tracer_api.view.technical import STEPS

router = APIRouter()

JAVASCRIPT: Final = "text/javascript; charset=utf-8"
HTML: Final = "text/html; charset=utf-8"
WITH_CAMERA: Final = PAGE_HEADERS["Permissions-Policy"].replace("camera=()", "camera=(self)")
"""Of /scan only; no other page may ask for the camera."""

_arriving, _reading = Places(MAX_ARRIVING), Places(MAX_READING)


def tool_policy(style: Style, *, connect: str = "", pictures: bool = False) -> str:
    """The content security policy of a tool's page: nothing from anybody else.

    Args:
        style: printed into it.
        connect: a node that it may ask besides this server.
        pictures: whether it shows pictures that it made itself.
    """
    return "; ".join(
        (
            "default-src 'none'",
            "script-src 'self'",
            "worker-src 'self'",
            f"style-src '{style.hash}'",
            "img-src 'self' blob: data:" if pictures else "img-src 'self'",
            " ".join(filter(None, ("connect-src 'self'", origin_of(connect)))),
            "manifest-src 'self'",
            "form-action 'self'",
            "base-uri 'none'",
            "frame-ancestors 'none'",
        )
    )


def answer_packed(
    request: Request, body: bytes, media_type: str, headers: Mapping[str, str]
) -> Response:
    """An answer in the smallest coding, which is fetched again only when it has changed."""
    tag = f'W/"{hashlib.sha256(body).hexdigest()[:32]}"'
    vary = ", ".join(filter(None, (headers.get("Vary", ""), "Accept-Encoding")))
    sent = {**headers, "ETag": tag, "Vary": vary}
    if tag in {part.strip() for part in request.headers.get("if-none-match", "").split(",")}:
        return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=sent)
    chosen = choose_packed(pack_once(body), request.headers.get("accept-encoding", ""))
    if chosen:
        sent["Content-Encoding"], body = chosen
    return Response(body, media_type=media_type, headers=sent)


def render_tool(
    services: Services, language: Language, template: str, script: ToolScript, **values: object
) -> bytes:
    """A tool's page."""
    page = services.templates.get_template(template)
    html = page.render(
        t=services.texts[language],
        css=load_tools().styles[template].css,
        script=script,
        **values,
    )
    return html.encode()


def answer_tool(
    request: Request, services: Services, language: Language, body: bytes, policy: str
) -> Response:
    """A tool's page as an answer."""
    headers = {
        "Content-Security-Policy": policy,
        "Content-Language": services.texts[language].html_language,
        "Vary": "Accept-Language",
    }
    return answer_packed(request, body, HTML, headers)


def asked_query(request: Request, language: Language) -> str:
    """`?lang=` for the pages that a tool leads to, if the reader chose a language by hand."""
    return f"?lang={language}" if "lang" in request.query_params else ""


@router.get("/scan", include_in_schema=False)
def get_scan_page(request: Request, services: ServicesDep, language: LanguageDep) -> Response:
    """The scanner: camera or photo to the tin's page."""
    tools = load_tools()
    body = render_tool(
        services,
        language,
        "scan.html",
        tools.scripts["scan"],
        decoder=tools.decoder_url,
        host=urlsplit(services.settings.public_origin).netloc,
        query=asked_query(request, language),
        words=scan_words(services.assets, language),
    )
    policy = tool_policy(tools.styles["scan.html"], pictures=True)
    answer = answer_tool(request, services, language, body, policy)
    answer.headers["Permissions-Policy"] = WITH_CAMERA
    return answer


@router.get("/check", include_in_schema=False)
def get_check_page(
    request: Request,
    services: ServicesDep,
    language: LanguageDep,
    node: Annotated[str | None, Query(max_length=MAX_NODE_CHARS)] = None,
) -> Response:
    """Checks a saved proof in the browser, by a node that the reader chose."""
    chosen = choose_node(request, services, node)
    body = render_tool(
        services,
        language,
        "check.html",
        check_script(services.assets, language),
        node=chosen,
        finality="" if services.settings.finality == "auto" else services.settings.finality,
        steps=STEPS,
        query=asked_query(request, language),
    )
    policy = tool_policy(load_tools().styles["check.html"], connect=chosen)
    return answer_tool(request, services, language, body, policy)


@router.get("/scan/licence.txt", include_in_schema=False)
def get_licence() -> Response:
    """The licence of our decoder, which its authors want to travel with it."""
    return Response(load_tools().licence, media_type="text/plain; charset=utf-8")


@router.get("/scan/{digest}/{name}.js", include_in_schema=False)
def get_tool_script(request: Request, services: ServicesDep, digest: str, name: str) -> Response:
    """A tool's script. Its address holds its digest, so it never changes."""
    checks = (check_script(services.assets, language) for language in LANGUAGES)
    for script in (*load_tools().scripts.values(), *checks):
        if (script.name, script.url) == (name, f"/scan/{digest}/{name}.js"):
            headers = {"Cache-Control": f"public, max-age={ASSET_SECONDS}, immutable"}
            return answer_packed(request, script.body, JAVASCRIPT, headers)
    raise NotFoundError("no such script", hint="Load the page again; it names the newest one.")


@router.put(
    "/v1/photos",
    tags=["scan"],
    summary="The codes in a photo",
    responses={
        400: {"model": Problem, "description": "it cannot be decoded within the limits"},
        403: {"model": Problem, "description": "sent by a page of another site"},
        413: {"model": Problem, "description": f"more than {MAX_PHOTO_BYTES} bytes"},
        415: {"model": Problem, "description": "neither JPEG nor PNG"},
        503: {"model": Problem, "description": "other photos are being read; try again"},
    },
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {
                it: {"schema": {"type": "string", "format": "binary"}} for it in PHOTO_TYPES
            },
        }
    },
)
async def put_photo(request: Request) -> Photo:
    """Read the QR codes in a photo, for a browser that could not. Nothing of it is kept."""
    if request.headers.get("sec-fetch-site", "none") not in {"same-origin", "none"}:
        raise NotPermittedError("only a page of this server may send photos")
    declared = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if declared not in PHOTO_TYPES:
        raise HTTPException(HTTPStatus.UNSUPPORTED_MEDIA_TYPE)
    with _arriving.take():
        data = await _receive(request)
        with _reading.take():
            texts = await run_in_threadpool(read_photo, data, declared)
    return Photo(texts=texts)


async def _receive(request: Request) -> bytes:
    """The body, bounded in size and time.

    Raises:
        LimitExceededError: too large.
        UploadTooSlowError: it did not come in time.
        InputError: the sender went away.
    """
    data = bytearray()
    try:
        async with asyncio.timeout(ARRIVAL_S):
            async for piece in request.stream():
                data += piece
                if len(data) > MAX_PHOTO_BYTES:
                    raise LimitExceededError(f"the photo has more than {MAX_PHOTO_BYTES} bytes")
    except TimeoutError:
        raise UploadTooSlowError(f"the photo took longer than {ARRIVAL_S:.0f} s") from None
    except ClientDisconnect:
        raise InputError("the client went away") from None
    return bytes(data)
