"""Public profiles of parties and reports of inspections, as texts that the ledger pins.

The shapes are those of a batch file (`bundle_file`), so that a party admitted by hand and one
admitted from a file have the same digest.
"""

import hashlib
from collections.abc import Mapping
from pathlib import Path

from tracer.domain.canonical import canonical_text
from tracer.domain.identifiers import Gln
from tracer.domain.kinds import Role
from tracer.errors import InvalidFileError
from tracer.operations.bundle_file import INSPECTION_DOMAIN
from tracer.operations.plan import PartyProfile, PlannedInspection
from tracer.operations.strict_json import decode_text, load_bounded


def build_profile(gln: Gln, roles: Role, facts: Mapping[str, str]) -> PartyProfile:
    """A party's public profile.

    Args:
        gln: the party.
        roles: what it does.
        facts: nameEn, nameZh, country, city; empty ones are left out.
    """
    profile = {
        "gln": gln.value,
        "roles": [role.name for role in Role if role & roles],
        **{name: value for name, value in facts.items() if value},
    }
    return PartyProfile(
        gln,
        facts.get("nameEn", ""),
        facts.get("nameZh", ""),
        roles,
        profile,
        canonical_text(profile),
    )


def build_inspection(
    gln: Gln,
    inspector: Gln,
    number: str,
    *,
    inspected_at_unix: int,
    passed: bool,
    report: Path | None = None,
) -> PlannedInspection:
    """An inspection of a party.

    Args:
        gln: the inspected party.
        inspector: the inspecting party.
        number: the inspector's number of it; it counts once.
        inspected_at_unix: when, Unix seconds.
        passed: the outcome.
        report: text file; its text becomes public.

    Raises:
        InvalidFileError: the report cannot be read as text.
        LimitExceededError: it is too long.
    """
    text = ""
    if report is not None:
        text = decode_text(load_bounded(report), str(report))
    if not number.strip():
        raise InvalidFileError("an inspection needs a number")
    statement = {
        "id": number,
        "party": gln.value,
        "inspector": inspector.value,
        "inspectedAtUnix": inspected_at_unix,
        "passed": passed,
        "report": {"text": text} if text else {},
    }
    named = f"{inspector}\x00{number}".encode()
    return PlannedInspection(
        hashlib.sha256(INSPECTION_DOMAIN + named).digest(),
        gln,
        inspector,
        inspected_at_unix,
        passed,
        canonical_text(statement),
    )
