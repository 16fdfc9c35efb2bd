"""The registry of papers: the samples pass it, and every rule has a value that breaks it."""

import copy
import json
import re
from pathlib import Path
from typing import Any

import pytest

import tracer
from tracer.domain.documents import DocType
from tracer.domain.kinds import Role
from tracer.domain.paper_fields import CHECKS
from tracer.domain.paper_fields_rules import RULES
from tracer.domain.paper_messages import FIELD_MESSAGES
from tracer.domain.paper_types import paper_type, validate_fields
from tracer.rules.forms import load_accreditations, load_codes, load_paper_forms, load_patterns

SAMPLES = Path(tracer.__file__).parent / "samples"
TRADE_MODES = {"0110", "1210", "9610"}
ISSUED = "2026-03-26T09:00:00+08:00"


def sample_papers() -> list[tuple[str, DocType, dict[str, Any]]]:
    found = []
    for name in ("nz", "nl", "ie"):
        for paper in json.loads((SAMPLES / f"{name}.json").read_text("utf-8"))["documents"]:
            fixed = {key: paper[key] for key in ("number", "issuer", "issuedAt")}
            values = {**paper["public"], **paper["confidential"], **fixed}
            found.append((f"{name} {paper['number']}", DocType[paper["docType"]], values))
    return found


PAPERS = sample_papers()
INVENTED: dict[DocType, dict[str, Any]] = {
    DocType.CBEC_LIST: {
        "number": "310420261000500778",
        "lists": 9600,
        "status": "released",
        "listsSha256": "ab" * 32,
    },
    DocType.FORMULA_REGISTRATION: {
        "number": "国食注字YP20250001",
        "product": "Kōwhai Gold stage 1",
        "manufacturer": "Kahikatea Nutritionals Ltd",
        "stage": 1,
        "validUntil": "2031-03-25",
    },
    DocType.MANUFACTURER_REGISTRATION: {
        "number": "CNZL05209901010001",
        "name": "Kahikatea Te Awa plant",
        "country": "NZ",
        "validUntil": "2031-03-25",
    },
    DocType.HALAL: {"number": "H-26-1", "body": "A body", "validUntil": "2027-03-25"},
    DocType.ORGANIC: {
        "number": "NL-BIO-01.528",
        "body": "A body",
        "organicCode": "11000000000000017",
        "validUntil": "2027-03-25",
    },
}
"""Papers of the types that no sample has."""


def good(doc_type: DocType) -> dict[str, Any]:
    """Fields that pass, of any type."""
    if doc_type in INVENTED:
        return {"issuedAt": ISSUED, **INVENTED[doc_type]}
    return copy.deepcopy(next(values for _, kind, values in PAPERS if kind is doc_type))


def found(doc_type: DocType, **changes: Any) -> list[tuple[str, str]]:
    """Problems of a good paper with changes; None takes a field away."""
    values = {k: v for k, v in {**good(doc_type), **changes}.items() if v is not None}
    return [(p.name, p.message.key) for p in validate_fields(doc_type, values)]


@pytest.mark.parametrize(("_name", "doc_type", "values"), PAPERS, ids=[p[0] for p in PAPERS])
def test_every_paper_of_the_samples_passes(
    _name: str, doc_type: DocType, values: dict[str, Any]
) -> None:
    assert validate_fields(doc_type, values) == []


@pytest.mark.parametrize("doc_type", DocType)
def test_every_type_has_a_paper_that_passes(doc_type: DocType) -> None:
    assert validate_fields(doc_type, good(doc_type)) == []


@pytest.mark.parametrize("name", ["nz", "nl", "ie"])
def test_public_and_confidential_are_what_the_samples_say(name: str) -> None:
    for paper in json.loads((SAMPLES / f"{name}.json").read_text("utf-8"))["documents"]:
        kind = paper_type(DocType[paper["docType"]])
        for part, is_public in (("public", True), ("confidential", False)):
            for field in paper[part]:
                spec = kind.field(field)
                assert spec is not None, field
                assert spec.public is is_public, field
        assert set(paper["public"]) <= kind.public_names()


