"""C1 to C6: what papers say about the goods, and the numbers by which they cite each other."""

from typing import Final

from tracer.domain.cross_claims import Claim, Claims, china_day, read_number, show_number, totals_of
from tracer.domain.cross_claims import moments as read_moments
from tracer.domain.cross_comparison import Comparison, CrossCheck
from tracer.domain.cross_numbers import compare_uses
from tracer.domain.documents import DocType
from tracer.domain.kinds import Kind
from tracer.domain.paper_fields_digits import is_container, is_imo, is_uscc
from tracer.domain.paper_numbers import CITATIONS
from tracer.rules.paper_rules import PaperRules

CONTAINER_URN: Final = "urn:epc:id:bic:"
CITED_BY_EVENTS: Final = (
    DocType.CUSTOMS_DECLARATION,
    DocType.CERTIFICATE_OF_ORIGIN,
    DocType.HEALTH_CERTIFICATE,
    DocType.CIQ_CERTIFICATE,
    DocType.BILL_OF_LADING,
    DocType.LAB_REPORT,
)
GRAMS: Final = 1000
SHIPMENT_FIELDS: Final = ("container", "seal", "vesselImo", "voyage")
_SEAL: Final = "tracer:seal"
_MAKER: Final = 4  # C and three letters of a country begin a manufacturer's number


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
    """C2: weights and numbers of tins agree, with each other and with what was made."""
    check = Comparison("C2")
    shipped = claims.by_type("tins")
    made = [
        *claims.papers("tins", DocType.PRODUCT),
        *claims.events(Kind.CANNING, "ilmd", "tracer:serialCount"),
    ]
    check.near_totals("tins", shipped, 0)
    check.same("tins made", made)
    for group in shipped:
        for total in totals_of(group)[:1]:
            for limit in made[:1]:
                check.at_most("tins", Claim(group[0].subject, show_number(total)), limit)
    for field in ("pallets", "cartons"):
        check.near_totals(field, claims.by_type(field), 0)
    check.near_totals("netKg", claims.by_type("netKg"), rules.net_pct)
    check.near_totals("grossKg", claims.by_type("grossKg"), rules.gross_pct)
    _compare_each(check, claims, rules)
    return check.conclude()


def _compare_each(check: Comparison, claims: Claims, rules: PaperRules) -> None:
    """Tins make net weight, and packing adds to it, on every paper by itself."""
    contents = claims.papers("netWeightG", DocType.PRODUCT)[:1]
    for paper in claims.all_papers:
        net, gross, tins = (
            [Claim(paper.subject, paper.plain(name))] if name in paper.texts else []
            for name in ("netKg", "grossKg", "tins")
        )
        for heavy, light in zip(gross, net, strict=False):
            check.at_most("netKg", light, heavy)
            check.at_most("grossKg", heavy, light, rules.max_gross_per_net)
        for weight, number, each in zip(net, tins, contents, strict=False):
            count, grams = read_number(number.text), read_number(each.text)
            if count is not None and grams is not None:
                kg = show_number(count * grams / GRAMS)
                check.near("netKg", [Claim(each.subject, kg), weight], rules.net_pct)


def check_container(claims: Claims) -> list[CrossCheck]:
    """C3: container, seal and ship are the same, and their check digits hold."""
    check = Comparison("C3")
    moved = _containers(claims)
    containers = [*claims.by_type("container"), *([moved] if moved else [])]
    check.same_sets("container", containers)
    for group in containers:
        check.holds("container", group, is_container, "ISO 6346")
    sealed = claims.events(Kind.CONTAINER_LOADING, _SEAL)
    check.same_sets("seal", [*claims.by_type("seal"), *([sealed] if sealed else [])])
    check.same_sets("vesselImo", claims.by_type("vesselImo"))
    check.holds("vesselImo", claims.papers("vesselImo"), is_imo, "IMO")
    check.same_sets("voyage", claims.by_type("voyage"))
    if len({claim.text for group in containers for claim in group}) > 1:
        _compare_shipments(check, claims)
    return check.conclude()


def _compare_shipments(check: Comparison, claims: Claims) -> None:
    """A declaration is about the container that the papers which it cites are about."""
    for declaration in claims.of(DocType.CUSTOMS_DECLARATION):
        for name, citing, cited in CITATIONS:
            for paper in claims.of(cited) if citing is DocType.CUSTOMS_DECLARATION else ():
                if paper.plain("number") != declaration.plain(name):
                    continue
                for field in SHIPMENT_FIELDS:
                    both = [one for one in (declaration, paper) if field in one.texts]
                    said = [Claim(one.subject, one.plain(field)) for one in both]
                    check.same(field, said)


def _containers(claims: Claims) -> list[Claim]:
    """Every container that events load, move or unload."""
    found = []
    for event in claims.evidence.events:
        listed = event.body.get("epcList")
        names = (event.body.get("parentID"), *(listed if isinstance(listed, list) else ()))
        found += [
            Claim(event.subject, name.removeprefix(CONTAINER_URN))
            for name in names
            if isinstance(name, str) and name.startswith(CONTAINER_URN)
        ]
    return found


