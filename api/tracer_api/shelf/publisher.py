"""The publisher: follows the mirror and keeps the shelf as it is.

It does one thing at a time: look at the mirror and mark what has changed, then make one batch's
documents from the same snapshot. A batch that cannot be published stays with the ordinary route
and is tried again later. Killed anywhere it leaves a usable shelf, for every step is one
transaction, and once its last look is too old nothing is served from it.
"""

import random
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Final

from sqlalchemy import select
from sqlmodel import Session

from tracer.domain.bundle import Bundle
from tracer.domain.identifiers import Gtin, Lot
from tracer.errors import (
    ConfigurationError,
    DatabaseUnavailableError,
    TracerError,
    TransientError,
)
from tracer.store.read import load_bundle
from tracer.store.session import reading
from tracer.store.tables import Batch, table_of
from tracer_api.services import Services
from tracer_api.shelf.build import build_digest
from tracer_api.shelf.documents import NUMBER, Made, UnpublishableError, make_documents
from tracer_api.shelf.store import Shelf
from tracer_api.shelf.watch import Watch

POLL_S: Final = 0.5  # between looks while there is nothing to do
SWEEP_S: Final = 5.0  # between searches for pages that have become old by themselves
RENEW_S: Final = 12 * 3600
"""Pages are made anew after half of the time that they are good for, so that none runs out."""

RETRY_S: Final = 5.0
MAX_RETRY_S: Final = 3600.0
"""A batch that could not be published is tried again after 5 s, then after twice as long, …"""

MAX_WAIT_S: Final = 5.0  # between tries while a database is away

_CHUNK: Final = 500  # values in one IN list, as in the mirror
_BATCH: Final = table_of(Batch)

Rank = tuple[int, int]
"""The smallest is done first."""

FIRST: Final[Rank] = (0, 0)


@dataclass(frozen=True, slots=True)
class Progress:
    """What a publisher has done since it started.

    Attributes:
        published: pages put on the shelf.
        failed: batches that stay with the ordinary route for now.
        left: batches to do.
    """

    published: int
    failed: int
    left: int


class Listener:
    """Hears of everything that a publisher does; every method may be overridden."""

    def on_published(self, name: str, elapsed_s: float) -> None:
        """A batch's page is on the shelf."""

    def on_unpublished(self, name: str, reason: str) -> None:
        """A batch stays with the ordinary route for now."""

    def on_wait(self, error: TracerError) -> None:
        """A database is away; it is tried again."""

    def on_progress(self, progress: Progress) -> None:
        """A batch is done."""


@dataclass(slots=True)
class _Failure:
    """A batch that could not be published, and when it is tried again (monotonic clock)."""

    pause_s: float
    retry_at: float


@dataclass(slots=True)
class _Queue:
    """Batches to do: those that are recalled or on hold first, then the newest."""

    wanted: dict[bytes, Rank] = field(default_factory=dict)
    failures: dict[bytes, _Failure] = field(default_factory=dict)

    def add(self, ranks: dict[bytes, Rank]) -> None:
        self.wanted |= ranks

    def take(self) -> bytes | None:
        if not self.wanted:
            return None
        batch_id = min(self.wanted, key=self.wanted.__getitem__)
        del self.wanted[batch_id]
        return batch_id

    def fail(self, batch_id: bytes) -> None:
        before = self.failures.get(batch_id)
        pause_s = min(before.pause_s * 2, MAX_RETRY_S) if before else RETRY_S
        self.failures[batch_id] = _Failure(pause_s, time.monotonic() + pause_s)

    def may_try(self, batch_id: bytes) -> bool:
        failure = self.failures.get(batch_id)
        return failure is None or failure.retry_at <= time.monotonic()


