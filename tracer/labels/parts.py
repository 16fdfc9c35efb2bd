"""A whole run in files: what each form is cut into, and how a part is written."""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import IO, Final

from tracer.labels.archive import write_archive
from tracer.labels.cells import LABELS_PER_PAGE
from tracer.labels.lines import write_lines
from tracer.labels.pdf import write_sheets
from tracer.labels.run import LabelRun

PART_LABELS: Final = 1_000 * LABELS_PER_PAGE  # a PDF of 4 MB, which every printer's queue takes


class Form(StrEnum):
    """What labels are written as."""

    CSV = "csv"
    PDF = "pdf"
    PNG = "png"
    SVG = "svg"

    @property
    def is_archive(self) -> bool:
        """Whether a part holds a picture of each symbol."""
        return self in {Form.PNG, Form.SVG}


@dataclass(frozen=True, slots=True)
class Part:
    """A file of a run.

    Attributes:
        name: in the run's folder.
        first: 0-based number of its first label in the run.
        labels: how many.
        number: 1-based, among the parts.
        of: how many parts there are.
    """

    name: str
    first: int
    labels: int
    number: int
    of: int

    @property
    def slice(self) -> slice:
        """Its labels among the run's."""
        return slice(self.first, self.first + self.labels)


def cut_parts(form: Form, labels: int) -> list[Part]:
    """Parts of a run, in order; a line printer wants one file, whatever its length."""
    if form is Form.CSV:
        return [Part("labels.csv", 0, labels, 1, 1)]
    suffix = f"{form}.zip" if form.is_archive else form.value
    starts = range(0, labels, PART_LABELS)
    return [
        Part(
            f"labels-{number:04d}.{suffix}",
            start,
            min(PART_LABELS, labels - start),
            number,
            len(starts),
        )
        for number, start in enumerate(starts, 1)
    ]


def write_part(
    file: IO[bytes], form: Form, part: Part, run: LabelRun, serials: Sequence[str]
) -> None:
    """Write one part; the same part gives the same bytes.

    Args:
        file: to write to, from its beginning.
        form: of the run.
        part: which one.
        run: what the tins have in common.
        serials: the part's.

    Raises:
        LimitExceededError: a link is longer than a label's symbol can hold.
        OSError: the disk is full.
    """
    if form is Form.CSV:
        text = io.TextIOWrapper(file, "utf-8", newline="")
        write_lines(text, run, serials)
        text.detach()  # which flushes it, and leaves the file open
    elif form is Form.PDF:
        part_of = f", part {part.number} of {part.of}" if part.of > 1 else ""
        write_sheets(file, run, serials, title=f"Labels {run.gtin}/{run.lot}{part_of}")
    else:
        write_archive(file, run, serials, suffix=form.value, first=part.first + 1)
