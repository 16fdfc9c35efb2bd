"""Weights, tins, containers and seals: what was paid for, and what is in the box."""

from collections.abc import Callable

from forgeries import printed
from forgeries.forger import Forger
from forgeries.story import Json

FRAUD = (1.03, 1.05, 1.08, 1.12, 1.25)
LITTLE_FRAUD = (1.013, 1.016, 1.02)
UNDERSTATED = (0.5, 0.7, 0.85)


def more_kilograms(*doc_types: str, factors: tuple[float, ...] = FRAUD) -> Callable[[Forger], str]:
    """More net and gross weight on papers of some types."""

    def lie(forger: Forger) -> str:
        factor = forger.rng.choice(factors)
        for key in _keys(forger, doc_types):
            said = forger.story.public(key)
            names = [name for name in ("netKg", "grossKg") if name in said]
            forger.say(key, **{name: _times(said[name], factor) for name in names})
        return f"{' and '.join(doc_types)} weigh {factor} times what was packed"

    return lie


def _times(value: float, factor: float) -> Json:
    return round(value * factor) if isinstance(value, int) else round(value * factor, 1)


def _keys(forger: Forger, doc_types: tuple[str, ...]) -> list[str]:
    return [key for doc_type in doc_types for key in forger.story.of_type(doc_type)]


def more_tins(forger: Forger) -> str:
    """Tins that were never filled, on the papers that the trade writes."""
    factor = forger.rng.choice(FRAUD)
    for key in _keys(forger, ("PACKING_LIST", "CUSTOMS_DECLARATION")):
        forger.say(key, tins=round(forger.story.public(key)["tins"] * factor))
    return f"packing list and declaration list {factor} times the tins"


def declared_less(forger: Forger) -> str:
    """Less is declared than came, to save duty."""
    factor = forger.rng.choice(UNDERSTATED)
    for key in forger.story.of_type("CUSTOMS_DECLARATION"):
        said = forger.story.public(key)
        fewer = round(said["tins"] * factor)
        forger.say(
            key,
            tins=fewer,
            netKg=_times(said["netKg"], factor),
            grossKg=_times(said["grossKg"], factor),
        )
    return f"only {factor} of the goods are declared"


def more_than_certified(forger: Forger) -> str:
    """A certificate of origin for a part of what is declared under it."""
    key = "CERTIFICATE_OF_ORIGIN"
    factor = forger.rng.choice(UNDERSTATED)
    for paper in forger.story.of_type(key):
        forger.say(paper, netKg=_times(forger.story.public(paper)["netKg"], factor))
        if "certifiedNetKg" in forger.story.public(paper):
            forger.say(paper, certifiedNetKg=forger.story.public(paper)["netKg"])
    return f"the certificate of origin covers {factor} of what is declared under it"


def other_container(*doc_types: str, valid: bool = True) -> Callable[[Forger], str]:
    """Another container on papers of some types."""

    def lie(forger: Forger) -> str:
        key = forger.rng.choice(_keys(forger, doc_types))
        number = printed.container(forger.rng)
        if not valid:
            number = f"{number[:-1]}{(int(number[-1]) + 1) % 10}"
        forger.say(key, container=number)
        return f"{key} names container {number}"

    return lie


def other_container_everywhere(forger: Forger) -> str:
    """Carrier and broker agree on another container; the maker's list is of the first one."""
    number = printed.container(forger.rng)
    old = forger.story.public("BILL_OF_LADING")["container"]
    for key in _keys(forger, ("BILL_OF_LADING", "CUSTOMS_DECLARATION")):
        if forger.story.public(key)["container"] == old:
            forger.say(key, container=number)
    return f"bill of lading and declaration name container {number} instead of {old}"


def other_seal(forger: Forger) -> str:
    """The seal was broken on the way and another one put on."""
    said = forger.story.public("BILL_OF_LADING")
    forger.say("BILL_OF_LADING", seal=printed.seal(forger.rng, said["seal"][:2]))
    return f"the bill of lading names seal {said['seal']}"


def loaded_into_another(forger: Forger) -> str:
    """The carrier loaded another container than all papers say."""
    number = printed.container(forger.rng)
    forger.tell("CONTAINER_LOADING", f"urn:epc:id:bic:{number}", "parentID")
    return f"the pallets were loaded into {number}, of which no paper speaks"


def another_arrived(forger: Forger) -> str:
    """Another container arrived."""
    number = printed.container(forger.rng)
    forger.tell("ARRIVAL", f"urn:epc:id:bic:{number}", "epcList", 0)
    return f"container {number} arrived, of which no paper speaks"


FAMILIES = {
    "weight inflated": {
        "trade's papers": more_kilograms("PACKING_LIST", "CUSTOMS_DECLARATION"),
        "declaration": more_kilograms("CUSTOMS_DECLARATION"),
        "packing list": more_kilograms("PACKING_LIST"),
        "bill of lading": more_kilograms("BILL_OF_LADING"),
        "a little": more_kilograms("PACKING_LIST", "CUSTOMS_DECLARATION", factors=LITTLE_FRAUD),
        "tins": more_tins,
    },
    "weight understated": {
        "declared": declared_less,
        "certified": more_than_certified,
    },
    "container or seal swapped": {
        "one paper": other_container("BILL_OF_LADING", "CUSTOMS_DECLARATION", "PACKING_LIST"),
        "health certificate": other_container("HEALTH_CERTIFICATE"),
        "no valid number": other_container("BILL_OF_LADING", "CUSTOMS_DECLARATION", valid=False),
        "carrier and broker": other_container_everywhere,
        "seal": other_seal,
        "loaded": loaded_into_another,
        "arrived": another_arrived,
    },
}
