"""How single values of a batch file become typed values.

Every function takes what JSON gave and raises `InputError` with the rule that is broken.
"""

import re
from typing import Any

from tracer.domain.canonical import canonical_text
from tracer.domain.documents import (
    FIXED_FIELDS,
    MAX_FIELDS,
    MAX_NAME_BYTES,
    MAX_VALUE_BYTES,
    DocType,
)
from tracer.domain.identifiers import Gln, Serial
from tracer.domain.kinds import Role
from tracer.errors import InvalidFileError
from tracer.operations.findings import unknown_name
from tracer.operations.serials import MAX_SERIALS

MAX_ENTRIES = 1_000  # parties, documents or inspections of one batch; the samples have 20
MAX_TEXT = 300  # characters of a name, number or note: a printed line or two
_COUNTRY = re.compile(r"[A-Z]{2}")


def parse_text(raw: object) -> str:
    """A short text that is not blank.

    Raises:
        InvalidFileError: not a text, blank, too long, or with control characters.
    """
    if not isinstance(raw, str) or not raw.strip():
        raise InvalidFileError("must be text")
    if len(raw) > MAX_TEXT or not raw.isprintable():
        raise InvalidFileError(f"must be one line of at most {MAX_TEXT} characters")
    return raw


def parse_gln(raw: object) -> Gln:
    """A GLN."""
    return Gln.parse(parse_text(raw))


def parse_flag(raw: object) -> bool:
    """A truth value."""
    if not isinstance(raw, bool):
        raise InvalidFileError("must be true or false")
    return raw


def parse_object(raw: object) -> dict[str, Any]:
    """Any object."""
    if not isinstance(raw, dict):
        raise InvalidFileError("must be an object in braces")
    return raw


def parse_list(raw: object) -> list[Any]:
    """A list of at most 1,000 entries."""
    if not isinstance(raw, list):
        raise InvalidFileError("must be a list in square brackets")
    if len(raw) > MAX_ENTRIES:
        raise InvalidFileError(f"has {len(raw)} entries; at most {MAX_ENTRIES} fit one batch")
    return raw


def parse_prefix_digits(raw: object) -> int:
    """The length of a GS1 company prefix."""
    low, high = 4, 12  # GS1 gives out prefixes of these lengths, and the ledger takes them
    if not isinstance(raw, int) or isinstance(raw, bool) or not low <= raw <= high:
        raise InvalidFileError(f"must be a number from {low} to {high}")
    return raw


def parse_count(raw: object) -> int:
    """How many serials a sample batch has."""
    if not isinstance(raw, int) or isinstance(raw, bool) or not 1 <= raw <= MAX_SERIALS:
        raise InvalidFileError(f"must be a number from 1 to {MAX_SERIALS:,}")
    return raw


def parse_roles(raw: object) -> Role:
    """A set of roles by their names."""
    names = parse_list(raw)
    roles = Role(0)
    for name in names:
        if not isinstance(name, str) or name not in Role.__members__:
            raise InvalidFileError(unknown_name("role", str(name), Role.__members__))
        roles |= Role[name]
    if not roles:
        raise InvalidFileError("must name at least one role")
    return roles


def parse_country(raw: object) -> str:
    """A country by its code."""
    if not isinstance(raw, str) or not _COUNTRY.fullmatch(raw):
        raise InvalidFileError("must be an ISO 3166-1 code of two capital letters, such as NZ")
    return raw


def parse_doc_type(raw: object) -> DocType:
    """A paper's type by its name."""
    if not isinstance(raw, str) or raw not in DocType.__members__:
        raise InvalidFileError(unknown_name("document type", str(raw), DocType.__members__))
    return DocType[raw]


def parse_serial_list(raw: object) -> list[Serial]:
    """Serials, ascending, none twice."""
    if not isinstance(raw, list) or not 1 <= len(raw) <= MAX_SERIALS:
        raise InvalidFileError(f"must list 1 to {MAX_SERIALS:,} serials")
    serials = [Serial.parse(parse_text(one)) for one in raw]
    if len(set(serials)) < len(serials):
        raise InvalidFileError("lists a serial twice")
    return sorted(serials)


def parse_fields(raw: object) -> dict[str, Any]:
    """The fields of a paper."""
    fields = parse_object(raw)
    if taken := sorted(fields.keys() & set(FIXED_FIELDS)):
        raise InvalidFileError(f"{taken[0]!r} is a field that every paper has already")
    if len(fields) > MAX_FIELDS - len(FIXED_FIELDS):
        raise InvalidFileError(f"has {len(fields)} fields; a paper has at most {MAX_FIELDS}")
    for name, value in fields.items():
        if not name or len(name.encode()) > MAX_NAME_BYTES:
            raise InvalidFileError(f"field {name[:40]!r}: a name has 1 to {MAX_NAME_BYTES} bytes")
        if len(canonical_text(value).encode()) > MAX_VALUE_BYTES:
            raise InvalidFileError(f"field {name!r} is longer than {MAX_VALUE_BYTES:,} bytes")
    return fields
