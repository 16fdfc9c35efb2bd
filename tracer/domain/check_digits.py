"""Check digits of containers (ISO 6346), ships (IMO) and Chinese companies (GB 32100, GB 11714)."""

import re

_CONTAINER = re.compile(r"[A-Z]{3}[UJZ][0-9]{7}", re.ASCII)
_SHIP = re.compile(r"[0-9]{7}", re.ASCII)
_COMPANY = re.compile(r"[0-9A-HJ-NPQRTUWXY]{2}[0-9]{6}[0-9A-HJ-NPQRTUWXY]{10}", re.ASCII)

_CONTAINER_VALUES = "0123456789A?BCDEFGHIJK?LMNOPQRSTU?VWXYZ"  # no value is a multiple of 11
_COMPANY_DIGITS = "0123456789ABCDEFGHJKLMNPQRTUWXY"  # GB 32100: no I, O, S, V, Z
_COMPANY_BASE = 31
_UNIT_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)  # GB 11714
_UNIT_BASE = 11
_UNIT_TEN = "X"


def is_container(text: str) -> bool:
    """Whether text is a container number whose last digit checks the ten before it."""
    if not _CONTAINER.fullmatch(text):
        return False
    total = sum(_CONTAINER_VALUES.index(letter) << at for at, letter in enumerate(text[:10]))
    return total % 11 % 10 == int(text[10])


def is_ship(text: str) -> bool:
    """Whether text is an IMO number whose last digit checks the six before it."""
    if not _SHIP.fullmatch(text):
        return False
    return sum(int(text[at]) * (7 - at) for at in range(6)) % 10 == int(text[6])


def is_company(text: str) -> bool:
    """Whether text is a credit code whose two check digits hold."""
    if not _COMPANY.fullmatch(text):
        return False
    total = sum(_COMPANY_DIGITS.index(text[at]) * pow(3, at, _COMPANY_BASE) for at in range(17))
    if _COMPANY_DIGITS[-total % _COMPANY_BASE] != text[17]:
        return False
    unit = sum(
        weight * int(digit, 36) for weight, digit in zip(_UNIT_WEIGHTS, text[8:16], strict=True)
    )
    rest = -unit % _UNIT_BASE
    return text[16] == (_UNIT_TEN if rest == _UNIT_BASE - 1 else str(rest))
