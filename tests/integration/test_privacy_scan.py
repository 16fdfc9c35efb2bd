"""Fifty people scan; nothing of them is found on any disk or in any log of the server.

A real server process with everything it can write: its home with contents and databases, their
write-ahead logs, and its log. Each visit carries marks where browsers and proxies put what names
a person. Then all of it is searched, and every page is searched for other people's addresses.
"""

import gzip
import re
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from served_world import World, running_world, serving

from tracer.domain.identifiers import Serial
from tracer.domain.records import build_batch_id
from tracer.operations.inner_lists import inner_path, issue_inner_codes, load_inner_codes
from tracer.operations.serial_keys import ensure_serial_key
from tracer.store.contents import ContentStore
from tracer.store.scans import ScanStore

pytestmark = pytest.mark.integration

VISITS = 50
ADDRESS = re.compile(
    rb"""(?:href|src|action|content|url\()\s*[=(]?\s*["']?((?:https?:)?//[^"'\s)>]+)"""
)
CLOCK = re.compile(rb"\d{2}:\d{2}:\d{2}")


def marks(number: int) -> dict[str, str]:
    """What could name the visitor of this number."""
    return {
        "X-Forwarded-For": f"203.0.113.{number}, 198.51.100.{number}",
        "X-Real-IP": f"2001:db8::{number:04x}:beef",
        "Forwarded": f"for=192.0.2.{number}",
        "User-Agent": f"MarkerBrowser/{number:03d} (Phone{number:03d})",
        "Referer": f"https://marker-site-{number:03d}.example/chat",
        "Cookie": f"session=markercookie{number:03d}",
        "Accept-Language": f"zh;q=0.{number % 10}, x-marker{number:03d}",
        "X-Request-ID": f"markerrequest{number:03d}",
    }


