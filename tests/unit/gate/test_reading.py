import json
from typing import Any

import pytest

from tracer.domain.documents import DocType
from tracer.gate.printed import bare, join_lines
from tracer.gate.reading import read_fields, read_paper

PACKING = DocType.PACKING_LIST


def values(doc_type: DocType, *pages: str) -> dict[str, Any]:
    return {field.name: field.value for field in read_fields(doc_type, pages)}


def notes(doc_type: DocType, *pages: str) -> dict[str, str]:
    return {note.name: note.code for note in read_paper(doc_type, pages).notes}


class TestForms:
    @pytest.mark.parametrize(
        "text",
        [
            "Seal: NZ884213",
            "seal no. : NZ884213",
            "Seal:NZ884213",
            "封号:NZ884213",
            "封号\uff1aNZ884213",
            "Seal 封号: NZ884213",
            "Seal/封号: NZ884213",
            "Seal   NZ884213",
            "Seal\tNZ884213",
            "| Seal | NZ884213 |",
            "Seal\nNZ884213",
            "Seal 封号\nNZ884213",
            "Seal\n封号\nNZ884213",
            "Seal:\nNZ884213",
            "Tins: 5   Seal: NZ884213",
            "Seal  Tins\nNZ884213  11,520",
            "封号 | 罐数\nNZ884213 | 11520",
        ],
    )
    def test_each_is_read(self, text: str) -> None:
        assert values(PACKING, f"Packing list\n\n{text}\n\nSigned")["seal"] == "NZ884213"

    def test_it_says_where(self) -> None:
        (field,) = read_fields(PACKING, ["nothing here", "Remarks\nSeal no.: NZ884213"])
        assert (field.page, field.quote) == (2, "Seal no.: NZ884213")

    def test_our_own_papers_break_lines(self) -> None:
        page = "Buyer 买方\n上海示例母婴进出口有限公司\n(虚构)\nSeal 封号\nNZ884213\n样本\n SAMPLE"
        assert values(PACKING, page) == {
            "buyer": "上海示例母婴进出口有限公司(虚构)",
            "seal": "NZ884213",
        }

    def test_a_label_of_another_paper_ends_a_value(self) -> None:
        page = "Buyer 买方\nA Ltd\nVoyage 航次\n612N"
        assert values(PACKING, page) == {"buyer": "A Ltd"}

    def test_one_label_means_different_fields_on_different_papers(self) -> None:
        assert values(PACKING, "批号: A26B11K1") == {"lot": "A26B11K1"}
        ciq = values(DocType.CIQ_CERTIFICATE, "批号: A26B11K1, A26B11K2")
        assert ciq == {"lots": ["A26B11K1", "A26B11K2"]}

    def test_data_are_read_by_their_keys(self) -> None:
        data = {"seal": "NZ1", "netKg": 10.5, "gtin": "9520010001015", "buyer": None, "x": 1}
        data |= {"productionDate": "02/03/2026"}
        assert values(PACKING, json.dumps(data)) == {
            "seal": "NZ1",
            "netKg": 10.5,
            "gtin": "09520010001015",
        }

    @pytest.mark.parametrize("text", ["{", "{]", '{"a":' * 5_000, "", "{}", "[1]"])
    def test_broken_data_hold_nothing(self, text: str) -> None:
        assert values(PACKING, text) == {}


