"""Measurements that take turns: what disturbs one of them disturbs the others as well."""

import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from scan_bench.generator import Order, Result
from scan_bench.programs import Generator, Server

WARM_S: Final = 0.3


@dataclass(frozen=True, slots=True)
class Turn:
    """What one turn found.

    Attributes:
        result: of the load generator.
        cpu_us: of the server per answer.
    """

    result: Result
    cpu_us: float


@dataclass
class Case:
    """One thing that is measured, turn by turn.

    Attributes:
        server: that is asked.
        paths: file with the paths.
        headers: of each request.
        longer: a turn lasts so many times as long as others.
        polls: see `generator`.
        turns: what was found.
    """

    server: Server
    paths: Path
    headers: str
    longer: float = 1.0
    polls: bool = True
    turns: list[Turn] = field(default_factory=list)

    def take(self, generator: Generator, seconds: float) -> None:
        """Measure once more; no two turns ask for the same paths if there are enough."""
        used = self.server.cpu_s()
        skip = sum(turn.result.answers for turn in self.turns)
        order = Order(
            port=self.server.port,
            paths=str(self.paths),
            headers=self.headers,
            seconds=seconds * self.longer,
            warm_s=WARM_S,
            skip=skip,
            polls=self.polls,
        )
        result = generator.run(order)
        self.turns.append(Turn(result, 1e6 * (self.server.cpu_s() - used) / result.answers))

    def median(self, value: Callable[[Turn], float]) -> float:
        """The middle one of all turns."""
        return statistics.median(map(value, self.turns))

    @property
    def per_s(self) -> float:
        """Answers a second."""
        return self.median(lambda turn: turn.result.per_s)


def take_turns(generator: Generator, cases: Sequence[Case], rounds: int, seconds: float) -> None:
    """Measure all cases in turn, some times."""
    for _ in range(rounds):
        for case in cases:
            case.take(generator, seconds)


def rate_ratio(case: Case, other: Case) -> float:
    """Answers a second of one, divided by those of the other: the median of all rounds."""
    return _ratio(case, other, lambda turn: turn.result.per_s)


def p99_ratio(case: Case, other: Case) -> float:
    """The 99th percentile of one, divided by that of the other."""
    return _ratio(case, other, lambda turn: turn.result.p99_ms)


def _ratio(case: Case, other: Case, value: Callable[[Turn], float]) -> float:
    pairs = zip(case.turns, other.turns, strict=True)
    return statistics.median(value(first) / value(second) for first, second in pairs)
