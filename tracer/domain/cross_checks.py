"""Step (7): contents agree with their records, and papers with each other (checks C1 to C8).

Pure functions over genuine contents and papers. A check gathers *claims*, who says what, and ends
CONFIRMED when at least two claims agree, CONFLICT when two differ or one breaks a rule, and
UNVERIFIED when there are too few to compare. What one paper says alone confirms nothing.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from enum import StrEnum

from tracer.domain.documents import DocType
from tracer.domain.event_values import parse_timestamp
from tracer.domain.evidence import Evidence
from tracer.domain.kinds import Kind
from tracer.domain.messages import Message
from tracer.domain.times import day_unix, read_day, utc_text
from tracer.errors import InvalidEventError
from tracer.rules import PaperRules, load_paper_rules


class Agreement(StrEnum):
    """How a cross check ended."""

    CONFIRMED = "CONFIRMED"
    UNVERIFIED = "UNVERIFIED"
    CONFLICT = "CONFLICT"


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
class CrossCheck:
    """One of C1 to C8.

    Attributes:
        code: its name.
        agreement: how it ended.
        message: the reason.
        subjects: on CONFLICT, what is in conflict.
    """

    code: str
    agreement: Agreement
    message: Message
    subjects: tuple[str, ...] = ()


CONTAINER_URN = "urn:epc:id:bic:"
CITATIONS = (
    ("coNo", DocType.CUSTOMS_DECLARATION, DocType.CERTIFICATE_OF_ORIGIN),
    ("healthCertNo", DocType.CUSTOMS_DECLARATION, DocType.HEALTH_CERTIFICATE),
    ("bl", DocType.CUSTOMS_DECLARATION, DocType.BILL_OF_LADING),
    ("declaration", DocType.CIQ_CERTIFICATE, DocType.CUSTOMS_DECLARATION),
)
"""Field, the paper that cites, the paper whose number it cites."""

HOUR_S = 3600
FIRST_ZONE_S, LAST_ZONE_S = 14 * HOUR_S, 12 * HOUR_S  # a day begins at UTC+14 and ends at UTC-12


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


def moments(claims: Sequence[Claim]) -> list[Moment]:
    """The claims that name a moment: ISO 8601 date or time with zone, or @ and Unix seconds."""
    return [moment for claim in claims if (moment := _moment(claim))]


def _moment(claim: Claim) -> Moment | None:
    text = claim.text
    if text.startswith("@"):
        return Moment(int(text[1:]), int(text[1:]), claim, utc_text(int(text[1:])))
    if day := read_day(text):
        start = day_unix(day)
        return Moment(start - FIRST_ZONE_S, start + 24 * HOUR_S + LAST_ZONE_S, claim, text)
    try:
        unix = parse_timestamp(text).timestamp()
    except InvalidEventError:
        return None
    return Moment(unix, unix, claim, text)


class Claims:
    """Finds who says what about a batch."""

    def __init__(self, evidence: Evidence) -> None:
        self._evidence = evidence
        self._papers = tuple(evidence.genuine_papers())

    def papers(self, name: str, *doc_types: DocType) -> list[Claim]:
        """What papers of the given types, or all, say in one field."""
        return [
            Claim(paper.subject, paper.plain(name))
            for paper in self._papers
            if (not doc_types or paper.doc_type in doc_types) and name in paper.texts
        ]

    def events(self, kind: Kind, *path: str) -> list[Claim]:
        """What events of a kind say at a path of members."""
        claims = []
        for event in self._evidence.events:
            value: object = event.body if event.record.kind == kind else None
            for name in path:
                value = value.get(name) if isinstance(value, dict) else None
            if isinstance(value, str | int) and not isinstance(value, bool):
                claims.append(Claim(event.subject, str(value)))
        return claims

    def records(self, kind: Kind) -> list[Claim]:
        """When events of a kind happened, Unix seconds as text."""
        return [
            Claim(f"record {record.position} ({kind.name})", f"@{record.occurred_at_unix}")
            for record in self._evidence.records
            if record.kind == kind
        ]

    def batch(self, name: str) -> list[Claim]:
        """What the batch's row, that is the tin's label, says."""
        return [Claim("batch row", getattr(self._evidence.bundle.batch, name))]

    def listed(self, name: str, doc_type: DocType, wanted: str) -> list[Claim]:
        """Whether papers that list several values in a field list the wanted one too."""
        claims = []
        for paper in self._papers:
            values = paper.value(name) if paper.doc_type is doc_type else None
            if isinstance(values, list):
                shown = wanted if wanted in values else ", ".join(map(str, values))
                claims.append(Claim(paper.subject, shown))
        return claims


class Comparison:
    """Collects what a check compared, and what it found in conflict."""

    def __init__(self, code: str) -> None:
        self._code = code
        self._compared = False
        self._conflicts: list[CrossCheck] = []

    def same(self, field: str, claims: Sequence[Claim]) -> None:
        """Every claim says what the first one says."""
        self._compare(field, claims, lambda first, other: first == other)

    def near(self, field: str, claims: Sequence[Claim], percent: Decimal) -> None:
        """Every claim lies within a tolerance of the first one."""

        def is_near(first: str, other: str) -> bool:
            try:
                one, two = Decimal(first), Decimal(other)
                return abs(one - two) * 100 <= percent * max(abs(one), abs(two))
            except InvalidOperation:
                return False

        self._compare(field, claims, is_near)

    def one_of(self, field: str, claim: Claim, others: Sequence[Claim]) -> None:
        """A claim says what one of the others says."""
        self._compared |= bool(others)
        if others and claim.text not in {other.text for other in others}:
            self._differ(field, claim, others[0])

    def fits(self, field: str, claims: Sequence[Claim], pattern: str) -> None:
        """Every claim has the form that its numbers have."""
        for claim in claims:
            if not re.fullmatch(pattern, claim.text):
                params = {"field": field, "one": claim.subject, "a": claim.text, "rule": pattern}
                self._add(Message("cross.rule", params), claim)

    def in_order(self, moments: Sequence["Moment"]) -> None:
        """No moment surely lies before the one in front of it."""
        self._compared |= len(moments) > 1
        for position, moment in enumerate(moments):
            before = max(moments[:position], default=moment, key=lambda each: each.earliest)
            if before.earliest > moment.latest:
                one, other = before.claim, moment.claim
                params = {
                    "first": one.subject,
                    "a": before.text,
                    "second": other.subject,
                    "b": moment.text,
                }
                self._add(Message("cross.order", params), one, other)

    def enough(self, field: str, best: Claim, declared: Claim, months: int) -> None:
        """A best-before date lies at least so many months after a declaration."""
        end, start = read_day(best.text[:10]), read_day(declared.text[:10])
        if end is None or start is None:
            return
        self._compared = True
        if (end.year * 12 + end.month, end.day) < (
            start.year * 12 + start.month + months,
            start.day,
        ):
            self._differ(field, best, declared)

    def conclude(self, **params: str | int) -> list[CrossCheck]:
        """The conflicts; or the one check that says there are none."""
        if self._conflicts:
            return self._conflicts
        if self._compared:
            message = Message(f"{self._code}.confirmed", params)
            return [CrossCheck(self._code, Agreement.CONFIRMED, message)]
        return [CrossCheck(self._code, Agreement.UNVERIFIED, Message("cross.unverified"))]

    def _compare(
        self, field: str, claims: Sequence[Claim], agree: Callable[[str, str], bool]
    ) -> None:
        self._compared |= len(claims) > 1
        for claim in claims[1:]:
            if not agree(claims[0].text, claim.text):
                self._differ(field, claims[0], claim)

    def _differ(self, field: str, one: Claim, other: Claim) -> None:
        params = {
            "field": field,
            "one": one.subject,
            "a": one.text,
            "other": other.subject,
            "b": other.text,
        }
        self._add(Message("cross.conflict", params), one, other)

    def _add(self, message: Message, *claims: Claim) -> None:
        subjects = tuple(claim.subject for claim in claims)
        self._conflicts.append(CrossCheck(self._code, Agreement.CONFLICT, message, subjects))


def check_lots(claims: Claims) -> list[CrossCheck]:
    """C1: lot, GTIN and dates are the same everywhere."""
    check = Comparison("C1")
    (label,) = claims.batch("lot")
    check.same(
        "lot",
        [
            label,
            *claims.papers("lot"),
            *claims.listed("lots", DocType.CIQ_CERTIFICATE, label.text),
            *claims.events(Kind.CANNING, "ilmd", "cbvmda:lotNumber"),
        ],
    )
    check.same("gtin", [*claims.batch("gtin"), *claims.papers("gtin")])
    made = claims.events(Kind.CANNING, "ilmd", "tracer:productionDate")
    check.same("productionDate", [*claims.papers("productionDate"), *made])
    best = claims.events(Kind.CANNING, "ilmd", "cbvmda:itemExpirationDate")
    check.same("bestBefore", [*claims.papers("bestBefore"), *best])
    return check.conclude()


def check_weights(claims: Claims, rules: PaperRules) -> list[CrossCheck]:
    """C2: weights and number of tins agree."""
    check = Comparison("C2")
    check.same("tins", claims.papers("tins"))
    check.near("netKg", claims.papers("netKg"), rules.net_pct)
    check.near("grossKg", claims.papers("grossKg"), rules.gross_pct)
    return check.conclude()


def check_container(claims: Claims) -> list[CrossCheck]:
    """C3: container and seal are the same."""
    check = Comparison("C3")
    loaded = [
        Claim(claim.subject, claim.text.removeprefix(CONTAINER_URN))
        for claim in claims.events(Kind.CONTAINER_LOADING, "parentID")
        if claim.text.startswith(CONTAINER_URN)
    ]
    check.same("container", [*claims.papers("container"), *loaded])
    sealed = claims.events(Kind.CONTAINER_LOADING, "tracer:seal")
    check.same("seal", [*claims.papers("seal"), *sealed])
    return check.conclude()


def check_citations(claims: Claims, rules: PaperRules) -> list[CrossCheck]:
    """C4: a cited number is the number of a paper; countries of origin agree."""
    check = Comparison("C4")
    declared = claims.papers("number", DocType.CUSTOMS_DECLARATION)
    check.fits("number", declared, rules.declaration_number)
    for field, citing, cited in CITATIONS:
        numbers = claims.papers("number", cited)
        for claim in claims.papers(field, citing):
            check.one_of(field, claim, numbers)
    check.same("originCountry", claims.papers("originCountry"))
    return check.conclude()


def check_manufacturer(claims: Claims) -> list[CrossCheck]:
    """C5: the number of the manufacturer is the same."""
    check = Comparison("C5")
    check.same(
        "manufacturer519",
        [
            *claims.papers("manufacturer519"),
            *claims.papers("establishmentNo"),
            *claims.papers("number", DocType.MANUFACTURER_REGISTRATION),
        ],
    )
    return check.conclude()


def check_formula(claims: Claims, rules: PaperRules) -> list[CrossCheck]:
    """C6: the formula's registration agrees with the label, the customs suffix with the stage."""
    check = Comparison("C6")
    numbers = [
        *claims.papers("formulaRegistrationNo"),
        *claims.papers("formulaNo"),
        *claims.papers("number", DocType.FORMULA_REGISTRATION),
    ]
    check.same("formulaNo", numbers)
    check.fits("formulaNo", numbers, rules.formula_number)
    expected = [
        Claim(claim.subject, rules.ciq_suffix_of_stage.get(claim.text, claim.text))
        for claim in claims.papers("stage", DocType.PRODUCT)
    ]
    check.same("ciq", [*expected, *claims.papers("ciq", DocType.CUSTOMS_DECLARATION)])
    return check.conclude()


