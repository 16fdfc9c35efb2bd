"""What is in the tin: formula, maker, lot, powder, suppliers."""

from collections.abc import Callable

from forgeries import printed
from forgeries.forger import Forger
from forgeries.story import moved, unix

OTHER_MAKER = "Another Dairy Ltd (invented)"
BANNED = 3  # a status on the ledger
DAY_S = 86_400
OTHER_SUFFIX = {"101": ("102", "103"), "102": ("101", "103"), "103": ("101", "102")}


# --- formula and maker ------------------------------------------------------------------------


def other_formula(*doc_types: str) -> Callable[[Forger], str]:
    """The registration number of another formula."""

    def lie(forger: Forger) -> str:
        said = forger.story.public("PRODUCT")["formulaRegistrationNo"]
        number = printed.alike(forger.rng, said, keep=len(said) - 4)
        for key in (key for doc_type in doc_types for key in forger.story.of_type(doc_type)):
            field = "formulaRegistrationNo" if key == "PRODUCT" else "formulaNo"
            forger.say(key, **{field: number})
        return f"{' and '.join(doc_types)} bear {number}, the registration of another formula"

    return lie


def special_food(forger: Forger) -> str:
    """The registration of a food for special medical purposes."""
    number = forger.story.public("PRODUCT")["formulaRegistrationNo"].replace("YP", "TY")
    forger.say("PRODUCT", formulaRegistrationNo=number)
    for key in forger.story.of_type("CUSTOMS_DECLARATION"):
        forger.say(key, formulaNo=number)
    return f"label and declaration bear {number}, which is no formula for infants"


def other_stage(forger: Forger) -> str:
    """Declared as another stage."""
    for key in forger.story.of_type("CUSTOMS_DECLARATION"):
        suffix = forger.rng.choice(OTHER_SUFFIX[forger.story.public(key)["ciq"]])
        forger.say(key, ciq=suffix)
    return f"the goods are declared with suffix {suffix}, another stage"


def stage_on_label(forger: Forger) -> str:
    """Labelled as another stage than registered and declared."""
    stage = 2 if forger.story.public("PRODUCT")["stage"] == 1 else 1
    months = {1: "0-6", 2: "6-12"}[stage]
    forger.say("PRODUCT", stage=stage, ageMonths=months)
    return f"the label says stage {stage}"


def _expired(doc_type: str, what: str) -> Callable[[Forger], str]:
    """A registration that had run out when the powder was made."""

    def lie(forger: Forger) -> str:
        if doc_type not in forger.story.papers:
            return ""
        made = forger.story.public("PRODUCT")["productionDate"]
        until = moved(made, days=-forger.rng.randrange(5, 300))
        forger.say(doc_type, validUntil=until)
        return f"the {what}'s registration was valid until {until}, before the powder was made"

    return lie


def formula_of_another_maker(forger: Forger) -> str:
    """The formula is registered for another maker."""
    if "FORMULA_REGISTRATION" not in forger.story.papers:
        return ""
    forger.say("FORMULA_REGISTRATION", manufacturer=OTHER_MAKER)
    return f"the formula is registered for {OTHER_MAKER}"


def other_maker(*doc_types: str) -> Callable[[Forger], str]:
    """The registration number of another plant."""

    def lie(forger: Forger) -> str:
        said = forger.story.public("PRODUCT")["manufacturer519"]
        number = printed.alike(forger.rng, said, keep=8)
        for key in (key for doc_type in doc_types for key in forger.story.of_type(doc_type)):
            field = "establishmentNo" if key.startswith("HEALTH") else "manufacturer519"
            forger.say(key, **{field: number})
        return f"{' and '.join(doc_types)} name the plant {number}"

    return lie


def other_lot(doc_type: str) -> Callable[[Forger], str]:
    """A genuine paper of another lot, filed for this one."""

    def lie(forger: Forger) -> str:
        lot = printed.lot(forger.rng)
        if doc_type == "CIQ_CERTIFICATE":
            forger.say_deep(doc_type, lot, "lots", 0)
        else:
            forger.say(doc_type, lot=lot)
        return f"{doc_type} is of lot {lot}"

    return lie


def other_article(forger: Forger) -> str:
    """Another article's number on the declaration: a cheaper tin."""
    said = forger.story.batch["gtin"]
    body = printed.alike(forger.rng, said[:13], keep=10)
    from tracer.domain.identifiers import check_digit  # noqa: PLC0415 - only here

    for key in forger.story.of_type("CUSTOMS_DECLARATION"):
        forger.say(key, gtin=f"{body}{check_digit(body)}")
    return "the declaration is of another article"


# --- powder and suppliers -----------------------------------------------------------------------


def more_tins(*, papers: bool) -> Callable[[Forger], str]:
    """More tins filled than there was powder."""

    def lie(forger: Forger) -> str:
        story = forger.story
        before = story.public("PRODUCT")["tins"]
        tins = round(before * forger.rng.choice((1.06, 1.1, 1.2)))
        body = story.events["CANNING"]["body"]
        outputs = range(len(body["outputQuantityList"]))
        for index in (i for i in outputs if body["outputQuantityList"][i]["quantity"] == before):
            forger.tell("CANNING", tins, "outputQuantityList", index, "quantity")
        forger.tell("CANNING", tins, "ilmd", "tracer:serialCount")
        forger.say("PRODUCT", tins=tins)
        forger.serials(count=tins)
        if papers:
            _papers_follow(forger, tins / before)
        forger.names.append("DRY_BLEND")
        return f"{tins} tins were filled from the powder of {before}"

    return lie


