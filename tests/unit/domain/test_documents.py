"""Documents: exact bytes, what a view shows, and everything that must not verify."""

import hashlib
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from view_steps import first_fault

from tracer.domain import documents
from tracer.domain.document_views import parse_view
from tracer.domain.documents import (
    DOCUMENT_KIND,
    DocType,
    Document,
    DocumentSalts,
    Field,
    Paper,
    Scope,
    build_document,
    field_leaf,
    salts_needed,
)
from tracer.domain.identifiers import Gln
from tracer.domain.kinds import Kind, KindClass
from tracer.errors import (
    InputError,
    InvalidDocumentError,
    InvalidFileError,
    InvalidIdentifierError,
    LimitExceededError,
)

VECTORS = sorted((Path(__file__).parents[2] / "vectors" / "documents").iterdir())
LAB = Gln.parse("9520010001039")
BROKER = Gln.parse("9520010001091")
SCOPE = Scope(31337, bytes(range(20)), hashlib.sha256(b"batch").digest())
PAPER = Paper(
    DocType.LAB_REPORT,
    "RFL-26-004417",
    LAB,
    "2026-02-24T16:00:00+13:00",
    {"verdict": "pass", "lot": "A26B11K1", "results": [{"code": "lead", "value": 0.01}]},
    {"client": "示例"},
    hashlib.sha256(b"%PDF").digest(),
)
PUBLIC_NAMES = [
    "issuedAt",
    "issuer",
    "lot",
    "number",
    "publicFields",
    "results",
    "type",
    "verdict",
]


def salts(count: int) -> DocumentSalts:
    return DocumentSalts(
        hashlib.sha256(b"document").digest(),
        tuple(hashlib.sha256(b"field %d" % number).digest()[:16] for number in range(count)),
    )


def document(paper: Paper = PAPER, scope: Scope = SCOPE) -> Document:
    return build_document(paper, scope, salts(salts_needed(paper)))


def changed(text: str, **changes: Any) -> str:
    return json.dumps({**json.loads(text), **changes}, ensure_ascii=False)


class TestExactBytes:
    def test_of_a_leaf(self) -> None:
        name, value, salt = "lot", '"A26B11K1"', bytes(range(16))
        assert (
            field_leaf(name, value, salt)
            == hashlib.sha256(
                b"\x00tracer/field/v1\x00" + b"\x00\x03lot" + b'\x00\x00\x00\x0a"A26B11K1"' + salt
            ).digest()
        )

    def test_lengths_count_bytes_not_characters(self) -> None:
        salt = bytes(16)
        assert field_leaf("名", '"示"', salt) == hashlib.sha256(
            b"\x00tracer/field/v1\x00\x00\x03" + "名".encode()
            + b"\x00\x00\x00\x05" + '"示"'.encode() + salt
        ).digest()  # fmt: skip

    def test_of_a_commitment(self) -> None:
        made = document()
        root = documents.field_root([field.leaf() for field in made.fields])
        assert made.commitment == hashlib.sha256(
            b"tracer/doc/v1\x00" + (31337).to_bytes(8, "big") + SCOPE.contract
            + (9520010001039).to_bytes(6, "big") + SCOPE.batch_id + (9).to_bytes(2, "big")
            + made.salt + root
        ).digest()  # fmt: skip

    def test_name_and_value_cannot_shift_into_each_other(self) -> None:
        assert field_leaf("a", 'b"c"', bytes(16)) != field_leaf("ab", '"c"', bytes(16))


