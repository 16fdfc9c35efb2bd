"""Export a declaration's data: its papers, as far as they are open here, in the form's order."""

from pathlib import Path

from tracer.domain.declaration_export import DeclarationExport, SourcePaper, build_export
from tracer.domain.document_views import View
from tracer.domain.evidence import DOCUMENT_KINDS
from tracer.domain.kinds import Kind
from tracer.durable import replace_file
from tracer.errors import DatabaseUnavailableError, InputError, NotFoundError
from tracer.operations.customs_claims import BatchRecords, find_view
from tracer.operations.private_files import FILE_MODE
from tracer.operations.station import Station


def export_declaration(
    station: Station, batch: BatchRecords, declaration: str | None
) -> DeclarationExport:
    """Fill a declaration's form.

    Args:
        station: the ledger.
        batch: its records.
        declaration: the declaration's number; None = the only one.

    Raises:
        NotFoundError: no declaration with this number is at hand.
        InputError: there are several, and none is named.
    """
    claimed = {it.digest for it in batch.records if it.kind == Kind.CLEARANCE_CLAIM}
    papers = [
        (digest, _as_source(view))
        for digest in dict.fromkeys(it.digest for it in batch.records if it.kind in DOCUMENT_KINDS)
        if (view := find_view(station, batch.batch_id, digest)) is not None
    ]
    declarations = [
        paper
        for commitment, paper in papers
        if commitment in claimed and declaration in {None, paper.number}
    ]
    if not declarations:
        raise NotFoundError(
            f"no declaration {declaration or ''} of {batch.gtin}/{batch.lot} is at hand",
            hint="Its broker claims it: tracer document add. Customs open it: tracer customs open.",
        )
    if len(declarations) > 1:
        raise InputError(
            f"the batch has {len(declarations)} declarations",
            hint="Name one: --declaration NUMBER.",
        )
    rest = [paper for _, paper in papers if paper is not declarations[0]]
    return build_export(declarations[0], rest)


def _as_source(view: View) -> SourcePaper:
    return SourcePaper(
        view.doc_type, str(view.fields.get("number", "")), view.fields, is_whole=not view.hidden
    )


def keep_export(path: Path, text: str, *, with_mark: bool) -> None:
    """Write an export that only its owner may read: it holds prices.

    Args:
        path: the file; an older one is replaced.
        text: the export.
        with_mark: begin with a byte order mark, without which spreadsheets garble Chinese.

    Raises:
        DatabaseUnavailableError: it cannot be written.
    """
    try:
        replace_file(path, text.encode("utf-8-sig" if with_mark else "utf-8"), FILE_MODE)
    except OSError as error:
        raise DatabaseUnavailableError(
            f"{path} cannot be written: {error.strerror or error}",
            hint="Check the folder; then run the same command again.",
        ) from error
