import json

import pytest

from tracer.domain.blocks import BlockRef
from tracer.errors import MirrorGapError, RpcUnavailableError
from tracer.index.lines import Line, Lines, build_json, count


def block(number: int) -> BlockRef:
    return BlockRef(number, bytes([number % 256]) * 32, 1_790_000_000 + 12 * number)


class Log:
    """The lines of a mirror, by a clock that a test moves."""

    def __init__(self) -> None:
        self.lines: list[Line] = []
        self.now_s = 100.0
        self.watch = Lines(self.lines.append, lambda: self.now_s)

    @property
    def events(self) -> list[str]:
        return [line.event for line in self.lines]


@pytest.fixture
def log() -> Log:
    return Log()


class TestLines:
    def test_every_block_at_the_head_is_a_line(self, log: Log) -> None:
        for number in (7, 8):
            log.watch.on_look(block(number - 1), block(number))
            log.watch.on_extend(block(number), 1, 2, 40)
        assert [dict(line.facts) for line in log.lines] == [
            {"block": number, "blocks": 1, "logs": 2, "records": 40, "behind": 0}
            for number in (7, 8)
        ]

    def test_ranges_of_a_backfill_share_lines(self, log: Log) -> None:
        """Nothing is lost: what lines hold back comes with the next, at the latest at the end."""
        for number in range(10, 101, 10):
            log.watch.on_look(block(number - 10), block(95))
            log.now_s += 0.3
            log.watch.on_extend(block(min(number, 95)), 10, 1, 5)
        assert log.events == ["extended"] * 3
        assert [line.facts["block"] for line in log.lines] == [40, 80, 95]
        assert sum(int(str(line.facts["records"])) for line in log.lines) == 50
        assert "55 blocks to go" in log.lines[0].text

    def test_what_was_held_back_comes_before_bad_news(self, log: Log) -> None:
        log.watch.on_look(block(0), block(9))
        log.watch.on_extend(block(3), 3, 1, 1)
        log.watch.on_rewind(block(3), block(1))
        assert log.events == ["extended", "rewound"]
        assert dict(log.lines[1].facts) == {"left": 3, "block": 1, "depth": 2}

    def test_failures_end_with_a_recovery(self, log: Log) -> None:
        for pause_s in (0.25, 0.5):
            log.watch.on_failure(RpcUnavailableError("node is away", hint="wait"), pause_s)
        log.watch.on_look(block(1), block(1))
        log.watch.on_look(block(1), block(1))
        assert log.events == ["failure", "failure", "recovered"]
        assert dict(log.lines[1].facts) == {
            "code": "rpc-unavailable",
            "message": "node is away",
            "hint": "wait",
            "pauseSeconds": 0.5,
        }
        assert log.lines[1].level == "warning"

    def test_a_node_that_is_behind_is_named_once(self, log: Log) -> None:
        for head in (5, 6, 9, 9, 4):
            log.watch.on_look(block(9), block(head))
        assert log.events == ["node-behind", "node-behind"]

    def test_who_leads_is_told(self, log: Log) -> None:
        log.watch.on_standby("process 7 on db1")
        log.watch.on_standby("")
        log.watch.on_lead()
        log.watch.on_doubt(MirrorGapError("log 3 is missing"))
        assert log.events == ["standby", "standby", "lead", "doubt"]
        assert "process 7 on db1 leads" in log.lines[0].text
        assert "another indexer leads" in log.lines[1].text


def test_json_lines_are_one_object_each() -> None:
    line = Line("lead", 'a "line"\nof ☃ text', facts={"block": 7})
    text = build_json(line, 1_790_000_000.25)
    assert "\n" not in text
    assert json.loads(text) == {
        "time": "2026-09-21T14:13:20.250Z",
        "level": "info",
        "event": "lead",
        "message": line.text,
        "block": 7,
    }


def test_counts_have_their_nouns() -> None:
    assert [count(number, "block") for number in (0, 1, 1200)] == [
        "0 blocks",
        "1 block",
        "1,200 blocks",
    ]