class TestBuildDocument:
    def test_fields_stand_in_order_of_their_utf_8_names(self) -> None:
        paper = replace(PAPER, public={"😀": 1, "\ufb33": 2, "Z": 3})
        names = [field.name for field in document(paper).fields]
        assert names == sorted(names, key=str.encode)
        assert names.index("\ufb33") < names.index("😀")  # UTF-16 order would differ

    def test_same_input_gives_the_same_commitment(self) -> None:
        assert document().commitment == document().commitment

    @pytest.mark.parametrize(
        "paper",
        [
            replace(PAPER, public={"issuer": "somebody else"}),
            replace(PAPER, confidential={"verdict": "fail"}),
            replace(PAPER, public={"publicFields": ["publicFields"]}),
            replace(PAPER, confidential={"publicFields": []}),
            replace(PAPER, confidential={"file": "00"}, file_sha256=None),
        ],
    )
    def test_two_fields_of_one_name_are_refused(self, paper: Paper) -> None:
        with pytest.raises(InvalidDocumentError, match="name that is taken"):
            salts_needed(paper)

    def test_wrong_salts_are_refused(self) -> None:
        right = salts(salts_needed(PAPER))
        for wrong in (
            replace(right, fields=right.fields[:-1]),
            replace(right, fields=(*right.fields, bytes(16))),
            replace(right, document=bytes(31)),
            replace(right, fields=(bytes(15), *right.fields[1:])),
            replace(right, fields=(right.fields[1], *right.fields[1:])),
        ):
            with pytest.raises(InvalidDocumentError, match="salt"):
                build_document(PAPER, SCOPE, wrong)

    @pytest.mark.parametrize("value", [float("nan"), 2**60, "\ud800"])
    def test_values_without_canonical_text_are_refused(self, value: Any) -> None:
        with pytest.raises(InputError):
            document(replace(PAPER, public={"value": value}))

    def test_too_much_is_refused(self) -> None:
        for public in (
            {f"field {number}": number for number in range(documents.MAX_FIELDS)},
            {"n" * (documents.MAX_NAME_BYTES + 1): 1},
            {"": 1},
            {"value": "x" * documents.MAX_VALUE_BYTES},
        ):
            with pytest.raises(LimitExceededError):
                document(replace(PAPER, public=public))

    def test_name_that_is_not_unicode_is_refused(self) -> None:
        with pytest.raises(InvalidDocumentError):
            Field("\ud800", "1", bytes(16)).leaf()


class TestViews:
    def test_public_view_hides_the_confidential_fields_only(self) -> None:
        view = parse_view(document().public_view())
        assert view.fields == {
            "type": "LAB_REPORT",
            "number": "RFL-26-004417",
            "issuer": "9520010001039",
            "issuedAt": "2026-02-24T16:00:00+13:00",
            "publicFields": PUBLIC_NAMES,
            **PAPER.public,
        }
        assert view.hidden == 2
        assert "示例" not in document().public_view()
        assert hashlib.sha256(b"%PDF").hexdigest() not in document().public_view()
        assert view.title == "LAB_REPORT RFL-26-004417"

    def test_full_view_shows_everything(self) -> None:
        view = parse_view(document().full_view())
        assert view.hidden == 0
        assert view.fields["client"] == "示例"

    def test_a_grant_may_open_more_but_nobody_less(self) -> None:
        made = document()
        for text in (made.public_view(), made.full_view()):
            assert first_fault(text, made.commitment, SCOPE, LAB) == ""
        for names in ([], ["client"], {*PUBLIC_NAMES, "client"} - {"verdict"}):
            assert first_fault(made.view(names), made.commitment, SCOPE, LAB) == "open"
            assert parse_view(made.view(names)).hidden == 10 - len(names)

    def test_a_field_that_is_not_there_cannot_be_shown(self) -> None:
        with pytest.raises(InvalidDocumentError, match="no field 'price'"):
            document().view(["price"])

    def test_a_view_without_a_number_still_has_a_title(self) -> None:
        assert parse_view(document().view([])).title == "LAB_REPORT"


class TestStolenViews:
    def test_copied_to_another_batch(self) -> None:
        made, other = document(), replace(SCOPE, batch_id=hashlib.sha256(b"other").digest())
        assert first_fault(made.public_view(), made.commitment, other, LAB) == "batch"
        relabelled = changed(made.public_view(), batchId=other.batch_id.hex())
        assert first_fault(relabelled, made.commitment, other, LAB) == "commitment"

    def test_copied_by_another_issuer(self) -> None:
        made = document()
        assert first_fault(made.public_view(), made.commitment, SCOPE, BROKER) == "issuer"
        fields = [
            entry for entry in json.loads(made.public_view())["fields"]
            if entry.get("name") != "issuer"
        ]  # fmt: skip
        for relabelled, step in (
            (changed(made.public_view(), issuer=BROKER.value), "parse"),
            (changed(made.public_view(), issuer=BROKER.value, fields=fields), "commitment"),
        ):
            assert first_fault(relabelled, made.commitment, SCOPE, BROKER) == step

    @pytest.mark.parametrize(
        "scope", [replace(SCOPE, chain_id=1), replace(SCOPE, contract=bytes(20))]
    )
    def test_copied_to_another_chain_or_contract(self, scope: Scope) -> None:
        made = document()
        assert first_fault(made.public_view(), made.commitment, scope, LAB) == "commitment"

    def test_shown_as_another_type(self) -> None:
        made = document()
        text = changed(made.view([]), docType=int(DocType.CUSTOMS_DECLARATION))
        assert first_fault(text, made.commitment, SCOPE, LAB) == "commitment"

    def test_one_changed_byte_anywhere(self) -> None:
        made = document()
        text = made.public_view()
        for start in range(0, len(text), 7):
            other = "0" if text[start] != "0" else "1"
            broken = text[:start] + other + text[start + 1 :]
            assert first_fault(broken, made.commitment, SCOPE, LAB), broken[start - 20 : start + 20]


