"""Signatures in real PDFs: only one over the whole file, from somebody trusted, counts."""

import datetime as dt
import io
from collections.abc import Callable
from pathlib import Path

import pikepdf
import pytest
from gate_bench.pdf_writer import one_page, write_pdf
from gate_pades import DAY, Authority, change, sign, sign_while_making

from tracer.domain.checks import CheckStatus
from tracer.gate.gate import inspect_file
from tracer.gate.signatures import PadesFinding, check_pades

pytestmark = pytest.mark.integration

FORGED = b"BT /F1 12 Tf 20 100 Td (Seal: FORGED) Tj ET"
Check = Callable[..., list[PadesFinding]]


@pytest.fixture(scope="module")
def authority() -> Authority:
    return Authority()


@pytest.fixture(scope="module")
def signed(authority: Authority) -> bytes:
    return sign(write_pdf(one_page()), authority.signer())


@pytest.fixture
def check(tmp_path: Path) -> Check:
    def run(pdf: bytes, *trust: bytes) -> list[PadesFinding]:
        (tmp_path / "signed.pdf").write_bytes(pdf)
        return check_pades(tmp_path / "signed.pdf", trust)

    return run


@pytest.fixture
def is_let_in(tmp_path: Path) -> Callable[..., bool]:
    def run(pdf: bytes, *trust: bytes) -> bool:
        (tmp_path / "signed.pdf").write_bytes(pdf)
        report = inspect_file(tmp_path / "signed.pdf", trust=trust)
        wanted = {"ok", "pdf-revisions", "pdf-signer", "damaged"}
        assert report.reason.code in wanted, report.reason
        return report.accepted

    return run


def outcome(findings: list[PadesFinding]) -> list[tuple[CheckStatus, str]]:
    return [(finding.status, finding.reason.code) for finding in findings]


class TestCheckPades:
    def test_a_trusted_signature_over_everything_is_valid(
        self, check: Check, authority: Authority, signed: bytes
    ) -> None:
        (finding,) = check(signed, authority.certificate)
        assert (finding.status, finding.reason.code) == (CheckStatus.VALID, "sig-ok")
        assert finding.field == "Signature1"
        assert "Example chamber" in finding.signer
        assert dt.datetime.fromisoformat(finding.signed_at).tzinfo

    def test_trust_may_be_written_as_text(
        self, check: Check, authority: Authority, signed: bytes
    ) -> None:
        assert outcome(check(signed, authority.pem)) == [(CheckStatus.VALID, "sig-ok")]

    def test_a_paper_without_signatures_has_nothing_to_check(self, check: Check) -> None:
        findings = check(write_pdf(one_page()))
        assert outcome(findings) == [(CheckStatus.SKIPPED, "sig-none")]

    def test_without_trust_nobody_is_known(self, check: Check, signed: bytes) -> None:
        assert outcome(check(signed)) == [(CheckStatus.SKIPPED, "sig-no-trust")]

    def test_who_is_not_on_the_list_is_not_known(self, check: Check, signed: bytes) -> None:
        (finding,) = check(signed, Authority("Another root (invented)").certificate)
        assert (finding.status, finding.reason.code) == (CheckStatus.SKIPPED, "sig-unknown")
        assert finding.reason.text.startswith("signature intact, signer not known")

    def test_another_authority_of_the_same_name_is_not_trusted(
        self, check: Check, signed: bytes
    ) -> None:
        findings = check(signed, Authority().certificate)
        assert outcome(findings) == [(CheckStatus.INVALID, "sig-untrusted")]

    def test_a_certificate_that_has_expired_is_not_trusted(
        self, check: Check, authority: Authority
    ) -> None:
        late = sign(write_pdf(one_page()), authority.signer(lasts=-DAY))
        findings = check(late, authority.certificate)
        assert outcome(findings) == [(CheckStatus.SKIPPED, "sig-expired")]
        findings = check(late, Authority("Another root (invented)").certificate)
        assert outcome(findings) == [(CheckStatus.SKIPPED, "sig-unknown")]
        findings = check(late, Authority().certificate)  # forged, and expired besides
        assert outcome(findings) == [(CheckStatus.INVALID, "sig-untrusted")]

    def test_a_change_within_is_seen(
        self, check: Check, authority: Authority, signed: bytes
    ) -> None:
        forged = signed.replace(b"NZ884213", b"NZ884214", 1)
        assert forged != signed
        findings = check(forged, authority.certificate)
        assert outcome(findings) == [(CheckStatus.INVALID, "sig-broken")]

    def test_a_change_appended_is_seen(
        self, check: Check, authority: Authority, signed: bytes
    ) -> None:
        forged = change(signed, FORGED)
        with pikepdf.open(io.BytesIO(forged)) as pdf:  # a reader shows the forged content
            assert b"FORGED" in pdf.pages[0].Contents.read_bytes()
        findings = check(forged, authority.certificate)
        assert outcome(findings) == [(CheckStatus.INVALID, "sig-changed-later")]

    def test_a_shadow_put_in_before_and_switched_on_after_is_seen(
        self, check: Check, authority: Authority
    ) -> None:
        """The signer signs a page whose other content is in the file already, unused."""
        objects = one_page(
            extra={6: b"<</Length %d>>\nstream\n%s\nendstream" % (len(FORGED), FORGED)}
        )
        signed = sign(write_pdf(objects), authority.signer())
        assert outcome(check(signed, authority.certificate)) == [(CheckStatus.VALID, "sig-ok")]
        at = len(signed)
        page = (
            b"3 0 obj\n<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 200]/Contents 6 0 R>>\nendobj\n"
        )
        before = int(signed.rsplit(b"startxref\n", 1)[1].split(b"\n")[0])
        table = b"xref\n3 1\n%010d 00000 n \ntrailer\n<</Size 20/Root 1 0 R/Prev %d>>\n" % (
            at,
            before,
        )
        shadow = signed + page + table + b"startxref\n%d\n%%%%EOF\n" % (at + len(page))
        statuses = {finding.status for finding in check(shadow, authority.certificate)}
        assert CheckStatus.VALID not in statuses

    def test_of_two_signatures_the_later_covers_everything(
        self, check: Check, authority: Authority, signed: bytes
    ) -> None:
        twice = sign(signed, authority.signer("Example carrier (invented)"), "Signature2")
        findings = check(twice, authority.certificate)
        assert outcome(findings) == [
            (CheckStatus.SKIPPED, "sig-earlier"),
            (CheckStatus.VALID, "sig-ok"),
        ]

    def test_a_stranger_who_signs_after_makes_nothing_valid(
        self, check: Check, authority: Authority, signed: bytes
    ) -> None:
        twice = sign(change(signed, FORGED), Authority("Other").signer(), "Signature2")
        statuses = [finding.status for finding in check(twice, authority.certificate)]
        assert statuses == [CheckStatus.INVALID, CheckStatus.SKIPPED]

    @pytest.mark.parametrize("pdf", [b"", b"%PDF-1.7\n%%EOF\n", b"x" * 100])
    def test_what_cannot_be_checked_is_an_error_and_never_green(
        self, check: Check, pdf: bytes
    ) -> None:
        statuses = {finding.status for finding in check(pdf, b"not a certificate")}
        assert statuses <= {CheckStatus.ERROR, CheckStatus.SKIPPED}

    def test_a_broken_trust_list_is_an_error(self, check: Check, signed: bytes) -> None:
        for trust in ([b"not a certificate"], [b"x"] * 201, [bytes(20_000)]):
            assert [finding.status for finding in check(signed, *trust)] == [CheckStatus.ERROR]

    def test_damage_in_a_signature_or_in_the_gap_left_for_it_is_seen(
        self, check: Check, authority: Authority, signed: bytes
    ) -> None:
        start = signed.index(b"/Contents <") + len(b"/Contents <")
        end = signed.index(b">", start)
        used = start + len(signed[start:end].rstrip(b"0"))
        for place in (*range(used - 90, used - 10, 20), used + 20, end - 1):
            damaged = bytearray(signed)
            damaged[place] = ord("1") if damaged[place] != ord("1") else ord("2")
            for finding in check(bytes(damaged), authority.certificate):
                assert finding.status in {CheckStatus.INVALID, CheckStatus.ERROR}, place - start