class Publisher:
    """Keeps one shelf.

    Args:
        services: of the server whose pages these are.
        shelf: opened.
        listener: hears of what is done.
        sweep_s: see `SWEEP_S`.
    """

    def __init__(
        self,
        services: Services,
        shelf: Shelf,
        listener: Listener | None = None,
        *,
        sweep_s: float = SWEEP_S,
    ) -> None:
        self._services, self._shelf = services, shelf
        self._listener = listener or Listener()
        self._lead = shelf.lead()
        self._watch = Watch(shelf, services.contents, build_digest(services))
        self._queue = _Queue()
        self._published = self._failed = 0
        self._swept_at, self._sweep_s = float("-inf"), sweep_s
        self._leads = False
        self._looked_at = 0.0
        self._deps_since: set[str] = set()

    def close(self) -> None:
        """Let another publisher write."""
        self._lead.release()

    def run_once(self, stop: threading.Event | None = None) -> Progress:
        """Publish everything that is to be published now.

        Raises:
            DatabaseUnavailableError: a database is away, or another publisher is at work.
        """
        while not (stop and stop.is_set()):
            if not self._hold():
                raise DatabaseUnavailableError(
                    f"{self._lead.leader() or 'another program'} keeps this shelf",
                    hint="It publishes every batch by itself; there is nothing to do.",
                )
            if not self.step():
                break
        return self._progress()

    def follow(self, stop: threading.Event, is_orphaned: Callable[[], bool] | None = None) -> None:
        """Keep the shelf until told to stop. Another publisher is waited for.

        Args:
            stop: set from a signal handler or another thread.
            is_orphaned: asked between steps; ends it as `stop` does.
        """
        pauses = random.Random()  # noqa: S311 - spreads tries, hides nothing
        while not stop.is_set() and not (is_orphaned and is_orphaned()):
            try:
                is_busy = self._hold() and self.step()
            except (TransientError, ConfigurationError) as error:  # no mirror yet is the latter
                self._listener.on_wait(error)
                self._watch.forget()
                stop.wait(pauses.uniform(POLL_S, MAX_WAIT_S))
            else:
                stop.wait(0 if is_busy else POLL_S)

    def step(self) -> bool:
        """Look at the mirror, then publish one batch; whether there was one to publish.

        Raises:
            DatabaseUnavailableError: the mirror or the shelf is away.
        """
        with reading(self._services.engine) as session:
            if not self._look(session):
                return False
            self._sweep(session, self._services.now())
            batch_id = self._queue.take()
            loaded = None if batch_id is None else self._load(session, batch_id)
        if batch_id is None:
            return False
        if loaded is not None:
            self._publish(batch_id, *loaded)
        self._listener.on_progress(self._progress())
        return True

    def look(self) -> None:
        """The first half of a step: what has changed is left to the ordinary route.

        Raises:
            DatabaseUnavailableError: the mirror or the shelf is away.
        """
        with reading(self._services.engine) as session:
            self._look(session)

    def _look(self, session: Session) -> bool:
        """Look at the mirror, and queue what is to be published; whether there is a mirror."""
        now_unix = self._services.now()
        look = self._watch.look(session, now_unix)
        self._looked_at = time.monotonic()
        if look.is_there:
            self._queue.add(_load_ranks(session, look.changed))
            self._deps_since |= look.deps
        return look.is_there

    def _pulse(self) -> None:
        """Look again while a batch's documents are being made, which takes a second."""
        if time.monotonic() - self._looked_at >= POLL_S:
            self.look()

    def _publish(self, batch_id: bytes, name: str, loaded: Bundle | str) -> None:
        started = time.monotonic()
        self._deps_since.clear()
        made = self._make(loaded) if isinstance(loaded, Bundle) else loaded
        if isinstance(made, Made):
            if batch_id in self._queue.wanted or not self._deps_since.isdisjoint(made.deps):
                self._queue.add({batch_id: FIRST})  # it has changed meanwhile
                return
            self._put(made)
            self._queue.failures.pop(batch_id, None)
            self._published += 1
            self._listener.on_published(name, time.monotonic() - started)
        else:
            self._queue.fail(batch_id)
            self._failed += 1
            self._listener.on_unpublished(name, made)

    def _progress(self) -> Progress:
        return Progress(self._published, self._failed, len(self._queue.wanted))

    def _hold(self) -> bool:
        leads = self._lead.hold()
        if leads and not self._leads:
            self._watch.forget()
        self._leads = leads
        return leads

    def _load(self, session: Session, batch_id: bytes) -> tuple[str, Bundle | str] | None:
        """A batch's name, and itself as it is now or why it cannot be read; None: it has gone."""
        c = _BATCH.c
        row = session.execute(select(c.gtin, c.lot).where(c.batch_id == batch_id)).first()
        if row is None:
            return None
        name = f"{row[0]}/{row[1]}"
        try:
            bundle = load_bundle(session, self._services.contents, Gtin(row[0]), Lot(row[1]))
        except TransientError:
            raise
        except Exception as error:  # noqa: BLE001 - whatever is damaged in one, others go on
            return name, _spell(error)
        is_it = bundle.batch.batch_id == batch_id
        return name, bundle if is_it else "its names are those of another batch"

    def _make(self, bundle: Bundle) -> Made | str:
        """A batch's documents, or why there are none."""
        try:
            return make_documents(self._services, bundle, self._pulse)
        except UnpublishableError as error:
            return str(error)
        except TransientError:
            raise
        except Exception as error:  # noqa: BLE001 - as above
            return _spell(error)

    def _put(self, made: Made) -> None:
        """Put a page on the shelf. Others that share a number with it are left until made anew."""
        numbers = {dep for dep in made.deps if dep.startswith(NUMBER)}
        with self._shelf.writing() as writer:
            tins = None if made.tins is None else writer.put_tins(made.tins)
            new = numbers - writer.deps_of(made.page.batch_id)
            writer.mark_stale(deps=new)
            writer.put_page(made.page, made.docs, made.deps, tins)

    def _sweep(self, session: Session, now_unix: int) -> None:
        """Find pages that have become old by themselves, and batches to try again."""
        if time.monotonic() - self._swept_at < self._sweep_s:
            return
        self._swept_at = time.monotonic()
        old = {
            batch_id
            for batch_id, mark in self._shelf.marks().items()
            if mark.stale
            or mark.fresh_until_unix <= now_unix
            or mark.published_unix <= now_unix - RENEW_S
        }
        old |= self._queue.failures.keys()
        due = {batch_id for batch_id in old if self._queue.may_try(batch_id)}
        self._queue.add(_load_ranks(session, due - self._queue.wanted.keys()))


def _spell(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"


def _load_ranks(session: Session, batch_ids: Iterable[bytes]) -> dict[bytes, Rank]:
    """Which batch comes first: what must not be used, then what was registered last."""
    ranks: dict[bytes, Rank] = {}
    c, rest = _BATCH.c, sorted(batch_ids)
    for start in range(0, len(rest), _CHUNK):
        some = rest[start : start + _CHUNK]
        wanted = select(c.batch_id, c.recalled, c.holds, c.sequence).where(c.batch_id.in_(some))
        for row in session.execute(wanted):
            ranks[row[0]] = (0 if row[1] or row[2] else 1, -row[3])
    return ranks