class TestNothingIsGuessed:
    @pytest.mark.parametrize(
        ("text", "name"),
        [
            ("Container: XMPU2603017", "container"),  # its check digit is 6
            ("GTIN: 09520010001016", "gtin"),  # and this one's is 5
            ("Net weight, kg: 10.368", "netKg"),  # ten thousand, or ten
            ("Net weight: 10 t", "netKg"),
            ("Net weight, kg: about 10", "netKg"),
            ("Tins: 11,52", "tins"),
            ("Tins: 11.5", "tins"),
            ("Production date: 02/03/2026", "productionDate"),  # March or February
            ("Production date: 2026-02-30", "productionDate"),
            ("Production date: 31 Foo 2026", "productionDate"),
            ("Seal: NZ884213 and another", "seal"),
            ("Seal\nTins\nNZ884213\n11520", "seal"),  # which is which?
            ("Seal 封号\nTins 罐数\n5", "seal"),
            ("Lot: A 1", "lot"),
        ],
    )
    def test_what_is_not_certain_is_left_out_and_said(self, text: str, name: str) -> None:
        assert name not in values(PACKING, text)
        assert notes(PACKING, text)[name] == "unreadable"

    def test_two_values_are_none(self) -> None:
        pages = ("Seal: NZ884213\nTins: 5", "Seal: NZ884214\nTins: 5")
        assert values(PACKING, *pages) == {"tins": 5}
        (note,) = read_paper(PACKING, pages).notes
        assert (note.name, note.code, note.page) == ("seal", "ambiguous", 1)
        assert note.quotes == ("Seal: NZ884213", "Seal: NZ884214")
        assert note.to_json()["textZh"] == "seal 出现多个不同的值"

    def test_a_name_that_may_go_on_is_left_out(self) -> None:
        page = "Buyer: Shanghai Example Import and Export\nCo., Ltd\n\nTins: 5"
        assert values(PACKING, page) == {"tins": 5}
        assert notes(PACKING, page) == {"buyer": "goes-on"}
        assert values(PACKING, "Buyer: A Ltd\n\nTins: 5") == {"buyer": "A Ltd", "tins": 5}

    def test_words_in_a_sentence_are_no_labels(self) -> None:
        assert values(PACKING, "The seal NZ884213 was intact, tins 5") == {}


class TestValues:
    @pytest.mark.parametrize(
        ("printed", "iso"),
        [
            ("2026-03-02", "2026-03-02"),
            ("2026/3/2", "2026-03-02"),
            ("2026.03.02", "2026-03-02"),
            ("2026年3月2日", "2026-03-02"),
            ("20260302", "2026-03-02"),
            ("2 March 2026", "2026-03-02"),
            ("02-Mar-2026", "2026-03-02"),
            ("Mar 2, 2026", "2026-03-02"),
            ("2nd March 2026", "2026-03-02"),
            ("25/03/2026", "2026-03-25"),
            ("03/25/2026", "2026-03-25"),
            ("03/03/2026", "2026-03-03"),
        ],
    )
    def test_days(self, printed: str, iso: str) -> None:
        assert values(PACKING, f"Production date: {printed}") == {"productionDate": iso}

    @pytest.mark.parametrize(
        ("printed", "number"),
        [
            ("10,368", 10368),
            ("10368", 10368),
            ("10,451.2 kg", 10451.2),
            ("10451.20", 10451.2),
            ("0.572", 0.572),
            ("10,368 千克", 10368),
        ],
    )
    def test_weights(self, printed: str, number: float) -> None:
        assert values(PACKING, f"Net weight: {printed}") == {"netKg": number}

    @pytest.mark.parametrize("printed", ["NZ", "New Zealand", "新西兰", "NZ New Zealand 新西兰"])
    def test_countries(self, printed: str) -> None:
        origin = values(DocType.CERTIFICATE_OF_ORIGIN, f"Country of origin: {printed}")
        assert origin == {"originCountry": "NZ"}

    def test_a_country_and_another_are_none(self) -> None:
        assert values(DocType.CERTIFICATE_OF_ORIGIN, "Country of origin: NZ Ireland") == {}

    @pytest.mark.parametrize(
        ("doc_type", "code"), [(DocType.LAB_REPORT, "pass"), (DocType.CIQ_CERTIFICATE, "qualified")]
    )
    def test_one_word_means_different_codes(self, doc_type: DocType, code: str) -> None:
        assert values(doc_type, "结论: 合格") == {"verdict": code}

    def test_containers_are_tidied(self) -> None:
        assert values(PACKING, "Container no.: XMPU 260301-6") == {"container": "XMPU2603016"}


def test_labels_are_compared_without_signs() -> None:
    assert bare("Net weight, kg") == bare("NET WEIGHT (KG)") == "netweightkg"


def test_lines_are_joined_as_each_script_does() -> None:
    assert join_lines(["Import and", "Export"]) == "Import and Export"
    assert join_lines(["出口物流(", "虚构)"]) == "出口物流(虚构)"
    assert join_lines(["(1段)", "(虚构)"]) == "(1段)(虚构)"
