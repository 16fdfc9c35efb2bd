"""C4: a certificate's number is used for no more than the quantity that it certifies.

What this batch's papers use is compared with papers of other batches that the mirror serves along.
A mirror can leave such papers out, so that their absence proves nothing; one that it shows names
its batch, and everybody can look there whether it was recorded.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from tracer.domain.cross_claims import Claim, Claims, add, read_number, show_number
from tracer.domain.cross_comparison import Comparison
from tracer.domain.documents import DocType
from tracer.domain.evidence import Evidence, OtherPaper, Paper
from tracer.domain.messages import Message
from tracer.domain.paper_numbers import COMMON_TYPES, PaperNumber, plain_number
from tracer.rules.paper_rules import PaperRules

NET: Final = ("netKg", "certifiedNetKg")
GROSS: Final = ("grossKg", "certifiedGrossKg")
"""Field of a use, and field of the quantity that the whole paper covers."""

UNKNOWN: Final = "?"
DECLARATION: Final = DocType.CUSTOMS_DECLARATION

SHARED_FIELDS: Final = {
    DECLARATION: ("issuedAt", "office", "tradeMode", "container", "coNo", "bl", "originCountry"),
    DocType.BILL_OF_LADING: (
        "issuedAt",
        "container",
        "vesselImo",
        "voyage",
        "onBoard",
        "pol",
        "pod",
    ),
}
"""Papers that have a line for each of several lots, and what all their lines share."""

_ANY: Final = PaperNumber(DECLARATION, "")


@dataclass(frozen=True, slots=True)
class Uses:
    """What one batch uses a number for.

    Attributes:
        batch: "GTIN lot"; "" for the batch of this bundle.
        lot: of the batch.
        papers: those that use the number, in order.
    """

    batch: str
    lot: str
    papers: tuple[Paper, ...]

    def own(self, number: PaperNumber) -> list[Paper]:
        """The papers that carry the number as their own."""
        return [paper for paper in self.papers if paper.doc_type is number.doc_type]

    def quantity(self, number: PaperNumber) -> float | None:
        """Kilograms for which the batch uses it: by its own paper or by those that cite it."""
        field, _ = _fields(number)
        by_type: dict[DocType, dict[tuple[str, str], float]] = {}
        for paper in self.papers:
            kg = read_number(paper.plain(field))
            if paper.doc_type is not None and kg is not None:
                name = (paper.plain("number"), paper.plain(field))
                by_type.setdefault(paper.doc_type, {})[name] = kg
        return max((add(each.values()) for each in by_type.values()), default=None)


def _fields(number: PaperNumber) -> tuple[str, str]:
    return GROSS if number.doc_type is DocType.BILL_OF_LADING else NET


def compare_uses(check: Comparison, claims: Claims, rules: PaperRules) -> None:
    """Compare every number that this batch's papers use with all its uses.

    Args:
        check: C4.
        claims: of the batch.
        rules: by how much the uses may exceed what is certified.
    """
    evidence = claims.evidence
    ours: dict[PaperNumber, list[Paper]] = {}
    for paper in claims.all_papers:
        for number in paper.numbers:
            ours.setdefault(number, []).append(paper)
    for number in sorted(ours):
        here = Uses("", evidence.bundle.batch.lot, tuple(ours[number]))
        _compare(check, claims, (number, here, _others(evidence, number, here)), rules)


def _others(evidence: Evidence, number: PaperNumber, here: Uses) -> list[Uses]:
    """Uses by other batches, of the same issuer's number where issuers are known."""
    found: dict[str, list[OtherPaper]] = {}
    for other in evidence.others:
        if other.paper.genuine and number in other.paper.numbers:
            found.setdefault(other.batch, []).append(other)
    uses = [
        Uses(batch, papers[0].row.lot, tuple(each.paper for each in papers))
        for batch, papers in sorted(found.items())
    ]
    if number.doc_type in COMMON_TYPES:
        return uses
    issuers = {paper.issuer for paper in here.own(number)}
    return [
        use
        for use in uses
        if not issuers
        or not use.own(number)
        or issuers & {paper.issuer for paper in use.own(number)}
    ]


