"""A mirror killed at any moment goes on where it stopped: nothing lost, nothing twice."""

import random
import subprocess
import sys
import time
from pathlib import Path

import pytest
from anvil_ledger import AnvilLedger, build_record

from tracer.chain.deployments import save_deployment
from tracer.domain.kinds import Kind
from tracer.domain.records import pack_records
from tracer.index.compare import compare_mirrors
from tracer.index.sync import Mirror
from tracer.store.session import open_engine

pytestmark = [pytest.mark.integration, pytest.mark.slow]

KILLS = 12
SEED = 20260211

# Small ranges, so that a kill falls between any two steps of some range.
SYNC = """
import sys
from pathlib import Path
from tracer.chain.deployments import load_deployment
from tracer.chain.rpc import RpcClient
from tracer.index.span import Span
from tracer.index.sync import Mirror
from tracer.store.session import open_engine

Span.MOST = 2
with RpcClient(sys.argv[1]) as node:
    mirror = Mirror(open_engine(sys.argv[2]), node, load_deployment(Path(sys.argv[3])), 64)
    mirror._span.blocks = 2
    print("begins", flush=True)
    mirror.sync_once()
print("ends", flush=True)
"""


def test_kills_leave_no_trace(ledger: AnvilLedger, database_url: str, tmp_path: Path) -> None:
    batch_id = ledger.populate()[1]
    now = ledger.now_unix()
    for place in range(150):
        records = [build_record(Kind.DOCUMENT, now, f"{place} {ordinal}") for ordinal in range(20)]
        ledger.send(1, "append", batch_id, pack_records(records))
    deployment = tmp_path / "deployment.json"
    save_deployment(deployment, ledger.deployment)
    command = [sys.executable, "-c", SYNC, ledger.node._url, database_url, str(deployment)]

    print(f"seed {SEED}")
    chance = random.Random(SEED)
    ended = 0
    for _ in range(KILLS):
        with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
            assert process.stdout is not None
            process.stdout.readline()
            time.sleep(chance.uniform(0, 0.4))
            process.kill()
            ended += process.stdout.read() == b"ends\n"
    assert ended < KILLS, "every run ended before it was killed"

    engine, fresh = open_engine(database_url), open_engine("sqlite://")
    for one in (engine, fresh):
        Mirror(one, ledger.node, ledger.deployment, 64).sync_once()
    assert compare_mirrors(engine, fresh) == []
    engine.dispose()
