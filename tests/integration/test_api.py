"""The server over a real mirror of a real chain."""

import contextlib
import gzip
import hashlib
import re
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from served_world import World, open_client, running_world, serving
from tracer_api.limits import MAX_TARGET_CHARS

from tracer.chain.facts import fetch_chain_facts
from tracer.chain.rpc import RpcClient
from tracer.domain.bundle import Bundle
from tracer.domain.checks import CheckStatus
from tracer.domain.core import Core, core_of
from tracer.domain.verify import authenticity, verify_bundle
from tracer.settings import Settings

pytestmark = pytest.mark.integration

GTIN, LOT = "09520010001015", "A26B11K1"
HTML = {"accept": "text/html,*/*;q=0.8", "accept-language": "en"}
JSON = {"accept": "application/json"}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with running_world(tmp_path_factory.mktemp("api") / "home") as running:
        yield running


@pytest.fixture(scope="module")
def client(world: World) -> Iterator[httpx.Client]:
    with open_client(world.settings) as opened:
        yield opened


def get_bundle(client: httpx.Client, world: World, *, tin: bool = True) -> dict[str, Any]:
    serial = world.batches["nz"].link.serial
    query = {"serial": str(serial)} if tin else {}
    answer = client.get(f"/v1/batches/{GTIN}/{LOT}/bundle", params=query)
    assert answer.status_code == 200
    return dict(answer.json())


class TestCore:
    PATH = f"/v1/batches/{GTIN}/{LOT}/core"

    def test_is_the_bundles(self, client: httpx.Client) -> None:
        bundle = Bundle.from_json(client.get(f"/v1/batches/{GTIN}/{LOT}/bundle").json())
        assert Core.parse(client.get(self.PATH).text) == core_of(bundle)

    @pytest.mark.parametrize("coding", ["br", "gzip", "identity"])
    def test_travels_packed(self, client: httpx.Client, coding: str) -> None:
        answer = client.get(self.PATH, headers={"accept-encoding": coding})
        assert answer.headers.get("content-encoding", "identity") == coding
        assert answer.json()["format"] == "tracer-core/1"
        assert "Accept-Encoding" in answer.headers["vary"]

    def test_is_fetched_again_only_when_it_changed(self, client: httpx.Client) -> None:
        tag = client.get(self.PATH).headers["etag"]
        again = client.get(self.PATH, headers={"if-none-match": tag})
        assert (again.status_code, again.content) == (304, b"")

    def test_of_no_batch(self, client: httpx.Client) -> None:
        assert client.get(f"/v1/batches/{GTIN}/NOPE/core").status_code == 404


class TestBundle:
    def test_verifies_against_the_node_without_this_server(
        self, client: httpx.Client, world: World
    ) -> None:
        bundle = Bundle.from_json(get_bundle(client, world))
        with RpcClient(world.rpc_url) as node:
            facts = fetch_chain_facts(node, bundle, 0)
        link = world.batches["nz"].link
        checks = verify_bundle(bundle, facts, as_of_unix=1_795_000_000, link=link)
        assert authenticity(checks) is CheckStatus.VALID

    def test_is_fetched_again_only_when_it_changed(self, client: httpx.Client) -> None:
        first = client.get(f"/v1/batches/{GTIN}/{LOT}/bundle")
        tag = first.headers["etag"]
        again = client.get(f"/v1/batches/{GTIN}/{LOT}/bundle", headers={"if-none-match": tag})
        assert (again.status_code, again.content) == (304, b"")
        other = client.get(f"/v1/batches/{GTIN}/{LOT}/bundle", headers={"if-none-match": '"x"'})
        assert other.content == first.content

    def test_an_unknown_serial_gives_no_proof(self, client: httpx.Client) -> None:
        answer = client.get(f"/v1/batches/{GTIN}/{LOT}/bundle", params={"serial": "KFFFFFFFF"})
        assert answer.json()["tin"] is None


