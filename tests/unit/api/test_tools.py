"""The tools beside a tin's page: what they may load, and how they are sent."""

import gzip
import json
from collections.abc import Iterator

import brotli
import httpx
import pytest
from served_world import open_client
from tracer_api.assets import scanner_app_dir
from tracer_api.decoder import decoder_dir
from tracer_api.tools import build_tools

from tracer.settings import Settings

PAGES = ["/scan", "/check", "/offline"]
NODE = "https://node.example.org"


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    home = tmp_path_factory.mktemp("tools")
    with open_client(Settings(home=home, public_rpc_url=f"{NODE}/v1")) as running:
        yield running


def policy(client: httpx.Client, path: str) -> dict[str, str]:
    text = client.get(path).headers["content-security-policy"]
    return {name: rest for name, _, rest in (part.partition(" ") for part in text.split("; "))}


@pytest.mark.parametrize("path", PAGES)
class TestPages:
    def test_load_nothing_from_anybody_else(self, client: httpx.Client, path: str) -> None:
        found = policy(client, path)
        assert found["default-src"] == "'none'"
        assert found["script-src"] == found["worker-src"] == "'self'"
        assert "unsafe" not in str(found)
        assert found["connect-src"] == ("'self' " + NODE if path == "/check" else "'self'")
        assert ("blob:" in found["img-src"]) == (path == "/scan")
        html = client.get(path).text
        assert "http:" not in html.replace(f"{NODE}", "")
        assert "style=" not in html

    def test_only_the_scanner_may_ask_for_the_camera(self, client: httpx.Client, path: str) -> None:
        allowed = client.get(path).headers["permissions-policy"]
        assert ("camera=(self)" in allowed) == (path == "/scan")
        assert "microphone=()" in allowed

    @pytest.mark.parametrize(("language", "html"), [("zh", "zh-CN"), ("en", "en")])
    def test_speak_both_languages(
        self, client: httpx.Client, path: str, language: str, html: str
    ) -> None:
        for answer in (
            client.get(f"{path}?lang={language}"),
            client.get(path, headers={"accept-language": language}),
        ):
            assert f'<html lang="{html}"' in answer.text
            assert answer.headers["content-language"] == html

    def test_are_fetched_again_only_when_changed(self, client: httpx.Client, path: str) -> None:
        tag = client.get(path).headers["etag"]
        again = client.get(path, headers={"if-none-match": tag})
        assert (again.status_code, again.content) == (304, b"")

    def test_come_in_the_smallest_coding_that_is_taken(
        self, client: httpx.Client, path: str
    ) -> None:
        raw: dict[str, bytes] = {}
        for coding in ("br", "gzip", "identity"):
            with client.stream("GET", path, headers={"accept-encoding": coding}) as answer:
                raw[coding] = b"".join(answer.iter_raw())
                assert answer.headers.get("content-encoding", "identity") == coding
        assert brotli.decompress(raw["br"]) == gzip.decompress(raw["gzip"]) == raw["identity"]
        assert len(raw["br"]) < len(raw["gzip"]) < len(raw["identity"])


class TestScripts:
    def test_have_an_address_that_names_their_content(self, client: httpx.Client) -> None:
        html = client.get("/scan").text
        url = html.partition('<script type="module" src="')[2].partition('"')[0]
        answer = client.get(url)
        assert answer.status_code == 200
        assert "immutable" in answer.headers["cache-control"]
        digest = url.split("/")[2]
        assert client.get(url.replace(digest, "0" * 16)).status_code == 404

    @pytest.mark.skipif(not decoder_dir(), reason="the package qr is not installed (npm ci)")
    def test_the_decoders_licence_travels_with_it(self, client: httpx.Client) -> None:
        assert "Permission is hereby granted" in client.get("/scan/licence.txt").text


class TestNode:
    def test_a_node_of_the_readers_choice_may_be_asked(self, client: httpx.Client) -> None:
        answer = client.get(
            "/check?node=https://mine.example", headers={"sec-fetch-site": "same-origin"}
        )
        assert (
            "connect-src 'self' https://mine.example;" in answer.headers["content-security-policy"]
        )

    def test_a_link_of_another_site_chooses_none(self, client: httpx.Client) -> None:
        answer = client.get(
            "/check?node=https://mine.example", headers={"sec-fetch-site": "cross-site"}
        )
        assert "mine.example" not in answer.headers["content-security-policy"] + answer.text


class TestOffline:
    def test_the_worker_may_ask_only_this_server(self, client: httpx.Client) -> None:
        answer = client.get("/sw.js")
        assert answer.headers["content-type"].startswith("text/javascript")
        assert answer.headers["cache-control"] == "no-cache"
        assert answer.headers["content-security-policy"] == "default-src 'none'; connect-src 'self'"

    def test_the_worker_knows_what_it_keeps_for_itself(self, client: httpx.Client) -> None:
        line = next(it for it in client.get("/sw.js").text.splitlines() if "SERVED = {" in it)
        served = json.loads(line.partition(" = ")[2].rstrip(";"))
        assert len(served["version"]) == 16
        for path in served["shell"]:
            assert client.get(path).status_code == 200
        assert set(served["words"]) == {"zh", "en"}
        assert all("{age}" in words["offline.kept"] for words in served["words"].values())

    @pytest.mark.parametrize("language", ["zh", "en"])
    def test_the_manifest_names_icons_that_are_there(
        self, client: httpx.Client, language: str
    ) -> None:
        answer = client.get(f"/manifest.webmanifest?lang={language}")
        manifest = answer.json()
        assert answer.headers["content-type"].startswith("application/manifest+json")
        assert manifest["start_url"] == f"/scan?lang={language}"
        for icon in manifest["icons"]:
            picture = client.get(icon["src"])
            assert picture.headers["content-type"] == icon["type"]
            assert len(picture.content) < 6_000
        assert client.get("/icons/none.png").status_code == 404


def test_without_a_decoder_there_is_no_address_for_it() -> None:
    made = build_tools(scanner_app_dir(), None)
    assert made.decoder_url == ""
    assert set(made.scripts) == {"scan", "kept"}
