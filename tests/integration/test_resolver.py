"""The resolver on a real server over a real mirror: every form of a link, every answer."""

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

import httpx
import jsonschema
import pytest
from served_world import World, open_client, running_world
from tracer_api.links import PREFIXES, SECTIONS, VOCABULARY

from tracer.domain.digital_link import Element
from tracer.domain.digital_link_compressed import compress
from tracer.domain.identifiers import DigitalLink
from tracer.rules.gs1 import load_ais

pytestmark = pytest.mark.integration

HTML = {"accept": "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8"}
JSON = {"accept": "application/json"}
LINKSET = {"accept": "application/linkset+json"}
ORIGIN = "https://id.example.org"
SSCC = "195200012602110002"

# RFC 9264 §4.2 as the resolver standard narrows it: every link has a title, languages are arrays.
LINKSET_SCHEMA = {
    "type": "object",
    "required": ["linkset"],
    "additionalProperties": False,
    "properties": {
        "linkset": {
            "type": "array",
            "minItems": 1,
            "items": {
                "type": "object",
                "required": ["anchor", f"{VOCABULARY}defaultLink"],
                "properties": {
                    "anchor": {"type": "string", "pattern": "^https?://[A-Za-z0-9./%-]+$"},
                    "description": {"type": "string", "minLength": 1},
                    "itemDescription": {"type": "string", "minLength": 1},
                },
                "patternProperties": {
                    f"^{VOCABULARY}defaultLink$": {"type": "array", "minItems": 1, "maxItems": 1},
                    f"^{VOCABULARY}[A-Za-z]+$": {
                        "type": "array",
                        "minItems": 1,
                        "items": {
                            "type": "object",
                            "required": ["href", "title"],
                            "additionalProperties": False,
                            "properties": {
                                "href": {"type": "string", "pattern": f"^{ORIGIN}/"},
                                "title": {"type": "string", "minLength": 1},
                                "type": {"enum": ["text/html", "application/json"]},
                                "hreflang": {
                                    "type": "array",
                                    "items": {"type": "string", "pattern": r"^\w{2}(-\w{2})?$"},
                                },
                            },
                        },
                    },
                },
                "additionalProperties": False,
            },
        }
    },
}

# The members that the standard's schema of the description file knows, with their types.
DESCRIPTION_SCHEMA = {
    "type": "object",
    "required": ["resolverRoot", "supportedPrimaryKeys"],
    "properties": {
        "name": {"type": "string"},
        "resolverRoot": {"type": "string", "pattern": "^https?://[^/]+$"},
        "supportedPrimaryKeys": {
            "type": "array",
            "minItems": 1,
            "items": {"enum": ["all", *[c for c, ai in load_ais().ais.items() if ai.is_key]]},
        },
        "supportedLinkType": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["namespace", "prefix"],
                "properties": {
                    "namespace": {"type": "string", "pattern": "^https://"},
                    "prefix": {"type": "string", "pattern": "^[a-zA-Z_][A-Za-z0-9_-]*:$"},
                },
            },
        },
        "linkTypeDefaultCanBeLinkset": {"type": "boolean"},
        "jsonLdContextLocation": {"type": "string", "pattern": "^https://"},
        "contact": {"type": "object", "properties": {"fn": {"type": "string"}}},
    },
    "additionalProperties": False,
}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with running_world(tmp_path_factory.mktemp("resolver")) as world:
        yield world


@pytest.fixture(scope="module")
def client(world: World) -> Iterator[httpx.Client]:
    settings = world.settings.model_copy(update={"public_origin": ORIGIN})
    with open_client(settings) as client:
        yield client


@pytest.fixture(scope="module")
def tin(world: World) -> DigitalLink:
    return replace(world.batches["nz"].link, expiry=None)


def packed(tin: DigitalLink, *more: Element) -> str:
    elements = [Element("01", tin.gtin.value), *more]
    elements += [Element("10", tin.lot.value)] if tin.lot else []
    elements += [Element("21", tin.serial.value)] if tin.serial else []
    return compress(elements)


