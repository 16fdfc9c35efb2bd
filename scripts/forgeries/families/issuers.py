"""Who signs: papers of parties that may not issue them, copied commitments, stolen keys."""

from collections.abc import Callable

from forgeries import printed
from forgeries.forger import Forger
from forgeries.genuine import sister_batch
from forgeries.story import Json, moved, unix

DAY_S = 86_400
SHORT = {
    "HEALTH_CERTIFICATE": "health certificate",
    "CERTIFICATE_OF_ORIGIN": "certificate of origin",
    "LAB_REPORT": "laboratory report",
    "BILL_OF_LADING": "bill of lading",
    "CIQ_CERTIFICATE": "inspection certificate",
    "CUSTOMS_DECLARATION": "declaration",
}


def issued_by(doc_type: str, role: str) -> Callable[[Forger], str]:
    """A party that may not issue a paper issues it, under its own name.

    The ledger refuses the usual kind of record from it, but takes a DOCUMENT from anybody.
    """

    def lie(forger: Forger) -> str:
        gln = forger.story.with_role(role)
        forger.head(doc_type, issuer=gln, writer=gln, kind="DOCUMENT")
        forger.names.append(gln)
        return f"the {role.lower()} issues the {SHORT[doc_type]} itself"

    return lie


def signed_for(doc_type: str, role: str) -> Callable[[Forger], str]:
    """A party writes a paper that names another one as its issuer."""

    def lie(forger: Forger) -> str:
        gln = forger.story.with_role(role)
        forger.head(doc_type, writer=gln, kind="DOCUMENT")
        forger.names.append(gln)
        return f"the {role.lower()} records a {SHORT[doc_type]} in its issuer's name"

    return lie


def second_opinion(forger: Forger) -> str:
    """The maker adds a laboratory report of its own beside the laboratory's."""
    paper = forger.copy_paper(
        "LAB_REPORT",
        number=forger.number_like("LAB_REPORT"),
        issuer=forger.owner,
        writer=forger.owner,
        kind="DOCUMENT",
    )
    forger.add_paper(paper)
    return "the maker adds a laboratory report that it issued itself"


# --- commitments ------------------------------------------------------------------------------


def copied_from_batch(doc_type: str) -> Callable[[Forger], str]:
    """The commitment of another batch's paper, recorded again for this one."""

    def lie(forger: Forger) -> str:
        other = forger.add_other(sister_batch(forger.story, forger.rng, keep=()))
        number = forger.story.others[other].papers[doc_type]["number"]
        copied = {"other": other, "paper": doc_type}
        forger.head(doc_type, copiedFrom=copied, writer=forger.owner, kind="DOCUMENT")
        forger.names.append(number)
        return f"the maker records the commitment of another batch's {SHORT[doc_type]} here"

    return lie


def copied_from_chain(forger: Forger) -> str:
    """The commitment of a paper that was made for another chain, where nobody checks."""
    key = forger.rng.choice(("HEALTH_CERTIFICATE", "LAB_REPORT", "CERTIFICATE_OF_ORIGIN"))
    forger.head(key, boundTo="another chain", writer=forger.owner, kind="DOCUMENT")
    return f"the commitment of the {SHORT[key]} was made for another chain"


def copied_from_issuer(forger: Forger) -> str:
    """The broker records the laboratory's commitment once more, as if the paper were its own."""
    key = forger.rng.choice(("LAB_REPORT", "HEALTH_CERTIFICATE"))
    moment = moved(forger.story.papers[key]["issuedAt"], hours=30)
    mark = {"kind": "DOCUMENT", "writer": forger.broker, "at": moment, "of": key}
    forger.add_mark("DOCUMENT", mark)
    forger.names += [key, forger.broker]
    return f"the broker records the commitment of the {SHORT[key]} as a paper of its own"


# --- keys -----------------------------------------------------------------------------------


def stolen_key(doc_type: str) -> Callable[[Forger], str]:
    """A paper signed with a key that was stolen before, as its party says later."""

    def lie(forger: Forger) -> str:
        if doc_type not in forger.story.papers:
            return ""
        paper = forger.story.papers[doc_type]
        gln = paper["writer"]
        if "distrustFrom" in forger.story.parties[gln]:
            return ""
        days = forger.rng.randrange(1, 5)
        forger.party(gln, distrustFrom=unix(paper["issuedAt"]) - days * DAY_S)
        forger.names += [doc_type, gln]
        return f"the {SHORT[doc_type]} was signed with a key stolen {days} days before"

    return lie


