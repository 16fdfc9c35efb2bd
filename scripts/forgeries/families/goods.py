"""What is in the tin: formula, maker, powder, suppliers, laboratory values, places."""

import math
from collections.abc import Callable

from forgeries import printed
from forgeries.forger import Forger
from forgeries.story import Json, moved, unix

OTHER_MAKER = "Another Dairy Ltd (invented)"
FAR_KM = 150  # a large port's terminals lie up to 100 km from the place that its code names
KM_PER_DEGREE = 111.2
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


# --- laboratory -------------------------------------------------------------------------------


def _row(forger: Forger, code: str) -> tuple[str, int]:
    for key in forger.story.of_type("LAB_REPORT"):
        for index, row in enumerate(forger.story.public(key)["results"]):
            if row["code"] == code:
                return key, index
    msg = f"no laboratory report gives {code}"
    raise LookupError(msg)


def over_limit(code: str, *values: float, all_stages: bool = True) -> Callable[[Forger], str]:
    """The measured value breaks a limit, and the verdict says pass.

    Limits of contaminants hold for every stage; those of nutrients have been read for stage 1.
    """

    def lie(forger: Forger) -> str:
        if not all_stages and forger.story.public("PRODUCT")["stage"] != 1:
            return ""
        key, index = _row(forger, code)
        value = forger.rng.choice(values)
        row = forger.story.public(key)["results"][index]
        if row["qualifier"] != "=":
            forger.say_deep(key, "=", "results", index, "qualifier")
        forger.say_deep(key, value, "results", index, "value")
        return f"{code} was measured at {value}, and the verdict says pass"

    return lie


def found_bacteria(code: str, position: int, value: int) -> Callable[[Forger], str]:
    """A sample with bacteria in it, and the verdict says pass. Cronobacter's plan is stage 1's."""

    def lie(forger: Forger) -> str:
        if code == "cronobacter" and forger.story.public("PRODUCT")["stage"] != 1:
            return ""
        plans = forger.story.public("LAB_REPORT")["samplingResults"]
        index = next(i for i, plan in enumerate(plans) if plan["code"] == code)
        forger.say_deep("LAB_REPORT", value, "samplingResults", index, "values", position)
        return f"{code} was found in a sample, and the verdict says pass"

    return lie


def too_few_samples(forger: Forger) -> str:
    """Fewer samples than the plan of stage 1 asks for."""
    if forger.story.public("PRODUCT")["stage"] != 1:
        return ""
    plans = forger.story.public("LAB_REPORT")["samplingResults"]
    index = next(i for i, plan in enumerate(plans) if plan["code"] == "cronobacter")
    kept: Json = plans[index]["values"][:2]
    fewer = [{**plan, "values": kept} if i == index else plan for i, plan in enumerate(plans)]
    forger.story.public("LAB_REPORT")["samplingResults"] = fewer
    gone = range(2, len(plans[index]["values"]))
    path = f"papers/LAB_REPORT/public/samplingResults/{index}/values"
    forger.touched.update(f"{path}/{number}" for number in gone)
    forger.names.append("LAB_REPORT")
    return "only two samples were tested for Cronobacter"


def blind_method(forger: Forger) -> str:
    """A method that cannot see the limit: "less than" a value far above it."""
    key, index = _row(forger, "lead")
    if forger.story.public(key)["results"][index]["qualifier"] != "<":
        return ""
    forger.say_deep(key, 0.5, "results", index, "value")
    return "lead is reported as less than 0.5 mg/kg, by a method that cannot see the limit"


def other_unit(forger: Forger) -> str:
    """A number that fits, in a unit a thousand times as large."""
    key, index = _row(forger, "aflatoxin_m1")
    forger.say_deep(key, "mg/kg", "results", index, "unit")
    return "aflatoxin M1 is reported in mg/kg instead of ug/kg"


# --- places -----------------------------------------------------------------------------------


def _distance_km(one: dict[str, Json], other: dict[str, Json]) -> float:
    north = (one["lat"] - other["lat"]) * KM_PER_DEGREE
    middle = math.radians((one["lat"] + other["lat"]) / 2)
    east = (one["lon"] - other["lon"]) * KM_PER_DEGREE * math.cos(middle)
    return math.hypot(north, east)


def arrived_elsewhere(forger: Forger) -> str:
    """The goods came in far from the port that the bill of lading names."""
    body = forger.story.events["ARRIVAL"]["body"]
    gln = body["readPoint"]["id"].rsplit("/", 1)[-1]
    place = forger.story.public("PRODUCT")["places"][gln]
    forger.say_deep("PRODUCT", round(place["lat"] - 8.5, 4), "places", gln, "lat")
    forger.names += ["ARRIVAL", gln]
    return "the port of arrival stands 900 km from where the bill of lading says"


def made_elsewhere(forger: Forger) -> str:
    """The plant stands in another country than the label says."""
    gln = forger.story.events["CANNING"]["body"]["readPoint"]["id"].rsplit("/", 1)[-1]
    places = forger.story.public("PRODUCT")["places"]
    forger.say_deep("PRODUCT", 31.23, "places", gln, "lat")
    forger.say_deep("PRODUCT", 121.47, "places", gln, "lon")
    forger.names += ["CANNING", gln, places[gln]["nameEn"]]
    return "the plant stands in Shanghai, and the label says otherwise"


def loaded_elsewhere(forger: Forger) -> str:
    """The ship left from a port of another continent."""
    body = forger.story.events["ARRIVAL"]["body"]
    forger.tell("DEPARTURE", body["readPoint"]["id"], "readPoint", "id")
    return "the departure was recorded where the ship arrived"


def arrived_at_store(forger: Forger) -> str:
    """The arrival was recorded in a shop far from the sea."""
    store = forger.story.events["RETAIL_RECEIPT"]["body"]["readPoint"]["id"]
    port = forger.story.events["ARRIVAL"]["body"]["readPoint"]["id"]
    places = forger.story.public("PRODUCT")["places"]
    if _distance_km(*(places[uri.rsplit("/", 1)[-1]] for uri in (store, port))) < FAR_KM:
        return ""
    forger.tell("ARRIVAL", store, "readPoint", "id")
    return "the arrival of the ship was recorded in the shop"


def other_port(forger: Forger) -> str:
    """The bill of lading is for another port."""
    said = forger.story.public("BILL_OF_LADING")
    port = forger.rng.choice([p for p in ("CNXMN", "CNTAO", "HKHKG") if p != said["pod"]])
    forger.say("BILL_OF_LADING", pod=port)
    return f"the bill of lading is to {port}, where nothing arrived"


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
    "laboratory value falsified": {
        "lead": over_limit("lead", 0.09, 0.2),
        "melamine": over_limit("melamine", 1.4, 2.5),
        "protein": over_limit("protein", 0.39, 0.8, all_stages=False),
        "vitamin D": over_limit("vitamin_d", 0.3, 1.6, all_stages=False),
        "nitrite": over_limit("nitrite", 2.6),
        "salmonella": found_bacteria("salmonella", 2, 1),
        "cronobacter": found_bacteria("cronobacter", 1, 1),
        "too few samples": too_few_samples,
        "blind method": blind_method,
        "other unit": other_unit,
    },
    "place far away": {
        "arrival": arrived_elsewhere,
        "plant": made_elsewhere,
        "departure": loaded_elsewhere,
        "in the shop": arrived_at_store,
        "port on the bill of lading": other_port,
    },
}
