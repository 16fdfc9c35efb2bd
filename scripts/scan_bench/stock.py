"""Everything that the servers answer from: two shelves, one in PostgreSQL, the plain database."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from scan_bench.shelves import (
    LIST_TINS,
    Filling,
    NaiveFilling,
    Original,
    make_lists,
    make_original,
)
from tracer_api.app import create_app

from tracer.settings import Settings


@dataclass(frozen=True, slots=True)
class Shelved:
    """A shelf that is ready to be read.

    Attributes:
        url: of the shelf.
        environment: variables of a server over it.
        paths: file with the paths of some of its tins, one a line.
        tins: on it.
        disk_bytes: of its file; 0 in PostgreSQL.
    """

    url: str
    environment: dict[str, str]
    paths: Path
    tins: int
    disk_bytes: int = 0

    def some_paths(self) -> list[str]:
        """The paths."""
        return self.paths.read_text("ascii").split()


@dataclass(frozen=True, slots=True)
class Stock:
    """All of it.

    Attributes:
        original: the real batch.
        small: the shelf of a tenth as many tins.
        large: that of all of them.
        postgres: the same as `small`, in PostgreSQL.
        naive_url: of the plain route's database, with the tins of `small`.
        original_s: seconds that the one real batch took.
        filling_s: and all the rest.
    """

    original: Original
    small: Shelved
    large: Shelved
    postgres: Shelved
    naive_url: str
    original_s: float
    filling_s: float


def build_stock(folder: Path, tins: int, growth: int, paths: int, postgres_url: str) -> Stock:
    """Make everything.

    Args:
        folder: for the files.
        tins: on the larger shelf, rounded up to whole batches.
        growth: how many times as many as on the smaller.
        paths: of tins on each shelf that may be asked for.
        postgres_url: of an empty database.
    """
    begun = time.monotonic()
    original = make_original(folder / "original", int(time.time()))
    passport = fetch_passport(original)
    made = time.monotonic()
    lists = -(-tins // LIST_TINS)
    few = -(-lists // growth)
    homes = {name: folder / name for name in ("small", "large", "postgres")}
    for home in homes.values():
        home.mkdir()
    urls = {name: f"sqlite:///{home / 'shelf.sqlite'}" for name, home in homes.items()}
    urls["postgres"] = postgres_url
    fillings = {
        name: Filling(url, original, lists if name == "large" else few, paths)
        for name, url in urls.items()
    }
    serial = original.link.serial
    naive = NaiveFilling(
        folder / "naive.sqlite", original.page.gtin, passport, serial.value if serial else ""
    )
    adders: list[tuple[int, Callable[..., None]]] = [(few, naive.add)]
    adders += [(filling.lists, filling.add) for filling in fillings.values()]
    for number, made_list in enumerate(make_lists(lists)):
        for until, add in adders:
            if number < until:
                add(number, *made_list)
    naive.finish()
    shelved = {}
    for name, filling in fillings.items():
        file = homes[name] / "paths.txt"
        file.write_text("\n".join(filling.finish()), "ascii")
        database_url = postgres_url if name == "postgres" else ""
        size = 0 if database_url else (homes[name] / "shelf.sqlite").stat().st_size
        variables = original.environment(homes[name], database_url)
        tins_there = filling.lists * LIST_TINS
        shelved[name] = Shelved(urls[name], variables, file, tins_there, size)
    return Stock(
        original=original,
        **shelved,
        naive_url=f"sqlite:///{folder / 'naive.sqlite'}",
        original_s=made - begun,
        filling_s=time.monotonic() - made,
    )


def fetch_passport(original: Original) -> Any:  # noqa: ANN401 - JSON
    """The passport of the original's tin, as its server answers it."""
    app = create_app(Settings(home=original.home, rpc_url=original.rpc_url))

    async def ask() -> Any:  # noqa: ANN401
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
            answer = await client.get(
                original.link.path(),
                headers={"Accept": "application/json", "Accept-Encoding": "gzip"},
            )
            return answer.raise_for_status().json()

    return asyncio.run(ask())
