"""`POST /v1/scans` and `POST /v1/openings` against a real server over a real mirror."""

import contextlib
import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from served_world import World, open_client, running_world

from tracer.domain.identifiers import Serial
from tracer.domain.inner_codes import verify_code
from tracer.domain.records import build_batch_id
from tracer.operations.inner_lists import inner_path, issue_inner_codes, load_inner_codes
from tracer.settings import Settings
from tracer.store.contents import ContentStore
from tracer.store.scans import MAX_WRONG_A_DAY

pytestmark = pytest.mark.integration

NOON_UNIX = 1_793_016_000  # 2026-10-26 12:00 UTC
DAY_S = 86_400
HEADER = "X-Edge-Region"


class Clock:
    """The server's clock, to be moved."""

    def __init__(self) -> None:
        self.now_unix = NOON_UNIX

    def __call__(self) -> int:
        return self.now_unix


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with running_world(tmp_path_factory.mktemp("history")) as world:
        yield world


@pytest.fixture
def world(shared: World, tmp_path: Path) -> World:
    return shared.copy(tmp_path / "home")


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def client(world: World, clock: Clock) -> Iterator[httpx.Client]:
    settings = Settings(home=world.home, rpc_url=world.rpc_url, region_header=HEADER)
    with open_client(settings, clock) as client:
        yield client


def issue_inner(world: World) -> dict[str, str]:
    """Codes for all tins; the private list stays outside the server's home."""
    [listed] = (it for it in (world.home / "contents" / "serials").rglob("*") if it.is_file())
    serials = [Serial.parse(line) for line in listed.read_text().split()]
    link = world.batches["nz"].link
    assert link.lot is not None
    maker, batch_id = world.home.parent / "maker", build_batch_id(link.gtin, link.lot)
    contents = ContentStore(world.home / "contents")
    issue_inner_codes(maker, contents, batch_id, bytes.fromhex(listed.name), serials)
    return load_inner_codes(inner_path(maker, batch_id))


def post(client: httpx.Client, where: str, region: str, **body: Any) -> Any:
    answer = client.post(f"/v1/{where}", json=body, headers={HEADER: region})
    assert answer.status_code == 200, answer.text
    assert "set-cookie" not in answer.headers
    return answer.json()


