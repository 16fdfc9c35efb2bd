"""One PostgreSQL is written to, its streaming replica is read from."""

import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest
from anvil_ledger import GTIN, AnvilLedger, running_anvil
from indexers import Indexer, Place, open_place, wait_for
from postgres import (
    PostgresServer,
    fresh_database,
    running_postgres,
    running_replica,
    sqlalchemy_url,
    stopped,
)
from served_world import open_client
from sqlalchemy import make_url
from tracer_api.limits import STALE_SECONDS

from tracer.chain.rpc import RpcClient
from tracer.domain.kinds import Kind
from tracer.index.compare import compare_mirrors
from tracer.settings import Settings
from tracer.store.session import open_engine

pytestmark = [pytest.mark.integration, pytest.mark.slow]

CHAIN_ID = 900  # not a development chain: the age of its newest block counts


@dataclass
class Pair:
    """A primary that an indexer writes to, and a server that reads from the replica."""

    place: Place
    indexer: Indexer
    primary: PostgresServer
    replica_url: str
    client: httpx.Client
    clock: list[int]  # what the server's clock is ahead of this machine's, seconds

    @property
    def ledger(self) -> AnvilLedger:
        return self.place.ledger

    def ready(self) -> dict[str, Any]:
        found: dict[str, Any] = self.client.get("/readyz").json()
        return found

    def head(self) -> int:
        return int(self.ledger.node.call("eth_blockNumber"), 16)

    def wait_until_read(self) -> None:
        """Wait until the replica shows what the chain has."""
        wait_for(lambda: self.ready().get("blockNumber") == self.head(), "replication")

    def records(self) -> int:
        path = f"/v1/batches/{GTIN.value}/LOT1/records"
        return len(self.client.get(path).json()["records"])

    def on_replica(self, statement: str) -> Any:
        url = self.replica_url.replace("+psycopg", "")
        with psycopg.connect(url, autocommit=True) as session:
            row = session.execute(statement).fetchone()
            return row and row[0]


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[Pair]:
    clock = [0]
    with (
        running_anvil("--chain-id", str(CHAIN_ID)) as (url, _),
        RpcClient(url) as node,
        running_postgres() as primary,
        running_replica(primary) as replica,
        fresh_database(primary) as database_url,
        open_place(AnvilLedger(node), database_url, tmp_path) as place,
    ):
        place.ledger.populate()
        replica_url = sqlalchemy_url(replica, str(make_url(database_url).database))
        settings = Settings(home=tmp_path, rpc_url=url, database_url=replica_url)
        indexer = place.start()
        indexer.wait_for("extended")
        with open_client(settings, lambda: int(time.time()) + clock[0]) as client:
            yield Pair(place, indexer, primary, replica_url, client, clock)


def test_a_replica_serves_reads(pair: Pair) -> None:
    pair.wait_until_read()
    before = pair.records()
    batch_id = bytes.fromhex(pair.client.get(f"/v1/batches/{GTIN.value}/LOT1").json()["batchId"])

    pair.ledger.append(1, batch_id, [Kind.DOCUMENT])
    pair.wait_until_read()
    assert pair.records() == before + 1

    # A replica that is behind shows the block that it has, not the one that the primary has.
    pair.on_replica("SELECT pg_wal_replay_pause()")
    wait_for(
        lambda: pair.on_replica("SELECT pg_get_wal_replay_pause_state()") == "paused", "a pause"
    )
    shown = pair.ready()["blockNumber"]
    taken = pair.indexer.count("extended")
    pair.ledger.append(1, batch_id, [Kind.DOCUMENT])
    pair.indexer.wait_for("extended", more_than=taken)
    assert pair.ready()["blockNumber"] == shown == pair.head() - 1
    assert pair.records() == before + 1
    pair.on_replica("SELECT pg_wal_replay_resume()")
    pair.wait_until_read()

    # Who leads is known where it writes; a replica does not pretend to know.
    ours = pair.place.world.ok("index", "status", "--json").json["leader"]
    assert ours.startswith(f"process {pair.indexer.process.pid} on ")
    reader = replace(pair.place.world, environ={"TRACER_DATABASE_URL": pair.replica_url})
    assert reader.ok("index", "status", "--json").json["leader"] is None
    assert "not known on a replica" in reader.ok("index", "status").out


def test_reads_go_on_without_the_primary(pair: Pair) -> None:
    pair.wait_until_read()
    batch_id = bytes.fromhex(pair.client.get(f"/v1/batches/{GTIN.value}/LOT1").json()["batchId"])
    before = pair.records()
    with stopped(pair.primary):
        pair.ledger.append(1, batch_id, [Kind.DOCUMENT])
        pair.indexer.wait_for("failure")
        assert pair.indexer.lines()[-1]["code"] == "database-unavailable"
        assert pair.records() == before
        assert pair.client.get("/readyz").status_code == 200
        pair.clock[0] = STALE_SECONDS + 60
        answer = pair.client.get("/readyz")
        assert (answer.status_code, answer.json()["status"]) == (503, "stale")
        assert pair.records() == before
    pair.clock[0] = 0
    pair.indexer.wait_for("recovered")
    pair.wait_until_read()
    assert pair.records() == before + 1
    assert pair.client.get("/readyz").status_code == 200

    pair.place.assert_exact()
    replica, primary = open_engine(pair.replica_url), open_engine(pair.place.database_url)
    wait_for(lambda: compare_mirrors(replica, primary) == [], "replication of everything")
    for engine in (replica, primary):
        engine.dispose()
