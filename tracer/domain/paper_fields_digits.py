"""Check digits of the numbers on papers, besides those of GS1 (`tracer.domain.identifiers`)."""

import re

USCC_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"  # GB 32100: no I, O, S, V, Z
_USCC = re.compile(rf"[{USCC_ALPHABET}]{{2}}[0-9]{{6}}[{USCC_ALPHABET}]{{10}}")
_USCC_MODULUS = len(USCC_ALPHABET)
_USCC_BASE = 3  # weights are the powers of 3 modulo 31

_ORGANISATION_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)  # GB 11714
_ORGANISATION_MODULUS = 11
_ORGANISATION_CHARACTERS = "0123456789X"

_CONTAINER = re.compile(r"[A-Z]{3}[UJZ][0-9]{7}")  # ISO 6346: owner, category, serial, check
_CONTAINER_MODULUS = 11

_IMO = re.compile(r"[0-9]{7}")
_IMO_WEIGHTS = (7, 6, 5, 4, 3, 2)


def uscc_check(body: str) -> str:
    """Check character of the 17 characters of a unified social credit code (GB 32100)."""
    total = sum(
        USCC_ALPHABET.index(character) * pow(_USCC_BASE, place, _USCC_MODULUS)
        for place, character in enumerate(body)
    )
    return USCC_ALPHABET[-total % _USCC_MODULUS]


def organisation_check(body: str) -> str:
    """Check character of the 8 characters of an organisation code (GB 11714)."""
    total = sum(int(c, 36) * w for c, w in zip(body, _ORGANISATION_WEIGHTS, strict=True))
    return _ORGANISATION_CHARACTERS[-total % _ORGANISATION_MODULUS]


def is_uscc(text: str) -> bool:
    """Whether text is a unified social credit code; its inner organisation code is checked too."""
    return (
        _USCC.fullmatch(text) is not None
        and uscc_check(text[:-1]) == text[-1]
        and organisation_check(text[8:16]) == text[16]
    )


def container_check(body: str) -> int:
    """Check digit of the ten characters of a container number (ISO 6346).

    Letters count from 10 upwards without the multiples of 11. A remainder of 10 is written 0,
    which the standard discourages and the world's containers show all the same.
    """
    total = sum(_container_value(character) << place for place, character in enumerate(body))
    return total % _CONTAINER_MODULUS % 10


def _container_value(character: str) -> int:
    value = int(character, 36)  # A is 10
    return value + (value - 1) // 10 if character.isalpha() else value  # B is 12, L 23, V 34


def is_container(text: str) -> bool:
    """Whether text is a container number with the check digit that its characters give."""
    return _CONTAINER.fullmatch(text) is not None and container_check(text[:-1]) == int(text[-1])


def imo_check(body: str) -> int:
    """Check digit of the six digits of a ship's IMO number."""
    return sum(int(d) * w for d, w in zip(body, _IMO_WEIGHTS, strict=True)) % 10


def is_imo(text: str) -> bool:
    """Whether text is a ship's IMO number, without the letters IMO."""
    return _IMO.fullmatch(text) is not None and imo_check(text[:-1]) == int(text[-1])
