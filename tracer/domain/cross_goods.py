"""C10 and C12: no more comes out than went in, and events happen where their places are."""

import math
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from tracer.domain.bundle import RecordRow
from tracer.domain.columns import gln_text
from tracer.domain.cross_claims import (
    HOUR_S,
    Claim,
    Claims,
    add,
    listed_rows,
    quantity_of,
    read_number,
    show_number,
)
from tracer.domain.cross_comparison import Comparison, CrossCheck
from tracer.domain.documents import DocType
from tracer.domain.evidence import Event, record_subject
from tracer.domain.kinds import Kind
from tracer.domain.messages import Message, Params
from tracer.rules.paper_rules import PaperRules

KILOGRAM: Final = "KGM"
GRAMS: Final = 1000
EARTH_KM: Final = 6371.0  # mean radius; a place is never compared to better than a kilometre

INPUTS: Final = "inputQuantityList"
OUTPUTS: Final = "outputQuantityList"
RECEIVED: Final = "quantityList"

_GEO: Final = re.compile(r"geo:(-?[0-9]{1,2}(?:\.[0-9]+)?),(-?[0-9]{1,3}(?:\.[0-9]+)?)", re.ASCII)

LEGS: Final = (
    (Kind.MILK_COLLECTION, Kind.MILK_RECEIPT, 120),
    (Kind.CONTAINER_LOADING, Kind.DEPARTURE, 120),
    (Kind.DEPARTURE, Kind.ARRIVAL, 60),
    (Kind.ARRIVAL, Kind.UNLOAD, 120),
    (Kind.DISTRIBUTION, Kind.RETAIL_RECEIPT, 120),
)
"""Legs between two records, and kilometres per hour that no lorry or ship exceeds."""

NEAR_KM: Final = 20  # clocks differ by minutes, and places are larger than points

_GLN: Final = re.compile(r"[0-9]{13}", re.ASCII)

Point = tuple[float, float]  # degrees north, degrees east


def check_balance(claims: Claims, rules: PaperRules) -> list[CrossCheck]:
    """C10: powder out of what went in, tins out of the powder, lots out of what there was."""
    check = Comparison("C10")
    for event in claims.events_of(Kind.WET_PROCESS, Kind.DRY_BLEND):
        into, out = (_kilograms(event, name) for name in (INPUTS, OUTPUTS))
        if into is not None and out is not None:
            check.at_most("powder", out, into, rules.dry_gain)
    _compare_tins(check, claims, rules)
    _compare_used(check, claims, rules)
    return check.conclude()


def _masses(event: Event, name: str) -> Iterator[tuple[str, float]]:
    """Lot and kilograms of every row that is weighed."""
    for row in listed_rows(event.body, name):
        kg = quantity_of(row.get("quantity"))
        lot = row.get("epcClass")
        if row.get("uom") == KILOGRAM and kg is not None and isinstance(lot, str):
            yield lot, kg


def _kilograms(event: Event, name: str) -> Claim | None:
    masses = [kg for _, kg in _masses(event, name)]
    return Claim(event.subject, show_number(add(masses))) if masses else None


def _compare_tins(check: Comparison, claims: Claims, rules: PaperRules) -> None:
    """Every canning filled no more tins than its powder allows."""
    contents = claims.papers("netWeightG", DocType.PRODUCT)[:1]
    grams = [value for it in contents if (value := read_number(it.text)) is not None]
    for event in claims.events_of(Kind.CANNING):
        powder = _kilograms(event, INPUTS)
        ilmd = event.body.get("ilmd")
        tins = quantity_of(ilmd.get("tracer:serialCount")) if isinstance(ilmd, dict) else None
        if powder is not None and tins is not None and grams:
            filled = Claim(contents[0].subject, show_number(tins * grams[0] / GRAMS))
            check.at_most("netKg", filled, powder, rules.fill)


def _compare_used(check: Comparison, claims: Claims, rules: PaperRules) -> None:
    """Of each lot no more was received than collected, and no more used than received or made."""
    collected = _by_lot(claims, RECEIVED, Kind.MILK_COLLECTION)
    for lot, (subject, kg) in _by_lot(claims, RECEIVED, Kind.MILK_RECEIPT).items():
        if lot in collected:
            source, limit = collected[lot]
            given, taken = Claim(source, show_number(limit)), Claim(subject, show_number(kg))
            check.at_most("received", taken, given, rules.fill)
    there = _by_lot(claims, RECEIVED, Kind.MATERIAL_RECEIPT, Kind.MILK_RECEIPT)
    for lot, (claim, kg) in _by_lot(claims, OUTPUTS, Kind.WET_PROCESS, Kind.DRY_BLEND).items():
        before = there[lot][1] if lot in there else 0
        there[lot] = claim, kg + before
    used = _by_lot(claims, INPUTS, Kind.WET_PROCESS, Kind.DRY_BLEND, Kind.CANNING)
    for lot, (subject, kg) in used.items():
        if lot in there:
            source, limit = there[lot]
            check.at_most(
                "used",
                Claim(subject, show_number(kg)),
                Claim(source, show_number(limit)),
                rules.fill,
            )


def _by_lot(claims: Claims, name: str, *kinds: Kind) -> dict[str, tuple[str, float]]:
    """Lot -> the first event that weighs it, and kilograms in all such events."""
    found: dict[str, tuple[str, float]] = {}
    for event in claims.events_of(*kinds):
        for lot, kg in _masses(event, name):
            subject, before = found.get(lot, (event.subject, 0.0))
            found[lot] = subject, before + kg
    return found