class TestGate:
    def test_a_file_that_was_appended_to_needs_a_trusted_signature_over_all_of_it(
        self, is_let_in: Callable[..., bool], authority: Authority, signed: bytes
    ) -> None:
        trust = authority.certificate
        assert is_let_in(signed, trust)
        assert not is_let_in(signed)
        assert not is_let_in(signed, Authority().certificate)
        assert not is_let_in(change(signed, FORGED), trust)
        assert not is_let_in(signed.replace(b"NZ884213", b"NZ884214", 1), trust)
        assert is_let_in(sign(signed, authority.signer(), "Signature2"), trust)
        assert not is_let_in(sign(change(signed, FORGED), Authority().signer(), "S2"), trust)

    def test_the_reason_says_whether_only_trust_is_lacking(
        self, tmp_path: Path, authority: Authority, signed: bytes
    ) -> None:
        late = sign(write_pdf(one_page()), authority.signer(lasts=-DAY))
        known, other = authority.certificate, Authority("Another root (invented)").certificate
        for pdf, trust, code in (
            (signed, [], "pdf-signer"),
            (signed, [other], "pdf-signer"),
            (late, [known], "pdf-signer"),
            (signed, [Authority().certificate], "pdf-revisions"),
            (signed.replace(b"(invented)", b"(Invented)", 1), [], "pdf-revisions"),
            (sign(change(signed, FORGED), authority.signer(), "S2"), [], "pdf-revisions"),
        ):
            (tmp_path / "signed.pdf").write_bytes(pdf)
            assert inspect_file(tmp_path / "signed.pdf", trust=trust).reason.code == code

    def test_a_file_that_was_signed_while_it_was_made_needs_no_trust(
        self, is_let_in: Callable[..., bool], check: Check, authority: Authority
    ) -> None:
        pdf = sign_while_making(write_pdf(one_page()), authority.signer())
        other = Authority("Another root (invented)").certificate
        assert is_let_in(pdf)
        assert is_let_in(pdf, other)
        assert outcome(check(pdf, other)) == [(CheckStatus.SKIPPED, "sig-unknown")]
        assert outcome(check(pdf, authority.certificate)) == [(CheckStatus.VALID, "sig-ok")]

    def test_a_signed_file_says_that_it_is(
        self, tmp_path: Path, authority: Authority, signed: bytes
    ) -> None:
        (tmp_path / "signed.pdf").write_bytes(signed)
        report = inspect_file(tmp_path / "signed.pdf", trust=[authority.certificate])
        assert "signed" in {note.code for note in report.notes}
        assert report.text[0].strip() == "Seal: NZ884213"