class TestBatches:
    def test_list(self, client: httpx.Client) -> None:
        answer = client.get("/v1/batches").json()
        assert [(b["gtin"], b["lot"]) for b in answer["batches"]] == [(GTIN, LOT)]
        assert answer["truncated"] is False
        assert client.get("/v1/batches", params={"offset": 1}).json()["batches"] == []

    def test_links_lead_somewhere(self, client: httpx.Client) -> None:
        batch = client.get(f"/v1/batches/{GTIN}/{LOT}").json()
        assert [client.get(link).status_code for link in batch["links"].values()] == [200, 200, 200]

    def test_records_and_their_contents(self, client: httpx.Client, world: World) -> None:
        batch = client.get(f"/v1/batches/{GTIN}/{LOT}").json()
        listed = client.get(f"/v1/batches/{GTIN}/{LOT}/records").json()
        assert batch["recordCount"] == len(listed["records"]) == len(world.batches["nz"].plan.items)
        assert [record["position"] for record in listed["records"]] == list(range(42))
        kinds = {record["kindName"] for record in listed["records"]}
        assert {"CANNING", "SERIALS", "LAB_REPORT"} <= kinds
        addresses = [record["content"] for record in listed["records"] if record["content"]]
        assert len(addresses) > 35
        for address in addresses:
            answer = client.get(address)
            assert answer.status_code == 200
            if address.startswith("/v1/contents/"):
                assert hashlib.sha256(answer.content).hexdigest() == address.rpartition("/")[2]

    @pytest.mark.parametrize(
        ("path", "status", "code"),
        [
            (f"/v1/batches/{GTIN}/NOPE", 404, "not-found"),
            (f"/v1/batches/{GTIN}/NOPE/bundle", 404, "not-found"),
            ("/v1/batches/09520010001016/A26B11K1", 400, "invalid-identifier"),
            (f"/v1/batches/{GTIN}/{'x' * 21}", 400, "invalid-identifier"),
            (f"/v1/batches/{GTIN}/{LOT}/bundle?serial=%20", 400, "invalid-identifier"),
            ("/v1/batches?limit=0", 400, "input"),
            ("/v1/batches?limit=501", 400, "input"),
            (f"/v1/contents/{'0' * 64}", 404, "not-found"),
            (f"/v1/documents/{'0' * 64}", 404, "not-found"),
            ("/v1/contents/../../etc/passwd", 404, "http"),
            ("/v1/contents/xyz", 400, "input"),
            ("/nowhere", 404, "http"),
            (f"/v1/batches?{'x' * MAX_TARGET_CHARS}", 414, "limit-exceeded"),
        ],
    )
    def test_errors_are_problems(
        self, client: httpx.Client, path: str, status: int, code: str
    ) -> None:
        answer = client.get(path)
        assert answer.status_code == status
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["code"] == code
        assert answer.json()["status"] == status

    def test_nothing_can_be_written(self, client: httpx.Client, world: World) -> None:
        for method in ("POST", "PUT", "PATCH", "DELETE"):
            for path in (world.path(), "/v1/batches", f"/v1/contents/{'0' * 64}"):
                assert client.request(method, path).status_code == 405


