"""What cannot have followed from the ledger's own rules is named by block and log."""

from dataclasses import replace
from typing import Any

import pytest
from simulator import ChainSimulator, admit, append, batch_id_of, register

from tracer.chain.decode import LedgerLog
from tracer.chain.logbook import LogBook
from tracer.domain.blocks import BlockRef
from tracer.domain.kinds import Kind
from tracer.errors import MirrorGapError
from tracer.index.audit import check_sequences
from tracer.index.batches import BatchState, Ledger, project_batches, touched_batches
from tracer.index.checkpoint import Position
from tracer.index.fetch import RangeReader

CHAIN = ChainSimulator()
CHAIN.mine(admit(1), register(1, "L1"))
CHAIN.mine(append(1, "L1", [Kind.SALE, Kind.HOLD]), append(1, "L1", [Kind.RELEASE]))
CHAIN.mine()
CHAIN.mine(append(1, "L1", [Kind.RECALL]))
LEDGER = Ledger(CHAIN.deployment.chain_id, CHAIN.deployment.contract)
LAST = BlockRef(5, CHAIN.head.block_hash, CHAIN.head.time_unix)


def read_logs() -> LogBook:
    genesis = BlockRef(0, CHAIN.blocks[0].block_hash, CHAIN.blocks[0].time_unix)
    reader = RangeReader(CHAIN, CHAIN.deployment.contract)
    found = reader.fetch(Position(genesis, 1), 5, LAST, reader.count(LAST))
    assert found is not None
    return found.logs


LOGS = read_logs()
"""One ledger, one party, one batch (sequences 1 to 3), then three appends."""


def with_sequences(sequences: list[int]) -> LogBook:
    return replace(LOGS, sequences=sequences)


def with_append(at: int, **cells: Any) -> LogBook:
    """The logs with other cells in one append."""
    columns = {
        name: [*column[:at], cells.get(name, column[at]), *column[at + 1 :]]
        for name, column in LOGS.appends._asdict().items()
    }
    return replace(LOGS, appends=type(LOGS.appends)(**columns))


def with_registration(**changes: Any) -> LogBook:
    log = LOGS.others[2]
    event: Any = replace(log.event, **changes)  # type: ignore[type-var]
    return replace(LOGS, others=[*LOGS.others[:2], replace(log, event=event)])


def without_appends(others: list[LedgerLog]) -> LogBook:
    return LogBook([], [log.event.sequence for log in others], LogBook().appends, others)


class TestCheckSequences:
    def test_the_contracts_own_pass(self) -> None:
        check_sequences(LOGS, LAST, 1, 6)
        check_sequences(LOGS, LAST, 1, None)

    @pytest.mark.parametrize(
        ("sequences", "words"),
        [
            ([2, 3, 4, 5, 6], r"sequence 2 \(log \d of block 2\) stands where 1 belongs"),
            ([1, 2, 4, 5, 6], r"sequence 4 \(log \d of block 3\) stands where 3 belongs"),
            ([1, 2, 3, 4, 5], "end with sequence 5 at block 5 .*counts 6 there"),
            ([], "end with sequence 0 at block 5 .*counts 6 there"),
            ([1, 2, 3, 3, 4, 5, 6], r"sequence 3 \(log \d of block 2\) stands where 4 belongs"),
            ([1, 2, 3, 5, 4, 6], "sequence 5 .* stands where 4 belongs"),
        ],
    )
    def test_anything_else_is_named(self, sequences: list[int], words: str) -> None:
        with pytest.raises(MirrorGapError, match=words) as caught:
            check_sequences(with_sequences(sequences), LAST, 1, 6)
        assert "Nothing of this range was kept" in caught.value.hint

    def test_a_counter_that_went_on_is_noticed(self) -> None:
        with pytest.raises(MirrorGapError, match="counts 7 there"):
            check_sequences(LOGS, LAST, 1, 7)


class TestProjectBatches:
    def test_it_is_what_the_contract_stores(self) -> None:
        batch_id = batch_id_of("L1")
        changes = project_batches(LEDGER, {}, LOGS)
        assert touched_batches(LOGS) == set(changes.states) == {batch_id}
        state = changes.states[batch_id]
        assert state.head == CHAIN.state.heads[batch_id]
        assert (state.holders, state.hold_round, state.recalled) == (set(), 0, True)
        assert changes.records == 4

    @pytest.mark.parametrize("place", [0, 1, 5, 6, 11, 12, 43, 44, 87])
    def test_no_byte_of_a_record_can_change(self, place: int) -> None:
        records = bytearray(LOGS.appends.records[0])
        records[place] ^= 1
        with pytest.raises(MirrorGapError, match=r"of block 3 \(sequence 4\).*do not fold"):
            project_batches(LEDGER, {}, with_append(0, records=bytes(records)))

    @pytest.mark.parametrize(
        "cells", [{"gln": 2}, {"head": bytes(32)}, {"block_time_unix": 1_790_000_000}]
    )
    def test_nor_can_what_stands_around_it(self, cells: dict[str, Any]) -> None:
        with pytest.raises(MirrorGapError, match="do not fold"):
            project_batches(LEDGER, {}, with_append(0, **cells))

    @pytest.mark.parametrize("records", [b"", bytes(43), bytes(45)])
    def test_half_a_record_is_refused(self, records: bytes) -> None:
        with pytest.raises(MirrorGapError, match="a part of a record"):
            project_batches(LEDGER, {}, with_append(0, records=records))

    def test_an_append_needs_its_batch(self) -> None:
        with pytest.raises(MirrorGapError, match="was not registered"):
            project_batches(LEDGER, {}, replace(LOGS, others=[]))

    def test_it_needs_it_before(self) -> None:
        with pytest.raises(MirrorGapError, match="was not registered"):
            project_batches(LEDGER, {}, with_registration(sequence=5))

    def test_a_batch_is_registered_once(self) -> None:
        states = {batch_id_of("L1"): BatchState(bytes(32))}
        with pytest.raises(MirrorGapError, match="lot L1 again"):
            project_batches(LEDGER, states, without_appends(LOGS.others))

    @pytest.mark.parametrize(
        "changes",
        [{"lot": "L2"}, {"gtin": b"09520010001022"}, {"head": bytes(32)}, {"gtin": b"x" * 14}],
    )
    def test_a_registration_names_what_its_id_says(self, changes: dict[str, Any]) -> None:
        with pytest.raises(MirrorGapError, match=r"log \d of block 2 registers"):
            project_batches(LEDGER, {}, with_registration(**changes))

    def test_another_ledgers_heads_do_not_fold(self) -> None:
        with pytest.raises(MirrorGapError, match="another name or head"):
            project_batches(Ledger(1, CHAIN.deployment.contract), {}, LOGS)
