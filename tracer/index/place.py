"""Where a mirror in doubt stands on the chain. Its own word for it may be what is damaged."""

from typing import Any, Final

from sqlalchemy import select, type_coerce
from sqlalchemy.types import NullType
from sqlmodel import Session

from tracer.chain.blocks import fetch_blocks, read_block
from tracer.chain.rpc import Node
from tracer.domain.blocks import BlockRef
from tracer.errors import NotFoundError, RpcUnavailableError, TransientError
from tracer.index.compare import CHANGED, CURSOR, Difference, read_raw, spell
from tracer.store.tables import Block, table_of

_BLOCK: Final = table_of(Block)
CURSOR_ID: Final = 1
_MAX_NUMBER: Final = 2**63
_HASH_BYTES: Final = 32


def find_place(mirror: Session, node: Node) -> BlockRef:
    """The block of the chain that the mirror should equal.

    The cursor names it by number and hash. Where they contradict each other, the one that the chain
    and the mirror's own rows confirm is believed; comparing the cursor then shows the other.

    Raises:
        NotFoundError: the mirror is empty.
        TransientError: its block is not part of the chain, or not yet.
        RpcUnavailableError: the node does not answer usably.
    """
    newest = _newest_block(mirror)
    cursor = _read_cursor(mirror, ["block_number", "block_hash"]) or newest
    if cursor is None:
        raise NotFoundError("the mirror is empty", hint="tracer index sync")
    number, block_hash = cursor
    shown = _fetch_at(node, number)
    if shown is not None and shown.block_hash == block_hash:
        return shown
    named = fetch_canonical(node, block_hash)
    if named is not None:
        return named
    if shown is not None and newest == (shown.number, shown.block_hash):
        return shown
    if shown is None:
        raise RpcUnavailableError(
            f"the mirror is at block {spell(number)}, which the node does not have",
            hint="The node is behind: wait for it, or ask another. If it is not, run"
            " `tracer index rebuild`.",
        )
    raise TransientError(
        f"the mirror is behind a reorganisation: its block {number} is no longer part of the chain",
        hint="Run `tracer index sync`, which goes back to where both agree; then check again.",
    )


def check_final(mirror: Session, node: Node, bound: int) -> Difference | None:
    """Look at the cursor's final block: is it part of the chain, and was it final by now?

    Args:
        mirror: the mirror in doubt.
        node: shows the chain.
        bound: the newest block that may be final, of those that the mirror has taken in.
    """
    found = _read_cursor(mirror, ["id", "final_number", "final_hash"])
    if found is None:
        return None  # a missing cursor is named as a missing row
    row_id, number, block_hash = found
    key = {"id": spell(row_id)}
    shown = _fetch_at(node, number)
    if shown is not None and shown.block_hash == block_hash:
        if shown.number <= bound:
            return None
        cause = f"{CHANGED}, or TRACER_FINALITY was: only block {bound} is final"
        return Difference(CURSOR.name, key, "final_number", number, bound, cause)
    named = fetch_canonical(node, block_hash)
    if named is not None:
        return Difference(CURSOR.name, key, "final_number", spell(number), named.number, CHANGED)
    chain = None if shown is None else spell(shown.block_hash)
    cause = f"{CHANGED}, or the chain changed deeper than its finality allows"
    return Difference(CURSOR.name, key, "final_hash", spell(block_hash), chain, cause)


def fetch_canonical(node: Node, block_hash: Any) -> BlockRef | None:  # noqa: ANN401 - any cell
    """The block of this hash if it is part of the chain."""
    if not isinstance(block_hash, bytes) or len(block_hash) != _HASH_BYTES:
        return None
    named = read_block(node.call("eth_getBlockByHash", f"0x{block_hash.hex()}", False))
    if named is None:
        return None
    shown = _fetch_at(node, named.number)  # a node keeps blocks that left the chain, too
    return named if shown is not None and shown.block_hash == block_hash else None


def _fetch_at(node: Node, number: Any) -> BlockRef | None:  # noqa: ANN401 - any cell
    if not isinstance(number, int) or not 0 <= number < _MAX_NUMBER:
        return None
    return fetch_blocks(node, [number])[0]


def _read_cursor(mirror: Session, names: list[str]) -> tuple[Any, ...] | None:
    """The cursor's row; where somebody added others, the one that is the mirror's own."""
    rows = [tuple(row) for row in read_raw(mirror, CURSOR, ["id", *names])]
    rows.sort(key=lambda row: row[0] != CURSOR_ID)
    return rows[0][1:] if rows else None


def _newest_block(mirror: Session) -> tuple[Any, Any] | None:
    number, block_hash = (type_coerce(_BLOCK.c[name], NullType()) for name in ("number", "hash"))
    row = mirror.execute(select(number, block_hash).order_by(number.desc()).limit(1)).first()
    return None if row is None else (row[0], row[1])