@pytest.mark.parametrize("doc_type", DocType)
def test_every_row_of_the_table_can_be_used(doc_type: DocType) -> None:
    kind = paper_type(doc_type)
    names = [spec.name for spec in kind.fields]
    assert len(names) == len(set(names))
    assert not {"type", "file", "publicFields", "number", "issuer", "issuedAt"} & set(names)
    assert kind.name_en
    assert kind.name_zh
    assert all(role in Role.__members__ for role in kind.issuer_roles)
    assert kind.form.needed_for <= TRADE_MODES
    for spec in (*kind.fixed, *kind.fields):
        assert spec.label_en
        assert spec.label_zh
        assert not spec.check or spec.check in CHECKS
        assert bool(spec.choices) is (spec.kind == "choice")
    for rule, *fields in kind.form.rules:
        assert rule in RULES
        known = [field for field in fields if kind.field(field)]
        assert len(known) >= 1


def test_no_check_rule_pattern_or_sentence_is_unused() -> None:
    forms = load_paper_forms().values()
    checks = {spec.check for form in forms for spec in form.fields} | {
        form.number_check for form in forms
    }
    assert set(CHECKS) - checks == {"gln"}  # of the issuer, whom all papers have
    assert {rule for form in forms for rule, *_ in form.rules} == set(RULES)
    assert set(load_patterns()) <= set(CHECKS)
    assert all(text[0].islower() for text in FIELD_MESSAGES.values())


def test_every_pattern_has_an_example_that_fits() -> None:
    for pattern in (*load_patterns().values(), *(s.pattern for s in load_accreditations())):
        assert pattern.expression.fullmatch(pattern.example)


def test_the_lists_of_codes_are_whole() -> None:
    codes = load_codes()
    assert len(codes.countries) == 249
    assert codes.countries["NZ"] == "NZL"
    assert {"CNY", "EUR", "NZD", "USD"} <= codes.currencies
    assert len(codes.incoterms) == 11


class TestNeeded:
    def test_general_trade_needs_what_the_declaration_cites(self) -> None:
        needed = {kind.name for kind in DocType if paper_type(kind).required_for("0110")}
        assert needed == {
            "CUSTOMS_DECLARATION", "CERTIFICATE_OF_ORIGIN", "HEALTH_CERTIFICATE", "LAB_REPORT",
            "CIQ_CERTIFICATE", "BILL_OF_LADING", "PACKING_LIST", "COMMERCIAL_INVOICE",
        }  # fmt: skip

    def test_direct_mail_needs_lists_in_place_of_a_declaration(self) -> None:
        needed = {kind.name for kind in DocType if paper_type(kind).required_for("9610")}
        assert needed == {"CBEC_LIST", "LAB_REPORT"}

    def test_an_unknown_trade_mode_needs_nothing(self) -> None:
        assert not any(paper_type(kind).required_for("9999") for kind in DocType)


class TestAllTypes:
    @pytest.mark.parametrize("doc_type", DocType)
    def test_every_required_field_is_asked_for(self, doc_type: DocType) -> None:
        names = {name for name, key in found(doc_type) if key == "field.missing"}
        assert names == set()
        values = validate_fields(doc_type, {})
        missing = {p.name for p in values if p.message.key == "field.missing"}
        kind = paper_type(doc_type)
        assert missing == {s.name for s in (*kind.fixed, *kind.fields) if s.required}

    @pytest.mark.parametrize("doc_type", DocType)
    @pytest.mark.parametrize("value", [None, "", " x", "\x00", {"a": 1}, [[]], True, float("nan")])
    def test_nonsense_is_a_problem_and_never_an_error(self, doc_type: DocType, value: Any) -> None:
        kind = paper_type(doc_type)
        for spec in (*kind.fixed, *kind.fields):
            problems = validate_fields(doc_type, {**good(doc_type), spec.name: value})
            allowed = (spec.kind == "flag" and value is True) or (
                spec.kind == "object" and value == {"a": 1} and not spec.check
            )
            allowed |= spec.kind == "list" and value == [[]] and not spec.check
            assert allowed or any(p.name.startswith(spec.name) for p in problems), spec.name

    @pytest.mark.parametrize("doc_type", DocType)
    def test_an_unknown_field_is_named(self, doc_type: DocType) -> None:
        assert found(doc_type, nonsense="x") == [("nonsense", "field.unknown")]

    def test_fields_that_the_program_fills_in_are_not_asked_about(self) -> None:
        extra = {"type": "HALAL", "file": "ab" * 32, "publicFields": ["type"]}
        assert found(DocType.HALAL, **extra) == []


