"""Register a batch from a plan."""

from tracer.operations.batch_writer import BatchWriter
from tracer.operations.plan import BatchPlan
from tracer.operations.station import Station


def batch_registration(
    station: Station, plan: BatchPlan, *, skip_missing: bool = False
) -> BatchWriter:
    """The writer that registers a batch with all its records.

    Args:
        station: the ledger.
        plan: the whole batch, as a batch file has it.
        skip_missing: go on after records whose writer's key is not here.
    """
    return BatchWriter(station, plan, registers=True, skip_missing=skip_missing)
