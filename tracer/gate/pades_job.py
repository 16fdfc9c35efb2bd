"""The child's other job: checking the signatures inside a PDF."""

import io
import logging
from collections.abc import Mapping
from typing import Any

from asn1crypto import cms, pem, x509
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.ades.report import AdESIndeterminate
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature
from pyhanko.sign.validation.status import PdfSignatureStatus, SignatureCoverageLevel
from pyhanko_certvalidator import ValidationContext

from tracer.domain.checks import CheckStatus
from tracer.gate.child import Json, answer
from tracer.gate.pdf_bytes import check_bytes
from tracer.gate.pdf_open import printable
from tracer.gate.reasons import RefusedError

EXPIRED = frozenset({AdESIndeterminate.EXPIRED, AdESIndeterminate.OUT_OF_BOUNDS_NO_POE})
MAX_SIGNATURES = 16  # a certificate is signed by its issuer, and perhaps by those who pass it on

logging.disable(logging.CRITICAL)


def run(file: int, channel: int) -> None:
    """Answer for one file."""
    answer(file, channel, _work)


def _work(data: bytes, question: Mapping[str, Any]) -> tuple[Json, bytes]:
    outside = check_bytes(data)
    if not outside.has_signature:
        return {"findings": [_said("", CheckStatus.SKIPPED, "sig-none")]}, b""
    reader = PdfFileReader(io.BytesIO(data), strict=True)
    signatures = reader.embedded_regular_signatures
    if not signatures:
        return {"findings": [_said("", CheckStatus.SKIPPED, "sig-none")]}, b""
    if len(signatures) > MAX_SIGNATURES:
        raise RefusedError("limit-cpu")
    trust = [_certificate(bytes.fromhex(text)) for text in question["trust"]]
    findings = [_check(signature, trust) for signature in signatures]
    if any(finding["status"] == CheckStatus.VALID for finding in findings):
        findings = [_settle_earlier(finding) for finding in findings]
    return {"findings": findings}, b""


def _certificate(data: bytes) -> x509.Certificate:
    if pem.detect(data):
        _, _, data = pem.unarmor(data)
    return x509.Certificate.load(data)


def _check(signature: EmbeddedPdfSignature, trust: list[x509.Certificate]) -> Json:
    name = printable(str(signature.field_name))
    # Fresh for every signature: a context remembers what it has been shown.
    context = ValidationContext(trust_roots=trust, allow_fetching=False)
    try:
        status = validate_pdf_signature(signature, signer_validation_context=context)
        signer = printable(status.signing_cert.subject.human_friendly)
        told_at = status.signer_reported_dt
        is_padded = _is_padded(signature.pkcs7_content)
    except Exception as error:  # noqa: BLE001 - the library has no common base for what it throws
        return _said(name, CheckStatus.ERROR, "sig-error", detail=type(error).__name__)
    found, code = _judge(status, knows_anybody=bool(trust))
    if not is_padded:
        found, code = CheckStatus.INVALID, "sig-broken"
    said = _said(name, found, code, signer=signer)
    return said | {"signer": signer, "signedAt": told_at.isoformat() if told_at else ""}


def _is_padded(content: bytes) -> bool:
    """Whether only zeros follow the signature in the gap left for it, which nothing signs."""
    return not content[len(cms.ContentInfo.load(content).dump()) :].strip(b"\0")


def _judge(status: PdfSignatureStatus, *, knows_anybody: bool) -> tuple[CheckStatus, str]:
    is_whole = status.coverage == SignatureCoverageLevel.ENTIRE_FILE
    if not (status.intact and status.valid):
        return CheckStatus.INVALID, "sig-broken"
    if status.bottom_line:
        return (CheckStatus.VALID, "sig-ok") if is_whole else (CheckStatus.INVALID, "sig-partial")
    if not status.docmdp_ok or not is_whole:
        return CheckStatus.INVALID, "sig-changed-later"
    if status.trusted:
        return CheckStatus.INVALID, "sig-broken"
    return _judge_stranger(status, knows_anybody=knows_anybody)


def _judge_stranger(status: PdfSignatureStatus, *, knows_anybody: bool) -> tuple[CheckStatus, str]:
    """An intact signature over the whole file that no trusted certificate vouches for now.

    It speaks for nobody and against nobody, unless its certificate claims what does not hold.
    """
    if not knows_anybody:
        return CheckStatus.SKIPPED, "sig-no-trust"
    if status.trust_problem_indic == AdESIndeterminate.NO_CERTIFICATE_CHAIN_FOUND:
        return CheckStatus.SKIPPED, "sig-unknown"
    if status.trust_problem_indic in EXPIRED:
        return CheckStatus.SKIPPED, "sig-expired"
    return CheckStatus.INVALID, "sig-untrusted"


def _settle_earlier(finding: Json) -> Json:
    """A sound signature under a later one that covers everything is no objection."""
    if finding["code"] != "sig-partial":
        return finding
    return finding | {"status": CheckStatus.SKIPPED.value, "code": "sig-earlier"}


def _said(field: str, status: CheckStatus, code: str, **params: str) -> Json:
    return {
        "field": field,
        "status": status.value,
        "code": code,
        "params": params,
        "signer": "",
        "signedAt": "",
    }
