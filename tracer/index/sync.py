"""Keep the mirror equal to the chain: look, decide, fetch, check, commit; one range at a time.

For every range:
(1) the node shows its newest block and its block at the checkpoint;
(2) `window.next_step` says whether to extend, rewind or wait;
(3) `fetch.RangeReader` reads the range's logs with the proof that none is missing, and the node
    must show the same blocks afterwards as before;
(4) `audit.check_logs` compares logs and proof;
(5) `batches.project_batches` refolds every head;
(6) logs, projections, block hashes and the cursor are committed in one transaction.
A crash between any two steps leaves the mirror as it was; starting again goes on from there.
"""

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Engine

from tracer.chain.blocks import Where, fetch_blocks
from tracer.chain.deployments import Deployment, check_identity
from tracer.chain.rpc import Node
from tracer.domain.blocks import BlockRef
from tracer.errors import MirrorGapError, RpcError, RpcUnavailableError
from tracer.index import apply
from tracer.index.audit import check_logs
from tracer.index.batches import Ledger
from tracer.index.checkpoint import Checkpoint
from tracer.index.fetch import RangeReader
from tracer.index.span import Span
from tracer.index.start import load_checkpoint, open_mirror
from tracer.index.watch import Watch
from tracer.index.window import Extend, Rewind, View, Wait, find_ancestor, next_step
from tracer.store import write
from tracer.store.session import reading, writing
from tracer.store.state import load_blocks_before

DEV_CHAIN_IDS: Final = frozenset({1337, 31337})
ATTEMPTS: Final = 3  # a wrong answer may come from one stale node of many; a wrong node repeats it
PAUSE_S: Final = 0.1  # before asking again for what was wrong
_BLOCKS_AT_ONCE: Final = 64  # stored blocks compared with the node's per request when rewinding


@dataclass(frozen=True, slots=True)
class SyncResult:
    """What one call of `Mirror.sync_once` did, or has done so far.

    Attributes:
        block_number: where the mirror stands.
        head_number: the node's newest block when the call began.
        blocks: blocks taken in.
        logs: logs taken in.
        records: records in them.
        rewinds: times that blocks were taken back.
        is_node_behind: the node stands lower than the mirror; nothing was changed.
        elapsed_s: seconds since the call began.
    """

    block_number: int
    head_number: int
    blocks: int = 0
    logs: int = 0
    records: int = 0
    rewinds: int = 0
    is_node_behind: bool = False
    elapsed_s: float = 0.0


Progress = Callable[[SyncResult], None]


@dataclass(slots=True)
class _Tally:
    """Counts of a running call."""

    started: float
    block_number: int = 0
    head_number: int = -1
    blocks: int = 0
    logs: int = 0
    records: int = 0
    rewinds: int = 0
    is_node_behind: bool = False

    def result(self) -> SyncResult:
        return SyncResult(
            self.block_number,
            self.head_number,
            self.blocks,
            self.logs,
            self.records,
            self.rewinds,
            self.is_node_behind,
            time.monotonic() - self.started,
        )


