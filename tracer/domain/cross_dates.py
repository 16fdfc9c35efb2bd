"""C7 and C8: dates follow each other, and enough shelf life is left."""

from collections.abc import Sequence
from typing import Final

from tracer.domain.cross_claims import Claim, Claims, first, moments
from tracer.domain.cross_comparison import Comparison, CrossCheck
from tracer.domain.documents import DocType
from tracer.domain.kinds import Kind
from tracer.domain.messages import Message
from tracer.domain.replay import MAX_CLOCK_DRIFT_S
from tracer.domain.times import read_day
from tracer.rules.paper_rules import PaperRules

DAY_S: Final = 86_400
RENEWED_YEARS: Final = 5  # a registration that renews itself is renewed for so long

TESTING: Final = ("sampledAt", "receivedAt", "testedFrom", "testedTo", "issuedAt")
"""Fields of a laboratory report, in the order of the work."""

MADE: Final = (
    Kind.MILK_COLLECTION,
    Kind.MILK_RECEIPT,
    Kind.WET_PROCESS,
    Kind.DRY_BLEND,
    Kind.CANNING,
    Kind.PACK_AGGREGATE,
    Kind.CONTAINER_LOADING,
)
MOVED: Final = (
    Kind.FACTORY_RELEASE,
    Kind.CONTAINER_LOADING,
    Kind.DEPARTURE,
    Kind.ARRIVAL,
    Kind.UNLOAD,
    Kind.WAREHOUSE_RECEIPT,
    Kind.DISTRIBUTION,
    Kind.RETAIL_RECEIPT,
    Kind.SALE,
)
TESTED: Final = (Kind.LAB_SAMPLING, Kind.LAB_RESULT, Kind.FACTORY_RELEASE)
"""Events in the order in which goods are made, moved and tested."""

VALID_AT_PRODUCTION: Final = (
    DocType.FORMULA_REGISTRATION,
    DocType.MANUFACTURER_REGISTRATION,
    DocType.HALAL,
    DocType.ORGANIC,
)


def check_order(claims: Claims, rules: PaperRules) -> list[CrossCheck]:
    """C7: production, tests, certificates, transport, customs and sale follow each other."""
    check = Comparison("C7")
    produced = claims.papers("productionDate")
    arrived = claims.records(Kind.ARRIVAL)
    sold = claims.records(Kind.SALE)
    boarded = claims.papers("onBoard", DocType.BILL_OF_LADING)
    declared = declarations(claims)
    chains: tuple[tuple[Sequence[Claim], ...], ...] = (
        (
            produced,
            claims.papers("sampledAt", DocType.LAB_REPORT),
            claims.papers("issuedAt", DocType.LAB_REPORT),
            claims.records(Kind.FACTORY_RELEASE),
            claims.papers("issuedAt", DocType.HEALTH_CERTIFICATE),
            boarded,
            arrived,
            declared,
            claims.records(Kind.CUSTOMS_RELEASE),
            sold,
        ),
        (claims.records(Kind.CONTAINER_LOADING), boarded, claims.records(Kind.DEPARTURE), arrived),
        tuple(claims.records(kind) for kind in MADE),
        tuple(claims.records(kind) for kind in MOVED),
        (claims.records(Kind.MATERIAL_RECEIPT), claims.records(Kind.DRY_BLEND)),
        (claims.records(Kind.CANNING), *(claims.records(kind) for kind in TESTED)),
        (claims.records(Kind.IMPORT_DECLARATION), claims.records(Kind.CUSTOMS_RELEASE)),
        (produced, claims.papers("issuedAt", DocType.PACKING_LIST), arrived),
        (arrived, claims.papers("inspectedAt", DocType.CIQ_CERTIFICATE)),
        (arrived, claims.papers("issuedAt", DocType.CIQ_CERTIFICATE), sold),
        (declared, claims.records(Kind.CLEARANCE_CONFIRMATION)),
    )
    for chain in chains:
        check.in_order("dates", [moment for group in chain for moment in first(group)])
    origin = claims.papers("issuedAt", DocType.CERTIFICATE_OF_ORIGIN)
    check.in_order("dates", [*first(origin), *first(boarded)], rules.origin_grace_days * DAY_S)
    check.in_order("dates", [*first(produced), *first(origin)])
    _compare_each(check, claims)
    _compare_validity(check, claims, rules)
    return check.conclude()


