"""Who says what about a batch: the material that cross checks compare."""

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from tracer.domain.columns import gln_text
from tracer.domain.documents import DocType
from tracer.domain.event_values import parse_timestamp
from tracer.domain.evidence import Event, Evidence, Paper, party_subject, plain_text
from tracer.domain.kinds import Kind
from tracer.domain.times import day_unix, read_day, utc_text
from tracer.errors import InvalidEventError

HOUR_S: Final = 3600
CHINA_S: Final = 8 * HOUR_S
END_UNIX: Final = 253_370_764_800  # the year 9999; calendars of other languages go on
FIRST_ZONE_S: Final = 14 * HOUR_S  # a day begins at UTC+14
LAST_ZONE_S: Final = 12 * HOUR_S  # and ends at UTC-12
PLUS: Final = " + "
MAX_QUANTITY: Final = 1e12  # beyond it no scale and no double is exact enough to compare

_NUMBER: Final = re.compile(r"-?[0-9]{1,12}(?:\.[0-9]{1,17})?", re.ASCII)
_UNIX: Final = re.compile(r"@([0-9]{1,13})", re.ASCII)
_CITED: Final = re.compile(r":doc:([A-Z_]+):(.+)", re.ASCII)


@dataclass(frozen=True, slots=True)
class Claim:
    """Somebody says something.

    Attributes:
        subject: the paper, event or row that says it.
        text: what it says.
    """

    subject: str
    text: str


@dataclass(frozen=True, slots=True)
class Moment:
    """When somebody says something happened: a time, or any time of a day.

    Attributes:
        earliest: Unix seconds.
        latest: Unix seconds.
        claim: who says it.
        text: as people read it.
    """

    earliest: float
    latest: float
    claim: Claim
    text: str

    @property
    def is_day(self) -> bool:
        """Whether only the day is known."""
        return self.latest > self.earliest


def moments(claims: Iterable[Claim]) -> list[Moment]:
    """The claims that name a moment: ISO 8601 date or time with zone, or @ and Unix seconds."""
    return [moment for claim in claims if (moment := _moment(claim))]


def first(claims: Iterable[Claim]) -> list[Moment]:
    """The earliest of the moments, if there is one.

    Of several papers of a kind the first counts: a retest may well be later than the shipment.
    """
    return sorted(moments(claims), key=lambda each: each.earliest)[:1]


def _moment(claim: Claim) -> Moment | None:
    text = claim.text
    if match := _UNIX.fullmatch(text):
        unix = float(match[1])
        return Moment(unix, unix, claim, show_time(int(unix))) if 0 < unix < END_UNIX else None
    if day := read_day(text):
        start = day_unix(day)
        moment = Moment(start - FIRST_ZONE_S, start + 24 * HOUR_S + LAST_ZONE_S, claim, text)
        return moment if 0 < start < END_UNIX else None
    try:
        unix = parse_timestamp(text).timestamp()
    except InvalidEventError:
        return None
    return Moment(unix, unix, claim, text) if 0 < unix < END_UNIX else None


def show_time(unix: int) -> str:
    """A moment as people read it; the bare number where no calendar reaches."""
    return utc_text(unix) if 0 < unix < END_UNIX else f"@{unix}"


def china_day(moment: Moment) -> str:
    """The day of a moment in China, where declarations are dated."""
    day = read_day(moment.text)
    return moment.text if day else utc_text(int(moment.earliest) + CHINA_S)[:10]


def add(values: Iterable[float]) -> float:
    """The plain sum. Python's own rounds less often than other languages' and would differ."""
    total = 0.0
    for value in values:
        total += value
    return total


def read_number(text: str) -> float | None:
    """A decimal number as papers write it; None for anything else."""
    return float(text) if _NUMBER.fullmatch(text) else None


def show_number(value: float) -> str:
    """A number to three decimals, the same in every language: 10368, 4.5."""
    rounded = math.floor(value * 1000 + 0.5) / 1000
    return str(rounded).removesuffix(".0")


def totals_of(claims: Sequence[Claim]) -> list[float]:
    """What the papers of one type may say together, the least first.

    A lot may be shipped on several papers of a type, whose numbers add up; or equal ones say the
    same thing again.
    """
    numbers = [read_number(claim.text) for claim in claims]
    known = [number for number in numbers if number is not None]
    if not known or len(known) < len(numbers):
        return []
    is_said_again = len(known) > 1 and len(set(known)) == 1
    return [*known[:1], add(known)] if is_said_again else [add(known)]


def join(claims: Sequence[Claim]) -> Claim:
    """One claim that shows what several say."""
    return Claim(claims[0].subject, PLUS.join(claim.text for claim in claims))


