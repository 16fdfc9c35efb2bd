"""Values reported per weight or volume are judged per energy, by the energy that was measured."""

from decimal import Decimal
from typing import Any

import pytest

from tracer.domain.lab import Judgement, LabRow, Product, judge_report
from tracer.domain.lab_units import Converter, Measured, read_measured
from tracer.rules import load_limits

LIMITS = load_limits()
MACROS = [("protein", 11.2), ("fat", 26.0), ("carbohydrate", 55.0)]
KJ_100G = 11.2 * 17 + 26.0 * 37 + 55.0 * 17


def result(code: str, value: float | str, unit: str, basis: str, **more: Any) -> dict[str, Any]:
    return {"code": code, "value": value, "unit": unit, "basis": basis, **more}


def per_powder(code: str, value: float | str, unit: str, **more: Any) -> dict[str, Any]:
    return result(code, value, unit, "per_100g_powder", **more)


def row_of(code: str, *results: dict[str, Any]) -> LabRow:
    public = {"purpose": "retest", "results": list(results)}
    verdict = judge_report(public, LIMITS, Product(1))
    return next(row for row in verdict.rows if row.code == code)


class TestConversion:
    @pytest.mark.parametrize(
        ("code", "value", "unit", "basis", "expected"),
        [
            ("vitamin_c", 100, "mg", "per_100g_powder", Decimal("5.0")),
            ("vitamin_c", "0.1", "g", "per_100g_powder", Decimal("5.0")),
            ("vitamin_c", 1000, "mg", "per_kg_powder", Decimal("5.0")),
            ("vitamin_c", 100000, "ug", "per_100g_powder", Decimal("5.0")),
            ("vitamin_c", "20.92", "mg", "per_100kcal", Decimal("5.0")),
            ("vitamin_c", "13.5", "mg", "per_100mL_ready", Decimal("5.0")),
            ("vitamin_c", 135, "mg", "per_L_ready", Decimal("5.0")),
            ("vitamin_d", 400, "IU", "per_100g_powder", Decimal("0.5")),
            ("vitamin_a", 1000, "IU", "per_100g_powder", Decimal(15)),
            ("vitamin_a", "0.3", "mg RE", "per_100g_powder", Decimal(15)),
            ("lead", 10, "ug/kg", "per_kg_powder", Decimal("0.01")),
            ("moisture", 30, "g", "per_kg_powder", Decimal(3)),
        ],
    )
    def test_by_the_energy_that_was_measured(
        self, code: str, value: float, unit: str, basis: str, expected: Decimal
    ) -> None:
        energies = [
            per_powder("energy", 2000, "kJ"),
            result("energy", 270, "kJ", "per_100mL_ready"),
        ]
        row = result(code, value, unit, basis)
        measured = read_measured(row)
        assert measured is not None
        found = Converter(energies, LIMITS).convert(measured, row, LIMITS.parameters[code])
        assert found is not None
        assert found.value == expected

    @pytest.mark.parametrize(
        ("code", "unit", "basis"),
        [
            ("vitamin_c", "mg", "per_tin"),
            ("vitamin_c", "IU", "per_100kJ"),
            ("vitamin_c", "drops", "per_100kJ"),
            ("vitamin_a", "ug", "per_100kJ"),  # micrograms of what?
            ("vitamin_e", "mg", "per_100kJ"),
            ("energy", "kJ", "per_100g_powder"),  # energy per energy says nothing
            ("whey_protein_share", "g", "ratio"),
            ("lead", "mg/L", "per_kg_powder"),
            ("nitrate", "mg", "per_kg_powder"),  # milligrams in what?
        ],
    )
    def test_what_nothing_says_how_to_convert_is_not_compared(
        self, code: str, unit: str, basis: str
    ) -> None:
        row = row_of(code, result(code, 20, unit, basis), per_powder("energy", 2100, "kJ"))
        assert (row.judgement, row.message.key) == (Judgement.INCOMPLETE, "lab-row.unit")
        assert (row.value, row.unit, row.basis) == ("20", unit, basis)

    def test_without_an_energy_there_is_no_conversion(self) -> None:
        row = row_of("vitamin_c", per_powder("vitamin_c", 100, "mg"))
        assert (row.judgement, row.message.key) == (Judgement.INCOMPLETE, "lab-row.unit")

    def test_an_energy_below_detection_is_none(self) -> None:
        energy = per_powder("energy", 2000, "kJ", qualifier="<")
        row = row_of("vitamin_c", per_powder("vitamin_c", 100, "mg"), energy)
        assert row.message.key == "lab-row.unit"

    def test_kilocalories_are_energy_too(self) -> None:
        energy = per_powder("energy", "478.0114722753346", "kcal")
        row = row_of("vitamin_c", per_powder("vitamin_c", 100, "mg"), energy)
        assert row.value == "5.000"

    @pytest.mark.parametrize("fibre", [0.0, 5.0])
    def test_energy_follows_from_what_was_weighed(self, fibre: float) -> None:
        rows = [per_powder(code, grams, "g") for code, grams in MACROS]
        rows += [per_powder("dietary_fibre", fibre, "g")] if fibre else []
        row = row_of("protein", *rows)
        expected = 11.2 * 100 / (KJ_100G + 8 * fibre)
        assert float(row.value) == pytest.approx(expected, abs=1e-4)
        assert row.judgement is Judgement.PASS
        assert row.reported == "11.2 g per_100g_powder"
        assert (row.unit, row.basis) == ("g", "per_100kJ")

    def test_two_of_three_macronutrients_are_no_energy(self) -> None:
        rows = [per_powder(code, grams, "g") for code, grams in MACROS[:2]]
        assert row_of("protein", *rows).message.key == "lab-row.unit"

    @pytest.mark.parametrize(
        ("milligrams", "judgement"),
        [("46.9", "FAIL"), ("47.1", "PASS"), ("334.9", "PASS"), ("335", "FAIL")],
    )
    def test_a_converted_value_is_rounded_like_any_other(
        self, milligrams: str, judgement: str
    ) -> None:
        """Limits 2.4 to 16.7 per 100 kJ: 2.355 is 2.4, 16.745 is 16.7, 16.75 is 16.8."""
        energy = per_powder("energy", 2000, "kJ")
        row = row_of("vitamin_c", per_powder("vitamin_c", milligrams, "mg"), energy)
        assert row.judgement == judgement

    def test_below_detection_stays_so(self) -> None:
        energy = per_powder("energy", 2000, "kJ")
        row = row_of("vitamin_c", per_powder("vitamin_c", 1, "mg", qualifier="<"), energy)
        assert row.judgement is Judgement.FAIL
        assert row.value.startswith("<")

    def test_energy_in_a_second_basis_is_no_gap(self) -> None:
        verdict = judge_report(
            {
                "purpose": "retest",
                "results": [
                    result("energy", 277, "kJ", "per_100mL_ready"),
                    per_powder("energy", 2100, "kJ"),
                ],
            },
            LIMITS,
            Product(1),
        )
        assert [row.judgement for row in verdict.rows] == ["PASS", "NOT_JUDGED"]
        assert verdict.judgement is Judgement.PASS

    def test_a_second_value_cannot_cover_up_the_first(self) -> None:
        bad, good = (result("lead", v, "mg/kg", "per_kg_powder") for v in (0.09, 0.01))
        for rows in ([bad, good], [good, bad]):
            public = {"purpose": "retest", "results": rows}
            assert judge_report(public, LIMITS, Product(1)).judgement is Judgement.FAIL


class TestReadMeasured:
    @pytest.mark.parametrize("value", ["1e30", "1e-30", 10**30, "nan", "-0.1", "Infinity"])
    def test_what_no_laboratory_measures_is_no_value(self, value: Any) -> None:
        assert read_measured({"value": value}) is None

    @pytest.mark.parametrize("qualifier", [[], {}, None, "=="])
    def test_an_odd_qualifier_is_no_value(self, qualifier: Any) -> None:
        assert read_measured({"value": 1, "qualifier": qualifier}) is None

    def test_text_shows_the_qualifier(self) -> None:
        assert Measured(">", Decimal("2.0")).text == ">2.0"

    def test_a_tiny_energy_is_no_reason_for_an_error(self) -> None:
        energy = per_powder("energy", "0.0000001", "kJ")
        row = row_of("vitamin_c", per_powder("vitamin_c", 1000, "g"), energy)
        assert row.message.key == "lab-row.unit"