class TestParseView:
    def entry(self, **changes: Any) -> dict[str, Any]:
        return {"name": "lot", "value": '"A"', "salt": "00" * 16, **changes}

    @pytest.mark.parametrize(
        ("changes", "error"),
        [
            ({"docType": 0}, InvalidFileError),
            ({"docType": 18}, InvalidFileError),
            ({"docType": True}, InvalidFileError),
            ({"issuer": "9520010001038"}, InvalidIdentifierError),
            ({"batchId": "00"}, InvalidFileError),
            ({"batchId": "AA" * 32}, InvalidFileError),
            ({"salt": "00" * 31}, InvalidFileError),
            ({"extra": 1}, InvalidFileError),
            ({"fields": []}, InvalidDocumentError),
            ({"fields": [{"leaf": "00" * 31}]}, InvalidFileError),
            ({"fields": [{"leaf": "00" * 32, "name": "x"}]}, InvalidFileError),
            ({"fields": [{"leaf": "00" * 32}] * (documents.MAX_FIELDS + 1)}, LimitExceededError),
        ],
    )
    def test_wrong_headers_and_lists(self, changes: dict[str, Any], error: type) -> None:
        with pytest.raises(error):
            parse_view(changed(document().public_view(), **changes))

    @pytest.mark.parametrize(
        ("entries", "error"),
        [
            ([{"value": "A"}], InvalidFileError),
            ([{"value": '{"a":1,"a":2}'}], InvalidFileError),
            ([{"value": "1e999"}], InputError),
            ([{"value": "9007199254740993"}], InvalidDocumentError),
            ([{"value": "[-" + "9" * 5000 + "]"}], InputError),
            ([{"value": 1}], InvalidFileError),
            ([{"salt": "00" * 15}], InvalidFileError),
            ([{"name": ""}], LimitExceededError),
            ([{}, {}], InvalidDocumentError),
            ([{"name": "b"}, {"name": "a"}], InvalidDocumentError),
            ([{"name": "type", "value": '"CSR_REPORT"'}], InvalidDocumentError),
            ([{"name": "issuer", "value": '"9520010001091"'}], InvalidDocumentError),
        ],
    )
    def test_wrong_fields(self, entries: list[dict[str, Any]], error: type) -> None:
        fields = [self.entry(**changes) for changes in entries]
        with pytest.raises(error):
            parse_view(changed(document().public_view(), fields=fields))

    @pytest.mark.parametrize(
        "value", ["9007199254740992", "313836981023965400", "-1e300", "0.1", "-0"]
    )
    def test_numbers_that_every_reader_holds(self, value: str) -> None:
        text = changed(document().public_view(), fields=[self.entry(value=value)])
        assert parse_view(text).fields["lot"] == json.loads(value)

    def test_too_long(self) -> None:
        with pytest.raises(LimitExceededError):
            parse_view(" " * (documents.MAX_VIEW_CHARS + 1))


class TestTables:
    def test_numbers_of_document_types_are_fixed(self) -> None:
        assert [doc_type.value for doc_type in DocType] == list(range(1, 18))
        assert DocType.PRODUCT == 17

    def test_every_type_has_a_kind_that_holds_a_commitment(self) -> None:
        assert set(DOCUMENT_KIND) == set(DocType)
        assert DOCUMENT_KIND[DocType.LAB_REPORT].kind_class is KindClass.LABORATORY
        assert DOCUMENT_KIND[DocType.CUSTOMS_DECLARATION] is Kind.CLEARANCE_CLAIM
        assert DOCUMENT_KIND[DocType.CIQ_CERTIFICATE].kind_class is KindClass.CUSTOMS
        assert DOCUMENT_KIND[DocType.HALAL] is Kind.DOCUMENT


class TestVectors:
    @pytest.mark.parametrize("path", VECTORS, ids=lambda path: path.stem)
    def test_view(self, path: Path) -> None:
        case = json.loads(path.read_text("utf-8"))
        contract, batch_id, expected = (
            bytes.fromhex(case[name]) for name in ("contract", "batchId", "commitment")
        )
        scope = Scope(case["chainId"], contract, batch_id)
        fault = first_fault(case["view"], expected, scope, Gln.parse(case["issuer"]))
        assert fault == case.get("foundBy", "")
        if not case["valid"]:
            return
        entries = parse_view(case["view"]).entries
        leaves = [entry.leaf() if isinstance(entry, Field) else entry for entry in entries]
        assert [leaf.hex() for leaf in leaves] == case["leaves"]
        assert documents.field_root(leaves).hex() == case["fieldRoot"]