def check_order(claims: Claims) -> list[CrossCheck]:
    """C7: production, tests, certificates, transport, customs and sale follow each other."""
    groups = (
        claims.papers("productionDate"),
        claims.papers("sampledAt", DocType.LAB_REPORT),
        claims.papers("issuedAt", DocType.LAB_REPORT),
        claims.records(Kind.FACTORY_RELEASE),
        claims.papers("issuedAt", DocType.HEALTH_CERTIFICATE),
        claims.papers("onBoard", DocType.BILL_OF_LADING),
        claims.records(Kind.ARRIVAL),
        claims.papers("issuedAt", DocType.CUSTOMS_DECLARATION),
        claims.papers("issuedAt", DocType.CIQ_CERTIFICATE),
        claims.records(Kind.SALE),
    )
    check = Comparison("C7")
    # Of several of a kind the first one counts: a retest may well be later than the shipment.
    firsts = [min(found, key=lambda each: each.earliest) for g in groups if (found := moments(g))]
    check.in_order(firsts)
    return check.conclude()


def check_shelf_life(claims: Claims, rules: PaperRules) -> list[CrossCheck]:
    """C8: enough shelf life was left when the goods were declared."""
    check = Comparison("C8")
    best = claims.papers("bestBefore")
    months = rules.min_shelf_life_months
    for claim in claims.papers("issuedAt", DocType.CUSTOMS_DECLARATION):
        for label in best[:1]:
            check.enough("bestBefore", label, claim, months)
    return check.conclude(months=months)


def cross_check(evidence: Evidence, rules: PaperRules | None = None) -> list[CrossCheck]:
    """C1 to C8 over all genuine papers and events of a batch."""
    claims, rules = Claims(evidence), rules or load_paper_rules()
    return [
        *check_lots(claims),
        *check_weights(claims, rules),
        *check_container(claims),
        *check_citations(claims, rules),
        *check_manufacturer(claims),
        *check_formula(claims, rules),
        *check_order(claims),
        *check_shelf_life(claims, rules),
    ]
