"""Check a mirror: build another from the chain, up to the same block, and compare every cell.

The mirror may be written to and the chain may grow meanwhile: the mirror is compared as one
snapshot, and the other is built no further than that snapshot's own block.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from sqlalchemy import Engine, select
from sqlalchemy.exc import OperationalError

from tracer.chain.deployments import Deployment
from tracer.chain.rpc import Node
from tracer.domain.blocks import BlockRef
from tracer.errors import ConfigurationError, DatabaseUnavailableError, TransientError
from tracer.index.compare import (
    CURSOR,
    Difference,
    TableReport,
    accept_any_text,
    compare_tables,
    count_rows,
)
from tracer.index.drift import FILE, VERSIONS, Drift, find_drift, find_file_faults
from tracer.index.place import check_final, find_place
from tracer.index.start import FIRST_SEQUENCE, load_checkpoint
from tracer.index.sync import Mirror, SyncResult
from tracer.store.session import reading
from tracer.store.tables import RegistryLog, table_of

BUILDING: Final = "building from the chain"
COMPARING: Final = "comparing"

MEANINGS: Final = {
    "cursor": "The mirror may go on from a wrong place, or say that it is further than it is.",
    "block": "Readers see wrong times, and the mirror may misjudge a reorganisation.",
    "append": "The batch's history does not fold to its head: readers see it as not genuine.",
    "record": "Readers see a step of the batch otherwise than it was recorded.",
    "batch": "Readers see the batch under another name, or with wrong holds or recall.",
    "registry_log": "The next reorganisation would rebuild parties and keys wrongly.",
    "party": "Readers see a company or authority with wrong roles or standing.",
    "party_key": "Signatures may be judged by a key that had ended, or not yet begun.",
    "partner": "Readers see companies as partners that are none, or the reverse.",
    "prefix": "Readers see the wrong owner of product numbers.",
    "inspection": "Readers see the outcome of an inspection wrongly.",
    VERSIONS: "The tables belong to another version of tracer.",
    FILE: "The disk or another program damaged the file itself.",
}
"""Table -> what its damage means to readers."""

_REGISTRY_LOG: Final = table_of(RegistryLog)

NO_ROWS: Final = "Reading is slow, or a guard against wrong rows is gone, until it is rebuilt."

OnStep = Callable[[str, int, int], None]
"""Called with what is going on, how much of it is done, and how much there is."""


@dataclass
class Report:
    """What a check has shown.

    Attributes:
        block: where the mirror stood; None when its rows could not be read.
        tables: every table that was compared.
        faults: what is wrong with the database apart from its rows.
        unknown: tables, columns and indexes that tracer did not make.
        elapsed_s: seconds for all of it.
    """

    block: BlockRef | None = None
    tables: list[TableReport] = field(default_factory=list)
    faults: list[Difference] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    elapsed_s: float = 0.0

    @property
    def differences(self) -> list[Difference]:
        """All faults, and the first difference of each table that differs."""
        return [*self.faults, *(table.first for table in self.tables if table.first)]


def explain(difference: Difference) -> str:
    """What a difference means to readers."""
    is_about_rows = difference.key or difference.table in {VERSIONS, FILE}
    return MEANINGS[difference.table] if is_about_rows else NO_ROWS


def _ignore(_what: str, _done: int, _total: int) -> None:
    """Nobody watches."""


class MirrorCheck:
    """One check of one mirror.

    Args:
        mirror: only read.
        scratch: an empty database, or one that an earlier check of the same ledger has filled.
        node: the node to build from.
        deployment: the ledger that the mirror should hold.
        finality: as for `Mirror`.
        on_step: called now and then.
    """

    def __init__(
        self,
        mirror: Engine,
        scratch: Engine,
        node: Node,
        deployment: Deployment,
        finality: int | str,
        *,
        on_step: OnStep = _ignore,
    ) -> None:
        self._mirror = mirror
        self._scratch = scratch
        self._node = node
        self._deployment = deployment
        self._on_step = on_step
        self._fresh = Mirror(scratch, node, deployment, finality)

    def run(self) -> Report:
        """Build and compare.

        Raises:
            NotFoundError: the mirror is empty.
            ConfigurationError: the database holds no mirror, or the deployment on file is wrong.
            TransientError: node, database or chain cannot serve a comparison now.
            FatalError: as for `Mirror.sync_once`.
        """
        report = Report()
        started = time.monotonic()
        drift, file_faults = self._look_at_tables()
        report.faults = [*drift.missing, *file_faults]
        report.unknown = drift.unknown
        try:
            if drift.can_read:
                self._build()
                self._compare(report)
        except DatabaseUnavailableError:
            if not file_faults:  # else it is known why the rows cannot be read
                raise
        report.elapsed_s = time.monotonic() - started
        return report

    def _look_at_tables(self) -> tuple[Drift, list[Difference]]:
        try:
            with reading(self._mirror) as session:
                accept_any_text(session)
                connection = session.connection()
                return find_drift(connection), find_file_faults(connection)
        except (UnicodeDecodeError, OperationalError) as error:  # not even what is wrong is text
            raise DatabaseUnavailableError(
                f"the mirror's database is damaged: {str(error).splitlines()[0]}",
                hint="The mirror is a cache: move the file away and run `tracer index sync`.",
            ) from error

    def _build(self) -> None:
        """Nearly all of the work, before the snapshot: one held for long keeps dead rows alive."""
        with reading(self._mirror) as session:
            place = find_place(session, self._node)

        def note(now: SyncResult) -> None:
            self._on_step(BUILDING, now.block_number, place.number)

        self._fresh.sync_once(note, until=place.number)
        first_log = select(_REGISTRY_LOG.c.block_number).where(
            _REGISTRY_LOG.c.sequence == FIRST_SEQUENCE
        )
        with reading(self._scratch) as session:
            begins = session.execute(first_log).scalar()
        if begins not in {None, self._deployment.deploy_block}:
            raise ConfigurationError(
                f"the ledger begins with block {begins}, not with"
                f" {self._deployment.deploy_block} as its deployment file says",
                hint="Correct deployBlock there, then run `tracer index rebuild`.",
            )

    def _compare(self, report: Report) -> None:
        with reading(self._mirror) as mirror:
            place = find_place(mirror, self._node)
            self._fresh.sync_once(until=place.number)
            reached = load_checkpoint(self._scratch)
            self._check_reached(place, reached.block)
            with reading(self._scratch) as chain:
                done, total = 0, count_rows(chain)

                def note(rows: int) -> None:
                    nonlocal done
                    done += rows
                    self._on_step(COMPARING, done, total)

                report.tables = compare_tables(mirror, chain, note)
            report.block = reached.block
            wrong = check_final(mirror, self._node, reached.final_number)
        if wrong is not None:
            next(table for table in report.tables if table.name == CURSOR.name).add(wrong)

    def _check_reached(self, place: BlockRef, reached: BlockRef) -> None:
        """A cursor that stands before the ledger's first block is compared with that."""
        lowest = max(self._deployment.deploy_block - 1, 0)
        is_there = reached.block_hash == place.block_hash
        if not is_there and not place.number < lowest == reached.number:
            raise TransientError(
                "the chain, or the mirror, went back while they were compared",
                hint="Run the same command again.",
            )
