"""A connection that keeps breaking delays the mirror and changes nothing else."""

import random
import threading
import time
from functools import partial
from pathlib import Path

import pytest
from anvil_ledger import AnvilLedger
from fault_proxy import FAULTS, faulty
from mirror_watches import Recorder

from tracer.chain.backoff import Backoff
from tracer.chain.rpc import RpcClient
from tracer.domain.kinds import Kind
from tracer.errors import RpcUnavailableError
from tracer.index import follow as following
from tracer.index.compare import compare_mirrors
from tracer.index.sync import Mirror
from tracer.store.session import open_engine

pytestmark = [pytest.mark.integration, pytest.mark.slow]


@pytest.mark.parametrize("seed", range(3))
def test_it_follows_through_faults_and_reorgs(
    ledger: AnvilLedger, tmp_path: Path, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    print(f"seed {seed}")
    monkeypatch.setattr(following, "Backoff", partial(Backoff, cap_s=0.05))
    ledger.populate()
    batch_id = ledger.register(1, "LOTF")
    ledger.node.call("anvil_mine", "0x5")  # deeper than any reorganisation below
    engine, fresh = open_engine(f"sqlite:///{tmp_path / 'm.sqlite'}"), open_engine("sqlite://")
    seen = Recorder()
    stop, chance = threading.Event(), random.Random(seed)
    with (
        faulty(ledger.node._url, seed=seed, rate=0.25) as proxy,
        RpcClient(proxy.url, timeout_s=5) as node,
    ):
        mirror = Mirror(engine, node, ledger.deployment, 64, seen)
        thread = threading.Thread(target=lambda: following.follow(mirror, stop, interval_s=0.01))
        thread.start()
        for step in range(60):
            if chance.random() < 0.15:
                ledger.node.call("anvil_reorg", chance.randint(1, 4), [])
            ledger.append(1, batch_id, [Kind.DOCUMENT] * chance.randint(1, 9), f"{seed} {step}")
            time.sleep(chance.uniform(0, 0.05))
        deadline = time.monotonic() + 60
        while set(FAULTS) - set(proxy.seen) and time.monotonic() < deadline:
            time.sleep(0.05)
        proxy.rate = 0
        time.sleep(0.5)
        stop.set()
        thread.join()
    assert set(FAULTS) <= set(proxy.seen)
    assert seen.failures
    assert all(isinstance(error, RpcUnavailableError) for error in seen.failures)
    for one in (engine, fresh):
        Mirror(one, ledger.node, ledger.deployment, 64).sync_once()
    assert compare_mirrors(engine, fresh) == []
    engine.dispose()