def check_places(claims: Claims, rules: PaperRules) -> list[CrossCheck]:
    """C12: events are near their registered places, ports in theirs, parties in their country."""
    check = Comparison("C12")
    places = claims.places()
    for event in claims.evidence.events:
        where, gln = _position(event.body), event.record.location
        registered = places.get(gln_text(gln)) if gln is not None else None
        if where and registered and (point := _point(registered[1])):
            _compare_distance(check, (event.subject, where), (registered[0], point), rules.place_km)
    _compare_countries(check, places, rules)
    _compare_speeds(check, claims)
    for field, kind in (("pol", Kind.DEPARTURE), ("pod", Kind.ARRIVAL)):
        _compare_port(check, claims, (field, kind), rules)
    entry = [*claims.papers("pod"), *claims.papers("portOfEntry")]
    check.same("port", [*entry, *claims.papers("port", DocType.CIQ_CERTIFICATE)])
    check.same("departurePort", [*claims.papers("pol"), *claims.papers("departurePort")])
    for name, (subject, place) in places.items():
        country = place.get("country")
        known = claims.profiles("country", int(name)) if _GLN.fullmatch(name) else []
        if known and isinstance(country, str):
            check.same("country", [Claim(subject, country), *known])
    return check.conclude()


def _compare_countries(
    check: Comparison, places: Mapping[str, tuple[str, dict[str, Any]]], rules: PaperRules
) -> None:
    """A place lies within the outermost degrees of its country."""
    for gln, (subject, place) in places.items():
        point, country = _point(place), place.get("country")
        box = rules.country_boxes.get(country) if isinstance(country, str) else None
        if point is None or box is None:
            continue
        south, west, north, east = box
        if not (south <= point[0] <= north and west <= point[1] <= east):
            params = {"one": subject, "gln": gln, "a": _text(point), "country": str(country)}
            check.conflict(Message("cross.outside", params), subject)


def _compare_speeds(check: Comparison, claims: Claims) -> None:
    """Nothing moves from one registered place to the next faster than lorries and ships do."""
    places = claims.places()
    firsts: dict[int, RecordRow] = {}
    for record in claims.evidence.records:
        firsts.setdefault(record.kind, record)
    for start, end, limit in LEGS:
        one, other = firsts.get(start), firsts.get(end)
        if one is None or other is None or one.location is None or other.location is None:
            continue
        spots = [places.get(gln_text(gln)) for gln in (one.location, other.location)]
        points = [point for spot in spots if spot and (point := _point(spot[1]))]
        seconds = other.occurred_at_unix - one.occurred_at_unix
        if len(points) < len(spots) or seconds <= 0:
            continue
        km = math.floor(distance_km(points[0], points[1]) + 0.5)
        first, second = record_subject(one), record_subject(other)
        check.note(
            "speed",
            *(Claim(name, _text(at)) for name, at in zip((first, second), points, strict=True)),
        )
        if km * HOUR_S > limit * seconds + NEAR_KM * HOUR_S:
            hours = show_number(seconds / HOUR_S)
            params: Params = {"one": first, "other": second, "km": km, "hours": hours}
            check.conflict(Message("cross.speed", params), first, second)


def _position(body: Mapping[str, Any]) -> Point | None:
    place = body.get("readPoint")
    text = place.get("id") if isinstance(place, dict) else None
    match = _GEO.fullmatch(text) if isinstance(text, str) else None
    return (float(match[1]), float(match[2])) if match else None


def _point(place: Mapping[str, Any]) -> Point | None:
    lat, lon = place.get("lat"), place.get("lon")
    for value in (lat, lon):
        if isinstance(value, bool) or not isinstance(value, int | float) or abs(value) > 180:  # noqa: PLR2004
            return None
    return float(lat or 0), float(lon or 0)


def distance_km(one: Point, other: Point) -> float:
    """Kilometres between two points over the globe, by the haversine formula."""
    (lat, lon), (lat2, lon2) = (
        [math.radians(degrees) for degrees in each] for each in (one, other)
    )
    half = (
        math.sin((lat2 - lat) / 2) ** 2
        + math.cos(lat) * math.cos(lat2) * math.sin((lon2 - lon) / 2) ** 2
    )
    return 2 * EARTH_KM * math.asin(min(1.0, math.sqrt(half)))


def _compare_distance(
    check: Comparison, one: tuple[str, Point], other: tuple[str, Point], limit_km: float
) -> None:
    km = math.floor(distance_km(one[1], other[1]) + 0.5)
    check.note("place", Claim(one[0], _text(one[1])), Claim(other[0], _text(other[1])))
    if km > limit_km:
        params: Params = {
            "one": one[0],
            "other": other[0],
            "km": km,
            "limit": show_number(limit_km),
        }
        check.conflict(Message("cross.far", params), one[0], other[0])


def _text(point: Point) -> str:
    return ", ".join(map(show_number, point))


def _compare_port(
    check: Comparison, claims: Claims, leg: tuple[str, Kind], rules: PaperRules
) -> None:
    """The place of a departure or arrival lies in the port that the bill of lading names."""
    field, kind = leg
    places = claims.places()
    ports = claims.papers(field, DocType.BILL_OF_LADING)[:1]
    for port in ports:
        heads = claims.countries(kind)
        check.same("country", [Claim(port.subject, port.text[:2]), *heads] if heads else [])
        centre = rules.ports.get(port.text)
        for record in claims.evidence.records:
            if record.kind != kind or record.location is None:
                continue
            _, place = places.get(gln_text(record.location), ("", {}))
            subject = f"record {record.position} ({kind.name})"
            if (point := _point(place)) is None:
                continue
            if centre is None:
                params: Params = {"one": port.subject, "a": port.text, "other": subject}
                check.unclear(Message("cross.port-unknown", params), port.subject)
            else:
                _compare_distance(check, (subject, point), (port.subject, centre), rules.port_km)