def location(answer: httpx.Response) -> str:
    assert answer.status_code == 307, answer.text
    assert answer.content == b""
    target: str = answer.headers["location"]
    # Only ever to ourselves: a path, and not one that a browser takes for another host.
    assert target.startswith("/")
    assert not target.startswith(("//", "/\\"))
    return target


class TestForms:
    def test_the_usual_form_is_the_page_itself(
        self, client: httpx.Client, tin: DigitalLink
    ) -> None:
        for query in ("", "?17=280210", "?lang=zh", "?utm=x&lang=en"):
            answer = client.get(tin.path() + query, headers=HTML)
            assert answer.status_code == 200
            assert 'data-verified="pending"' in answer.text

    def test_needless_escapes_make_no_other_form(
        self, client: httpx.Client, tin: DigitalLink
    ) -> None:
        assert tin.lot
        lot = f"%{ord(tin.lot.value[0]):02x}{tin.lot.value[1:]}"
        assert client.get(f"/01/{tin.gtin}/10/{lot}/21/{tin.serial}").status_code == 200

    def test_other_forms_lead_to_it(self, client: httpx.Client, tin: DigitalLink) -> None:
        gtin, lot, serial = tin.gtin.value, tin.lot, tin.serial
        for path in (
            f"/01/{gtin[1:]}/10/{lot}/21/{serial}",
            f"/01/{gtin}/10/{lot}/21/{serial}/",
            f"/01/{gtin}/22/2A/10/{lot}/21/{serial}",
            f"/01/{gtin}/21/{serial}",
            f"/gtin/{gtin}/lot/{lot}/ser/{serial}",
            f"/{packed(tin)}",
            f"/{packed(tin)}/",
        ):
            assert location(client.get(path, headers=HTML)) == tin.path(), path

    def test_a_key_may_stay_readable_before_a_compressed_rest(
        self, client: httpx.Client, tin: DigitalLink
    ) -> None:
        assert tin.lot
        assert tin.serial
        rest = compress((Element("10", tin.lot.value), Element("21", tin.serial.value)))
        assert location(client.get(f"/01/{tin.gtin}/{rest}")) == tin.path()

    def test_a_compressed_link_names_its_uncompressed_form(
        self, client: httpx.Client, tin: DigitalLink
    ) -> None:
        answer = client.get(f"/{packed(tin, Element('17', '280210'))}?lang=zh")
        assert location(answer) == f"{tin.path()}?17=280210&lang=zh"
        assert f'<{tin.path()}?17=280210&lang=zh>; rel="owl:sameAs"' in answer.headers["link"]

    def test_the_query_is_passed_on_as_it_was_written(
        self, client: httpx.Client, tin: DigitalLink
    ) -> None:
        query = "17=280210&x=%41+b&&y&linkType=gs1:pip"
        target = location(client.get(f"{tin.path()}/?{query}", headers={"accept-language": "zh"}))
        assert target == f"{tin.path()}?lang=zh&17=280210&x=%41+b&y"

    def test_nothing_redirects_twice(self, client: httpx.Client, tin: DigitalLink) -> None:
        for start in (
            f"/gtin/{tin.gtin}/?linkType=gs1:pip",
            f"/{packed(tin)}?linkType=gs1:traceability&linkType=gs1:traceability",
            f"/01/{tin.gtin}/21/{tin.serial}?linkType=gs1:defaultLink&linktype=gs1:defaultLink",
        ):
            target = location(client.get(start, headers=HTML))
            assert "linktype" not in target.lower()
            assert client.get(target, headers=HTML).status_code == 200

    def test_a_product_lists_its_batches(self, client: httpx.Client, tin: DigitalLink) -> None:
        product = f"/01/{tin.gtin}"
        page = client.get(product, headers=HTML)
        batch = replace(tin, serial=None).path()
        assert page.status_code == 200
        assert 'data-verdict="PRODUCT"' in page.text
        assert f'href="{batch}"' in page.text
        data = client.get(product, headers=JSON).json()
        assert data["gtin"] == tin.gtin.value
        assert [(row["page"], row["recalled"]) for row in data["batches"]] == [(batch, False)]
        assert location(client.get(f"{product}/22/2A")) == product