class TestOnePaper:
    @pytest.mark.parametrize(
        ("doc_type", "field", "value", "outcome"),
        [
            (DocType.CUSTOMS_DECLARATION, "number", "22482026100030045", "pattern"),
            (DocType.CUSTOMS_DECLARATION, "number", "2248202610003004511", "pattern"),
            (DocType.CUSTOMS_DECLARATION, "number", "224820260000300451", "export"),
            (DocType.CUSTOMS_DECLARATION, "number", "224820251000300451", "year"),
            (DocType.CUSTOMS_DECLARATION, "tradeMode", "0111", "not-listed"),
            (DocType.CUSTOMS_DECLARATION, "hs", "19011010", "pattern"),
            (DocType.CUSTOMS_DECLARATION, "ciq", "104", "not-listed"),
            (DocType.CUSTOMS_DECLARATION, "manufacturer519", "CNZL0520990101000X", "pattern"),
            (DocType.CUSTOMS_DECLARATION, "manufacturer519", "CNLD05209901010001", "maker-country"),
            (DocType.CUSTOMS_DECLARATION, "formulaNo", "国食注字TY20990001", "pattern"),
            (DocType.CUSTOMS_DECLARATION, "formulaNo", "国食注字YP2099000\uff11", "pattern"),
            (DocType.CUSTOMS_DECLARATION, "bl", "XMP1TRG26030117", "pattern"),
            (DocType.CUSTOMS_DECLARATION, "bl", "XMPL" + "1" * 17, "pattern"),
            (DocType.CUSTOMS_DECLARATION, "container", "XMPU2603010", "check-digit"),
            (DocType.CUSTOMS_DECLARATION, "gtin", "09520010001016", "check-digit"),
            (DocType.CUSTOMS_DECLARATION, "consigneeUscc", "91310115MA1K00015L", "check-digit"),
            (DocType.CUSTOMS_DECLARATION, "consigneeUscc", "91310115MA1K00016H", "check-digit"),
            (DocType.CUSTOMS_DECLARATION, "originCountry", "ZZ", "not-country"),
            (DocType.CUSTOMS_DECLARATION, "grossKg", 10367.9, "less"),
            (DocType.CUSTOMS_DECLARATION, "netKg", "10368", "not-number"),
            (DocType.CUSTOMS_DECLARATION, "tins", 11520.5, "not-integer"),
            (DocType.CUSTOMS_DECLARATION, "tins", 0, "not-positive"),
            (DocType.CUSTOMS_DECLARATION, "currency", "USX", "currency"),
            (DocType.CUSTOMS_DECLARATION, "incoterm", "CNF", "incoterm"),
            (DocType.CUSTOMS_DECLARATION, "departurePort", "NZ1AB", "locode"),
            (DocType.CUSTOMS_DECLARATION, "departurePort", "ZZABC", "locode"),
            (DocType.CUSTOMS_DECLARATION, "productionDate", "2026-03-28", "after-issue"),
            (DocType.CUSTOMS_DECLARATION, "freight", -1, "too-small"),
            (DocType.CUSTOMS_DECLARATION, "issuedAt", "2026-03-26", "not-time"),
            (DocType.CUSTOMS_DECLARATION, "issuer", "9520010001092", "check-digit"),
            (DocType.CBEC_LIST, "number", "310420260000500778", "pattern"),
            (DocType.CBEC_LIST, "phone", "13800000000", "forbidden"),
            (DocType.CBEC_LIST, "buyer", "somebody", "forbidden"),
            (DocType.CERTIFICATE_OF_ORIGIN, "number", "nzcn-2026", "pattern"),
            (DocType.CERTIFICATE_OF_ORIGIN, "hs6", "1901101090", "pattern"),
            (DocType.CERTIFICATE_OF_ORIGIN, "certifiedNetKg", 1, "less"),
            (DocType.HEALTH_CERTIFICATE, "bestBefore", "2026-02-10", "earlier"),
            (DocType.HEALTH_CERTIFICATE, "number", "1", "pattern"),
            (DocType.CIQ_CERTIFICATE, "number", "12600002248004", "pattern"),
            (DocType.CIQ_CERTIFICATE, "declaration", "224820260000300451", "export"),
            (DocType.CIQ_CERTIFICATE, "verdict", "fine", "not-listed"),
            (DocType.BILL_OF_LADING, "vesselImo", "9999994", "check-digit"),
            (DocType.BILL_OF_LADING, "pod", "NZTRG", "same"),
            (DocType.BILL_OF_LADING, "onBoard", "2026-03-08", "after-issue"),
            (DocType.PACKING_LIST, "tinsPerPallet", 575, "sum"),
            (DocType.PACKING_LIST, "tinsPerCarton", 5, "sum"),
            (DocType.PACKING_LIST, "palletList", [{"tins": 576}] * 19, "sum"),
            (DocType.PACKING_LIST, "seal", "x", "pattern"),
            (DocType.COMMERCIAL_INVOICE, "quantity", 11521, "sum"),
            (DocType.COMMERCIAL_INVOICE, "total", 0, "not-positive"),
            (DocType.LAB_REPORT, "accreditation", "UKAS 1", "accreditation"),
            (DocType.LAB_REPORT, "receivedAt", "2026-02-11", "earlier"),
            (DocType.LAB_REPORT, "testedFrom", "2026-02-11", "earlier"),
            (DocType.LAB_REPORT, "testedTo", "2026-02-11", "earlier"),
            (DocType.LAB_REPORT, "testedTo", "2026-02-26", "after-issue"),
            (DocType.LAB_REPORT, "verdict", "passed", "not-listed"),
            (DocType.FORMULA_REGISTRATION, "validUntil", "2031-03-27", "years"),
            (DocType.FORMULA_REGISTRATION, "validUntil", "2026-03-25", "earlier"),
            (DocType.FORMULA_REGISTRATION, "stage", 4, "too-large"),
            (DocType.MANUFACTURER_REGISTRATION, "country", "NL", "maker-country"),
            (DocType.ORGANIC, "organicCode", "1100000000000001", "pattern"),
            (DocType.TEMPERATURE_LOG, "meanC", 29, "less"),
            (DocType.TEMPERATURE_LOG, "mktAllC", 23, "less"),
            (DocType.TEMPERATURE_LOG, "maxC", 101.3, "too-large"),
            (DocType.TEMPERATURE_LOG, "profile", "FRIDGE", "profile"),
            (DocType.TEMPERATURE_LOG, "sha256", "AB" * 32, "pattern"),
            (DocType.TEMPERATURE_LOG, "rhMaxPct", 101, "too-large"),
            (DocType.CSR_REPORT, "periodEnd", "2025-06-30", "earlier"),
            (DocType.CSR_REPORT, "metrics", [{"code": "GRI 1", "unit": "t"}], "missing"),
            (DocType.CARBON_FOOTPRINT, "primaryDataSharePct", 100.1, "too-large"),
            (DocType.PRODUCT, "bestBefore", "2028-03-10", "shelf-life"),
            (DocType.PRODUCT, "lot", "a lot of tins", "lot"),
            (DocType.PRODUCT, "ageMonths", "young", "pattern"),
            (DocType.PRODUCT, "places", {"1": {}}, "check-digit"),
        ],
    )
    def test_a_wrong_value_is_named(
        self, doc_type: DocType, field: str, value: Any, outcome: str
    ) -> None:
        keys = [key for _, key in found(doc_type, **{field: value})]
        assert f"field.{outcome}" in keys

    @pytest.mark.parametrize(
        ("doc_type", "field", "value"),
        [
            (DocType.CUSTOMS_DECLARATION, "manufacturer519", "NZ-1234"),  # an older local number
            (DocType.CUSTOMS_DECLARATION, "grossKg", 10368.0),
            (DocType.CUSTOMS_DECLARATION, "productionDate", "2026-03-26"),
            (DocType.PRODUCT, "bestBefore", "2028-02-11"),
            (DocType.PACKING_LIST, "tinsPerPallet", 576),
            (DocType.COMMERCIAL_INVOICE, "quantity", 11520),
            (DocType.LAB_REPORT, "accreditation", "CNAS L1234"),
            (DocType.LAB_REPORT, "accreditation", "CMA 210000000001\uff08虚构\uff09"),
            (DocType.FORMULA_REGISTRATION, "validUntil", "2031-03-26"),
        ],
    )
    def test_a_value_at_the_edge_passes(self, doc_type: DocType, field: str, value: Any) -> None:
        assert found(doc_type, **{field: value}) == []

    def test_the_number_names_the_office(self) -> None:
        assert found(DocType.CUSTOMS_DECLARATION, office="2249") == [("office", "field.office")]

    def test_a_problem_names_the_other_field_in_both_languages(self) -> None:
        values = {**good(DocType.CUSTOMS_DECLARATION), "grossKg": 1.0}
        (problem,) = validate_fields(DocType.CUSTOMS_DECLARATION, values)
        assert problem.message.params["name"] == "Net weight, kg"
        assert problem.message.params["nameZh"] == "净重\uff08千克\uff09"
        assert problem.message.to_json()["english"] == "is less than Net weight, kg"


