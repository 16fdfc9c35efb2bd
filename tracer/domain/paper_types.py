"""The types of papers: which fields each has, which of them are public, and what they must hold."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from tracer.domain.documents import PUBLIC_FIELDS, DocType
from tracer.domain.paper_fields import FieldProblem, check_value, say
from tracer.domain.paper_fields_rules import RULES
from tracer.rules.forms import FieldSpec, PaperForm, load_paper_forms

__all__ = ["FieldProblem", "FieldSpec", "PaperType", "paper_type", "validate_fields"]

_ISSUED_AT: Final = FieldSpec("issuedAt", True, "time", True, "", "Issued", "签发时间")
_ISSUER: Final = FieldSpec("issuer", True, "text", False, "gln", "Issuer", "签发方")
_MACHINE_FIELDS: Final = frozenset({"type", "file", PUBLIC_FIELDS})
"""Fields that the program fills in; nobody types them, so nobody is told they are wrong."""


@dataclass(frozen=True, slots=True)
class PaperType:
    """A type of paper.

    Attributes:
        doc_type: what it is.
        name_en: English.
        name_zh: Chinese.
        fields: its own fields, in the order to ask for them.
        fixed: the fields that all papers have: number and issuedAt are required, issuer is not,
            because whoever signs is the issuer.
        issuer_roles: names of the roles that may issue it.
        form: the row of the table.
    """

    doc_type: DocType
    name_en: str
    name_zh: str
    fields: tuple[FieldSpec, ...]
    fixed: tuple[FieldSpec, ...]
    issuer_roles: tuple[str, ...]
    form: PaperForm

    def required_for(self, trade_mode: str) -> bool:
        """Whether the clearance of goods in a trade mode, e.g. "0110", needs such a paper."""
        return trade_mode in self.form.needed_for

    def field(self, name: str) -> FieldSpec | None:
        """One of its fields, or of the fixed ones; None when it has none of that name."""
        return next((spec for spec in (*self.fixed, *self.fields) if spec.name == name), None)

    def public_names(self) -> frozenset[str]:
        """Its own fields that travel open."""
        return frozenset(spec.name for spec in self.fields if spec.public)


@cache
def paper_type(doc_type: DocType) -> PaperType:
    """Everything that is known about a type of paper."""
    form = load_paper_forms()[doc_type.name]
    number = FieldSpec("number", True, "text", True, form.number_check, "Number", "编号")
    fixed = (number, _ISSUED_AT, _ISSUER)
    return PaperType(
        doc_type, form.name_en, form.name_zh, form.fields, fixed, form.issuer_roles, form
    )


def validate_fields(doc_type: DocType, values: Mapping[str, Any]) -> list[FieldProblem]:
    """What is wrong with a paper's fields; nothing means that it may be signed.

    Args:
        doc_type: what it is.
        values: name -> JSON value, public and confidential ones together, with `number` and
            `issuedAt`, and `issuer` if it is known.
    """
    kind = paper_type(doc_type)
    specs = {spec.name: spec for spec in (*kind.fixed, *kind.fields)}
    problems = list(_missing_or_unknown(kind, specs, values))
    sound = {}
    for name, spec in specs.items():
        if name in values:
            wrong = list(check_value(spec, values[name]))
            problems += wrong
            if not wrong:
                sound[name] = values[name]
    for rule, *names in kind.form.rules:
        problems += RULES[rule](sound, specs, tuple(names))
    return problems


def _missing_or_unknown(
    kind: PaperType, specs: Mapping[str, FieldSpec], values: Mapping[str, Any]
) -> Iterator[FieldProblem]:
    for name, spec in specs.items():
        if spec.required and name not in values:
            yield say(name, "missing")
    for name in values:
        if name in kind.form.forbidden:
            yield say(name, "forbidden")
        elif name not in specs and name not in _MACHINE_FIELDS:
            yield say(name, "unknown")
