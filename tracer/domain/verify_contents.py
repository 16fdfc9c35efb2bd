"""Step (5): every content and paper that is shown is the one that was recorded."""

from collections.abc import Iterator

from tracer.domain.checks import Check
from tracer.domain.evidence import (
    DIGEST_ONLY_KINDS,
    DOCUMENT_KINDS,
    SUBJECT_HEX,
    Evidence,
    record_subject,
)
from tracer.domain.steps import Step

CONTENTS = Step(5, "contents")
DOCUMENTS = Step(5, "documents")
OTHERS = Step(5, "others")


def verify_contents(evidence: Evidence) -> list[Check]:
    """(5) Each content hashes to its record's digest, each paper to its commitment and is whole."""
    contents = evidence.genuine_contents
    papers = sum(paper.genuine for paper in evidence.papers)
    return [
        *CONTENTS.conclude(list(_check_contents(evidence)), count=len(contents)),
        *DOCUMENTS.conclude(list(_check_documents(evidence)), count=papers),
        *_verify_others(evidence),
    ]


def _verify_others(evidence: Evidence) -> list[Check]:
    """Papers of other batches hash to their commitments and share a number with this batch."""
    if not evidence.others:
        return [OTHERS.skipped("none")]
    ours = {number for paper in evidence.genuine_papers() for number in paper.numbers}
    found = []
    for other in evidence.others:
        if not other.paper.genuine:
            found.append(OTHERS.invalid("wrong", other.paper.subject, batch=other.batch))
        elif not ours & other.paper.numbers:
            found.append(OTHERS.invalid("unreferenced", other.paper.subject, batch=other.batch))
    return OTHERS.conclude(found, count=len(evidence.others))


def _check_contents(evidence: Evidence) -> Iterator[Check]:
    bundle = evidence.bundle
    for digest in sorted(bundle.contents):
        records = evidence.by_digest.get(digest)
        if not records:
            yield CONTENTS.invalid("unreferenced", f"content {digest.hex()[:SUBJECT_HEX]}")
        elif digest not in evidence.genuine_contents:
            yield CONTENTS.invalid("wrong", record_subject(records[0]))
    held = bundle.contents.keys() | bundle.documents.keys()
    for record in evidence.records:
        if record.kind not in DOCUMENT_KINDS | DIGEST_ONLY_KINDS and record.digest not in held:
            yield CONTENTS.skipped("missing", record_subject(record))


def _check_documents(evidence: Evidence) -> Iterator[Check]:
    for paper in evidence.papers:
        if not paper.records:
            yield DOCUMENTS.invalid("unreferenced", paper.subject)
        elif paper.view is None:
            yield DOCUMENTS.invalid("malformed", paper.subject)
        elif not paper.recorded:
            yield DOCUMENTS.invalid("wrong", paper.subject)
        elif paper.withheld is not None:
            yield DOCUMENTS.invalid("withheld", paper.subject, field=paper.withheld)
    for record in evidence.records:
        if record.kind in DOCUMENT_KINDS and record.digest not in evidence.bundle.documents:
            yield DOCUMENTS.skipped("missing", record_subject(record))