def _papers_follow(forger: Forger, factor: float) -> None:
    """Every paper of the consignment follows, for a clerk stamps what the maker hands in."""
    keys = ("PACKING_LIST", "HEALTH_CERTIFICATE", "BILL_OF_LADING", "CUSTOMS_DECLARATION")
    for key in (*keys, "CERTIFICATE_OF_ORIGIN"):
        for paper in forger.story.of_type(key):
            said = forger.story.public(paper)
            for name in ("netKg", "grossKg", "tins", "certifiedNetKg"):
                if name in said:
                    value = said[name] * factor
                    whole = isinstance(said[name], int)
                    forger.say(paper, **{name: round(value) if whole else round(value, 1)})


def powder_from_nothing(forger: Forger) -> str:
    """The blender put out more than was put in."""
    factor = forger.rng.choice((1.1, 1.2, 1.4))
    body = forger.story.events["DRY_BLEND"]["body"]
    value = round(body["outputQuantityList"][0]["quantity"] * factor, 1)
    forger.tell("DRY_BLEND", value, "outputQuantityList", 0, "quantity")
    inputs = forger.story.events["CANNING"]["body"]["inputQuantityList"]
    index = next(i for i, entry in enumerate(inputs) if entry.get("uom") == "KGM")
    forger.tell("CANNING", value, "inputQuantityList", index, "quantity")
    return f"{value} kg of powder came out of the blender, {factor} times what went in"


def milk_from_nothing(forger: Forger) -> str:
    """The plant received more milk than the farms gave; the tins follow."""
    factor = forger.rng.choice((1.3, 1.5))
    for stage in ("MILK_RECEIPT", "WET_PROCESS"):
        field = "quantityList" if stage == "MILK_RECEIPT" else "inputQuantityList"
        value = round(forger.story.events[stage]["body"][field][0]["quantity"] * factor, 1)
        forger.tell(stage, value, field, 0, "quantity")
    forger.names.append("MILK_COLLECTION")
    return f"the plant books {factor} times the milk that the farms recorded"


def _ban(forger: Forger, gln: str, stage: str) -> None:
    """The party had been banned before the stage."""
    moment = forger.story.events[stage]["body"]["eventTime"]
    since = unix(moment) - forger.rng.randrange(2, 90) * DAY_S
    forger.party(gln, status=BANNED, bannedSince=since)
    forger.names += [gln, stage]


def banned_supplier(forger: Forger) -> str:
    """An ingredient of a supplier that three inspections in a row had failed."""
    sources = forger.story.events["MATERIAL_RECEIPT"]["body"]["sourceList"]
    gln = sources[0]["source"].rsplit("/", 1)[-1]
    if "status" in forger.story.parties[gln]:
        return ""
    _ban(forger, gln, "MATERIAL_RECEIPT")
    return "the oil came from a supplier that had been banned"


def banned_farms(forger: Forger) -> str:
    """The maker books the milk of banned farms itself, for the ledger refuses their record."""
    gln = forger.story.events["MILK_COLLECTION"]["writer"]
    _ban(forger, gln, "MILK_COLLECTION")
    forger.signed_by("MILK_COLLECTION", forger.owner)
    return "the maker records the collection of milk from farms that had been banned"


def banned_farms_named(forger: Forger) -> str:
    """As above, and the receipt names the farms as where the milk came from."""
    gln = forger.story.events["MILK_COLLECTION"]["writer"]
    said = banned_farms(forger)
    sources = [{"type": "possessing_party", "source": f"https://id.gs1.org/414/{gln}"}]
    forger.tell("MILK_RECEIPT", sources, "sourceList")
    return f"{said}; the receipt names them"


FAMILIES = {
    "formula or stage wrong": {
        "declaration": other_formula("CUSTOMS_DECLARATION"),
        "label": other_formula("PRODUCT"),
        "special medical food": special_food,
        "suffix": other_stage,
        "stage on the label": stage_on_label,
        "of another maker": formula_of_another_maker,
    },
    "registration expired": {
        "formula": _expired("FORMULA_REGISTRATION", "formula"),
        "maker": _expired("MANUFACTURER_REGISTRATION", "maker"),
    },
    "maker's number": {
        "declaration": other_maker("CUSTOMS_DECLARATION"),
        "label and declaration": other_maker("PRODUCT", "CUSTOMS_DECLARATION"),
        "health certificate": other_maker("HEALTH_CERTIFICATE"),
    },
    "paper of another lot": {
        "health certificate": other_lot("HEALTH_CERTIFICATE"),
        "laboratory report": other_lot("LAB_REPORT"),
        "inspection certificate": other_lot("CIQ_CERTIFICATE"),
        "article": other_article,
    },
    "more tins than powder": {
        "the maker's": more_tins(papers=False),
        "all papers follow": more_tins(papers=True),
        "powder from nothing": powder_from_nothing,
        "milk from nothing": milk_from_nothing,
    },
    "banned supplier": {
        "ingredient": banned_supplier,
        "farms": banned_farms,
        "farms, named": banned_farms_named,
    },
}
