"""The embedded development chain: anvil that loses nothing it has acknowledged.

anvil keeps its chain in memory and its own state file does not survive a crash, so clients talk
to this supervisor instead. It passes reads on and takes signed transactions itself:

(1) transactions that arrive together, and the time of the block they go into, are journaled;
(2) they are sent to anvil in that order;  (3) one block is mined;  (4) the senders are answered.

Nobody else can mine or add a transaction, so the journal replayed into a fresh anvil gives the
same blocks, hash for hash. Killing anvil, the supervisor or both at any moment loses at most
what nobody was told about. Replay takes about two milliseconds a transaction, which is right for
development and demonstrations; a network in production is a matter of another RPC URL.
"""

import asyncio
import contextlib
import json
import signal
import sqlite3
import threading
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

import aiohttp

from tracer.chain.anvil import Anvil, AnvilGoneError, find_anvil
from tracer.chain.devrpc import SEND, Answer, Endpoint, refusal, serve
from tracer.chain.journal import Genesis, Journal, JournalBlock
from tracer.errors import FatalError

MAX_BATCH = 512  # transactions ordered into one block; more wait for the next
RESTART_WAIT_S = 60  # how long a read waits while anvil is being replayed
READ_PAUSES_S = (0, 0.2, 0.5, 1)  # before each attempt; anvil's death shows a little later
MAX_RESTARTS = 3  # failed starts and replays in a row, after which we give up
STOP_TIMEOUT_S = 15


@dataclass(slots=True)
class _Waiting:
    """A transaction on its way, and the client that waits for the answer."""

    raw: str
    answer: asyncio.Future[Answer] = field(default_factory=asyncio.Future)


