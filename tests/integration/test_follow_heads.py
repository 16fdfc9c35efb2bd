"""A follower is woken by the node; without a word from it, it looks again in its own time."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from anvil_ledger import AnvilLedger
from mirror_watches import Recorder
from sqlalchemy import Engine

from tracer.chain.heads import Heads, open_heads
from tracer.domain.blocks import BlockRef
from tracer.domain.kinds import Kind
from tracer.index.follow import follow
from tracer.index.sync import Mirror
from tracer.store.session import open_engine

pytestmark = pytest.mark.integration

NEVER_S = 3_600.0  # between looks: only an announcement comes before it
LIMIT_S = 60.0


class Waker(Recorder):
    """Tells when a range with logs was taken in."""

    def __init__(self) -> None:
        super().__init__()
        self.took = threading.Semaphore(0)

    def on_extend(self, last: BlockRef, blocks: int, logs: int, records: int) -> None:
        super().on_extend(last, blocks, logs, records)
        if logs:
            self.took.release()


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    engine = open_engine(f"sqlite:///{tmp_path / 'm.sqlite'}")
    yield engine
    engine.dispose()


def test_an_announced_block_is_taken_in_at_once(engine: Engine, ledger: AnvilLedger) -> None:
    batch_id = ledger.populate()[1]
    stop, watch = threading.Event(), Waker()
    mirror = Mirror(engine, ledger.node, ledger.deployment, 64, watch)
    with open_heads(ledger.node._url, stop) as heads:
        thread = threading.Thread(target=run, args=(mirror, stop, heads))
        thread.start()
        try:
            assert watch.took.acquire(timeout=LIMIT_S)
            for place in range(5):
                ledger.append(1, batch_id, [Kind.DOCUMENT], str(place))
                assert watch.took.acquire(timeout=LIMIT_S), "nothing woke the follower"
        finally:
            stop.set()
            thread.join(LIMIT_S)
    assert not thread.is_alive()


def run(mirror: Mirror, stop: threading.Event, heads: Heads) -> None:
    follow(mirror, stop, interval_s=NEVER_S, heads=heads)
