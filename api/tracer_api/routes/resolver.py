"""Digital Links that are no tin's usual address, and what this resolver says of itself."""

from http import HTTPStatus
from typing import Any, Final
from urllib.parse import urlsplit

from fastapi import APIRouter, Request, Response
from starlette.convertors import Convertor, register_url_convertor

from tracer.domain.digital_link_compressed import MAX_COMPRESSED
from tracer.errors import NotFoundError, TracerError
from tracer.rules.gs1 import load_ais
from tracer_api import problems
from tracer_api.links import CONTEXT, VOCABULARY
from tracer_api.resolving import answer_options, read_link, resolve, tin_of
from tracer_api.routes.scan import answer_error
from tracer_api.services import LanguageDep, ServicesDep

router = APIRouter(tags=["resolver"])

MIN_COMPRESSED: Final = 10
"""The shortest compressed link of a product; shorter names are other pages of this server."""


class _Compressed(Convertor[str]):
    """A path of one segment that may be a compressed link."""

    regex = f"[A-Za-z0-9_-]{{{MIN_COMPRESSED},{MAX_COMPRESSED}}}/?"

    def convert(self, value: str) -> str:
        return value

    def to_string(self, value: str) -> str:
        return value


register_url_convertor("compressed", _Compressed())


def _resolver_paths() -> list[str]:
    table = load_ais()
    keys = [code for code, ai in table.ais.items() if ai.is_key and code != "01"]
    words = [word for word, code in table.words.items() if table.ais[code].is_key]
    return [f"/{name}/{{rest:path}}" for name in (*keys, *words)] + ["/{packed:compressed}"]


def get_other(request: Request, services: ServicesDep, language: LanguageDep) -> Response:
    """A link with another primary key, with words in place of AIs, or compressed."""
    try:
        link = read_link(request)
        answer = resolve(request, services, language, link, tin_of(link))
    except TracerError as error:
        return answer_error(services, request, language, None, error)
    # Only addresses that start with /01/ have a page, and those come to another route.
    return answer or problems.from_error(NotFoundError("no such page"))


def options(_request: Request) -> Response:
    """What may be asked of a Digital Link."""
    return answer_options()


for _path in _resolver_paths():
    router.add_api_route(_path, get_other, include_in_schema=False, response_class=Response)
for _path in ("/01/{rest:path}", *_resolver_paths(), "/.well-known/gs1resolver"):
    router.add_api_route(
        _path, options, methods=["OPTIONS"], include_in_schema=False, response_class=Response
    )


@router.get(
    "/.well-known/gs1resolver", summary="What this resolver can do", status_code=HTTPStatus.OK
)
def get_description(services: ServicesDep) -> dict[str, Any]:
    """The description file of the GS1-Conformant Resolver Standard, section 3."""
    origin = services.settings.public_origin.rstrip("/")
    return {
        "name": "Tracer",
        "resolverRoot": origin,
        "supportedPrimaryKeys": ["01"],
        "supportedLinkType": [{"namespace": VOCABULARY, "prefix": "gs1:"}],
        "linkTypeDefaultCanBeLinkset": False,
        "jsonLdContextLocation": CONTEXT,
        "contact": {"fn": urlsplit(origin).hostname or origin},
    }
