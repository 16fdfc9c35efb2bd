"""The load generator: asks for paths over many connections and times every answer.

    python -m scan_bench.generator CORE    # orders come in on stdin, results go out on stdout

Both are JSON objects, one a line. It runs in a process of its own on a core of its own. Every
connection is kept alive and has one request in flight, whose bytes were made beforehand; an answer
ends where its Content-Length says.

Usually it polls: it looks for answers all the time and never sleeps. A sleeping process has to be
woken by the system call with which the server sends, on a virtual machine at the price of several
microseconds of the server's time; a phone on a network is not woken by the server. Figures with a
generator that sleeps are printed beside them.
Bodies are counted, not read: `checks.py` reads a sample before anything is timed.
"""

import asyncio
import gc
import json
import re
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from scan_bench.cores import stay_on

CONNECTIONS: Final = 32
HOST: Final = "id.example.org"
DRAIN_S: Final = 10.0  # for answers that are on their way when the time is up
_LENGTH: Final = re.compile(rb"\r\ncontent-length: *", re.IGNORECASE)
_GOOD: Final = b"HTTP/1.1 200 "


@dataclass(frozen=True, slots=True)
class Order:
    """What to ask.

    Attributes:
        port: of the server on this machine.
        paths: file with one path a line.
        headers: of each request, one a line.
        seconds: that count.
        warm_s: seconds before those, which do not.
        skip: begin behind so many paths.
        polls: never sleep.
    """

    port: int
    paths: str
    headers: str
    seconds: float
    warm_s: float
    skip: int
    polls: bool


@dataclass(frozen=True, slots=True)
class Result:
    """What came of it.

    Attributes:
        per_s: answers a second while it counted.
        p50_ms: half of the answers took at most so long.
        p99_ms: 99 % of them.
        answers: with those before it counted.
        body_bytes: of an answer on average.
        cpu_s: of this process, for all answers.
        wall_s: for all answers.
    """

    per_s: float
    p50_ms: float
    p99_ms: float
    answers: int
    body_bytes: float
    cpu_s: float
    wall_s: float


class Load:
    """Everything that the connections share."""

    def __init__(self, requests: list[bytes], skip: int) -> None:
        self.requests, self._next = requests, skip % len(requests)
        self.length_name = b""
        self.taken: list[float] = []
        self.answers = self.body_bytes = 0
        self.is_counting, self.is_ending = False, False
        loop = asyncio.get_running_loop()
        self.failed: asyncio.Future[None] = loop.create_future()
        self.drained: asyncio.Future[None] = loop.create_future()
        self.busy = 0

    def next_request(self) -> bytes:
        """The bytes of the next request."""
        at = self._next
        self._next = at + 1 if at + 1 < len(self.requests) else 0
        return self.requests[at]

    def body_size(self, data: bytes, end: int) -> int:
        """The body's length by the headers before `end`."""
        name = self.length_name
        at = data.find(name, 0, end) if name else -1
        if at < 0:  # the first answer, or a server that spells it otherwise
            found = _LENGTH.search(data, 0, end)
            if found is None:
                raise ValueError("an answer has no Content-Length")
            self.length_name = name = found[0]
            at = found.start()
        at += len(name)
        return int(data[at : data.index(b"\r", at)])

    def poll(self) -> None:
        """Keep the loop from sleeping while it counts."""
        if not self.is_ending:
            asyncio.get_running_loop().call_soon(self.poll)

    def leave(self) -> None:
        """One connection asks no more."""
        self.busy -= 1
        if not self.busy and not self.drained.done():
            self.drained.set_result(None)

    def fail(self, reason: str) -> None:
        """End the run: a figure with errors in it is none."""
        if not self.failed.done():
            self.failed.set_exception(RuntimeError(reason))


