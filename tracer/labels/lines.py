"""A line for each tin, for the printers of packing lines: they want data, not pictures."""

import csv
from collections.abc import Iterable
from typing import Final, Protocol
from urllib.parse import quote

from tracer.labels.run import LabelRun

CSV_COLUMNS: Final = ("gtin", "lot", "serial", "expiry", "uri")


class TextSink(Protocol):
    """What lines are written to."""

    def write(self, text: str, /) -> object:
        """Take some text."""


def write_lines(file: TextSink, run: LabelRun, serials: Iterable[str]) -> None:
    """Write CSV (RFC 4180) with a header.

    Args:
        file: text, with line ends left as they are.
        run: what the tins have in common.
        serials: in the order of printing.
    """
    writer = csv.writer(file, lineterminator="\r\n")
    writer.writerow(CSV_COLUMNS)
    gtin, lot, expiry = run.gtin, run.lot, run.expiry or ""
    prefix, suffix = run.prefix, run.suffix
    writer.writerows(
        (gtin, lot, it, expiry, f"{prefix}{quote(it, safe='')}{suffix}") for it in serials
    )
