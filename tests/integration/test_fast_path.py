"""Scans answered from the shelf are the ordinary answers, or are not answered from it."""

import contextlib
import shutil
import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from served_world import World, open_client, running_world
from shelf_world import ShelfWorld, open_shelf_world
from tracer_api.shelf.build import build_digest
from tracer_api.shelf.watch import LEASE_S

from tracer.domain.identifiers import Serial
from tracer.domain.times import day_unix, read_day

pytestmark = pytest.mark.integration

GTIN, LOT = "09520010001015", "A26B11K1"
BATCH = f"/01/{GTIN}/10/{LOT}"
PROOFS = f"/v1/batches/{GTIN}/{LOT}"
JSON = "application/json"
PLACES = ("first", "middle", "last", "unknown", "below", "above")


@pytest.fixture(scope="module")
def chain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with running_world(tmp_path_factory.mktemp("fast") / "home", ("nz", "ie")) as running:
        yield running


@pytest.fixture(scope="module")
def world(chain: World) -> Iterator[ShelfWorld]:
    with open_shelf_world(chain.settings) as opened:
        opened.publish()
        yield opened


@pytest.fixture
def own(chain: World, tmp_path: Path) -> Iterator[ShelfWorld]:
    """A world whose mirror and shelf may be changed."""
    with open_shelf_world(chain.copy(tmp_path / "own").settings) as opened:
        yield opened


@pytest.fixture(scope="module")
def serials(chain: World) -> dict[str, str]:
    """Serials of the batch and of no batch, by where they stand in its list."""
    (path,) = [
        path
        for path in (chain.home / "contents" / "serials").rglob("*")
        if path.is_file() and str(chain.batches["nz"].link.serial) in path.read_text().split()
    ]
    issued = path.read_text().split()
    named = (issued[0], issued[len(issued) // 2], issued[-1], issued[5] + "X", "0", "zz")
    return dict(zip(PLACES, named, strict=True))


@pytest.mark.parametrize("coding", ["gzip", "br"])
@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("form", ["zh", "en", "json", "bundle"])
def test_a_tin_s_answer_is_the_ordinary_one(
    world: ShelfWorld, serials: dict[str, str], place: str, form: str, coding: str
) -> None:
    serial = serials[place]
    headers = {"accept": JSON} if form == "json" else {}
    headers["accept_encoding"] = "gzip" if coding == "gzip" else "gzip, br"
    path = f"{BATCH}/21/{serial}" + ("" if form == "json" else f"?lang={form}")
    if form == "bundle":
        path = f"{PROOFS}/bundle?serial={serial}"
    fast = world.get(path, **headers)
    assert fast.is_fast
    is_packed_so = coding == "gzip" or (place in PLACES[:3] and form != "json")
    assert not is_packed_so or fast.headers["content-encoding"] == coding
    assert fast == world.ask_inside(path, **headers)
    assert serial.encode() in fast.text or form == "bundle"  # whose tin is null if not issued


@pytest.mark.parametrize(
    ("path", "accept"),
    [
        (f"{BATCH}?lang=zh", "text/html"),
        (f"{BATCH}?lang=en", "text/html"),
        (BATCH, "*/*"),
        (BATCH, JSON),
        (f"{PROOFS}/bundle", "*/*"),
        (f"{PROOFS}/core", "*/*"),
    ],
)
def test_a_batch_s_answer_is_the_ordinary_one(world: ShelfWorld, path: str, accept: str) -> None:
    for codings in ("gzip", "gzip, deflate, br"):
        named = {"accept": accept, "accept_encoding": codings}
        fast = world.get(path, **named)
        assert fast.is_fast
        assert fast == world.ask_inside(path, **named)


def test_a_recalled_batch_is_published_before_the_others(world: ShelfWorld, chain: World) -> None:
    recalled = chain.batches["ie"].link
    assert world.told.published[0] == f"{recalled.gtin}/{recalled.lot}"
    assert len(world.told.published) == len(chain.batches)
    assert b'data-verdict="RECALLED"' in world.get(chain.path("ie")).text


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        (f"/01/{GTIN}/10/NOPE", {}),
        (f"/01/{GTIN}/10/A%2FB", {}),
        ("/01/9520010001015/10/" + LOT, {}),
        (f"/01/{GTIN}", {}),
        (f"{BATCH}?lang=fr", {}),
        (f"{BATCH}?17=280210", {}),
        (f"{BATCH}?linkType=all", {}),
        (f"{BATCH}?node=https://node.example.org", {"sec_fetch_site": "none"}),
        (BATCH, {"accept": "application/linkset+json"}),
        (BATCH, {"accept_encoding": "identity"}),
        (BATCH + "/21/A%2FB", {}),
        (f"{PROOFS}/bundle?serial=", {}),
        (f"{PROOFS}/core?serial=X", {}),
        (PROOFS, {}),
        ("/healthz", {}),
    ],
)
def test_what_the_shelf_lacks_is_answered_inside(
    world: ShelfWorld, path: str, headers: dict[str, str]
) -> None:
    answer = world.get(path, **headers)
    assert not answer.is_fast
    assert answer == world.ask_inside(path, **headers)


