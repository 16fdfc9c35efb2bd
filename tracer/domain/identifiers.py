"""GS1 identifiers: parsed once at the edge, types for ever after.

Sources: GS1 General Specifications §7.9 (check digits) and §7.11 (character set 82);
GS1 Digital Link Standard: URI Syntax 1.2 (path order 22, 10, 21; attributes in the query).
"""

import re
from dataclasses import dataclass
from typing import Self
from urllib.parse import quote, unquote

from tracer.errors import InvalidDigitalLinkError, InvalidIdentifierError

CSET82 = frozenset(
    "!\"%&'()*+,-./0123456789:;<=>?ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz"
)
MAX_AI_VALUE = 20  # AI 10 and AI 21 hold at most 20 characters
MAX_URI = 2000  # longer than any Digital Link a symbol can hold; longer input is an attack
GTIN_DIGITS = (8, 12, 13, 14)
GLN_DIGITS = 13
SSCC_DIGITS = 18


def check_digit(digits: str) -> int:
    """GS1 modulo-10 check digit of the digits before it (weights 3, 1 from the right)."""
    total = sum(int(d) * (3 if i % 2 == 0 else 1) for i, d in enumerate(reversed(digits)))
    return -total % 10


def _checked(name: str, text: str, lengths: tuple[int, ...]) -> str:
    if not (text.isascii() and text.isdigit()) or len(text) not in lengths:
        wanted = " or ".join(map(str, lengths))
        msg = f"{name} {text[:40]!r} is not {wanted} digits"
        raise InvalidIdentifierError(msg, hint=f"A {name} has {wanted} digits and nothing else.")
    expected = check_digit(text[:-1])
    if int(text[-1]) != expected:
        msg = f"{name} {text} has check digit {text[-1]}, but its digits give {expected}"
        raise InvalidIdentifierError(msg, hint="One digit is wrong or two are swapped.")
    return text


def _cset82(name: str, text: str) -> str:
    bad = sorted(set(text) - CSET82)
    if bad or not 1 <= len(text) <= MAX_AI_VALUE:
        what = f"contains {bad[0]!r}" if bad else f"has {len(text)} characters"
        msg = f"{name} {text[:40]!r} {what}"
        raise InvalidIdentifierError(
            msg, hint=f"A {name} has 1 to {MAX_AI_VALUE} characters of GS1 character set 82."
        )
    return text


@dataclass(frozen=True, slots=True, order=True)
class Gtin:
    """Trade item number, always in 14 digits."""

    value: str

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read 8, 12, 13 or 14 digits.

        Raises:
            InvalidIdentifierError: wrong length, not digits, or wrong check digit.
        """
        return cls(_checked("GTIN", text, GTIN_DIGITS).zfill(14))

    def __str__(self) -> str:
        return self.value


@dataclass(frozen=True, slots=True, order=True)
class Gln:
    """Location or party number, 13 digits."""

    value: str

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read 13 digits.

        Raises:
            InvalidIdentifierError: wrong length, not digits, or wrong check digit.
        """
        return cls(_checked("GLN", text, (GLN_DIGITS,)))

    @classmethod
    def from_number(cls, number: int) -> Self:
        """Read the number form that the ledger stores."""
        return cls.parse(f"{number:0{GLN_DIGITS}d}")

    @property
    def number(self) -> int:
        """The 48-bit number that the ledger stores."""
        return int(self.value)

    def __str__(self) -> str:
        return self.value


@dataclass(frozen=True, slots=True, order=True)
class Sscc:
    """Logistic unit number, 18 digits."""

    value: str

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read 18 digits.

        Raises:
            InvalidIdentifierError: wrong length, not digits, or wrong check digit.
        """
        return cls(_checked("SSCC", text, (SSCC_DIGITS,)))

    def __str__(self) -> str:
        return self.value


@dataclass(frozen=True, slots=True, order=True)
class Lot:
    """Batch or lot number as printed (AI 10)."""

    value: str

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read 1 to 20 characters of GS1 character set 82.

        Raises:
            InvalidIdentifierError: wrong length or a character outside the set.
        """
        return cls(_cset82("lot", text))

    def __str__(self) -> str:
        return self.value


