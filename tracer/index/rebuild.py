"""Build a mirror anew beside the one that is there, then swap it in; readers notice nothing.

Everything slow happens in a database that is thrown away, so the mirror stays what it is until one
commit replaces it. A follower may run meanwhile: it plans its next range from the cursor it finds.
"""

import time
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Engine, inspect
from sqlmodel import Session

from tracer.chain.deployments import Deployment
from tracer.chain.rpc import Node
from tracer.errors import ConfigurationError, WrongChainError
from tracer.index.compare import CURSOR, count_rows, read_raw
from tracer.index.drift import VERSIONS, find_drift, find_revisions
from tracer.index.fsck import BUILDING, OnStep
from tracer.index.sync import Mirror, SyncResult
from tracer.store.session import reading, upgrade
from tracer.store.swap import replace_mirror
from tracer.store.tables import MODELS, table_of

SWAPPING: Final = "swapping in"
IDENTITY: Final = ("chain_id", "genesis_hash", "contract", "code_hash", "deploy_block")

_OWN_DATABASE: Final = "Give every ledger a database of its own (TRACER_DATABASE_URL)."


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """A mirror that has taken another's place.

    Attributes:
        block_number: where it stands.
        rows: rows of all its tables.
        elapsed_s: seconds for all of it.
    """

    block_number: int
    rows: int
    elapsed_s: float


def rebuild_mirror(
    live: Engine,
    scratch: Engine,
    node: Node,
    deployment: Deployment,
    finality: int | str,
    *,
    on_step: OnStep,
) -> Rebuilt:
    """Replace a mirror by one that is built from the chain as it is now.

    Args:
        live: the mirror; may be read and written to meanwhile.
        scratch: an empty SQLite database.
        node: the node to build from.
        deployment: the ledger to mirror.
        finality: as for `Mirror`.
        on_step: called now and then.

    Raises:
        WrongChainError: the database mirrors another ledger.
        ConfigurationError: it holds other tables, or tables that only emptying it can repair.
        TransientError: node or database cannot serve now; the old mirror is still there.
        FatalError: as for `Mirror.sync_once`.
    """
    started = time.monotonic()
    _check_target(live, deployment)
    fresh = Mirror(scratch, node, deployment, finality)

    def note(now: SyncResult) -> None:
        on_step(BUILDING, now.block_number, now.head_number)

    fresh.sync_once(note)
    if live.dialect.name == "postgresql":
        _prepare_tables(live)
    result = fresh.sync_once()  # by what the chain has grown meanwhile
    replace_mirror(live, scratch, lambda done, total: on_step(SWAPPING, done, total))
    with reading(scratch) as session:
        rows = count_rows(session)
    return Rebuilt(result.block_number, rows, time.monotonic() - started)


def _check_target(live: Engine, deployment: Deployment) -> None:
    """Refuse to overwrite anything but a mirror of this ledger, however damaged it is."""
    with reading(live) as session:
        connection = session.connection()
        ours = {table_of(model).name for model in MODELS}
        names = set(inspect(connection).get_table_names()) - {VERSIONS}
        if names - ours and connection.dialect.name == "sqlite":
            raise ConfigurationError(
                f"the database also holds {', '.join(sorted(names - ours))}, which would be lost",
                hint=_OWN_DATABASE,
            )
        if not names & ours:
            return
        revision, known = find_revisions(connection)
        if revision is not None and revision not in known:
            raise ConfigurationError(
                f"the mirror's tables are of version {revision}, which this program does not know",
                hint="Use the newest tracer. If this is it, move the database away.",
            )
        if find_drift(connection).can_read:
            _check_ledger(session, deployment)


def _check_ledger(session: Session, deployment: Deployment) -> None:
    """One wrong value is damage, to be repaired; two are another ledger."""
    for row in list(read_raw(session, CURSOR, IDENTITY)):
        wanted = [getattr(deployment, name) for name in IDENTITY]
        if sum(mine != other for mine, other in zip(row, wanted, strict=True)) > 1:
            raise WrongChainError("the database mirrors another ledger", hint=_OWN_DATABASE)


def _prepare_tables(live: Engine) -> None:
    """Rows are replaced in PostgreSQL, tables are not: they must be there, and right."""
    with reading(live) as session:
        names = inspect(session.connection()).get_table_names()
        is_unversioned = names and find_revisions(session.connection())[0] is None
    if not is_unversioned:
        upgrade(live)
    with reading(live) as session:
        drift = find_drift(session.connection())
    if not drift.can_refill:
        raise ConfigurationError(
            f"the database is not as tracer makes it: {drift.missing[0]}",
            hint="Rows can be replaced, this cannot: give the mirror an empty database.",
        )