class TestUnknown:
    def test_what_was_never_recorded(self, client: httpx.Client, tin: DigitalLink) -> None:
        for path in (
            "/01/09520010001022",
            f"/01/{tin.gtin}/10/NOPE",
            f"/01/{tin.gtin}/21/NOPE",
            f"/01/{tin.gtin}/235/TPX1",
            f"/00/{SSCC}",
            f"/sscc/{SSCC}",
            "/414/9520010000018/254/GATE",
            "/253/9520010000018INV-1",
            "/8006/095200100010150102/21/X",
            f"/{compress((Element('00', SSCC),))}",
        ):
            for accept in (HTML, JSON):
                assert client.get(path, headers=accept).status_code == 404, path
            assert client.get(path, headers=JSON).json()["code"] == "not-found"

    @pytest.mark.parametrize("query", ["linkType=gs1:pip", "linkType=linkset"])
    def test_links_of_it(self, client: httpx.Client, tin: DigitalLink, query: str) -> None:
        for path in (
            "/01/09520010001022",
            f"/01/{tin.gtin}/10/NOPE",
            f"{tin.path()}X",
            f"/01/{tin.gtin}/21/NOPE",
        ):
            assert client.get(f"{path}?{query}", headers=JSON).status_code == 404, path

    def test_bad_links(self, client: httpx.Client, tin: DigitalLink) -> None:
        for path in (
            f"/01/{tin.gtin}/foo",
            f"{tin.path()}/foo",
            "/01/09520010001016",
            f"/01/{tin.gtin}/10/",
            f"/01/{tin.gtin}/21/S/10/{tin.lot}",
            f"/01/{tin.gtin}?10={tin.lot}",
            f"{tin.path()}?17=281310",
            f"{tin.path()}?17=280210&17=280210",
            f"{tin.path()}?89=X",
            f"{tin.path()}?linkType=gs1:pip&linkType=gs1:dpp",
            f"/01/{tin.gtin}/10/A%00B",
            f"/00/{SSCC[:-1]}9",
            "/gtin/nonsense",
            f"/{packed(tin)[:-1]}",
            f"/{'A' * 400}",
        ):
            for accept in (HTML, JSON, LINKSET):
                assert client.get(path, headers=accept).status_code == 400, path
            assert client.get(path, headers=JSON).headers["content-type"].endswith("problem+json")

    def test_other_pages_are_still_not_found_or_not_allowed(self, client: httpx.Client) -> None:
        for path in ("/nothing", "/favicon.ico", "/v1/nothing", "/shop/index.html", "/"):
            assert client.get(path).status_code == 404, path
        assert client.get("/v1/scans").status_code == 405
        assert client.post("/01/x").status_code == 405


