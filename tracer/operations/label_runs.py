"""All labels of a batch in a folder: many processes, one manifest, and a kill changes nothing.

A part is whole or absent. The manifest is written anew after each; a run that goes on keeps the
parts whose hash is the one that stands there, and writes the others again, byte for byte the same.
"""

import contextlib
import hashlib
import io
import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from itertools import groupby
from pathlib import Path
from typing import Any, Final

from filelock import FileLock, Timeout

from tracer.durable import make_folder, open_replacement, temporary_prefix
from tracer.errors import (
    BusyError,
    ConflictError,
    DatabaseUnavailableError,
    VerificationError,
)
from tracer.labels.cells import SYMBOL_MM
from tracer.labels.parts import Form, Part, cut_parts, write_part
from tracer.labels.qr import MODULE_MM
from tracer.labels.readback import read_labels
from tracer.labels.run import LabelRun
from tracer.labels.symbol import QUIET_MODULES
from tracer.operations.label_workers import (
    FILE_MODE,
    PartJob,
    PartWriter,
    WrittenPart,
    write_parts,
)
from tracer.operations.print_labels import LabelSource

MANIFEST: Final = "manifest.json"
FORMAT: Final = "tracer-labels/1"
MAX_MANIFEST_BYTES: Final = 1 << 20  # 42 parts of a million labels need 6 kB
MAX_PROCESSES: Final = 16  # one process fills a disk of 50 MB/s with pictures already
VERIFIED: Final = 24  # labels that are read back unless said otherwise: as many as on a page
_PROBE_LABELS: Final = 240  # from which a run's size is estimated
_DISTRIBUTION: Final = "formula-tracer"
_LOCK: Final = ".labels.lock"

Tick = Callable[[int, int], None]
"""Called with labels done and labels in all."""


@dataclass(frozen=True)
class RunOrder:
    """What a run shall be.

    Attributes:
        source: whose labels.
        run: what they have in common.
        form: what they are written as.
        folder: where to; it is made if need be.
        processes: that write at once; None for as many as there are processors.
    """

    source: LabelSource
    run: LabelRun
    form: Form
    folder: Path
    processes: int | None = None

    @property
    def parts(self) -> list[Part]:
        """What the run is cut into."""
        return cut_parts(self.form, len(self.source.serials))


@dataclass(frozen=True, slots=True)
class RunDone:
    """What came of it.

    Attributes:
        labels: in all parts.
        written: parts that this command wrote.
        kept: parts that were there already.
        size_bytes: of all parts.
        verified: labels that were read back.
    """

    labels: int
    written: int
    kept: int
    size_bytes: int
    verified: int


def estimate_bytes(order: RunOrder) -> int:
    """About how large a run's files will be, from a few of its labels.

    Raises:
        LimitExceededError: a link is longer than a label's symbol can hold.
    """
    probe = order.source.serials[:_PROBE_LABELS]
    stream = io.BytesIO()
    write_part(stream, order.form, cut_parts(order.form, len(probe))[0], order.run, probe)
    return round(len(stream.getvalue()) / len(probe) * len(order.source.serials))


def write_run(order: RunOrder, *, sample: int = VERIFIED, tick: Tick) -> RunDone:
    """Write all labels of a batch, or go on with what an earlier command began.

    Args:
        order: what to write.
        sample: so many labels, spread over the run, are read back from the files; 0 for none.
        tick: told of progress.

    Raises:
        ConflictError: the folder holds labels of another run.
        BusyError: another command writes to the folder.
        LimitExceededError: a link is longer than a label's symbol can hold.
        DatabaseUnavailableError: the folder cannot be written to.
        TransientError: a process was killed.
        VerificationError: a label does not say what it should.
    """
    next(order.run.symbols(order.source.serials[:1]))  # makes the tables, for all processes
    with _own_folder(order):
        return _write(order, sample, tick)


def _write(order: RunOrder, sample: int, tick: Tick) -> RunDone:
    serials, parts = order.source.serials, order.parts
    manifest = _Manifest(order)
    kept = [part for part in parts if manifest.holds(part)]
    missing = [part for part in parts if part not in kept]
    done = sum(part.labels for part in kept)
    tick(done, len(serials))
    manifest.save()
    jobs = (PartJob(part, serials[part.slice]) for part in missing)
    processes = min(order.processes or os.cpu_count() or 1, MAX_PROCESSES, max(1, len(missing)))
    for written in write_parts(PartWriter(order.folder, order.form, order.run), jobs, processes):
        manifest.add(written)
        manifest.save()
        done += written.part.labels
        tick(done, len(serials))
    verified = verify_run(order, sample)
    return RunDone(len(serials), len(missing), len(kept), manifest.size_bytes, verified)


