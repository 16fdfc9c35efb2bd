"""Parties and places of a passport."""

from collections.abc import Mapping
from typing import Any

from tracer.domain.cards import PartyCard, Place
from tracer.domain.columns import gln_text
from tracer.domain.documents import DocType
from tracer.domain.evidence import Evidence
from tracer.domain.kinds import ANY_ROLE, Role

STATUS_NAMES = ("UNKNOWN", "ACTIVE", "SUSPENDED", "BANNED")  # IPartyRegistry.Status


def build_parties(evidence: Evidence) -> tuple[PartyCard, ...]:
    """The owner first, then the writers in the order in which they first wrote."""
    batch = evidence.bundle.batch
    order = dict.fromkeys([batch.owner, *(append.gln for append in evidence.bundle.appends)])
    return tuple(_party_card(evidence, gln) for gln in order)


def _party_card(evidence: Evidence, gln: int) -> PartyCard:
    row = evidence.bundle.parties.get(gln)
    profile = evidence.profile(gln)
    known = row is not None and row.status < len(STATUS_NAMES)
    roles = Role(row.roles & ANY_ROLE) if row else Role(0)
    return PartyCard(
        gln_text(gln),
        text_of(profile, "nameEn"),
        text_of(profile, "nameZh"),
        text_of(profile, "city"),
        text_of(profile, "country"),
        tuple(role.name or "" for role in roles),
        STATUS_NAMES[row.status] if row and known else STATUS_NAMES[0],
        gln == evidence.bundle.batch.owner,
    )


def text_of(values: Mapping[str, Any], name: str) -> str:
    """A member that is text; "" for anything else."""
    value = values.get(name)
    return value if isinstance(value, str) else ""


def number_of(values: Mapping[str, Any], name: str) -> float | None:
    """A member that is a number; None for anything else."""
    value = values.get(name)
    return None if isinstance(value, bool) or not isinstance(value, int | float) else value


class Places:
    """Finds what genuine papers and profiles say about a place."""

    def __init__(self, evidence: Evidence) -> None:
        self._evidence = evidence
        self._named: dict[str, Mapping[str, Any]] = {}
        for paper in evidence.genuine_papers(DocType.PRODUCT):
            places = paper.value("places")
            for gln, place in places.items() if isinstance(places, dict) else ():
                if isinstance(place, dict):
                    self._named[gln] = place

    def find(self, gln: int) -> Place:
        """The place of a GLN, with whatever is known about it."""
        text = gln_text(gln)
        said = self._named.get(text) or self._evidence.profile(gln)
        return Place(
            text,
            text_of(said, "nameEn"),
            text_of(said, "nameZh"),
            text_of(said, "city"),
            text_of(said, "country"),
            number_of(said, "lat"),
            number_of(said, "lon"),
        )
