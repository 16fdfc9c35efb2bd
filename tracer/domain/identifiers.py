"""GS1 identifiers: parsed once at the edge, types for ever after.

Sources: GS1 General Specifications §7.9 (check digits) and §7.11 (character set 82);
GS1 Digital Link Standard: URI Syntax 1.2 (path order 22, 10, 21; attributes in the query).
"""

from dataclasses import dataclass
from typing import Self
from urllib.parse import quote

from tracer.domain.digital_link import LinkRules, parse_link
from tracer.domain.gs1_digits import CSET82, GTIN_DIGITS, MAX_AI_VALUE, MAX_URI, check_digit
from tracer.errors import InvalidDigitalLinkError, InvalidIdentifierError

__all__ = [
    "CSET82",
    "GLN_DIGITS",
    "GTIN_DIGITS",
    "MAX_AI_VALUE",
    "MAX_URI",
    "SSCC_DIGITS",
    "DigitalLink",
    "Gln",
    "Gtin",
    "Lot",
    "Serial",
    "Sscc",
    "check_digit",
]

GLN_DIGITS = 13
SSCC_DIGITS = 18


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


_TIN_RULES = LinkRules(short_gtins=True, slash=True, unknown_ais=True)


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

        Other attributes are checked and let go. Compressed links and the words of version 1.1 are
        a resolver's business: no tin of ours carries them.

        Raises:
            InvalidDigitalLinkError: not such a URI.
            InvalidIdentifierError: an identifier in it is wrong.
        """
        link = parse_link(uri, _TIN_RULES)
        gtin, lot, serial = link.value("01"), link.value("10"), link.value("21")
        if gtin is None or link.value("235") is not None:
            msg = f"no /01/<gtin>[/10/<lot>][/21/<serial>] in {uri[:80]!r}"
            raise InvalidDigitalLinkError(msg, hint="Key qualifiers come in the order 22, 10, 21.")
        return cls(
            Gtin(gtin),
            None if lot is None else Lot(lot),
            None if serial is None else Serial(serial),
            next((value for code, value in link.attributes if code == "17"), None),
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