def _compare(
    check: Comparison,
    claims: Claims,
    used: tuple[PaperNumber, Uses, Sequence[Uses]],
    rules: PaperRules,
) -> None:
    number, here, others = used
    quantity = here.quantity(number)
    limit = _certified(number, here, others)
    shown = (here.own(number) or list(here.papers))[0]
    if number.doc_type is DocType.CIQ_CERTIFICATE and quantity is None:
        others = [use for use in others if not _lists(here, use, number)]
    elif not others and (quantity is None or limit is None or len(here.papers) == 1):
        return
    elif (
        others
        and _is_one_paper(number, (here, *others))
        and _is_covered(claims, (here, *others), rules)
    ):
        check.note(f"uses of {number.doc_type.name}", *_said(number, (here, *others)))
        return
    elif all(use.quantity(number) is not None for use in (here, *others)) and limit is not None:
        total = add(use.quantity(number) or 0 for use in (here, *others))
        check.note(f"uses of {number.doc_type.name}", *_said(number, (here, *others)))
        if total * 100 <= limit * (100 + rules.certified_pct):
            return
    _report(check, number, shown, (quantity, limit), others)


def _is_one_paper(number: PaperNumber, uses: Sequence[Uses]) -> bool:
    """Whether all batches show the same paper, each with its own line of it."""
    if number.doc_type not in SHARED_FIELDS or not all(use.own(number) for use in uses):
        return False
    papers = [paper for use in uses for paper in use.own(number)]
    fields = SHARED_FIELDS[number.doc_type]
    heads = {(it.issuer, *(it.texts.get(name, "") for name in fields)) for it in papers}
    return len(heads) == 1


def _is_covered(claims: Claims, uses: Sequence[Uses], rules: PaperRules) -> bool:
    """Whether one certificate of origin covers what the batches declare together."""
    declared = [[it for it in use.papers if it.doc_type is DECLARATION] for use in uses]
    cited = {plain_number(it.plain("coNo")) for papers in declared for it in papers}
    if not all(declared) or len(cited) != 1:
        return False
    (origin,) = cited
    everything = [*claims.all_papers, *(each.paper for each in claims.evidence.others)]
    stated = [
        kg
        for it in everything
        if it.genuine
        and it.doc_type is DocType.CERTIFICATE_OF_ORIGIN
        and plain_number(it.plain("number")) == origin
        and (kg := read_number(it.plain("certifiedNetKg"))) is not None
    ]
    total = [Uses("", "", tuple(papers)).quantity(_ANY) for papers in declared]
    known = [kg for kg in total if kg is not None]
    return (
        bool(stated)
        and len(known) == len(total)
        and add(known) * 100 <= min(stated) * (100 + rules.certified_pct)
    )


def _said(number: PaperNumber, uses: Iterable[Uses]) -> list[Claim]:
    """What each paper says of the quantity; a paper of another batch is named with its batch."""
    field, _ = _fields(number)
    return [
        Claim(f"{use.batch} {paper.subject}".lstrip(), paper.plain(field))
        for use in uses
        for paper in use.papers
        if field in paper.texts
    ]


def _certified(number: PaperNumber, here: Uses, others: Iterable[Uses]) -> float | None:
    """What the paper covers in all: as it says, or the most that one use of it says."""
    field, whole = _fields(number)
    papers = [paper for use in (here, *others) for paper in use.own(number)]
    stated = [kg for it in papers if (kg := read_number(it.plain(whole))) is not None]
    if stated:
        return min(stated)
    single = [kg for it in papers if (kg := read_number(it.plain(field))) is not None]
    cited = [
        kg
        for use in (here, *others)
        for it in use.papers
        if (kg := read_number(it.plain(field))) is not None
    ]
    return max(single or cited, default=None)


def _lists(here: Uses, there: Uses, number: PaperNumber) -> bool:
    """Whether an inspection certificate lists the other batch's lot too, on both papers."""
    return all(
        isinstance(lots := paper.value("lots"), list) and lot in lots
        for use, lot in ((here, there.lot), (there, here.lot))
        for paper in use.own(number)
    ) and bool(there.own(number))


def _report(
    check: Comparison,
    number: PaperNumber,
    shown: Paper,
    known: tuple[float | None, float | None],
    others: Sequence[Uses],
) -> None:
    quantity, limit = (UNKNOWN if kg is None else show_number(kg) for kg in known)
    cited = shown.plain("number") if shown.doc_type is number.doc_type else number.plain
    params = {"type": number.doc_type.name, "number": cited, "one": shown.subject, "a": quantity}
    if not others and number.doc_type is not DocType.CIQ_CERTIFICATE:
        check.conflict(Message("cross.overused", {**params, "b": limit}), shown.subject)
    for use in others:
        kg = use.quantity(number)
        there = {"batch": use.batch, "b": UNKNOWN if kg is None else show_number(kg), "c": limit}
        check.conflict(Message("cross.reused", {**params, **there}), shown.subject)
