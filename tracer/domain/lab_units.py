"""Measured values, and how one basis becomes another: per 100 g, per 100 mL, per 100 kJ.

Limits are per 100 kJ; laboratories weigh powder. What is per weight or volume becomes per energy
by the energy that was measured, or that follows from protein, fat and carbohydrate. Nothing is
assumed: without an energy there is no conversion.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from tracer.rules import Limits, Parameter

KJ_PER_KCAL: Final = Decimal("4.184")  # the thermochemical calorie, which labels use
_MASS_UG: Final[Mapping[str, Decimal]] = {
    "ug": Decimal(1),
    "mg": Decimal(1000),
    "g": Decimal(10**6),
    "kg": Decimal(10**9),
}
_ENERGY_KJ: Final[Mapping[str, Decimal]] = {"kJ": Decimal(1), "kcal": KJ_PER_KCAL}
_BASES: Final[Mapping[str, tuple[str, Decimal]]] = {
    "per_100kJ": ("energy", Decimal(100)),  # kJ
    "per_100kcal": ("energy", 100 * KJ_PER_KCAL),
    "per_100g_powder": ("powder", Decimal("0.1")),  # kg
    "per_kg_powder": ("powder", Decimal(1)),
    "per_100mL_ready": ("ready", Decimal("0.1")),  # L
    "per_L_ready": ("ready", Decimal(1)),
}
"""Basis -> family, and how much of it one unit of the basis is."""

_MACRONUTRIENTS: Final = ("protein", "fat", "carbohydrate")  # without one of them no energy
_ENERGY: Final = "energy"  # code of the parameter
_IU: Final = "IU"
_MAX_EXPONENT: Final = 12  # powers of ten; beyond it nothing is a measurement


@dataclass(frozen=True, slots=True)
class Measured:
    """A measured value.

    Attributes:
        qualifier: "=", "<" (below detection) or ">".
        value: the number.
    """

    qualifier: str
    value: Decimal

    @property
    def text(self) -> str:
        """As people read it."""
        return f"{'' if self.qualifier == '=' else self.qualifier}{self.value}"


def read_measured(result: Mapping[str, Any]) -> Measured | None:
    """The value of a result; None when it is unusable."""
    qualifier, number = result.get("qualifier", "="), result.get("value")
    if qualifier not in ("=", "<", ">") or isinstance(number, bool):
        return None
    try:
        value = Decimal(str(number))
    except InvalidOperation:
        return None
    usable = value.is_finite() and value >= 0 and _is_measurable(value)
    return Measured(qualifier, value) if usable else None


def _is_measurable(value: Decimal) -> bool:
    return not value or abs(value.adjusted()) <= _MAX_EXPONENT


def read_results(results: object) -> list[Mapping[str, Any]]:
    """The rows of a list that are objects."""
    rows = results if isinstance(results, list) else []
    return [row for row in rows if isinstance(row, Mapping)]


class Converter:
    """Brings the results of one report to the units and bases of the limits."""

    def __init__(self, results: Iterable[Mapping[str, Any]], limits: Limits) -> None:
        self._units = limits.international_units
        rows = list(results)
        powder = _stated_energy(rows, "powder")
        if powder is None:
            powder = self._computed_energy(rows, limits)
        self._kj: dict[str, Decimal | None] = {
            "energy": Decimal(1),
            "powder": powder,
            "ready": _stated_energy(rows, "ready"),
        }
        """Family -> kilojoules in one kJ, kg or L of it."""

    def convert(
        self, measured: Measured, result: Mapping[str, Any], parameter: Parameter
    ) -> Measured | None:
        """A value in the parameter's unit and basis; None when nothing says how."""
        unit, basis = str(result.get("unit")), str(result.get("basis"))
        unit_scale = self._unit_scale(parameter.code, unit, parameter.unit)
        basis_scale = self._basis_scale(parameter.code, basis, parameter.basis)
        if unit_scale is None or basis_scale is None:
            return None
        value = measured.value * unit_scale * basis_scale
        return Measured(measured.qualifier, value) if _is_measurable(value) else None

    def _unit_scale(self, code: str, unit: str, wanted: str) -> Decimal | None:
        if unit == wanted:
            return Decimal(1)
        if unit == _IU and code in self._units:
            return _ratio(self._units[code], _MASS_UG.get(_mass(wanted)[0]))
        (one, rest), (other, other_rest) = _mass(unit), _mass(wanted)
        if rest != other_rest:
            return None
        for table in (_MASS_UG, _ENERGY_KJ):
            if one in table and other in table:
                return table[one] / table[other]
        return None

    def _basis_scale(self, code: str, basis: str, wanted: str) -> Decimal | None:
        if basis == wanted:
            return Decimal(1)
        if basis not in _BASES or wanted not in _BASES or code == _ENERGY:
            return None  # energy per energy says nothing
        (family, amount), (other, other_amount) = _BASES[basis], _BASES[wanted]
        if family == other:
            return other_amount / amount
        have, want = self._kj[family], self._kj[other]
        if not have or not want:
            return None
        return (other_amount * want) / (amount * have)

    def _computed_energy(self, rows: list[Mapping[str, Any]], limits: Limits) -> Decimal | None:
        """Kilojoules in a kilogram of powder, from what each macronutrient yields."""
        grams: dict[str, Decimal] = {}
        for row in rows:
            code, measured = str(row.get("code")), read_measured(row)
            family, amount = _BASES.get(str(row.get("basis")), ("", Decimal(1)))
            scale = self._unit_scale(code, str(row.get("unit")), "g")
            if code in limits.energy_of and measured and family == "powder" and scale:
                grams[code] = measured.value * scale / amount
        if not all(code in grams for code in _MACRONUTRIENTS):
            return None
        return sum((limits.energy_of[code] * amount for code, amount in grams.items()), Decimal(0))


def _mass(unit: str) -> tuple[str, str]:
    """The leading unit and whatever follows it: "ug RE" is "ug" and " RE"."""
    for sign in ("/", " "):
        head, found, tail = unit.partition(sign)
        if found:
            return head, sign + tail
    return unit, ""


def _ratio(one: Decimal, other: Decimal | None) -> Decimal | None:
    return one / other if other else None


def _stated_energy(rows: list[Mapping[str, Any]], wanted: str) -> Decimal | None:
    """Kilojoules in a kilogram of powder or a litre, as measured; None when it was not."""
    for row in rows:
        family, amount = _BASES.get(str(row.get("basis")), ("", Decimal(1)))
        scale, measured = _ENERGY_KJ.get(str(row.get("unit"))), read_measured(row)
        if row.get("code") == _ENERGY and family == wanted and scale and measured:
            return measured.value * scale / amount if measured.qualifier == "=" else None
    return None
