"""Commit to a paper of a batch that is on the ledger.

The file describes the paper as a batch file does, in one JSON object:
{"docType", "number", "issuer", "issuedAt", "public": {…}, "confidential": {…}, "file": "x.pdf"}
"""

from pathlib import Path
from typing import Any

from tracer.domain.documents import DOCUMENT_KIND
from tracer.errors import InvalidFileError
from tracer.operations.event_reader import parse_past_moment
from tracer.operations.findings import FieldRule, Findings, read_fields
from tracer.operations.plan import PlannedDocument
from tracer.operations.strict_json import decode_text, load_bounded, parse_json
from tracer.operations.values import parse_doc_type, parse_fields, parse_gln, parse_text


def load_document(path: Path, *, now_unix: int) -> PlannedDocument:
    """Read the description of a paper.

    Args:
        path: the file; the paper it names is looked up beside it.
        now_unix: the moment of reading, Unix seconds; papers are issued earlier.

    Raises:
        InvalidFileError: it breaks rules; the message lists them.
    """

    def parse_moment(raw: object) -> tuple[str, int]:
        return str(raw), parse_past_moment(raw, now_unix)

    def parse_path(raw: object) -> Path:
        paper = path.parent / parse_text(raw)
        if not paper.is_file():
            raise InvalidFileError(f"there is no such file: {paper}")
        return paper

    rules = {
        "docType": FieldRule(parse_doc_type),
        "number": FieldRule(parse_text),
        "issuer": FieldRule(parse_gln),
        "issuedAt": FieldRule(parse_moment),
        "public": FieldRule(parse_fields),
        "confidential": FieldRule(parse_fields, required=False, default={}),
        "file": FieldRule(parse_path, required=False),
    }
    file = str(path)
    findings = Findings(file)
    raw = parse_json(decode_text(load_bounded(path), file), file)
    return _build(findings.sound(read_fields(raw, "", rules, findings)))


def _build(values: dict[str, Any]) -> PlannedDocument:
    issued_at, issued_at_unix = values["issuedAt"]
    return PlannedDocument(
        doc_type=values["docType"],
        number=values["number"],
        issuer=values["issuer"],
        recorder=values["issuer"],
        kind=DOCUMENT_KIND[values["docType"]],
        issued_at_unix=issued_at_unix,
        issued_at=issued_at,
        public=values["public"],
        confidential=values["confidential"],
        file=values["file"],
    )
