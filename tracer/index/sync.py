"""Keep the mirror equal to the chain: look, decide, fetch, check, commit; one range at a time.

(1) The node shows its newest block and its block at the checkpoint;
(2) `window.next_step` says whether to extend, rewind or wait;
(3) `pipeline.read_ahead` reads ranges, each proven by headers, receipts and the ledger's own count,
    while the range before is written;
(4) `batches.project_batches` refolds every head;
(5) logs, projections, block hashes and the cursor are committed in one transaction, and so is a
    rewind together with the first range that replaces what was taken back.
A crash between any two steps leaves the mirror as it was; starting again goes on from there.
"""

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from sqlalchemy import Engine

from tracer.chain.blocks import Where, fetch_blocks
from tracer.chain.deployments import Deployment, check_identity
from tracer.chain.rpc import Node
from tracer.domain.blocks import BlockRef
from tracer.errors import (
    MirrorGapError,
    NodesDisagreeError,
    RpcError,
    RpcUnavailableError,
)
from tracer.index import apply
from tracer.index.batches import BatchState, Ledger
from tracer.index.checkpoint import Checkpoint, Position
from tracer.index.fetch import FetchedRange, RangeReader
from tracer.index.pipeline import read_ahead
from tracer.index.span import Span
from tracer.index.start import load_checkpoint, open_mirror
from tracer.index.watch import Watch
from tracer.index.window import Rewind, View, Wait, find_ancestor, next_step
from tracer.store import write
from tracer.store.session import reading, writing
from tracer.store.state import load_blocks_before, load_next_sequence

DEV_CHAIN_IDS: Final = frozenset({1337, 31337})
ATTEMPTS: Final = 3  # a wrong answer may come from one stale node of many; a wrong node repeats it
MAX_KNOWN: Final = 20_000  # batches whose state is kept between ranges; about 10 MB
PAUSE_S: Final = 0.1  # before asking again for what was wrong
_BLOCKS_AT_ONCE: Final = 64  # stored blocks compared with the node's per request when rewinding


@dataclass(frozen=True, slots=True)
class SyncResult:
    """What one call of `Mirror.sync_once` did, or has done so far.

    Attributes:
        block_number: where the mirror stands.
        head_number: the block to reach: the node's newest when the call began.
        blocks: blocks taken in.
        logs: logs taken in.
        records: records in them.
        rewinds: times that blocks were taken back.
        is_node_behind: the node stands lower than the mirror; nothing was changed.
        elapsed_s: seconds since the call began.
    """

    block_number: int = 0
    head_number: int = 0
    blocks: int = 0
    logs: int = 0
    records: int = 0
    rewinds: int = 0
    is_node_behind: bool = False
    elapsed_s: float = 0.0


Progress = Callable[[SyncResult], None]


@dataclass(slots=True)
class _Run:
    """One call of `sync_once`."""

    progress: Progress | None
    stop: threading.Event
    until: int | None
    result: SyncResult = SyncResult()
    started: float = field(default_factory=time.monotonic)
    is_begun: bool = False

    def see(self, stands: BlockRef, head: BlockRef) -> None:
        if not self.is_begun:
            self.result = replace(self.result, head_number=head.number)
            self.is_begun = True
        self.add(stands)

    def add(
        self,
        stands: BlockRef,
        *,
        blocks: int = 0,
        logs: int = 0,
        records: int = 0,
        rewinds: int = 0,
    ) -> None:
        self.result = SyncResult(
            stands.number,
            self.result.head_number,
            self.result.blocks + blocks,
            self.result.logs + logs,
            self.result.records + records,
            self.result.rewinds + rewinds,
            self.result.is_node_behind,
            time.monotonic() - self.started,
        )


