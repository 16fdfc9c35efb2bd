"""Origin: the certificate, its number, the country, and the numbers that papers cite."""

from collections.abc import Callable

from forgeries.forger import Forger
from forgeries.genuine import sister_batch
from forgeries.story import Story, parse_moment

ORIGIN = "CERTIFICATE_OF_ORIGIN"
CHEAPER = {"NZ": "AU", "NL": "NZ", "IE": "NZ"}  # New Zealand pays no duty
BEFORE_INSPECTION = 0.5  # so often the tin is scanned before the inspection certificate
OTHER_HS = ("1901109000", "0402210000", "2106909090")


def _consignment(forger: Forger, *keep: str) -> Story:
    """Another consignment of the same maker, whose papers of some types bear our printed."""
    return sister_batch(forger.story, forger.rng, keep=keep)


def cite_foreign_certificate(forger: Forger) -> str:
    """No certificate was issued; the declaration cites the one of another consignment."""
    number = forger.number_like(ORIGIN)
    for key in forger.story.of_type(ORIGIN):
        forger.drop_paper(key)
    for key in forger.story.of_type("CUSTOMS_DECLARATION"):
        forger.say(key, coNo=number)
    forger.names.append(number)
    return f"no certificate of origin was issued; the declaration cites {number} of other goods"


def cite_beside_own(forger: Forger) -> str:
    """The declaration cites a certificate of other goods, though there is one of these."""
    number = forger.number_like(ORIGIN)
    forger.say(forger.declared(), coNo=number)
    forger.names.append(number)
    return f"the declaration cites certificate of origin {number} of another consignment"


def cite_foreign(field: str, what: str, doc_type: str) -> Callable[[Forger], str]:
    """A declaration that cites a paper of other goods."""

    def lie(forger: Forger) -> str:
        number = forger.number_like(doc_type)
        forger.say(forger.declared(), **{field: number})
        forger.names.append(number)
        return f"the declaration cites {what} {number} of another consignment"

    return lie


def file_foreign_certificate(forger: Forger) -> str:
    """The maker files the certificate of another consignment as if it were of this one."""
    number = forger.number_like(ORIGIN)
    other = _consignment(forger)
    issuer = forger.story.papers[ORIGIN]["issuer"]
    other.papers[ORIGIN]["number"] = number
    forger.add_other(other)
    forger.head(ORIGIN, number=number, writer=forger.owner, kind="DOCUMENT")
    for key in forger.story.of_type(ORIGIN)[1:]:
        forger.drop_paper(key)
    for key in forger.story.of_type("CUSTOMS_DECLARATION"):
        forger.say(key, coNo=number)
    return f"the maker files {number}, which {issuer} issued for another consignment"


def reuse_beyond(uses: int, *, stated: bool) -> Callable[[Forger], str]:
    """A clerk stamps one certificate for more goods than it certifies."""

    def lie(forger: Forger) -> str:
        if forger.story.others or len(forger.story.of_type(ORIGIN)) > 1:
            return ""
        own = forger.story.public(ORIGIN)["netKg"]
        if stated:
            forger.say(ORIGIN, certifiedNetKg=own)
        for _ in range(uses):
            other = _consignment(forger, ORIGIN)
            if stated:
                other.public(ORIGIN)["certifiedNetKg"] = own
            forger.add_other(other)
        forger.names.append(ORIGIN)
        return f"the certificate of origin over {own} kg is used for {uses} more consignments"

    return lie


def reuse_health_certificate(forger: Forger) -> str:
    """One health certificate for two lots in two containers."""
    if forger.story.others or len(forger.story.of_type("HEALTH_CERTIFICATE")) > 1:
        return ""
    forger.add_other(_consignment(forger, "HEALTH_CERTIFICATE"))
    forger.names.append("HEALTH_CERTIFICATE")
    return "the health certificate's number stands on another lot's certificate too"


def cloned_consignment(forger: Forger) -> str:
    """A second batch claims the same container, bill of lading, declaration and certificates."""
    shared = (ORIGIN, "HEALTH_CERTIFICATE", "BILL_OF_LADING", "CUSTOMS_DECLARATION")
    doubled = any(len(forger.story.of_type(doc_type)) > 1 for doc_type in shared)
    if forger.story.others or doubled:
        return ""
    forger.add_other(_consignment(forger, *shared))
    forger.names += shared
    return "a second batch claims the same consignment with all its papers, beyond its quantity"


def country_on_declaration(forger: Forger) -> str:
    """Another origin, for another rate of duty."""
    for key in forger.story.of_type("CUSTOMS_DECLARATION"):
        country = CHEAPER[forger.story.public(key)["originCountry"]]
        forger.say(key, originCountry=country)
    return f"the broker declares {country} as the origin"


