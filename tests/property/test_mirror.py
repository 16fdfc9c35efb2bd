"""After anything that a chain and a node can do, the mirror equals a replay of the final chain."""

import contextlib
import itertools
from collections.abc import Iterable
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule
from simulator import (
    ChainSimulator,
    Faults,
    Operation,
    add_key,
    admit,
    append,
    batch_id_of,
    change_roles,
    inspect,
    register,
    revoke_key,
    set_partner,
    suspend_or_reinstate,
)
from sqlalchemy import Engine
from sqlmodel import select

from tracer.domain.kinds import Kind
from tracer.errors import MirrorGapError, TransientError
from tracer.index.compare import compare_mirrors
from tracer.index.sync import Mirror
from tracer.store.session import open_engine, reading, upgrade
from tracer.store.tables import Batch, Cursor, Party

FINAL_DEPTH = 12
LOTS = ("L1", "L2", "L3")
KINDS = [Kind.HOLD, Kind.RELEASE, Kind.HOLD_OVERRIDE, Kind.RECALL, Kind.SALE, Kind.TELEMETRY]

glns = st.integers(1, 4)
lots = st.sampled_from(LOTS)
numbers = st.integers(1, 6)
operations = st.one_of(
    st.builds(admit, glns),
    st.builds(change_roles, glns, st.integers(1, 4095)),
    st.builds(suspend_or_reinstate, glns),
    st.builds(inspect, glns, glns, passed=st.booleans()),
    st.builds(add_key, glns, numbers),
    st.builds(revoke_key, numbers, st.integers(0, 1000)),
    st.builds(set_partner, glns, glns, trusted=st.booleans()),
    st.builds(register, glns, lots),
    st.builds(append, glns, lots, st.lists(st.sampled_from(KINDS), max_size=4), st.integers(0, 99)),
    st.builds(append, glns, lots, st.lists(st.sampled_from(KINDS), max_size=4), st.integers(0, 99)),
)
blocks = st.lists(operations, max_size=4)
limits = st.fixed_dictionaries(
    {},
    optional={
        "most_blocks": st.integers(1, 4),
        "kept_states": st.integers(1, 2),
        "batch_limit": st.just(100),
        "has_block_receipts": st.just(False),
        "has_block_times": st.just(False),
    },
)

LIES = {
    "drop": lambda logs: logs[1:] if logs else logs,
    "drop the last": lambda logs: logs[:-1],
    "double": lambda logs: logs + logs[-1:],
    "swap": lambda logs: logs[::-1],
    "empty": lambda _logs: [],
    "edit": lambda logs: [{**log, "data": _flip(log["data"])} for log in logs],
    "other block": lambda logs: [{**log, "blockHash": f"0x{7:064x}"} for log in logs],
}


def _flip(data: str) -> str:
    return data[:-1] + ("1" if data[-1] == "0" else "0")