class TestScan:
    def test_html_for_a_browser_json_for_a_program(
        self, client: httpx.Client, world: World
    ) -> None:
        page = client.get(world.path(), headers=HTML)
        assert page.headers["content-type"].startswith("text/html")
        assert 'data-verdict="OK" data-verified="pending"' in page.text
        data = client.get(world.path(), headers=JSON)
        assert data.json()["verdict"]["ifConfirmed"] == "OK"
        assert data.json()["product"]["serial"] == str(world.batches["nz"].link.serial)
        assert client.get(data.json()["links"]["bundle"]).status_code == 200
        for answer in (page, data):
            assert {"Accept", "Accept-Language"} <= set(answer.headers["vary"].split(", "))

    def test_a_server_that_asked_no_node_claims_no_more_than_it_knows(
        self, client: httpx.Client, world: World
    ) -> None:
        page = client.get(world.path(), headers=HTML).text
        assert "Records consistent" in page
        assert "Checked by this server, not yet against the ledger itself." in page
        assert "Turn on JavaScript to check for yourself." in page
        data = client.get(world.path(), headers=JSON).json()
        assert data["verdict"]["code"] == "COULD_NOT_CHECK"

    @pytest.mark.parametrize(
        ("query", "header", "language"),
        [
            ("", "zh-CN,zh;q=0.9", "zh-CN"),
            ("?lang=zh", "en", "zh-CN"),
            ("?lang=en", "zh-CN", "en"),
            ("?17=280210&lang=zh", "en", "zh-CN"),
        ],
    )
    def test_languages(
        self, client: httpx.Client, world: World, query: str, header: str, language: str
    ) -> None:
        page = client.get(world.path() + query, headers={**HTML, "accept-language": header})
        assert page.headers["content-language"] == language
        assert f'<html lang="{language}"' in page.text
        assert ("新西兰" if language == "zh-CN" else "New Zealand") in page.text

    def test_the_batch_has_a_page_too(self, client: httpx.Client, world: World) -> None:
        page = client.get(world.path(tin=False), headers=HTML)
        assert page.status_code == 200
        assert ">Tin number<" not in page.text

    @pytest.mark.parametrize(
        ("path", "status", "verdict"),
        [
            (f"/01/{GTIN}/10/NOPE/21/X", 404, "NOT_ISSUED"),
            (f"/01/{GTIN}/10/A%2FB", 404, "NOT_ISSUED"),
            ("/01/09520010001016/10/A26B11K1", 400, "BAD_CODE"),
            ("/01/09520010001022", 404, "NOT_ISSUED"),
            (f"/01/{GTIN}/21/X", 404, "NOT_ISSUED"),
            (f"/01/{GTIN}/10/{'x' * 21}", 400, "BAD_CODE"),
            ("/01/nonsense/%3Cscript%3E", 400, "BAD_CODE"),
        ],
    )
    def test_a_code_that_is_none(
        self, client: httpx.Client, path: str, status: int, verdict: str
    ) -> None:
        page = client.get(path, headers=HTML)
        assert page.status_code == status
        assert f'data-verdict="{verdict}"' in page.text
        assert "<script" not in page.text
        problem = client.get(path, headers=JSON)
        assert problem.status_code == status
        assert problem.headers["content-type"] == "application/problem+json"

    def test_a_serial_that_was_never_issued(self, client: httpx.Client) -> None:
        page = client.get(f"/01/{GTIN}/10/{LOT}/21/KFFFFFFFF", headers=HTML)
        assert page.status_code == 200
        assert 'data-verdict="NOT_ISSUED"' in page.text

    def test_text_of_others_cannot_become_markup(self, client: httpx.Client) -> None:
        page = client.get(f"/01/{GTIN}/10/%3Cq%3E%22'%26", headers=HTML)
        assert page.status_code == 404
        assert "<q>" not in page.text
        assert "&lt;q&gt;&#34;&#39;&amp;" in page.text


class TestHeaders:
    def test_nothing_but_ourselves_and_the_node(self, client: httpx.Client, world: World) -> None:
        headers = client.get(world.path(), headers=HTML).headers
        policy = headers["content-security-policy"]
        assert f"connect-src 'self' {world.rpc_url};" in policy
        assert re.search(r"script-src 'self' 'sha256-[\w+/=]+';", policy)  # of the head's lines
        assert "unsafe" not in policy
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["x-content-type-options"] == "nosniff"
        assert "geolocation=()" in headers["permissions-policy"]
        assert "set-cookie" not in headers

    def test_a_node_counts_only_when_the_visitor_typed_it(
        self, client: httpx.Client, world: World
    ) -> None:
        chosen = {"node": "https://node.example.org/key", "lang": "en"}

        def policy(site: str | None, node: str = chosen["node"]) -> str:
            headers = {**HTML, **({"sec-fetch-site": site} if site else {})}
            answer = client.get(world.path(), params={**chosen, "node": node}, headers=headers)
            return answer.headers["content-security-policy"]

        assert "connect-src 'self' https://node.example.org;" in policy("same-origin")
        assert "https://node.example.org;" in policy("none")
        assert world.rpc_url in policy("cross-site")
        assert world.rpc_url in policy(None)
        assert world.rpc_url in policy("none", "https://a;script-src *")

    def test_head_has_the_headers_and_no_body(self, client: httpx.Client, world: World) -> None:
        for path in (world.path(), f"/v1/batches/{GTIN}/{LOT}/bundle", "/healthz"):
            head, full = client.head(path), client.get(path)
            assert head.status_code == 200
            assert head.content == b""
            assert head.headers["content-type"] == full.headers["content-type"]

    def test_modules_and_the_joined_script(self, client: httpx.Client, world: World) -> None:
        page = client.get(world.path(), headers=HTML).text
        for name in (" src=", " data-more="):
            address = page.partition(name)[2].partition(" ")[0]
            script = client.get(address)
            assert script.headers["content-type"].startswith("text/javascript")
            assert "immutable" in script.headers["cache-control"]
            packed = client.get(address, headers={"accept-encoding": "gzip, br"})
            assert packed.headers["content-encoding"] == "br"
            assert packed.text == script.text
        assert client.get("/app/verify.js").text.startswith("// @ts-check")
        assert client.get("/app/secret.js").status_code == 404
        assert client.get("/app/0000000000000000/en.js").status_code == 404