class TestScans:
    def test_a_family_at_home_sees_when_it_was_scanned_first(
        self, client: httpx.Client, world: World, clock: Clock
    ) -> None:
        path = world.path()
        first = post(client, "scans", "CN-31", path=path)
        assert (first["state"], first["verdict"], first["region"]) == ("FIRST", None, "CN-31")
        assert first["history"] == {
            "scans": 0,
            "devices": 0,
            "since": None,
            "regions": [],
            "moreRegions": 0,
            "opened": None,
        }
        for day in range(1, 30):
            clock.now_unix = NOON_UNIX + day * DAY_S
            later = post(client, "scans", "CN-31", path=path, again=bool(day % 3))
        assert (later["state"], later["verdict"]) == ("SEEN_BEFORE_HERE", None)
        assert later["history"]["since"] == "2026-10-26"
        assert later["history"]["regions"] == [{"region": "CN-31", "scans": 29}]

    def test_a_code_that_is_everywhere_was_seen_elsewhere(
        self, client: httpx.Client, world: World, clock: Clock
    ) -> None:
        for day in range(30):
            clock.now_unix = NOON_UNIX + day * DAY_S
            region = ("CN-31", "CN-44", "CN-51")[day % 3]
            answer = post(client, "scans", region, path=world.path(), again=day > 20)
        assert (answer["state"], answer["verdict"]) == ("SEEN_ELSEWHERE", "SEEN_ELSEWHERE")
        assert answer["score"] > 0.5
        assert answer["reasons"][0]["key"] == "clone.journeys"
        assert "3 regions" in answer["reasons"][0]["english"]

    def test_without_the_edge_the_time_zone_tells_the_country(
        self, client: httpx.Client, world: World
    ) -> None:
        for zone, region in {
            "Asia/Shanghai": "CN",
            "Europe/Amsterdam": "NL",
            "Asia/Calcutta": "IN",
            "UTC": "",
            "Nowhere/At_All": "",
        }.items():
            body = {"path": world.path(), "zone": zone}
            assert client.post("/v1/scans", json=body).json()["region"] == region
        for given in ("cn-31", "C", "CN-31; DROP", "<b>"):
            answer = client.post("/v1/scans", json=body, headers={HEADER: given})
            assert answer.json()["region"] in {"CN-31", ""}

    def test_only_tins_that_were_issued_are_counted(
        self, client: httpx.Client, world: World
    ) -> None:
        for path in (f"{world.path()}X", world.path().replace("/10/", "/10/Z")):
            answer = client.post("/v1/scans", json={"path": path})
            assert (answer.status_code, answer.json()["code"]) == (404, "not-found")
        assert not (world.home / "scans.sqlite").exists()

    @pytest.mark.parametrize(
        "body",
        [
            "",
            "[]",
            "{}",
            "{",
            '{"path": 1}',
            '{"path": "/"}',
            '{"path": "/01/09520010001015"}',
            '{"path": "PATH", "again": 1}',
            '{"path": "PATH", "zone": null}',
            '{"path": "PATH", "device": "x"}',
            '{"path": "//evil.example/PATH"}',
        ],
    )
    def test_what_is_no_report_is_refused(
        self, client: httpx.Client, world: World, body: str
    ) -> None:
        text = body.replace("PATH", world.path())
        answer = client.post(
            "/v1/scans", content=text, headers={"Content-Type": "application/json"}
        )
        assert answer.status_code == 400, answer.text

    def test_a_long_body_is_refused_before_it_is_read(
        self, client: httpx.Client, world: World
    ) -> None:
        body = {"path": world.path(), "zone": "x" * 600}
        assert client.post("/v1/scans", json=body).status_code == 413

    def test_other_sites_cannot_count(self, client: httpx.Client, world: World) -> None:
        def status(**headers: str) -> int:
            names = {name.replace("_", "-"): text for name, text in headers.items()}
            return client.post("/v1/scans", json={"path": world.path()}, headers=names).status_code

        assert status(sec_fetch_site="cross-site") == 403
        assert status(sec_fetch_site="same-site") == 403
        assert status(origin="https://evil.example") == 403
        assert status(origin="null") == 403
        assert status(sec_fetch_site="same-origin", origin="https://shown.example") == 200
        assert status(origin=str(client.base_url).rstrip("/")) == 200
        assert status() == 200
        plain = client.post("/v1/scans", content=json.dumps({"path": world.path()}))
        assert plain.status_code == 400  # a form of another site cannot send application/json

    def test_a_database_that_is_locked_makes_nothing_red_or_green(
        self, client: httpx.Client, world: World
    ) -> None:
        post(client, "scans", "CN-31", path=world.path())
        with contextlib.closing(sqlite3.connect(world.home / "scans.sqlite")) as other:
            other.isolation_level = None
            other.execute("BEGIN IMMEDIATE")
            answer = post(client, "scans", "CN-31", path=world.path())
        assert (answer["state"], answer["verdict"], answer["score"]) == ("UNKNOWN", None, 0)
        assert answer["history"] is None
        assert post(client, "scans", "CN-31", path=world.path())["history"]["scans"] == 1

    def test_old_counts_are_forgotten_by_themselves(
        self, client: httpx.Client, world: World, clock: Clock
    ) -> None:
        post(client, "scans", "CN-31", path=world.path())
        clock.now_unix += 731 * DAY_S
        post(client, "scans", "CN-31", path=world.path())
        for _ in range(50):  # the answer is sent before the work is done
            answer = post(client, "scans", "NL", path=world.path())
            if answer["history"]["since"] == "2028-10-26":
                break
        assert answer["history"]["since"] == "2028-10-26"