class Mirror:
    """Follows one ledger into one database. Not to be shared between threads.

    Several mirrors may write to the same database: each plans from the committed cursor and gives
    way when another has moved it.

    Args:
        engine: from `tracer.store.session.open_engine`.
        node: the node to read from; asked from two threads at once.
        deployment: the ledger to follow.
        finality: a number of blocks, or the node's tag for final blocks. Blocks that were final
            are never rewound. A development chain of finality 0 is final only to its readers: the
            mirror follows its rewinds down to the node's own final block.
        watch: hears of everything the mirror does.
        witness: a second node, which must name the same final block.
    """

    def __init__(
        self,
        engine: Engine,
        node: Node,
        deployment: Deployment,
        finality: int | str,
        watch: Watch | None = None,
        *,
        witness: Node | None = None,
    ) -> None:
        self.watch = watch or Watch()
        self._engine = engine
        self._node = node
        self._witness = witness
        self._deployment = deployment
        is_rewindable = finality == 0 and deployment.chain_id in DEV_CHAIN_IDS
        self._finality: int | str = "finalized" if is_rewindable else finality
        self._ledger = Ledger(deployment.chain_id, deployment.contract)
        self._span = Span()
        self._reader = RangeReader(node, deployment.contract)
        self._is_connected = self._is_open = False
        self._doubts = 0

    def sync_once(
        self,
        progress: Progress | None = None,
        stop: threading.Event | None = None,
        *,
        until: int | None = None,
    ) -> SyncResult:
        """Take in everything up to the block that is the node's newest now.

        Args:
            progress: called after every committed range.
            stop: when set, return after the range at hand.
            until: number of a block not to go beyond.

        Raises:
            RpcUnavailableError: the node does not answer usably; what was committed stays.
            DatabaseUnavailableError: locked, full, damaged or gone; what was committed stays.
            WrongChainError: the node, or the database, belongs to another chain or ledger.
            MirrorGapError: the node's logs are not the contract's; nothing of them was kept.
            ReorgBeyondFinalityError: a final block is no longer part of the chain.
        """
        run = _Run(progress, stop or threading.Event(), until)
        try:
            self._connect()
            while not run.stop.is_set() and self._advance(run):
                pass
        except RpcUnavailableError:
            self._is_connected = False  # whoever answers next must prove its chain again
            raise
        return run.result

    def _connect(self) -> None:
        if not self._is_connected:
            check_identity(self._node, self._deployment)
            if self._witness is not None:
                check_identity(self._witness, self._deployment)
        if not self._is_open:
            open_mirror(self._engine, self._node, self._deployment)
        self._is_connected = self._is_open = True

    def _advance(self, run: _Run) -> bool:
        """Look once and do what is to be done. Returns whether there may be more to do."""
        checkpoint = load_checkpoint(self._engine)
        view = self._look(checkpoint, run.until)
        self.watch.on_look(checkpoint.block, view.head)
        was_begun = run.is_begun
        run.see(checkpoint.block, view.head)
        step = next_step(checkpoint, view)
        if isinstance(step, Wait):
            run.result = replace(run.result, is_node_behind=step.is_node_behind)
            return False
        if was_begun and checkpoint.block.number >= run.result.head_number:
            return False
        try:
            start = checkpoint.position
            if isinstance(step, Rewind):
                start = self._find_ancestor(checkpoint)
            self._extend(checkpoint, start, view, run)
            self._doubts = 0
        except (MirrorGapError, RpcError) as error:
            self.watch.on_doubt(error)
            self._doubts += 1
            if self._doubts >= ATTEMPTS:
                self._doubts = 0
                raise
            run.stop.wait(PAUSE_S)
        return True

    # --- looking ------------------------------------------------------------------------------

    def _look(self, checkpoint: Checkpoint, until: int | None) -> View:
        """(1) The node's newest block, its block at the checkpoint, and its final block."""
        wheres: list[Where] = ["latest", checkpoint.block.number]
        if isinstance(self._finality, str):
            wheres.append(self._finality)
        head, at_checkpoint, *tagged = fetch_blocks(self._node, wheres)
        if head is None:
            raise RpcUnavailableError("the node has no newest block", hint="Ask another node.")
        if at_checkpoint is None and head.number >= checkpoint.block.number:
            raise RpcUnavailableError(
                f"the node is at {head} but has no block {checkpoint.block.number}",
                hint="It may stand for several nodes that disagree; wait.",
            )
        final = self._final_block(checkpoint, head, tagged[0] if tagged else None)
        if until is not None and until < head.number:
            (head,) = fetch_blocks(self._node, [until])
            if head is None:
                raise RpcUnavailableError(
                    f"the node has no block {until}", hint="It may stand for several nodes; wait."
                )
        return View(head, at_checkpoint, final)

    def _final_block(
        self, checkpoint: Checkpoint, head: BlockRef, tagged: BlockRef | None
    ) -> BlockRef | None:
        """The newest final block if it is news, and if the second node names the same."""
        final = tagged
        if isinstance(self._finality, int):
            number = head.number - self._finality
            if number <= checkpoint.final_number:
                return None
            (final,) = fetch_blocks(self._node, [number])
        if final is None or final.number <= checkpoint.final_number or self._witness is None:
            return final
        try:
            (theirs,) = fetch_blocks(self._witness, [final.number])
        except RpcUnavailableError as error:
            self.watch.on_doubt(error)
            return None
        if theirs is not None and theirs.block_hash != final.block_hash:
            raise NodesDisagreeError(
                f"the node calls {final} final, but the second node has {theirs} there",
                hint="One of them is on another fork or lies. Find out which before going on.",
            )
        return final if theirs is not None else None

    # --- moving -------------------------------------------------------------------------------

    def _extend(self, checkpoint: Checkpoint, start: Position, view: View, run: _Run) -> None:
        """(3) to (5), range by range; `start` lies before the checkpoint after a reorganisation."""
        stands, known = checkpoint.position, dict[bytes, BatchState]()
        for found in read_ahead(self._reader, self._span, start, view.head):
            if len(known) > MAX_KNOWN:
                known.clear()
            records = self._commit(stands, found, view.final, known)
            if records is None:  # another mirror was faster: plan anew
                return
            is_rewound = found.start != stands
            if is_rewound:
                self.watch.on_rewind(stands.block, found.start.block)
            stands = found.end
            blocks = stands.block.number - found.start.block.number
            self.watch.on_extend(stands.block, blocks, len(found.logs), records)
            run.add(
                stands.block,
                blocks=blocks,
                logs=len(found.logs),
                records=records,
                rewinds=int(is_rewound),
            )
            if run.progress is not None:
                run.progress(run.result)
            if run.stop.is_set():
                return

    def _commit(
        self,
        stands: Position,
        found: FetchedRange,
        final: BlockRef | None,
        known: dict[bytes, BatchState],
    ) -> int | None:
        """Write one range in one transaction; how many records it holds, None if it is not ours."""
        last = found.end.block
        with writing(self._engine) as connection:
            if write.lock_cursor(connection) != (stands.block, stands.next_sequence):
                return None
            if found.start != stands:
                apply.rewind(connection, self._ledger, found.start)
            records = apply.apply_logs(connection, self._ledger, found.logs, known)
            write.move_cursor(connection, last, found.end.next_sequence)
            if final is not None:
                write.raise_final(connection, final if final.number < last.number else last)
        return records

    # --- backwards ----------------------------------------------------------------------------

    def _find_ancestor(self, checkpoint: Checkpoint) -> Position:
        """The newest position that is still on the node's chain."""
        below = checkpoint.block.number
        anchor = BlockRef(checkpoint.final_number, checkpoint.final_hash, 0)
        while True:
            with reading(self._engine) as session:
                stored = load_blocks_before(session, below, _BLOCKS_AT_ONCE)
            stored = [block for block in stored if block.number > anchor.number]
            is_end = len(stored) < _BLOCKS_AT_ONCE
            stored += [anchor] if is_end else []
            shown = fetch_blocks(self._node, [block.number for block in stored])
            found = find_ancestor(checkpoint, stored, shown)
            if found is not None:
                with reading(self._engine) as session:
                    next_sequence = load_next_sequence(session, found.number)
                return Position(_with_time(found, shown), next_sequence)
            if is_end:
                raise RpcUnavailableError(
                    f"the node does not show block {anchor.number}", hint="Ask another node."
                )
            below = stored[-1].number


def _with_time(block: BlockRef, shown: Sequence[BlockRef | None]) -> BlockRef:
    """The node's own form of a block: the mirror keeps no time of its final block."""
    return next(other for other in shown if other and other.block_hash == block.block_hash)