class Mirror:
    """Follows one ledger into one database. Not to be shared between threads.

    Several mirrors may write to the same database: each plans from the committed cursor and gives
    way when another has moved it.

    Args:
        engine: from `tracer.store.session.open_engine`.
        node: the node to read from.
        deployment: the ledger to follow.
        finality: a number of blocks, or the node's tag for final blocks. Blocks that were final
            are never rewound. A development chain of finality 0 is final only to its readers: the
            mirror follows its rewinds down to the node's own final block.
        watch: hears of everything the mirror does.
    """

    def __init__(
        self,
        engine: Engine,
        node: Node,
        deployment: Deployment,
        finality: int | str,
        watch: Watch | None = None,
    ) -> None:
        self.watch = watch or Watch()
        self._engine = engine
        self._node = node
        self._deployment = deployment
        is_rewindable = finality == 0 and deployment.chain_id in DEV_CHAIN_IDS
        self._finality: int | str = "finalized" if is_rewindable else finality
        self._ledger = Ledger(deployment.chain_id, deployment.contract)
        self._span = Span()
        self._reader = RangeReader(node, deployment.contract)
        self._is_connected = self._is_open = False
        self._doubts = 0

    def sync_once(
        self, progress: Progress | None = None, stop: threading.Event | None = None
    ) -> SyncResult:
        """Take in everything up to the block that is the node's newest now.

        Args:
            progress: called after every committed range.
            stop: when set, return after the range at hand.

        Raises:
            RpcUnavailableError: the node does not answer usably; what was committed stays.
            DatabaseUnavailableError: locked, full, damaged or gone; what was committed stays.
            WrongChainError: the node, or the database, belongs to another chain or ledger.
            MirrorGapError: the node's logs are not the contract's; nothing of them was kept.
            ReorgBeyondFinalityError: a final block is no longer part of the chain.
        """
        stop = stop or threading.Event()
        tally = _Tally(time.monotonic())
        try:
            self._connect()
            while self._advance(tally, stop):
                if progress is not None:
                    progress(tally.result())
                if stop.is_set():
                    break
        except RpcUnavailableError:
            self._is_connected = False  # whoever answers next must prove its chain again
            raise
        return tally.result()

    def _connect(self) -> None:
        if not self._is_connected:
            check_identity(self._node, self._deployment)
        if not self._is_open:
            open_mirror(self._engine, self._node, self._deployment)
        self._is_connected = self._is_open = True

    def _advance(self, tally: _Tally, stop: threading.Event) -> bool:
        """One step. Returns whether there may be more to do."""
        checkpoint = load_checkpoint(self._engine)
        view, final = self._look(checkpoint)
        tally.block_number = checkpoint.block.number
        if tally.head_number < 0:
            tally.head_number = view.head.number
        elif checkpoint.block.number >= tally.head_number:
            return False
        self.watch.on_look(checkpoint.block, view.head)
        step = next_step(checkpoint, view, self._span.blocks)
        if isinstance(step, Wait):
            tally.is_node_behind = step.is_node_behind
            return False
        try:
            if isinstance(step, Rewind):
                self._rewind(checkpoint, tally)
            else:
                self._extend(checkpoint, view, step, final, tally)
            self._doubts = 0
        except (MirrorGapError, RpcError) as error:
            self.watch.on_doubt(error)
            self._doubts += 1
            if self._doubts >= ATTEMPTS:
                self._doubts = 0
                raise
            stop.wait(PAUSE_S)
        return True

    def _look(self, checkpoint: Checkpoint) -> tuple[View, BlockRef | None]:
        """(1) The node's newest block, its block at the checkpoint, and its final block."""
        wheres: list[Where] = ["latest", checkpoint.block.number]
        if isinstance(self._finality, str):
            wheres.append(self._finality)
        head, at_checkpoint, *final = fetch_blocks(self._node, wheres)
        if head is None:
            raise RpcUnavailableError("the node has no newest block", hint="Ask another node.")
        if at_checkpoint is None and head.number >= checkpoint.block.number:
            raise RpcUnavailableError(
                f"the node is at {head} but has no block {checkpoint.block.number}",
                hint="It may stand for several nodes that disagree; wait.",
            )
        return View(head, at_checkpoint), final[0] if final else None

    # --- forwards -----------------------------------------------------------------------------

    def _extend(
        self,
        checkpoint: Checkpoint,
        view: View,
        step: Extend,
        final: BlockRef | None,
        tally: _Tally,
    ) -> None:
        asked = step.last - step.first + 1
        try:
            found = self._reader.fetch(checkpoint, view, step)
        except RpcUnavailableError as error:
            # Whatever the words: fewer blocks may be answered. A node that is gone shows it at the
            # next look.
            if self._span.refused(asked, is_limit=isinstance(error, RpcError)):
                return
            raise
        if found is None:  # the chain changed meanwhile: look again
            return
        check_logs(
            found.logs, step.first, found.last, checkpoint.next_sequence, found.last_sequence
        )
        self._span.answered(found.size_bytes, asked)
        final = self._final_block(checkpoint, view, found.last, final)
        with writing(self._engine) as connection:
            if write.lock_cursor(connection) != (checkpoint.block, checkpoint.next_sequence):
                return  # another mirror was faster
            records = apply.apply_logs(connection, self._ledger, found.logs)
            write.move_cursor(connection, found.last, found.last_sequence + 1)
            if final is not None:
                write.raise_final(connection, final)
        blocks = found.last.number - checkpoint.block.number
        self.watch.on_extend(found.last, blocks, len(found.logs), records)
        tally.block_number = found.last.number
        tally.blocks += blocks
        tally.logs += len(found.logs)
        tally.records += records

    def _final_block(
        self, checkpoint: Checkpoint, view: View, last: BlockRef, final: BlockRef | None
    ) -> BlockRef | None:
        """The newest final block among those that the mirror will then hold, if it is news."""
        if isinstance(self._finality, int):
            number = view.head.number - self._finality
            if number >= last.number:
                return last
            if number <= checkpoint.final_number:
                return None
            (final,) = fetch_blocks(self._node, [number])
        if final is not None and final.number >= last.number:
            return last
        return final

    # --- backwards ----------------------------------------------------------------------------

    def _rewind(self, checkpoint: Checkpoint, tally: _Tally) -> None:
        ancestor = self._find_ancestor(checkpoint)
        with writing(self._engine) as connection:
            if write.lock_cursor(connection) != (checkpoint.block, checkpoint.next_sequence):
                return
            apply.rewind(connection, self._ledger, ancestor)
        self.watch.on_rewind(checkpoint.block, ancestor)
        tally.rewinds += 1
        tally.block_number = ancestor.number

    def _find_ancestor(self, checkpoint: Checkpoint) -> BlockRef:
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
                return _with_time(found, shown)
            if is_end:
                raise RpcUnavailableError(
                    f"the node does not show block {anchor.number}", hint="Ask another node."
                )
            below = stored[-1].number


def _with_time(block: BlockRef, shown: Sequence[BlockRef | None]) -> BlockRef:
    """The node's own form of a block: the mirror keeps no time of its final block."""
    return next(other for other in shown if other and other.block_hash == block.block_hash)