class TestLinkTypes:
    def test_every_link_of_the_list_can_be_had_and_is_there(
        self, client: httpx.Client, tin: DigitalLink
    ) -> None:
        for thing in (tin, replace(tin, serial=None), DigitalLink(tin.gtin)):
            context = client.get(thing.path(), headers=LINKSET).json()["linkset"][0]
            kinds = {key.removeprefix(VOCABULARY) for key in context if key.startswith("https:")}
            assert kinds >= ({*SECTIONS, "verificationService"} if thing.lot else {"pip"})
            for kind in sorted(kinds):
                hrefs = {link["href"] for link in context[VOCABULARY + kind]}
                target = location(client.get(f"{thing.path()}?linkType=gs1:{kind}", headers=HTML))
                assert ORIGIN + target in hrefs
                for href in hrefs:
                    path = href.removeprefix(ORIGIN)
                    assert client.get(path.partition("#")[0]).status_code == 200, path

    def test_a_type_may_be_written_in_full(self, client: httpx.Client, tin: DigitalLink) -> None:
        for prefix in PREFIXES:
            for text in (f"{prefix}recallStatus", f"{prefix}recallStatus".replace("/", "%2F")):
                target = location(client.get(f"{tin.path()}?linkType={text}"))
                assert target == f"{tin.path()}?lang=en#v-title"

    def test_language_and_form_are_chosen(self, client: httpx.Client, tin: DigitalLink) -> None:
        url = f"{tin.path()}?linkType=gs1:traceability"
        assert location(client.get(url, headers={"accept-language": "zh-CN"})).endswith(
            "?lang=zh#journey"
        )
        assert location(client.get(f"{url}&lang=zh")).endswith("?lang=zh#journey")
        assert location(client.get(url, headers=JSON)).endswith("/records")

    def test_the_default_link_is_the_page(self, client: httpx.Client, tin: DigitalLink) -> None:
        assert location(client.get(f"{tin.path()}?linkType=gs1:defaultLink")) == tin.path()

    @pytest.mark.parametrize(
        "kind",
        [
            "gs1:hasRetailers",
            "gs1:epcis",
            "schema:url",
            "pip",
            "gs1:",
            "https://evil.example/pip",
            "",
        ],
    )
    def test_a_type_that_there_is_not(
        self, client: httpx.Client, tin: DigitalLink, kind: str
    ) -> None:
        for accept in (HTML, JSON):
            answer = client.get(tin.path(), params={"linkType": kind}, headers=accept)
            assert answer.status_code == 404
            assert "gs1:pip" in answer.json()["hint"]

    def test_redirects_stay_here_whatever_is_asked(
        self, client: httpx.Client, tin: DigitalLink
    ) -> None:
        for query in (
            "linkType=gs1:pip&lang=//evil.example",
            "linkType=gs1:pip&x=%0d%0aLocation:%20https://evil.example",
            "linkType=gs1:pip&https://evil.example",
        ):
            target = location(client.get(f"{tin.path()}?{query}", headers={"host": "evil.example"}))
            assert urlsplit(target).netloc == ""
            assert target.startswith(tin.path())
        for path in ("//evil.example/01/x", "/%2F%2Fevil.example", "/\\evil.example/gtin/1"):
            assert client.get(path).status_code in {400, 404}


class TestLinkset:
    def test_by_type_and_by_accept(self, client: httpx.Client, tin: DigitalLink) -> None:
        first = client.get(tin.path(), headers=LINKSET)
        assert first.headers["content-type"] == "application/linkset+json"
        assert "Accept" in first.headers["vary"]
        for query in ("linkType=linkset", "linkType=all", "linkType=linkset&lang=en"):
            again = client.get(f"{tin.path()}?{query}", headers=HTML)
            assert again.headers["content-type"] == "application/linkset+json"
            assert again.json() == first.json()

    def test_follows_the_standard(self, client: httpx.Client, tin: DigitalLink) -> None:
        for language in ("zh", "en"):
            for path in (tin.path(), f"/01/{tin.gtin}", f"/{packed(tin)}"):
                body = client.get(f"{path}?linkType=linkset&lang={language}").json()
                jsonschema.validate(body, LINKSET_SCHEMA)

    def test_names_the_thing_and_what_it_is_part_of(
        self, client: httpx.Client, tin: DigitalLink
    ) -> None:
        for path in (tin.path(), f"/{packed(tin)}", f"/01/{tin.gtin}/21/{tin.serial}"):
            body = client.get(path, headers=LINKSET).json()
            assert [context["anchor"] for context in body["linkset"]] == [
                ORIGIN + tin.path(),
                ORIGIN + replace(tin, serial=None).path(),
                f"{ORIGIN}/01/{tin.gtin}",
            ]
        assert str(tin.serial) in body["linkset"][0]["description"]

    def test_pages_come_in_both_languages(self, client: httpx.Client, tin: DigitalLink) -> None:
        pages = client.get(tin.path(), headers=LINKSET).json()["linkset"][0][f"{VOCABULARY}pip"]
        assert [page["hreflang"] for page in pages] == [["zh"], ["en"]]
        assert pages[0]["title"] != pages[1]["title"]

    def test_becomes_json_ld(self, client: httpx.Client, tin: DigitalLink) -> None:
        plain = client.get(f"{tin.path()}?linkType=linkset")
        assert 'rel="http://www.w3.org/ns/json-ld#context"' in plain.headers["link"]
        linked = client.get(
            f"{tin.path()}?linkType=linkset", headers={"accept": "application/ld+json"}
        )
        assert linked.headers["content-type"] == "application/ld+json"
        assert (
            linked.json().pop("@context")
            == "https://ref.gs1.org/standards/resolver/linkset-context"
        )


