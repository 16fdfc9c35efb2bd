"""Genuine variants: what honest trade does to its papers, and none of it is a contradiction.

Every function changes a story in place and returns one sentence. Those that need something that
the batch lacks return an empty text and change nothing.
"""

import copy
import random
from collections.abc import Callable

from forgeries import printed
from forgeries.changes import delay_from, numbers_of_year, renumber, resize
from forgeries.registrations import formula_paper, maker_paper
from forgeries.samples import free_key
from forgeries.shipments import split_declaration, split_shipment
from forgeries.story import Story, moved, parse_moment, unix

Variant = Callable[[Story, random.Random], str]

GROSS_SPREAD = 0.003  # two weighbridges
SHARE_NOT_SHOWN = 0.7  # of the papers that nobody must show
OPTIONAL = ("CSR_REPORT", "CARBON_FOOTPRINT", "COMMERCIAL_INVOICE")
PORTS = {
    # UN/LOCODE: name, Chinese name, city, latitude, longitude, customs office
    "CNSHA": ("Yangshan terminal", "洋山集装箱码头", "Shanghai", 30.6269, 122.0642, "2248"),
    "CNNGB": ("Ningbo terminal", "宁波集装箱码头", "Ningbo", 29.9370, 121.8800, "3104"),
    "CNTXG": ("Xingang terminal", "新港集装箱码头", "Tianjin", 38.9770, 117.7920, "0202"),
    "CNTAO": ("Qianwan terminal", "前湾集装箱码头", "Qingdao", 36.0110, 120.2110, "4218"),
    "CNXMN": ("Haicang terminal", "海沧集装箱码头", "Xiamen", 24.4550, 118.0180, "3702"),
}
LOADING_PORTS = {
    "NZTRG": ("Tauranga terminal", "陶朗加集装箱码头", "Tauranga", -37.6606, 176.1858),
    "NZAKL": ("Auckland terminal", "奥克兰集装箱码头", "Auckland", -36.8430, 174.7790),
    "NZLYT": ("Lyttelton terminal", "利特尔顿集装箱码头", "Lyttelton", -43.6060, 172.7240),
    "NLRTM": ("Rotterdam terminal", "鹿特丹集装箱码头", "Rotterdam", 51.9490, 4.0270),
    "IEDUB": ("Dublin terminal", "都柏林集装箱码头", "Dublin", 53.3478, -6.1950),
    "IEORK": ("Cork terminal", "科克集装箱码头", "Cork", 51.8310, -8.3110),
}


