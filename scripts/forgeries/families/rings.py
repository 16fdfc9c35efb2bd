"""Consistent forgeries: whoever lies changes everything that it can sign, so that it all agrees."""

from collections.abc import Callable

from forgeries import printed
from forgeries.forger import Forger

OWN_PAPERS = {
    "MANUFACTURER": ("PRODUCT", "PACKING_LIST"),
    "CARRIER": ("BILL_OF_LADING",),
    "BROKER": ("CUSTOMS_DECLARATION",),
}
OWN_EVENTS = {
    "MANUFACTURER": ("CANNING",),
    "CARRIER": ("CONTAINER_LOADING", "DEPARTURE", "ARRIVAL"),
    "BROKER": ("IMPORT_DECLARATION", "CUSTOMS_RELEASE"),
}


def _papers(forger: Forger, ring: tuple[str, ...]) -> list[str]:
    types = [doc_type for role in ring for doc_type in OWN_PAPERS[role]]
    return [key for doc_type in types for key in forger.story.of_type(doc_type)]


def _says(forger: Forger, ring: tuple[str, ...], **fields: object) -> None:
    """The ring's papers say it, as far as they have the fields."""
    for key in _papers(forger, ring):
        said = forger.story.public(key)
        mine = {name: value for name, value in fields.items() if name in said}
        changed = {name: value for name, value in mine.items() if said[name] != value}
        if changed:
            forger.say(key, **changed)


def _ring(ring: tuple[str, ...]) -> str:
    return " and ".join(role.lower() for role in ring)


def other_container(*ring: str) -> Callable[[Forger], str]:
    """All of a ring's papers and events name another container and seal."""

    def lie(forger: Forger) -> str:
        said = forger.story.public("BILL_OF_LADING")
        old, new = said["container"], printed.container(forger.rng)
        seal = printed.seal(forger.rng, said["seal"][:2])
        if len(forger.story.of_type("BILL_OF_LADING")) > 1:
            return ""
        _says(forger, ring, container=new, seal=seal)
        for stage in (stage for role in ring for stage in OWN_EVENTS[role]):
            body = forger.story.events[stage]["body"]
            if body.get("parentID", "").endswith(old):
                forger.tell(stage, f"urn:epc:id:bic:{new}", "parentID")
                forger.tell(stage, seal, "tracer:seal")
            if body.get("epcList", [""])[0].endswith(old):
                forger.tell(stage, f"urn:epc:id:bic:{new}", "epcList", 0)
        return f"{_ring(ring)} agree on container {new} and seal {seal}"

    return lie


def more_weight(*ring: str) -> Callable[[Forger], str]:
    """All of a ring's papers weigh more."""

    def lie(forger: Forger) -> str:
        factor = forger.rng.choice((1.04, 1.1, 1.18))
        for key in _papers(forger, ring):
            said = forger.story.public(key)
            for name in ("netKg", "grossKg", "tins", "cartons"):
                if key != "PRODUCT" and name in said:
                    value = said[name] * factor
                    whole = isinstance(said[name], int)
                    forger.say(key, **{name: round(value) if whole else round(value, 1)})
        return f"{_ring(ring)} agree on {factor} times the weight"

    return lie


def other_origin(*ring: str) -> Callable[[Forger], str]:
    """All of a ring's papers name another origin."""

    def lie(forger: Forger) -> str:
        old = forger.story.public("PRODUCT")["originCountry"]
        new = "AU" if old == "NZ" else "NZ"
        _says(forger, ring, originCountry=new)
        return f"{_ring(ring)} agree on the origin {new}"

    return lie


def other_lot_and_dates(forger: Forger) -> str:
    """The maker prints a younger batch on everything it signs."""
    days = forger.rng.randrange(90, 300)
    from forgeries.story import moved  # noqa: PLC0415 - only here

    said = forger.story.public("PRODUCT")
    made, best = moved(said["productionDate"], days=days), moved(said["bestBefore"], days=days)
    _says(forger, ("MANUFACTURER",), productionDate=made, bestBefore=best)
    forger.tell("CANNING", made, "ilmd", "tracer:productionDate")
    forger.tell("CANNING", best, "ilmd", "cbvmda:itemExpirationDate")
    return f"the maker prints {made} and {best}, {days} days younger, on all that it signs"


def other_plant(forger: Forger) -> str:
    """Maker and broker agree on the registered plant of another maker."""
    said = forger.story.public("PRODUCT")["manufacturer519"]
    new = printed.alike(forger.rng, said, keep=8)
    _says(forger, ("MANUFACTURER", "BROKER"), manufacturer519=new)
    return f"maker and broker agree on the plant {new}"


def other_formula(forger: Forger) -> str:
    """Maker and broker agree on another formula and stage; the registration knows better."""
    if "FORMULA_REGISTRATION" not in forger.story.papers:
        return ""
    said = forger.story.public("PRODUCT")
    number = printed.alike(forger.rng, said["formulaRegistrationNo"], keep=8)
    stage = 2 if said["stage"] == 1 else 1
    months = {1: "0-6", 2: "6-12"}[stage]
    forger.say("PRODUCT", formulaRegistrationNo=number, stage=stage, ageMonths=months)
    for key in forger.story.of_type("CUSTOMS_DECLARATION"):
        forger.say(key, formulaNo=number, ciq=f"10{stage}")
    forger.names.append("FORMULA_REGISTRATION")
    return f"maker and broker agree on formula {number} and stage {stage}"


def invented_certificates(forger: Forger) -> str:
    """The maker files a health certificate and a certificate of origin that nobody issued.

    They agree with everything; only their issuer never signed them.
    """
    for key in ("HEALTH_CERTIFICATE", "CERTIFICATE_OF_ORIGIN"):
        number = forger.number_like(key)
        old = forger.story.papers[key]["number"]
        forger.head(key, number=number, writer=forger.owner, kind="DOCUMENT")
        forger.cited("coNo" if key.endswith("ORIGIN") else "healthCertNo", old, number)
    return "the maker files certificates in the authorities' names, which agree with everything"


def other_number(forger: Forger) -> str:
    """The broker's declaration and events agree on a number that customs never gave."""
    if len(forger.story.of_type("CUSTOMS_DECLARATION")) > 1:
        return ""
    key = "CUSTOMS_DECLARATION"
    old = forger.story.papers[key]["number"]
    new = printed.alike(forger.rng, old, keep=9)
    forger.head(key, number=new)
    for stage in OWN_EVENTS["BROKER"]:
        said = forger.story.events[stage]["body"]["bizTransactionList"]
        for index, cited in enumerate(said):
            if cited["bizTransaction"].endswith(old):
                text = cited["bizTransaction"].replace(old, new)
                forger.tell(stage, text, "bizTransactionList", index, "bizTransaction")
    return f"all that the broker writes bears the number {new}, which customs never gave"


FAMILIES = {
    "consistent: container": {
        "carrier": other_container("CARRIER"),
        "carrier and broker": other_container("CARRIER", "BROKER"),
        "maker, carrier and broker": other_container("MANUFACTURER", "CARRIER", "BROKER"),
    },
    "consistent: weight": {
        "maker and broker": more_weight("MANUFACTURER", "BROKER"),
        "maker, carrier and broker": more_weight("MANUFACTURER", "CARRIER", "BROKER"),
    },
    "consistent: identity": {
        "origin, maker and broker": other_origin("MANUFACTURER", "BROKER"),
        "younger": other_lot_and_dates,
        "plant": other_plant,
        "formula and stage": other_formula,
        "declaration's number": other_number,
        "invented certificates": invented_certificates,
    },
}
