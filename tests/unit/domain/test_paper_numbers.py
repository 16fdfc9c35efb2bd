"""Numbers are found again however they are spelled."""

import pytest

from tracer.domain.documents import DocType
from tracer.domain.paper_numbers import PaperNumber, numbers_of, plain_number


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("NZCN-2026-0300451", "NZCN20260300451"),
        (" nzcn 2026/0300451 ", "NZCN20260300451"),
        ("CO-451", "CO451"),
        ("号", "号"),
        ("-", "-"),
        ("", ""),
    ],
)
def test_letters_and_digits_count(text: str, plain: str) -> None:
    assert plain_number(text) == plain


def test_a_declaration_uses_what_it_cites() -> None:
    texts = {"number": "2248 1", "coNo": "CO-1", "healthCertNo": "H/1", "bl": "", "netKg": "4"}
    assert list(numbers_of(DocType.CUSTOMS_DECLARATION, texts)) == [
        PaperNumber(DocType.CUSTOMS_DECLARATION, "22481"),
        PaperNumber(DocType.CERTIFICATE_OF_ORIGIN, "CO1"),
        PaperNumber(DocType.HEALTH_CERTIFICATE, "H1"),
    ]


@pytest.mark.parametrize("doc_type", [DocType.LAB_REPORT, DocType.PRODUCT, DocType.ORGANIC])
def test_most_papers_may_be_used_again(doc_type: DocType) -> None:
    assert list(numbers_of(doc_type, {"number": "1", "coNo": "2"})) == []


def test_types_and_numbers_have_keys_of_their_own() -> None:
    keys = {PaperNumber(doc_type, number).key for doc_type in DocType for number in ("1", "11")}
    assert len(keys) == 2 * len(DocType)
    assert all(len(key) == 32 for key in keys)
