"""anvil as a child process: find it, start it so that it is deterministic, talk to it, end it."""

import asyncio
import contextlib
import json
import os
import platform
import random
import re
import shutil
import signal
import socket
import sys
from pathlib import Path
from typing import Any

import aiohttp

from tracer.chain.journal import Genesis
from tracer.errors import ConfigurationError, RpcUnavailableError

START_TIMEOUT_S = 15.0
CALL_TIMEOUT_S = 60.0
# anvil keeps the state of this many blocks for eth_call, each a full copy. By default it keeps
# 500, then writes every further one to the user's home: 24 GB in two hours of steady mining.
KEPT_STATES = 80
# Browsers refuse 10080; Linux gives outgoing connections 32768 and up, others 49152.
PORTS = (10_100, 32_000)
_CHANCE = random.SystemRandom()  # processes that begin at one moment choose differently
KILL = getattr(signal, "SIGKILL", signal.SIGTERM)  # Windows has no SIGKILL
# Everything that a block's hash depends on and that another anvil release might choose otherwise.
DETERMINISTIC = (
    "--no-mining",
    "--order",
    "fifo",
    "--hardfork",
    "prague",
    "--gas-limit",
    "30000000",
)
# Runs the program in its arguments, which the kernel kills when our process dies, however it does.
_BOUND_TO_US = """
import ctypes, os, signal, sys
if sys.platform == "linux":
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)
    if os.getppid() != int(sys.argv[1]):
        sys.exit("its parent is gone")
os.execv(sys.argv[2], sys.argv[2:])
"""
_HEAD = (
    b"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
    b"Content-Length: %d\r\n\r\n"
)
_CONTENT_LENGTH = re.compile(rb"(?i)\r\ncontent-length: *(\d+)\r\n")


class AnvilGoneError(RpcUnavailableError):
    """The process ended, or stopped answering; its owner starts another and replays."""


def find_anvil(explicit: Path | None = None) -> Path:
    """The native program: the given one, else the npm package's, else the one on PATH.

    The npm package's `anvil` command is a Node script; killing that would orphan the node.

    Raises:
        ConfigurationError: there is none.
    """
    system = {"win32": "win32", "darwin": "darwin"}.get(sys.platform, "linux")
    cpu = "arm64" if platform.machine().lower() in ("arm64", "aarch64") else "amd64"
    name = "anvil.exe" if system == "win32" else "anvil"
    package = Path("node_modules/@foundry-rs", f"anvil-{system}-{cpu}", "bin", name)
    roots = (Path(__file__).resolve().parents[2], Path.cwd())
    candidates = [explicit] if explicit else [root / package for root in roots]
    if not explicit and (on_path := shutil.which("anvil")):
        candidates.append(Path(on_path))
    for candidate in candidates:
        if candidate.is_file():
            return candidate
    raise ConfigurationError(
        f"anvil is not at {candidates[0]}",
        hint="Run `python3 dev.py setup` in a checkout, or put anvil on PATH.",
    )


def free_port() -> int:
    """A port of the loopback address that nobody uses now.

    It lies below those that systems give to outgoing connections: one of these may be taken by
    anybody's next request before the program that the port is for listens there.
    """
    while True:
        port = _CHANCE.randrange(*PORTS)
        with contextlib.suppress(OSError), socket.socket() as probe:
            probe.bind(("127.0.0.1", port))
            return port