def declarations(claims: Claims) -> list[Claim]:
    """When the goods were declared, by the papers."""
    return [
        *claims.papers("issuedAt", DocType.CUSTOMS_DECLARATION),
        *claims.papers("declaredAt", DocType.CUSTOMS_DECLARATION),
    ]


def _compare_each(check: Comparison, claims: Claims) -> None:
    """No paper is dated after its own record; each report's work is in order."""
    for paper in claims.all_papers:
        for record in paper.records[:1]:
            written = Claim(paper.subject, f"@{record.recorded_at_unix}")
            issued = Claim(paper.subject, paper.plain("issuedAt"))
            check.in_order("issuedAt", moments([issued, written]), MAX_CLOCK_DRIFT_S)
    for paper in claims.of(DocType.LAB_REPORT):
        steps = [Claim(paper.subject, paper.plain(name)) for name in TESTING]
        check.in_order("testing", moments(steps))


def _compare_validity(check: Comparison, claims: Claims, rules: PaperRules) -> None:
    """Registrations and certificates were valid when the tins were made and declared."""
    produced, declared = claims.papers("productionDate")[:1], declarations(claims)[:1]
    for paper in claims.of(*VALID_AT_PRODUCTION):
        until = [Claim(paper.subject, paper.plain("validUntil"))]
        starts = [Claim(paper.subject, paper.plain("validFrom"))]
        check.in_order("validUntil", moments([*starts, *produced, *until]))
        if paper.doc_type is not DocType.MANUFACTURER_REGISTRATION:
            continue
        lapsed = moments(declared) and moments(until) and (
            moments(until)[0].latest < moments(declared)[0].earliest
        )  # fmt: skip
        if lapsed and rules.pack.registration_renews_itself and _may_be_renewed(*until, *declared):
            params = {"one": paper.subject, "a": until[0].text, "rule": rules.pack.code}
            check.unclear(Message("cross.renewed", params), paper.subject)
        else:
            check.in_order("validUntil", moments([*declared, *until]))


def _may_be_renewed(until: Claim, declared: Claim) -> bool:
    end, day = read_day(until.text[:10]), read_day(declared.text[:10])
    return (
        end is not None
        and day is not None
        and (day.year, day.month, day.day) <= (end.year + RENEWED_YEARS, end.month, end.day)
    )


def check_shelf_life(claims: Claims, rules: PaperRules) -> list[CrossCheck]:
    """C8: enough shelf life was left at declaration; nobody stretched it."""
    check = Comparison("C8")
    best = claims.papers("bestBefore")[:1]
    months = rules.min_shelf_life_months
    for claim in declarations(claims):
        for label in best:
            check.enough("bestBefore", label, claim, months)
    spans = claims.papers("shelfLifeMonths", DocType.PRODUCT)[:1]
    for label, produced, span in zip(
        best, claims.papers("productionDate")[:1], spans, strict=False
    ):
        _compare_span(check, label, produced, span)
    return check.conclude(months=months)


def _compare_span(check: Comparison, best: Claim, produced: Claim, span: Claim) -> None:
    """Best before lies no more than the product's shelf life after production."""
    end, start = read_day(best.text[:10]), read_day(produced.text[:10])
    if end is None or start is None or not span.text.isascii() or not span.text.isdigit():
        return
    if (end.year * 12 + end.month, end.day) > (
        start.year * 12 + start.month + int(span.text[:4]),
        start.day,
    ):
        check.differ("bestBefore", best, Claim(span.subject, f"{produced.text} + {span.text}"))
