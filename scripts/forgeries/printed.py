"""Numbers as their issuers print them, drawn at random, with the check digits that they have."""

import random
import string

from stdnum import imo, iso6346

from tracer.domain.identifiers import check_digit

EXAMPLE_PREFIX = "952"  # GS1 keeps it for examples
OWNER_CODES = ("XMPU", "QZEU", "ZZTU")  # of containers; none is registered with the BIC


def _digits(rng: random.Random, count: int) -> str:
    return "".join(rng.choice(string.digits) for _ in range(count))


def container(rng: random.Random) -> str:
    """A container number with its ISO 6346 check digit."""
    body = rng.choice(OWNER_CODES) + _digits(rng, 6)
    return f"{body}{iso6346.calc_check_digit(body)}"


def seal(rng: random.Random, country: str) -> str:
    """A bolt seal's number."""
    return f"{country}{_digits(rng, rng.choice((6, 7)))}"


def vessel(rng: random.Random) -> str:
    """An IMO ship number with its check digit."""
    body = f"99{_digits(rng, 4)}"
    return f"{body}{imo.calc_check_digit(body)}"


def voyage(rng: random.Random) -> str:
    """A voyage number: week and direction."""
    return f"{rng.randrange(601, 653)}{rng.choice('NEWS')}"


def lading(rng: random.Random, port: str) -> str:
    """A bill of lading's number: SCAC and the carrier's own."""
    return f"XMPL{port[2:]}{_digits(rng, 8)}"


def declaration(rng: random.Random, office: str, year: int) -> str:
    """A Chinese import declaration's number: office, year, 1, serial."""
    return f"{office}{year}1{_digits(rng, 9)}"


def inspection(rng: random.Random, office: str, year: int) -> str:
    """An inspection and quarantine certificate's number."""
    return f"1{year % 100}0{office}{_digits(rng, 7)}"


def lot(rng: random.Random) -> str:
    """A lot as a filling line prints it."""
    letters = "ABCDEFGHJKLMNPRSTUVWXYZ"
    return (
        f"{rng.choice(letters)}{rng.choice(letters)}{rng.randrange(1, 10)}"
        f"{rng.choice(letters)}{rng.randrange(10, 32)}{rng.choice(letters)}{rng.randrange(1, 10)}"
    )


def gln(rng: random.Random) -> str:
    """A location number of nobody, with its check digit."""
    body = f"{EXAMPLE_PREFIX}{_digits(rng, 9)}"
    return f"{body}{check_digit(body)}"


def alike(rng: random.Random, number: str, keep: int = 0) -> str:
    """Another number of the same form: digits stay digits; the first `keep` characters stay."""
    drawn = number
    while drawn == number:
        drawn = number[:keep] + "".join(
            rng.choice(string.digits) if letter.isdigit() else letter for letter in number[keep:]
        )
    return drawn