class TestHealth:
    def test_ready(self, client: httpx.Client) -> None:
        assert client.get("/healthz").json() == {"status": "ok"}
        ready = client.get("/readyz")
        assert ready.status_code == 200
        assert ready.json()["status"] == "ready"
        assert ready.json()["blockNumber"] > 0
        assert client.head("/readyz").status_code == 200

    def test_prometheus_can_read_it(self, client: httpx.Client) -> None:
        answer = client.get("/metrics")
        assert answer.headers["content-type"].startswith("text/plain; version=")
        block = client.get("/readyz").json()["blockNumber"]
        assert f"tracer_mirror_block {float(block)}" in answer.text
        assert "tracer_ready 1.0" in answer.text

    def test_an_empty_home_is_not_ready_and_the_page_says_so(self, tmp_path: Path) -> None:
        with open_client(Settings(home=tmp_path)) as client:
            assert client.get("/healthz").status_code == 200
            assert client.get("/readyz").json()["status"] == "empty"
            head = client.head("/readyz")
            assert (head.status_code, head.content) == (503, b"")
            assert head.headers["retry-after"]
            assert "tracer_ready 0.0" in client.get("/metrics").text
            page = client.get(f"/01/{GTIN}/10/{LOT}", headers=HTML)
            assert page.status_code == 503
            assert 'data-verdict="UNAVAILABLE"' in page.text
            assert "retry-after" in page.headers
            assert client.get("/v1/batches").status_code == 503
        assert list(tmp_path.iterdir()) == []


class TestDamage:
    """Whatever is damaged is shown as damaged; nothing of it breaks the server."""

    @pytest.fixture
    def damaged(self, world: World, tmp_path: Path) -> Iterator[tuple[World, httpx.Client]]:
        copy = world.copy(tmp_path / "copy")
        with open_client(copy.settings) as client:
            yield copy, client

    def test_every_column_of_every_row_of_the_batch(
        self, damaged: tuple[World, httpx.Client]
    ) -> None:
        world, client = damaged
        found = {}
        with contextlib.closing(
            sqlite3.connect(world.home / "mirror.sqlite", isolation_level=None)
        ) as mirror:
            for table in ("batch", "append", "record", "party", "cursor"):
                columns = mirror.execute("SELECT name, type FROM pragma_table_info(?)", (table,))
                for name, kind in columns.fetchall():
                    with contextlib.closing(sqlite3.connect(":memory:")) as good:
                        mirror.backup(good)
                        wrong = {"BLOB": "zeroblob(32)", "VARCHAR": "'x'"}.get(kind, "77")
                        mirror.execute(f'UPDATE OR IGNORE "{table}" SET "{name}" = {wrong}')
                        found[f"{table}.{name}"] = client.get(world.path(), headers=HTML)
                        good.backup(mirror)
        broken = {key: page.status_code for key, page in found.items() if page.status_code >= 500}
        assert broken == {}
        assert len(found) > 35

    def test_a_damaged_content_is_named_and_not_served(
        self, damaged: tuple[World, httpx.Client]
    ) -> None:
        world, client = damaged
        digest = next(iter(get_bundle(client, world)["contents"]))
        file = world.home / "contents" / "contents" / digest[:2] / digest
        file.write_bytes(file.read_bytes().replace(b'"', b"'", 1))
        answer = client.get(f"/v1/contents/{digest}")
        assert answer.status_code == 502
        page = client.get(world.path(), headers=HTML).text
        assert 'data-verdict="NOT_VERIFIED" data-verified="INVALID"' in page
        assert "the content is not the one that was recorded" in page


class TestProcess:
    def test_the_log_says_nothing_of_scans(self, world: World) -> None:
        with serving(world) as origin:
            tin = origin + world.path()
            answer = httpx.get(tin, headers={**HTML, "accept-encoding": "gzip"})
            httpx.get(origin + "/01/x", headers=HTML)
            assert answer.headers["content-encoding"] == "gzip"
            port = origin.rpartition(":")[2]
            log = (world.home / f"server-{port}.log").read_text()
        assert str(world.batches["nz"].link.serial) not in log
        assert "/01/" not in log
        assert "127.0.0.1:" + port in log  # it did log something

    def test_weighs_little(self, world: World) -> None:
        with serving(world) as origin:
            page = httpx.get(origin + world.path(), headers={**HTML, "accept-encoding": "gzip"})
            size = len(gzip.compress(page.content, 6))
        assert size < 14_600, size  # what a server sends before it waits for the first answer
