"""What a mirror does, as lines of a log: an event with its facts, and a sentence for people."""

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final, Literal

from tracer.domain.blocks import BlockRef
from tracer.errors import TracerError
from tracer.index.watch import Watch

FLUSH_S: Final = 1.0
"""While the mirror catches up, ranges that end within this time share a line."""

Level = Literal["info", "warning", "error"]


@dataclass(frozen=True, slots=True)
class Line:
    """One line.

    Attributes:
        event: what happened, one word that never changes its meaning.
        text: a sentence for people.
        level: warnings need no one; errors ended the program.
        facts: names in camelCase and values that JSON has.
    """

    event: str
    text: str
    level: Level = "info"
    facts: Mapping[str, object] = field(default_factory=dict)


def error_line(event: str, error: TracerError, text: str, level: Level, **more: object) -> Line:
    """An error as a line."""
    facts = {"code": error.code, "message": str(error), "hint": error.hint, **more}
    return Line(event, text, level, facts)


def build_json(line: Line, now_unix: float) -> str:
    """The line as one JSON object: time, level, event, message and the event's facts."""
    body = {
        "time": spell_moment(now_unix),
        "level": line.level,
        "event": line.event,
        "message": line.text,
        **line.facts,
    }
    return json.dumps(body, ensure_ascii=False)


def spell_moment(now_unix: float) -> str:
    """A moment as RFC 3339 has it, UTC, to the millisecond."""
    moment = datetime.fromtimestamp(now_unix, UTC).isoformat(timespec="milliseconds")
    return moment.replace("+00:00", "Z")


class Lines(Watch):
    """Turns what it hears into lines.

    Args:
        write: called with every line.
        clock: seconds that only rise.
    """

    def __init__(
        self, write: Callable[[Line], None], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.write = write
        self._clock = clock
        self._flushed = clock()
        self._head: BlockRef | None = None
        self._last: BlockRef | None = None
        self._taken = [0, 0, 0]  # blocks, logs, records since the last line
        self._is_node_behind = self._has_failed = False

    def flush(self) -> None:
        """Write what has been held back."""
        if self._last is None:
            return
        blocks, logs, records = self._taken
        facts = {"block": self._last.number, "blocks": blocks, "logs": logs, "records": records}
        behind = max(self._head.number - self._last.number, 0) if self._head else 0
        text = f"block {self._last.number:,}: {count(records, 'record')}"
        text += f", {count(behind, 'block')} to go" if behind else ""
        self.write(Line("extended", text, facts=facts | {"behind": behind}))
        self._last, self._taken, self._flushed = None, [0, 0, 0], self._clock()

    def on_look(self, stands: BlockRef, head: BlockRef) -> None:
        """Note a node that falls behind, and one that answers again."""
        self._head = head
        if self._has_failed:
            self.write(Line("recovered", "node and database answer again"))
        is_behind = head.number < stands.number
        if is_behind and not self._is_node_behind:
            text = f"the node is at {head}, before the mirror's {stands}; waiting for it"
            facts = {"nodeBlock": head.number, "block": stands.number}
            self.write(Line("node-behind", text, "warning", facts))
        self._is_node_behind, self._has_failed = is_behind, False

    def on_extend(self, last: BlockRef, blocks: int, logs: int, records: int) -> None:
        """One line when the mirror has caught up, else at most one in `FLUSH_S`."""
        self._last = last
        self._taken = [
            old + new for old, new in zip(self._taken, (blocks, logs, records), strict=True)
        ]
        is_there = self._head is None or last.number >= self._head.number
        if is_there or self._clock() - self._flushed >= FLUSH_S:
            self.flush()

    def on_rewind(self, left: BlockRef, ancestor: BlockRef) -> None:
        """A warning: the chain was reorganised."""
        self.flush()
        facts = {"left": left.number, "block": ancestor.number}
        facts["depth"] = left.number - ancestor.number
        text = f"{left} left the chain; back to {ancestor}"
        self.write(Line("rewound", text, "warning", facts))

    def on_doubt(self, error: TracerError) -> None:
        """A warning: the node said what cannot be."""
        self.flush()
        text = f"{error}; nothing of it was kept, asking again"
        self.write(error_line("doubt", error, text, "warning"))

    def on_failure(self, error: TracerError, pause_s: float) -> None:
        """A warning: work has to wait."""
        self.flush()
        self._has_failed = True
        text = f"{error}; trying again in {pause_s:.1f} s"
        self.write(error_line("failure", error, text, "warning", pauseSeconds=round(pause_s, 3)))

    def on_lead(self) -> None:
        """A line."""
        self.write(Line("lead", "this indexer leads: it writes the mirror"))

    def on_standby(self, leader: str) -> None:
        """A line with the name of who leads."""
        self.flush()
        name = leader or "another indexer"
        self.write(Line("standby", f"standing by: {name} leads", facts={"leader": leader}))


def count(number: int, noun: str) -> str:
    """A number with its noun."""
    return f"{number:,} {noun}" + ("" if number == 1 else "s")
