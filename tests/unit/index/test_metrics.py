import math
import socket
import urllib.request

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tracer.chain.anvil import free_port
from tracer.domain.blocks import BlockRef
from tracer.errors import (
    ConfigurationError,
    DatabaseUnavailableError,
    MirrorGapError,
    RpcError,
    RpcUnavailableError,
)
from tracer.index.metrics import MetricsWatch, serve_metrics

NOW_UNIX = 1_790_000_000.5


def block(number: int) -> BlockRef:
    return BlockRef(number, bytes(32), 1_780_000_000 + 12 * number)


@pytest.fixture
def watch() -> MetricsWatch:
    return MetricsWatch("1.2.3", lambda: NOW_UNIX)


def value(watch: MetricsWatch, name: str, **labels: str) -> float | None:
    return watch.registry.get_sample_value(f"tracer_{name}", labels)


class TestMetricsWatch:
    def test_nothing_is_made_up_before_the_first_look(self, watch: MetricsWatch) -> None:
        for name in ("mirror_block", "node_block", "mirror_lag_blocks", "last_success_unix"):
            assert math.isnan(value(watch, name) or 0.0)
        assert value(watch, "is_leading") == 0
        assert value(watch, "records_total") == 0
        assert value(watch, "doubts_total", code="mirror-gap") == 0
        assert value(watch, "failures_total", code="database-unavailable") == 0
        assert value(watch, "build_info", version="1.2.3") == 1

    def test_it_shows_how_far_the_mirror_is_behind(self, watch: MetricsWatch) -> None:
        watch.on_lead()
        watch.on_look(block(10), block(15))
        assert value(watch, "is_leading") == 1
        assert (value(watch, "mirror_block"), value(watch, "node_block")) == (10, 15)
        assert value(watch, "mirror_lag_blocks") == 5
        assert value(watch, "mirror_lag_seconds") == 60
        watch.on_extend(block(15), 5, 2, 40)
        assert value(watch, "mirror_lag_blocks") == value(watch, "mirror_lag_seconds") == 0
        assert value(watch, "last_success_unix") == NOW_UNIX
        totals = [value(watch, f"{name}_total") for name in ("blocks", "logs", "records")]
        assert totals == [5, 2, 40]

    def test_a_node_that_is_behind_makes_no_negative_lag(self, watch: MetricsWatch) -> None:
        watch.on_look(block(15), block(10))
        assert value(watch, "mirror_lag_blocks") == value(watch, "mirror_lag_seconds") == 0
        assert value(watch, "node_block") == 10

    def test_reorganisations_are_counted_by_depth(self, watch: MetricsWatch) -> None:
        watch.on_look(block(10), block(10))
        watch.on_rewind(block(10), block(7))
        watch.on_rewind(block(10), block(9))
        assert value(watch, "reorg_depth_blocks_count") == 2
        assert value(watch, "reorg_depth_blocks_sum") == 4
        assert value(watch, "reorg_depth_blocks_bucket", le="2.0") == 1
        assert value(watch, "mirror_block") == 9

    def test_doubts_and_failures_are_counted_by_code(self, watch: MetricsWatch) -> None:
        watch.on_lead()
        watch.on_doubt(MirrorGapError("a log is missing"))
        watch.on_failure(RpcUnavailableError("away"), 1.0)
        watch.on_failure(RpcError("no", rpc_code=-1, rpc_message="no"), 1.0)
        watch.on_failure(DatabaseUnavailableError("full"), 1.0)
        assert value(watch, "doubts_total", code="mirror-gap") == 1
        for code in ("rpc-unavailable", "rpc-error", "database-unavailable"):
            assert value(watch, "failures_total", code=code) == 1
        assert value(watch, "is_leading") == 0

    def test_who_stands_by_knows_nothing(self, watch: MetricsWatch) -> None:
        watch.on_lead()
        watch.on_look(block(10), block(15))
        watch.on_standby("process 7 on db1")
        assert value(watch, "is_leading") == 0
        assert math.isnan(value(watch, "mirror_lag_blocks") or 0.0)
        assert value(watch, "last_success_unix") == NOW_UNIX


class TestServe:
    def test_prometheus_can_read_it_until_the_end(self, watch: MetricsWatch) -> None:
        port = free_port()
        with serve_metrics(watch, "127.0.0.1", port):
            url = f"http://127.0.0.1:{port}/metrics"
            with urllib.request.urlopen(url, timeout=10) as answer:
                text = answer.read().decode()
        names = {family.name for family in text_string_to_metric_families(text)}
        assert {"tracer_records", "tracer_is_leading", "process_resident_memory_bytes"} <= names
        assert "_created" not in text
        with pytest.raises(OSError):  # noqa: PT011 - refused, whatever its words
            urllib.request.urlopen(url, timeout=1)

    def test_a_port_that_is_taken_is_named(self, watch: MetricsWatch) -> None:
        with socket.create_server(("127.0.0.1", 0)) as holder:
            port = holder.getsockname()[1]
            with (
                pytest.raises(ConfigurationError, match=f"127.0.0.1:{port}"),
                serve_metrics(watch, "127.0.0.1", port),
            ):
                pass
