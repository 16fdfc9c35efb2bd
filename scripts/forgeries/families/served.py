"""What the operator of a mirror does to papers and records after they were issued."""

import re
from collections.abc import Callable

from forgeries import printed
from forgeries.forger import Forger
from forgeries.story import Json, moved

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
IMPORTANT = ("HEALTH_CERTIFICATE", "CERTIFICATE_OF_ORIGIN", "CIQ_CERTIFICATE", "LAB_REPORT")


def alter_paper(forger: Forger) -> str:
    """One field of a paper, changed after issue."""
    key = forger.rng.choice(list(forger.story.papers))
    fields = {
        name: value
        for name, value in forger.story.public(key).items()
        if isinstance(value, str | int | float) and not isinstance(value, bool)
    }
    if not fields:
        return ""
    name = forger.rng.choice(sorted(fields))
    value = _other_value(forger, fields[name])
    forger.serve(does="alter paper", paper=key, field=name, value=value)
    forger.names.append(key)
    return f"the server shows {name} of {key} as {value!r} instead of {fields[name]!r}"


def alter_head(forger: Forger) -> str:
    """The number or the day of a paper, changed after issue."""
    key = forger.rng.choice(list(forger.story.papers))
    name = forger.rng.choice(("number", "issuedAt"))
    old = forger.story.papers[key][name]
    value = moved(old, days=-9) if name == "issuedAt" else forger.number_like(key)
    forger.serve(does="alter paper", paper=key, field=name, value=value)
    forger.names.append(key)
    return f"the server shows {name} of {key} as {value!r} instead of {old!r}"


def _other_value(forger: Forger, value: Json) -> Json:
    if isinstance(value, str):
        if _DATE.fullmatch(value):
            return moved(value, days=forger.rng.choice((-40, -7, 7)))
        has_digits = any(letter.isdigit() for letter in value)
        return printed.alike(forger.rng, value) if has_digits else "XX"
    return value + 1 if isinstance(value, int) else round(value * 1.07, 1)


def alter_event(forger: Forger) -> str:
    """An event's time, changed after it was recorded."""
    key = forger.rng.choice(list(forger.story.events))
    old = forger.story.events[key]["body"]["eventTime"]
    forger.serve(does="alter event", event=key, old=old, new=moved(old, days=-2))
    forger.names.append(key)
    return f"the server shows {key} two days earlier than it was recorded"


def withhold(*doc_types: str) -> Callable[[Forger], str]:
    """A paper that the server does not hand out."""

    def lie(forger: Forger) -> str:
        keys = [key for key in doc_types if key in forger.story.papers]
        if not keys:
            return ""
        key = forger.rng.choice(keys)
        forger.serve(does="withhold paper", paper=key)
        forger.names.append(key)
        return f"the server does not hand out {key}"

    return lie


def withhold_field(forger: Forger) -> str:
    """A field that its issuer made public and the server hides."""
    key = forger.rng.choice([key for key in IMPORTANT if key in forger.story.papers])
    field = forger.rng.choice(sorted(forger.story.public(key)))
    forger.serve(does="withhold field", paper=key, field=field)
    forger.names.append(key)
    return f"the server hides {field} of {key}, which its issuer made public"


def withhold_record(*stages: str) -> Callable[[Forger], str]:
    """A record that the server leaves out, as if it had never been."""

    def lie(forger: Forger) -> str:
        known = {**forger.story.events, **forger.story.papers, **forger.story.marks}
        keys = [key for key in stages if key in known]
        if not keys:
            return ""
        key = forger.rng.choice(keys)
        forger.serve(does="withhold record", record=key)
        forger.names.append(key)
        return f"the server leaves out the record of {key}"

    return lie


def hide_failed_retest(forger: Forger) -> str:
    """A laboratory found too much lead in a retest, and the server leaves its record out."""
    first = forger.story.papers["LAB_REPORT"]
    last = max(event["body"]["eventTime"][:10] for event in forger.story.events.values())
    row = next(row for row in first["public"]["results"] if row["code"] == "lead")
    paper = forger.copy_paper(
        "LAB_REPORT", number=forger.number_like("LAB_REPORT"), issuedAt=f"{last}T23:00:00+00:00"
    )
    paper["public"].update(
        purpose="retest",
        retestOf=first["number"],
        sampledAt=moved(last, days=-4),
        receivedAt=moved(last, days=-3),
        testedFrom=moved(last, days=-3),
        testedTo=moved(last, days=-1),
        verdict="fail",
        results=[{**row, "qualifier": "=", "value": 0.19}],
        samplingResults=[],
    )
    key = forger.add_paper(paper)
    forger.serve(does="withhold record", record=key)
    return "a retest found lead above the limit, and the server leaves out its record"


FAMILIES = {
    "paper altered after issue": {
        "a field": alter_paper,
        "another field": alter_paper,
        "number or day": alter_head,
    },
    "event altered after recording": {"time": alter_event},
    "paper withheld": {
        "health certificate": withhold("HEALTH_CERTIFICATE"),
        "certificate of origin": withhold("CERTIFICATE_OF_ORIGIN"),
        "laboratory report": withhold("LAB_REPORT"),
        "transport paper": withhold("BILL_OF_LADING", "PACKING_LIST"),
        "declaration": withhold("CUSTOMS_DECLARATION"),
        "public field": withhold_field,
    },
    "record withheld": {
        "event": withhold_record("LAB_RESULT", "FACTORY_RELEASE", "CIQ_INSPECTION"),
        "supply": withhold_record("MATERIAL_RECEIPT", "MILK_RECEIPT", "WET_PROCESS"),
        "certificate": withhold_record("HEALTH_CERTIFICATE", "CERTIFICATE_OF_ORIGIN"),
        "failed retest": hide_failed_retest,
    },
}
