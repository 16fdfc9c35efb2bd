"""Honest changes to a whole batch: other numbers, days, quantities, ports. Nothing contradicts."""

import calendar
import random
import re
from collections.abc import Callable
from datetime import date, timedelta

from forgeries import printed
from forgeries.story import Json, Story, moved, parse_moment, unix

DATES_OF_PAPERS = ("sampledAt", "receivedAt", "testedFrom", "testedTo", "onBoard")
QUANTITIES = ("netKg", "grossKg", "tins", "pallets", "cartons")
QUANTITY_LISTS = ("quantityList", "inputQuantityList", "outputQuantityList")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}(T[\d:.]+(Z|[+-]\d{2}:\d{2}))?")


class ByDate:
    """A function over the texts that are a date or a moment, and nothing else."""

    def __init__(self, change: Callable[[str], str]) -> None:
        self.change = change

    def __call__(self, text: str) -> str:
        """The new text."""
        return self.change(text) if _DATE.fullmatch(text) else text


def move_days(story: Story, days: int) -> None:
    """The same batch some days later, or earlier."""
    story.rewrite(ByDate(lambda text: moved(text, days=days)))
    settle_best_before(story)


def settle_best_before(story: Story) -> None:
    """Best before is the shelf life after production, less a day, whatever the leap years."""
    said = story.public("PRODUCT")
    made = date.fromisoformat(said["productionDate"])
    years, month = divmod(made.month - 1 + int(said["shelfLifeMonths"]), 12)
    day = min(made.day, calendar.monthrange(made.year + years, month + 1)[1])
    best = date(made.year + years, month + 1, day) - timedelta(days=1)
    story.replace_texts({f'"{said["bestBefore"]}"': f'"{best.isoformat()}"'})


def delay_from(story: Story, moment: str, days: float) -> None:
    """Everything from a moment on happens some days later."""
    start, later = unix(moment), ByDate(lambda text: moved(text, days=days))

    def delay(said: dict[str, Json], when: str, names: tuple[str, ...]) -> None:
        if unix(when) >= start:
            said.update({name: later(said[name]) for name in names if name in said})

    for paper in story.papers.values():
        delay(paper["public"], paper["issuedAt"], DATES_OF_PAPERS)
        delay(paper, paper["issuedAt"], ("issuedAt", "recordedAt"))
    for event in story.events.values():
        delay(event, event["body"]["eventTime"], ("recordedAt",))
        delay(event["body"], event["body"]["eventTime"], ("eventTime",))
    for mark in story.marks.values():
        delay(mark, mark["at"], ("at", "recordedAt"))


def renumber(story: Story, rng: random.Random, *, keep: tuple[str, ...] = ()) -> None:
    """Another lot, other numbers on every paper, another container, seal and vessel."""
    swaps = {story.batch["lot"]: printed.lot(rng)}
    for key, paper in story.papers.items():
        if paper["docType"] not in keep and paper["number"] not in swaps:
            swaps[paper["number"]] = _another(rng, story, key)
    for key in story.of_type("BILL_OF_LADING") if "BILL_OF_LADING" not in keep else ():
        said = story.public(key)
        swaps[said["container"]] = printed.container(rng)
        swaps[said["seal"]] = printed.seal(rng, said["seal"][:2])
        swaps[f'"{said["vesselImo"]}"'] = f'"{printed.vessel(rng)}"'
        swaps[f'"{said["voyage"]}"'] = f'"{printed.voyage(rng)}"'
    longest_first = sorted(swaps.items(), key=lambda swap: -len(swap[0]))
    story.replace_texts(dict(longest_first))


def _another(rng: random.Random, story: Story, key: str) -> str:
    paper = story.papers[key]
    number, year = paper["number"], parse_moment(paper["issuedAt"]).year
    if paper["docType"] == "CUSTOMS_DECLARATION":
        return printed.declaration(rng, paper["public"]["office"], year)
    if paper["docType"] == "BILL_OF_LADING":
        return printed.lading(rng, paper["public"]["pol"])
    if paper["docType"] == "CIQ_CERTIFICATE":
        office = story.public(story.of_type("CUSTOMS_DECLARATION")[0])["office"]
        return printed.inspection(rng, office, year)
    if story.batch["lot"] in number:  # PL-<lot> and the like take the new lot
        return number
    return printed.alike(rng, number, keep=len(number) - 6)


def numbers_of_year(story: Story, rng: random.Random) -> None:
    """Declarations that a delay moved into another year get a number of that year."""
    for key in story.of_type("CUSTOMS_DECLARATION"):
        paper = story.papers[key]
        year = parse_moment(paper["issuedAt"]).year
        if paper["number"][4:8] != str(year):
            number = printed.declaration(rng, paper["public"]["office"], year)
            story.replace_texts({paper["number"]: number})


def resize(story: Story, pallets: int) -> None:
    """The same batch with another number of pallets, and the powder and milk that it takes."""
    said = story.public("PACKING_LIST")
    before, tins = said["pallets"], said["tins"]
    ratio, new_tins = pallets / before, tins // before * pallets
    for paper in story.papers.values():
        _scale(paper["public"], ratio)
        if "total" in paper["confidential"]:
            paper["confidential"]["total"] = round(paper["confidential"]["total"] * ratio, 2)
        if "valueUsd" in paper["confidential"]:
            value = paper["confidential"]["valueUsd"]
            paper["confidential"]["valueUsd"] = round(value * ratio, 2)
    for event in story.events.values():
        _resize_event(event["body"], ratio, (tins, new_tins), (before, pallets))
    story.serials["count"] = new_tins
    story.papers.pop("CARBON_FOOTPRINT", None)  # its lines would have to be computed anew


def _scale(said: dict[str, Json], ratio: float) -> None:
    for name in QUANTITIES:
        if name in said:
            whole = name in {"tins", "pallets", "cartons"}
            said[name] = round(said[name] * ratio) if whole else round(said[name] * ratio, 1)


def _resize_event(
    body: dict[str, Json], ratio: float, tins: tuple[int, int], pallets: tuple[int, int]
) -> None:
    lists = [body.get(name, ()) for name in QUANTITY_LISTS]
    for entry in (entry for entries in lists for entry in entries):
        if entry.get("uom") == "KGM":
            entry["quantity"] = round(entry["quantity"] * ratio, 1)
        elif entry["quantity"] == tins[0]:
            entry["quantity"] = tins[1]
    for name in ("epcList", "childEPCs"):
        if len(body.get(name, ())) == pallets[0]:
            body[name] = body[name][: pallets[1]]
    if "tracer:note" in body:
        body["tracer:note"] = f"first and last of {pallets[1]} pallets"
    if "ilmd" in body:
        body["ilmd"]["tracer:serialCount"] = tins[1]
