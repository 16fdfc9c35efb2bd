"""One stale or mistyped-on-purpose field of a paper that its issuer signed."""

from collections.abc import Callable

from forgeries import printed
from forgeries.forger import Forger
from forgeries.story import Json, moved
from tracer.domain.identifiers import check_digit

Choose = Callable[[Forger, Json], Json]


def one_field(doc_type: str, field: str, choose: Choose) -> Callable[[Forger], str]:
    """Another value in one field of one paper of a type."""

    def lie(forger: Forger) -> str:
        key = forger.rng.choice(forger.story.of_type(doc_type))
        old = forger.story.public(key)[field]
        new = choose(forger, old)
        forger.say(key, **{field: new})
        return f"{key} says {field} {new} instead of {old}"

    return lie


def _fewer(forger: Forger, old: Json) -> Json:
    return old - forger.rng.randrange(1, 3)


def _some_days(forger: Forger, old: Json) -> Json:
    return moved(old, days=forger.rng.choice((-30, -7, 7, 30)))


def _other_article(forger: Forger, old: Json) -> Json:
    body = printed.alike(forger.rng, old[:13], keep=10)
    return f"{body}{check_digit(body)}"


def _other_number(forger: Forger, old: Json) -> Json:
    return printed.alike(forger.rng, old, keep=9)


def _other_heading(forger: Forger, _: Json) -> Json:
    return forger.rng.choice(("040210", "210690", "190190"))


def _other_port(forger: Forger, old: Json) -> Json:
    return forger.rng.choice([port for port in ("CNXMN", "CNTAO", "CNYTN") if port != old])


FAMILIES = {
    "one field of a signed paper": {
        "pallets": one_field("PACKING_LIST", "pallets", _fewer),
        "tins": one_field("HEALTH_CERTIFICATE", "tins", _fewer),
        "production date": one_field("HEALTH_CERTIFICATE", "productionDate", _some_days),
        "best before": one_field("PACKING_LIST", "bestBefore", _some_days),
        "article on the certificate": one_field("HEALTH_CERTIFICATE", "gtin", _other_article),
        "article on the list": one_field("PACKING_LIST", "gtin", _other_article),
        "heading": one_field("CERTIFICATE_OF_ORIGIN", "hs6", _other_heading),
        "port of inspection": one_field("CIQ_CERTIFICATE", "port", _other_port),
        "inspected declaration": one_field("CIQ_CERTIFICATE", "declaration", _other_number),
    },
}