class TestHttp:
    def test_pages_tell_where_the_links_are(self, client: httpx.Client, tin: DigitalLink) -> None:
        for accept in (HTML, JSON):
            for path in (tin.path(), f"/01/{tin.gtin}"):
                headers = client.get(path, headers=accept).headers
                assert headers["link"].startswith('<?linkType=linkset>; rel="linkset"')
                assert "Link" in headers["access-control-expose-headers"]
                assert headers["access-control-allow-origin"] == "*"

    def test_a_redirect_tells_where_the_links_of_its_target_are(
        self, client: httpx.Client, tin: DigitalLink
    ) -> None:
        answer = client.get(f"{tin.path()}?linkType=gs1:traceability")
        assert answer.headers["link"].startswith(f"<{tin.path()}?linkType=linkset>")
        assert answer.headers["access-control-allow-origin"] == "*"

    def test_head_has_no_body(self, client: httpx.Client, tin: DigitalLink) -> None:
        for path, status in (
            (tin.path(), 200),
            (f"{tin.path()}?linkType=linkset", 200),
            (f"{tin.path()}?linkType=gs1:pip", 307),
            (f"{tin.path()}?linkType=gs1:none", 404),
            (f"/{packed(tin)}", 307),
            ("/01/09520010001016", 400),
            ("/.well-known/gs1resolver", 200),
        ):
            head, full = client.head(path), client.get(path)
            assert (head.status_code, head.content) == (status, b"")
            assert head.headers.get("content-type") == full.headers.get("content-type")
            assert head.headers.get("location") == full.headers.get("location")

    def test_options_and_preflight(self, client: httpx.Client, tin: DigitalLink) -> None:
        for path in (tin.path(), f"/01/{tin.gtin}", f"/00/{SSCC}", f"/{packed(tin)}"):
            answer = client.options(
                path,
                headers={
                    "origin": "https://shop.example",
                    "access-control-request-method": "GET",
                    "access-control-request-headers": "accept",
                },
            )
            assert (answer.status_code, answer.content) == (204, b"")
            assert answer.headers["allow"] == "GET, HEAD, OPTIONS"
            assert answer.headers["access-control-allow-methods"] == "GET, HEAD, OPTIONS"
            assert answer.headers["access-control-allow-origin"] == "*"
            assert "Accept" in answer.headers["access-control-allow-headers"]
            assert "access-control-allow-credentials" not in answer.headers

    def test_the_resolver_describes_itself(self, client: httpx.Client) -> None:
        answer = client.get("/.well-known/gs1resolver")
        assert answer.headers["content-type"] == "application/json"
        body: dict[str, Any] = json.loads(answer.text)
        jsonschema.validate(body, DESCRIPTION_SCHEMA)
        assert body["resolverRoot"] == ORIGIN
        assert body["supportedPrimaryKeys"] == ["01"]
        assert body["contact"]["fn"] == "id.example.org"
