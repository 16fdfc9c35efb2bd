"""GS1 element strings, as scanned (`^01…`) or as printed (`(01)…`), and the links made of them.

Source: GS1 General Specifications §7.8 (concatenation), §4.14 (which AIs need or exclude which);
GS1 Digital Link URI Syntax 1.2 §4.
"""

import re
from collections.abc import Collection, Iterable, Sequence
from typing import Final

from tracer.domain.digital_link import (
    CANONICAL_STEM,
    FNC1,
    Element,
    Gs1Link,
    check_places,
    find_ai,
)
from tracer.domain.gs1_values import check_value
from tracer.errors import InvalidDigitalLinkError
from tracer.rules.gs1 import Ai, load_ais

MAX_ELEMENTS: Final = 64
"""Most elements of one string; a symbol with 7,089 digits cannot hold many more."""

_BRACKETED = re.compile(r"\(([0-9]{2,4})\)((?:\\\(|[^(])+)")


def parse_bracketed(text: str) -> tuple[Element, ...]:
    r"""Read `(01)…(10)…`, where `\(` is a bracket that belongs to a value.

    Raises:
        InvalidDigitalLinkError: it is not written so, or an AI is unknown.
        InvalidIdentifierError: a value breaks its AI's format.
    """
    found: list[Element] = []
    position = 0
    while position < len(text) and len(found) < MAX_ELEMENTS:
        match = _BRACKETED.match(text, position)
        if not match:
            break
        found.append(Element(match[1], match[2].replace("\\(", "(")))
        position = match.end()
    if not found or position != len(text):
        raise InvalidDigitalLinkError(f"not a bracketed element string: {text[position:][:80]!r}")
    for code, value in found:
        check_value(find_ai(code), value)
    return tuple(found)


def _next_ai(text: str) -> Ai:
    known = load_ais().ais
    ai = next((known[text[:size]] for size in (2, 3, 4) if text[:size] in known), None)
    if ai is None:
        raise InvalidDigitalLinkError(f"no Application Identifier at {text[:20]!r}")
    return ai


def parse_scanned(text: str) -> tuple[Element, ...]:
    """Read `^01…10…^21…`, where `^` is FNC1.

    Raises:
        InvalidDigitalLinkError: it is not written so, or an AI is unknown.
        InvalidIdentifierError: a value breaks its AI's format.
    """
    found: list[Element] = []
    rest = text.removeprefix(FNC1)
    if rest == text or not rest:
        raise InvalidDigitalLinkError(f"an element string starts with {FNC1}: {text[:80]!r}")
    while rest and len(found) < MAX_ELEMENTS:
        ai = _next_ai(rest)
        field, separator, behind = rest[len(ai.code) :].partition(FNC1)
        if ai.is_fixed and len(field) > ai.maximum:
            field, behind = field[: ai.maximum], rest[len(ai.code) + ai.maximum :]
        elif separator and not behind:
            raise InvalidDigitalLinkError(f"an element string must not end with {FNC1}")
        check_value(ai, field)
        found.append(Element(ai.code, field))
        rest = behind
    if rest:
        raise InvalidDigitalLinkError(f"more than {MAX_ELEMENTS} elements")
    return tuple(found)


def _fits(pattern: str, code: str) -> bool:
    """Whether an AI is meant by `01` or by a pattern such as `35nn`."""
    return len(pattern) == len(code) and all(
        p in ("n", c) for p, c in zip(pattern, code, strict=True)
    )


def _has(member: str, codes: Collection[str]) -> bool:
    return all(any(_fits(pattern, code) for code in codes) for pattern in member.split("+"))


def check_company(elements: Sequence[Element]) -> None:
    """Refuse elements that exclude each other, lack a companion, or repeat with another value.

    Raises:
        InvalidDigitalLinkError: the message names the AIs.
    """
    values: dict[str, str] = {}
    for code, value in elements:
        if values.setdefault(code, value) != value:
            raise InvalidDigitalLinkError(f"AI {code} stands twice with different values")
    for code in values:
        ai = find_ai(code)
        others = [other for other in values if other != code]
        for pattern in ai.excludes:
            if clash := next((other for other in others if _fits(pattern, other)), ""):
                raise InvalidDigitalLinkError(f"AI {code} cannot stand beside AI {clash}")
        for group in ai.needs:
            if not any(_has(member, others) for member in group):
                raise InvalidDigitalLinkError(f"AI {code} needs AI {' or '.join(group)} beside it")


def arrange(elements: Iterable[Element], stem: str = CANONICAL_STEM) -> Gs1Link:
    """Give every element its place in a link.

    The first primary key leads, with the sequence of its qualifiers that takes up most of the other
    elements. Attributes keep their order, those of predefined length first.

    Raises:
        InvalidDigitalLinkError: there is no primary key, or an element has no place.
    """
    values = dict(elements)
    key = next((code for code in values if find_ai(code).is_key), None)
    if key is None:
        raise InvalidDigitalLinkError("no primary key of GS1 among the elements")
    sequences = [
        [code for code in sequence if code in values]
        for sequence in sorted(find_ai(key).qualifiers)
    ]
    path = (key, *max(sequences, key=len))
    attributes = [code for code in values if code not in path]
    attributes.sort(key=lambda code: not find_ai(code).is_fixed)
    check_places(path, attributes)
    return Gs1Link(
        tuple(Element(code, values[code]) for code in path),
        tuple(Element(code, values[code]) for code in attributes),
        (),
        stem.rstrip("/"),
    )


def build_link(elements: Sequence[Element], stem: str = CANONICAL_STEM) -> Gs1Link:
    """The link of an element string that may stand on a label.

    Args:
        elements: in the order of the string.
        stem: scheme, host and perhaps a path.

    Raises:
        InvalidDigitalLinkError: the elements do not go together, or have no place in a link.
        InvalidIdentifierError: a value breaks its AI's format.
    """
    for code, value in elements:
        check_value(find_ai(code), value)
    check_company(elements)
    return arrange(elements, stem)