class TestOpenings:
    def test_the_right_code_opens_once(
        self, client: httpx.Client, world: World, clock: Clock
    ) -> None:
        serial, code = next(iter(issue_inner(world).items()))
        path = f"{world.path(tin=False)}/21/{serial}"
        first = post(client, "openings", "CN-31", path=path, code=code)
        assert (first["outcome"], first["since"], first["verdict"]) == ("FIRST", None, None)
        clock.now_unix += 3 * DAY_S
        again = post(client, "openings", "CN-31", path=path, code=code.lower())
        assert (again["outcome"], again["since"]) == ("AGAIN", "2026-10-26")
        assert (again["state"], again["verdict"]) == ("SEEN_BEFORE_HERE", None)
        clock.now_unix += 5 * DAY_S
        away = post(client, "openings", "CN-44", path=path, code=code)
        assert (away["state"], away["verdict"]) == ("OPENED_BEFORE", "OPENED_BEFORE")
        clock.now_unix += 50 * DAY_S
        late = post(client, "openings", "CN-31", path=path, code=code)
        assert late["verdict"] == "OPENED_BEFORE"
        own = post(client, "openings", "CN-31", path=path, code=code, again=True)
        assert own["verdict"] is None

    def test_a_wrong_code_is_told_so_and_bounded(
        self, client: httpx.Client, world: World, clock: Clock
    ) -> None:
        (serial, _), (_, others), *_rest = issue_inner(world).items()
        path = f"{world.path(tin=False)}/21/{serial}"
        for _ in range(MAX_WRONG_A_DAY):
            wrong = post(client, "openings", "CN-31", path=path, code=others)
            assert (wrong["outcome"], wrong["verdict"]) == ("WRONG", "NOT_VERIFIED")
        refused = post(client, "openings", "CN-31", path=path, code=others)
        assert (refused["outcome"], refused["verdict"]) == ("TOO_MANY", None)
        clock.now_unix += DAY_S
        assert post(client, "openings", "CN-31", path=path, code=others)["outcome"] == "WRONG"

    def test_a_batch_without_codes_says_so(self, client: httpx.Client, world: World) -> None:
        answer = post(client, "openings", "CN-31", path=world.path(), code="A" * 16)
        assert (answer["outcome"], answer["verdict"]) == ("NO_CODES", None)

    def test_a_locked_database_compares_nothing(self, client: httpx.Client, world: World) -> None:
        serial, code = next(iter(issue_inner(world).items()))
        path = f"{world.path(tin=False)}/21/{serial}"
        post(client, "scans", "CN-31", path=path)
        with contextlib.closing(sqlite3.connect(world.home / "scans.sqlite")) as other:
            other.isolation_level = None
            other.execute("BEGIN EXCLUSIVE")
            for text in (code, "A" * 16):
                answer = post(client, "openings", "CN-31", path=path, code=text)
                assert (answer["outcome"], answer["verdict"]) == ("UNKNOWN", None)

    @pytest.mark.parametrize("code", ["", "A", "A" * 17, "0" * 16, 7])
    def test_what_is_no_code_is_refused(
        self, client: httpx.Client, world: World, code: object
    ) -> None:
        answer = client.post("/v1/openings", json={"path": world.path(), "code": code})
        assert answer.status_code == 400

    def test_the_server_holds_commitments_only(self, world: World) -> None:
        codes = issue_inner(world)
        serial, code = next(iter(codes.items()))
        [shelf] = (it for it in (world.home / "contents" / "inner").rglob("*") if it.is_file())
        commitment = ContentStore(world.home / "contents").get_inner(
            bytes.fromhex(shelf.name), serial
        )
        link = world.batches["nz"].link
        assert link.lot is not None
        assert commitment is not None
        assert verify_code(commitment, build_batch_id(link.gtin, link.lot), serial, code)
        assert shelf.stat().st_size == 32 * len(codes)
