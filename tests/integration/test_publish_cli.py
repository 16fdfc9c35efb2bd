"""`tracer publish` by hand, and killed."""

import contextlib
import json
import os
import random
import signal
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cli_world import TRACER
from served_world import World, running_world
from shelf_world import open_shelf_world

pytestmark = pytest.mark.integration

KINDS = 24  # documents of a batch that has issued serials, some of them in Brotli as well
WAIT_S = 120.0


@pytest.fixture(scope="module")
def chain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with running_world(tmp_path_factory.mktemp("publish") / "home", ("nz", "ie", "nl")) as running:
        yield running


@pytest.fixture
def world(chain: World, tmp_path: Path) -> World:
    return chain.copy(tmp_path / "own")


def environment(world: World) -> dict[str, str]:
    kept = {name: text for name, text in os.environ.items() if not name.startswith("TRACER_")}
    return kept | {"TRACER_HOME": str(world.home), "TRACER_RPC_URL": world.rpc_url}


def publish(world: World, *options: str) -> "subprocess.CompletedProcess[str]":
    words = [*TRACER, "publish", *options]
    return subprocess.run(
        words, env=environment(world), capture_output=True, text=True, timeout=WAIT_S, check=False
    )


def ask(world: World, question: str) -> list[tuple[Any, ...]]:
    with contextlib.closing(sqlite3.connect(world.home / "shelf.sqlite")) as shelf:
        return shelf.execute(question).fetchall()


def test_once_publishes_everything_and_ends(world: World) -> None:
    first = publish(world, "--once", "--json")
    assert json.loads(first.stdout) == {"published": 3, "failed": 0, "left": 0}
    second = publish(world, "--once")
    assert second.stdout.strip() == "published 0 pages; 0 could not be"
    assert ask(world, "SELECT page, count(*) FROM doc GROUP BY page") == [
        (number, KINDS) for number in (1, 2, 3)
    ]


def test_an_installation_without_a_mirror_is_told_what_to_do(tmp_path: Path) -> None:
    world = World(tmp_path, "http://127.0.0.1:1", {})
    done = publish(world, "--once")
    assert done.returncode == 2
    assert "tracer index sync" in done.stderr


def test_a_publisher_that_is_killed_leaves_whole_pages(world: World) -> None:
    """Wherever it was, the next one has a usable shelf and ends its work."""
    seed = int(time.time())
    print(f"seed {seed}")
    moments = random.Random(seed)
    for _ in range(6):
        with subprocess.Popen(
            [*TRACER, "publish"], env=environment(world), stderr=subprocess.DEVNULL
        ) as process:
            time.sleep(moments.uniform(0.5, 4.0))
            process.send_signal(signal.SIGKILL)
        if (world.home / "shelf.sqlite").exists() and ask(
            world, "SELECT 1 FROM sqlite_master WHERE name = 'doc'"
        ):
            assert {
                row[1] for row in ask(world, "SELECT page, count(*) FROM doc GROUP BY page")
            } <= {KINDS}
            pages = "SELECT count(*) FROM page WHERE id NOT IN (SELECT page FROM doc)"
            assert ask(world, pages) == [(0,)]
    assert publish(world, "--once").returncode == 0
    with open_shelf_world(world.settings) as server:
        server.publish()
        for name in world.batches:
            answer = server.get(world.path(name))
            assert answer.is_fast
            assert answer == server.ask_inside(world.path(name))


def test_it_ends_in_order_when_told_to(world: World) -> None:
    with subprocess.Popen(
        [*TRACER, "publish", "--json"], env=environment(world), stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stderr is not None
        told = [json.loads(process.stderr.readline()) for _ in world.batches]
        assert [line["event"] for line in told] == ["published"] * 3
        process.send_signal(signal.SIGTERM)
        assert process.wait(WAIT_S) == 0
