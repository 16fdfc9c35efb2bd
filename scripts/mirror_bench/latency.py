"""How long after its block a record can be read from the mirror."""

import contextlib
import json
import random
import threading
import time
from collections.abc import Callable, Iterator, Mapping

from mirror_bench.chain import Chain
from mirror_bench.children import following
from mirror_bench.databases import Database, fresh_mirror, watching
from mirror_bench.wire import Wire, result_of
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

INTERVAL_S = 0.05  # between the follower's looks, where the node announces no blocks
LOOK_S = 0.0005  # between the reader's
LIMIT_S = 60.0  # for catching up, and for one block
PAUSES_S = (0.05, 0.25)  # between blocks, drawn anew each time: no beat to fall in with
SEED = 20_240_229


def measure_follow(database: Database, chain: Chain, blocks: int) -> list[float]:
    """Mine blocks one by one beside `tracer index follow`.

    Returns:
        For each block the milliseconds from its mining to the first look, by a second connection,
        that sees its last records.

    Raises:
        RuntimeError: the follower ended, or falls behind for good.
    """
    pauses = random.Random(SEED)  # noqa: S311 - nothing secret
    delays_ms = []
    with (
        fresh_mirror(database) as url,
        following(chain, url, INTERVAL_S),
        watching(url) as sees,
        announcements(chain.url) as announced_s,
        Wire(chain.url) as wire,
    ):
        _wait(sees, chain.sequence)
        for _ in range(blocks):
            time.sleep(pauses.uniform(*PAUSES_S))
            number = chain.next_block
            *sends, mine = chain.build_block()
            for answer in wire.exchange(sends):
                result_of(answer)
            result_of(wire.exchange([mine])[0])
            mined_s = time.perf_counter()
            seen_s = _wait(sees, chain.sequence)
            begun_s = min(mined_s, announced_s.get(number, mined_s))
            delays_ms.append((seen_s - begun_s) * 1000)
    return delays_ms


@contextlib.contextmanager
def announcements(url: str) -> Iterator[Mapping[int, float]]:
    """When the node announced each block to a subscriber of ours, by the clock of this process."""
    heard_s: dict[int, float] = {}
    with connect(url.replace("http://", "ws://")) as socket:
        asked = {"jsonrpc": "2.0", "id": 1, "method": "eth_subscribe", "params": ["newHeads"]}
        socket.send(json.dumps(asked))
        socket.recv()

        def listen() -> None:
            with contextlib.suppress(ConnectionClosed):
                for message in socket:
                    now_s = time.perf_counter()
                    head = json.loads(message)["params"]["result"]
                    heard_s[int(head["number"], 16)] = now_s

        listener = threading.Thread(target=listen)
        listener.start()
        yield heard_s
    listener.join()


def _wait(sees: Callable[[int], bool], sequence: int) -> float:
    """When the record could be seen."""
    deadline_s = time.perf_counter() + LIMIT_S
    while not sees(sequence):
        if time.perf_counter() > deadline_s:
            raise RuntimeError(f"the follower has not taken in event {sequence} in {LIMIT_S:.0f} s")
        time.sleep(LOOK_S)
    return time.perf_counter()