MARKS = (
    *("203.0.113.", "198.51.100.", "2001:db8::", ":beef", "192.0.2."),
    *("MarkerBrowser", "(Phone", "marker-site-", "markercookie", "x-marker", "markerrequest"),
)
"""What all of them begin with: a piece of one visitor's is a piece of somebody's."""


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A server's own home: the maker's keys and lists are elsewhere."""
    folder = tmp_path_factory.mktemp("privacy")
    with running_world(folder / "maker") as made:
        yield made.copy(folder / "server")


@pytest.fixture(scope="module")
def codes(world: World) -> dict[str, str]:
    """Codes under the seals of all tins; the server gets commitments."""
    [listed] = (it for it in (world.home / "contents" / "serials").rglob("*") if it.is_file())
    serials = [Serial.parse(line) for line in listed.read_text().split()]
    link = world.batches["nz"].link
    assert link.lot is not None
    maker, batch_id = world.home.parent / "maker", build_batch_id(link.gtin, link.lot)
    ensure_serial_key(maker)
    contents = ContentStore(world.home / "contents")
    issue_inner_codes(maker, contents, batch_id, bytes.fromhex(listed.name), serials)
    return load_inner_codes(inner_path(maker, batch_id))


@pytest.fixture(scope="module")
def answers(world: World, codes: dict[str, str]) -> list[httpx.Response]:
    """Every visit's answers: the page, its proof, its script, a scan, and some openings."""
    found = []
    tins = list(codes.items())[: VISITS // 2]
    with serving(world) as origin, httpx.Client(base_url=origin, timeout=60) as client:
        for number in range(VISITS):
            headers = marks(number)
            serial, code = tins[number % len(tins)]
            path = f"{world.path(tin=False)}/21/{serial}"
            body: dict[str, Any] = {"path": path, "zone": "Asia/Shanghai"}
            found.append(client.get(path, headers=headers))
            found.append(client.post("/v1/scans", json=body, headers=headers))
            if number % 2:
                tried = body | {"code": code if number % 3 else "A" * 16}
                found.append(client.post("/v1/openings", json=tried, headers=headers))
            client.post("/v1/scans", json=body | {"path": path + "X"}, headers=headers)
            client.post("/v1/scans", content=b"{", headers=headers)
            client.get(f"{path}?lang=zh&node=https://marker-site-{number:03d}.example")
        with sqlite3.connect(world.home / "scans.sqlite") as live:
            rows = live.execute("SELECT count(*) FROM scan").fetchone()
        live.close()
        assert rows[0] > 0
        # While it runs its write-ahead logs are there; what they held must not be found either.
        for path, data in read_files(world.home).items():
            path.with_name(f"{path.name}.then").write_bytes(data)
    return found


def read_files(home: Path) -> dict[Path, bytes]:
    """Every file below a folder, and what is inside compressed ones."""
    files = {path: path.read_bytes() for path in home.rglob("*") if path.is_file()}
    for path, data in list(files.items()):
        if data[:2] == b"\x1f\x8b":
            files[path.with_name(path.name + ".plain")] = gzip.decompress(data)
    return files


class TestNothingIsKept:
    def test_no_mark_of_any_visitor_is_on_disk_or_in_a_log(
        self, world: World, answers: list[httpx.Response]
    ) -> None:
        assert {it.status_code for it in answers} == {200}
        files = read_files(world.home)
        names = {path.name for path in files}
        assert {"scans.sqlite", "mirror.sqlite"} <= names
        assert any(name.startswith("server-") for name in names)
        everything = b"\x00".join(files.values())
        for mark in MARKS:
            assert mark.encode() not in everything
            assert mark.encode().hex().encode() not in everything

    def test_the_marks_are_what_visitors_sent(self) -> None:
        sent = "\n".join(marks(7).values())
        assert [mark for mark in MARKS if mark not in sent] == []

    def test_no_code_under_a_seal_is_on_the_server(
        self, world: World, codes: dict[str, str], answers: list[httpx.Response]
    ) -> None:
        assert answers
        everything = b"\x00".join(read_files(world.home).values())
        used = list(codes.values())[:VISITS]
        assert [code for code in used if code.encode() in everything] == []

    def test_the_makers_key_is_not_on_the_server(self, world: World, codes: dict[str, str]) -> None:
        assert codes
        key = ensure_serial_key(world.home.parent / "maker")
        everything = b"\x00".join(read_files(world.home).values())
        assert key not in everything
        assert key.hex().encode() not in everything
        assert not (world.home / "private").exists()

    def test_a_count_has_a_day_and_a_country_and_no_more(
        self, world: World, answers: list[httpx.Response]
    ) -> None:
        assert answers
        with sqlite3.connect(world.home / "scans.sqlite") as live:
            tables = dict(live.execute("SELECT name, sql FROM sqlite_master WHERE type = 'table'"))
            rows = live.execute("SELECT day, region, firsts, repeats FROM scan").fetchall()
        live.close()
        assert set(tables) == {"scan", "opening", "opened", "wrong_code", "pruned"}
        words = re.findall(r"^\s*(\w+) ", "\n".join(tables.values()), re.MULTILINE)
        columns = {word for word in words if word.islower()}
        assert columns == {"tin", "day", "region", "firsts", "repeats", "count", "id"}
        assert {region for _, region, *_ in rows} == {"CN"}
        store = ScanStore(f"sqlite:///{world.home / 'scans.sqlite'}")
        assert sum(it.count.firsts + it.count.repeats for it in store.iter_counts()) == VISITS
        store.close()

    def test_the_log_names_no_address_and_no_time_of_a_scan(
        self, world: World, answers: list[httpx.Response]
    ) -> None:
        assert answers
        [log] = world.home.glob("server-*.log")
        text = log.read_bytes()
        assert b"/01/" not in text
        assert b"POST" not in text
        assert not CLOCK.search(text)


class TestNobodyElseIsTold:
    def test_no_answer_sets_a_cookie_and_every_page_forbids_referrers(
        self, answers: list[httpx.Response]
    ) -> None:
        for answer in answers:
            assert "set-cookie" not in answer.headers
            if answer.headers["content-type"].startswith("text/html"):
                assert answer.headers["referrer-policy"] == "no-referrer"

    def test_what_was_counted_is_not_cached_on_the_way(self, answers: list[httpx.Response]) -> None:
        posts = [it for it in answers if it.request.method == "POST"]
        assert {it.headers["cache-control"] for it in posts} == {"no-store"}

    def test_pages_and_scripts_name_no_other_site(
        self, world: World, answers: list[httpx.Response]
    ) -> None:
        page = answers[0]
        paths = re.findall(r"""(?:src|href|data-more)=["']?(/app/[^"'\s>]+)""", page.text)
        with serving(world) as origin, httpx.Client(base_url=origin, timeout=60) as client:
            loaded = [client.get(path) for path in paths]
        assert loaded
        for answer in (page, *loaded):
            found = ADDRESS.findall(answer.content)
            others = [it for it in found if world.rpc_url.encode() not in it]
            assert others == []
        policy = page.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        allowed = re.findall(r"https?://[^\s;]+", policy)
        assert set(allowed) <= {world.rpc_url.rstrip("/")}