class MirrorMachine(RuleBasedStateMachine):
    """Mine, reorganise, lie, fail and sync in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.chain = ChainSimulator(final_depth=FINAL_DEPTH)
        self.engine = open_engine("sqlite://")
        self.mirror = Mirror(self.engine, self.chain, self.chain.deployment, FINAL_DEPTH)
        upgrade(self.engine)

    @initialize()
    def begin(self) -> None:
        people = [admit(gln) for gln in (1, 2, 3)]
        self.chain.mine(*people, *(register(1, lot) for lot in LOTS[:2]))

    @rule(several=st.lists(blocks, min_size=1, max_size=5))
    def mine(self, several: list[list[Operation]]) -> None:
        for block in several:
            self.chain.mine(*block)

    @precondition(lambda self: len(self.chain.blocks) > 2)
    @rule(depth=st.integers(1, FINAL_DEPTH), several=st.lists(blocks, max_size=FINAL_DEPTH + 3))
    def reorganise(self, depth: int, several: list[list[Operation]]) -> None:
        room = self.chain.head.number - max(self.cursor("final_number"), 1)
        if room > 0:
            self.chain.reorg(min(depth, room), several)

    @rule()
    def sync(self) -> None:
        self.mirror.sync_once()

    @rule()
    def restart(self) -> None:
        self.mirror = Mirror(self.engine, self.chain, self.chain.deployment, FINAL_DEPTH)
        self.mirror.sync_once()

    @rule(several=st.lists(blocks, max_size=3), depth=st.integers(1, 3), after=st.integers(0, 12))
    def sync_while_it_changes(self, several: list[list[Operation]], depth: int, after: int) -> None:
        room = self.chain.head.number - max(self.cursor("final_number"), 1)
        if room >= depth:
            self.chain.faults.meanwhile = after, lambda: self.chain.reorg(depth, several)
        with contextlib.suppress(TransientError):  # half of an answer may be of a lower chain
            self.mirror.sync_once()
        self.chain.faults.meanwhile = None

    @rule(lag=st.integers(1, 5))
    def sync_with_a_node_that_lags(self, lag: int) -> None:
        self.chain.faults.lag = lag
        with contextlib.suppress(TransientError):  # it may not have reached the ledger yet
            self.mirror.sync_once()
        self.chain.faults.lag = 0

    @rule(limits=limits)
    def sync_with_a_node_that_limits(self, limits: dict[str, Any]) -> None:
        self.chain.faults = Faults(**limits)
        self.mirror.sync_once()
        self.chain.faults = Faults()

    @rule(refusals=st.integers(1, 4))
    def sync_with_a_node_that_fails(self, refusals: int) -> None:
        self.chain.faults.refuse = refusals
        with contextlib.suppress(TransientError):
            self.mirror.sync_once()
        self.chain.faults.refuse = 0

    @rule(lie=st.sampled_from(sorted(LIES)), times=st.integers(1, 4))
    def sync_with_a_node_that_lies(self, lie: str, times: int) -> None:
        left = itertools.repeat("eth_getLogs", times)

        def alter(method: str, _params: object, answer: Any) -> Any:
            return LIES[lie](answer) if method == "eth_getLogs" and next(left, "") else answer

        self.chain.faults.alter = alter
        with contextlib.suppress(MirrorGapError):
            self.mirror.sync_once()
        self.chain.faults.alter = None

    def cursor(self, column: str) -> int:
        with reading(self.engine) as session:
            return session.exec(select(getattr(Cursor, column))).one_or_none() or 0

    def teardown(self) -> None:
        while self.chain.head.number <= self.cursor("block_number"):
            self.chain.mine()  # longer than the mirror ever was, so that it does not wait
        self.mirror.sync_once()
        fresh = open_engine("sqlite://")
        Mirror(fresh, self.chain, self.chain.deployment, FINAL_DEPTH).sync_once()
        assert compare_mirrors(self.engine, fresh) == []
        compare_with_state(self.engine, self.chain)


def compare_with_state(engine: Engine, chain: ChainSimulator) -> None:
    """The projections are what the contract itself stores."""
    state = chain.state
    with reading(engine) as session:
        batches = {row.batch_id: row for row in session.exec(select(Batch))}
        parties = {row.gln: row for row in session.exec(select(Party))}
    assert {key: row.head for key, row in batches.items()} == state.heads
    assert set(batches) <= {batch_id_of(lot) for lot in LOTS}
    for key, row in batches.items():
        assert row.holds == len(state.holders.get(key, ()))
        assert row.hold_round == state.rounds.get(key, 0)
        assert row.recalled == state.recalled.get(key, False)
    assert column(parties.values(), "status") == state.status
    assert column(parties.values(), "roles") == state.roles
    assert {
        gln: since for gln, since in column(parties.values(), "distrust_from_unix").items() if since
    } == state.distrust


def column(rows: Iterable[Party], name: str) -> dict[int, Any]:
    return {row.gln: getattr(row, name) for row in rows}


TestMirror = MirrorMachine.TestCase
TestMirror.settings = settings(
    max_examples=40,
    stateful_step_count=25,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