class Claims:
    """Finds who says what about a batch.

    Args:
        evidence: the bundle, opened.
    """

    def __init__(self, evidence: Evidence) -> None:
        self.evidence = evidence
        self.all_papers = tuple(
            paper
            for paper in evidence.genuine_papers()
            if paper.commitment not in evidence.superseded
        )

    def of(self, *doc_types: DocType) -> list[Paper]:
        """The genuine papers of some types, in the order of their records."""
        return [paper for paper in self.all_papers if paper.doc_type in doc_types]

    def papers(self, name: str, *doc_types: DocType) -> list[Claim]:
        """What papers of the given types, or all, say in one field."""
        return [
            Claim(paper.subject, paper.plain(name))
            for paper in self.all_papers
            if (not doc_types or paper.doc_type in doc_types) and name in paper.texts
        ]

    def by_type(self, name: str) -> list[list[Claim]]:
        """What the papers of each type say in one field, but for the product's own data."""
        types = dict.fromkeys(paper.doc_type for paper in self.all_papers)
        groups = [
            self.papers(name, doc_type)
            for doc_type in types
            if doc_type is not None and doc_type is not DocType.PRODUCT
        ]
        return [group for group in groups if group]

    def events(self, kind: Kind, *path: str) -> list[Claim]:
        """What events of a kind say at a path of members."""
        claims = []
        for event in self.evidence.events:
            value: object = event.body if event.record.kind == kind else None
            for name in path:
                value = value.get(name) if isinstance(value, dict) else None
            if isinstance(value, str | int) and not isinstance(value, bool):
                claims.append(Claim(event.subject, str(value)))
        return claims

    def events_of(self, *kinds: Kind) -> list[Event]:
        """The genuine events of some kinds, in the order of their records."""
        return [event for event in self.evidence.events if event.record.kind in kinds]

    def cited(self, doc_type: DocType) -> list[Claim]:
        """Numbers of papers of a type that events name among their transactions."""
        claims = []
        for event in self.evidence.events:
            for row in listed_rows(event.body, "bizTransactionList"):
                text = row.get("bizTransaction")
                match = _CITED.search(text) if isinstance(text, str) else None
                if match and match[1] == doc_type.name:
                    claims.append(Claim(event.subject, match[2]))
        return claims

    def records(self, kind: Kind) -> list[Claim]:
        """When events of a kind happened, Unix seconds as text."""
        return [
            Claim(f"record {record.position} ({kind.name})", f"@{record.occurred_at_unix}")
            for record in self.evidence.records
            if record.kind == kind
        ]

    def batch(self, name: str) -> list[Claim]:
        """What the batch's row, that is the tin's label, says."""
        return [Claim("batch row", getattr(self.evidence.bundle.batch, name))]

    def profiles(self, name: str, *glns: int) -> list[Claim]:
        """What the profiles of parties say, those that the ledger pins."""
        found = []
        for gln in glns:
            text = self.evidence.profile(gln).get(name)
            if isinstance(text, str):
                found.append(Claim(party_subject(gln), text))
        return found

    def listed(self, name: str, doc_type: DocType, wanted: str) -> list[Claim]:
        """Whether papers that list several values in a field list the wanted one too."""
        claims = []
        for paper in self.of(doc_type):
            values = paper.value(name)
            if isinstance(values, list):
                shown = wanted if wanted in values else ", ".join(map(plain_text, values))
                claims.append(Claim(paper.subject, shown))
        return claims

    def places(self) -> dict[str, tuple[str, dict[str, Any]]]:
        """GLN -> the product paper that registers the place, and what it says about it."""
        found: dict[str, tuple[str, dict[str, Any]]] = {}
        for paper in self.of(DocType.PRODUCT):
            places = paper.value("places")
            for gln, place in places.items() if isinstance(places, dict) else ():
                if isinstance(place, dict):
                    found[gln] = paper.subject, place
        return found

    def countries(self, *kinds: Kind) -> list[Claim]:
        """The registered country of each place where events of some kinds happened."""
        places, claims = self.places(), []
        for record in self.evidence.records:
            if record.kind in kinds and record.location is not None:
                _, place = places.get(gln_text(record.location), ("", {}))
                country = place.get("country")
                if isinstance(country, str):
                    name = Kind(record.kind).name
                    claims.append(Claim(f"record {record.position} ({name})", country))
        return claims


def listed_rows(body: Any, name: str) -> list[dict[str, Any]]:  # noqa: ANN401 - any JSON
    """The objects of a list that is a member of an event."""
    rows = body.get(name)
    return [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []


def quantity_of(value: object) -> float | None:
    """A quantity of an event; None when it is none or too large to compare."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if 0 <= value < MAX_QUANTITY else None
