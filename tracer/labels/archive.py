"""Pictures of many symbols in one file: a ZIP whose members are stored, not packed again."""

import zipfile
from collections.abc import Iterator, Sequence
from typing import IO, Final
from urllib.parse import quote

from tracer.labels.png import symbol_pngs
from tracer.labels.run import LabelRun
from tracer.labels.svg import symbol_svgs

_NO_TIME: Final = (1980, 1, 1, 0, 0, 0)  # the format's first: the same run gives the same bytes
_MODE: Final = 0o644 << 16  # of files that are unpacked


def member_name(number: int, serial: str, suffix: str) -> str:
    """A picture's name: its 1-based number in the run, which is unique whatever the serials are."""
    return f"{number:07d}-{quote(serial, safe='')}.{suffix}"


def write_archive(
    file: IO[bytes], run: LabelRun, serials: Sequence[str], *, suffix: str, first: int
) -> None:
    """Write pictures of symbols; the same tins give the same bytes.

    Args:
        file: to write to, from its beginning.
        run: what the tins have in common.
        serials: in the order of printing.
        suffix: png or svg.
        first: number of the first of them in the whole run.

    Raises:
        LimitExceededError: a link is longer than a label's symbol can hold.
    """
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        pictures = _pictures(run, serials, suffix)
        for number, (serial, picture) in enumerate(pictures, first):
            member = zipfile.ZipInfo(member_name(number, serial, suffix), _NO_TIME)
            member.external_attr = _MODE
            archive.writestr(member, picture)


def _pictures(
    run: LabelRun, serials: Sequence[str], suffix: str
) -> Iterator[tuple[str, bytes | str]]:
    draw = symbol_pngs if suffix == "png" else symbol_svgs
    for names, tables, symbols in run.symbols(serials):
        yield from zip(names, draw(tables, symbols), strict=True)
