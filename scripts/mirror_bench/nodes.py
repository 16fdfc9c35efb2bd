"""How fast the node alone serves what an indexer needs: bytes are read, nothing is parsed."""

import time
from collections.abc import Iterator, Sequence

from mirror_bench.chain import Chain
from mirror_bench.wire import Wire, build_request

ANSWER_BYTES = (1_000_000, 4_000_000, 16_000_000)  # sizes of answers to try
LOG_BYTES = 950  # of JSON around the records of one log
HEADERS_AT_ONCE = 100


def log_spans(chain: Chain) -> list[int]:
    """Numbers of blocks per request that are worth trying."""
    shape = chain.shape
    block_bytes = shape.logs_per_block * LOG_BYTES + shape.records_per_block * 88
    spans = {max(1, min(size // block_bytes, chain.next_block)) for size in ANSWER_BYTES}
    return sorted(spans)


def measure_logs(chain: Chain, span: int) -> float:
    """The seconds that the node takes to serve all logs of the ledger."""
    requests = [
        build_request(
            "eth_getLogs",
            {"address": chain.address, "fromBlock": hex(first), "toBlock": hex(last)},
        )
        for first, last in _ranges(chain, span)
    ]
    return _time_requests(chain, requests)


def measure_proofs(chain: Chain) -> float:
    """The seconds for every header and, of every block, all receipts: what proves the logs."""
    requests = []
    for first, last in _ranges(chain, HEADERS_AT_ONCE):
        numbers = [hex(number) for number in range(first, last + 1)]
        requests.append(_batch([("eth_getBlockByNumber", (one, False)) for one in numbers]))
        requests.append(_batch([("eth_getBlockReceipts", (one,)) for one in numbers]))
    return _time_requests(chain, requests)


def _time_requests(chain: Chain, requests: Sequence[bytes]) -> float:
    with Wire(chain.url) as wire:
        wire.call("eth_chainId")
        begun = time.perf_counter()
        for request in requests:
            (answer,) = wire.exchange([request])
            if b'"error"' in answer[:100]:
                raise RuntimeError(f"the node refuses: {answer[:300]!r}")
        return time.perf_counter() - begun


def _ranges(chain: Chain, span: int) -> Iterator[tuple[int, int]]:
    last = chain.next_block - 1
    for first in range(1, last + 1, span):
        yield first, min(first + span - 1, last)


def _batch(calls: Sequence[tuple[str, tuple[object, ...]]]) -> bytes:
    return b"[" + b",".join(build_request(method, *params) for method, params in calls) + b"]"
