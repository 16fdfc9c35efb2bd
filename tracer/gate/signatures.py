"""Signatures inside a PDF (PAdES), as evidence beside what the ledger says.

A signature counts only when everything about it holds *and* it covers the whole file: after a
forger has appended to a signed file, its signature is still genuine, for what was there before.
Nothing is fetched from a network; trust comes from the certificates that the caller names.
"""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tracer.domain.checks import CheckStatus
from tracer.gate.reasons import REASONS, Reason
from tracer.gate.sandbox import sandbox_for

MAX_TRUSTED = 200  # certificates; the EU's whole list of qualified ones has some hundred
MAX_CERTIFICATE_BYTES = 16_384
MAX_FIELD_CHARS = 200
_STRANGERS = frozenset({"sig-no-trust", "sig-unknown", "sig-expired"})


@dataclass(frozen=True, slots=True)
class PadesFinding:
    """What became of one signature.

    Attributes:
        field: its name in the PDF; empty when there is none.
        status: VALID, INVALID, ERROR (could not be checked) or SKIPPED (nothing to check).
        reason: why.
        signer: the name in the certificate; empty when it was not read.
        signed_at: when the signer says to have signed, ISO 8601; proves nothing by itself.
    """

    field: str
    status: CheckStatus
    reason: Reason
    signer: str = ""
    signed_at: str = ""

    def to_json(self) -> dict[str, str]:
        """What a client is told."""
        return {
            "field": self.field,
            "status": self.status.value,
            "code": self.reason.code,
            "text": self.reason.text,
            "textZh": self.reason.text_zh,
            "signer": self.signer,
            "signedAt": self.signed_at,
        }


def check_pades(path: Path, trust: Sequence[bytes]) -> list[PadesFinding]:
    """Check every signature in a PDF.

    Args:
        path: the file.
        trust: certificates, DER or PEM, that a signer's must lead to.

    Returns:
        One finding for each signature; a single SKIPPED one when there is none.

    Raises:
        OSError: the file cannot be opened.
        SandboxUnavailableError: no child process could be started.
    """
    file = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        return check_signatures(file, trust)
    finally:
        os.close(file)


def check_signatures(file: int, trust: Sequence[bytes]) -> list[PadesFinding]:
    """The same for an open file.

    Args:
        file: descriptor, open for reading.
        trust: as for `check_pades`.

    Raises:
        SandboxUnavailableError: no child process could be started.
    """
    if len(trust) > MAX_TRUSTED or any(len(one) > MAX_CERTIFICATE_BYTES for one in trust):
        return [_error("the list of trusted certificates is too long")]
    question = {"trust": [certificate.hex() for certificate in trust]}
    outcome = sandbox_for("pades").ask(file, question)
    if outcome.said is None:
        return [_error(outcome.reason.text if outcome.reason else "no answer")]
    try:
        return [_finding(found) for found in outcome.said["findings"]]
    except (KeyError, TypeError, ValueError):
        return [_error("the answer makes no sense")]


def vouch_for_whole(findings: Sequence[PadesFinding]) -> bool:
    """Whether a trusted signature covers the whole file and no other one is broken."""
    statuses = {finding.status for finding in findings}
    return CheckStatus.VALID in statuses <= {CheckStatus.VALID, CheckStatus.SKIPPED}


def come_from_strangers(findings: Sequence[PadesFinding]) -> bool:
    """Whether every signature is sound and nobody trusted stands behind them."""
    return bool(findings) and all(finding.reason.code in _STRANGERS for finding in findings)


def _error(detail: str) -> PadesFinding:
    return PadesFinding("", CheckStatus.ERROR, Reason("sig-error", {"detail": detail}))


def _finding(said: Mapping[str, Any]) -> PadesFinding:
    reason = Reason(said["code"], {str(key): str(value) for key, value in said["params"].items()})
    if reason.code not in REASONS or not reason.text:
        raise ValueError("an unknown reason")
    texts = [str(said[key])[:MAX_FIELD_CHARS] for key in ("field", "signer", "signedAt")]
    return PadesFinding(texts[0], CheckStatus(said["status"]), reason, texts[1], texts[2])
