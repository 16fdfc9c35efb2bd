"""Any GS1 Digital Link, read and written: every primary key, its qualifiers, its attributes.

Source: GS1 Digital Link URI Syntax 1.2 to 1.4 §4 and GS1 General Specifications §3. Compressed
links are the business of `tracer.domain.digital_link_compressed`, element strings that of
`tracer.domain.element_strings`; what a tin's own code says is `identifiers.DigitalLink`.

Reading is strict: `STRICT` takes what today's standard allows. `LENIENT` adds what older versions
allowed and what is harmless, for a resolver that must understand old labels.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations
from typing import Final, NamedTuple
from urllib.parse import quote, unquote

from tracer.domain.gs1_digits import GTIN_DIGITS, MAX_URI
from tracer.domain.gs1_values import check_value
from tracer.errors import InvalidDigitalLinkError
from tracer.rules.gs1 import Ai, Part, load_ais

FNC1: Final = "^"
"""Stands for the symbol character FNC1 in element strings."""

CANONICAL_STEM: Final = "https://id.gs1.org"

MAX_PARAMETERS: Final = 64
"""Most parts of a query. No label needs a tenth of it, and each is looked at several times."""

MAX_UNKNOWN_VALUE: Final = 90
"""Longest value of an AI that has not been assigned; as long as the longest of those that are."""

MAX_REMEMBERED: Final = 1_024
"""Paths of AIs whose judgement is remembered; labels use a few dozen."""

_URI = re.compile(r"(https?://|HTTPS?://)([^/?#]+)(/[^?#]*)(?:\?([^#]*))?(?:#.*)?", re.DOTALL)
_CHARACTERS = re.compile(r"(?:[A-Za-z0-9._~:/?#\[\]@!$&'()*+,;=-]|%[0-9A-Fa-f]{2})*")
_HOST = re.compile(r"[A-Za-z0-9.:\[\]-]+")  # not judged further: names, addresses and ports change
_PREDEFINED = {
    "00": 18, "01": 14, "02": 14, "03": 14, "04": 16, "20": 2, "41": 13,
    **{f"{n}": 6 for n in (*range(11, 20), *range(31, 37))},
}  # fmt: skip
"""First two digits of an AI -> length of its value, so that no FNC1 follows it."""


@dataclass(frozen=True, slots=True)
class LinkRules:
    """What is let through beyond the current standard.

    Attributes:
        words: `gtin` for 01 and so on, in the path (URI Syntax 1.0 and 1.1).
        short_gtins: GTINs of 8, 12 and 13 digits in the path (1.0 and 1.1).
        slash: one slash at the end of the path.
        unknown_ais: AIs that the table lacks, as attributes.
    """

    words: bool = False
    short_gtins: bool = False
    slash: bool = False
    unknown_ais: bool = False


STRICT: Final = LinkRules()
LENIENT: Final = LinkRules(words=True, short_gtins=True, slash=True)
"""An unknown AI stays an error: a key of digits in the query is reserved for AIs."""


class Element(NamedTuple):
    """One AI with its value, percent-decoded."""

    code: str
    value: str


@dataclass(frozen=True, slots=True)
class Gs1Link:
    """What a Digital Link says.

    Attributes:
        path_elements: primary key and key qualifiers, in order.
        attributes: AIs of the query, in order.
        parameters: other parts of the query, as written.
        stem: scheme, host and what stands before the primary key, without a slash at the end.
    """

    path_elements: tuple[Element, ...]
    attributes: tuple[Element, ...] = ()
    parameters: tuple[str, ...] = ()
    stem: str = CANONICAL_STEM

    @property
    def key(self) -> Element:
        """The primary key."""
        return self.path_elements[0]

    def value(self, code: str) -> str | None:
        """The value of an AI in the path, if it is there."""
        return next((value for ai, value in self.path_elements if ai == code), None)

    def element_string(self) -> str:
        """All elements in the form of a GS1 symbol, `^` for FNC1."""
        text, separate = "", True
        for code, value in (*self.path_elements, *self.attributes):
            text += f"{FNC1 if separate else ''}{code}{value}"
            separate = not find_ai(code, LinkRules(unknown_ais=True)).is_fixed
        return text

    def path(self) -> str:
        """The path from the primary key on, percent-encoded."""
        return "".join(f"/{code}/{quote(value, safe='')}" for code, value in self.path_elements)

    def query(self) -> str:
        """Attributes, then the other parts; without a question mark."""
        own = [f"{code}={quote(value, safe='')}" for code, value in self.attributes]
        return "&".join((*own, *self.parameters))

    def uri(self) -> str:
        """The whole link."""
        return self.stem + self.path() + ("?" if self.query() else "") + self.query()


def _unknown(code: str) -> Ai | None:
    """An AI that has not been assigned, if its digits leave room for it."""
    table = load_ais()
    if not re.fullmatch(r"[0-9]{2,4}", code) or table.lengths.get(code[:2], len(code)) != len(code):
        return None
    if any(known.startswith(code) or code.startswith(known) for known in table.ais):
        return None
    length = _PREDEFINED.get(code[:2])
    part = Part("X", length or 1, length or MAX_UNKNOWN_VALUE, False, ())
    return Ai(code, "UNASSIGNED", (part,), is_fixed=length is not None, is_known=False)


def find_ai(code: str, rules: LinkRules = STRICT) -> Ai:
    """The entry of an AI.

    Raises:
        InvalidDigitalLinkError: there is none.
    """
    ai = load_ais().ais.get(code) or (_unknown(code) if rules.unknown_ais else None)
    if ai is None:
        raise InvalidDigitalLinkError(f"{code[:20]!r} is no Application Identifier")
    return ai


@lru_cache(MAX_REMEMBERED)
def may_be_path(codes: tuple[str, ...]) -> bool:
    """Whether a primary key and these qualifiers may stand in a path, in this order."""
    key = load_ais().ais.get(codes[0])
    rest = codes[1:]
    return key is not None and any(
        rest in combinations(sequence, len(rest)) for sequence in key.qualifiers
    )


def _name_of(segment: str, rules: LinkRules) -> str:
    """The AI that a path segment names; "" when it names none."""
    table = load_ais()
    code = table.words.get(segment, segment) if rules.words else segment
    return code if code in table.ais else ""


def split_path(path: str, rules: LinkRules = STRICT) -> tuple[str, list[tuple[str, str]]]:
    """Where the primary key stands, seen from the end of a path.

    Args:
        path: starts with a slash, percent-encoded.
        rules: which names count.

    Returns:
        What stands before the key, and the pairs of AI and encoded value; none without a key.
    """
    segments = path.split("/")[1:]
    if rules.slash and segments and not segments[-1]:
        segments.pop()
    pairs: list[tuple[str, str]] = []
    while segments[1:]:
        *segments, name, value = segments
        code = _name_of(name, rules)
        if not code:
            break
        pairs.insert(0, (code, value))
        if load_ais().ais[code].is_key:
            return "".join(f"/{segment}" for segment in segments), pairs
    return "", []


def pad_gtin(code: str, value: str) -> str:
    """A GTIN of 8, 12 or 13 digits in 14; anything else as it is."""
    return value.zfill(max(GTIN_DIGITS)) if code == "01" and len(value) in GTIN_DIGITS else value


def _read_path(pairs: Iterable[tuple[str, str]], rules: LinkRules) -> Iterator[Element]:
    for code, text in pairs:
        value = unquote(text)
        element = Element(code, pad_gtin(code, value) if rules.short_gtins else value)
        check_value(find_ai(code), element.value)
        yield element


def _read_query(query: str, rules: LinkRules) -> tuple[tuple[Element, ...], tuple[str, ...]]:
    parts = [part for part in query.split("&") if part]
    if len(parts) > MAX_PARAMETERS:
        raise InvalidDigitalLinkError(f"the query has more than {MAX_PARAMETERS} parts")
    attributes, parameters = [], []
    for part in parts:
        code, equals, text = part.partition("=")
        if not (equals and code.isdigit()):
            parameters.append(part)
            continue
        ai = find_ai(code, rules)
        # A bare + is a space here, as in every form; no AI may hold one.
        element = Element(code, pad_gtin(code, unquote(text.replace("+", " "))))
        check_value(ai, element.value)
        attributes.append(element)
    return tuple(attributes), tuple(parameters)


def check_places(path: tuple[str, ...], attributes: Iterable[str]) -> None:
    """Refuse elements that stand in the wrong part of a link, or twice.

    Args:
        path: AIs of the path, in order.
        attributes: AIs of the query.

    Raises:
        InvalidDigitalLinkError: the message names the AI.
    """
    if not may_be_path(path):
        raise InvalidDigitalLinkError(
            f"AI {' '.join(path[1:])} cannot follow AI {path[0]} in a path in this order",
            hint="Behind a GTIN the order is 22, 10, 21; AI 235 stands alone.",
        )
    seen = set(path)
    for code in attributes:
        if code in seen:
            raise InvalidDigitalLinkError(f"AI {code} stands twice")
        seen.add(code)
        if not find_ai(code, LinkRules(unknown_ais=True)).is_attribute:
            raise InvalidDigitalLinkError(f"AI {code} is no attribute and cannot be in the query")
        for place in range(1, len(path) + 1):
            if may_be_path((*path[:place], code, *path[place:])):
                raise InvalidDigitalLinkError(f"AI {code} in the query belongs into the path")


def split_uri(uri: str) -> tuple[str, str, str]:
    """Scheme with host, path and query of an address that may be a Digital Link.

    Raises:
        InvalidDigitalLinkError: it cannot be one.
    """
    match = _URI.fullmatch(uri) if len(uri) <= MAX_URI else None
    if not match or not _CHARACTERS.fullmatch(uri) or not _HOST.fullmatch(match[2]):
        raise InvalidDigitalLinkError(
            f"not a Digital Link URI: {uri[:80]!r}",
            hint="It starts with https:// and a host, and holds only characters of RFC 3986.",
        )
    return match[1] + match[2], match[3], match[4] or ""


def parse_link(uri: str, rules: LinkRules = STRICT) -> Gs1Link:
    """Read an uncompressed Digital Link.

    Args:
        uri: at most `MAX_URI` characters.
        rules: what is let through.

    Raises:
        InvalidDigitalLinkError: not such a URI, or its elements stand where they must not.
        InvalidIdentifierError: the value of an AI breaks the AI's format.
    """
    root, path, query = split_uri(uri)
    stem, pairs = split_path(path, rules)
    if not pairs:
        raise InvalidDigitalLinkError(
            f"no primary key of GS1 in {uri[:80]!r}",
            hint="A path such as /01/<gtin>/10/<lot>/21/<serial>, in digits.",
        )
    elements = tuple(_read_path(pairs, rules))
    attributes, parameters = _read_query(query, rules)
    check_places(tuple(code for code, _ in elements), [code for code, _ in attributes])
    return Gs1Link(elements, attributes, parameters, root + stem)
