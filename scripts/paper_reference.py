"""Write docs/reference/papers.md from the registry of papers; --check only compares."""

import argparse
import inspect
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from tracer.domain.documents import DocType
from tracer.domain.paper_types import FieldSpec, PaperType, paper_type
from tracer.rules.forms import load_accreditations, load_patterns

PAGE: Final = Path(__file__).resolve().parent.parent / "docs" / "reference" / "papers.md"
INTRODUCTION: Final = """\
# Papers

<!-- Made by scripts/paper_reference.py; edit tracer/rules/documents.json instead. -->

What each type of paper says. An open field travels with the public view; the others stay a salted
hash there, and only a grant opens them. Every paper has a number and the moment it was issued
(`issuedAt`, ISO 8601 with its offset from UTC), both open; whoever signs is its issuer.

"Needed for" names the trade modes whose clearance needs the paper: 0110 general trade, 1210 bonded
and 9610 direct cross-border e-commerce. For 1210 that is the entry into the bonded zone; the lists
of sales out of it come later. Registrations, halal and organic certificates and logs are never
needed: the first stand in public registers, the others are claims of the maker.

Number patterns are wide where issuers differ (certificates of origin, health and inspection
certificates): they refuse nonsense, and prove nothing.
"""
CHECK_WORDS: Final = {
    "gtin": "GTIN with its check digit",
    "uscc": "unified social credit code: GB 32100 and, inside it, GB 11714",
    "container": "ISO 6346 with its check digit",
    "imo": "seven digits with their check digit",
    "lot": "1 to 20 characters of GS1's set",
    "lots": "a list of lots",
    "locode": "UN/LOCODE of a country that exists",
    "currency": "ISO 4217",
    "incoterm": "Incoterms 2020",
    "profile": "a profile of `tracer/rules/profiles.json`",
    "positive": "above 0",
    "not-negative": "0 or more",
    "percent": "0 to 100",
    "celsius": "-90 to 90",
    "stage": "1 to 3",
    "texts": "a list of texts",
    "numbers": "a list of numbers",
    "lab-results": "code, unit, basis, value, qualifier, method; no code twice in one basis",
    "lab-samples": "code, jurisdiction, values; no code twice in one jurisdiction",
    "pallet-list": "tins, netKg, grossKg, cartons of each pallet",
    "invoice-lines": "quantity, unitPrice, amount of each line",
    "metrics": "code, value, unit of each metric",
    "activities": "stage, activity, quantity, kgCO2e of each line",
    "places": "GLN -> name, country, coordinates",
    "declaration-number": "18 digits; the ninth is 1, import",
}
RULE_WORDS: Final = {
    "declaration-office": "{0} begins with {1}",
    "declaration-year": "{0} holds the year of {1}",
    "at-least": "{0} is not less than {1}",
    "ascending": "{all} do not decrease",
    "in-order": "{all} follow each other",
    "not-after-issue": "{all}: not after the paper was issued",
    "product": "{0} times {1} is {2}",
    "total": "every line of {0} is quantity times price, and together they are {1}",
    "counts": "{0} has {1} entries",
    "sums": "the entries of {0} add up to {rest}",
    "hs-suffix": "{1} is a suffix of {0}",
    "maker-country": "{0}, when it has 18 characters, names the country {1}",
    "differ": "{0} and {1} differ",
    "at-most-years": "{1} is at most {2} years after {0}",
    "shelf-life": "{1} is {2} months after {0}, give or take a day",
    "unless": "{0} `{1}` needs {2}",
}


def build_papers_page() -> str:
    """All types of papers, with fields and rules."""
    parts = [INTRODUCTION, *(_describe(paper_type(doc_type)) for doc_type in DocType)]
    parts.append("## Accreditation numbers\n\n| scheme | country | example |\n| --- | --- | --- |")
    parts += [
        f"| {each.scheme} | {each.country} | `{each.pattern.example}` |"
        for each in load_accreditations()
    ]
    return "\n".join(parts) + "\n"


def _describe(kind: PaperType) -> str:
    number = kind.fixed[0]
    needed = ", ".join(sorted(kind.form.needed_for)) or "never"
    roles = ", ".join(kind.issuer_roles)
    lines = [
        f"## {kind.doc_type.name} ({int(kind.doc_type)}): {kind.name_en}, {kind.name_zh}\n",
        f"Issued by: {roles}. Needed for: {needed}. Number: {_check(number)}.\n",
        "| field | open | required | kind | must be | English | Chinese |",
        "| --- | --- | --- | --- | --- | --- | --- |",
        *(_row(spec) for spec in kind.fields),
        "",
        *_rules(kind),
    ]
    return "\n".join(lines)


def _row(spec: FieldSpec) -> str:
    cells = (
        f"`{spec.name}`",
        "yes" if spec.public else "no",
        "yes" if spec.required else "",
        spec.kind,
        _check(spec),
        spec.label_en,
        spec.label_zh,
    )
    return f"| {' | '.join(cells)} |"


def _check(spec: FieldSpec) -> str:
    if spec.choices:
        return ", ".join(f"`{choice}`" for choice in spec.choices)
    if spec.check == "accreditation":
        return "a number of a known scheme, see below"
    if spec.check in CHECK_WORDS:
        return CHECK_WORDS[spec.check]
    pattern = load_patterns().get(spec.check)
    return f"like `{pattern.example}`" if pattern else ""


def _rules(kind: PaperType) -> Iterator[str]:
    for rule, *fields in kind.form.rules:
        named = [f"`{field}`" if kind.field(field) else field for field in fields]
        together, rest = ", ".join(named), ", ".join(named[1:])
        yield f"- {RULE_WORDS[rule].format(*named, all=together, rest=rest)}"
    if kind.form.forbidden:
        names = ", ".join(f"`{name}`" for name in sorted(kind.form.forbidden))
        yield f"- never stored, because it tells who bought: {names}"
    if kind.form.rules or kind.form.forbidden:
        yield ""


def main() -> int:
    """Write the page, or compare it."""
    parser = argparse.ArgumentParser(description=inspect.cleandoc(__doc__ or ""))
    parser.add_argument("--check", action="store_true", help="compare, write nothing")
    text = build_papers_page()
    if parser.parse_args().check:
        is_current = PAGE.is_file() and PAGE.read_text("utf-8") == text
        print(f"{PAGE}: {'current' if is_current else 'stale; run scripts/paper_reference.py'}")
        return 0 if is_current else 1
    PAGE.write_text(text, "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
