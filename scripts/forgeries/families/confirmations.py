"""Clearances that customs never gave, and voices that were silenced.

The ledger takes a CLEARANCE_CONFIRMATION from a party with the customs role only, and never from
the batch's owner. Within that, a forger has: records of other kinds, roles that a corrupt
administrator lends, and a server that shows what is not on the ledger.
"""

from collections.abc import Callable

from forgeries import printed
from forgeries.forger import Forger
from forgeries.story import Json, moved, unix
from tracer.domain.kinds import Kind

DAY_S = 86_400


def _without_customs(forger: Forger) -> str:
    """Take customs' confirmations and certificates away; the last moment of a release."""
    moment = max(mark["at"] for mark in forger.story.marks.values() if "of" in mark)
    for key, mark in list(forger.story.marks.items()):
        if mark["kind"] == "CLEARANCE_CONFIRMATION":
            forger.drop_mark(key)
    return moment


def confirmed_by_document(role: str) -> Callable[[Forger], str]:
    """A party without the customs role repeats the commitment, in a kind that all may write."""

    def lie(forger: Forger) -> str:
        moment = _without_customs(forger)
        gln = forger.story.with_role(role)
        mark = {"kind": "DOCUMENT", "writer": gln, "at": moment, "of": "CUSTOMS_DECLARATION"}
        forger.add_mark("DOCUMENT", mark)
        forger.names += ["CUSTOMS_DECLARATION", gln]
        return f"customs confirmed nothing; the {role.lower()} repeats the declaration's commitment"

    return lie


def shown_as_confirmed(forger: Forger) -> str:
    """The server shows the importer's record as customs' confirmation."""
    moment = _without_customs(forger)
    gln = forger.story.with_role("IMPORTER")
    mark = {"kind": "DOCUMENT", "writer": gln, "at": moment, "of": "CUSTOMS_DECLARATION"}
    key = forger.add_mark("DOCUMENT", mark)
    customs = int(forger.story.with_role("CUSTOMS"))
    columns = {"kind": int(Kind.CLEARANCE_CONFIRMATION), "gln": customs}
    forger.serve(does="change row", record=key, columns=columns)
    return "the server shows a record of the importer as customs' confirmation"


def lent_name(forger: Forger) -> str:
    """The importer writes a certificate of inspection in the name of customs."""
    moment = _without_customs(forger)
    importer = forger.story.with_role("IMPORTER")
    for key in forger.story.of_type("CIQ_CERTIFICATE"):
        forger.head(key, writer=importer, kind="DOCUMENT")
    forger.names.append(importer)
    return f"customs confirmed nothing until {moment[:10]}; the importer certifies in their name"


def broker_with_customs_role(forger: Forger) -> str:
    """A corrupt administrator gave the broker the customs role; it confirms itself."""
    broker = forger.broker
    forger.give_role(broker, "CUSTOMS")
    for key, mark in forger.story.marks.items():
        if mark["kind"] == "CLEARANCE_CONFIRMATION":
            forger.mark(key, writer=broker)
    forger.names += [broker, *forger.story.of_type("CUSTOMS_DECLARATION")]
    return "the broker holds the customs role too, and confirms its own declaration"


def importer_with_customs_role(forger: Forger) -> str:
    """The importer was given the customs role, and confirms the clearance of its own goods."""
    importer = forger.story.with_role("IMPORTER")
    forger.give_role(importer, "CUSTOMS")
    for key, mark in forger.story.marks.items():
        if mark["kind"] == "CLEARANCE_CONFIRMATION":
            forger.mark(key, writer=importer)
    forger.names += [importer, *forger.story.of_type("CUSTOMS_DECLARATION")]
    return "the importer holds the customs role too, and confirms the clearance of its own goods"


def shell_office(forger: Forger) -> str:
    """A second party of the broker's, with the customs role and the broker's administrator."""
    broker = forger.broker
    admin = printed.container(forger.rng).encode().hex().ljust(40, "0")
    forger.party(broker, admin=admin)
    facts: dict[str, Json] = {
        "nameEn": "Customs service point (invented)",
        "nameZh": "海关服务点(虚构)",
        "roles": ["CUSTOMS"],
        "country": "CN",
        "city": forger.story.parties[broker].get("city", ""),
        "invented": True,
        "admin": admin,
    }
    gln = forger.add_party(printed.gln(forger.rng), facts)
    for key, mark in forger.story.marks.items():
        if mark["kind"] == "CLEARANCE_CONFIRMATION":
            forger.mark(key, writer=gln)
    forger.names += [gln, broker]
    return "a customs party that the broker's own administrator controls confirms the declaration"


