"""What a tin's QR code opens: the GS1 Digital Link, as a page or as JSON."""

import json
from dataclasses import replace
from http import HTTPStatus
from typing import Annotated, Any, Final
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request, Response

from tracer.domain.brief import to_brief_json
from tracer.domain.bundle import Bundle
from tracer.domain.cards import VerdictCode
from tracer.domain.identifiers import DigitalLink, Lot
from tracer.domain.passport import Passport, build_passport
from tracer.domain.verify import verify_bundle
from tracer.errors import InputError, InvalidDigitalLinkError, NotFoundError, TracerError
from tracer_api import problems
from tracer_api.limits import MAX_NODE_CHARS, MAX_VIEW_CHARS
from tracer_api.negotiation import VARY, Language, wants_json
from tracer_api.resolving import (
    RESOLVER_HEADERS,
    load_batches_of,
    read_link,
    resolve,
    tin_of,
)
from tracer_api.routes.batches import batch_path, fetch_bundle
from tracer_api.schemas import Problem
from tracer_api.security import origin_of, page_policy
from tracer_api.services import LanguageDep, Services, ServicesDep
from tracer_api.view.model import Page
from tracer_api.view.page import Place, build_notice_page, build_page, build_product_page
from tracer_api.view.proof import build_proof
from tracer_api.view.texts import Texts

router = APIRouter(tags=["scan"])

WHOLE: Final = "all"
"""`view` of a page with what others fold away."""

TONES: Final = {"VALID": "good", "INVALID": "stop", "ERROR": "warn", "SKIPPED": "plain"}


def _lot_of(link: DigitalLink) -> Lot:
    if link.lot is None:
        raise InvalidDigitalLinkError(
            f"{link.path()} names a product, but no batch",
            hint="A tin's code ends in /10/<lot>/21/<serial>.",
        )
    return link.lot


def load_scan(services: Services, link: DigitalLink) -> tuple[Bundle, Passport]:
    """What is known about a tin or batch, checked as far as a server can without a node.

    Raises:
        InvalidDigitalLinkError: the link names no batch.
        NotFoundError: no such batch.
    """
    bundle = fetch_bundle(services, link.gtin, _lot_of(link), link.serial)
    return bundle, judge(bundle, link, services.now())


def judge(bundle: Bundle, link: DigitalLink, now_unix: int) -> Passport:
    """What a bundle amounts to for whoever scanned the link, as far as nobody asks a node."""
    checks = verify_bundle(bundle, None, as_of_unix=now_unix, link=link)
    return build_passport(bundle, checks, now_unix)


def core_url(link: DigitalLink) -> str:
    """Where the core proof of a scanned code's batch is."""
    return f"{batch_path(link.gtin.value, link.lot.value if link.lot else '')}/core"


def bundle_url(link: DigitalLink) -> str:
    """Where the complete proof for a scanned code is."""
    path = f"{batch_path(link.gtin.value, link.lot.value if link.lot else '')}/bundle"
    return f"{path}?{urlencode({'serial': link.serial.value})}" if link.serial else path


def choose_node(request: Request, services: Services, asked: str | None) -> str:
    """The node that the visitor's device will ask.

    One from the address counts only when the visitor typed it into our own form: a link on
    another site must not make the page ask a node of that site's choice.
    """
    by_hand = request.headers.get("sec-fetch-site") in {"same-origin", "none"}
    if asked and by_hand and origin_of(asked):
        return asked
    return services.settings.browser_rpc_url


def render(
    services: Services,
    language: Language,
    page: Page,
    *,
    status: HTTPStatus = HTTPStatus.OK,
    node: str = "",
) -> Response:
    """Print a page."""
    template = "passport.html" if page.details else "notice.html"
    html = services.templates.get_template(template).render(
        page=page,
        t=services.texts[language],
        assets=services.assets,
        tones=TONES,
    )
    headers = {
        "Content-Security-Policy": page_policy(
            services.assets.css_hash, node, services.assets.head_hash if page.details else ""
        ),
        "Content-Language": services.texts[language].html_language,
        "Vary": VARY,
    }
    return Response(html, status, headers, media_type="text/html; charset=utf-8")


def _error_page(t: Texts, request: Request, link: DigitalLink | None, error: TracerError) -> Page:
    path = request.url.path
    if isinstance(error, NotFoundError) and link:
        facts = (
            ("gtin", link.gtin.value),
            ("lot", link.lot.value if link.lot else ""),
            ("serial", link.serial.value if link.serial else ""),
        )
        return build_notice_page(t, path, VerdictCode.NOT_ISSUED, facts)
    code = "BAD_CODE" if isinstance(error, (InputError, NotFoundError)) else "UNAVAILABLE"
    return build_notice_page(t, path, code)


def answer_error(
    services: Services,
    request: Request,
    language: Language,
    link: DigitalLink | None,
    error: TracerError,
) -> Response:
    """An error as a page or as a problem document.

    Args:
        services: of this server.
        request: that failed.
        language: of the page.
        link: what was scanned, if that much is known.
        error: why.
    """
    response = problems.from_error(error)
    if not wants_json(request.headers.get("accept", "")):
        page = _error_page(services.texts[language], request, link, error)
        retry = response.headers.get("retry-after")
        response = render(services, language, page, status=problems.status_of(error))
        if retry:
            response.headers["Retry-After"] = retry
    response.headers["Vary"] = VARY
    return response