def stolen_and_backdated(doc_type: str) -> Callable[[Forger], str]:
    """A stolen key writes a paper that claims a day before the theft."""

    def lie(forger: Forger) -> str:
        if doc_type not in forger.story.papers:
            return ""
        paper = forger.story.papers[doc_type]
        gln = paper["writer"]
        if "distrustFrom" in forger.story.parties[gln]:
            return ""
        if forger.stands_for(doc_type):
            return ""
        after = moved(paper["issuedAt"], days=2)
        forger.party(gln, distrustFrom=unix(paper["issuedAt"]) + DAY_S)
        forger.head(doc_type, recordedAt=after)
        for key, mark in forger.story.marks.items():
            if mark.get("of") == doc_type and unix(mark["at"]) < unix(after) + DAY_S:
                forger.mark(key, at=moved(after, days=1))
        forger.names += [doc_type, gln]
        return f"the {SHORT[doc_type]} claims a day before the theft of its key, and came after it"

    return lie


def suspended_issuer(forger: Forger) -> str:
    """An issuer that was suspended, and whose keys have not been trusted since before."""
    key = forger.rng.choice(("LAB_REPORT", "HEALTH_CERTIFICATE", "CERTIFICATE_OF_ORIGIN"))
    paper = forger.story.papers[key]
    gln = paper["writer"]
    if "distrustFrom" in forger.story.parties[gln]:
        return ""
    forger.party(gln, status=2, distrustFrom=unix(paper["issuedAt"]) - 30 * DAY_S)
    forger.names += [key, gln]
    return f"the issuer of the {SHORT[key]} is suspended; its keys are not trusted since before"


def banned_laboratory(forger: Forger) -> str:
    """A laboratory that was banned for good after its reports turned out to be invented."""
    gln = forger.story.papers["LAB_REPORT"]["writer"]
    forger.party(gln, status=3)
    forger.names += ["LAB_REPORT", gln]
    return "the laboratory has been banned for invented reports"


def unknown_party(forger: Forger) -> str:
    """A new company with a name like an authority's, admitted as a carrier."""
    authority = forger.story.parties[forger.authority]
    facts: dict[str, Json] = {
        "nameEn": authority["nameEn"],
        "nameZh": authority["nameZh"],
        "roles": ["CARRIER"],
        "country": authority["country"],
        "city": authority.get("city", ""),
        "invented": True,
    }
    gln = forger.add_party(printed.gln(forger.rng), facts)
    forger.head("HEALTH_CERTIFICATE", issuer=gln, writer=gln, kind="DOCUMENT")
    forger.names.append(gln)
    return "a carrier that took the authority's name issues the health certificate"


FAMILIES = {
    "wrong issuer": {
        "broker, health certificate": issued_by("HEALTH_CERTIFICATE", "BROKER"),
        "broker, certificate of origin": issued_by("CERTIFICATE_OF_ORIGIN", "BROKER"),
        "maker, laboratory report": issued_by("LAB_REPORT", "MANUFACTURER"),
        "maker, second report": second_opinion,
        "importer, inspection certificate": issued_by("CIQ_CERTIFICATE", "IMPORTER"),
        "in the authority's name": signed_for("HEALTH_CERTIFICATE", "MANUFACTURER"),
        "in the laboratory's name": signed_for("LAB_REPORT", "MANUFACTURER"),
    },
    "role missing": {
        "warehouse, laboratory report": issued_by("LAB_REPORT", "WAREHOUSE"),
        "retailer, certificate of origin": issued_by("CERTIFICATE_OF_ORIGIN", "RETAILER"),
        "supplier, health certificate": issued_by("HEALTH_CERTIFICATE", "SUPPLIER"),
        "warehouse, declaration": issued_by("CUSTOMS_DECLARATION", "WAREHOUSE"),
        "carrier with an authority's name": unknown_party,
    },
    "copied commitment": {
        "another batch, health certificate": copied_from_batch("HEALTH_CERTIFICATE"),
        "another batch, laboratory report": copied_from_batch("LAB_REPORT"),
        "another batch, origin": copied_from_batch("CERTIFICATE_OF_ORIGIN"),
        "another chain": copied_from_chain,
        "another issuer": copied_from_issuer,
    },
    "key revoked or party suspended": {
        "authority": stolen_key("HEALTH_CERTIFICATE"),
        "broker": stolen_key("CUSTOMS_DECLARATION"),
        "laboratory": stolen_key("LAB_REPORT"),
        "backdated, broker": stolen_and_backdated("CUSTOMS_DECLARATION"),
        "backdated, authority": stolen_and_backdated("CERTIFICATE_OF_ORIGIN"),
        "suspended": suspended_issuer,
        "banned": banned_laboratory,
    },
}
