"""What a mirror does, as figures for Prometheus. Imported only where they are asked for."""

import contextlib
import math
import time
from collections.abc import Callable, Iterator
from typing import Final

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    Info,
    ProcessCollector,
    disable_created_metrics,
    start_http_server,
)

from tracer.domain.blocks import BlockRef
from tracer.errors import (
    ConfigurationError,
    DatabaseUnavailableError,
    MirrorGapError,
    RpcError,
    RpcUnavailableError,
    TracerError,
)
from tracer.index.watch import Watch

DEPTHS: Final = (1, 2, 4, 8, 16, 32, 64)
_FAILURES: Final = (RpcUnavailableError, RpcError, DatabaseUnavailableError)
_DOUBTS: Final = (MirrorGapError, RpcUnavailableError, RpcError)


class MetricsWatch(Watch):
    """Counts what it hears. What is not known is NaN: before the first look, and while standing by.

    Args:
        version: of this program.
        now: Unix seconds.

    Attributes:
        registry: the figures; `serve_metrics` serves them.
    """

    def __init__(self, version: str, now: Callable[[], float] = time.time) -> None:
        disable_created_metrics()  # type: ignore[no-untyped-call]  # nobody needs their times
        self._now = now
        self._head: BlockRef | None = None
        self.registry = registry = CollectorRegistry()
        ProcessCollector(registry=registry)
        Info("tracer_build", "The program.", registry=registry).info({"version": version})

        def gauge(name: str, meaning: str) -> Gauge:
            made = Gauge(f"tracer_{name}", meaning, registry=registry)
            made.set(math.nan)
            return made

        def counter(name: str, meaning: str, *labels: str) -> Counter:
            return Counter(f"tracer_{name}", meaning, labels, registry=registry)

        self._mirror_block = gauge("mirror_block", "Newest block that the mirror has taken in.")
        self._node_block = gauge("node_block", "The node's newest block when it was last asked.")
        self._lag_blocks = gauge("mirror_lag_blocks", "Blocks between the two.")
        self._lag_s = gauge("mirror_lag_seconds", "Seconds between the times of the two blocks.")
        self._success = gauge("last_success_unix", "When node and database last both answered.")
        self._is_leading = gauge("is_leading", "1: this indexer writes; 0: it stands by or waits.")
        self._is_leading.set(0)
        self._blocks = counter("blocks_total", "Blocks taken in.")
        self._logs = counter("logs_total", "Logs taken in.")
        self._records = counter("records_total", "Records taken in.")
        self._depth = Histogram(
            "tracer_reorg_depth_blocks",
            "Blocks taken back, per reorganisation of the chain.",
            buckets=DEPTHS,
            registry=registry,
        )
        self._failures = counter("failures_total", "Times that work had to wait.", "code")
        self._doubts = counter("doubts_total", "Answers that were not the ledger's.", "code")
        for totals, kinds in ((self._failures, _FAILURES), (self._doubts, _DOUBTS)):
            for kind in kinds:
                totals.labels(kind.code)  # a series that is there at 0 can be watched

    def on_look(self, stands: BlockRef, head: BlockRef) -> None:
        """Where mirror and node stand."""
        self._head = head
        self._success.set(self._now())
        self._show(stands)

    def on_extend(self, last: BlockRef, blocks: int, logs: int, records: int) -> None:
        """Count what was taken in."""
        self._success.set(self._now())
        self._blocks.inc(blocks)
        self._logs.inc(logs)
        self._records.inc(records)
        self._show(last)

    def on_rewind(self, left: BlockRef, ancestor: BlockRef) -> None:
        """Count a reorganisation by its depth."""
        self._depth.observe(left.number - ancestor.number)
        self._show(ancestor)

    def on_doubt(self, error: TracerError) -> None:
        """Count it by its code."""
        self._doubts.labels(error.code).inc()

    def on_failure(self, error: TracerError, pause_s: float) -> None:  # noqa: ARG002
        """Count it by its code; whoever waits does not lead."""
        self._failures.labels(error.code).inc()
        self._is_leading.set(0)

    def on_lead(self) -> None:
        """This indexer writes."""
        self._is_leading.set(1)

    def on_standby(self, leader: str) -> None:  # noqa: ARG002
        """What another writes is not known here."""
        self._is_leading.set(0)
        for gauge in (self._mirror_block, self._node_block, self._lag_blocks, self._lag_s):
            gauge.set(math.nan)

    def _show(self, stands: BlockRef) -> None:
        head = self._head or stands
        self._mirror_block.set(stands.number)
        self._node_block.set(head.number)
        self._lag_blocks.set(max(head.number - stands.number, 0))
        self._lag_s.set(max(head.time_unix - stands.time_unix, 0))


@contextlib.contextmanager
def serve_metrics(watch: MetricsWatch, host: str, port: int) -> Iterator[None]:
    """Serve the figures over HTTP until the block ends.

    Raises:
        ConfigurationError: the address cannot be listened on.
    """
    try:
        server, thread = start_http_server(port, host, watch.registry)
    except OSError as error:
        raise ConfigurationError(
            f"metrics cannot be served at {host}:{port}: {error.strerror}",
            hint="Another program has the port, or TRACER_HOST is no address of this machine.",
        ) from error
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