def verify_run(order: RunOrder, sample: int) -> int:
    """Read labels from a run's files, spread evenly from the first to the last.

    Args:
        order: of the run that was written.
        sample: how many; no more than there are.

    Returns:
        How many were read.

    Raises:
        VerificationError: a label does not say what it should; the message names its serial.
    """
    chosen = spread(len(order.source.serials), sample)
    longest = max((part.labels for part in order.parts), default=1)
    for number, group in groupby(chosen, lambda index: index // longest):
        part = order.parts[number]
        _verify_part(order, part, [index - part.first for index in group])
    return len(chosen)


def spread(count: int, sample: int) -> list[int]:
    """Numbers below `count`, evenly spread, the first and the last among them."""
    if sample >= count:
        return [*range(count)]
    if sample == 1:
        return [0]
    return [round(step * (count - 1) / (sample - 1)) for step in range(sample)]


def _verify_part(order: RunOrder, part: Part, places: Sequence[int]) -> None:
    wanted = [(place, order.source.serials[part.first + place]) for place in places]
    found = read_labels(order.folder / part.name, order.form, part, wanted)
    for place, serial in wanted:
        try:
            text = next(found)
        except (OSError, ValueError) as error:
            raise VerificationError(f"{part.name} cannot be read: {error}") from error
        if text != order.run.uri(serial):
            raise VerificationError(
                f"the label of serial {serial} in {part.name}, number {place + 1}, "
                + (f"says {text!r}" if text else "cannot be read"),
                hint="Do not print it. Delete the file and run the command again.",
            )


@contextlib.contextmanager
def _own_folder(order: RunOrder) -> Iterator[None]:
    """The folder, without what killed commands left in it; nobody else writes there meanwhile."""
    folder = order.folder
    lock = FileLock(folder / _LOCK, timeout=0)
    try:
        make_folder(folder)
        lock.acquire()
        for name in (MANIFEST, *(part.name for part in order.parts)):
            for left in folder.glob(f"{temporary_prefix(folder / name)}*"):
                left.unlink(missing_ok=True)
    except Timeout as error:
        raise BusyError(
            f"another command writes labels to {folder}", hint="Wait for it, or end it."
        ) from error
    except OSError as error:
        raise _unwritable(folder, error) from error
    try:
        yield
    finally:
        lock.release()


def _unwritable(path: Path, error: OSError) -> DatabaseUnavailableError:
    return DatabaseUnavailableError(f"{path} cannot be written: {error.strerror}")


class _Manifest:
    """What a run's folder holds. It names no time, so that the same run has the same manifest."""

    def __init__(self, order: RunOrder) -> None:
        self._path = order.folder / MANIFEST
        self._folder = order.folder
        self._labels = len(order.source.serials)
        self._head = _describe(order)
        self._files = self._load()

    @property
    def size_bytes(self) -> int:
        """Of all files together."""
        return sum(row["bytes"] for row in self._files.values())

    def holds(self, part: Part) -> bool:
        """Whether a part is there, as it was written."""
        row = self._files.get(part.name)
        try:
            with (self._folder / part.name).open("rb") as file:
                is_whole = row is not None and row["sha256"] == (
                    hashlib.file_digest(file, "sha256").hexdigest()
                )
        except OSError:
            is_whole = False
        if not is_whole:
            self._files.pop(part.name, None)
        return is_whole

    def add(self, written: WrittenPart) -> None:
        """A part was written."""
        self._files[written.part.name] = {
            "name": written.part.name,
            "labels": written.part.labels,
            "bytes": written.size_bytes,
            "sha256": written.sha256,
        }

    def save(self) -> None:
        """Write the manifest, whole."""
        files = [self._files[name] for name in sorted(self._files)]
        is_complete = sum(row["labels"] for row in files) == self._labels
        body = {**self._head, "complete": is_complete, "files": files}
        text = json.dumps(body, ensure_ascii=False, indent=1) + "\n"
        try:
            with open_replacement(self._path, FILE_MODE) as file:
                file.write(text.encode())
        except OSError as error:
            raise _unwritable(self._path, error) from error

    def _load(self) -> dict[str, dict[str, Any]]:
        """Files of an earlier command with the same order."""
        try:
            with self._path.open("rb") as file:
                text = file.read(MAX_MANIFEST_BYTES)
        except FileNotFoundError:
            return {}
        except OSError as error:
            raise _unwritable(self._path, error) from error
        try:
            body = json.loads(text)
            other = {name: body.get(name) for name in self._head}
            files = {row["name"]: row for row in body["files"]}
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise ConflictError(
                f"{self._path} is no manifest of labels", hint="Choose another folder."
            ) from error
        differing = [name for name in self._head if other[name] != self._head[name]]
        if differing == ["version"]:
            return {}
        if differing:
            name = differing[0]
            raise ConflictError(
                f"{self._folder} holds labels of another run: {name} is {other[name]!r} there "
                f"and {self._head[name]!r} here",
                hint="Choose another folder.",
            )
        return files


def _describe(order: RunOrder) -> Mapping[str, Any]:
    run, source = order.run, order.source
    _, tables, _ = next(run.symbols(source.serials[:1]))
    module_mm = MODULE_MM
    if order.form is Form.PDF:
        module_mm = round(SYMBOL_MM / (tables.size + 2 * QUIET_MODULES), 4)
    return {
        "format": FORMAT,
        "version": version(_DISTRIBUTION),  # another one's parts are written again
        "gtin": str(run.gtin),
        "lot": str(run.lot),
        "expiry": run.expiry,
        "origin": run.origin.lower(),
        "serialRoots": [root.hex() for root in source.roots],
        "count": len(source.serials),
        "as": order.form.value,
        "level": run.level,
        "mask": run.mask,
        "modules": tables.size,
        "moduleMm": None if order.form is Form.CSV else module_mm,
    }