def smaller_batch(story: Story, rng: random.Random) -> str:
    """Fewer pallets than the sample."""
    before = story.public("PACKING_LIST")["pallets"]
    pallets = rng.randrange(before // 2, before)
    resize(story, pallets)
    return f"{pallets} pallets were filled"


def weighed_twice(story: Story, rng: random.Random) -> str:
    """Every form rounds in its own way, and the terminal's weighbridge is not the plant's."""
    for key in story.of_type("BILL_OF_LADING"):
        said = story.public(key)
        said["grossKg"] = round(said["grossKg"] * (1 + rng.uniform(-GROSS_SPREAD, GROSS_SPREAD)))
    for key in story.of_type("CUSTOMS_DECLARATION"):
        said = story.public(key)
        said["grossKg"] = round(said["grossKg"])
        said["netKg"] = round(said["netKg"], 1)
    for key in story.of_type("CERTIFICATE_OF_ORIGIN"):
        story.public(key)["netKg"] = round(story.public(key)["netKg"])
    return "weights are rounded as each form does, and the port weighed the container again"


def other_clocks(story: Story, rng: random.Random) -> str:
    """Systems that write UTC, and systems that write the time of Beijing."""
    zones = {gln: rng.choice(("", "+00:00", "+08:00")) for gln in story.parties}

    def spelled(text: str, writer: str) -> str:
        if not (zone := zones.get(writer, "")):
            return text
        shift = parse_moment(f"2000-01-01T00:00:00{zone}").tzinfo
        return parse_moment(text).astimezone(shift).isoformat()

    for paper in story.papers.values():
        paper["issuedAt"] = spelled(paper["issuedAt"], paper["writer"])
    for event in story.events.values():
        event["body"]["eventTime"] = spelled(event["body"]["eventTime"], event["writer"])
    for mark in story.marks.values():
        mark["at"] = spelled(mark["at"], mark["writer"])
    return "some systems write UTC and some the time of Beijing"


def confirmed_late(story: Story, rng: random.Random) -> str:
    """Customs confirm when they get to it; the goods wait in the warehouse."""
    days = rng.randrange(1, 13)
    for mark in story.marks.values():
        if mark["kind"] == "CLEARANCE_CONFIRMATION":
            mark["at"] = moved(mark["at"], days=days, hours=rng.randrange(5))
    return f"customs recorded their confirmation {days} days after the release"


def recorded_late(story: Story, rng: random.Random) -> str:
    """A party that writes its records once a week."""
    writer = story.with_role(rng.choice(("CARRIER", "RETAILER", "LABORATORY")))
    for event in story.events.values():
        if event["writer"] == writer and event["body"]["tracer:stage"] in {"DEPARTURE", "SALE"}:
            days = rng.randrange(2, 8)
            event["recordedAt"] = moved(event["body"]["eventTime"], days=days)
    return "the carrier and the shop write their records once a week"


def other_port(story: Story, rng: random.Random) -> str:
    """The goods came through another port of entry."""
    lading = story.public("BILL_OF_LADING")
    pod = rng.choice(sorted(set(PORTS) - {lading["pod"]}))
    name_en, name_zh, city, lat, lon, office = PORTS[pod]
    if any(p["docType"] == "CUSTOMS_DECLARATION" and p["public"]["office"] != office
           for p in story.papers.values()):  # fmt: skip
        for key in story.of_type("CUSTOMS_DECLARATION"):
            paper = story.papers[key]
            year = parse_moment(paper["issuedAt"]).year
            paper["public"]["office"] = office
            story.replace_texts({paper["number"]: printed.declaration(rng, office, year)})
    for paper in story.papers.values():
        for field in ("pod", "port"):
            if paper["public"].get(field) == lading["pod"]:
                paper["public"][field] = pod
    story.public("BILL_OF_LADING")["pod"] = pod
    _place(story, "ARRIVAL", (name_en, name_zh, city, lat, lon))
    customs = story.parties[story.with_role("CUSTOMS")]
    customs.update(nameEn=f"{city} customs, sample office (invented)", city=city)
    return f"the ship was unloaded in {city}"


def other_loading_port(story: Story, rng: random.Random) -> str:
    """The goods left from another port of the same country."""
    lading = story.public("BILL_OF_LADING")
    same = [port for port in LOADING_PORTS if port[:2] == lading["pol"][:2]]
    if len(same) == 1:
        return ""
    pol = rng.choice([port for port in same if port != lading["pol"]])
    for key in story.of_type("BILL_OF_LADING"):
        story.public(key)["pol"] = pol
    _place(story, "DEPARTURE", LOADING_PORTS[pol])
    return f"the ship left from {LOADING_PORTS[pol][2]}"


def _place(story: Story, stage: str, place: tuple[str, str, str, float, float]) -> None:
    name_en, name_zh, city, lat, lon = place
    point = story.events[stage]["body"]["readPoint"]["id"].rsplit("/", 1)[-1]
    story.public("PRODUCT")["places"][point].update(
        nameEn=f"{name_en} (invented)", nameZh=f"{name_zh}(虚构)", city=city, lat=lat, lon=lon
    )


def weekend(story: Story, rng: random.Random) -> str:
    """The ship came on a Friday evening, and the offices open on Monday."""
    days = rng.randrange(2, 4)
    after = moved(story.events["ARRIVAL"]["body"]["eventTime"], hours=1)
    delay_from(story, after, days)
    numbers_of_year(story, rng)
    return f"after the arrival, {days} days passed without office hours"


def slow_ship(story: Story, rng: random.Random) -> str:
    """Transhipment took longer than planned."""
    days = rng.randrange(4, 21)
    after = moved(story.events["DEPARTURE"]["body"]["eventTime"], hours=1)
    delay_from(story, after, days)
    numbers_of_year(story, rng)
    return f"the ship waited {days} days"


def fewer_papers(story: Story, rng: random.Random) -> str:
    """Papers that nobody must show."""
    gone = [key for key in OPTIONAL if key in story.papers and rng.random() < SHARE_NOT_SHOWN]
    for key in gone:
        del story.papers[key]
    return f"not shown, for nobody must: {', '.join(gone)}" if gone else ""


def origin_after_loading(story: Story, rng: random.Random) -> str:
    """A certificate of origin issued up to three days after the goods were on board."""
    lading = story.papers["BILL_OF_LADING"]["issuedAt"]
    moment = moved(lading, days=rng.randrange(1, 3), hours=rng.randrange(4))
    for key in story.of_type("CERTIFICATE_OF_ORIGIN"):
        story.papers[key]["issuedAt"] = moment
    return "the certificate of origin was issued after loading, within three days"


def retested(story: Story, rng: random.Random) -> str:
    """The laboratory tested again what a customer asked for."""
    first = story.papers["LAB_REPORT"]
    wanted = rng.sample([r for r in first["public"]["results"] if r["qualifier"] == "="], 3)
    moment = moved(story.events["WAREHOUSE_RECEIPT"]["body"]["eventTime"], days=2)
    day = moment[:10]
    key = free_key(story.papers, "LAB_REPORT")
    number = printed.alike(rng, first["number"], keep=len(first["number"]) - 4)
    story.papers[key] = {
        **{name: first[name] for name in ("docType", "issuer", "writer", "confidential")},
        "number": number,
        "issuedAt": moved(moment, days=3),
        "public": {
            "purpose": "retest",
            "retestOf": first["number"],
            "lot": story.batch["lot"],
            "accreditation": first["public"]["accreditation"],
            "sampledAt": day,
            "receivedAt": day,
            "testedFrom": day,
            "testedTo": moved(day, days=2),
            "verdict": "pass",
            "results": [{**row, "value": round(row["value"] * 0.995, 4)} for row in wanted],
            "samplingResults": [],
        },
    }
    return "three values were tested once more"


def two_lots_one_certificate(story: Story, rng: random.Random) -> str:
    """One certificate of origin for two lots, with enough quantity for both."""
    if story.others or len(story.of_type("CERTIFICATE_OF_ORIGIN")) > 1:
        return ""
    own = story.public("CERTIFICATE_OF_ORIGIN")
    sister = sister_batch(story, rng, keep=("CERTIFICATE_OF_ORIGIN",))
    theirs = sister.public("CERTIFICATE_OF_ORIGIN")
    certified = round((own["netKg"] + theirs["netKg"]) * rng.choice((1, 1, 1.02)), 1)
    own["certifiedNetKg"] = theirs["certifiedNetKg"] = certified
    story.others.append(sister)
    return f"one certificate of origin over {certified} kg covers this lot and another"


def two_lots_one_consignment(story: Story, rng: random.Random) -> str:
    """Two lots in one container, on one bill of lading and one declaration."""
    shared = ("CERTIFICATE_OF_ORIGIN", "BILL_OF_LADING", "CUSTOMS_DECLARATION")
    if story.others or len(story.of_type("CUSTOMS_DECLARATION")) > 1:
        return ""
    sister = sister_batch(story, rng, keep=shared)
    for other in (story, sister):
        both = story.public("CERTIFICATE_OF_ORIGIN")["netKg"]
        both += sister.public("CERTIFICATE_OF_ORIGIN")["netKg"]
        other.public("CERTIFICATE_OF_ORIGIN")["certifiedNetKg"] = round(both, 1)
    story.others.append(sister)
    return "the consignment holds this lot and another, each with its line on the same papers"


def sister_batch(story: Story, rng: random.Random, *, keep: tuple[str, ...]) -> Story:
    """Another batch of the same maker, smaller, whose papers of some types bear our printed."""
    sister = story.copy()
    sister.others.clear()
    pallets = sister.public("PACKING_LIST")["pallets"]
    if len(sister.of_type("PACKING_LIST")) == 1:
        resize(sister, max(1, pallets - rng.randrange(1, max(2, pallets // 2))))
    renumber(sister, rng, keep=keep)
    return sister


def paper_again(story: Story, rng: random.Random) -> str:
    """A paper with a slip in it, replaced by its issuer before anything was declared."""
    key = rng.choice(("PACKING_LIST", "HEALTH_CERTIFICATE"))
    if len(story.of_type(key)) > 1:
        return ""
    good = story.papers[key]
    slip = {**good, "public": dict(good["public"]), "replaced": True}
    seal = good["public"]["seal"]
    slip["public"]["seal"] = printed.alike(rng, seal, keep=len(seal) - 2)
    slip["issuedAt"] = moved(good["issuedAt"], hours=-3)
    if key == "HEALTH_CERTIFICATE":  # an authority gives the replacement a number of its own
        slip["number"] = printed.alike(rng, good["number"], keep=len(good["number"]) - 3)
    else:
        slip["number"] = f"{good['number']}-0"
    story.papers[f"{key}#2"] = slip
    story.marks[free_key(story.marks, "SUPERSEDE")] = {
        "kind": "SUPERSEDE",
        "writer": good["writer"],
        "at": moved(good["issuedAt"], hours=0.2),
        "text": {
            "type": "Supersede",
            "commitment": f"{{commitment:{key}#2}}",
            "by": f"{{commitment:{key}}}",
            "reason": "a digit of the seal was mistyped",
            "statedAt": moved(good["issuedAt"], hours=0.2),
        },
    }
    return f"{key} was issued again, because a digit of the seal was mistyped"


def key_renewed(story: Story, rng: random.Random) -> str:
    """A party changed its key, as one does every year; the old one was revoked afterwards."""
    role = rng.choice(("CARRIER", "BROKER", "LABORATORY"))
    party = story.parties[story.with_role(role)]
    last = max(unix(event["body"]["eventTime"]) for event in story.events.values())
    party["distrustFrom"] = (
        last + 40 * 86_400 if rng.choice((True, False)) else unix("2020-01-01T00:00Z")
    )
    party["keyReplaced"] = True
    return f"the {role.lower()} renewed its key"


def registrations_shown(story: Story, rng: random.Random) -> str:
    """The registrations of formula and maker, which most batches only cite."""
    if "FORMULA_REGISTRATION" in story.papers:
        return ""
    for paper in (formula_paper(story), maker_paper(story)):
        gln = printed.gln(rng)
        story.parties[gln] = {"gln": gln, **paper.pop("registry")}
        story.papers[paper["docType"]] = {**paper, "issuer": gln, "writer": gln}
    return "the registrations of formula and maker are shown"


def halal_shown(story: Story, rng: random.Random) -> str:
    """A certificate that a part of the customers asks for."""
    label = story.public("PRODUCT")
    gln, made = printed.gln(rng), label["productionDate"]
    story.parties[gln] = {
        "gln": gln,
        "nameEn": "Halal certification, sample body (invented)",
        "nameZh": "清真认证示例机构(虚构)",
        "roles": ["INSPECTOR"],
        "country": label["originCountry"],
        "invented": True,
    }
    story.papers["HALAL"] = {
        "docType": "HALAL",
        "number": f"HAL-{rng.randrange(10**4, 10**5)}",
        "issuer": gln,
        "writer": gln,
        "issuedAt": f"{moved(made, days=-200)}T10:00:00+00:00",
        "recordedAt": f"{made}T10:00:00+00:00",
        "public": {"body": "Halal certification (invented)", "validUntil": moved(made, days=500)},
        "confidential": {},
    }
    return "a halal certificate is shown"


def corrected(story: Story, rng: random.Random) -> str:
    """A slip in an event, corrected by whoever recorded it, the way EPCIS wants it."""
    key = rng.choice(("DISTRIBUTION", "RETAIL_RECEIPT"))
    event = story.events[key]
    slip = copy.deepcopy(event)
    slip["body"]["eventTime"] = moved(event["body"]["eventTime"], hours=-1)
    said = moved(event["body"]["eventTime"], hours=2)
    event["recordedAt"] = said
    story.events[key] = slip
    story.events[free_key(story.events, key)] = event
    story.marks[free_key(story.marks, "CORRECTION")] = {
        "kind": "CORRECTION",
        "writer": event["writer"],
        "at": moved(said, hours=1),
        "text": {
            "type": "Correction",
            "digest": f"{{digest:{key}}}",
            "by": f"{{digest:{key}#2}}",
            "reason": "the clock of the scanner was an hour slow",
            "statedAt": moved(said, hours=1),
        },
    }
    return f"{key} was recorded an hour early, and corrected"


def supplier_banned_later(story: Story, rng: random.Random) -> str:
    """A supplier that was banned for what it did long after this batch."""
    receipt = story.events["MATERIAL_RECEIPT"]["body"]
    gln = receipt["sourceList"][0]["source"].rsplit("/", 1)[-1]
    since = unix(receipt["eventTime"]) + rng.randrange(200, 400) * 86_400
    story.parties[gln].update(status=3, bannedSince=since)
    return "the supplier of an oil was banned long after its oil had been used here"


VARIANTS: dict[str, Variant] = {
    "smaller batch": smaller_batch,
    "weighed twice": weighed_twice,
    "other clocks": other_clocks,
    "confirmed late": confirmed_late,
    "recorded late": recorded_late,
    "other port": other_port,
    "other loading port": other_loading_port,
    "weekend": weekend,
    "slow ship": slow_ship,
    "fewer papers": fewer_papers,
    "origin after loading": origin_after_loading,
    "retested": retested,
    "paper again": paper_again,
    "corrected": corrected,
    "key renewed": key_renewed,
    "supplier banned later": supplier_banned_later,
    "registrations shown": registrations_shown,
    "halal shown": halal_shown,
    "partial shipments": split_shipment,
    "several declarations": split_declaration,
    "two lots, one certificate": two_lots_one_certificate,
    "two lots, one consignment": two_lots_one_consignment,
}
ORDER = tuple(VARIANTS)
"""Variants are applied in this order, so that splits see final weights and clocks come first."""
