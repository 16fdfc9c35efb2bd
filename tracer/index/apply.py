"""Write one range of logs, or take the newest ranges back, inside the caller's transaction."""

from collections.abc import Sequence

from sqlalchemy import Connection

from tracer.chain.decode import LedgerLog, decode_event
from tracer.chain.events import BatchRegistered
from tracer.chain.logbook import LogBook
from tracer.domain.records import genesis_head
from tracer.index.batches import (
    BatchChanges,
    BatchState,
    Ledger,
    project_batches,
    touched_batches,
)
from tracer.index.checkpoint import Position
from tracer.index.handlers import apply_registry_event
from tracer.store import state, write
from tracer.store.tables import Append, Batch, Block, RegistryLog


def apply_logs(
    connection: Connection, ledger: Ledger, logs: LogBook, known: dict[bytes, BatchState]
) -> int:
    """Write proven logs and all that follows from them.

    Args:
        connection: inside the range's transaction.
        ledger: whose logs they are.
        logs: of the range.
        known: states of batches as they are committed; those touched are put in as they will be,
            so it is to be thrown away with a transaction that fails.

    Returns:
        How many records they hold.

    Raises:
        MirrorGapError: a log cannot have followed from what the mirror already holds.
    """
    blocks = [(block.number, block.block_hash, block.time_unix) for block in logs.blocks]
    write.insert_rows(connection, Block, blocks)
    touched = touched_batches(logs)
    missing = touched.difference(known)
    states = {key: known[key] for key in touched & known.keys()}
    states |= _load_states(connection, missing)
    existing = set(states)
    changes = project_batches(ledger, states, logs)
    _write_batches(connection, logs, changes, existing)
    known |= changes.states
    _write_registry(connection, logs.others)
    return changes.records


def rewind(connection: Connection, ledger: Ledger, ancestor: Position) -> None:
    """Take back every log after a position, so that the rows are what they were there.

    The cursor is left to the caller, who moves it past what takes their place.
    """
    touched = state.load_batches_since(connection, ancestor.next_sequence)
    has_registry_logs = state.has_registry_logs_since(connection, ancestor.next_sequence)
    write.forget_logs(connection, ancestor.next_sequence, ancestor.block.number)
    _restate_batches(connection, ledger, touched)
    if has_registry_logs:
        write.clear_registry(connection)
        for log in list(state.load_registry_logs(connection)):
            event = decode_event(log.topics, log.data)
            apply_registry_event(connection, event, log.block_time_unix)


def _load_states(connection: Connection, batch_ids: set[bytes]) -> dict[bytes, BatchState]:
    states = {}
    held = []
    for batch_id, row in state.load_batch_states(connection, batch_ids).items():
        head, holds, hold_round, recalled = row
        states[batch_id] = BatchState(head, set(), hold_round, recalled)
        if holds:
            held.append(batch_id)
    for batch_id, replayed in _replay(connection, held).items():
        states[batch_id].holders = replayed.holders
    return states


def _replay(connection: Connection, batch_ids: list[bytes]) -> dict[bytes, BatchState]:
    """Holds, rounds and recall of batches, from their records; heads are left empty."""
    states = {batch_id: BatchState(b"") for batch_id in batch_ids}
    for batch_id, gln, kind in state.load_status_records(connection, batch_ids):
        states[batch_id].apply(gln, kind)
    return states


def _restate_batches(connection: Connection, ledger: Ledger, batch_ids: list[bytes]) -> None:
    """Set batches to what their remaining records make of them."""
    states = _replay(connection, batch_ids)
    heads = state.load_last_heads(connection, batch_ids)
    for batch_id, restated in states.items():
        genesis = genesis_head(ledger.chain_id, ledger.contract, batch_id)
        restated.head = heads.get(batch_id, genesis)
    _update(connection, states)


def _write_batches(
    connection: Connection, logs: LogBook, changes: BatchChanges, existing: set[bytes]
) -> None:
    new = [
        (*row, after.head, len(after.holders), after.hold_round, after.recalled)
        for row, after in ((row, changes.states[key]) for key, row in changes.batches.items())
    ]
    write.insert_rows(connection, Batch, new)
    appends = logs.appends
    columns = (
        appends.sequence,
        appends.block_number,
        appends.log_index,
        appends.transaction_hash,
        appends.batch_id,
        appends.gln,
        appends.head,
        appends.records,
    )
    write.insert_columns(connection, Append, columns)
    write.insert_records(connection, logs.appends.sequence, logs.appends.records)
    _update(connection, {key: changes.states[key] for key in existing})


def _update(connection: Connection, states: dict[bytes, BatchState]) -> None:
    write.update_batches(
        connection,
        [
            (batch_id, after.head, len(after.holders), after.hold_round, after.recalled)
            for batch_id, after in states.items()
        ],
    )


def _write_registry(connection: Connection, logs: Sequence[LedgerLog]) -> None:
    others = [log for log in logs if not isinstance(log.event, BatchRegistered)]
    write.insert_rows(
        connection,
        RegistryLog,
        [
            (
                log.event.sequence,
                log.block_number,
                log.log_index,
                log.transaction_hash,
                log.topics,
                log.data,
            )
            for log in others
        ],
    )
    for log in others:
        apply_registry_event(connection, log.event, log.block_time_unix)
