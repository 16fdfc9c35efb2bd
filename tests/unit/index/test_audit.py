"""Each way a node's logs can differ from the contract's is named by block and log."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from simulator import ChainSimulator, admit, append, batch_id_of, register

from tracer.chain.blocks import fetch_blocks, fetch_logs
from tracer.chain.decode import LedgerLog
from tracer.chain.events import Appended
from tracer.domain.kinds import Kind
from tracer.errors import MirrorGapError
from tracer.index.audit import check_logs
from tracer.index.batches import BatchState, Ledger, project_batches, touched_batches

CHAIN = ChainSimulator()
CHAIN.mine(admit(1), register(1, "L1"))
CHAIN.mine(append(1, "L1", [Kind.SALE, Kind.HOLD]), append(1, "L1", [Kind.RELEASE]))
CHAIN.mine()
CHAIN.mine(append(1, "L1", [Kind.RECALL]))
LOGS = fetch_logs(CHAIN, CHAIN.deployment.contract, 1, 5)
(LAST,) = fetch_blocks(CHAIN, [5])
LEDGER = Ledger(CHAIN.deployment.chain_id, CHAIN.deployment.contract)

Alter = Callable[[list[LedgerLog]], list[LedgerLog]]


def check(logs: list[LedgerLog], counted: int = 6) -> None:
    assert LAST is not None
    check_logs(logs, 1, LAST, 1, counted)


def with_event(log: LedgerLog, **changes: Any) -> LedgerLog:
    return replace(log, event=replace(log.event, **changes))  # type: ignore[type-var]


class TestCheckLogs:
    def test_the_contracts_own_pass(self) -> None:
        check(LOGS)

    @pytest.mark.parametrize(
        ("alter", "words"),
        [
            (lambda logs: logs[1:], "log 0 of block 2 has sequence 2, but 1 comes next"),
            (lambda logs: logs[:2] + logs[3:], "log 0 of block 3 has sequence 4, but 3"),
            (lambda logs: logs[:-1], "end with sequence 5 at block 5, but the ledger counts 6"),
            (lambda _logs: [], "end with sequence 0 at block 5, but the ledger counts 6"),
            (lambda logs: [*logs[:3], logs[2], *logs[3:]], "log 1 of block 2 is out of order"),
            (lambda logs: [*logs[:3], logs[4], logs[3]], "sequence 5, but 4 comes next"),
            (lambda logs: [*logs, replace(logs[-1], block_number=6)], "out of the range 1 to 5"),
            (
                lambda logs: [*logs[:4], replace(logs[4], block_hash=bytes(32)), logs[5]],
                "log 1 of block 3 is from another block 3",
            ),
            (
                lambda logs: [*logs[:5], replace(logs[5], block_hash=bytes(32))],
                "log 0 of block 5 is from another block 5",
            ),
            (
                lambda logs: [*logs[:4], replace(logs[4], block_time_unix=7), logs[5]],
                "log 1 of block 3 names another time",
            ),
            (
                lambda logs: [replace(logs[0], block_time_unix=0), *logs[1:]],
                "the time of block 1 is not to be had",
            ),
            (lambda logs: [*logs[:5], with_event(logs[5], sequence=9)], "sequence 9, but 6"),
        ],
    )
    def test_anything_else_is_named(self, alter: Alter, words: str) -> None:
        with pytest.raises(MirrorGapError, match=words) as caught:
            check(alter(LOGS))
        assert "Nothing of this range was kept" in caught.value.hint

    def test_a_counter_that_went_on_is_noticed(self) -> None:
        with pytest.raises(MirrorGapError, match="counts 7 there"):
            check(LOGS, counted=7)


class TestProjectBatches:
    def test_it_is_what_the_contract_stores(self) -> None:
        batch_id = batch_id_of("L1")
        changes = project_batches(LEDGER, {}, LOGS)
        assert touched_batches(LOGS) == set(changes.states) == {batch_id}
        state = changes.states[batch_id]
        assert state.head == CHAIN.state.heads[batch_id]
        assert (state.holders, state.hold_round, state.recalled) == (set(), 0, True)
        assert [row[:3] for row in changes.records] == [
            (4, 0, Kind.SALE),
            (4, 1, Kind.HOLD),
            (5, 0, Kind.RELEASE),
            (6, 0, Kind.RECALL),
        ]
        assert [row[4] for row in changes.records] == [None, 1, None, None]

    @pytest.mark.parametrize("place", [0, 1, 5, 6, 11, 12, 43, 44, 87])
    def test_no_byte_of_a_record_can_change(self, place: int) -> None:
        event = LOGS[3].event
        assert isinstance(event, Appended)
        records = bytearray(event.records)
        records[place] ^= 1
        altered = with_event(LOGS[3], records=bytes(records))
        with pytest.raises(MirrorGapError, match=r"log 0 of block 3 \(sequence 4\).*do not fold"):
            project_batches(LEDGER, {}, [*LOGS[:3], altered])

    @pytest.mark.parametrize(
        "alter",
        [
            lambda log: with_event(log, gln=2),
            lambda log: with_event(log, head=bytes(32)),
            lambda log: replace(log, block_time_unix=log.block_time_unix + 1),
        ],
    )
    def test_nor_can_what_stands_around_it(self, alter: Callable[[LedgerLog], LedgerLog]) -> None:
        with pytest.raises(MirrorGapError, match="do not fold"):
            project_batches(LEDGER, {}, [*LOGS[:3], alter(LOGS[3])])

    @pytest.mark.parametrize("records", [b"", bytes(43), bytes(45)])
    def test_half_a_record_is_refused(self, records: bytes) -> None:
        with pytest.raises(MirrorGapError, match="a part of a record"):
            project_batches(LEDGER, {}, [*LOGS[:3], with_event(LOGS[3], records=records)])

    def test_an_append_needs_its_batch(self) -> None:
        with pytest.raises(MirrorGapError, match="was not registered"):
            project_batches(LEDGER, {}, LOGS[3:])

    def test_a_batch_is_registered_once(self) -> None:
        states = {batch_id_of("L1"): BatchState(bytes(32))}
        with pytest.raises(MirrorGapError, match="lot L1 again"):
            project_batches(LEDGER, states, LOGS[:3])

    @pytest.mark.parametrize(
        "changes",
        [{"lot": "L2"}, {"gtin": b"09520010001022"}, {"head": bytes(32)}, {"gtin": b"x" * 14}],
    )
    def test_a_registration_names_what_its_id_says(self, changes: dict[str, Any]) -> None:
        with pytest.raises(MirrorGapError, match="log 1 of block 2 registers"):
            project_batches(LEDGER, {}, [*LOGS[:2], with_event(LOGS[2], **changes)])

    def test_another_ledgers_heads_do_not_fold(self) -> None:
        with pytest.raises(MirrorGapError, match="another name or head"):
            project_batches(Ledger(1, CHAIN.deployment.contract), {}, LOGS)
