"""Shelves of millions of tins: one real batch's documents under many lots, each with its own tins.

The batch is the NZ sample with serials as they are issued today, registered on a chain, mirrored
and published by the programs themselves. Every other lot has a serial list of its own, packed by
the shelf's own code, and a copy of the documents with its list's root; a copy names the first
batch's lot.
"""

import contextlib
import hashlib
import json
import random
import sqlite3
import sys
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
from scan_bench.naive import SERIAL_MARK
from sqlmodel import SQLModel, create_engine
from tracer_api.shelf.publisher import Listener
from tracer_api.shelf.run import publish_once
from tracer_api.shelf.store import PageRow, Position, Shelf
from tracer_api.shelf.studio import Document
from tracer_api.shelf.tins import TinList, pack_tins

from tracer.domain.identifiers import DigitalLink, Serial
from tracer.operations.demo import DemoBatch, load_demo
from tracer.operations.plan import PlannedSerials

ROOT: Final = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests"))

from served_world import running_world  # noqa: E402

LIST_TINS: Final = 11_520  # of the sample: sixteen pallets
SERIAL_CHARS: Final = 20  # twelve random ones and eight of the maker's code
ALPHABET: Final = np.frombuffer(b"0123456789ABCDEFGHJKMNPQRSTVWXYZ", np.uint8)
PACKERS: Final = 2  # processes that make serial lists
AHEAD: Final = 6  # lists that wait to be written
LISTS_A_COMMIT: Final = 16
FAR_UNIX: Final = 2**33  # no publisher renews these shelves
_PAGE: Final = ", ".join(PageRow.__slots__)


@dataclass(frozen=True, slots=True)
class Original:
    """The batch that all others are copies of.

    Attributes:
        home: folder of its mirror and contents.
        link: of one of its tins.
        rpc_url: of the chain that it was on.
        page: its page's row.
        docs: its documents by kind.
        build: of the code that made them.
        position: of the mirror.
    """

    home: Path
    link: DigitalLink
    rpc_url: str
    page: PageRow
    docs: dict[str, bytes]
    build: int
    position: Position

    def environment(self, home: Path, database_url: str = "") -> dict[str, str]:
        """Settings of a server over a shelf in another folder or database."""
        variables = {"TRACER_HOME": str(home), "TRACER_RPC_URL": self.rpc_url}
        return variables | ({"TRACER_DATABASE_URL": database_url} if database_url else {})


class _Told(Listener):
    """Keeps why a batch was not published."""

    def __init__(self) -> None:
        self.reasons: list[str] = []

    def on_unpublished(self, name: str, reason: str) -> None:
        self.reasons.append(f"{name}: {reason}")


def draw_serials(seed: int, count: int = LIST_TINS) -> list[str]:
    """Serials of one batch, ascending, without doubles."""
    draw = np.random.default_rng(seed)
    letters = ALPHABET[draw.integers(0, 32, size=(count, SERIAL_CHARS), dtype=np.uint8)]
    return [text.decode() for text in np.unique(letters.view(f"S{SERIAL_CHARS}")).tolist()]


def make_original(home: Path, now_unix: int) -> Original:
    """Register the NZ sample, mirror it and publish it.

    Raises:
        RuntimeError: the publisher refuses it.
    """
    sample = next(batch for batch in load_demo(now_unix) if batch.name == "nz")
    batch = _with_serials(sample, draw_serials(0))
    told = _Told()
    with running_world(home, changed=[batch]) as world:
        publish_once(world.settings, told)
        rpc_url = world.rpc_url
    with contextlib.closing(sqlite3.connect(home / "shelf.sqlite")) as shelf:
        row = shelf.execute(f"SELECT {_PAGE} FROM page").fetchone()  # noqa: S608 - our own names
        if row is None:
            raise RuntimeError(f"the sample was not published: {told.reasons}")
        docs = dict(shelf.execute("SELECT kind, body FROM doc").fetchall())
        build, *place = shelf.execute(
            "SELECT build, block_number, block_hash, block_time_unix FROM state"
        ).fetchone()
    return Original(home, batch.link, rpc_url, PageRow(*row), docs, build, Position(*place))