def test_head_has_the_headers_and_no_body(world: ShelfWorld, chain: World) -> None:
    head, full = world.get(chain.path(), "HEAD"), world.get(chain.path())
    assert (head.status, head.headers, head.text) == (200, full.headers, b"")


def test_an_answer_that_is_known_is_not_sent_again(world: ShelfWorld, chain: World) -> None:
    for headers in ({}, {"accept": JSON}):
        tag = world.get(chain.path(), **headers).headers["etag"]
        for known in (tag, f'"other", {tag}', "*"):
            again = world.get(chain.path(), if_none_match=known, **headers)
            assert (again.status, again.text, again.headers["etag"]) == (304, b"", tag)
            assert "content-type" not in again.headers
            assert again.headers["cache-control"] == "no-cache"
        assert world.get(chain.path(), if_none_match='W/"other"', **headers).status == 200
    tags = {world.get(f"{BATCH}?lang={each}").headers["etag"] for each in ("zh", "en")}
    assert len(tags) == 2


def test_a_client_on_the_wire_reads_what_was_sent(world: ShelfWorld, chain: World) -> None:
    with open_client(chain.settings, lambda: world.now_unix) as client:
        page = client.get(chain.path(), headers={"accept": "text/html"})
        assert "-" in page.headers["etag"]
        assert page.content == world.ask_inside(chain.path(), accept_language="en").text
        assert page.headers["content-encoding"] in {"gzip", "br"}


def test_the_last_second_of_the_best_before_day(own: ShelfWorld) -> None:
    """A page is not served a second longer than it says what is true."""
    stated = own.ask_inside(BATCH, accept=JSON).text.partition(b'"bestBefore":"')[2][:10].decode()
    day = read_day(stated)
    assert day is not None
    ends = day_unix(day) + 86_400
    own.now_unix = ends - 2
    own.publish()
    good = own.get(BATCH)
    assert good.is_fast
    assert b'data-verdict="OK"' in good.text
    own.now_unix = ends
    expired = own.get(BATCH)
    assert not expired.is_fast
    assert b'data-verdict="EXPIRED"' in expired.text
    own.publish()
    again = own.get(BATCH)
    assert again.is_fast
    assert again == own.ask_inside(BATCH)
    assert b'data-verdict="EXPIRED"' in again.text


def test_the_age_of_the_mirror_s_block_goes_on(own: ShelfWorld) -> None:
    own.publish()
    own.now_unix += LEASE_S
    assert own.get(BATCH).is_fast
    assert own.get(BATCH) == own.ask_inside(BATCH)
    assert own.get(BATCH, accept=JSON) == own.ask_inside(BATCH, accept=JSON)


def test_a_publisher_that_has_ended_is_not_relied_on(own: ShelfWorld) -> None:
    own.publish()
    assert own.get(BATCH).is_fast
    own.now_unix += LEASE_S + 1
    assert not own.get(BATCH).is_fast
    own.publish()
    assert own.get(BATCH).is_fast


def test_pages_of_another_build_are_not_served(own: ShelfWorld) -> None:
    own.publish()
    other = replace(own.services, settings=own.settings.model_copy(update={"finality": "7"}))
    assert build_digest(other) != build_digest(own.services)
    with contextlib.closing(sqlite3.connect(own.settings.home / "shelf.sqlite")) as shelf:
        shelf.execute("UPDATE state SET build = ?", (build_digest(other),))
        shelf.commit()
    assert not own.get(BATCH).is_fast


def test_a_shelf_that_is_replaced_is_opened_anew(own: ShelfWorld, tmp_path: Path) -> None:
    file = own.settings.home / "shelf.sqlite"
    assert not own.get(BATCH).is_fast
    own.publish()
    own.now_unix += 1
    assert own.get(BATCH).is_fast
    with contextlib.closing(sqlite3.connect(file)) as shelf:
        shelf.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    shutil.copy(file, tmp_path / "saved")
    for name in ("shelf.sqlite", "shelf.sqlite-wal", "shelf.sqlite-shm"):
        (own.settings.home / name).unlink(missing_ok=True)
    own.now_unix += 1
    assert not own.get(BATCH).is_fast
    shutil.move(tmp_path / "saved", file)
    own.now_unix += 1
    assert own.get(BATCH).is_fast


def test_a_damaged_shelf_is_no_shelf(own: ShelfWorld) -> None:
    own.publish()
    file = own.settings.home / "shelf.sqlite"
    with contextlib.closing(sqlite3.connect(file)) as shelf:
        shelf.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    size = file.stat().st_size
    with file.open("r+b") as handle:
        handle.seek(4096)
        handle.write(b"\xff" * (size - 4096))
    own.now_unix += 1
    answer = own.get(BATCH)
    assert not answer.is_fast
    assert answer == own.ask_inside(BATCH)


def test_a_tin_of_the_neighbouring_batch_was_not_issued(world: ShelfWorld, chain: World) -> None:
    stranger = replace(chain.batches["nz"].link, serial=Serial("ie-00001"))
    page = world.get(stranger.path())
    assert page.is_fast
    assert b'data-verdict="NOT_ISSUED"' in page.text
