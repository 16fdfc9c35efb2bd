"""Things that happened somewhere else than the papers say."""

import math

from forgeries.forger import Forger
from forgeries.story import Json

FAR_KM = 150  # a large port's terminals lie up to 100 km from the place that its code names
KM_PER_DEGREE = 111.2


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
    "place far away": {
        "arrival": arrived_elsewhere,
        "plant": made_elsewhere,
        "departure": loaded_elsewhere,
        "in the shop": arrived_at_store,
        "port on the bill of lading": other_port,
    },
}