def check_citations(claims: Claims, rules: PaperRules) -> list[CrossCheck]:
    """C4: cited numbers are those of papers, no number is used twice, and origins agree."""
    check = Comparison("C4")
    _compare_declarations(check, claims, rules)
    for field, citing, cited in CITATIONS:
        numbers = claims.papers("number", cited)
        for claim in claims.papers(field, citing):
            check.one_of(field, claim, numbers)
    for doc_type in CITED_BY_EVENTS:
        numbers = claims.papers("number", doc_type)
        for claim in claims.cited(doc_type):
            check.one_of("number", claim, numbers)
    makers = [*_maker_numbers(claims), *_own_numbers(claims)]
    check.same(
        "originCountry",
        [
            *claims.papers("originCountry"),
            *claims.countries(Kind.WET_PROCESS, Kind.DRY_BLEND, Kind.CANNING),
            *(
                Claim(claim.subject, country)
                for claim in makers
                if (country := rules.country_of_maker.get(claim.text[1:_MAKER]))
                and claim.text.startswith("C")
            ),
        ],
    )
    compare_uses(check, claims, rules)
    return check.conclude()


def _compare_declarations(check: Comparison, claims: Claims, rules: PaperRules) -> None:
    """A declaration's number begins with its office and year; consignees have real codes."""
    for paper in claims.of(DocType.CUSTOMS_DECLARATION):
        number = Claim(paper.subject, paper.plain("number"))
        check.fits("number", [number], rules.declaration_number)
        if "office" in paper.texts:
            office = Claim(paper.subject, paper.plain("office"))
            check.same("office", [office, Claim(paper.subject, number.text[:4])])
        for moment in read_moments([Claim(paper.subject, paper.plain("issuedAt"))]):
            years = (china_day(moment)[:4], number.text[4:8])
            check.same("year", [Claim(paper.subject, text) for text in years])
    codes = claims.papers("consigneeUscc")
    check.holds("consigneeUscc", codes, is_uscc, "GB 32100")
    check.same("consigneeUscc", codes)


def _maker_numbers(claims: Claims) -> list[Claim]:
    return [
        *claims.papers("manufacturer519"),
        *claims.papers("establishmentNo"),
        *claims.papers("number", DocType.MANUFACTURER_REGISTRATION),
    ]


def _own_numbers(claims: Claims) -> list[Claim]:
    return claims.profiles("manufacturerNo519", claims.evidence.bundle.batch.owner)


def check_manufacturer(claims: Claims, rules: PaperRules) -> list[CrossCheck]:
    """C5: the number of the manufacturer is the same, its own profile's too."""
    check = Comparison("C5")
    numbers = [*_maker_numbers(claims), *_own_numbers(claims)]
    check.same("manufacturer519", numbers)
    check.fits("manufacturer519", numbers, rules.manufacturer_number)
    return check.conclude()


def _compare_registrations(check: Comparison, claims: Claims) -> None:
    """Registrations are of this maker and this product, by one of the names that they go by."""
    owner = claims.evidence.bundle.batch.owner
    makers = [*claims.profiles("nameEn", owner), *claims.profiles("nameZh", owner)]
    products = [
        *claims.papers("nameEn", DocType.PRODUCT),
        *claims.papers("nameZh", DocType.PRODUCT),
    ]
    for claim in claims.papers("manufacturer", DocType.FORMULA_REGISTRATION):
        check.one_of("manufacturer", claim, makers)
    for claim in claims.papers("product", DocType.FORMULA_REGISTRATION):
        check.one_of("product", claim, products)


def check_formula(claims: Claims, rules: PaperRules) -> list[CrossCheck]:
    """C6: the formula's registration agrees with the label, customs code and age with the stage."""
    check = Comparison("C6")
    numbers = [
        *claims.papers("formulaRegistrationNo"),
        *claims.papers("formulaNo"),
        *claims.papers("number", DocType.FORMULA_REGISTRATION),
    ]
    check.same("formulaNo", numbers)
    check.fits("formulaNo", numbers, rules.formula_number)
    stages = claims.papers("stage", DocType.PRODUCT, DocType.FORMULA_REGISTRATION)
    check.same("stage", stages)
    for field, of_stage, said in (
        ("ciq", rules.ciq_suffix_of_stage, claims.papers("ciq", DocType.CUSTOMS_DECLARATION)),
        ("ageMonths", rules.age_of_stage, claims.papers("ageMonths", DocType.PRODUCT)),
    ):
        expected = [Claim(it.subject, of_stage.get(it.text, it.text)) for it in stages[:1]]
        check.same(field, [*expected, *said])
    _compare_registrations(check, claims)
    codes = claims.papers("hs", DocType.CUSTOMS_DECLARATION)
    check.fits("hs", codes, rules.hs_code)
    heads = [Claim(claim.subject, claim.text[:6]) for claim in codes]
    check.same("hs6", [*heads, *claims.papers("hs6")])
    return check.conclude()
