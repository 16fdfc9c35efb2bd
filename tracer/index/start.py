"""Begin a mirror, or make sure that the one in the database is of the ledger on file."""

from sqlalchemy import Engine, insert

from tracer.chain.blocks import fetch_blocks
from tracer.chain.deployments import Deployment
from tracer.chain.rpc import Node
from tracer.errors import ConfigurationError, RpcUnavailableError, WrongChainError
from tracer.index.checkpoint import Checkpoint, Position
from tracer.store.session import reading, upgrade, writing
from tracer.store.state import MirrorCursor, load_cursor
from tracer.store.tables import Cursor, table_of
from tracer.store.write import lock_cursor

FIRST_SEQUENCE = 1


def open_mirror(engine: Engine, node: Node, deployment: Deployment) -> None:
    """Bring the tables up to date and the cursor to life.

    Raises:
        WrongChainError: the database mirrors another chain or ledger.
        DatabaseUnavailableError: locked, full, damaged or gone.
        RpcUnavailableError: the node does not show where the ledger begins.
    """
    upgrade(engine)
    with reading(engine) as session:
        cursor = load_cursor(session)
    if cursor is None:
        _start(engine, node, deployment)
    else:
        _compare(cursor, deployment)


def load_checkpoint(engine: Engine) -> Checkpoint:
    """Where the mirror stands.

    Raises:
        ConfigurationError: somebody emptied the database meanwhile.
    """
    with reading(engine) as session:
        cursor = load_cursor(session)
    if cursor is None:
        raise ConfigurationError(
            "the mirror's cursor is gone", hint="Somebody emptied the database; start again."
        )
    position = Position(cursor.block, cursor.next_sequence)
    return Checkpoint(position, cursor.final_number, cursor.final_hash)


def _start(engine: Engine, node: Node, deployment: Deployment) -> None:
    """The block before the ledger's first log: the mirror equals the chain up to there."""
    number = max(deployment.deploy_block - 1, 0)
    (block,) = fetch_blocks(node, [number])
    if block is None:
        raise RpcUnavailableError(f"the node has no block {number}", hint="Ask another node.")
    with writing(engine) as connection:
        if lock_cursor(connection) is not None:  # another mirror began at the same moment
            return
        connection.execute(
            insert(table_of(Cursor)).values(
                id=1,
                chain_id=deployment.chain_id,
                genesis_hash=deployment.genesis_hash,
                contract=deployment.contract,
                code_hash=deployment.code_hash,
                deploy_block=deployment.deploy_block,
                block_number=block.number,
                block_hash=block.block_hash,
                block_time_unix=block.time_unix,
                next_sequence=FIRST_SEQUENCE,
                final_number=block.number,
                final_hash=block.block_hash,
            )
        )


def _compare(cursor: MirrorCursor, deployment: Deployment) -> None:
    for name in ("chain_id", "genesis_hash", "contract", "code_hash", "deploy_block"):
        mirrored, wanted = getattr(cursor, name), getattr(deployment, name)
        if mirrored != wanted:
            what = name.replace("_", " ")
            raise WrongChainError(
                f"the database mirrors another ledger: {what} {_spell(mirrored)},"
                f" not {_spell(wanted)}",
                hint="Give every ledger a database of its own (TRACER_DATABASE_URL).",
            )


def _spell(value: object) -> str:
    return f"0x{value.hex()}" if isinstance(value, bytes) else str(value)
