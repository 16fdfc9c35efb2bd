"""What papers say: their fields, number patterns and rules, as data (`documents.json`)."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any


@dataclass(frozen=True, slots=True)
class FieldSpec:
    """One field of a type of paper.

    Attributes:
        name: its key, as batch files and views write it.
        public: whether it travels open.
        kind: text, number, integer, date, time, list, object, flag, country or choice.
        required: whether a paper without it is incomplete.
        check: name of a validator of `tracer.domain.paper_fields`, "" = its kind says it all.
        label_en: English.
        label_zh: Chinese.
        choices: of a choice, in the order to offer them.
    """

    name: str
    public: bool
    kind: str
    required: bool
    check: str
    label_en: str
    label_zh: str
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PaperForm:
    """A row of the table of types.

    Attributes:
        code: name of the type.
        name_en: English.
        name_zh: Chinese.
        issuer_roles: names of the roles that may issue it.
        needed_for: trade modes whose clearance needs it.
        number_check: validator of the paper's number.
        fields: its own fields, in the order to ask for them.
        rules: name of a rule between fields, and the fields it is about.
        forbidden: names that no such paper may have, because they tell who bought.
    """

    code: str
    name_en: str
    name_zh: str
    issuer_roles: tuple[str, ...]
    needed_for: frozenset[str]
    number_check: str
    fields: tuple[FieldSpec, ...]
    rules: tuple[tuple[str, ...], ...]
    forbidden: frozenset[str]


@dataclass(frozen=True, slots=True)
class Pattern:
    """The form of a number.

    Attributes:
        expression: what it must match as a whole.
        example: one that does, for people.
    """

    expression: re.Pattern[str]
    example: str


@dataclass(frozen=True, slots=True)
class Accreditation:
    """A scheme that accredits laboratories.

    Attributes:
        scheme: its short name.
        country: ISO 3166-1 alpha-2.
        pattern: of its numbers.
    """

    scheme: str
    country: str
    pattern: Pattern


@dataclass(frozen=True, slots=True)
class Codes:
    """Codes of other people's lists.

    Attributes:
        countries: ISO 3166-1 alpha-2 -> alpha-3.
        currencies: ISO 4217.
        incoterms: Incoterms 2020.
    """

    countries: Mapping[str, str]
    currencies: frozenset[str]
    incoterms: frozenset[str]


def _read(name: str) -> dict[str, Any]:
    value: dict[str, Any] = json.loads(files("tracer.rules").joinpath(name).read_text("utf-8"))
    return value


def _field(row: dict[str, Any]) -> FieldSpec:
    return FieldSpec(
        row["name"],
        row["public"],
        row["kind"],
        row["required"],
        row["check"],
        row["labelEn"],
        row["labelZh"],
        tuple(row.get("choices", ())),
    )


def _pattern(row: dict[str, str]) -> Pattern:
    # ASCII: digits of other scripts look the same to people and match nothing else.
    return Pattern(re.compile(row["pattern"], re.ASCII), row["example"])


@cache
def load_paper_forms() -> Mapping[str, PaperForm]:
    """Read the types of papers: code -> type."""
    return {
        row["code"]: PaperForm(
            code=row["code"],
            name_en=row["nameEn"],
            name_zh=row["nameZh"],
            issuer_roles=tuple(row["issuerRoles"]),
            needed_for=frozenset(row["neededFor"]),
            number_check=row["numberCheck"],
            fields=tuple(map(_field, row["fields"])),
            rules=tuple(map(tuple, row["rules"])),
            forbidden=frozenset(row.get("forbidden", ())),
        )
        for row in _read("documents.json")["types"]
    }


@cache
def load_patterns() -> Mapping[str, Pattern]:
    """Read the patterns of numbers: name -> pattern."""
    return {name: _pattern(row) for name, row in _read("documents.json")["patterns"].items()}


@cache
def load_accreditations() -> tuple[Accreditation, ...]:
    """Read the schemes that accredit laboratories."""
    return tuple(
        Accreditation(row["scheme"], row["country"], _pattern(row))
        for row in _read("documents.json")["accreditations"]
    )


@cache
def load_codes() -> Codes:
    """Read the lists of codes."""
    table = _read("codes.json")
    return Codes(table["countries"], frozenset(table["currencies"]), frozenset(table["incoterms"]))
