"""The programs that are measured, each a process of its own, started as a user would start it."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mirror_bench.chain import Chain

from tracer.chain.deployments import deployment_path, save_deployment

SCRIPTS = Path(__file__).resolve().parents[1]
LAUNCHER = SCRIPTS / "mirror_bench" / "launch.py"
BASELINE = SCRIPTS / "baseline_indexer.py"
TRACER = (sys.executable, "-c", "from tracer.cli.main import main; main()")
END_TIMEOUT_S = 20.0


@dataclass(frozen=True)
class Sync:
    """One run of `tracer index sync`.

    Attributes:
        seconds: from its first request to its last commit, as the command says itself.
        start_up_s: the rest of the process's life: interpreter, imports, checks, end.
        cpu_s: processor time of the whole process.
        peak_mb: largest resident memory of the process.
    """

    records: int
    seconds: float
    start_up_s: float
    cpu_s: float
    peak_mb: float

    @property
    def rate(self) -> float:
        """Records a second."""
        return self.records / self.seconds


def run_sync(chain: Chain, database_url: str) -> Sync:
    """Copy a chain into a database.

    Raises:
        RuntimeError: not every record arrived.
    """
    with _home(chain) as home:
        words = (*TRACER, "index", "sync", "--json")
        done, used = _run_measured(words, _environment(chain, database_url, home))
    if done["records"] != chain.records:
        raise RuntimeError(f"{done['records']} records of {chain.records} arrived")
    seconds = done["seconds"]
    start_up_s = used["wall_s"] - seconds
    return Sync(chain.records, seconds, start_up_s, used["cpu_s"], used["peak_bytes"] / 2**20)


def run_baseline(chain: Chain, database_url: str, last_block: int) -> Sync:
    """Copy the beginning of a chain with the indexer of `baseline_indexer.py`."""
    words = (sys.executable, BASELINE, chain.url, chain.address, database_url, last_block)
    done, used = _run_measured([str(word) for word in words], dict(os.environ))
    start_up_s = used["wall_s"] - done["seconds"]
    peak_mb = used["peak_bytes"] / 2**20
    return Sync(done["records"], done["seconds"], start_up_s, used["cpu_s"], peak_mb)


@contextlib.contextmanager
def following(chain: Chain, database_url: str, interval_s: float) -> Iterator[None]:
    """Run `tracer index follow` beside the block."""
    with _home(chain) as home, (home / "log").open("wb") as log:
        words = [*TRACER, "index", "follow", "--interval", str(interval_s)]
        environment = _environment(chain, database_url, home)
        follower = subprocess.Popen(words, env=environment, stdout=log, stderr=log)
        try:
            yield
        finally:
            ended = follower.poll()
            follower.send_signal(signal.SIGTERM)
            try:
                follower.wait(END_TIMEOUT_S)
            except subprocess.TimeoutExpired:
                follower.kill()
                follower.wait()
            if ended is not None:
                said = (home / "log").read_text(errors="replace")[-2000:]
                raise RuntimeError(f"the follower ended with {ended}: {said}")


@contextlib.contextmanager
def _home(chain: Chain) -> Iterator[Path]:
    """A folder of an installation that knows the ledger."""
    with tempfile.TemporaryDirectory(prefix="tracer-bench-") as folder:
        home = Path(folder)
        path = deployment_path(home / "deployments", chain.deployment.chain_id)
        save_deployment(path, chain.deployment)
        yield home


def _environment(chain: Chain, database_url: str, home: Path) -> dict[str, str]:
    """Ours without the person's own settings."""
    inherited = {name: value for name, value in os.environ.items() if name[:7] != "TRACER_"}
    return inherited | {
        "TRACER_RPC_URL": chain.url,
        "TRACER_HOME": str(home),
        "TRACER_DATABASE_URL": database_url,
    }


def _run_measured(
    words: Sequence[str], environment: dict[str, str]
) -> tuple[dict[str, Any], dict[str, float]]:
    """The JSON object that a program printed last, and what the program used."""
    with tempfile.TemporaryDirectory(prefix="tracer-bench-") as folder:
        note = Path(folder, "note.json")
        launched = [sys.executable, "-I", "-S", str(LAUNCHER), str(note), *words]
        done = subprocess.run(
            launched, env=environment, capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise RuntimeError(f"{words[-4:]} ended with {done.returncode}: {done.stderr[-2000:]}")
        printed = json.loads(done.stdout.strip().splitlines()[-1])
        return printed, json.loads(note.read_text(encoding="utf-8"))
