"""Stay at the node's newest block until told to stop; of several indexers one at a time."""

import random
import threading
import time
from typing import Final

from tracer.chain.backoff import Backoff
from tracer.chain.heads import Heads
from tracer.errors import TransientError
from tracer.index.sync import Mirror, SyncResult
from tracer.store.lead import Lead, NoRivals

POLL_S: Final = 0.25
STANDBY_POLL_S: Final = 0.5  # how soon the lead of an indexer that has gone is taken
BEAT_S: Final = 2.0  # who leads says so at least this often; see `tracer.store.lead.LEASE_S`


def follow(
    mirror: Mirror,
    stop: threading.Event,
    *,
    interval_s: float = POLL_S,
    lead: Lead | None = None,
    heads: Heads | None = None,
) -> None:
    """Take in every block until told to stop; what fails for the moment is tried again.

    Whoever fails gives the lead away while it waits: another indexer may have a better node.

    Args:
        mirror: what to keep up to date; its watch hears of everything.
        stop: set it from another thread or a signal handler.
        interval_s: seconds between looks at the node.
        lead: only who holds it writes; without it there are no other indexers.
        heads: says when the node has a new block, so that it is looked at before its time.

    Raises:
        FatalError: going on would do harm; see `Mirror.sync_once`.
    """
    lead = lead or NoRivals()
    try:
        _Follower(mirror, stop, interval_s, lead, heads).run()
    finally:
        lead.release()


class _Follower:
    """The state of one call of `follow`."""

    def __init__(
        self,
        mirror: Mirror,
        stop: threading.Event,
        interval_s: float,
        lead: Lead,
        heads: Heads | None,
    ) -> None:
        self._heads = heads
        self._mirror, self._stop, self._interval_s, self._lead = mirror, stop, interval_s, lead
        self._watch = mirror.watch
        self._backoff = Backoff(random.SystemRandom())
        self._leader: str | None = None  # whom the watch was told of; None: of nobody yet
        self._is_leading = False

    def run(self) -> None:
        """Lead or stand by, turn after turn."""
        while not self._stop.is_set():
            try:
                if self._holds():
                    self._sync()
                    self._backoff.reset()
                    self._rest()
                else:
                    self._stop.wait(STANDBY_POLL_S)
            except TransientError as error:
                self._fail(error)

    def _holds(self) -> bool:
        """Whether this indexer leads, told to the watch when it changes."""
        if self._lead.hold():
            if not self._is_leading:
                self._watch.on_lead()
            self._is_leading, self._leader = True, None
            return True
        leader = self._lead.leader() or ""
        if leader != self._leader:
            self._watch.on_standby(leader)
        self._is_leading, self._leader = False, leader
        return False

    def _sync(self) -> None:
        """Catch up; end early when the lead is lost between two ranges."""
        end = threading.Event()

        def check(_so_far: SyncResult) -> None:
            if self._stop.is_set() or not self._lead.hold():
                end.set()

        self._mirror.sync_once(check, end)

    def _rest(self) -> None:
        """Wait for the next look, in beats that keep the lead."""
        until = time.monotonic() + self._interval_s
        while not self._is_woken(min(max(until - time.monotonic(), 0.0), BEAT_S)):
            if time.monotonic() >= until or not self._lead.hold():
                return

    def _is_woken(self, timeout_s: float) -> bool:
        """Wait; whether it is time to look at the node, or to stop."""
        if self._heads is None:
            return self._stop.wait(timeout_s)
        return self._heads.wait(timeout_s) or self._stop.is_set()

    def _fail(self, error: TransientError) -> None:
        self._is_leading, self._leader = False, None
        self._lead.release()
        pause_s = self._backoff.next_pause_s(getattr(error, "retry_after_s", None))
        self._watch.on_failure(error, pause_s)
        self._stop.wait(pause_s)
