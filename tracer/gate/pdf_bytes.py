"""What a PDF's bytes must be like before a parser may see them: version, end, one revision."""

import re
from dataclasses import dataclass

from tracer.gate.inflate import check_streams
from tracer.gate.limits import MAX_PREDICTOR_COLUMNS
from tracer.gate.reasons import RefusedError

_HEADER = re.compile(rb"%PDF-(?:1\.[3-7]|2\.0)[ \t]*[\r\n]")
_ENDING = re.compile(rb"%%EOF(?:\r\n|\n|\r)?\Z")
_END_MARK = b"%%EOF"
_START = b"startxref"
_ENCRYPT = re.compile(rb"/Encrypt(?![A-Za-z])")
_HYBRID = b"/XRefStm"
_SIGNED = b"/ByteRange"
_COLUMNS = re.compile(rb"/Columns\s{0,8}(\d{1,12})")
_FIRST_PART = re.compile(rb"startxref\s{1,4}0\s{1,4}%%EOF")
_LINEARIZED = b"/Linearized"
_TAIL_BYTES = 16
_FIRST_OBJECT_BYTES = 1024  # where a file arranged for the network says so
_PARTS = 2  # ends that such a file has


@dataclass(frozen=True, slots=True)
class Outside:
    """What a PDF's bytes show without being parsed.

    Attributes:
        revisions: how often it was written; more than one means that something was appended.
        has_signature: whether it says that it is signed.
        is_linearized: whether it says that it is arranged for viewing over a network.
    """

    revisions: int
    has_signature: bool
    is_linearized: bool


def check_bytes(data: bytes) -> Outside:
    """Check a PDF before any parser, and inflate its streams within the budget.

    Args:
        data: the whole file.

    Raises:
        RefusedError: the version or the end is wrong, it is encrypted, it has two tables of
            contents, it was appended to without a signature, or it inflates to too much.
    """
    if not _HEADER.match(data):
        raise RefusedError("pdf-header")
    if not _ENDING.search(data[-_TAIL_BYTES:]):
        raise RefusedError("pdf-end")
    if _ENCRYPT.search(data):
        raise RefusedError("encrypted")
    if _HYBRID in data:
        raise RefusedError("pdf-hybrid")
    for columns in _COLUMNS.finditer(data):
        if int(columns[1]) > MAX_PREDICTOR_COLUMNS:
            raise RefusedError("predictor")
    outside = _describe(data)
    if outside.revisions > 1 and not outside.has_signature:
        raise RefusedError("pdf-revisions")
    check_streams(data)
    return outside


def _describe(data: bytes) -> Outside:
    ends = max(data.count(_END_MARK), data.count(_START))
    is_linearized = (
        ends == _PARTS
        and _LINEARIZED in data[:_FIRST_OBJECT_BYTES]
        and _FIRST_PART.search(data) is not None
    )
    return Outside(1 if is_linearized else ends, _SIGNED in data, is_linearized)