def stolen_customs_key(forger: Forger) -> str:
    """Customs' key was stolen before the confirmation."""
    key = "CLEARANCE_CONFIRMATION"
    gln = forger.story.marks[key]["writer"]
    forger.party(gln, distrustFrom=unix(forger.story.marks[key]["at"]) - DAY_S)
    forger.names += [key, gln]
    return "the confirmation was signed with a key that had been stolen from customs"


def second_declaration(forger: Forger) -> str:
    """Customs confirmed one declaration; a second one of the same goods rides on it."""
    if len(forger.story.of_type("CUSTOMS_DECLARATION")) > 1:
        return ""
    first = forger.story.papers["CUSTOMS_DECLARATION"]
    number = printed.alike(forger.rng, first["number"], keep=9)
    paper = forger.copy_paper(
        "CUSTOMS_DECLARATION", number=number, issuedAt=moved(first["issuedAt"], minutes=30)
    )
    paper["public"]["originCountry"] = "AU" if paper["public"]["originCountry"] == "NZ" else "NZ"
    forger.add_paper(paper)
    return f"beside the confirmed declaration stands {number}, of another origin, not confirmed"


# --- silencing ------------------------------------------------------------------------------


def supersede(doc_type: str, role: str) -> Callable[[Forger], str]:
    """A party declares another party's paper replaced by one of its own."""

    def lie(forger: Forger) -> str:
        if doc_type not in forger.story.papers:
            return ""
        gln = forger.story.with_role(role)
        old = forger.story.papers[doc_type]
        moment = moved(old["issuedAt"], hours=5)
        paper = forger.copy_paper(
            doc_type,
            number=forger.number_like(doc_type),
            writer=gln,
            issuer=gln,
            kind="DOCUMENT",
            issuedAt=moment,
        )
        for name in ("netKg", "grossKg"):
            if name in paper["public"]:
                paper["public"][name] = round(paper["public"][name] * 1.2, 1)
        key = forger.add_paper(paper)
        text = {
            "type": "Supersede",
            "commitment": f"{{commitment:{doc_type}}}",
            "by": f"{{commitment:{key}}}",
            "reason": "corrected quantities",
            "statedAt": moved(moment, hours=1),
        }
        mark = {"kind": "SUPERSEDE", "writer": gln, "at": moved(moment, hours=1), "text": text}
        forger.add_mark("SUPERSEDE", mark)
        forger.names.append(gln)
        return f"the {role.lower()} declares {doc_type} replaced by one of its own"

    return lie


def objection_silenced(forger: Forger) -> str:
    """Customs objected; the server leaves the objection out."""
    customs = forger.story.marks["CLEARANCE_CONFIRMATION"]["writer"]
    moment = _without_customs(forger)
    text = _objection(moment)
    mark = {"kind": "CORRECTION", "writer": customs, "at": moment, "text": text}
    key = forger.add_mark("CORRECTION", mark)
    forger.serve(does="withhold record", record=key)
    forger.names += ["CUSTOMS_DECLARATION"]
    return "customs objected to the declaration, and the server leaves the objection out"


def objected(forger: Forger) -> str:
    """Customs objected, and the broker goes on as if they had confirmed."""
    customs = forger.story.marks["CLEARANCE_CONFIRMATION"]["writer"]
    moment = _without_customs(forger)
    mark = {"kind": "CORRECTION", "writer": customs, "at": moment, "text": _objection(moment)}
    forger.add_mark("CORRECTION", mark)
    forger.names += ["CUSTOMS_DECLARATION"]
    return "customs objected to the declaration, and the broker claims a release"


def _objection(moment: str) -> dict[str, Json]:
    return {
        "type": "ClearanceObjection",
        "commitment": "{commitment:CUSTOMS_DECLARATION}",
        "reasons": [{"code": "origin", "text": "The certificate of origin is not genuine."}],
        "statedAt": moment,
    }


FAMILIES = {
    "confirmed by a stranger": {
        "importer, as a document": confirmed_by_document("IMPORTER"),
        "warehouse, as a document": confirmed_by_document("WAREHOUSE"),
        "shown as confirmed": shown_as_confirmed,
        "in customs' name": lent_name,
        "importer with the customs role": importer_with_customs_role,
        "stolen customs key": stolen_customs_key,
    },
    "broker confirms itself": {
        "as a document": confirmed_by_document("BROKER"),
        "with the customs role": broker_with_customs_role,
        "by a shell office": shell_office,
        "second declaration": second_declaration,
    },
    "silenced": {
        "health certificate replaced": supersede("HEALTH_CERTIFICATE", "MANUFACTURER"),
        "certificate of origin replaced": supersede("CERTIFICATE_OF_ORIGIN", "BROKER"),
        "objection left out": objection_silenced,
        "objection ignored": objected,
    },
}