class DevNode:
    """A development chain in a folder: a context manager, or `run_forever()`.

    Args:
        home: folder of the journal; one process at a time may use it.
        port: of the JSON-RPC endpoint on 127.0.0.1; 0 takes a free one.
        chain_id: EIP-155 id; fixed when the folder is new.
        binary: anvil's native program; by default the npm package's, else PATH.
        heartbeat_s: mine an empty block after so many idle seconds; None mines none.
        now: the clock, Unix s; block times never run ahead of it.
    """

    def __init__(
        self,
        home: Path,
        *,
        port: int,
        chain_id: int = 31337,
        binary: Path | None = None,
        heartbeat_s: float | None = None,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._home = home
        self._port = port
        self._chain_id = chain_id
        self._binary = binary
        self._heartbeat_s = heartbeat_s
        self._now = now
        self._thread: threading.Thread | None = None
        self._started = threading.Event()
        self._failure: BaseException | None = None

    @property
    def rpc_url(self) -> str:
        """Where clients connect."""
        return f"http://127.0.0.1:{self._port}"

    @property
    def anvil_url(self) -> str:
        """The node itself, for tests of reorgs; what is changed there is not journaled."""
        return self._anvil.url

    @property
    def anvil_pid(self) -> int:
        """The node's process, which tests kill."""
        return self._anvil.pid

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self.stop()

    def start(self) -> None:
        """Replay the journal and serve, in a thread; return when clients may connect.

        Raises:
            TracerError: it could not start; see `Journal` and `find_anvil`.
        """
        self._thread = threading.Thread(target=self._run_thread, name="devnode", daemon=True)
        self._thread.start()
        self._started.wait()
        if self._failure:
            raise self._failure

    def stop(self) -> None:
        """Answer what is being mined, then end; raise what ended it before, if anything did."""
        if self._thread and self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._stop.set)
            self._thread.join(STOP_TIMEOUT_S)
        if self._failure:
            raise self._failure

    def run_forever(self, ready: Callable[[], object] = lambda: None) -> None:
        """Serve until SIGINT or SIGTERM; `ready` is called once clients may connect."""
        asyncio.run(self._run(ready, signals=True))

    def _run_thread(self) -> None:
        try:
            asyncio.run(self._run(self._started.set, signals=False))
        except BaseException as error:  # noqa: BLE001 - start() raises it in the caller's thread
            self._failure = error
        finally:
            self._started.set()

    async def _run(self, ready: Callable[[], object], *, signals: bool) -> None:
        self._loop = asyncio.get_running_loop()
        self._stop = asyncio.Event()
        self._serving = asyncio.Event()
        self._queue: asyncio.Queue[_Waiting] = asyncio.Queue()
        if signals:
            for number in (signal.SIGINT, signal.SIGTERM):
                with contextlib.suppress(NotImplementedError):  # Windows: Ctrl-C still ends us
                    self._loop.add_signal_handler(number, self._stop.set)
        genesis = Genesis(self._chain_id, int(self._now()))
        binary = find_anvil(self._binary)
        with Journal(self._home / "chain.sqlite", genesis) as self._journal:
            self._anvil = Anvil(binary, self._journal.genesis, self._home / "anvil.log")
            try:
                await self._revive()
                endpoint = Endpoint(self._submit, self._forward, self._connect)
                async with serve(endpoint, self._port) as self._port:
                    ready()
                    await self._supervise()
            finally:
                await self._anvil.kill()

    # --- clients --------------------------------------------------------------------------------

    async def _submit(self, raw: str) -> Answer:
        waiting = _Waiting(raw)
        await self._queue.put(waiting)
        return await waiting.answer

    async def _forward(self, body: bytes) -> bytes:
        for pause_s in READ_PAUSES_S:  # a read may be repeated
            await asyncio.sleep(pause_s)
            with contextlib.suppress(AnvilGoneError, TimeoutError):
                async with asyncio.timeout(RESTART_WAIT_S):
                    await self._serving.wait()
                return await self._anvil.forward(body)
        return json.dumps(refusal(-32000, "the node is being restarted")).encode()

    async def _connect(self) -> aiohttp.ClientWebSocketResponse:
        for pause_s in READ_PAUSES_S:
            await asyncio.sleep(pause_s)
            with contextlib.suppress(AnvilGoneError, TimeoutError):
                async with asyncio.timeout(RESTART_WAIT_S):  # blocks of a replay are no news
                    await self._serving.wait()
                return await self._anvil.connect()
        raise AnvilGoneError("the node is being restarted")

    # --- mining ---------------------------------------------------------------------------------

    async def _supervise(self) -> None:
        """Mine what arrives, revive anvil when it dies, until asked to stop."""
        stop = asyncio.create_task(self._stop.wait())
        arrival = asyncio.create_task(self._queue.get())
        died = asyncio.create_task(self._anvil.ended())
        while not stop.done():
            done, _ = await asyncio.wait(
                {stop, arrival, died},
                timeout=self._heartbeat_s,
                return_when=asyncio.FIRST_COMPLETED,
            )
            if died in done:
                await self._revive()
                died = asyncio.create_task(self._anvil.ended())
            elif arrival in done:
                await self._mine([arrival.result(), *self._drain()])
                arrival = asyncio.create_task(self._queue.get())
            elif not done:
                await self._mine([], even_empty=True)
        arrival.cancel()
        _settle(self._drain(), refusal(-32000, "the node is stopping"))

    def _drain(self) -> list[_Waiting]:
        count = min(self._queue.qsize(), MAX_BATCH - 1)
        return [self._queue.get_nowait() for _ in range(count)]

    async def _mine(self, batch: list[_Waiting], *, even_empty: bool = False) -> None:
        """Journal the transactions with their block, send them, mine it, and answer."""
        raws = [waiting.raw for waiting in batch]
        answers: dict[int, Answer] = {}
        try:
            block, seqs = await asyncio.to_thread(self._order, raws)  # (1)
        except sqlite3.Error as error:
            _settle(batch, refusal(-32000, f"the transaction cannot be journaled: {error}"))
            return
        try:
            signed = list(zip(seqs, raws, strict=True))
            answers = await self._apply(block, signed, even_empty=even_empty)  # (2) (3)
            await self._mine_the_rest()
        except AnvilGoneError:
            answers |= await self._revive(seqs)
        for waiting, seq in zip(batch, seqs, strict=True):
            _settle([waiting], answers[seq])  # (4)

    async def _mine_the_rest(self) -> None:
        """Mine what did not fit into one block."""
        with contextlib.suppress(sqlite3.Error):  # then the next batch's block takes it in
            while await self._anvil.has_pending():
                block, _ = await asyncio.to_thread(self._order, [])
                await self._apply(block, [])

    def _order(self, raws: list[str]) -> tuple[JournalBlock, list[int]]:
        """Choose the next block's number and time, and journal it with its transactions."""
        # Equal times of two blocks are allowed, so quick blocks do not outrun the clock.
        timestamp = max(int(self._now()), self._head.timestamp)
        return self._journal.offer(self._head.number + 1, timestamp, raws)

    async def _apply(
        self, block: JournalBlock, signed: list[tuple[int, str]], *, even_empty: bool = False
    ) -> dict[int, Answer]:
        """Send the transactions (2), mine the block (3), and return anvil's answers."""
        answers = {seq: await self._anvil.ask(SEND, raw) for seq, raw in signed}
        rejected = [seq for seq, answer in answers.items() if "error" in answer]
        block_hash = None
        if even_empty or block.block_hash or await self._anvil.has_pending():
            block_hash = await self._anvil.mine(block.timestamp)
            if block.block_hash not in (None, block_hash):
                raise FatalError(
                    f"replaying block {block.number} gave {block_hash}, not {block.block_hash}",
                    hint="Another release of anvil made this chain: use that one, or a new folder.",
                )
            self._head = block
        if block_hash != block.block_hash or rejected or not block_hash:
            with contextlib.suppress(sqlite3.Error):  # a replay finds out the same again
                self._journal.confirm(block.number, block_hash, rejected)
        return answers

    async def _revive(self, wanted: Collection[int] = ()) -> dict[int, Answer]:
        """Start anvil and replay; return its answers to the wanted transactions."""
        self._serving.clear()
        for _ in range(MAX_RESTARTS):
            await self._anvil.kill()
            with contextlib.suppress(AnvilGoneError):
                await self._anvil.start()
                answers = await self._replay(wanted)
                self._serving.set()
                return answers
        raise FatalError(
            f"anvil died {MAX_RESTARTS} times in a row",
            hint=f"Its own words are in {self._home / 'anvil.log'}.",
        )

    async def _replay(self, wanted: Collection[int]) -> dict[int, Answer]:
        """Apply every journaled block again, then what was accepted and not yet mined."""
        kept: dict[int, Answer] = {}
        self._head = JournalBlock(0, self._journal.genesis.timestamp, 0, None)
        after_seq = 0
        for block in self._journal.blocks():
            signed = self._journal.transactions(after_seq, block.last_seq)
            answers = await self._apply(block, signed)
            kept |= {seq: answers[seq] for seq in wanted if seq in answers}
            after_seq = block.last_seq
        for seq, raw in self._journal.transactions(after_seq):
            kept[seq] = await self._anvil.ask(SEND, raw)
        await self._mine_the_rest()
        return kept


def _settle(batch: list[_Waiting], answer: Answer) -> None:
    for waiting in batch:
        if not waiting.answer.done():  # the client may have gone
            waiting.answer.set_result(answer)
