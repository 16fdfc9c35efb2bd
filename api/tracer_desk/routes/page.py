"""The brokers' page and its files."""

from http import HTTPStatus

from fastapi import APIRouter, Request, Response
from tracer_api.negotiation import choose_language

from tracer.errors import NotFoundError
from tracer.store.session import reading
from tracer_desk.page import POLICY
from tracer_desk.services import ServicesDep
from tracer_desk.standing import current

router = APIRouter(include_in_schema=False)


@router.get("/")
def get_page(request: Request, services: ServicesDep, lang: str | None = None) -> Response:
    """The page; who may do what on it, the addresses below decide."""
    language = choose_language(lang, request.headers.get("accept-language", ""))
    with reading(services.mirror) as session:
        cursor = current(session)
    text = services.templates.get_template("desk.html").render(
        language=language,
        words=services.page.words[language],
        chain_id=cursor.chain_id,
        contract=f"0x{cursor.contract.hex()}",
        scan_url=services.settings.public_origin.rstrip("/"),
    )
    headers = {"Content-Security-Policy": POLICY, "Vary": "Accept-Language"}
    return Response(text, media_type="text/html", headers=headers)


@router.get("/assets/{name:path}")
def get_asset(request: Request, services: ServicesDep, name: str) -> Response:
    """A file of the page, as it is in the repository."""
    file = services.page.files.get(name)
    if file is None:
        raise NotFoundError(f"no file {name[:100]}")
    headers = {"ETag": file.tag, "Cache-Control": "no-cache"}
    known = {part.strip() for part in request.headers.get("if-none-match", "").split(",")}
    if file.tag in known:
        return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=headers)
    return Response(file.data, media_type=file.media_type, headers=headers)
