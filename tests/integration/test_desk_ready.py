"""The desk says which of its parts is away while it is away, and that it is back."""

import contextlib
import shutil
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from desk_requests import Signing
from desk_world import BROKER, DECLARATION, Desk, copy_world, running_desk

pytestmark = pytest.mark.integration

PARTS = ("mirror", "vaultDatabase", "vaultBlobs")


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    world = copy_world(tmp_path_factory.mktemp("ready") / "home")
    with running_desk(world) as running:
        yield running


def ask(desk: Desk) -> httpx.Response:
    time.sleep(1.01)  # the answer of a second is kept for that second
    return httpx.get(f"{desk.origin}/readyz", timeout=60)


def states(answer: httpx.Response) -> tuple[int, list[str]]:
    said: dict[str, Any] = answer.json()
    assert said["status"] == ("ready" if answer.status_code == 200 else "unready")
    return answer.status_code, [said[part]["status"] for part in PARTS]


@contextlib.contextmanager
def moved_away(path: Path) -> Iterator[None]:
    aside = path.with_name(f"{path.name}.aside")
    path.rename(aside)
    try:
        yield
    finally:
        if path.is_dir():
            shutil.rmtree(path)
        aside.replace(path)


def move_cursor(mirror: Path, place: tuple[int, int]) -> tuple[int, int]:
    """Let the mirror stand on another chain's block of that time; where it stood before."""
    with contextlib.closing(sqlite3.connect(mirror)) as database:
        before = database.execute("SELECT chain_id, block_time_unix FROM cursor").fetchone()
        database.execute("UPDATE cursor SET chain_id = ?, block_time_unix = ?", place)
        database.commit()
    return int(before[0]), int(before[1])


def test_a_desk_with_all_its_parts_is_ready(desk: Desk) -> None:
    answer = ask(desk)
    assert states(answer) == (200, ["ready"] * 3)
    assert "retry-after" not in answer.headers
    by_address = httpx.get(f"{desk.origin}/readyz", headers={"Host": "10.0.0.7:8071"})
    assert by_address.status_code == 200, "a load balancer asks by address"


def test_it_says_when_the_mirror_is_away_or_stale(desk: Desk) -> None:
    mirror = desk.home / "mirror.sqlite"
    with moved_away(mirror):
        assert states(ask(desk)) == (503, ["empty", "ready", "ready"])
    kept = move_cursor(mirror, (1, 1_700_000_000))
    assert states(ask(desk)) == (503, ["stale", "ready", "ready"])
    move_cursor(mirror, kept)
    assert states(ask(desk)) == (200, ["ready"] * 3)


def test_it_says_when_the_vaults_database_is_away(desk: Desk) -> None:
    with moved_away(desk.home / "vault" / "vault.sqlite"):
        answer = ask(desk)
        assert states(answer) == (503, ["ready", "unreachable", "unknown"])
        assert answer.headers["retry-after"]
        assert str(desk.home) not in answer.text, "everybody may ask"
        assert httpx.get(f"{desk.origin}/healthz").status_code == 200
    assert states(ask(desk)) == (200, ["ready"] * 3)


def test_it_says_when_the_papers_are_away(desk: Desk) -> None:
    with httpx.Client(timeout=60) as http:
        stored = Signing(desk, BROKER, http).upload(DECLARATION.read_bytes())
    assert stored.status_code == 201, stored.text
    folder = desk.home / "vault" / "blobs"
    with moved_away(folder):
        folder.mkdir()  # where a disk should be mounted
        assert states(ask(desk)) == (503, ["ready", "ready", "unreachable"])
    assert states(ask(desk)) == (200, ["ready"] * 3)
