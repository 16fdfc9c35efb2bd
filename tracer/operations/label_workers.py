"""Processes that write the parts of a run.

Each has a pipe of its own and no other end of any: when the command is killed, the pipe breaks
and the process ends, after the part that it is at. A pool of the standard library would wait for
work for ever.
"""

import contextlib
import hashlib
import multiprocessing
import signal
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from pathlib import Path
from typing import Final

from tracer.durable import open_replacement
from tracer.errors import DatabaseUnavailableError, TracerError, TransientError
from tracer.labels.parts import Form, Part, write_part
from tracer.labels.run import LabelRun

FILE_MODE: Final = 0o644
_DIGEST: Final = "sha256"
_END_S: Final = 5.0  # a process that was told to end and does not is killed


@dataclass(frozen=True, slots=True)
class PartJob:
    """A part, and the serials on it."""

    part: Part
    serials: Sequence[str]


@dataclass(frozen=True, slots=True)
class WrittenPart:
    """A part that has its name."""

    part: Part
    sha256: str
    size_bytes: int


@dataclass(frozen=True, slots=True)
class PartWriter:
    """Writes parts, here or in another process.

    Attributes:
        folder: that the parts lie in.
        form: of the run.
        run: what the tins have in common.
    """

    folder: Path
    form: Form
    run: LabelRun

    def write(self, job: PartJob) -> WrittenPart:
        """Write one part: it is whole under its name, or absent.

        Raises:
            LimitExceededError: a link is longer than a label's symbol can hold.
            DatabaseUnavailableError: the folder cannot be written to.
        """
        path = self.folder / job.part.name
        try:
            with open_replacement(path, FILE_MODE) as file:
                write_part(file, self.form, job.part, self.run, job.serials)
                size_bytes = file.tell()
                file.seek(0)
                digest = hashlib.file_digest(file, _DIGEST).hexdigest()
        except OSError as error:
            raise DatabaseUnavailableError(
                f"{path} cannot be written: {error.strerror}",
                hint="Finished parts are kept; run the same command again.",
            ) from error
        return WrittenPart(job.part, digest, size_bytes)


def write_parts(
    writer: PartWriter, jobs: Iterable[PartJob], processes: int
) -> Iterator[WrittenPart]:
    """Write parts, in whatever order they are finished.

    Args:
        writer: how.
        jobs: taken as they are needed.
        processes: how many work at once; with one, it is this one.

    Raises:
        LimitExceededError: a link is longer than a label's symbol can hold.
        DatabaseUnavailableError: the folder cannot be written to.
        TransientError: a process was killed.
    """
    if processes == 1:
        yield from map(writer.write, jobs)
        return
    queue = iter(jobs)
    with _workers(writer, processes) as idle:
        busy: list[Connection] = []
        while True:
            while idle and (job := next(queue, None)) is not None:
                _give(idle[-1], job)
                busy.append(idle.pop())
            if not busy:
                return
            ready = wait(busy)
            for pipe in [one for one in busy if one in ready]:
                yield _take(pipe)
                busy.remove(pipe)
                idle.append(pipe)


def _give(pipe: Connection, job: PartJob) -> None:
    try:
        pipe.send(job)
    except OSError as error:
        raise _ended() from error


def _take(pipe: Connection) -> WrittenPart:
    try:
        answer = pipe.recv()
    except (EOFError, OSError) as error:
        raise _ended() from error
    if isinstance(answer, WrittenPart):
        return answer
    raise answer


def _ended() -> TransientError:
    return TransientError(
        "a process that writes labels was ended from outside",
        hint="Finished parts are kept; run the same command again, with fewer --processes if "
        "memory is short.",
    )


@contextlib.contextmanager
def _workers(writer: PartWriter, count: int) -> Iterator[list[Connection]]:
    """Pipes to processes that wait for jobs; they end with the body."""
    context = multiprocessing.get_context("spawn")  # a copy of this one would share its sockets
    pipes: list[Connection] = []
    processes: list[SpawnProcess] = []
    try:
        for _ in range(count):
            ours, theirs = context.Pipe()
            process = context.Process(target=_work, args=(theirs, writer), daemon=True)
            process.start()
            theirs.close()
            pipes.append(ours)
            processes.append(process)
        yield [*pipes]
    except BaseException:
        for process in processes:
            process.terminate()
        raise
    finally:
        for pipe in pipes:
            pipe.close()
        for process in processes:
            process.join(_END_S)
            if process.is_alive():
                process.kill()


def _work(pipe: Connection, writer: PartWriter) -> None:
    """Write parts until the pipe ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the command's affair, and ends us too
    with contextlib.suppress(EOFError, OSError):
        while True:
            job = pipe.recv()
            try:
                answer: WrittenPart | TracerError = writer.write(job)
            except TracerError as error:
                answer = error
            pipe.send(answer)