class Lane(asyncio.Protocol):
    """One connection, one request in flight."""

    __slots__ = ("_asked", "_begun", "_left", "_load", "_transport")

    def __init__(self, load: Load) -> None:
        self._load = load
        self._left = 0
        self._begun = b""
        self._asked = 0.0
        self._transport: Any = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask for the first."""
        self._transport = transport
        self._load.busy += 1
        self._ask(time.perf_counter())

    def _ask(self, now: float) -> None:
        self._asked = now
        self._transport.write(self._load.next_request())

    def data_received(self, data: bytes) -> None:
        """Take a part of an answer."""
        left = self._left
        if left:
            left -= len(data)
        else:
            if self._begun:
                data, self._begun = self._begun + data, b""
            end = data.find(b"\r\n\r\n")
            if end < 0:
                self._begun = data
                return
            left = self._begin(data, end)
        self._left = left
        if left == 0:
            self._finish(time.perf_counter())
        elif left < 0:
            self._load.fail("an answer is longer than its Content-Length")

    def _begin(self, data: bytes, end: int) -> int:
        """Bytes of the answer that are still to come."""
        load = self._load
        if not data.startswith(_GOOD):
            load.fail(f"not answered: {data[:80]!r}")
        size = load.body_size(data, end)
        load.body_bytes += size
        return end + 4 + size - len(data)

    def _finish(self, now: float) -> None:
        load = self._load
        load.answers += 1
        if load.is_counting:
            load.taken.append(now - self._asked)
        elif load.is_ending:
            load.leave()
            self._transport.close()
            return
        self._ask(now)

    def connection_lost(self, exc: Exception | None) -> None:
        """No server ends a connection that is asked all the time."""
        if not self._load.is_ending:
            self._load.fail(f"the server closed a connection: {exc}")


async def run(order: Order, requests: list[bytes]) -> Result:
    """Carry an order out.

    Raises:
        RuntimeError: a request was not answered with 200.
    """
    loop, load = asyncio.get_running_loop(), Load(requests, order.skip)
    begun, cpu = time.perf_counter(), time.process_time()
    if order.polls:
        load.poll()
    lanes = [
        loop.create_connection(lambda: Lane(load), "127.0.0.1", order.port)
        for _ in range(CONNECTIONS)
    ]
    await asyncio.gather(*lanes)
    await asyncio.wait({load.failed}, timeout=order.warm_s)
    load.is_counting, counted = True, time.perf_counter()
    await asyncio.wait({load.failed}, timeout=order.seconds)
    load.is_counting, load.is_ending = False, True
    seconds = time.perf_counter() - counted
    either = asyncio.FIRST_COMPLETED
    await asyncio.wait({load.failed, load.drained}, timeout=DRAIN_S, return_when=either)
    if load.failed.done():
        load.failed.result()
    wall, used = time.perf_counter() - begun, time.process_time() - cpu
    if not load.taken:
        raise RuntimeError("nothing was answered in time")
    taken = sorted(load.taken)
    return Result(
        per_s=len(taken) / seconds,
        p50_ms=1000 * taken[len(taken) // 2],
        p99_ms=1000 * taken[len(taken) * 99 // 100],
        answers=load.answers,
        body_bytes=load.body_bytes / load.answers,
        cpu_s=used,
        wall_s=wall,
    )


def make_requests(paths: str, headers: str) -> list[bytes]:
    """The bytes of all requests."""
    lines = Path(paths).read_text("ascii").split()
    end = "".join(f"{line}\r\n" for line in (f"Host: {HOST}", *headers.splitlines()))
    return [f"GET {path} HTTP/1.1\r\n{end}\r\n".encode() for path in lines]


def _new_loop() -> asyncio.AbstractEventLoop:
    try:
        import uvloop  # noqa: PLC0415 - not on every system
    except ImportError:
        return asyncio.new_event_loop()
    loop: asyncio.AbstractEventLoop = uvloop.new_event_loop()
    return loop


def main() -> None:
    """Take orders until stdin ends."""
    stay_on(int(sys.argv[1]))
    known: dict[tuple[str, str], list[bytes]] = {}
    with asyncio.Runner(loop_factory=_new_loop) as runner:
        for line in sys.stdin:
            order = Order(**json.loads(line))
            key = (order.paths, order.headers)
            if key not in known:
                known[key] = make_requests(*key)
            gc.collect()
            gc.freeze()
            gc.disable()
            answer = asdict(runner.run(run(order, known[key])))
            gc.enable()
            print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