def country_on_certificate(forger: Forger) -> str:
    """A certificate of origin that names another country."""
    country = CHEAPER[forger.story.public(ORIGIN)["originCountry"]]
    forger.say(ORIGIN, originCountry=country)
    return f"the certificate of origin names {country}, where nothing was made"


def country_on_both(forger: Forger) -> str:
    """Certificate and declaration agree on another country."""
    for key in (*forger.story.of_type(ORIGIN), *forger.story.of_type("CUSTOMS_DECLARATION")):
        country = CHEAPER[forger.story.public(key)["originCountry"]]
        forger.say(key, originCountry=country)
    return f"certificate of origin and declaration name {country}, where nothing was made"


def country_on_label(forger: Forger) -> str:
    """The label names a country that sells better."""
    country = CHEAPER[forger.story.public("PRODUCT")["originCountry"]]
    forger.say("PRODUCT", originCountry=country)
    return f"the label names {country}"


def other_goods(forger: Forger) -> str:
    """Another heading of the tariff."""
    hs = forger.rng.choice(OTHER_HS)
    for key in forger.story.of_type("CUSTOMS_DECLARATION"):
        forger.say(key, hs=hs)
    return f"the goods are declared under {hs}"


def export_number(forger: Forger) -> str:
    """The number of an export."""
    key = forger.declared()
    number = forger.story.papers[key]["number"]
    return _renamed(forger, key, f"{number[:8]}0{number[9:]}", "an export")


def other_office(forger: Forger) -> str:
    """The number of another customs office."""
    key = forger.declared()
    number = forger.story.papers[key]["number"]
    office = forger.rng.choice([o for o in ("5304", "2223", "4301", "0101") if o != number[:4]])
    return _renamed(forger, key, f"{office}{number[4:]}", "another office")


def other_year(forger: Forger) -> str:
    """The number of another year."""
    key = forger.declared()
    paper = forger.story.papers[key]
    year = parse_moment(paper["issuedAt"]).year - forger.rng.choice((1, 2))
    number = f"{paper['number'][:4]}{year}{paper['number'][8:]}"
    return _renamed(forger, key, number, "another year")


def _renamed(forger: Forger, key: str, number: str, whose: str) -> str:
    """Another number on the declaration, and on whatever else the broker writes."""
    old = forger.story.papers[key]["number"]
    forger.head(key, number=number)
    forger.names.append(number)
    for event, said in forger.story.events.items():
        for index, cited in enumerate(said["body"].get("bizTransactionList", ())):
            if said["writer"] == forger.broker and cited["bizTransaction"].endswith(f":{old}"):
                path = ("bizTransactionList", index, "bizTransaction")
                forger.tell(event, cited["bizTransaction"].replace(old, number), *path)
    early = forger.rng.random() < BEFORE_INSPECTION
    for inspection in forger.story.of_type("CIQ_CERTIFICATE") if early else ():
        forger.drop_paper(inspection)
    when = ", and customs have not issued their certificate yet" if early else ""
    return f"the declaration bears {number}, the number of {whose}{when}"


def declared_twice(forger: Forger) -> str:
    """The number of a declaration of other goods."""
    if forger.story.others or len(forger.story.of_type("CUSTOMS_DECLARATION")) > 1:
        return ""
    forger.add_other(_consignment(forger, "CUSTOMS_DECLARATION"))
    forger.names.append("CUSTOMS_DECLARATION")
    return "another batch in another container was cleared under the same declaration's number"


FAMILIES = {
    "certificate of another consignment": {
        "cited, none of its own": cite_foreign_certificate,
        "cited beside its own": cite_beside_own,
        "filed by the maker": file_foreign_certificate,
        "health certificate cited": cite_foreign(
            "healthCertNo", "health certificate", "HEALTH_CERTIFICATE"
        ),
        "bill of lading cited": cite_foreign("bl", "bill of lading", "BILL_OF_LADING"),
    },
    "number used beyond its quantity": {
        "twice, quantity stated": reuse_beyond(1, stated=True),
        "twice, quantity not stated": reuse_beyond(1, stated=False),
        "four times": reuse_beyond(3, stated=True),
        "health certificate for two lots": reuse_health_certificate,
        "cloned consignment": cloned_consignment,
    },
    "origin swapped": {
        "declaration": country_on_declaration,
        "certificate": country_on_certificate,
        "certificate and declaration": country_on_both,
        "label": country_on_label,
        "tariff heading": other_goods,
    },
    "declaration's number": {
        "export": export_number,
        "another office": other_office,
        "another year": other_year,
        "used twice": declared_twice,
    },
}
