"""What lets pages open again without a connection: service worker, manifest, icons, a page."""

from pathlib import PurePosixPath
from typing import Final

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse

from tracer.errors import NotFoundError
from tracer_api.limits import ASSET_SECONDS
from tracer_api.negotiation import LANGUAGES, Language
from tracer_api.routes.scanner import (
    JAVASCRIPT,
    answer_packed,
    answer_tool,
    render_tool,
    tool_policy,
)
from tracer_api.services import LanguageDep, Services, ServicesDep
from tracer_api.tools import load_tools, service_worker

router = APIRouter(include_in_schema=False)

WORKER_POLICY: Final = "default-src 'none'; connect-src 'self'"
"""A service worker may fetch what its own answer's policy allows: this server."""

MANIFEST_TYPE: Final = "application/manifest+json"
ICON_TYPES: Final = {".png": "image/png", ".svg": "image/svg+xml"}
ICON_SECONDS: Final = ASSET_SECONDS // 12  # their address does not follow their content


def _page(services: Services, language: Language) -> bytes:
    return render_tool(services, language, "offline.html", load_tools().scripts["kept"])


@router.get("/offline")
def get_offline_page(request: Request, services: ServicesDep, language: LanguageDep) -> Response:
    """What is kept on this device; shown, too, for a page that is not."""
    policy = tool_policy(load_tools().styles["offline.html"])
    return answer_tool(request, services, language, _page(services, language), policy)


@router.get("/sw.js")
def get_worker(request: Request, services: ServicesDep) -> Response:
    """The service worker, at the root because it serves every page of this server."""
    pages = [_page(services, language) for language in LANGUAGES]
    body = service_worker(load_tools(), services.assets, pages)
    headers = {"Content-Security-Policy": WORKER_POLICY, "Cache-Control": "no-cache"}
    return answer_packed(request, body, JAVASCRIPT, headers)


@router.get("/manifest.webmanifest")
def get_manifest(services: ServicesDep, language: LanguageDep) -> Response:
    """How the scanner looks when a reader puts it on their phone."""
    t = services.texts[language]
    icons = [
        {"src": f"/icons/{size}.png", "sizes": f"{size}x{size}", "type": "image/png", "purpose": it}
        for size in (192, 512)
        for it in ("any", "maskable")
    ]
    body = {
        "id": "/scan",
        "name": t("offline.app"),
        "short_name": t("app.name"),
        "lang": t.html_language,
        "start_url": f"/scan?lang={t.language}",
        "scope": "/",
        "display": "standalone",
        "background_color": "#f3f5f2",
        "theme_color": "#3d4b58",
        "icons": icons,
    }
    headers = {"Vary": "Accept-Language"}
    return JSONResponse(body, headers=headers, media_type=MANIFEST_TYPE)


@router.get("/icons/{name}")
def get_icon(name: str) -> Response:
    """Our mark as a picture."""
    picture = load_tools().icons.get(name)
    if picture is None:
        raise NotFoundError(f"no icon {name}")
    return Response(
        picture,
        media_type=ICON_TYPES[PurePosixPath(name).suffix],
        headers={"Cache-Control": f"public, max-age={ICON_SECONDS}"},
    )
