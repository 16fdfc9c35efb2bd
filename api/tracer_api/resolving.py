"""What a resolver does with a Digital Link before a page is made of it.

Source: GS1-Conformant Resolver Standard 1.1 and 1.2. Every address that an answer names is on this
server, and every redirect leads to an address that redirects no further; see ADR 0017.
"""

import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import unquote

from fastapi import Request, Response

from tracer.domain.digital_link import LENIENT, Gs1Link, split_path
from tracer.domain.digital_link_compressed import parse_any_link
from tracer.domain.identifiers import DigitalLink, Gtin, Lot, Serial
from tracer.errors import InvalidDigitalLinkError, NotFoundError
from tracer.store.products import ProductBatch, find_lot, has_batch, load_product
from tracer.store.session import reading
from tracer_api import problems
from tracer_api.links import (
    ALL_LINKS,
    CONTEXT,
    DEFAULT_LINK,
    LINK_HEADER,
    add_query,
    build_linkset,
    choose_link,
    default_link,
    links_of,
    read_link_type,
)
from tracer_api.negotiation import LINKSET_TYPE, VARY, Language, wants_json, wants_linkset
from tracer_api.services import Services

CONSUMED: Final = frozenset({"linkType", "linktype", "context"})
"""Parts of a query that are for the resolver; passed on, they would lead round in circles."""

ALLOWED: Final = "GET, HEAD, OPTIONS"
EXPOSED: Final = "Link, Location"

JSON_LD_TYPE: Final = "application/ld+json"

RESOLVER_HEADERS: Final[Mapping[str, str]] = {
    "Link": LINK_HEADER,
    "Access-Control-Expose-Headers": EXPOSED,
}
"""On pages and passports; other sites' programs may read them."""


def raw_path(request: Request) -> str:
    """The path as sent: a lot may hold a percent-encoded slash."""
    path: bytes = request.scope["raw_path"]
    return path.decode("ascii", "replace").partition("?")[0]


def raw_query(request: Request) -> str:
    """The query as sent, without a question mark."""
    query: bytes = request.scope["query_string"]
    return query.decode("ascii", "replace")


def read_link(request: Request) -> Gs1Link:
    """The Digital Link that this request's address is, in whatever form.

    Raises:
        InvalidDigitalLinkError: it is none.
        InvalidIdentifierError: an identifier in it is wrong.
    """
    query = raw_query(request)
    link = parse_any_link(f"https://host{raw_path(request)}{'?' if query else ''}{query}", LENIENT)
    if link.stem != "https://host":
        raise InvalidDigitalLinkError("Digital Links start at the root of this server")
    return link


def tin_of(link: Gs1Link) -> DigitalLink:
    """What of a link this server may know: product, batch or tin.

    A consumer product variant (AI 22) is let go: it changes neither batch nor tin.

    Raises:
        NotFoundError: it is about something that is never recorded here.
    """
    gtin, lot, serial = link.value("01"), link.value("10"), link.value("21")
    if gtin is None or link.value("235") is not None:
        raise NotFoundError(
            f"AI {link.key.code} {link.key.value}: nothing like this is recorded here",
            hint="This server knows products, batches and tins: /01/…/10/…/21/….",
        )
    expiry = next((value for code, value in link.attributes if code == "17"), None)
    return DigitalLink(
        Gtin(gtin),
        None if lot is None else Lot(lot),
        None if serial is None else Serial(serial),
        expiry,
    )


def _asked_types(link: Gs1Link) -> list[str]:
    pairs = (part.partition("=") for part in link.parameters)
    return [unquote(value) for name, _, value in pairs if name.lower() == "linktype"]


def _passed_on(request: Request, link: Gs1Link) -> list[str]:
    """What of the query a redirect keeps: all that is not for the resolver itself."""
    is_plain = bool(split_path(raw_path(request), LENIENT)[1])
    query = raw_query(request) if is_plain else link.query()
    return [p for p in query.split("&") if p and p.partition("=")[0] not in CONSUMED]


def _is_usual(path: str, tin: DigitalLink) -> bool:
    """Whether a path is a tin's usual one; which characters are escaped makes no difference."""
    given, usual = path.split("/"), tin.path().split("/")
    return list(map(unquote, given)) == list(map(unquote, usual))


def _redirect(request: Request, link: Gs1Link, path: str) -> Response:
    links = [LINK_HEADER.replace("<?", f"<{path.partition('#')[0].partition('?')[0]}?")]
    if not split_path(raw_path(request), LENIENT)[1]:
        query = link.query()
        links.append(f'<{link.path()}{"?" if query else ""}{query}>; rel="owl:sameAs"')
    headers = {
        "Location": add_query(path, _passed_on(request, link)),
        "Link": ", ".join(links),
        "Access-Control-Expose-Headers": EXPOSED,
        "Vary": VARY,
    }
    return Response(status_code=HTTPStatus.TEMPORARY_REDIRECT, headers=headers)


