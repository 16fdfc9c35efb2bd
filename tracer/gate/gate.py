"""The gate: decides whether a file from outside may come in.

Comparing first and last bytes happens here; everything else happens in a child process with hard
limits, so that a file which breaks a parser breaks nothing else. The file is never changed.

    (1) one regular file, not too large         (2) one of five types by its first byte, as declared
    (3) nothing else by its last bytes          (4) in the child: bytes, streams, objects, text
    (5) appended to only by a trusted signature

docs/explanation/file-gate.md says what each step is for.
"""

import os
import stat
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tracer.gate.limits import MAX_FILE_BYTES, MAX_TEXT_CHARS
from tracer.gate.reasons import REASONS, Reason, RefusedError
from tracer.gate.report import GateReport, Verdict
from tracer.gate.sandbox import Outcome, sandbox_for
from tracer.gate.signatures import check_signatures, come_from_strangers, vouch_for_whole
from tracer.gate.sniff import (
    HEAD_BYTES,
    TAIL_BYTES,
    check_declared,
    check_polyglot,
    sniff_type,
)

__all__ = ["GateReport", "Verdict", "inspect_file"]


def inspect_file(
    path: Path, *, declared: str | None = None, trust: Sequence[bytes] = ()
) -> GateReport:
    """Judge a file.

    Args:
        path: where it lies; it is opened once and not changed.
        declared: the media type that its sender gave; None skips the comparison.
        trust: certificates (DER or PEM) that signatures inside a PDF may lead to. Without one, a
            PDF that was signed after it was made is refused.

    Raises:
        OSError: the file cannot be opened.
        SandboxUnavailableError: no child process could be started; nothing is known of the file.
    """
    # A pipe would wait for its other end; it is opened without waiting and refused below.
    file = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        return _inspect(file, declared, trust)
    finally:
        os.close(file)


def _inspect(file: int, declared: str | None, trust: Sequence[bytes]) -> GateReport:
    media_type = ""
    try:
        head, tail, size = _read_ends(file)  # (1)
        media_type = sniff_type(head)  # (2)
        check_declared(declared, media_type)
        check_polyglot(head, tail, size, media_type)  # (3)
    except RefusedError as refused:
        return GateReport(Verdict.REJECT, media_type, refused.reason)
    outcome = sandbox_for("parse").ask(file, {"mediaType": media_type})  # (4)
    report = _report(media_type, outcome)
    was_changed = outcome.said is not None and outcome.said.get("revisions") != 1
    if not (report.accepted and was_changed):
        return report
    findings = check_signatures(file, trust)  # (5)
    if vouch_for_whole(findings):
        return report
    reason = "pdf-signer" if come_from_strangers(findings) else "pdf-revisions"
    return _rejected(media_type, outcome, Reason(reason))


def _read_ends(file: int) -> tuple[bytes, bytes, int]:
    facts = os.fstat(file)
    if not stat.S_ISREG(facts.st_mode):
        raise RefusedError("not-a-file")
    if facts.st_size > MAX_FILE_BYTES:
        raise RefusedError("too-large", most=MAX_FILE_BYTES)
    head = os.pread(file, HEAD_BYTES, 0)
    tail = os.pread(file, TAIL_BYTES, max(facts.st_size - TAIL_BYTES, 0))
    return head, tail, facts.st_size


def _rejected(media_type: str, outcome: Outcome, reason: Reason) -> GateReport:
    return GateReport(
        Verdict.REJECT,
        media_type,
        reason,
        peak_bytes=outcome.peak_bytes,
        cpu_s=outcome.cpu_s,
    )


def _report(media_type: str, outcome: Outcome) -> GateReport:
    """The child's answer as a report; a child may have been taken over, so it is read strictly."""
    if outcome.said is None:
        return _rejected(media_type, outcome, outcome.reason or Reason("damaged", {"detail": ""}))
    said = outcome.said
    try:
        return GateReport(
            Verdict.ACCEPT,
            media_type,
            Reason("ok"),
            pages=None if said["pages"] is None else int(said["pages"]),
            notes=tuple(_note(note) for note in said["notes"]),
            text=_bounded(said["text"]),
            copy=outcome.extra or None,
            peak_bytes=outcome.peak_bytes,
            cpu_s=outcome.cpu_s,
        )
    except (KeyError, TypeError, ValueError):
        senseless = Reason("parser-died", {"detail": "its answer makes no sense"})
        return _rejected(media_type, outcome, senseless)


def _note(said: Mapping[str, Any]) -> Reason:
    note = Reason(said["code"], {str(key): value for key, value in said["params"].items()})
    if note.code not in REASONS or not note.text:
        raise ValueError("an unknown note")
    return note


def _bounded(texts: Sequence[object]) -> tuple[str, ...]:
    kept = tuple(str(text) for text in texts)
    if sum(map(len, kept)) > MAX_TEXT_CHARS:
        raise ValueError("more text than was asked for")
    return kept
