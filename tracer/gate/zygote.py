"""The clean process that children are forked from: it holds no secret and no connection.

It is started with an empty environment, imports what the children need, gives up files and network
(`confine`), and then does nothing but fork. For every file there are two forks: a child,
which parses and may die, and its keeper, which parses nothing, ends the child when it takes too
long and says how it ended. Nothing that a file does to its child can reach the next file.

    python -I -m tracer.gate.zygote parse     # the control socket is standard input
"""

import contextlib
import ctypes
import gc
import importlib
import json
import os
import resource
import signal
import socket
import sys
from collections.abc import Callable
from types import FrameType

from tracer.gate.confine import confine
from tracer.gate.limits import (
    CHILD_ADDRESS_BYTES,
    CHILD_CPU_HARD_S,
    CHILD_CPU_S,
    CHILD_DATA_BYTES,
    CHILD_FILES,
    CHILD_WALL_S,
)

FDS_PER_JOB = 3
"""The file, the channel for question and answer, and the keeper's line."""

WALL_EXCEEDED = "wall"
"""What a keeper says of a child that it ended itself."""

_JOBS = {
    "parse": "tracer.gate.parse_job",
    "pades": "tracer.gate.pades_job",
    "photo": "tracer.gate.photo_job",
}
_PR_SET_PDEATHSIG = 1
_KIB = 1024


def main(kind: str) -> None:
    """Fork for every request on the control socket, until its other end closes."""
    control = socket.socket(fileno=os.dup(0))
    quiet = os.open(os.devnull, os.O_RDWR)
    for fd in (0, 1, 2):
        os.dup2(quiet, fd)
    job = importlib.import_module(_JOBS[kind])
    data_bytes = _data_bytes()
    confine()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # keepers are not waited for
    gc.freeze()
    while True:
        word, fds, _, _ = socket.recv_fds(control, 1, FDS_PER_JOB)
        if not word:
            return
        with contextlib.suppress(OSError):  # no process left: the asker sees its channel close
            if os.fork() == 0:
                control.close()
                _keep(job.run, fds, data_bytes)
        for fd in fds:
            os.close(fd)


def _keep(run: Callable[[int, int], None], fds: list[int], data_bytes: int | None) -> None:
    """Fork the child, wait for it, and say how it ended; never returns."""
    file, channel, line = fds
    child = 0
    was_ended = False

    def end(_signal: int, _frame: FrameType | None) -> None:
        nonlocal was_ended
        if child:
            was_ended = True
            os.kill(child, signal.SIGKILL)

    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    signal.signal(signal.SIGALRM, end)
    child = os.fork()
    if child == 0:
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        os.close(line)
        _limit(data_bytes)
        run(file, channel)
        os._exit(0)
    os.close(file)
    os.close(channel)
    signal.setitimer(signal.ITIMER_REAL, CHILD_WALL_S)
    _, status, usage = os.wait4(child, 0)
    signal.setitimer(signal.ITIMER_REAL, 0)
    said = {
        "exit": os.waitstatus_to_exitcode(status),
        "why": WALL_EXCEEDED if was_ended else "",
        "peakBytes": usage.ru_maxrss * (_KIB if sys.platform.startswith("linux") else 1),
        "cpuS": usage.ru_utime + usage.ru_stime,
    }
    os.write(line, json.dumps(said).encode())
    os._exit(0)


def _limit(data_bytes: int | None) -> None:
    """Bound what this process may use; the timer ends it before the kernel's own limit would."""
    bounds = [
        (resource.RLIMIT_AS, CHILD_ADDRESS_BYTES),
        (resource.RLIMIT_CPU, CHILD_CPU_HARD_S),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_NOFILE, CHILD_FILES),
        (resource.RLIMIT_NPROC, 0),
        (resource.RLIMIT_CORE, 0),
    ]
    if data_bytes is not None:
        bounds.append((resource.RLIMIT_DATA, data_bytes + CHILD_DATA_BYTES))
    for which, most in bounds:
        with contextlib.suppress(ValueError, OSError):  # the system's own bound is lower
            resource.setrlimit(which, (most, most))
    if sys.platform.startswith("linux"):
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    signal.setitimer(signal.ITIMER_PROF, CHILD_CPU_S)


def _data_bytes() -> int | None:
    """Bytes of private memory that this process has mapped; None where the system does not say."""
    try:
        with open("/proc/self/statm", encoding="ascii") as statm:  # noqa: PTH123 - no more imports
            pages = int(statm.read().split()[5])
    except (OSError, ValueError, IndexError):
        return None
    return pages * resource.getpagesize()


if __name__ == "__main__":
    main(sys.argv[1])