class TestSums:
    @staticmethod
    def pallets(**last: Any) -> list[dict[str, Any]]:
        rows = [{"tins": 576, "netKg": 518.4, "grossKg": 685.55, "cartons": 96} for _ in range(20)]
        rows[-1].update(last)
        return rows

    def test_pallets_that_add_up_pass(self) -> None:
        assert found(DocType.PACKING_LIST, palletList=self.pallets()) == []

    @pytest.mark.parametrize(
        ("field", "value"), [("tins", 575), ("netKg", 518.399), ("grossKg", 690), ("cartons", 97)]
    )
    def test_one_wrong_pallet_is_noticed(self, field: str, value: float) -> None:
        problems = found(DocType.PACKING_LIST, palletList=self.pallets(**{field: value}))
        assert problems == [(field, "field.sum")]

    def test_lines_times_price_are_the_total(self) -> None:
        line = {"quantity": 5760, "unitPrice": 11.6, "amount": 66816.0}
        assert found(DocType.COMMERCIAL_INVOICE, lines=[line, line]) == []
        wrong = {**line, "amount": 66817.0}
        assert found(DocType.COMMERCIAL_INVOICE, lines=[line, wrong]) == [
            ("lines[1].amount", "field.sum"),
            ("total", "field.sum"),
        ]

    def test_freight_and_insurance_may_stand_apart(self) -> None:
        line = {"quantity": 11520, "unitPrice": 11.0, "amount": 126720.0}
        changes = {"lines": [line], "unitPrice": 11.0, "freight": 6000, "insurance": 912}
        assert found(DocType.COMMERCIAL_INVOICE, **changes) == []
        changes["insurance"] = 911
        assert found(DocType.COMMERCIAL_INVOICE, **changes) == [("total", "field.sum")]

    def test_a_result_may_not_stand_twice(self) -> None:
        results = good(DocType.LAB_REPORT)["results"]
        assert found(DocType.LAB_REPORT, results=[*results, results[3]]) == [
            ("results[52].code", "field.twice")
        ]

    def test_a_retest_says_of_what(self) -> None:
        assert found(DocType.LAB_REPORT, purpose="retest") == [("retestOf", "field.missing")]


def test_the_report_of_the_laboratory_s_guide_passes() -> None:
    guide = Path(tracer.__file__).parents[1] / "docs" / "howto" / "laboratory.md"
    blocks = re.findall(r"```json\n(.*?)```", guide.read_text("utf-8"), re.DOTALL)
    (paper,) = map(json.loads, blocks)
    fixed = {key: paper[key] for key in ("number", "issuer", "issuedAt")}
    values = {**paper["public"], **paper["confidential"], **fixed}
    assert validate_fields(DocType[paper["docType"]], values) == []
