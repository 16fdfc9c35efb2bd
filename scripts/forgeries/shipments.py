"""One batch that travels, or is declared, in two parts."""

import copy
import random
from typing import Any

from forgeries import printed
from forgeries.changes import QUANTITIES, ByDate
from forgeries.samples import free_key
from forgeries.story import Json, Story, moved, parse_moment

SHIPPED = (
    "COMMERCIAL_INVOICE",
    "PACKING_LIST",
    "HEALTH_CERTIFICATE",
    "CERTIFICATE_OF_ORIGIN",
    "BILL_OF_LADING",
    "TEMPERATURE_LOG",
    "CUSTOMS_DECLARATION",
    "CIQ_CERTIFICATE",
)
SHIPPED_STAGES = (
    "EXPORT_CERTIFICATION",
    "EXPORT_DECLARATION",
    "CONTAINER_LOADING",
    "DEPARTURE",
    "TRANSPORT_CONDITION",
    "ARRIVAL",
    "IMPORT_DECLARATION",
    "CUSTOMS_RELEASE",
    "UNLOAD",
    "WAREHOUSE_RECEIPT",
    "CIQ_INSPECTION",
)
DAYS_BETWEEN = (7, 28)
FEWEST_PALLETS = 4  # to split


def split_shipment(story: Story, rng: random.Random) -> str:
    """Two containers on two ships, each with all its papers; together they are the batch."""
    pallets = story.public("PACKING_LIST")["pallets"]
    doubled = any(f"{doc_type}#2" in story.papers for doc_type in SHIPPED)
    if pallets < FEWEST_PALLETS or doubled or "HOLD" in story.events:
        return ""
    first = rng.randrange(pallets // 2, pallets - 1)
    days = rng.randrange(*DAYS_BETWEEN)
    whole = {key: copy.deepcopy(story.papers[key]) for key in SHIPPED if key in story.papers}
    events = {k: copy.deepcopy(e) for k, e in story.events.items() if _stage(k) in SHIPPED_STAGES}
    swaps = _second_numbers(story, rng, days)
    for key, paper in whole.items():
        _share(story.papers[key], 1, first, pallets)
        _share(paper, first + 1, pallets, pallets)
        second = _swapped(paper, swaps, days)
        story.papers[free_key(story.papers, paper["docType"])] = second
    for key, event in events.items():
        _share_event(story.events[key]["body"], slice(0, first), pallets)
        _share_event(event["body"], slice(first, pallets), pallets)
        story.events[free_key(story.events, _stage(key))] = _swapped(event, swaps, days)
    confirmation = _swapped(story.marks["CLEARANCE_CONFIRMATION"], swaps, days)
    confirmation["of"] = "CUSTOMS_DECLARATION#2"
    story.marks[free_key(story.marks, "CLEARANCE_CONFIRMATION")] = confirmation
    return f"{first} pallets sailed first and {pallets - first} followed {days} days later"


def _stage(key: str) -> str:
    return key.split("#", maxsplit=1)[0]


def _second_numbers(story: Story, rng: random.Random, days: int) -> dict[str, str]:
    """Numbers of the first shipment's papers and goods -> those of the second."""
    lading = story.public("BILL_OF_LADING")
    swaps = {
        lading["container"]: printed.container(rng),
        lading["seal"]: printed.seal(rng, lading["seal"][:2]),
        f'"{lading["voyage"]}"': f'"{printed.voyage(rng)}"',
        f'"{lading["vesselImo"]}"': f'"{printed.vessel(rng)}"',
    }
    for key in SHIPPED:
        if key not in story.papers:
            continue
        paper = story.papers[key]
        number, year = paper["number"], parse_moment(moved(paper["issuedAt"], days=days)).year
        if key == "CUSTOMS_DECLARATION":
            swaps[number] = printed.declaration(rng, paper["public"]["office"], year)
        elif story.batch["lot"] in number:
            swaps[number] = f"{number}-2"
        else:
            swaps[number] = printed.alike(rng, number, keep=len(number) - 5)
    return swaps


def _swapped(said: dict[str, Json], swaps: dict[str, str], days: int) -> Any:  # noqa: ANN401
    """The same thing of the second shipment: its own numbers, some days later."""
    part = Story({}, {}, {}, {}, {"it": copy.deepcopy(said)}, {})
    part.replace_texts(swaps)
    later = ByDate(lambda text: moved(text, days=days))
    kept = {"productionDate", "bestBefore"}
    thing = part.marks["it"]
    fixed = {name: thing.get("public", {}).get(name) for name in kept}
    part.rewrite(later)
    thing = part.marks["it"]
    for name, value in fixed.items():
        if value is not None:
            thing["public"][name] = value
    return thing


def _share(paper: dict[str, Json], start: int, end: int, pallets: int) -> None:
    """Leave a paper the pallets from `start` to `end`, of all."""
    ratio = (end - start + 1) / pallets
    for name in QUANTITIES:
        if name in paper["public"]:
            exact = paper["public"][name] * ratio
            whole = name in {"tins", "pallets", "cartons"}
            paper["public"][name] = round(exact) if whole else round(exact, 1)
    for name in ("total", "valueUsd"):
        if name in paper["confidential"]:
            paper["confidential"][name] = round(paper["confidential"][name] * ratio, 2)


def _share_event(body: dict[str, Json], part: slice, pallets: int) -> None:
    for name in ("epcList", "childEPCs"):
        if len(body.get(name, ())) == pallets:
            body[name] = body[name][part]
    for entry in body.get("quantityList", ()):
        whole = range(pallets)[part]
        entry["quantity"] = round(entry["quantity"] * len(whole) / pallets)


def split_declaration(story: Story, rng: random.Random) -> str:
    """One container, declared in two parts on the same day; customs confirm both."""
    pallets = story.public("PACKING_LIST")["pallets"]
    if pallets < FEWEST_PALLETS or len(story.of_type("CUSTOMS_DECLARATION")) > 1:
        return ""
    first = rng.randrange(pallets // 2, pallets - 1)
    paper = story.papers["CUSTOMS_DECLARATION"]
    rest = copy.deepcopy(paper)
    _share(paper, 1, first, pallets)
    _share(rest, first + 1, pallets, pallets)
    year = parse_moment(paper["issuedAt"]).year
    rest["number"] = printed.declaration(rng, rest["public"]["office"], year)
    rest["issuedAt"] = moved(rest["issuedAt"], hours=1)
    story.papers["CUSTOMS_DECLARATION#2"] = rest
    confirmation = dict(story.marks["CLEARANCE_CONFIRMATION"], of="CUSTOMS_DECLARATION#2")
    story.marks[free_key(story.marks, "CLEARANCE_CONFIRMATION")] = confirmation
    for key in story.of_type("CIQ_CERTIFICATE"):
        second = copy.deepcopy(story.papers[key])
        second["number"] = printed.alike(rng, second["number"], keep=len(second["number"]) - 5)
        second["public"]["declaration"] = rest["number"]
        story.papers[free_key(story.papers, "CIQ_CERTIFICATE")] = second
        break
    swaps = {paper["number"]: rest["number"]}
    for stage in ("IMPORT_DECLARATION", "CUSTOMS_RELEASE"):
        event = _swapped(story.events[stage], swaps, 0)
        event["body"]["eventTime"] = moved(event["body"]["eventTime"], hours=1)
        story.events[free_key(story.events, stage)] = event
    return f"{first} pallets were declared on one declaration and the rest on another"
