"""Servers and the load generator, started and ended."""

import contextlib
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final, Self

import psutil
from scan_bench.generator import Order, Result

from tracer.chain.anvil import free_port

SCRIPTS: Final = Path(__file__).resolve().parents[1]
START_S: Final = 60.0
SERVER_CORE, GENERATOR_CORE = 0, 1


@dataclass(frozen=True, slots=True)
class Server:
    """A running server.

    Attributes:
        program: uvicorn, granian or bare.
        port: on this machine.
        process: that was started; its children belong to it.
    """

    program: str
    port: int
    process: psutil.Process

    def cpu_s(self) -> float:
        """Processor time that it has used."""
        total = 0.0
        for process in (self.process, *self.process.children(recursive=True)):
            with contextlib.suppress(psutil.NoSuchProcess):
                times = process.cpu_times()
                total += times.user + times.system
        return total


@contextlib.contextmanager
def running_server(
    program: str, application: str, log: Path, environment: Mapping[str, str] | None = None
) -> Iterator[Server]:
    """Start a server on its core and wait until it listens.

    Args:
        program: uvicorn, granian or bare.
        application: `<module>:<factory>`.
        log: what it says.
        environment: variables besides those of this process, in which no TRACER_* is kept.

    Raises:
        RuntimeError: it does not start.
    """
    port = free_port()
    words = [sys.executable, "-m", "scan_bench.serve", program, application]
    words += [str(port), str(SERVER_CORE)]
    variables = _environment() | dict(environment or {})
    with (
        log.open("wb") as out,
        subprocess.Popen(words, env=variables, stdout=out, stderr=out) as process,
    ):
        try:
            _wait(process, port, log)
            yield Server(program, port, psutil.Process(process.pid))
        finally:
            process.terminate()
            process.wait(30)


def _environment() -> dict[str, str]:
    """This process's, without settings; children find this folder's modules."""
    kept = {name: text for name, text in os.environ.items() if not name.startswith("TRACER_")}
    paths = [str(SCRIPTS), *filter(None, [kept.get("PYTHONPATH")])]
    return kept | {"PYTHONPATH": os.pathsep.join(paths)}


def _wait(process: "subprocess.Popen[bytes]", port: int, log: Path) -> None:
    deadline = time.monotonic() + START_S
    while process.poll() is None and time.monotonic() < deadline:
        with (
            contextlib.suppress(OSError),
            socket.create_connection(("127.0.0.1", port), 1) as asked,
        ):
            asked.settimeout(START_S)
            asked.sendall(b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
            if asked.recv(12).startswith(b"HTTP/1.1"):
                return
        time.sleep(0.05)
    raise RuntimeError(f"the server does not start: {log.read_text()[-2000:]}")


class Generator:
    """The load generator in a process of its own."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "scan_bench.generator", str(GENERATOR_CORE)],
            env=_environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def run(self, order: Order) -> Result:
        """Have an order carried out.

        Raises:
            RuntimeError: it failed; the generator has said why on stderr.
        """
        assert self._process.stdin and self._process.stdout  # noqa: S101, PT018 - both are pipes
        print(json.dumps(asdict(order)), file=self._process.stdin, flush=True)
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"the load generator failed at {order}")
        return Result(**json.loads(line))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate()
