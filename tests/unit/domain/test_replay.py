"""Replaying records gives what the ledger stores, and names what it would have refused."""

import pytest

from tracer.domain.bundle import AppendRow, RecordRow
from tracer.domain.kinds import Kind
from tracer.domain.replay import MAX_CLOCK_DRIFT_S, kind_name, replay, unpack_rows

OWNER, OTHER, THIRD = 9520010001008, 9520010001084, 9520010001138
NOW = 1_770_768_000


def record(kind: int, gln: int = OTHER, occurred_at_unix: int = NOW) -> RecordRow:
    return RecordRow(0, 1, kind, occurred_at_unix, None, bytes(32), gln, NOW)


class TestReplay:
    def test_holders_are_counted_each_once(self) -> None:
        state = replay(OWNER, [record(Kind.HOLD), record(Kind.HOLD, THIRD), record(Kind.RELEASE)])
        assert set(state.holds) == {THIRD}
        assert state.lifted
        assert state.refused == []

    def test_an_override_forgets_every_holder_and_starts_a_round(self) -> None:
        records = [record(Kind.HOLD), record(Kind.HOLD, THIRD), record(Kind.HOLD_OVERRIDE, THIRD)]
        state = replay(OWNER, [*records, record(Kind.HOLD)])
        assert (set(state.holds), state.hold_round) == ({OTHER}, 1)

    def test_a_recall_is_final(self) -> None:
        state = replay(OWNER, [record(Kind.RECALL), record(Kind.HOLD_OVERRIDE, THIRD)])
        assert state.recalled
        assert state.recall == record(Kind.RECALL)

    @pytest.mark.parametrize(
        ("records", "rule"),
        [
            ([record(0x00)], "UnknownKind"),
            ([record(Kind.SALE, OTHER, NOW + MAX_CLOCK_DRIFT_S + 1)], "OccurredInFuture"),
            ([record(Kind.LAB_REPORT, OWNER)], "OwnerNotIndependent"),
            ([record(Kind.INSPECTION, OWNER)], "OwnerNotIndependent"),
            ([record(Kind.HOLD), record(Kind.SALE)], "BatchOnHold"),
            ([record(Kind.RECALL), record(Kind.SALE)], "BatchRecalled"),
            ([record(Kind.HOLD), record(Kind.HOLD)], "AlreadyHolder"),
            ([record(Kind.RELEASE)], "NotHolder"),
            ([record(Kind.HOLD), record(Kind.RELEASE, THIRD)], "NotHolder"),
        ],
    )
    def test_names_what_the_ledger_refuses(self, records: list[RecordRow], rule: str) -> None:
        state = replay(OWNER, records)
        assert [broken for _, broken in state.refused] == [rule]

    @pytest.mark.parametrize(
        "kind", [Kind.LAB_REPORT, Kind.RECALL, Kind.DESTRUCTION, Kind.CORRECTION, Kind.INSPECTION]
    )
    def test_a_hold_lets_tests_and_disposal_through(self, kind: Kind) -> None:
        assert replay(OWNER, [record(Kind.HOLD), record(kind)]).refused == []

    def test_a_clock_may_run_ahead_a_little(self) -> None:
        late = record(Kind.SALE, OTHER, NOW + MAX_CLOCK_DRIFT_S)
        assert replay(OWNER, [late]).refused == []


class TestUnpackRows:
    def test_reads_what_the_ledger_accepts(self) -> None:
        packed = bytes([0x11]) + NOW.to_bytes(5, "big") + bytes([0, 0, 0, 0, 0, 7]) + b"\xaa" * 32
        place = {
            "block_number": 1,
            "block_hash": bytes(32),
            "transaction_hash": bytes(32),
            "log_index": 0,
        }
        append = AppendRow(9, OWNER, NOW + 1, bytes(32), packed + b"rest", **place)
        rows = list(unpack_rows([append, append]))
        assert rows[0] == RecordRow(0, 9, 0x11, NOW, 7, b"\xaa" * 32, OWNER, NOW + 1)
        assert [row.position for row in rows] == [0, 1]


def test_kind_names() -> None:
    assert kind_name(0x72) == "DEPARTURE"
    assert kind_name(0x02) == "0x02"
