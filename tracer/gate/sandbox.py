"""Asks a child about a file and survives whatever becomes of it. Imports no parser."""

import atexit
import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from tracer.errors import SandboxUnavailableError
from tracer.gate.child import split_answer
from tracer.gate.limits import CHILD_WALL_S, MAX_PARALLEL, MAX_RESULT_BYTES
from tracer.gate.reasons import REASONS, Reason
from tracer.gate.zygote import WALL_EXCEEDED

_GRACE_S = 30.0  # beyond the child's own limit: the keeper ends it first
_STOP_S = 5.0
_SLICE = 65_536
_STATUS_BYTES = 4_096
_CPU_SIGNALS = frozenset({signal.SIGPROF, signal.SIGXCPU})


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a child ended and what it said.

    Attributes:
        said: its answer; None when it refused, died or was ended.
        extra: bytes beside the answer.
        reason: why there is no answer; None when there is one.
        peak_bytes: most memory it had resident.
        cpu_s: seconds it computed.
    """

    said: Mapping[str, Any] | None
    extra: bytes
    reason: Reason | None
    peak_bytes: int
    cpu_s: float


class Sandbox:
    """Children of one kind, forked from a process that is started at first use.

    Threads may share it. A process forked from ours starts a sandbox of its own.

    Args:
        kind: of job: "parse", "pades" or "photo".
    """

    def __init__(self, kind: str) -> None:
        self._kind = kind
        self._lock = threading.Lock()
        self._slots = threading.BoundedSemaphore(MAX_PARALLEL)
        self._process: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None
        self._owner = 0
        atexit.register(self.close)

    def ask(self, file: int, question: Mapping[str, Any]) -> Outcome:
        """Have a child read a file.

        Args:
            file: descriptor, open for reading.
            question: of the job; JSON.

        Raises:
            SandboxUnavailableError: no child could be started, which says nothing of the file.
        """
        for is_last in (False, True):
            try:
                return self._ask_once(file, question)
            except (OSError, ValueError) as error:
                # The process to fork from is gone, or a keeper: neither is the file's doing.
                self.close()
                if is_last:
                    msg = f"the sandbox for files did not answer: {error}"
                    raise SandboxUnavailableError(msg, hint="Try again.") from error
        raise AssertionError("the last attempt returns or raises")

    def _ask_once(self, file: int, question: Mapping[str, Any]) -> Outcome:
        deadline = time.monotonic() + CHILD_WALL_S + _GRACE_S
        with self._slots, contextlib.ExitStack() as stack:
            channel, theirs = map(stack.enter_context, socket.socketpair())
            line, their_line = map(stack.enter_context, socket.socketpair())
            self._send([file, theirs.fileno(), their_line.fileno()])
            theirs.close()
            their_line.close()
            _put(channel, json.dumps(question).encode(), deadline)
            answer = _take(channel, MAX_RESULT_BYTES, deadline)
            return _outcome(answer, json.loads(_take(line, _STATUS_BYTES, deadline)))

    def close(self) -> None:
        """End the process that children are forked from; the next question starts another."""
        with self._lock:
            process, self._process = self._process, None
            if self._control:
                self._control.close()
                self._control = None
            if process is None or self._owner != os.getpid():
                return
            try:
                process.wait(_STOP_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def _send(self, fds: list[int]) -> None:
        """Hand descriptors to the zygote, starting it when there is none, or none any more."""
        with self._lock:
            for _ in range(2):
                with contextlib.suppress(OSError):
                    socket.send_fds(self._running(), [b"j"], fds)
                    return
                self._process = None
        msg = "the sandbox for files does not start"
        raise SandboxUnavailableError(msg, hint="Look at the memory and processes that are left.")

    def _running(self) -> socket.socket:
        is_ours = self._owner == os.getpid()
        if is_ours and self._control and self._process and self._process.poll() is None:
            return self._control
        ours, theirs = socket.socketpair()
        with theirs:
            if self._control:
                self._control.close()
            self._control, self._owner = ours, os.getpid()
            self._process = subprocess.Popen(  # noqa: S603 - our own module
                [sys.executable, "-I", "-B", "-m", "tracer.gate.zygote", self._kind],
                stdin=theirs.fileno(),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env={"LANG": "C.UTF-8"},  # nothing of ours: it may hold secrets
                cwd="/",
            )
        return ours


@cache
def sandbox_for(kind: str) -> Sandbox:
    """The process's sandbox of a kind."""
    return Sandbox(kind)


def _put(channel: socket.socket, data: bytes, deadline: float) -> None:
    channel.settimeout(max(deadline - time.monotonic(), 0.001))
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # it died: `_take` shows
        channel.sendall(data)
        channel.shutdown(socket.SHUT_WR)


def _take(channel: socket.socket, most: int, deadline: float) -> bytes:
    """Everything up to the other side's end.

    Raises:
        OSError: the deadline passed, or there is more than `most`.
    """
    data = bytearray()
    while len(data) <= most:
        channel.settimeout(max(deadline - time.monotonic(), 0.001))
        try:
            part = channel.recv(_SLICE)
        except ConnectionResetError:
            part = b""
        if not part:
            return bytes(data)
        data += part
    raise OSError("the answer is too long")


def _outcome(answer: bytes, status: Mapping[str, Any]) -> Outcome:
    peak, cpu_s = int(status["peakBytes"]), float(status["cpuS"])
    split = split_answer(answer)
    if split is None or status["exit"] != 0:
        return Outcome(None, b"", _death(int(status["exit"]), status["why"]), peak, cpu_s)
    said, extra = split
    if "refused" in said:
        return Outcome(None, b"", _refusal(said), peak, cpu_s)
    return Outcome(said, extra, None, peak, cpu_s)


def _death(exit_code: int, why: str) -> Reason:
    if why == WALL_EXCEEDED:
        return Reason("limit-wall")
    if -exit_code in _CPU_SIGNALS:
        return Reason("limit-cpu")
    if exit_code == -signal.SIGKILL:
        return Reason("limit-memory")  # nobody else kills: the system was out of memory
    try:
        detail = signal.Signals(-exit_code).name
    except ValueError:
        detail = f"exit {exit_code}"
    return Reason("parser-died", {"detail": detail})


def _refusal(said: Mapping[str, Any]) -> Reason:
    """A reason from a child, which a file may have taken over: it is checked like any input."""
    code, params = said.get("refused"), said.get("params")
    if isinstance(code, str) and code in REASONS and isinstance(params, dict):
        reason = Reason(code, {str(key): value for key, value in params.items()})
        with contextlib.suppress(KeyError, ValueError, TypeError):
            _ = reason.text, reason.text_zh
            return reason
    return Reason("parser-died", {"detail": "its answer makes no sense"})