def _lot_of(services: Services, gtin: Gtin, serial: Serial) -> Lot:
    """The lot of a tin whose code names none."""
    with reading(services.engine) as session:
        lot = find_lot(session, services.contents, gtin, serial)
    if lot is None:
        raise NotFoundError(f"no batch of GTIN {gtin} has the serial {serial}")
    return lot


def load_batches_of(services: Services, gtin: Gtin) -> list[ProductBatch]:
    """The newest batches of a product.

    Raises:
        NotFoundError: there is none.
    """
    with reading(services.engine) as session:
        batches = load_product(session, gtin)
    if not batches:
        raise NotFoundError(f"no batch of GTIN {gtin} has been recorded")
    return batches


def _check_known(services: Services, tin: DigitalLink) -> None:
    """Refuse links of what has never been recorded; nothing is walked up to what has.

    Raises:
        NotFoundError: no such product, batch or tin.
    """
    if tin.lot is None:
        load_batches_of(services, tin.gtin)
        return
    with reading(services.engine) as session:
        known = has_batch(session, tin.gtin, tin.lot)
        if known and tin.serial is not None:
            known = find_lot(session, services.contents, tin.gtin, tin.serial, tin.lot) is not None
    if not known:
        raise NotFoundError(f"{tin.path()} has never been recorded")


def _answer_linkset(
    request: Request, services: Services, language: Language, tin: DigitalLink
) -> Response:
    origin = services.settings.public_origin.rstrip("/")
    body: dict[str, Any] = build_linkset(tin, origin, services.texts, language)
    media_type = LINKSET_TYPE
    headers = {"Access-Control-Expose-Headers": EXPOSED, "Vary": VARY}
    if request.headers.get("accept", "").partition(",")[0].strip().lower() == JSON_LD_TYPE:
        body, media_type = {"@context": CONTEXT, **body}, JSON_LD_TYPE
    else:
        headers["Link"] = (
            f'<{CONTEXT}>; rel="http://www.w3.org/ns/json-ld#context"; type="{JSON_LD_TYPE}"'
        )
    return Response(json.dumps(body, ensure_ascii=False), headers=headers, media_type=media_type)


def _answer_type(
    request: Request, services: Services, language: Language, link: Gs1Link, tin: DigitalLink
) -> Response:
    """A redirect to the link of the type that was asked for, or 404 with the types there are."""
    asked = _asked_types(link)[0]
    kind = read_link_type(asked)
    links = [default_link(tin, services.texts[language]), *links_of(tin, services.texts)]
    as_json = wants_json(request.headers.get("accept", ""))
    chosen = choose_link(links, kind or "", language, as_json=as_json)
    if chosen is None:
        kinds = ", ".join(f"gs1:{name}" for name in dict.fromkeys(it.kind for it in links))
        response = problems.build_problem(
            HTTPStatus.NOT_FOUND,
            NotFoundError.code,
            f"there is no link of type {asked[:40]!r} here",
            f"There are {kinds}.",
        )
        response.headers.update(RESOLVER_HEADERS)
        return response
    return _redirect(request, link, tin.path() if kind == DEFAULT_LINK else chosen.path)


def resolve(
    request: Request, services: Services, language: Language, link: Gs1Link, tin: DigitalLink
) -> Response | None:
    """The resolver's answer to a request; None if the page itself is what was asked for.

    Args:
        request: whose address the link is.
        services: of this server.
        language: that the reader wants.
        link: as read.
        tin: what of it this server may know.

    Raises:
        InvalidDigitalLinkError: two different link types are asked for.
        NotFoundError: nothing is known of what the link names.
    """
    kinds = _asked_types(link)
    if len(set(kinds)) > 1:
        raise InvalidDigitalLinkError("linkType stands twice with different values")
    if tin.lot is None and tin.serial is not None:
        lot = _lot_of(services, tin.gtin, tin.serial)
        tin = DigitalLink(tin.gtin, lot, tin.serial, tin.expiry)
    if kinds and kinds[0] not in ALL_LINKS:
        _check_known(services, tin)
        return _answer_type(request, services, language, link, tin)
    if kinds or wants_linkset(request.headers.get("accept", "")):
        _check_known(services, tin)
        return _answer_linkset(request, services, language, tin)
    if not _is_usual(raw_path(request), tin):
        return _redirect(request, link, tin.path())
    return None


def answer_options() -> Response:
    """What may be asked of a link, also of other sites' programs (Fetch Standard §3.2)."""
    headers = {
        "Allow": ALLOWED,
        "Access-Control-Allow-Methods": ALLOWED,
        "Access-Control-Allow-Headers": "Accept, Accept-Language",
        "Access-Control-Expose-Headers": EXPOSED,
        "Access-Control-Max-Age": "86400",
    }
    return Response(status_code=HTTPStatus.NO_CONTENT, headers=headers)