def _with_serials(batch: DemoBatch, serials: Sequence[str]) -> DemoBatch:
    issued = tuple(map(Serial, serials))
    items = tuple(
        replace(item, serials=issued) if isinstance(item, PlannedSerials) else item
        for item in batch.plan.items
    )
    plan = replace(batch.plan, items=items)
    return replace(batch, plan=plan, link=replace(batch.link, serial=issued[0]))


def make_list(seed: int) -> tuple[list[str], TinList]:
    """A batch's serials, and as they are kept."""
    serials = draw_serials(seed)
    return serials, pack_tins(serials)


def make_lists(count: int) -> Iterator[tuple[list[str], TinList]]:
    """Serial lists in order, made by other processes some steps ahead."""
    waiting: deque[Future[tuple[list[str], TinList]]] = deque()
    with ProcessPoolExecutor(PACKERS) as pool:
        for seed in range(1, count + 1):
            waiting.append(pool.submit(make_list, seed))
            if len(waiting) >= AHEAD:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


class Filling:
    """A shelf that grows.

    Args:
        url: of the shelf.
        original: whose documents its pages are.
        lists: how many batches it gets.
        paths: of tins that will be asked for, so many altogether.
    """

    def __init__(self, url: str, original: Original, lists: int, paths: int) -> None:
        self._shelf, self._original, self.lists = Shelf(url), original, lists
        self._documents = {kind: Document.from_bytes(body) for kind, body in original.docs.items()}
        self._each = -(-paths // lists)
        self._waiting: list[tuple[int, TinList]] = []
        self.paths: list[str] = []

    def add(self, number: int, serials: Sequence[str], tins: TinList) -> None:
        """Put one more batch on it."""
        self._waiting.append((number, tins))
        page, draw = self._original.page, random.Random(number)  # noqa: S311
        for serial in draw.sample(serials, min(self._each, len(serials))):
            self.paths.append(f"/01/{page.gtin}/10/{lot_of(number)}/21/{serial}")
        if len(self._waiting) >= LISTS_A_COMMIT:
            self._commit()

    def _commit(self) -> None:
        with self._shelf.writing() as writer:
            for number, tins in self._waiting:
                lot = lot_of(number)
                batch_id = hashlib.sha256(lot.encode()).digest()
                page = replace(self._original.page, lot=lot, batch_id=batch_id)
                docs = {
                    kind: replace(document, root=tins.root.hex()).to_bytes()
                    for kind, document in self._documents.items()
                }
                writer.put_page(page, docs, (), writer.put_tins(tins))
        self._waiting.clear()

    def finish(self) -> list[str]:
        """Write the rest, open the shelf to readers; paths in an order without order."""
        self._commit()
        with self._shelf.writing() as writer:
            writer.renew(self._original.position, FAR_UNIX, self._original.build)
        self._shelf.close()
        random.Random(len(self.paths)).shuffle(self.paths)  # noqa: S311
        return self.paths


def lot_of(number: int) -> str:
    """The lot of a copied batch."""
    return f"COPY{number:05d}"


class NaiveFilling:
    """The plain route's database, with the same tins.

    Args:
        file: SQLite file to make.
        gtin: of all batches.
        passport: of a tin as the shelf answers it.
        serial: of that tin.
    """

    def __init__(self, file: Path, gtin: str, passport: Any, serial: str) -> None:  # noqa: ANN401
        engine = create_engine(f"sqlite:///{file}")
        SQLModel.metadata.create_all(
            engine, [SQLModel.metadata.tables[name] for name in ("naive_batch", "naive_tin")]
        )
        engine.dispose()
        text = json.dumps(passport, ensure_ascii=False)
        self._gtin, self._passport = gtin, text.replace(serial, SERIAL_MARK)
        self._file = sqlite3.connect(file, isolation_level=None)
        self._file.execute("PRAGMA synchronous=OFF")
        self._file.execute("BEGIN")

    def add(self, number: int, serials: Sequence[str], _tins: TinList) -> None:
        """Put one more batch into it."""
        self._file.execute(
            "INSERT INTO naive_batch (id, gtin, lot, passport) VALUES (?, ?, ?, ?)",
            (number, self._gtin, lot_of(number), self._passport),
        )
        self._file.executemany(
            "INSERT INTO naive_tin (serial, batch_id) VALUES (?, ?)",
            [(serial, number) for serial in serials],
        )

    def finish(self) -> None:
        """Commit."""
        self._file.execute("COMMIT")
        self._file.close()
