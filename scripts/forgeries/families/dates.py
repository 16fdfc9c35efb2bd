"""Dates that cannot be, and goods that are too old."""

from collections.abc import Callable
from datetime import date

from forgeries.changes import delay_from, numbers_of_year, settle_best_before
from forgeries.forger import Forger
from forgeries.story import differences, moved


def issued(key: str, stage: str, **after: float) -> Callable[[Forger], str]:
    """A paper whose issue lies before or after a stage, where it cannot lie."""

    def lie(forger: Forger) -> str:
        if forger.stands_for(key):
            return ""
        moment = moved(forger.story.events[stage]["body"]["eventTime"], **after)
        forger.head(key, issuedAt=moment)
        side = "before" if sum(after.values()) < 0 else "after"
        return f"{key} was issued on {moment[:10]}, {side} {stage}"

    return lie


def sampled_after_report(forger: Forger) -> str:
    """The report was written before anything was sampled."""
    report = forger.story.papers["LAB_REPORT"]
    day = moved(report["issuedAt"], days=forger.rng.randrange(1, 6))[:10]
    forger.say("LAB_REPORT", sampledAt=day)
    return f"the laboratory sampled on {day}, after its report"


def received_before_sampled(forger: Forger) -> str:
    """The sample came before it was taken."""
    day = moved(forger.story.public("LAB_REPORT")["sampledAt"], days=-2)
    forger.say("LAB_REPORT", receivedAt=day)
    return f"the laboratory received the sample on {day}, before it was taken"


def made_after_sampled(forger: Forger) -> str:
    """A newer production date, on all that the maker prints."""
    sampled = forger.story.public("LAB_REPORT")["sampledAt"]
    day = moved(sampled, days=forger.rng.randrange(3, 60))
    forger.say("PRODUCT", productionDate=day)
    for key in forger.story.of_type("PACKING_LIST"):
        forger.say(key, productionDate=day)
    forger.tell("CANNING", day, "ilmd", "tracer:productionDate")
    return f"the maker prints {day} as the production date, after the laboratory's sampling"


def on_board_before_loading(forger: Forger) -> str:
    """A bill of lading dated back, as a letter of credit wants it."""
    loaded = forger.story.events["CONTAINER_LOADING"]["body"]["eventTime"]
    day = moved(loaded, days=-forger.rng.randrange(2, 12))[:10]
    forger.say("BILL_OF_LADING", onBoard=day)
    return f"the bill of lading says on board on {day}, before the container was loaded"


def released_before_declared(forger: Forger) -> str:
    """The broker records the release before the declaration."""
    declared = forger.story.papers["CUSTOMS_DECLARATION"]["issuedAt"]
    moment = moved(declared, hours=-forger.rng.randrange(2, 20))
    forger.tell("CUSTOMS_RELEASE", moment, "eventTime")
    return f"the release is of {moment}, before the declaration"


def sold_before_inspected(forger: Forger) -> str:
    """The shop sold tins before customs had inspected."""
    papers = forger.story.papers
    moment = moved(papers["CIQ_CERTIFICATE"]["issuedAt"], days=-forger.rng.randrange(2, 5))
    forger.tell("SALE", moment, "eventTime")
    return f"a tin was sold on {moment[:10]}, before the inspection certificate"


def milk_after_powder(forger: Forger) -> str:
    """The milk was collected after the powder had been dried."""
    dried = forger.story.events["WET_PROCESS"]["body"]["eventTime"]
    moment = moved(dried, days=forger.rng.randrange(1, 4))
    forger.tell("MILK_COLLECTION", moment, "eventTime")
    return f"the milk was collected on {moment[:10]}, after it had become powder"


def old_stock(forger: Forger) -> str:
    """Everything is true, but the goods wait for a buyer until little of their life is left."""
    story = forger.story
    declared = min(story.papers[key]["issuedAt"] for key in story.of_type("CUSTOMS_DECLARATION"))
    left = forger.rng.randrange(10, 80)
    best = date.fromisoformat(story.public("PRODUCT")["bestBefore"])
    waited = (best - date.fromisoformat(declared[:10])).days - left
    before = story.copy().plain()
    delay_from(story, story.papers[story.of_type("PACKING_LIST")[0]]["issuedAt"], waited)
    numbers_of_year(story, forger.rng)
    forger.touched.update(differences(before, story.plain()))
    forger.names += [*story.of_type("CUSTOMS_DECLARATION"), "PRODUCT", "CANNING"]
    return f"the goods waited {waited} days for a buyer; {left} days of their life were left"


def relabelled(forger: Forger) -> str:
    """Old tins with a new best-before date on what the maker prints."""
    forger_days = forger.rng.randrange(60, 400)
    best = moved(forger.story.public("PRODUCT")["bestBefore"], days=forger_days)
    forger.say("PRODUCT", bestBefore=best)
    for key in forger.story.of_type("PACKING_LIST"):
        forger.say(key, bestBefore=best)
    return f"label and packing list promise {best}, {forger_days} days more than was filled"


def longer_life(forger: Forger) -> str:
    """A longer shelf life than the registration allows, on all that the maker writes."""
    story = forger.story
    before = story.copy()
    months = story.public("PRODUCT")["shelfLifeMonths"]
    before.public("PRODUCT")["shelfLifeMonths"] = months + 12
    settle_best_before(before)
    best = before.public("PRODUCT")["bestBefore"]
    forger.say("PRODUCT", bestBefore=best)
    forger.tell("CANNING", best, "ilmd", "cbvmda:itemExpirationDate")
    for key in story.of_type("PACKING_LIST"):
        forger.say(key, bestBefore=best)
    return f"the maker promises {best}, a year more than the shelf life of {months} months"


FAMILIES = {
    "impossible dates": {
        "health certificate after arrival": issued("HEALTH_CERTIFICATE", "ARRIVAL", days=3),
        "health certificate after departure": issued("HEALTH_CERTIFICATE", "DEPARTURE", days=9),
        "origin long after loading": issued("CERTIFICATE_OF_ORIGIN", "DEPARTURE", days=15),
        "inspection before arrival": issued("CIQ_CERTIFICATE", "ARRIVAL", days=-2),
        "report after release": issued("LAB_REPORT", "FACTORY_RELEASE", days=4),
        "declared before arrival": issued("CUSTOMS_DECLARATION", "ARRIVAL", days=-6),
        "sampled after the report": sampled_after_report,
        "received before sampled": received_before_sampled,
        "made after sampled": made_after_sampled,
        "on board before loading": on_board_before_loading,
        "released before declared": released_before_declared,
        "sold before inspected": sold_before_inspected,
        "milk after powder": milk_after_powder,
    },
    "too little life left": {
        "old stock": old_stock,
        "relabelled": relabelled,
        "longer life": longer_life,
    },
}