@dataclass(frozen=True, slots=True, order=True)
class Serial:
    """Serial number of one tin (AI 21)."""

    value: str

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read 1 to 20 characters of GS1 character set 82.

        Raises:
            InvalidIdentifierError: wrong length or a character outside the set.
        """
        return cls(_cset82("serial", text))

    def __str__(self) -> str:
        return self.value


_URI = re.compile(r"(?i:https?)://[^/?#]+(/[^?#]*)(?:\?([^#]*))?(?:#.*)?")
# RFC 3986 §2: everything else must be percent-encoded.
_URI_CHARACTERS = re.compile(r"(?:[A-Za-z0-9._~:/?#\[\]@!$&'()*+,;=-]|%[0-9A-Fa-f]{2})*")
_PATH = re.compile(
    r".*?/01/([0-9]{8,14})(?:/22/([^/]+))?(?:/10/([^/]+))?(?:/21/([^/]+))?/?", re.DOTALL
)
_DATE = re.compile(r"[0-9]{2}(?:0[1-9]|1[0-2])(?:[0-2][0-9]|3[01])")  # day 00: end of the month
_PATH_AIS = frozenset({"01", "22", "10", "21", "235"})


def _attributes(query: str) -> dict[str, str]:
    """The AIs of a Digital Link's query; other parameters belong to other people.

    Raises:
        InvalidDigitalLinkError: an AI is empty, stands twice or belongs into the path.
    """
    found: dict[str, str] = {}
    for part in re.split("[&;]", query):
        ai, _, text = part.partition("=")
        if not (ai.isascii() and ai.isdigit()):
            continue
        faults = [
            (ai in _PATH_AIS, "belongs into the path"),
            (ai in found, "stands twice"),
            (not text, "is empty"),
            ("+" in text, "has a bare +, which some readers take for a space"),
            (ai == "17" and not _DATE.fullmatch(text), "is no date written YYMMDD"),
        ]
        for is_fault, what in faults:
            if is_fault:
                msg = f"AI {ai} in the query {what}: {query[:80]!r}"
                raise InvalidDigitalLinkError(msg)
        found[ai] = unquote(text)
    return found


@dataclass(frozen=True, slots=True)
class DigitalLink:
    """What a tin's QR code says.

    Attributes:
        gtin: AI 01.
        lot: AI 10, if present.
        serial: AI 21, if present.
        expiry: AI 17 as printed (YYMMDD), if present.
    """

    gtin: Gtin
    lot: Lot | None = None
    serial: Serial | None = None
    expiry: str | None = None

    @classmethod
    def parse(cls, uri: str) -> Self:
        """Read a GS1 Digital Link URI with AIs 01, 22, 10, 21 in that order and 17 in the query.

        Raises:
            InvalidDigitalLinkError: not such a URI.
            InvalidIdentifierError: an identifier in it is wrong.
        """
        match = _URI.fullmatch(uri) if len(uri) <= MAX_URI else None
        if not match or not _URI_CHARACTERS.fullmatch(uri):
            msg = f"not a Digital Link URI: {uri[:80]!r}"
            raise InvalidDigitalLinkError(msg, hint="It starts with https:// and names a GTIN.")
        path = _PATH.fullmatch(match[1])
        if not path:
            msg = f"no /01/<gtin>[/10/<lot>][/21/<serial>] in {uri[:80]!r}"
            raise InvalidDigitalLinkError(msg, hint="Key qualifiers come in the order 22, 10, 21.")
        gtin, variant, lot, serial = path.groups()
        if variant:
            _cset82("consumer product variant", unquote(variant))
        return cls(
            Gtin.parse(gtin),
            Lot.parse(unquote(lot)) if lot else None,
            Serial.parse(unquote(serial)) if serial else None,
            _attributes(match[2] or "").get("17"),
        )

    def path(self) -> str:
        """The path `/01/…/10/…/21/…`, percent-encoded."""
        parts = ["", "01", self.gtin.value]
        if self.lot:
            parts += ["10", quote(self.lot.value, safe="")]
        if self.serial:
            parts += ["21", quote(self.serial.value, safe="")]
        return "/".join(parts)

    def uri(self, origin: str) -> str:
        """The whole URI under an origin such as `https://id.example.org`."""
        return origin.rstrip("/") + self.path() + (f"?17={self.expiry}" if self.expiry else "")