class Anvil:
    """One anvil process on a private loopback port, which never mines on its own."""

    def __init__(self, binary: Path, genesis: Genesis, log: Path) -> None:
        self._binary = binary
        self._genesis = genesis
        self._log = log
        self._port = 0
        self._wire: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
        self._process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        """Start the process and wait until it answers.

        Raises:
            AnvilGoneError: it ended at once, or does not answer in time.
        """
        self._port = free_port()
        chain = ("--chain-id", self._genesis.chain_id, "--timestamp", self._genesis.timestamp)
        kept = ("--prune-history", KEPT_STATES)
        quiet = ("--quiet", "--no-cors", "--no-request-size-limit")
        options = (
            "--host",
            "127.0.0.1",
            "--port",
            self._port,
            *chain,
            *DETERMINISTIC,
            *kept,
            *quiet,
        )
        words = (self._binary, *options)
        bound = (sys.executable, "-I", "-S", "-c", _BOUND_TO_US, os.getpid(), *words)
        with self._log.open("wb") as log:
            self._process = await asyncio.create_subprocess_exec(
                *(str(word) for word in (words if os.name == "nt" else bound)),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                # Ctrl-C is for us: we end the node once the last block is noted.
                start_new_session=True,
            )
        timeout = aiohttp.ClientTimeout(total=CALL_TIMEOUT_S)
        self._session = aiohttp.ClientSession(timeout=timeout)
        try:
            async with asyncio.timeout(START_TIMEOUT_S):
                await self._answering()
        except (TimeoutError, AnvilGoneError):
            await self.kill()
            said = self._log.read_text(errors="replace")[-500:].strip()
            raise AnvilGoneError(f"anvil did not start: {said or 'no answer'}") from None

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self._port}"

    @property
    def pid(self) -> int:
        """The process's number, or 0 if there is none."""
        return self._process.pid if self._process else 0

    async def ended(self) -> None:
        """Wait until the process has ended."""
        if self._process:
            await self._process.wait()

    async def _answering(self) -> None:
        while True:
            with contextlib.suppress(AnvilGoneError):
                await self.call("eth_chainId")
                return
            if self._process is None or self._process.returncode is not None:
                raise AnvilGoneError("anvil ended")
            await asyncio.sleep(0.01)

    async def kill(self) -> None:
        """End the process; it has nothing to save."""
        if self._process:
            # Not process.kill(): that may reap a dead child before asyncio does.
            with contextlib.suppress(ProcessLookupError):
                os.kill(self._process.pid, KILL)
            await self.ended()
            await self._session.close()
            self._hang_up()

    async def forward(self, body: bytes) -> bytes:
        """Pass a JSON-RPC request on as it is, and return the answer as it is.

        Raises:
            AnvilGoneError: the process is not there any more.
        """
        headers = {"Content-Type": "application/json"}
        try:
            async with self._session.post(self.url, data=body, headers=headers) as answer:
                return await answer.read()
        except (aiohttp.ClientError, TimeoutError, ConnectionError) as error:
            raise AnvilGoneError(f"anvil does not answer: {error}") from error

    async def connect(self) -> aiohttp.ClientWebSocketResponse:
        """A WebSocket to the process, which ends when the process does.

        Raises:
            AnvilGoneError: the process is not there any more.
        """
        try:
            return await self._session.ws_connect(self.url)
        except (aiohttp.ClientError, TimeoutError, OSError, RuntimeError) as error:
            raise AnvilGoneError(f"anvil does not answer: {error}") from error

    async def ask(self, method: str, *params: object) -> dict[str, Any]:
        """Make one request and return the whole answer, `result` or `error`.

        Not for two tasks at once: all requests share one connection.
        """
        request = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
        body = json.dumps(request).encode()
        try:
            async with asyncio.timeout(CALL_TIMEOUT_S):
                answer: dict[str, Any] = json.loads(await self._exchange(body))
        except (OSError, EOFError, TimeoutError) as error:
            self._hang_up()
            raise AnvilGoneError(f"anvil does not answer: {error}") from error
        return answer

    async def _exchange(self, body: bytes) -> bytes:
        # A replay is thousands of requests in turn; aiohttp's client would double its time.
        if not self._wire:
            self._wire = await asyncio.open_connection("127.0.0.1", self._port)
        reader, writer = self._wire
        writer.write(_HEAD % len(body) + body)
        head = await reader.readuntil(b"\r\n\r\n")
        (length,) = _CONTENT_LENGTH.findall(head)
        return await reader.readexactly(int(length))

    def _hang_up(self) -> None:
        if self._wire:
            self._wire[1].close()
            self._wire = None

    async def call(self, method: str, *params: object) -> Any:  # noqa: ANN401 - as JSON has it
        """Make one request that cannot fail while anvil is sound, and return its result."""
        answer = await self.ask(method, *params)
        if "error" in answer:
            raise AnvilGoneError(f"anvil refused {method}: {answer['error']}")
        return answer["result"]

    async def has_pending(self) -> bool:
        """Whether a block mined now would hold a transaction."""
        return int((await self.call("txpool_status"))["pending"], 16) > 0

    async def mine(self, timestamp: int) -> str:
        """Mine one block with this Unix time, which may equal its parent's; return its hash."""
        (block,) = await self.call("evm_mine_detailed", {"timestamp": timestamp})
        block_hash: str = block["hash"]
        return block_hash
