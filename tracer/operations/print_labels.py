"""Labels of a batch's tins: only for serials that the ledger holds."""

import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tracer.domain.document_views import parse_view
from tracer.domain.documents import DocType
from tracer.domain.identifiers import Gtin, Lot, Serial
from tracer.domain.kinds import Kind
from tracer.domain.merkle import MerkleTree
from tracer.domain.records import build_batch_id
from tracer.errors import DatabaseUnavailableError, InputError, NotFoundError
from tracer.labels.lines import write_lines
from tracer.labels.pdf import write_sheets
from tracer.labels.qr import TinLabel, render_png, render_svg
from tracer.labels.run import LabelRun
from tracer.labels.sheet import build_sheet_png
from tracer.labels.symbol import Level
from tracer.operations.ledger_records import HEADER_BYTES
from tracer.operations.station import Station
from tracer.operations.steps import fetch_written


@dataclass(frozen=True)
class LabelSource:
    """What a batch's labels are made from.

    Attributes:
        gtin: AI 01.
        lot: AI 10.
        serials: all serials that were issued, ascending.
        expiry: AI 17, YYMMDD, from the product's data; None when no paper states it.
        roots: of the Merkle trees that the serials stand under in the ledger.
    """

    gtin: Gtin
    lot: Lot
    serials: Sequence[str]
    expiry: str | None
    roots: Sequence[bytes]

    def choose(self, wanted: Sequence[Serial]) -> list[str]:
        """Serials of some tins.

        Raises:
            NotFoundError: a serial was not issued for this batch.
        """
        issued = set(self.serials)
        for serial in wanted:
            if serial.value not in issued:
                raise NotFoundError(
                    f"serial {serial} was not issued for batch {self.gtin}/{self.lot}",
                    hint="A label of a tin that the ledger does not know would read as a copy.",
                )
        return [serial.value for serial in wanted]

    def run(self, origin: str, level: Level = "M") -> LabelRun:
        """What all labels of the batch have in common."""
        return LabelRun(self.gtin, self.lot, self.expiry, origin, level)


def load_label_source(station: Station, gtin: Gtin, lot: Lot) -> LabelSource:
    """Find a batch's serials and expiry date.

    Raises:
        NotFoundError: the ledger has no serials of the batch, or their list is not here.
    """
    written = [data for _, data in fetch_written(station, build_batch_id(gtin, lot))]
    roots = [data[HEADER_BYTES:] for data in written if data[0] == Kind.SERIALS]
    if not roots:
        raise NotFoundError(
            f"no serials were issued for batch {gtin}/{lot}", hint="tracer serials issue"
        )
    serials: list[str] = []
    for root in roots:
        listed = station.contents.get_serials(root)
        if listed is None or MerkleTree.of(it.encode() for it in listed).root != root:
            raise NotFoundError(
                f"the serials of batch {gtin}/{lot} are not on file here, or are damaged",
                hint="Run the command that issued them again, where it was run first.",
            )
        serials += listed
    return LabelSource(gtin, lot, sorted(serials), _find_expiry(station, written), roots)


def render_labels(run: LabelRun, serials: Sequence[str], suffix: str) -> bytes:
    """Labels as a file.

    Args:
        run: what they have in common.
        serials: at least one.
        suffix: .png, .svg, .pdf or .csv. One label fills an image; more make a sheet.

    Raises:
        InputError: the form is unknown, or holds one label only.
        LimitExceededError: more labels than the form holds.
    """
    if len(serials) == 1 and suffix in _ONE:
        return _ONE[suffix](run.label(serials[0]))
    if suffix not in _MANY:
        forms = ", ".join(sorted({*_ONE, *_MANY}))
        raise InputError(
            f"{len(serials)} labels cannot be written as {suffix or 'a file without a suffix'}",
            hint=f"One label: {forms}; a sheet: {', '.join(sorted(_MANY))}.",
        )
    return _MANY[suffix](run, serials)


def write_labels(path: Path, data: bytes) -> None:
    """Write the file.

    Raises:
        DatabaseUnavailableError: it cannot be written.
    """
    try:
        path.write_bytes(data)
    except OSError as error:
        raise DatabaseUnavailableError(f"{path} cannot be written: {error.strerror}") from error


def _render_csv(run: LabelRun, serials: Sequence[str]) -> bytes:
    stream = io.StringIO(newline="")
    write_lines(stream, run, serials)
    return stream.getvalue().encode()


def _render_pdf(run: LabelRun, serials: Sequence[str]) -> bytes:
    stream = io.BytesIO()
    write_sheets(stream, run, serials, title=f"Labels {run.gtin}/{run.lot}")
    return stream.getvalue()


def _render_sheet_png(run: LabelRun, serials: Sequence[str]) -> bytes:
    return build_sheet_png([run.label(serial) for serial in serials])


_ONE: Final[Mapping[str, Callable[[TinLabel], bytes]]] = {
    ".png": render_png,
    ".svg": lambda label: render_svg(label).encode(),
}
_MANY: Final[Mapping[str, Callable[[LabelRun, Sequence[str]], bytes]]] = {
    ".pdf": _render_pdf,
    ".png": _render_sheet_png,
    ".csv": _render_csv,
}


def _find_expiry(station: Station, written: Sequence[bytes]) -> str | None:
    """Best-before date of the product's data, as AI 17 has it: YYMMDD."""
    for data in written:
        text = station.contents.get_document(data[HEADER_BYTES:])
        if data[0] != Kind.DOCUMENT or text is None:
            continue
        try:
            view = parse_view(text.decode("utf-8", errors="replace"))
        except InputError:
            continue
        best_before = view.fields.get("bestBefore")
        if view.doc_type is DocType.PRODUCT and isinstance(best_before, str):
            digits = best_before.replace("-", "")
            return digits[2:] if len(digits) == len("YYYYMMDD") and digits.isdigit() else None
    return None