def answer_json(passport: Passport, link: DigitalLink, *, is_whole: bool = False) -> Response:
    """A passport for programs, in brief or whole."""
    body: Any = passport.to_json() if is_whole else to_brief_json(passport)
    path = link.path()
    body["links"] = {"page": path, "all": f"{path}?view={WHOLE}", "bundle": bundle_url(link)}
    text = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    headers = {"Vary": VARY, **RESOLVER_HEADERS}
    return Response(text, media_type="application/json", headers=headers)


def answer_page(
    services: Services,
    language: Language,
    scan: tuple[Bundle, Passport],
    link: DigitalLink,
    node: str,
    *,
    is_whole: bool = False,
) -> Response:
    """A passport for people.

    Args:
        services: of this server.
        language: of the page.
        scan: the bundle and what it amounts to.
        link: what was scanned.
        node: that the visitor's device will ask.
        is_whole: with what pages fold away and fetch later.
    """
    bundle, passport = scan
    finality = str(services.settings.finality_for(passport.technical.chain_id))
    place = Place(
        path=link.path(),
        serial=link.serial.value if link.serial else "",
        node=node,
        proof=build_proof(bundle, bundle_url(link), core_url(link), finality),
        rest="" if is_whole else f"?lang={language}&view={WHOLE}",
    )
    page = build_page(services.texts[language], passport, place)
    response = render(services, language, page, node=node)
    response.headers.update(RESOLVER_HEADERS)
    return response


def answer_product(
    request: Request, services: Services, language: Language, link: DigitalLink
) -> Response:
    """The batches of a product, newest first: its code names none.

    Raises:
        NotFoundError: no batch of it has been recorded.
    """
    batches = load_batches_of(services, link.gtin)
    paths = [replace(link, lot=Lot(batch.lot)).path() for batch in batches]
    if wants_json(request.headers.get("accept", "")):
        rows = [
            {"lot": batch.lot, "recalled": batch.recalled, "holds": batch.holds, "page": path}
            for batch, path in zip(batches, paths, strict=True)
        ]
        text = json.dumps({"gtin": link.gtin.value, "batches": rows}, separators=(",", ":"))
        headers = {"Vary": VARY, **RESOLVER_HEADERS}
        return Response(text, media_type="application/json", headers=headers)
    lines = [(batch.lot, "", path) for batch, path in zip(batches, paths, strict=True)]
    response = render(
        services, language, build_product_page(services.texts[language], link.path(), lines)
    )
    response.headers.update(RESOLVER_HEADERS)
    return response


_RESPONSES: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "description": "the passport, as a page or as JSON by `Accept`",
        "content": {
            "text/html": {"schema": {"type": "string"}},
            "application/json": {"schema": {"type": "object"}},
        },
    },
    307: {"description": "the link of the type `linkType`, or the usual form of this address"},
    400: {"model": Problem, "description": "not a code of a tin or batch"},
    404: {"model": Problem, "description": "no such batch has been recorded"},
    503: {"model": Problem, "description": "the mirror is out of reach"},
}


def _path_parameters(*names: str) -> dict[str, Any]:
    words = {
        "gtin": "AI 01: 8, 12, 13 or 14 digits",
        "lot": "AI 10, percent-encoded",
        "serial": "AI 21, percent-encoded",
    }
    text = {"type": "string"}
    return {
        "parameters": [
            {"name": n, "in": "path", "required": True, "description": words[n], "schema": text}
            for n in names
        ]
    }


# The identifiers are read from the raw path by `read_link`, hence no parameters.
@router.get(
    "/01/{gtin}/10/{lot}/21/{serial}",  # noqa: FAST003
    summary="One tin",
    responses=_RESPONSES,
    response_class=Response,
    openapi_extra=_path_parameters("gtin", "lot", "serial"),
)
@router.get(
    "/01/{gtin}/10/{lot}",
    summary="One batch",
    responses=_RESPONSES,
    response_class=Response,
    openapi_extra=_path_parameters("gtin", "lot"),
)
@router.get(
    "/01/{gtin}",
    summary="The batches of a product",
    responses=_RESPONSES,
    response_class=Response,
    openapi_extra=_path_parameters("gtin"),
)
@router.get("/01/{rest:path}", include_in_schema=False, response_class=Response)
def get_scan(
    request: Request,
    services: ServicesDep,
    language: LanguageDep,
    node: Annotated[str | None, Query(max_length=MAX_NODE_CHARS)] = None,
    view: Annotated[str, Query(max_length=MAX_VIEW_CHARS)] = "",
) -> Response:
    """The passport of a tin or batch, or the list of a product's batches.

    `linkType` asks for one of the links of docs/reference/digital-link.md, as `linkset` for all.
    Other application identifiers in the query are checked. `lang` chooses the page's language
    and `node` the Ethereum node that the page asks. A page leaves out what it folds away and
    fetches that later, JSON leaves out long lists; with `view=all` all of it is there.
    """
    tin = None
    try:
        link = read_link(request)
        tin = tin_of(link)
        if answer := resolve(request, services, language, link, tin):
            return answer
        if tin.lot is None:
            return answer_product(request, services, language, tin)
        bundle, passport = load_scan(services, tin)
    except TracerError as error:
        return answer_error(services, request, language, tin, error)
    if wants_json(request.headers.get("accept", "")):
        return answer_json(passport, tin, is_whole=view == WHOLE)
    node = choose_node(request, services, node)
    scan = (bundle, passport)
    return answer_page(services, language, scan, tin, node, is_whole=view == WHOLE)
