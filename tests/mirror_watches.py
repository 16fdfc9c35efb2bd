"""Watches that keep what they hear, for tests."""

from tracer.domain.blocks import BlockRef
from tracer.errors import TracerError
from tracer.index.watch import Watch


class Recorder(Watch):
    """Keeps committed ranges, rewinds, doubts, failures and who led, in order."""

    def __init__(self) -> None:
        self.extended: list[tuple[BlockRef, int, int, int]] = []
        self.rewound: list[tuple[BlockRef, BlockRef]] = []
        self.doubts: list[TracerError] = []
        self.failures: list[TracerError] = []
        self.leaders: list[str] = []

    def on_extend(self, last: BlockRef, blocks: int, logs: int, records: int) -> None:
        self.extended.append((last, blocks, logs, records))

    def on_rewind(self, left: BlockRef, ancestor: BlockRef) -> None:
        self.rewound.append((left, ancestor))

    def on_doubt(self, error: TracerError) -> None:
        self.doubts.append(error)

    def on_failure(self, error: TracerError, pause_s: float) -> None:
        assert pause_s > 0
        self.failures.append(error)

    def on_lead(self) -> None:
        self.leaders.append("self")

    def on_standby(self, leader: str) -> None:
        self.leaders.append(leader)
