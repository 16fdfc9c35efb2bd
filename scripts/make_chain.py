"""Make a chain with many records and keep its node running, to measure or profile an indexer by.

    python scripts/make_chain.py packed 200000    # or: single; ends with Ctrl-C

What is printed are the settings with which `tracer` works on it.
"""

import argparse
import tempfile
import threading
from pathlib import Path

from mirror_bench.chain import PACKED, SINGLE, made_chain

from tracer.chain.deployments import deployment_path, save_deployment

SHAPES = {shape.name: shape for shape in (PACKED, SINGLE)}


def main() -> None:
    """Make it, print how to reach it, wait."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("shape", choices=SHAPES)
    parser.add_argument("records", type=int)
    words = parser.parse_args()
    with (
        made_chain(SHAPES[words.shape], words.records) as chain,
        tempfile.TemporaryDirectory(prefix="tracer-chain-") as home,
    ):
        path = deployment_path(Path(home) / "deployments", chain.deployment.chain_id)
        save_deployment(path, chain.deployment)
        print(f"export TRACER_RPC_URL={chain.url} TRACER_HOME={home}", flush=True)
        try:
            threading.Event().wait()
        except KeyboardInterrupt:
            return


if __name__ == "__main__":
    main()
