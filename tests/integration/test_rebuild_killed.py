"""A rebuild killed at any moment leaves the old mirror or the new one."""

import random
import subprocess
import sys
import time
from pathlib import Path

import pytest
from anvil_ledger import AnvilLedger, build_record
from mirror_damage import damaging
from sqlalchemy import text

from tracer.chain.deployments import save_deployment
from tracer.domain.kinds import Kind
from tracer.domain.records import pack_records
from tracer.index.compare import compare_mirrors
from tracer.index.sync import Mirror
from tracer.store.session import open_engine

pytestmark = [pytest.mark.integration, pytest.mark.slow]

SEED = 20260613
DAMAGED = ("append", "batch", "registry_log")

# Says when it builds and when it swaps, so that kills fall into both.
REBUILD = """
import sys
from pathlib import Path
from typing import Any
from tracer.chain.deployments import load_deployment
from tracer.chain.rpc import RpcClient
from tracer.index.rebuild import rebuild_mirror
from tracer.index.scratch import scratch_engine
from tracer.store import swap
from tracer.store.session import open_engine

swap._PAGES_AT_ONCE = 5
swap._ROWS_AT_ONCE = 100
said = set()

def say(what, done, total):
    if what not in said:
        said.add(what)
        print(what, flush=True)

with RpcClient(sys.argv[1]) as node, scratch_engine(Path(sys.argv[4])) as scratch:
    deployment = load_deployment(Path(sys.argv[3]))
    live = open_engine(sys.argv[2])
    print("begins", flush=True)
    rebuild_mirror(live, scratch, node, deployment, 64, on_step=say)
print("ends", flush=True)
"""


@pytest.mark.parametrize("kills", [10, pytest.param(40, marks=pytest.mark.faults)])
def test_kills_leave_the_old_mirror_or_the_new_one(
    ledger: AnvilLedger, database_url: str, tmp_path: Path, kills: int
) -> None:
    batch_id, now = ledger.populate()[1], ledger.now_unix()
    for place in range(100):
        records = [build_record(Kind.DOCUMENT, now, f"{place} {ordinal}") for ordinal in range(20)]
        ledger.send(1, "append", batch_id, pack_records(records))
    engine, fresh = open_engine(database_url), open_engine("sqlite://")
    for one in (engine, fresh):
        Mirror(one, ledger.node, ledger.deployment, 64).sync_once()
    deployment = tmp_path / "deployment.json"
    save_deployment(deployment, ledger.deployment)
    command = [sys.executable, "-c", REBUILD, ledger.node._url, database_url]
    command += [str(deployment), str(tmp_path)]
    print(f"seed {SEED}")
    chance = random.Random(SEED)
    swap_s = 0.03 if engine.dialect.name == "sqlite" else 0.3  # so that some kills come after it
    outcomes = set()
    for kill in range(kills):
        with damaging(database_url) as connection:
            for table in DAMAGED:
                connection.execute(text(f"UPDATE {table} SET block_number = {kill}"))
        planted = compare_mirrors(engine, fresh)
        assert len(planted) == len(DAMAGED)
        line, most_s = ("swapping in", swap_s) if kill % 3 else ("begins", 0.3)
        has_ended = kill_at(command, line, chance.uniform(0, most_s))
        found = compare_mirrors(engine, fresh)
        assert found in ([], planted)
        outcomes.add((has_ended, found == []))
    print(f"ended, new: {sorted(outcomes)}")
    assert (False, False) in outcomes, "every run ended before it was killed"
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    assert not (tmp_path / "scratch").exists()
    assert compare_mirrors(engine, fresh) == []
    engine.dispose()


def kill_at(command: list[str], line: str, delay_s: float) -> bool:
    """Run a command and kill it some time after it has said something; whether it had ended."""
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for said in process.stdout:
            if said.strip() == line:
                break
        time.sleep(delay_s)
        process.kill()
        return "ends" in process.stdout.read()
