"""Where a mirror stands, compared with a node that may not answer."""

from dataclasses import dataclass

from sqlalchemy import Engine

from tracer.chain.blocks import Where, build_block_call, read_block
from tracer.chain.decode import parse_quantity
from tracer.chain.rpc import Node
from tracer.domain.blocks import BlockRef
from tracer.errors import NotFoundError, TracerError
from tracer.store.lead import open_lead
from tracer.store.lists import MirrorStatus, load_status
from tracer.store.session import reading
from tracer.store.state import MirrorCursor


@dataclass(frozen=True, slots=True)
class NodeView:
    """What a node says now.

    Attributes:
        head: its newest block; None without a usable answer.
        trouble: why it says nothing of this mirror; empty when it does.
    """

    head: BlockRef | None
    trouble: str


@dataclass(frozen=True, slots=True)
class Status:
    """Where a mirror stands.

    Attributes:
        cursor: its position.
        sizes: what it holds.
        node: what the node says.
        leader: name of the indexer that writes: "" = nobody, None = it cannot be known here.
    """

    cursor: MirrorCursor
    sizes: MirrorStatus
    node: NodeView
    leader: str | None

    @property
    def lag(self) -> tuple[int, int] | None:
        """Blocks and seconds behind the node, negative before it; None when it is not known."""
        if self.node.head is None or self.node.trouble:
            return None
        head, block = self.node.head, self.cursor.block
        return head.number - block.number, head.time_unix - block.time_unix


def fetch_status(engine: Engine, node: Node) -> Status:
    """Ask the database, then the node.

    Raises:
        NotFoundError: the mirror is empty.
        ConfigurationError: the database holds no mirror yet.
        DatabaseUnavailableError: locked, damaged or gone.
    """
    with reading(engine) as session:
        sizes = load_status(session)
    cursor = sizes.cursor
    if cursor is None:
        raise NotFoundError("the mirror is empty", hint="tracer index sync")
    lead = open_lead(engine, cursor.chain_id, cursor.contract)
    try:
        leader = lead.leader()
    finally:
        lead.release()
    return Status(cursor, sizes, fetch_view(node, cursor), leader)


def fetch_view(node: Node, cursor: MirrorCursor) -> NodeView:
    """The node's newest block, and whether the mirror's is of the same chain."""
    wheres: tuple[Where, ...] = (0, "latest", cursor.block.number)
    try:
        chain_id, *answers = node.batch([("eth_chainId", ()), *map(build_block_call, wheres)])
        genesis, head, same = map(read_block, answers)
        if parse_quantity(chain_id, "chainId") != cursor.chain_id or genesis is None:
            return NodeView(head, "another chain")
    except TracerError:
        return NodeView(None, "no answer")
    if genesis.block_hash != cursor.genesis_hash:
        return NodeView(head, "another chain")
    if head is None:
        return NodeView(None, "no newest block")
    if same is not None and same.block_hash != cursor.block.block_hash:
        return NodeView(head, f"another block {same.number:,}: the chain was reorganised")
    return NodeView(head, "")
